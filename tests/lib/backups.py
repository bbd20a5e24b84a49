"""Backups and where they are restored: folders of them, other databases and stores."""
import contextlib
import itertools
import os
import subprocess

import psycopg2

from lib.stack import BUILD, Daemon, as_owner, scratch

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
