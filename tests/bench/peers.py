"""The servers that bench.py compares, each in a directory of its own on loopback."""
import base64
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from lib.client import Client  # noqa: E402
from lib.stack import REPO, Stack, family, free_port, scratch, wait_for  # noqa: E402

from lib.wire import Conn  # noqa: E402

REPO_BUILD = REPO / 'build'

APACHE = '''ServerRoot /usr/lib/apache2
ServerName 127.0.0.1
Listen 127.0.0.1:{port}
PidFile {dir}/pid
ErrorLog {dir}/error.log
LogLevel warn
{user}
LoadModule mpm_event_module modules/mod_mpm_event.so
LoadModule authn_core_module modules/mod_authn_core.so
LoadModule authn_file_module modules/mod_authn_file.so
LoadModule ldap_module modules/mod_ldap.so
LoadModule authnz_ldap_module modules/mod_authnz_ldap.so
LoadModule authz_core_module modules/mod_authz_core.so
LoadModule authz_user_module modules/mod_authz_user.so
LoadModule auth_basic_module modules/mod_auth_basic.so
LoadModule mime_module modules/mod_mime.so
LoadModule dav_module modules/mod_dav.so
LoadModule dav_fs_module modules/mod_dav_fs.so
TypesConfig /etc/mime.types
Mutex file:{dir} default
ServerLimit 2
StartServers 2
ThreadsPerChild 32
ThreadLimit 32
MaxRequestWorkers 64
MinSpareThreads 32
MaxSpareThreads 64
MaxConnectionsPerChild 0
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 15
EnableSendfile On
DavLockDB {dir}/locks/db
DocumentRoot {dir}/files
<Directory />
    AllowOverride None
    Require all denied
</Directory>
<Directory {dir}/files>
    Dav On
    AuthType Basic
    AuthName bench
    AuthBasicProvider file
    AuthUserFile {dir}/htpasswd
    Require valid-user
</Directory>
LDAPSharedCacheSize 1000000
LDAPCacheEntries 2000
LDAPCacheTTL 60
<Directory {dir}/files/ldap>
    AuthBasicProvider ldap
    AuthLDAPURL "{ldap}/ou=people,dc=verband,dc=test?uid?sub?(objectClass=inetOrgPerson)"
    AuthLDAPBindDN "cn=chapterd,ou=services,dc=verband,dc=test"
    AuthLDAPBindPassword service
</Directory>
'''

NGINX = '''load_module /usr/lib/nginx/modules/ngx_http_dav_ext_module.so;
{user}
daemon off;
pid {dir}/pid;
error_log {dir}/error.log warn;
worker_processes 2;
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 10000000;
    keepalive_timeout 60;
    client_max_body_size 0;
    client_body_buffer_size 128k;
    client_body_temp_path {dir}/tmp/body;
    proxy_temp_path {dir}/tmp/proxy;
    fastcgi_temp_path {dir}/tmp/fastcgi;
    uwsgi_temp_path {dir}/tmp/uwsgi;
    scgi_temp_path {dir}/tmp/scgi;
    dav_ext_lock_zone zone=dav:10m;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        root {dir}/files;
        auth_basic bench;
        auth_basic_user_file {dir}/htpasswd;
        location / {{
            dav_methods PUT DELETE MKCOL COPY MOVE;
            dav_ext_methods PROPFIND OPTIONS LOCK UNLOCK;
            dav_ext_lock zone=dav;
            dav_access user:rw;
        }}
    }}
}}
'''


class Failed(Exception):
    """A server gave wrong answers: its figure does not count."""


class Peer:
    """A running server: host ("127.0.0.1:1234"), base, user and password, and its processes."""

    base = '/'
    user, password = 'bench', 'geheim-bench'
    durable = False
    calendars = '/'  # where a calendar can be made
    reports = ('query', 'expand', 'freebusy')
    close = ()       # options of lg for a server that does not like connections to stay

    @property
    def url(self):
        return f'http://{self.host}'

    def fill(self, b, target):
        """Puts the events of the corpus into a calendar one by one; the first by themselves, since some servers race for
        what a first event makes."""
        put = ('PUT', target + '{l}', *self.close, '-H', 'Content-Type: text/calendar; charset=utf-8', '-b',
               b.corpus.files, '-l', b.corpus.list, '-e', '201,204')
        b.run(self, *put, '-n', 20)
        b.run(self, *put, '-c', 4, '-s', 20, '-n', len(b.corpus.names) - 20)

    def connect(self, source=None, **more):
        return Conn(('127.0.0.1', self.port), source, timeout=300, **more)

    def client(self):
        return Client(self, self.user, self.password)

    def family(self, roots=None):
        return family(*(roots or self.roots()))

    def cpu(self):
        """Seconds of processor time used so far, ended children included."""
        total = 0
        for pid in self.family():
            try:
                fields = pathlib.Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                pass
        return total / os.sysconf('SC_CLK_TCK')

    def pss(self):
        """Bytes of memory, shared pages counted in parts."""
        total = 0
        for pid in self.family():
            try:
                for line in pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines():
                    if line.startswith('Pss:'):
                        total += int(line.split()[1]) * 1024
            except OSError:
                pass
        return total


def commands(name, program, place, port):
    """How a peer is started."""
    return {
        'apache': [program, '-f', place / 'conf', '-DFOREGROUND'],
        'nginx': [program, '-p', place, '-c', place / 'conf', '-e', place / 'error.log'],
        'rclone': [program, 'serve', 'webdav', place / 'files', '--config', place / 'conf', '--cache-dir', place / 'tmp',
                   '--addr', f'127.0.0.1:{port}', '--htpasswd', place / 'htpasswd', '--dir-cache-time', '5m',
                   '--log-level', 'ERROR', '--log-file', place / 'error.log'],
    }[name]


class Static(Peer):
    """Apache, nginx or rclone, from Debian's packages."""

    def __init__(self, name, program, config, **more):
        self.name = name
        if not shutil.which(program):
            sys.exit(f'{program} is not installed; run: make deps')
        self.dir = scratch(name)
        self.port = free_port()
        self.host = f'127.0.0.1:{self.port}'
        as_root = os.getuid() == 0
        for folder in ('files', 'locks', 'tmp'):
            (self.dir / folder).mkdir()
            if as_root:
                who = pwd.getpwnam('www-data')
                os.chown(self.dir / folder, who.pw_uid, who.pw_gid)
        digest = subprocess.run(['openssl', 'dgst', '-sha1', '-binary'], input=self.password.encode(),
                                stdout=subprocess.PIPE, check=True).stdout
        (self.dir / 'htpasswd').write_text(f'{self.user}:{{SHA}}{base64.b64encode(digest).decode()}\n')
        user = '' if not as_root else ('User www-data\nGroup www-data' if name == 'apache'
                                       else 'user www-data;')
        (self.dir / 'conf').write_text(config.format(dir=self.dir, port=self.port, user=user, **more))
        self.process = subprocess.Popen(commands(name, program, self.dir, self.port), stdin=subprocess.DEVNULL,
                                        start_new_session=True)
        wait_for(self.listens, 20, f'start of {name}')

    def listens(self):
        assert self.process.poll() is None, (self.dir / 'error.log').read_text()
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def roots(self):
        return [self.process.pid]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        shutil.rmtree(self.dir, ignore_errors=True)


class Slapd(Peer):
    """The directory of our stack by itself."""

    name = 'slapd'

    def __init__(self, stack):
        self.uri, self.pid = stack.env['LDAP_URL'], int(stack.env['LDAP_PID'])

    def roots(self):
        return [self.pid]


class Chapterd(Peer):
    """Our daemon with its PostgreSQL, on a stack of its own."""

    name = 'chapterd'
    base = '/dav/files/jena/'
    calendars = '/dav/calendars/jena-board/'
    user, password = 'jena-board', 'demo'
    durable = True

    def __init__(self):
        self.stack = Stack()
        self.stack.only_servers()
        self.daemon = self.stack.daemon(name='bench')
        self.port, self.host = self.daemon.port, self.daemon.host

    def roots(self):
        return [self.daemon.pid, int(self.stack.env['POSTGRES_PID'])]

    def stop(self):
        self.daemon.stop()
        self.stack.down()


def file_peers(ours):
    yield Static('apache', '/usr/sbin/apache2', APACHE, ldap=ours.stack.env['LDAP_URL'])
    yield Static('nginx', '/usr/sbin/nginx', NGINX)
    yield Static('rclone', '/usr/bin/rclone', '')
