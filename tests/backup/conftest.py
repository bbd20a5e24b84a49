"""Folders of backups, other databases to restore into, and writers that keep a chronicle."""
import contextlib
import hashlib
import itertools
import os
import random
import subprocess
import threading
import time

import psycopg2
import pytest

from lib.load import SIZES, Writers
from lib.stack import BUILD, Daemon, as_owner, scratch
from lib.wire import NoAnswer

numbers = itertools.count(1)


class Answer:
    def __init__(self, done):
        self.code, self.out, self.err = done.returncode, done.stdout, done.stderr

    def __repr__(self):
        return f'exit {self.code}\n{self.out}\n{self.err}'


class Folder:
    """A folder of backups, and chapterctl for it."""

    def __init__(self, stack, conf=None):
        self.stack, self.conf = stack, conf or stack.conf
        self.top = owned(stack, scratch('backups'))
        self.path = self.top / 'backups'

    def command(self, *args, conf=None, env=None, root=False):
        line = [self.stack.program('chapterctl'), *args]
        env = {**os.environ, 'CHAPTERD_CONF': str(conf or self.conf), **(env or {})}
        return ([str(a) for a in line] if root else as_owner(self.stack.blob_dir(), line)), env

    def start(self, *args, **more):
        line, env = self.command(*args, **more)
        return subprocess.Popen(line, env=env, cwd='/', stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, *args, code=0, **more):
        line, env = self.command(*args, **more)
        done = Answer(subprocess.run(line, env=env, cwd='/', stdin=subprocess.DEVNULL, text=True,
                                     stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=300))
        assert code is None or done.code == code, done
        return done

    def create(self, *args, **more):
        return self.run('backup', 'create', self.path, *args, **more)

    def names(self):
        return sorted(p.name for p in self.path.iterdir() if p.name.startswith('20') and len(p.name) == 18)

    def blobs(self):
        return {p.name: p for p in (self.path / 'blobs').glob('??/*')}

    def own(self, path):
        owned(self.stack, path)


def owned(stack, path):
    """Given to the user who runs the daemon."""
    if os.getuid() == 0:
        owner = os.stat(stack.blob_dir())
        os.chown(path, owner.st_uid, owner.st_gid)
    return path


class Elsewhere:
    """An empty database and an empty store beside those of the stack, to restore into."""

    def __init__(self, stack):
        self.stack = stack
        self.name = f'elsewhere{next(numbers)}'
        self.store = owned(stack, scratch('elsewhere'))
        self.store.chmod(0o700)
        self.superuser(f'CREATE DATABASE {self.name} OWNER chapterd_owner')
        settings = stack.settings()
        self.settings = {'blob_dir': str(self.store)}
        for key in ('database', 'admin_database'):
            self.settings[key] = settings[key].replace('dbname=chapterd', f'dbname={self.name}')
        self.conf = scratch('elsewhere-conf') / 'chapterd.conf'
        self.conf.write_text(''.join(f'{k} = {v}\n' for k, v in {**settings, **self.settings}.items()))
        self.daemons = []

    def superuser(self, statement):
        with contextlib.closing(psycopg2.connect(host=self.stack.env['PGHOST'], user='postgres',
                                                 dbname='postgres')) as db:
            db.autocommit = True
            db.cursor().execute(statement)

    def sql(self, statement, *args):
        with contextlib.closing(psycopg2.connect(self.settings['admin_database'])) as db:
            db.autocommit = True
            with db.cursor() as cursor:
                cursor.execute('SET search_path = chapterd')
                cursor.execute(statement, args or None)
                return cursor.fetchall() if cursor.description else []

    def daemon(self, start=True):
        d = Daemon(self.stack, self.settings, {}, BUILD, self.name)
        self.daemons.append(d)
        return d.start() if start else d

    def close(self):
        for d in self.daemons:
            d.stop(check=False)
        self.superuser(f'DROP DATABASE IF EXISTS {self.name} WITH (FORCE)')


@pytest.fixture
def folder(stack):
    return Folder(stack)


@pytest.fixture
def elsewhere(stack):
    made = []

    def make():
        made.append(Elsewhere(stack))
        return made[-1]

    yield make
    for e in made:
        e.close()


@pytest.fixture
def place(server):
    """A folder of this test's own that the board writes."""
    anna = server.client('jena-board')
    href = f'/dav/files/jena/b-{os.urandom(4).hex()}/'
    assert anna.mkcol(href).status == 201
    yield href
    server.client('jena-board').delete(href)


class Chronicle(threading.Thread):
    """Writes and deletes without pause, and remembers for each name all it has tried in order."""

    def __init__(self, daemon, base, number, names=10):
        super().__init__(daemon=True)
        self.client = daemon.client('jena-board')
        self.base, self.number, self.names = base, number, names
        self.random = random.Random(number)
        self.stop = threading.Event()
        self.tried = {}         # name -> digests, None for a DELETE
        self.acknowledged = {}  # name -> index of the last that was
        self.slowest = 0.0
        self.writes = 0

    def run(self):
        while not self.stop.is_set():
            name = f'{self.base}w{self.number}-{self.random.randrange(self.names)}'
            tried = self.tried.setdefault(name, [])
            body = os.urandom(self.random.choice(SIZES))
            delete = bool(tried) and tried[-1] is not None and self.random.random() < 0.1
            tried.append(None if delete else hashlib.sha256(body).hexdigest())
            start = time.monotonic()
            try:
                answer = self.client.delete(name) if delete else self.client.put(name, body)
            except (OSError, NoAnswer):
                self.client.conn = None
                continue
            self.slowest = max(self.slowest, time.monotonic() - start)
            if answer.status in (201, 204):
                self.acknowledged[name] = len(tried) - 1
                self.writes += 1


class Chronicles(Writers):
    def __init__(self, daemon, base, writers=6):
        super().__init__([Chronicle(daemon, base, n) for n in range(writers)])

    def slowest(self):
        """Of the answers since it was last asked, in seconds."""
        found = max(w.slowest for w in self.writers)
        for w in self.writers:
            w.slowest = 0.0
        return found

    def now(self):
        """What had been acknowledged: name -> index."""
        return {name: index for w in self.writers for name, index in list(w.acknowledged.items())}

    def compare(self, client, then):
        """At the client's server everything is as it was acknowledged `then`, or as some later attempt left it."""
        wrong = []
        for w in self.writers:
            for name, tried in w.tried.items():
                answer = client.get(name)
                got = hashlib.sha256(answer.body).hexdigest() if answer.status == 200 else None
                allowed = tried[then[name]:] if name in then else [None, *tried]
                if got not in allowed:
                    wrong.append((name, answer.status, len(answer.body), len(allowed)))
        assert not wrong, wrong
        return sum(len(w.tried) for w in self.writers)
