"""chapterctl migrate, on a database of its own."""
import contextlib

import psycopg2
import pytest



@pytest.fixture(scope='module')
def fresh(empty_house):
    """Settings for a second database, which is empty."""
    h = empty_house
    where = h.settings()['database'].replace('user=chapterd', 'user=postgres')
    with contextlib.closing(psycopg2.connect(where)) as db:
        db.autocommit = True
        db.cursor().execute('CREATE DATABASE fresh OWNER chapterd_owner')
    place = f'host={h.env["PGHOST"]} port={h.env["PGPORT"]} dbname=fresh'
    conf = h.file('fresh.conf', h.conf_text(database=f'{place} user=chapterd',
                                            admin_database=f'{place} user=chapterd_admin'))
    yield conf
    with contextlib.closing(psycopg2.connect(where)) as db:
        db.autocommit = True
        db.cursor().execute('DROP DATABASE fresh WITH (FORCE)')


def test_from_nothing(empty_house, fresh):
    h = empty_house
    status = h.json('migrate', '--status', code=1, conf=fresh)
    assert status == {'ok': False, 'installed': 0, 'needed': status['needed']}
    assert 'Run: chapterctl migrate' in h('migrate', '--status', conf=fresh).out

    for command in (['chapter', 'list'], ['verify'], ['sync'], ['cache', 'flush']):
        answer = h(*command, conf=fresh)
        assert answer.code == 1, answer
        assert 'Run: chapterctl migrate' in answer.err

    # Two at once: one works, the other waits and finds it done (L11).
    both = [h.start('migrate', conf=fresh) for _ in range(2)]
    answers = [finish_one(p) for p in both]
    assert [a[0] for a in answers] == [0, 0], answers
    assert sum('001_base.sql' in a[1] for a in answers) == 1

    again = h.json('migrate', conf=fresh)
    assert again['before'] == again['after'] == status['needed']
    assert h.json('migrate', '--status', conf=fresh)['installed'] == status['needed']
    assert h.json('chapter', 'list', conf=fresh)['chapters'] == []
    assert 'chapter add' in h('chapter', 'list', conf=fresh).out  # what to do first


def test_a_newer_database_is_refused(empty_house, fresh):
    h = empty_house
    place = dict(line.split(' = ', 1) for line in fresh.read_text().splitlines())['admin_database']
    with contextlib.closing(psycopg2.connect(place)) as db:
        db.autocommit = True
        cursor = db.cursor()
        cursor.execute('SET ROLE chapterd_owner')
        cursor.execute("INSERT INTO chapterd.migration (version, name) VALUES (1000, 'future')")
        try:
            for command in (['migrate'], ['chapter', 'list']):
                answer = h(*command, conf=fresh)
                assert answer.code == 1, answer
                assert '1000' in answer.err and 'newer program' in answer.err
        finally:
            cursor.execute('DELETE FROM chapterd.migration WHERE version = 1000')


def test_a_database_that_is_not_there(empty_house):
    conf = empty_house.conf_with(admin_database='host=/nonexistent dbname=chapterd')
    answer = empty_house('migrate', conf=conf)
    assert answer.code == 1
    assert 'admin_database' in answer.err


def finish_one(process):
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err
