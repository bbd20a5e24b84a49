"""The front by itself, with the toy routes of tests/http/front_test.c."""
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile

import pytest

from lib.stack import BUILD, REPO
from lib.wire import Conn, message

PROGRAM = os.environ.get('CHAPTERD_FRONT_TEST')
SANITIZED = PROGRAM is not None and 'san' in PROGRAM


class Front:
    def __init__(self, folder, **settings):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=folder))
        blobs = self.folder / 'blobs'
        blobs.mkdir()
        lines = {'listen': '127.0.0.1:0', 'base_url': 'http://front.test', 'database': 'dbname=none',
                 'ldap_uri': 'ldap://127.0.0.1:1', 'blob_dir': str(blobs), **settings}
        conf = self.folder / 'conf'
        conf.write_text(''.join(f'{k} = {v}\n' for k, v in lines.items()))
        self.log = open(self.folder / 'log', 'w+b')
        self.process = subprocess.Popen([program(), str(conf)], stdout=subprocess.PIPE,
                                        stderr=self.log)
        port = self.process.stdout.readline()
        assert port.strip(), (self.folder / 'log').read_text()
        self.address = ('127.0.0.1', int(port))
        self.host = '%s:%d' % self.address

    def connect(self, **options):
        return Conn(self.address, **options)

    def bytes(self, method, target, body=None, **headers):
        lines = [('Host', self.host)]
        lines += [(k.replace('_', '-'), v) for k, v in headers.items()]
        if body is not None and not {'Content_Length', 'Transfer_Encoding'} & set(headers):
            lines.append(('Content-Length', str(len(body))))
        return message(method, target, lines) + (body or b'')

    def ask(self, method, target, body=None, **headers):
        with self.connect() as conn:
            conn.send(self.bytes(method, target, body, **headers))
            return conn.answer(method)

    def fds(self):
        return len(os.listdir(f'/proc/{self.process.pid}/fd'))

    def rss(self):
        status = pathlib.Path(f'/proc/{self.process.pid}/status').read_text()
        return int(status.split('VmRSS:')[1].split()[0]) * 1024

    def temporary(self):
        return list((self.folder / 'blobs' / 'tmp').iterdir())

    def logged(self):
        return (self.folder / 'log').read_text()

    def stop(self):
        """SIGTERM; it ends cleanly, with nothing from a sanitizer."""
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(40) == 0, self.logged()[-3000:]
        assert 'Sanitizer' not in self.logged(), self.logged()[-6000:]


def program():
    if PROGRAM:
        return PROGRAM
    target = BUILD / 'tests/http/front_test'
    subprocess.run(['make', '-s', '-C', REPO, f'BUILD={BUILD.relative_to(REPO)}',
                    str(target.relative_to(REPO))], check=True)
    return str(target)


@pytest.fixture(scope='module')
def folder():
    path = tempfile.mkdtemp(prefix='chapterd-front-', dir='/var/tmp')
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope='module')
def front(folder):
    f = Front(folder)
    yield f
    f.stop()
