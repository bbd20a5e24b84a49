"""The probe of this folder in a network of its own; see world.py."""
import dataclasses
import json
import os
import pathlib
import subprocess

import pytest

from lib.stack import REPO, scratch

HERE = pathlib.Path(__file__).parent
PROBE = REPO / os.environ.get('NET_PROBE', 'build/net_probe')


@dataclasses.dataclass
class Outcome:
    what: str      # a status, or the word for an error
    ms: int
    text: str
    seen: list     # what reached a web server: [which, its address, the request line, the headers]
    asked: list    # names that were looked up

    @property
    def reached(self):
        return [s[1] for s in self.seen]


class Net:
    def __init__(self):
        self.dir = scratch('net')
        confs = [self.dir / name for name in ('plain.conf', 'tls.conf')]
        for conf, plain in zip(confs, ('yes', 'no')):
            conf.write_text('listen = 127.0.0.1:1\nldap_uri = ldapi://x\n'
                            f'outbound_plain = {plain}\noutbound_ca_file = {self.dir}/tls.pem\n')
        more = [] if os.getuid() == 0 else ['--map-root-user']
        self.errors = open(self.dir / 'errors', 'wb')
        self.process = subprocess.Popen(
            ['unshare', *more, '--net', '--mount', '/usr/bin/python3', str(HERE / 'world.py'), str(self.dir),
             str(PROBE), *map(str, confs)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors, text=True)
        assert self.line() == {'ready': True}

    def line(self):
        line = self.process.stdout.readline()
        assert line, (self.dir / 'errors').read_text()[-3000:]
        return json.loads(line)

    def ask(self, *words, probe='plain'):
        self.process.stdin.write(json.dumps({'probe': probe, 'words': words}) + '\n')
        self.process.stdin.flush()
        return self.line()

    def fetch(self, *words, probe='plain'):
        got = self.ask('fetch', *words, probe=probe)
        what, ms, text = (got['answer'].split(' ', 2) + ['', '', ''])[:3]
        return Outcome(what, int(ms), text, got['seen'], got['asked'])

    def check(self, url, probe='plain'):
        return self.ask('check', url, probe=probe)['answer']

    def close(self):
        self.process.stdin.close()
        codes = self.line()['codes']
        self.process.wait(30)
        self.errors.close()
        assert codes == [0, 0], (codes, (self.dir / 'errors').read_text()[-3000:])


@pytest.fixture(scope='session')
def net():
    n = Net()
    yield n
    n.close()
