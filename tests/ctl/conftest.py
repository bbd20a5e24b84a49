"""An installation of its own for chapterctl: servers with nothing in them but the directory's entries."""
import contextlib
import dataclasses
import json
import os
import pathlib
import pwd
import subprocess

import pytest

from lib.stack import Stack, as_owner, free_port, read_settings, wait_for

BASE = 'dc=verband,dc=test'


@dataclasses.dataclass
class Answer:
    code: int
    out: str
    err: str

    def json(self):
        return json.loads(self.out)


class House(Stack):
    """PostgreSQL and slapd of a stack; database, store and settings are the tests' business."""

    def up(self):
        done = self.run('up', 'postgres', 'directory')
        assert done.returncode == 0, done.stdout
        self.env = dict(read_settings(self.dir / 'stack.env'))
        self.secret = self.file('ldap.password', 'service\n', 0o600)
        self.store = self.dir / 'store'
        self.store.mkdir(exist_ok=True)
        self.store.chmod(0o700)
        self.own(self.store)
        self.port = free_port()
        self.conf = self.dir / 'ctl.conf'
        self.conf.write_text(self.conf_text())

    def own(self, path):
        if os.getuid() == 0:
            for name in ('_chapterd', 'nobody'):
                with contextlib.suppress(KeyError):
                    user = pwd.getpwnam(name)
                    os.chown(path, user.pw_uid, user.pw_gid)
                    return

    def file(self, name, text, mode=0o644):
        path = self.dir / name
        path.write_text(text)
        path.chmod(mode)
        self.own(path)
        return path

    def conf_text(self, **changes):
        groups = f'ou=chapters,{BASE}'
        where = f'host={self.env["PGHOST"]} port={self.env["PGPORT"]} dbname=chapterd'
        settings = {
            'listen': f'127.0.0.1:{self.port}',
            'database': f'{where} user=chapterd',
            'admin_database': f'{where} user=chapterd_admin',
            'blob_dir': self.store,
            'language': 'de',
            'ldap_uri': self.env['LDAPI_URL'],
            'ldap_bind_dn': f'cn=chapterd,ou=services,{BASE}',
            'ldap_bind_password_file': self.secret,
            'ldap_people_base': f'ou=people,{BASE}',
            'ldap_group_base': groups,
            'ldap_member_group': f'cn=members,ou={{slug}},{groups}',
            'ldap_board_group': f'cn=board,ou={{slug}},{groups}',
            'ldap_chair_group': f'cn=chair,ou={{slug}},{groups}',
            'ldap_state_admin_group': f'cn=state-admins,{groups}',
            'demo': 'yes',
            **changes}
        return ''.join(f'{k} = {v}\n' for k, v in settings.items() if v is not None)

    def conf_with(self, **changes):
        """Another file of settings."""
        return self.file('other.conf', self.conf_text(**changes))

    def command(self, *args, conf=None):
        env = {k: v for k, v in os.environ.items() if k != 'CHAPTERD_CONF'}
        return as_owner(self.store, [self.program('chapterctl'), *args]), {
            **env, 'CHAPTERD_CONF': str(conf or self.conf),
            'ASAN_OPTIONS': 'detect_leaks=1:exitcode=99'}

    def start(self, *args, conf=None):
        line, env = self.command(*args, conf=conf)
        return subprocess.Popen(line, env=env, cwd='/', stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def __call__(self, *args, conf=None):
        """Runs chapterctl to its end."""
        return finish(self.start(*args, conf=conf))

    def json(self, *args, code=0, conf=None):
        """Runs it with --json; the answer is one object and nothing else."""
        answer = self(*args, '--json', conf=conf)
        assert answer.code == code, answer
        value = answer.json()
        assert value['ok'] is (code == 0), value
        return value

    def listen(self, channel):
        """A connection that hears notifications."""
        import psycopg2
        db = psycopg2.connect(self.settings()['database'])
        db.autocommit = True
        db.cursor().execute(f'LISTEN {channel}')
        return contextlib.closing(db)

    def person(self, uid, name=None, groups=(), directory_id=None):
        """Somebody who has signed in before. Her id."""
        return self.sql("SELECT person_login(%s, %s, %s, %s, false, %s::text[])", directory_id or f'id-{uid}', uid,
                        name or uid.title(), f'{uid}@example.org', list(groups))[0][0]


def finish(process):
    out, err = process.communicate(timeout=120)
    return Answer(process.returncode, out, err)


@pytest.fixture(scope='session')
def empty_house():
    """Nothing has been migrated yet."""
    h = House()
    yield h
    h.down()


@pytest.fixture(scope='session')
def house(empty_house):
    h = empty_house
    done = h('migrate')
    assert done.code == 0, done
    for slug, kind, parent in (('land', 'state', None), ('jena', 'district', 'land'),
                               ('erfurt', 'district', 'land'), ('jena-nord', 'local', 'jena'),
                               ('bildung', 'network', 'land')):
        done = h('chapter', 'add', slug, '--if-missing', '--name', slug.title(), '--kind', kind,
                 *(['--parent', parent] if parent else []))
        assert done.code == 0, done
    return h


@pytest.fixture
def heard(house):
    """heard(): payloads on the channel of rights since the last call."""
    with house.listen('chapterd_rights') as db:

        def payloads(least=1):
            def some():
                db.poll()
                return len(db.notifies) >= least
            wait_for(some, 20, 'a notification')
            found = [n.payload for n in db.notifies]
            db.notifies.clear()
            return found

        yield payloads
