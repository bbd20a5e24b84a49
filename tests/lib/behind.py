"""The real nginx, HAProxy and Caddy with packaging/examples, in front of a daemon. Nothing of an example is
changed but names, ports, certificates and sockets, and which of its two lines for a backend is used."""
import contextlib
import hashlib
import os
import pathlib
import shutil
import socket
import ssl
import subprocess

from lib.client import Client
from lib.stack import REPO, family, free_port, scratch, wait_for
from lib.wire import Conn

EXAMPLES = REPO / 'packaging/examples'
KINDS = ['nginx', 'haproxy', 'caddy']
NAME = 'localhost'


class Secure(Conn):
    """A connection with TLS, whose other end must prove that it is who the certificate says."""

    def __init__(self, address, authority, source=None, plain=False, **more):
        super().__init__(address, source, **more)
        if not plain:
            context = ssl.create_default_context(cafile=authority)
            context.set_alpn_protocols(['http/1.1'])
            self.sock = context.wrap_socket(self.sock, server_hostname=NAME)

    def send(self, data):
        try:
            return super().send(data)
        except ssl.SSLError:
            return False

    def fill(self):
        try:
            return super().fill()
        except ssl.SSLError:  # closed without a farewell
            self.eof = True
            return False

    def reset(self):
        # The bare socket: no farewell of TLS.
        with socket.socket(fileno=self.sock.detach()) as bare:
            bare.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')


def make_certificates(folder):
    """An authority, and a certificate of it for localhost."""
    def openssl(*args):
        done = subprocess.run(['openssl', *args], cwd=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
        assert done.returncode == 0, done.stdout

    new = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl('req', '-x509', *new, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2',
            '-subj', '/CN=Authority of a test')
    openssl('req', *new, '-keyout', 'key.pem', '-out', 'request.pem', '-subj', f'/CN={NAME}')
    (folder / 'names').write_text(f'subjectAltName=DNS:{NAME},IP:127.0.0.1\n')
    openssl('x509', '-req', '-in', 'request.pem', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-days', '2',
            '-CAcreateserial', '-extfile', 'names', '-out', 'cert.pem')
    (folder / 'both.pem').write_text((folder / 'cert.pem').read_text() + (folder / 'key.pem').read_text())
    for file in folder.iterdir():
        file.chmod(0o644)


class Proxy:
    """One proxy with its example, between a port of its own and a daemon."""

    def __init__(self, kind, daemon, certificates, unix=False):
        program = shutil.which(kind, path='/usr/sbin:/usr/bin')
        assert program, f'{kind} is not installed; run: make deps'
        self.kind, self.daemon, self.certificates, self.unix = kind, daemon, certificates, unix
        self.dir = scratch(kind)
        self.temporary = self.dir / 'temporary'
        self.temporary.mkdir()
        self.port, self.plain_port, self.admin_port = free_port(), free_port(), free_port()
        self.host = f'{NAME}:{self.port}'
        self.url = f'https://{self.host}'
        self.log = self.dir / 'log'
        self.conf = getattr(self, kind)()
        self.start(program)

    def example(self, file, changes):
        """An example with these changes. Each must find its place, or the test tests something else."""
        text = (EXAMPLES / file).read_text()
        for old, new in changes:
            assert old in text, f'{file} has no {old!r}'
            text = text.replace(old, new)
        path = self.dir / file
        path.write_text(text)
        return path

    def nginx(self):
        there = f'127.0.0.1:{self.daemon.port}'
        site = self.example('nginx.conf', [
            ('    server 127.0.0.1:8080;\n    #server unix:/run/chapterd.sock;',
             f'    server unix:{self.daemon.socket};' if self.unix else f'    server {there};'),
            ('listen 80;', f'listen 127.0.0.1:{self.plain_port};'),
            ('listen 443 ', f'listen 127.0.0.1:{self.port} '),
            ('/etc/ssl/chapters.example.org.pem', f'{self.certificates}/cert.pem'),
            ('/etc/ssl/private/chapters.example.org.key', f'{self.certificates}/key.pem'),
            ('chapters.example.org', NAME),
            ('/var/log/nginx/error.log', f'{self.log}-error'),
        ])
        # What Debian's nginx.conf says around a site, folders apart.
        main = self.dir / 'main.conf'
        folders = ''.join(f'{what}_temp_path {self.temporary}/{what};\n' for what in
                          ('client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'))
        main.write_text(f'worker_processes auto;\npid {self.dir}/pid;\nerror_log {self.log}-main;\n'
                        f'events {{ worker_connections 768; }}\n'
                        f'http {{\nsendfile on;\ntcp_nopush on;\n{folders}'
                        f'access_log {self.log}-access;\ninclude {site};\n}}\n')
        return ['-c', main, '-p', self.dir, '-g', 'daemon off;']

    def haproxy(self):
        first = '    server chapterd 127.0.0.1:8080\n    #server chapterd unix@/run/chapterd.sock'
        there = (f'unix@{self.daemon.socket}' if self.unix else f'127.0.0.1:{self.daemon.port}')
        names = [] if os.getuid() == 0 else [('    user haproxy\n    group haproxy\n', '')]
        return ['-db', '-f', self.example('haproxy.cfg', names + [
            (first, f'    server chapterd {there}'),
            ('bind :80\n', f'bind 127.0.0.1:{self.plain_port}\n'),
            ('bind :443 ', f'bind 127.0.0.1:{self.port} '),
            ('/etc/haproxy/chapters.example.org.pem', f'{self.certificates}/both.pem'),
        ])]

    def caddy(self):
        first = '\t\tto 127.0.0.1:8080\n\t\t#to unix//run/chapterd.sock'
        there = f'unix/{self.daemon.socket}' if self.unix else f'127.0.0.1:{self.daemon.port}'
        return ['run', '--adapter', 'caddyfile', '--config', self.example('Caddyfile', [
            (first, f'\t\tto {there}'),
            ('#tls /etc/caddy/chapters.example.org.pem /etc/caddy/chapters.example.org.key',
             f'tls {self.certificates}/cert.pem {self.certificates}/key.pem'),
            ('localhost:2019', f'127.0.0.1:{self.admin_port}'),
            ('http_port 80\n', f'http_port {self.plain_port}\n'),
            ('https_port 443\n', f'https_port {self.port}\n'),
            ('#default_bind 192.0.2.1', 'default_bind 127.0.0.1'),
            ('chapters.example.org {', f'{NAME} {{'),
        ])]

    def start(self, program):
        if os.getuid() == 0:  # nginx and HAProxy give up root
            for folder in (self.dir, self.temporary):
                folder.chmod(0o777)
        env = {**os.environ, 'TMPDIR': str(self.temporary), 'HOME': str(self.dir / 'home'),
               'XDG_CONFIG_HOME': str(self.dir / 'home'), 'XDG_DATA_HOME': str(self.dir / 'home')}
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen([program, *self.conf], stdout=log, stderr=log, cwd=self.dir,
                                            stdin=subprocess.DEVNULL, env=env, start_new_session=True)
        wait_for(lambda: self.answers() or self.process.poll() is not None, what=f'start of {self.kind}')
        assert self.process.poll() is None, self.log.read_text()

    def answers(self):
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:  # HAProxy and Caddy wait for connections
            self.process.kill()
            self.process.wait(10)

    def connect(self, source=None, plain=False, **more):
        port = self.plain_port if plain else self.port
        return Secure(('127.0.0.1', port), self.certificates / 'ca.pem', source, plain, **more)

    def client(self, user=None, password='demo', **more):
        return Client(self, user, password, **more)

    def curl_command(self, target, options, user):
        return ['curl', '-sS', '--cacert', self.certificates / 'ca.pem', '-u', f'{user}:demo', '-m', '120',
                *options, self.url + target]

    def curl(self, target, *options, user='jena-board'):
        """curl, one request: (status, HTTP version, bytes sent)."""
        options = ['-w', '%{http_code} %{http_version} %{size_upload}', '-o', '/dev/null', *options]
        done = subprocess.run(self.curl_command(target, options, user), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=150)
        assert done.returncode == 0, (done.returncode, done.stdout, done.stderr)
        status, version, uploaded = done.stdout.split()
        return int(status), version, int(uploaded)

    def digest(self, target, *options, user='jena-board'):
        """Of what curl downloads."""
        whole = hashlib.sha256()
        with subprocess.Popen(self.curl_command(target, ['--fail', *options], user),
                              stdout=subprocess.PIPE) as curl:
            while piece := curl.stdout.read(1 << 18):
                whole.update(piece)
        assert curl.returncode == 0
        return whole.hexdigest()

    def pids(self):
        return family(self.process.pid)

    def written(self):
        """Bytes of ordinary files that it holds: in its folder for temporary ones, and open without a
        name (nginx unlinks them at once)."""
        total = sum(f.stat().st_size for f in self.temporary.rglob('*') if f.is_file())
        for pid in self.pids():
            for fd in pathlib.Path(f'/proc/{pid}/fd').glob('*'):
                with contextlib.suppress(OSError):
                    if os.readlink(fd).endswith(' (deleted)') and os.readlink(fd).startswith(str(self.dir)):
                        total += fd.stat().st_size
        return total

    def rss(self):
        total = 0
        for pid in self.pids():
            with contextlib.suppress(OSError):
                status = pathlib.Path(f'/proc/{pid}/status').read_text()
                total += int(status.split('VmRSS:')[1].split()[0]) * 1024
        return total

    def logged(self):
        return ''.join(f.read_text(errors='replace') for f in self.dir.glob('log*'))


def start_daemon(stack, name, **settings):
    """A daemon on a port and a socket."""
    folder = scratch(f'{name}-socket')
    if os.getuid() == 0:
        owner = os.stat(stack.blob_dir())
        os.chown(folder, owner.st_uid, owner.st_gid)
    d = stack.daemon({'base_url': f'https://{NAME}', **settings}, name=name, start=False)
    d.socket = f'{folder}/http.sock'
    d.write({**d.settings, 'listen': f'{d.host} unix:{d.socket}'})
    d.start()
    os.chmod(d.socket, 0o666)  # what the group www-data is for
    return d
