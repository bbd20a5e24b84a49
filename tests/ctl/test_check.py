"""chapterctl check: each fault is named, with a remedy."""
import os
import socket

import pytest


def run(house, conf=None, code=None):
    answer = house('check', '--json', conf=conf)
    value = answer.json()
    assert list(value) == ['ok', 'checks']
    for line in value['checks']:
        assert list(line) == ['part', 'verdict', 'text', 'remedy'] and line['text']
        assert line['verdict'] in ('ok', 'note', 'wrong')
    assert value['ok'] is not any(c['verdict'] == 'wrong' for c in value['checks'])
    assert answer.code == (0 if value['ok'] else 1)
    assert code is None or answer.code == code, [c for c in value['checks'] if c['verdict'] == 'wrong']
    return value['checks']


def wrong(checks, part, says):
    found = [c for c in checks if c['part'] == part and c['verdict'] == 'wrong']
    assert any(says in c['text'] for c in found), checks
    return next(c for c in found if says in c['text'])


@pytest.fixture
def sound(house):
    """No chapter but those whose groups the demo directory has."""
    slugs = ('land', 'jena', 'erfurt', 'jena-nord', 'bildung')
    house.sql('UPDATE chapter SET archived = now() WHERE slug <> ALL (%s)', list(slugs))
    return house


def test_a_sound_installation(sound):
    checks = run(sound, code=0)
    assert {c['part'] for c in checks} == {'settings', 'database', 'store', 'directory', 'listen', 'clock', 'mail'}
    assert any('is free' in c['text'] for c in checks)
    assert all(c['remedy'] is None for c in checks if c['verdict'] == 'ok')
    text = sound('check')
    assert text.code == 0
    assert all(line.split()[0] in ('ok', 'note') or line.startswith(' ') for line in text.out.splitlines())


def test_missing_groups(sound):
    sound('chapter', 'set', 'jena', 'board_group=cn=missing,ou=jena,ou=chapters,dc=verband,dc=test')
    try:
        line = wrong(run(sound, code=1), 'directory', 'cn=missing,ou=jena')
        assert 'board' in line['text'] and 'chapterctl chapter set jena board_group=' in line['remedy']
        text = sound('check').out
        assert 'WRONG  directory' in text
    finally:
        sound('chapter', 'set', 'jena', 'board_group=cn=board,ou=jena,ou=chapters,dc=verband,dc=test')
    run(sound, code=0)


@pytest.mark.parametrize('changes, part, says, remedy', [
    ({'database': 'host=/nonexistent dbname=chapterd user=chapterd'}, 'database', '', 'PostgreSQL'),
    ({'ldap_uri': 'ldapi://%2Fnonexistent%2Fsocket'}, 'directory', '', 'ldap_uri'),
    ({'ldap_people_base': 'ou=nobody,dc=verband,dc=test'}, 'directory', '', 'ldap_people_base'),
    ({'ldap_state_admin_group': 'cn=missing,dc=verband,dc=test'}, 'directory', 'cn=missing', 'group'),
    ({'workers': '120'}, 'database', 'connections', 'max_connections'),
    ({'language': 'tlh'}, 'settings', 'language', None),
    ({'ldap_bind_password_file': '/nonexistent/password'}, 'settings', '/nonexistent/password', None),
])
def test_L12_settings_that_do_not_fit(sound, changes, part, says, remedy):
    line = wrong(run(sound, sound.conf_with(**changes), code=1), part, says)
    assert remedy is None or remedy in line['remedy']


def test_L12_an_unsafe_role(sound):
    where = sound.settings()['database']
    for role, says in (('postgres', 'superuser'), ('chapterd_admin', 'owns')):
        conf = sound.conf_with(database=where.replace('user=chapterd', f'user={role}'))
        line = [c for c in as_root(sound, conf) if c['part'] == 'database' and c['verdict'] == 'wrong']
        assert any(says in c['text'] for c in line), line


def as_root(house, conf):
    """Only the owner of the server may sign in as its superuser."""
    import json
    import subprocess
    done = subprocess.run([house.program('chapterctl'), 'check', '--json', '--config', conf],
                          stdout=subprocess.PIPE, text=True, timeout=120)
    assert done.returncode == 1
    return json.loads(done.stdout)['checks']


@pytest.mark.parametrize('setting', ['fsync', 'synchronous_commit', 'full_page_writes'])
def test_settings_of_the_server_that_lose_data(sound, setting):
    def alter(what):
        import contextlib

        import psycopg2
        where = sound.settings()['database'].replace('user=chapterd', 'user=postgres')
        with contextlib.closing(psycopg2.connect(where)) as db:
            db.autocommit = True
            db.cursor().execute(what)
            db.cursor().execute('SELECT pg_reload_conf(), pg_sleep(0.3)')

    alter(f'ALTER SYSTEM SET {setting} = off')
    try:
        line = wrong(run(sound, code=1), 'database', f'{setting} is off')
        assert f'{setting} = on' in line['remedy']
    finally:
        alter(f'ALTER SYSTEM RESET {setting}')
    run(sound, code=0)


def test_the_store(sound):
    missing = sound.dir / 'no-store'
    line = wrong(run(sound, sound.conf_with(blob_dir=missing), code=1), 'store', 'No such file')
    assert str(missing) in line['remedy']
    assert not missing.exists()

    sound.store.chmod(0o755)
    try:
        line = wrong(run(sound, code=1), 'store', 'can be read by others')
        assert 'chmod 0700' in line['remedy']
    finally:
        sound.store.chmod(0o700)

    if os.getuid() != 0:
        sound.store.chmod(0o500)
        try:
            wrong(run(sound, code=1), 'store', 'nothing can be written')
        finally:
            sound.store.chmod(0o700)

    wrong(run(sound, sound.conf_with(blob_dir=sound.conf), code=1), 'store', 'no folder')


def test_addresses(sound):
    with socket.socket() as other:
        other.bind(('127.0.0.1', 0))
        other.listen()
        taken = f'127.0.0.1:{other.getsockname()[1]}'
        line = wrong(run(sound, sound.conf_with(listen=taken), code=1), 'listen', taken)
        assert 'port' in line['remedy']
    run(sound, sound.conf_with(listen=taken), code=0)
    conf = sound.conf_with(listen='203.0.113.7:8080', base_url='http://127.0.0.1:8080', demo='no')
    wrong(run(sound, conf, code=1), 'listen', '203.0.113.7')
    conf = sound.conf_with(listen='unix:/nonexistent/folder/socket', base_url='http://127.0.0.1:8080')
    wrong(run(sound, conf, code=1), 'listen', '/nonexistent/folder')


def test_settings_it_cannot_read(sound):
    conf = sound.file('broken.conf', 'workers = lots\n')
    checks = run(sound, conf, code=1)
    assert wrong(checks, 'settings', f'{conf}:1: workers')
    assert {c['part'] for c in checks} == {'settings'}


def test_a_running_daemon_is_no_fault(sound):
    daemon = sound.daemon(name='check')
    conf = sound.conf_with(listen=daemon.host, base_url=daemon.url)
    assert any(c['text'] == f'chapterd answers at {daemon.host}' for c in run(sound, conf, code=0))
    daemon.stop()
    run(sound, conf, code=0)
