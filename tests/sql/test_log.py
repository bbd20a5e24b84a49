"""The audit log: added to and read, never changed; who may see what of it; what goes after its time."""
import itertools
import re

import psycopg2
import pytest

from database import ROOT, Session

NUMBERS = itertools.count(1)
NONE = (None,) * 8
REFUSED = psycopg2.errors.InsufficientPrivilege


def add(s, chapter=None, owner=None, actor=None, what='folder-deleted', title='Protokolle', about=None):
    s.q('audit_add', chapter, owner, 'person' if actor else 'service', actor, what, 'folder', 7, title, about, None, *NONE, None)


def read(s, chapter, before=0, words=(), since=None, till=None, most=100):
    return s.q('audit_of_chapter', chapter, before, list(words), since, till, 'Europe/Berlin', most)


@pytest.fixture(scope='module')
def owner(server):
    s = Session(server, 'postgres')
    yield s
    s.close()


@pytest.fixture
def person(owner):
    n = next(NUMBERS)
    made = owner.one("INSERT INTO person (directory_id, uid, name) VALUES (%s, %s, 'Mia Muster') RETURNING id",
                     (f'audit-{n}', f'audit-{n}'))
    owner.pg.commit()
    return made


def test_run_time_role_may_only_add_and_read(chapter):
    c = chapter()
    with c.tx() as s:
        add(s, c.id)
    for sql in ("UPDATE audit SET what = 'x'", 'DELETE FROM audit', 'TRUNCATE audit', 'ALTER TABLE audit DISABLE TRIGGER ALL',
                'DROP TABLE audit', "SELECT setval('audit_id_seq', 1)", 'INSERT INTO audit (id, hand, what, kind) VALUES (1, 1, 1, 1)'):
        with pytest.raises(psycopg2.Error) as e, c.tx() as s:
            s.sql(sql)
        assert 'permission denied' in str(e.value) or 'must be owner' in str(e.value) or 'GENERATED ALWAYS' in str(e.value), sql
    with c.tx() as s:
        assert [r.what for r in read(s, c.id)] == ['folder-deleted']


@pytest.mark.parametrize('role', ['chapterd_admin', 'postgres'])
def test_who_migrates_cannot_change_it_in_passing(server, chapter, role):
    """The owner could drop the trigger: that is a decision, and leaves traces of its own."""
    c = chapter()
    with c.tx() as s:
        add(s, c.id)
    s = Session(server, role)
    for sql in ("UPDATE chapterd.audit SET title = 'x'", 'DELETE FROM chapterd.audit', 'TRUNCATE chapterd.audit',
                f'DELETE FROM chapterd.audit WHERE chapter_id = {c.id}'):
        with pytest.raises(REFUSED, match='only added to'):
            s.sql(sql)
        s.rollback()
    s.close()


def test_rolled_back_leaves_nothing(chapter):
    c = chapter()
    with pytest.raises(ZeroDivisionError), c.tx() as s:
        add(s, c.id)
        raise ZeroDivisionError
    with c.tx() as s:
        assert read(s, c.id) == []


def test_each_chapter_reads_its_own_and_what_concerns_all(server, chapter):
    a, b = chapter(), chapter()
    for c in a, b:
        with c.tx() as s:
            add(s, c.id, title=c.slug)
    with a.tx() as s:
        add(s, what='debug-log-on', title=None)
    with a.tx() as s:
        found = read(s, a.id)
        assert {r.title for r in found} == {a.slug, None} and [r.whole for r in found] == [True, False]
        assert [r.title for r in read(s, b.id) if not r.whole] == []
    s = Session(server)
    with s.tx(''):
        assert s.one('SELECT count(*) FROM audit') == 0
    s.close()


def test_personal_entries_are_hers_alone(server, chapter, person, owner):
    c = chapter()
    s = Session(server)
    with s.tx('', person=person):
        add(s, owner=person, actor=person, what='app-password-made', title='Telefon')
    with s.tx('', person=person):
        assert [(r.what, r.title) for r in s.q('audit_of_person', person, 10)] == [('app-password-made', 'Telefon')]
    with s.tx(c.slug, person=person + 1):
        assert s.q('audit_of_person', person, 10) == []
    with pytest.raises(REFUSED), s.tx(c.slug, person=person + 1):
        add(s, owner=person, actor=person, what='app-password-made')
    s.close()


def test_it_makes_sense_when_the_person_is_erased(server, chapter, person, owner):
    c = chapter()
    with c.tx(person=person) as s:
        add(s, c.id, actor=person, about=person)
        add(s, owner=person, actor=person, what='app-password-made')
    with c.tx() as s:
        assert [(r.actor_name, r.about_name) for r in read(s, c.id) if not r.whole] == [('Mia Muster', 'Mia Muster')]
    owner.sql('DELETE FROM person WHERE id = %s', (person,))
    owner.pg.commit()
    with c.tx() as s:
        assert [(r.actor, r.actor_name, r.about, r.about_name) for r in read(s, c.id) if not r.whole] == [(person, None, person, None)]
    assert owner.one('SELECT count(*) FROM audit WHERE person_id = %s', (person,)) == 0
    assert owner.one("SELECT count(*) FROM audit a WHERE a.chapter_id = %s AND a::text LIKE '%%Mia%%'", (c.id,)) == 0


def test_pages_by_key_filter_and_day(chapter):
    c = chapter()
    with c.tx() as s:
        for i in range(7):
            add(s, c.id, what='levels-set' if i % 2 else 'folder-deleted', title=str(i))
    with c.tx() as s:
        mine = lambda **more: [r for r in read(s, c.id, **more) if not r.whole]
        assert [r.title for r in mine()] == ['6', '5', '4', '3', '2', '1', '0']
        last = [r for r in read(s, c.id, most=3) if not r.whole][-1]
        rest = mine(before=last.id)
        assert [r.title for r in rest] == [str(i) for i in range(int(last.title) - 1, -1, -1)]
        assert [r.title for r in mine(words=['levels-set'])] == ['5', '3', '1']
        today = s.one("SELECT (now() AT TIME ZONE 'Europe/Berlin')::date::text")
        assert len(mine(since=today, till=today)) == 7
        assert mine(till='2020-01-01') == [] and mine(since='2100-01-01') == []


def test_old_entries_go_by_one_door(server, chapter, owner):
    c = chapter()
    with c.tx() as s:
        add(s, c.id, title='new')
    owner.sql("INSERT INTO audit (at, chapter_id, hand, what, kind, title) SELECT now() - d * interval '1 day', %s, 'service',"
              " 'folder-deleted', 'folder', d || ' days' FROM unnest(ARRAY[80, 100, 800]) d", (c.id,))
    owner.pg.commit()
    s = Session(server)
    with s.tx(''):
        assert s.q('audit_forget', 730)[0].removed == 1
    with c.tx() as t:
        assert {r.title for r in read(t, c.id) if not r.whole} == {'new', '80 days', '100 days'}
    # However short the setting: 90 days are kept, and the function tells counts only.
    with s.tx(''):
        assert s.q('audit_forget', -5)[0].removed == 1
    with c.tx() as t:
        assert {r.title for r in read(t, c.id) if not r.whole} == {'new', '80 days'}
    s.close()


def test_words_in_sql_are_in_the_vocabulary():
    """Where SQL writes many entries at once it uses the words of daemon/auth/audit.c."""
    words = set(re.findall(r'\] = \{ "([a-z-]+)"', (ROOT / 'daemon/auth/audit.c').read_text()))
    used = set(re.findall(r"INSERT INTO audit .*?\n.*?'(?:service|operator)', '([a-z-]+)'", (ROOT / 'sql/queries/person.sql').read_text(), re.S))
    assert used == {'person-left'} and used <= words


def override(s, chapter, person, seconds=60):
    return s.q('override_begin', chapter, person, seconds)[0].until


def test_an_override_is_of_one_state_admin_for_a_while(server, chapter, person, owner):
    c = chapter()
    s = Session(server)
    active = lambda who=person: [r.chapter for r in s.q('overrides_of', who)]
    with c.tx() as t:
        override(t, c.id, person)
    with s.tx(''):
        assert active() == []  # not a state admin
    owner.sql('UPDATE person SET state_admin = true WHERE id = %s', (person,))
    owner.pg.commit()
    with s.tx(''):
        assert active() == [c.id] and active(person + 1) == []
    owner.sql("UPDATE override SET until = now() - interval '1 second', began = now() - interval '1 hour' WHERE person_id = %s", (person,))
    owner.pg.commit()
    with s.tx(''):
        assert active() == []
    with c.tx() as t:
        override(t, c.id, person)
        override(t, c.id, person)  # the later one counts, the first has ended
    with s.tx(''):
        assert active() == [c.id]
    with c.tx() as t:
        assert len(t.q('override_end', c.id, person)) == 1
        assert t.q('override_end', c.id, person) == []
    with s.tx(''):
        assert active() == []
    for change in ("UPDATE chapter SET archived = now() WHERE id = %(c)s", "UPDATE person SET gone = now() WHERE id = %(p)s"):
        with c.tx() as t:
            override(t, c.id, person)
        owner.sql(change, {'c': c.id, 'p': person})
        owner.pg.commit()
        with s.tx(''):
            assert active() == []
        owner.sql('UPDATE chapter SET archived = NULL WHERE id = %s', (c.id,))
        owner.pg.commit()
    s.close()
