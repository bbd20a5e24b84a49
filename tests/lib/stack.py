"""The stack of packaging/stack (PostgreSQL, slapd, the demo federation) and daemons on it."""
import atexit
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

from lib.client import Client
from lib.keeper import KEEPER
from lib.wire import Conn, NoAnswer

REPO = pathlib.Path(__file__).resolve().parents[2]
BUILD = (REPO / os.environ.get('CHAPTERD_BUILD', 'build')).resolve()
LONG = os.environ.get('LONG') == '1'
SANITIZED = 'san' in BUILD.name


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def scratch(name):
    """A directory that the unprivileged servers can reach; it goes when the tests have ended."""
    path = pathlib.Path(tempfile.mkdtemp(prefix=f'chapterd-{name}-', dir='/var/tmp'))
    path.chmod(0o755)
    KEEPER.keep('folder', path)
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def load():
    """How many want each processor, at least one."""
    return max(1.0, os.getloadavg()[0] / os.cpu_count())


def patience():
    """How much slower than an idle machine this one may be: other steps run beside this one, and the load tells of
    the last minute."""
    return max(2.0, load())


def wait_for(condition, seconds=20.0, what='it'):
    """Polls, ever more slowly, since most conditions ask the database; a hang guard, and a longer one on a busy
    machine. Returns how long it took."""
    start, pause = time.monotonic(), 0.02
    while not condition():
        if time.monotonic() - start > seconds * load():
            raise AssertionError(f'{what} did not happen within {seconds * load():.0f} s')
        time.sleep(pause)
        pause = min(pause * 1.2, 0.1)
    return time.monotonic() - start


def as_owner(path, command):
    """The command line that runs `command` as the owner of a path."""
    who = os.stat(path)
    if os.getuid() != 0 or who.st_uid == 0:
        return [str(c) for c in command]
    return ['setpriv', f'--reuid={who.st_uid}', f'--regid={who.st_gid}', '--clear-groups',
            *(str(c) for c in command)]


class Stack:
    """One private PostgreSQL and slapd with the demo federation."""

    def __init__(self, directory=None):
        self.dir = pathlib.Path(directory) if directory else scratch('stack')
        if not directory:
            KEEPER.keep('stack', self.dir)
        self.daemons = []
        self.kept = threading.local()
        self.up()

    def run(self, *args, env=None, timeout=300):
        return subprocess.run([REPO / 'packaging/stack', *args, '--dir', self.dir],
                              env={**os.environ, 'CHAPTERD_BUILD': str(BUILD), **(env or {})},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout)

    def up(self):
        done = self.run('up')
        assert done.returncode == 0, done.stdout
        self.env = {}
        for line in (self.dir / 'stack.env').read_text().splitlines():
            name, equals, value = line.removeprefix('export ').partition('=')
            if equals:
                self.env[name.strip()] = value.strip().strip('\'"')
        self.conf = pathlib.Path(self.env['CHAPTERD_CONF'])

    def only_servers(self):
        """Ends the stack's own chapterd: the tests run theirs, with settings of their own."""
        done = self.run('down', 'chapterd')
        assert done.returncode == 0, done.stdout

    def part(self, command, name):
        """part('down', 'directory'): starts or ends one server of the stack."""
        done = self.run(command, name)
        assert done.returncode == 0, done.stdout

    def down(self):
        for daemon in self.daemons:
            daemon.stop(check=False)
        self.run('down', '--delete')
        shutil.rmtree(self.dir, ignore_errors=True)

    def settings(self):
        return dict(read_settings(self.conf))

    def database(self):
        """This thread's connection, as the owner of all tables; a new one when the server has been away."""
        import psycopg2
        db = getattr(self.kept, 'db', None)
        try:
            if db is not None:
                db.cursor().execute('SELECT 1')
                return db
        except psycopg2.Error:
            db.close()
            self.kept.db = None
        db = psycopg2.connect(self.settings()['admin_database'], options='-c search_path=chapterd -c role=chapterd_owner')
        db.autocommit = True
        self.kept.db = db
        return db

    def sql(self, statement, *args):
        """Runs SQL as the administrator of the stack's database."""
        with self.database().cursor() as cursor:
            cursor.execute(statement, args or None)
            return cursor.fetchall() if cursor.description else []

    def settle(self):
        """Waits for the end of all transactions that are open now, jobs' and other tests' too: a sync token is never
        ahead of the oldest of them."""
        [[mark]] = self.sql('SELECT pg_snapshot_xmax(pg_current_snapshot())::text')
        wait_for(lambda: self.sql('SELECT pg_snapshot_xmin(pg_current_snapshot()) >= %s::xid8', mark)[0][0], 60,
                 'the end of a transaction')

    def empty_trash(self):
        self.sql('SELECT trash_purge(node_id) FROM dav_trash')

    def pg(self, *args):
        """pg_ctl on the stack's cluster, as its owner."""
        data = pathlib.Path(self.env['CHAPTERD_STATE']) / 'postgres/data'
        binary = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin/pg_ctl'))[-1]
        done = subprocess.run(as_owner(data, [binary, '-D', data, '-s', '-w', *args]),
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                              timeout=120, cwd='/')
        assert done.returncode == 0, done.stderr

    def ctl(self, *args, conf=None, check=True, timeout=300, feed=None):
        """chapterctl, as the user who runs the daemon; feed: a text for its standard input."""
        env = {**os.environ, 'CHAPTERD_CONF': str(conf or self.conf)}
        done = subprocess.run(as_owner(self.blob_dir(), [self.program('chapterctl'), *args]), env=env,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=timeout, cwd='/', input=feed)
        if check:
            assert done.returncode == 0, f'chapterctl {args}: {done.returncode}\n{done.stdout}'
        return done

    def program(self, name, build=None):
        """A program of the build where the daemon's user can run it: the checkout may be closed."""
        program = (build or BUILD) / name
        test = subprocess.run(as_owner(self.blob_dir(), ['test', '-x', program]), cwd='/')
        if test.returncode == 0:
            return program
        copy = self.dir / 'programs' / program.parent.name / name
        copy.parent.mkdir(mode=0o755, exist_ok=True, parents=True)
        if name == 'chapterctl':
            self.program('chapterd-mime', build)  # looks for it beside itself
        if not copy.exists() or copy.stat().st_mtime < program.stat().st_mtime:
            with contextlib.suppress(FileNotFoundError):
                copy.unlink()
            shutil.copy2(program, copy)
        return copy

    def blob_dir(self):
        return pathlib.Path(self.settings()['blob_dir'])

    def verify(self, conf=None):
        self.ctl('verify', conf=conf, timeout=3600)  # reads all that was ever written

    def daemon(self, settings=None, env=None, build=None, name='daemon', start=True):
        d = Daemon(self, settings or {}, env or {}, build or BUILD, name)
        self.daemons.append(d)
        if start:
            d.start()
        return d


def family(*pids):
    """These processes and all that come from them."""
    found, todo = [], list(pids)
    while todo:
        pid = todo.pop()
        found.append(pid)
        for task in pathlib.Path(f'/proc/{pid}/task').glob('*/children'):
            with contextlib.suppress(OSError):
                todo += [int(c) for c in task.read_text().split()]
    return found


def read_settings(conf):
    for line in pathlib.Path(conf).read_text().splitlines():
        name, equals, value = line.partition('=')
        if equals and not name.startswith('#'):
            yield name.strip(), value.strip()


class Daemon:
    """One chapterd on a stack, with the stack's settings and some of a test's own."""

    def __init__(self, stack, settings, env, build, name):
        self.stack = stack
        self.dir = scratch(name)
        self.build = build
        self.env = env
        self.port = free_port()
        self.host = f'127.0.0.1:{self.port}'
        self.url = f'http://{self.host}'
        self.log = self.dir / 'log'
        self.conf = self.dir / 'chapterd.conf'
        self.process = None
        self.unix = None
        merged = stack.settings()
        merged.update({'listen': self.host, 'base_url': self.url}, **settings)
        self.write(merged)
        owner = os.stat(stack.blob_dir())
        if os.getuid() == 0:
            os.chown(self.dir, owner.st_uid, owner.st_gid)

    def write(self, settings):
        self.settings = {k: v for k, v in settings.items() if v is not None}
        self.conf.write_text(''.join(f'{k} = {v}\n' for k, v in self.settings.items()))

    def command(self, *args):
        program = self.stack.program('chapterd', self.build)
        return as_owner(self.stack.blob_dir(), [program, '-c', self.conf, *args])

    def environment(self):
        return {**os.environ,
                'ASAN_OPTIONS': 'abort_on_error=1:quarantine_size_mb=16:detect_leaks=1',
                'UBSAN_OPTIONS': 'print_stacktrace=1', **self.env}

    def spawn(self):
        with open(self.log, 'ab') as log:
            self.process = subprocess.Popen(self.command(), stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL, env=self.environment(),
                                            cwd='/', start_new_session=True)
        self.pid = self.process.pid

    def start(self, seconds=30.0):
        self.spawn()
        wait_for(lambda: self.answers() or self.process.poll() is not None, seconds,
                 f'start of {self.build.name}/chapterd')
        assert self.process.poll() is None, f'exit {self.process.poll()}\n{self.tail()}'
        return self

    def answers(self):
        try:
            with self.connect(timeout=5) as conn:
                conn.send(f'GET /healthz HTTP/1.1\r\nHost: {self.host}\r\n\r\n'.encode())
                return conn.answer().status == 200
        except (OSError, NoAnswer):
            return False

    def listens(self):
        try:
            self.connect().close()
            return True
        except OSError:
            return False

    def connect(self, source=None, **more):
        return Conn(self.unix or ('127.0.0.1', self.port), source, **more)

    def client(self, user=None, password='demo', **more):
        return Client(self, user, password, **more)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def kill(self, sig=signal.SIGKILL):
        self.process.send_signal(sig)
        self.process.wait(30)

    def stop(self, check=True):
        """Asks it to end; with check, insists on a clean end (leaks included)."""
        if not self.alive():
            return None
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = self.process.wait(30)
        if check:
            assert code == 0, f'exit {code} after SIGTERM\n{self.tail()}'
        return code

    def logged(self, words, times=1, seconds=60.0):
        """Its log once `words` is there so often: the line of a request follows its answer."""
        def text():
            return self.log.read_text('utf-8', 'replace')

        try:
            wait_for(lambda: text().count(words) >= times, seconds)
        except AssertionError:
            raise AssertionError(f'the log has not {times} times "{words}":\n{self.tail()}') from None
        return text()

    def tail(self, n=4000):
        return self.log.read_bytes()[-n:].decode('utf-8', 'replace') if self.log.exists() else ''

    def family(self):
        """Its pid and those of its helpers."""
        return family(self.pid)

    def rss(self):
        """Resident bytes of the daemon and its helpers."""
        total = 0
        for pid in self.family():
            with contextlib.suppress(OSError):
                match = re.search(r'VmRSS:\s+(\d+)', pathlib.Path(f'/proc/{pid}/status').read_text())
                total += int(match[1]) * 1024 if match else 0
        return total

    def pss(self):
        """Bytes of memory of the daemon and its helpers, shared pages counted in parts."""
        total = 0
        for pid in self.family():
            with contextlib.suppress(OSError):
                match = re.search(r'^Pss:\s+(\d+)', pathlib.Path(f'/proc/{pid}/smaps_rollup').read_text(), re.M)
                total += int(match[1]) * 1024 if match else 0
        return total

    def fds(self):
        return len(os.listdir(f'/proc/{self.pid}/fd'))

    def temp_blobs(self):
        """Files being written: named ones below tmp/, and unlinked ones still open."""
        names = [str(p) for p in (self.blob_dir() / 'tmp').rglob('*') if p.is_file()]
        for fd in pathlib.Path(f'/proc/{self.pid}/fd').iterdir():
            with contextlib.suppress(OSError):
                target = os.readlink(fd)
                if target.startswith(str(self.blob_dir())) and target.endswith(' (deleted)'):
                    names.append(target)
        return names

    def blob_dir(self):
        return pathlib.Path(self.settings['blob_dir'])
