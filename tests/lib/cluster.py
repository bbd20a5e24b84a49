"""Copies of a stack's PostgreSQL that a test may break: on a small disk of their own, in a row of primary and
standby. Each copy is reached by a socket of its own and has what the stack's had when it was made."""
import contextlib
import os
import pathlib
import pwd
import re
import signal
import subprocess

import psycopg2

from lib.stack import as_owner, scratch, wait_for

BIN = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin'))[-1]


class Disk:
    """A disk of so many megabytes at a folder, with what was in it, that only a process which holds it and those of
    `inside` see: a tmpfs in a mount namespace; for others than root in one of users too, where we stay who we are."""

    def __init__(self, folder, megabytes):
        self.folder = folder
        who, before = folder.stat(), folder.rename(folder.with_name(folder.name + '.before'))
        folder.mkdir(mode=0o700)
        os.chown(folder, who.st_uid, who.st_gid)
        space = ['unshare', '-m', '--propagation', 'private']
        options = f'size={megabytes}m,mode=0700'
        if os.getuid() == 0:
            options += f',uid={who.st_uid},gid={who.st_gid}'
        else:
            space = ['unshare', '-c', '-m', '--keep-caps']
        self.holder = subprocess.Popen([*space, 'sh', '-c', 'mount -t tmpfs -o "$1" disk "$2" && cp -a "$3/." "$2" &&'
                                        ' echo there && exec cat', 'sh', options, folder, before], cwd='/',
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        assert self.holder.stdout.readline() == b'there\n', f'no disk at {folder}'
        self.inside = ['nsenter', '-t', str(self.holder.pid), '-m',
                       *([] if os.getuid() == 0 else ['-U', '--preserve-credentials'])]
        self.ballast = pathlib.Path(f'/proc/{self.holder.pid}/root{folder}/ballast')

    def fill(self):
        """To the last byte."""
        with contextlib.suppress(OSError), open(self.ballast, 'ab', buffering=0) as f:
            while True:
                f.write(bytes(4096))

    def empty(self):
        self.ballast.unlink()

    def end(self):
        self.holder.stdin.close()
        self.holder.wait(30)


class Cluster:
    """One PostgreSQL server. `socket` is the folder of its socket, for a connection string."""

    def __init__(self, owner_of, name):
        self.home = scratch(f'pg-{name}')
        self.name, self.socket, self.data, self.process = name, self.home / 'socket', self.home / 'data', None
        who = os.stat(owner_of)
        for folder in (self.socket, self.data):
            folder.mkdir()
            folder.chmod(0o711 if folder == self.socket else 0o700)
            if os.getuid() == 0:
                os.chown(folder, who.st_uid, who.st_gid)

    def run(self, program, *args, **more):
        """A program of PostgreSQL, as the owner of the cluster."""
        done = subprocess.run(as_owner(self.data, [BIN / program, *args]), stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, timeout=120, cwd='/', **more)
        assert done.returncode == 0, f'{program}: {done.stdout}'
        return done.stdout

    def copy(self, host, *options):
        """Makes it a copy of the server at that socket, which only we may ask for one."""
        who = os.stat(self.data)
        done = subprocess.run([BIN / 'pg_basebackup', '-h', host, '-U', 'postgres', '-D', self.data, '-c', 'fast',
                               *options], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd='/')
        assert done.returncode == 0, done.stdout
        # Its owner makes copies of it, too.
        (self.data / 'pg_hba.conf').write_text('local all all peer map=stack\nlocal replication all peer map=stack\n')
        with open(self.data / 'pg_ident.conf', 'a') as ident:
            ident.write(f'stack {pwd.getpwuid(who.st_uid).pw_name} postgres\n')
        if os.getuid() == 0:
            subprocess.run(['chown', '-R', f'{who.st_uid}:{who.st_gid}', self.data], check=True)

    def set(self, **settings):
        """Settings that hold from the next start or reload on."""
        conf = self.data / 'stack.conf'
        settings.setdefault('unix_socket_directories', str(self.socket))
        conf.write_text(conf.read_text() + ''.join(f"{k} = '{v}'\n" for k, v in settings.items()))

    def start(self, inside=()):
        """inside: of the disk that the data is on."""
        log = open(self.home / 'log', 'ab')
        self.process = subprocess.Popen([*inside, *as_owner(self.data, [BIN / 'postgres', '-D', self.data])], cwd='/',
                                        stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        wait_for(lambda: self.answers() or self.process.poll() is not None, 60, f'start of {self.name}')
        assert self.process.poll() is None, self.log()
        return self

    def log(self):
        return (self.home / 'log').read_text(errors='replace')[-4000:]

    def answers(self):
        try:
            self.sql('SELECT 1')
            return True
        except psycopg2.OperationalError:
            return False

    def sql(self, statement, *args):
        """As the superuser, each statement by itself."""
        with contextlib.closing(psycopg2.connect(f'host={self.socket} dbname=chapterd user=postgres')) as db:
            db.autocommit = True
            with db.cursor() as cursor:
                cursor.execute(statement, args or None)
                return cursor.fetchall() if cursor.description else []

    def follow(self, other):
        """Comes back as a standby of the one that was promoted in the meantime."""
        self.run('postgres', '--single', '-D', self.data, 'postgres', input='')  # ends the recovery from the crash
        self.run('pg_rewind', '-D', self.data, '--source-server', f'host={other.socket} user=postgres dbname=postgres')
        (self.data / 'standby.signal').touch()
        self.set(primary_conninfo=f'host={other.socket} user=postgres')
        self.start()

    def reload(self):
        self.run('pg_ctl', '-D', self.data, '-s', 'reload')

    def promote(self):
        self.run('pg_ctl', '-D', self.data, '-s', '-w', 'promote')

    def runs(self):
        return self.process is not None and self.process.poll() is None

    def stop(self, how=signal.SIGQUIT):
        """At once, as after a crash; SIGINT: in order. What is dead already is fine."""
        if self.runs():
            self.process.send_signal(how)
            self.process.wait(60)


def database_at(stack, *clusters):
    """Settings that lead a daemon to these servers, whichever may be written to, with a store of its own."""
    def there(dsn):
        host = ','.join(str(c.socket) for c in clusters)
        return re.sub(r'host=\S+', f'host={host}', dsn) + ' target_session_attrs=read-write'

    store = scratch('pg-store') / 'blobs'
    subprocess.run(['cp', '-a', stack.blob_dir(), store], check=True)
    settings = stack.settings()
    return {'database': there(settings['database']), 'admin_database': there(settings['admin_database']),
            'blob_dir': str(store)}


@contextlib.contextmanager
def replication(stack):
    """While it lasts, the stack's server lets copies be made."""
    hba = pathlib.Path(stack.env['CHAPTERD_STATE']) / 'postgres/data/pg_hba.conf'
    before = hba.read_text()
    hba.write_text(before + 'local replication all peer map=stack\n')
    stack.pg('reload')
    try:
        yield stack.env['PGHOST']
    finally:
        hba.write_text(before)
        stack.pg('reload')
