"""Starting, stopping, running out (F22, F24, F37) and configurations that cannot work."""
import contextlib
import os
import signal
import socket
import subprocess
import threading
import time

import pytest

from lib.figures import tell
from lib.load import Load
from lib.stack import LONG, scratch, wait_for
from lib.wire import NoAnswer


class Reader(threading.Thread):
    """Reads a large file again and again; counts answers that were cut."""

    def __init__(self, daemon, target, size):
        super().__init__(daemon=True)
        self.daemon_, self.target, self.size = daemon, target, size
        self.stop = threading.Event()
        self.whole = self.cut = self.refused = 0

    def run(self):
        client = self.daemon_.client('jena-board')
        while not self.stop.is_set():
            try:
                if client.conn is None:
                    client.conn = client.connect()
            except OSError:
                self.refused += 1
                self.stop.wait(0.05)
                continue
            data = client.bytes('GET', self.target)
            started = False
            try:
                client.conn.send(data)
                started = client.conn.fill()
                if not started:
                    client.conn = None  # closed before an answer was begun: nothing was promised
                    continue
                answer = client.conn.answer()
                self.whole += answer.status == 200 and len(answer.body) == self.size
                if answer.status == 503:
                    self.refused += 1
                elif len(answer.body) != self.size:
                    self.cut += 1
                if (answer.get('Connection') or '').lower() == 'close':
                    client.conn = None
            except (OSError, NoAnswer):
                self.cut += started
                client.conn = None


def test_F22_sigterm_under_load(stack, server, place):
    """Whatever was begun is finished; exit 0; nothing acknowledged is lost."""
    board = server.client('jena-board')
    size = 2_000_000
    assert board.put(place + 'big', bytes(size)).status == 201
    d = stack.daemon(name='term')
    rounds = int(os.environ.get('STOPS', '50' if LONG else '6'))
    readers = [Reader(d, place + 'big', size) for _ in range(20)]
    slowest = 0.0
    with Load(d, place, writers=4) as load:
        for r in readers:
            r.start()
        for _ in range(rounds):
            before = load.writes
            wait_for(lambda: load.writes > before + 5, 60, 'progress')
            start = time.monotonic()
            d.stop(check=True)
            slowest = max(slowest, time.monotonic() - start)
            d.start()
    for r in readers:
        r.stop.set()
    for r in readers:
        r.join(60)
    lost = load.lost(d.client('jena-board'))
    tell(f'F22: {rounds} times SIGTERM: {sum(r.whole for r in readers)} downloads of 2 MB whole,'
         f' {sum(r.cut for r in readers)} cut, {sum(r.refused for r in readers)} refused; slowest end'
         f' {slowest:.2f} s; {load.figures()}; {len(lost)} lost')
    assert sum(r.cut for r in readers) == 0, [r.cut for r in readers]
    assert sum(r.whole for r in readers) > 0 and not lost, lost
    d.stop()
    stack.verify()


def test_F22_a_second_sigterm_ends_at_once(stack, server, den):
    d = stack.daemon({'stop_timeout': '60'}, name='twice')
    client = d.client('jena-board')
    conn = d.connect()
    conn.send(client.bytes('PUT', den + 'f', b'x' * 1000, Content_Length='10000000'))
    time.sleep(0.3)
    d.process.send_signal(signal.SIGTERM)
    time.sleep(0.5)
    d.process.send_signal(signal.SIGTERM)
    start = time.monotonic()
    d.process.wait(20)
    print(f'gone {time.monotonic() - start:.2f} s after the second signal')
    d.stop(check=False)


def test_F22_a_stalled_client_does_not_hold_the_end(stack, server, den):
    d = stack.daemon({'stop_timeout': '2'}, name='stalled')
    client = d.client('jena-board')
    conn = d.connect()
    conn.send(client.bytes('PUT', den + 'f', b'x' * 1000, Content_Length='10000000'))
    time.sleep(0.3)
    start = time.monotonic()
    d.stop(check=False)
    took = time.monotonic() - start
    print(f'gone after {took:.2f} s')
    assert took < 20
    assert client.server.stack and server.client('jena-board').get(den + 'f').status == 404


def test_F24_few_descriptors(stack, server):
    """Out of descriptors: it waits, and recovers; it does not fall over."""
    d = stack.daemon({'connections': '500', 'idle_connections': '100', 'workers': '4'}, name='nofile', start=False)
    normal = d.command
    d.command = lambda *args: ['prlimit', '--nofile=96:96', *normal(*args)]
    d.start()
    conns = []
    try:
        with contextlib.suppress(OSError):
            for _ in range(200):
                conns.append(d.connect(timeout=2))
        time.sleep(1)
        assert d.alive(), d.tail()
        for c in conns:
            c.close()
        wait_for(d.answers, 30, 'recovery')
        assert d.client('jena-member').propfind('/dav/files/jena/', 'resourcetype').status == 207
    finally:
        d.stop()


def test_F37_nobody_reads_the_log(stack, server):
    """A full pipe blocks no worker."""
    d = stack.daemon(name='deaf', start=False)
    read, write = os.pipe()
    d.process = subprocess.Popen(d.command(), stdout=write, stderr=write, stdin=subprocess.DEVNULL,
                                 env=d.environment(), cwd='/', start_new_session=True)
    d.pid = d.process.pid
    os.close(write)
    try:
        wait_for(d.answers, 30, 'start')
        client = d.client('jena-member')
        start = time.monotonic()
        for _ in range(1500):
            assert client.propfind('/dav/files/jena/', 'resourcetype').status == 207
        print(f'1500 requests with a deaf log: {time.monotonic() - start:.1f} s')
    finally:
        os.close(read)
        d.stop(check=False)


def test_F37_the_log_has_no_room(stack, server):
    """Standard error that takes nothing, as a file on a full disk: the service goes on."""
    d = stack.daemon(name='full-log', start=False)
    with open('/dev/full', 'wb') as full:
        d.process = subprocess.Popen(d.command(), stdout=full, stderr=full, stdin=subprocess.DEVNULL,
                                     env=d.environment(), cwd='/', start_new_session=True)
    d.pid = d.process.pid
    try:
        wait_for(d.answers, 30, 'start')
        client = d.client('jena-member')
        for _ in range(50):
            assert client.propfind('/dav/files/jena/', 'resourcetype').status == 207
        assert client.put('/dav/files/jena/Mitglieder/full-log.txt').status in (201, 204)
        assert client.delete('/dav/files/jena/Mitglieder/full-log.txt').status == 204
    finally:
        d.stop(check=False)


def test_unix_socket(stack):
    """Behind a proxy on the same machine: a socket file in place of a port."""
    home = scratch('socket')
    owner = os.stat(stack.blob_dir())
    if os.getuid() == 0:
        os.chown(home, owner.st_uid, owner.st_gid)
    d = stack.daemon({'listen': f'unix:{home}/http.sock', 'base_url': 'http://127.0.0.1'}, name='unix',
                     start=False)
    d.unix = f'{home}/http.sock'
    d.host = '127.0.0.1'
    d.start()
    try:
        assert d.client('jena-member').propfind('/dav/files/', 'resourcetype').status == 207
        d.kill()
        d.start()  # what the dead one left in the way is replaced
        assert d.client('jena-member').propfind('/dav/files/', 'resourcetype').status == 207
    finally:
        d.stop()
    assert not os.path.exists(f'{home}/http.sock')


def test_socket_activation(stack):
    """systemd's protocol: descriptor 3 is the listener."""
    d = stack.daemon(name='activated', start=False)
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', 0))
        listener.listen(64)
        d.port = listener.getsockname()[1]
        d.host = f'127.0.0.1:{d.port}'
        d.url = f'http://{d.host}'
        d.write({**d.settings, 'listen': d.host, 'base_url': d.url})
        command = ['bash', '-c', f'exec 3<&{listener.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ exec "$@"',
                   'bash', *d.command()]
        with open(d.log, 'ab') as log:
            d.process = subprocess.Popen(command, stdout=log, stderr=log, pass_fds=[listener.fileno()],
                                         env=d.environment(), cwd='/')
        d.pid = d.process.pid
    try:
        wait_for(d.answers, 30, 'start')
    finally:
        d.stop()


def test_sd_notify(stack):
    """READY=1 when it answers, STOPPING=1 when it ends."""
    home = scratch('notify')
    home.chmod(0o777)
    path = f'{home}/notify'
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(path)
        os.chmod(path, 0o777)
        sock.settimeout(30)
        d = stack.daemon(env={'NOTIFY_SOCKET': path}, name='notify')
        assert b'READY=1' in sock.recv(4096)
        d.stop()
        seen = b''
        sock.settimeout(5)
        with contextlib.suppress(OSError):
            while b'STOPPING=1' not in seen:
                seen += sock.recv(4096)
        assert b'STOPPING=1' in seen


WRONG = [
    ('an unknown setting', {'nonsense': 'x'}, 'nonsense'),
    ('a near miss', {'blobdir': '/x'}, 'blob_dir'),
    ('a number out of range', {'workers': '0'}, 'workers'),
    ('no number', {'workers': 'many'}, 'workers'),
    ('a bad size', {'inline_max': '5 bananas'}, 'inline_max'),
    ('a bad port', {'listen': '127.0.0.1:99999'}, 'listen'),
    ('no port', {'listen': '127.0.0.1'}, 'listen'),
    ('a name that is no address', {'listen': 'nowhere.invalid:80'}, 'listen'),
    ('a missing blob directory', {'blob_dir': '/var/none/such/blobs'}, 'blob_dir'),
    ('a blob directory that is a file', {'blob_dir': '/etc/passwd'}, 'blob_dir'),
    ('a relative path', {'blob_dir': 'blobs'}, 'blob_dir'),
    ('a directory without protection', {'ldap_uri': 'ldap://ldap.example.org'}, 'ldap'),
    ('a bad address of the directory', {'ldap_uri': 'http://x'}, 'ldap_uri'),
    ('a missing password file', {'ldap_bind_password_file': '/none/such'}, 'ldap_bind_password_file'),
    ('a missing CA file', {'ldap_uri': 'ldaps://127.0.0.1', 'ldap_ca_file': '/none/such'},
     'ldap_ca_file'),
    ('the demo beyond loopback', {'listen': '0.0.0.0:{port}', 'demo': 'yes'}, 'demo'),
    ('a bad yes', {'demo': 'perhaps'}, 'demo'),
    ('a bad language', {'language': 'xx'}, 'language'),
    ('a bad time zone', {'time_zone': 'Mars/Olympus'}, 'time_zone'),
    ('a superuser', {'database': 'SUPERUSER'}, 'database'),
    ('the owner', {'database': 'OWNER'}, 'own'),
]


@pytest.mark.parametrize('what, settings, named', WRONG, ids=[w[0] for w in WRONG])
def test_wrong_configuration(stack, what, settings, named):
    """Start refuses, names the setting and says how to mend it: no stack trace, no half a service."""
    normal = stack.settings()['database']
    settings = dict(settings)
    if settings.get('database') == 'SUPERUSER':
        settings['database'] = normal.replace('user=chapterd', 'user=postgres')
    if settings.get('database') == 'OWNER':
        settings['database'] = normal.replace('user=chapterd', 'user=chapterd_admin')
    d = stack.daemon(name='wrong', start=False)
    port = d.port
    d.write({**d.settings, **{k: v.format(port=port) for k, v in settings.items()}})
    done = subprocess.run(d.command(), env=d.environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60, cwd='/')
    assert done.returncode not in (0, 134, 139, -6, -11), done.stdout
    assert named in done.stdout, done.stdout
    assert 'Sanitizer' not in done.stdout
    if 'database' not in settings:
        check = subprocess.run(d.command('--check'), env=d.environment(), stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True, timeout=60, cwd='/')
        assert check.returncode != 0 and named in check.stdout, check.stdout


def test_wrong_configuration_names_file_and_line(stack):
    d = stack.daemon(name='line', start=False)
    lines = d.conf.read_text().splitlines()
    d.conf.write_text('\n'.join([*lines, 'wrokers = 5']) + '\n')
    done = subprocess.run(d.command('--check'), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          cwd='/')
    assert done.returncode != 0
    assert f'{d.conf}:{len(lines) + 1}: wrokers' in done.stdout and 'workers' in done.stdout


def test_port_in_use(stack, server):
    d = stack.daemon({'listen': server.host}, name='port', start=False)
    done = subprocess.run(d.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=60, cwd='/')
    assert done.returncode not in (0, -6, -11)
    assert str(server.port) in done.stdout


def test_not_migrated(stack):
    """A database without our schema: it says which command makes it."""
    subprocess.run(['createdb', '-h', stack.env['PGHOST'], '-U', 'postgres', 'empty'], check=True)
    try:
        dsn = stack.settings()['database'].replace('dbname=chapterd', 'dbname=empty')
        d = stack.daemon({'database': dsn}, name='empty', start=False)
        done = subprocess.run(d.command(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=60, cwd='/')
        assert done.returncode not in (0, -6, -11)
        assert 'migrate' in done.stdout, done.stdout
    finally:
        subprocess.run(['dropdb', '-h', stack.env['PGHOST'], '-U', 'postgres', 'empty'])
