"""A private PostgreSQL with our schema, and the queries of sql/queries as functions.

Works as root (the server then runs as another user) and as a normal user. Unlike
the database of a stack it is made to be killed.
"""
import os
import pathlib
import pwd
import re
import shutil
import subprocess
import tempfile
import time

import psycopg2

ROOT = pathlib.Path(__file__).resolve().parents[2]


def _bin():
    found = sorted(pathlib.Path('/usr/lib/postgresql').glob('*/bin'), key=lambda p: float(p.parts[-2]))
    if not found or not (found[-1] / 'initdb').exists():
        raise RuntimeError('PostgreSQL is not installed; run: make deps')
    return found[-1]


class Server:
    """initdb, start, and stops of several kinds. Durable: only the size is that of a toy."""

    def __init__(self):
        self.bin = _bin()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix='chapterd-pg-', dir='/tmp'))
        self.user = None
        if os.geteuid() == 0:
            names = {u.pw_name for u in pwd.getpwall()}
            self.user = 'postgres' if 'postgres' in names else 'nobody'
            shutil.chown(self.dir, self.user)
        self._run('initdb', '-D', self.dir / 'data', '-U', 'postgres', '-A', 'trust', '-N', '-E', 'UTF8',
                  '--locale=C.UTF-8', '--no-instructions')
        self.start()

    def _run(self, program, *words, check=True):
        command = [str(self.bin / program), *map(str, words)]
        if self.user:
            group = str(pwd.getpwnam(self.user).pw_gid)
            command = ['setpriv', '--reuid', self.user, '--regid', group, '--clear-groups',
                       'env', f'HOME={self.dir}', *command]
        subprocess.run(command, cwd='/', check=check, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL if not check else None)

    def start(self):
        self._run('pg_ctl', '-s', '-w', '-t', '60', '-D', self.dir / 'data', '-l', self.dir / 'log', 'start', '-o',
                  f"-c listen_addresses='' -c unix_socket_directories='{self.dir}' -c shared_buffers=32MB"
                  ' -c max_connections=80 -c timezone=UTC')

    def stop(self, mode='fast'):
        self._run('pg_ctl', '-s', '-w', '-D', self.dir / 'data', '-m', mode, 'stop', check=False)

    def delete(self):
        self.stop('immediate')
        shutil.rmtree(self.dir, ignore_errors=True)

    def connect(self, role='chapterd', database='chapters', tries=1):
        for left in range(tries, 0, -1):
            try:
                return psycopg2.connect(host=str(self.dir), user=role, dbname=database,
                                        options='-c search_path=chapterd -c statement_timeout=20s')
            except psycopg2.OperationalError:
                if left == 1:
                    raise
                time.sleep(0.05)

    def make_database(self):
        admin = self.connect('postgres', 'postgres')
        admin.autocommit = True
        with admin.cursor() as c:
            c.execute('CREATE ROLE chapterd_owner NOLOGIN; CREATE ROLE chapterd_admin LOGIN;'
                      ' CREATE ROLE chapterd LOGIN; GRANT chapterd_owner TO chapterd_admin')
            c.execute('CREATE DATABASE chapters OWNER chapterd_owner')
        admin.close()
        migrator = self.connect('chapterd_admin')
        for file in [*sorted((ROOT / 'sql/migrations').glob('*.sql')), *sorted((ROOT / 'sql/functions').glob('*.sql'))]:
            with migrator, migrator.cursor() as c:
                c.execute(file.read_text())
        migrator.close()


class Query:
    def __init__(self, name, types, columns, sql):
        self.name, self.types, self.columns, self.sql = name, types, columns, sql


def read_queries():
    """All of sql/queries, by name."""
    found = {}
    for file in (ROOT / 'sql/queries').glob('*.sql'):
        for block in re.split(r'^(?=-- [a-z_0-9]+: )', file.read_text(), flags=re.M):
            head = re.match(r'-- ([a-z_0-9]+): ', block)
            if not head:
                continue
            declared = {'in': [], 'out': []}
            for side, words in re.findall(r'^-- (in|out) +(.*)$', block, flags=re.M):
                declared[side] = [tuple(w.replace('?', '').split()) for w in words.split(',')]
            sql = '\n'.join(line for line in block.splitlines() if not line.startswith('--'))
            found[head[1]] = Query(head[1], [t for _, t in declared['in']], [n for n, _ in declared['out']],
                                   sql.strip().rstrip(';'))
    return found


QUERIES = read_queries()


class Row(dict):
    __getattr__ = dict.__getitem__


class Session:
    """One connection of the run-time role. with s.tx('jena'): s.q('node_path', ...)"""

    def __init__(self, server, role='chapterd', tries=1):
        self.pg = server.connect(role, tries=tries)
        self.known = set()

    def close(self):
        self.pg.close()

    def sql(self, text, args=None):
        with self.pg.cursor() as c:
            c.execute(text, args)
            return c.fetchall() if c.description else []

    def one(self, text, args=None):
        return self.sql(text, args)[0][0]

    def begin(self, scope='', lock=0, person=0, level=None):
        if level:
            self.sql(f'SET TRANSACTION ISOLATION LEVEL {level}')
        self.q('enter_several' if ',' in scope else 'enter', scope, person, 'off', lock)

    def q(self, name, *args):
        query = QUERIES[name]
        if name not in self.known:
            types = f"({', '.join(query.types)})" if query.types else ''
            self.sql(f'PREPARE t_{name}{types} AS {query.sql}')
            self.known.add(name)
        marks = ', '.join(f'%s::{t}' for t in query.types)
        rows = self.sql(f"EXECUTE t_{name}{f'({marks})' if marks else ''}", args)
        return [Row(zip(query.columns, r)) for r in rows] if query.columns else rows

    def rollback(self):
        self.pg.rollback()

    def tx(self, scope='', lock=0, **more):
        return _Transaction(self, scope, lock, more)


class _Transaction:
    def __init__(self, session, scope, lock, more):
        self.session, self.scope, self.lock, self.more = session, scope, lock, more

    def __enter__(self):
        self.session.begin(self.scope, self.lock, **self.more)
        return self.session

    def __exit__(self, kind, *rest):
        if kind is None:
            self.session.pg.commit()
        else:
            self.session.rollback()
