"""Addresses of groups: who is in them, and who is told (sql/migrations/005_group_addresses.sql)."""
import itertools
import random
import time

import pytest

from database import Session

NUMBERS = itertools.count(1)
REQUEST, CANCEL = 'REQUEST for \x01', 'CANCEL for \x01'


@pytest.fixture(scope='module')
def owner(server):
    s = Session(server, 'postgres')
    yield s
    s.close()


class Place:
    """An organizer with an object in a calendar of her own, and a chapter."""

    def __init__(self, s):
        self.s = s
        self.slug = f'group-{next(NUMBERS)}'
        self.chapter = s.one("INSERT INTO chapter (slug, name, kind) VALUES (%s, 'x', 'local') RETURNING id", (self.slug,))
        self.address = f'mailto:{self.slug}@example.org'
        self.organizer = self.person()
        [(root, policy)] = s.sql("SELECT id, policy_id FROM dav_node WHERE person_id = %s AND kind = 'calendar'", (self.organizer,))
        self.node = s.one("INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, name, name_key)"
                          " VALUES (%s, %s, %s, %s, 'event', false, %s, %s) RETURNING id",
                          (root, root, self.organizer, policy, self.slug, self.slug))
        s.sql("INSERT INTO calendar_object (node_id, collection_id, person_id, uid, component, zones, role, open_from)"
              " VALUES (%s, %s, %s, %s, 'VEVENT', '', 1, 0)", (self.node, root, self.organizer, self.slug))

    def person(self, name=None, mail=True):
        name = name or f'p{next(NUMBERS)}'
        return self.s.one("INSERT INTO person (directory_id, uid, name, mail) VALUES (%s, %s, 'x', %s) RETURNING id",
                          (name, name, f'{name}@example.org' if mail else None))

    def member(self, role=2, **more):
        person = self.person(**more)
        self.s.sql('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%s, %s, %s)', (self.chapter, person, role))
        return person

    def invite(self, kinds=(0,), groups=(0,), ends=False, besides=(), again=True, ask=False):
        addresses = [self.address if k == 0 else f'mailto:{self.slug}+{k}@example.org' for k in kinds]
        n = len(kinds)
        self.s.pg.commit()
        self.s.sql("SELECT set_config('chapterd.scope', %s, true)", (f'{{-{self.organizer}}}',))
        return self.s.one('SELECT group_invite(%s, NULL, NULL, %s, %s, %s, %s::int2[], %s, %s, %s, %s::int8[], %s, %s)',
                          (self.node, addresses, [self.chapter] * n, list(groups), list(kinds), [REQUEST] * n, [CANCEL] * n,
                           [ends] * n, list(besides), again, ask))

    def reconcile(self):
        while self.s.one('SELECT group_reconcile(100)') == 100:
            pass

    def told(self):
        """What has been sent since this was asked last: {person: method}."""
        rows = self.s.sql('DELETE FROM schedule_message WHERE node_id = %s RETURNING to_person, method, address, bytes', (self.node,))
        for _, method, address, text in rows:
            assert bytes(text).decode() == f'{method} for {address}'
        assert len({r[0] for r in rows}) == len(rows), 'nobody is told twice'
        return {r[0]: r[1] for r in rows}


@pytest.fixture
def place(owner):
    p = Place(owner)
    yield p
    owner.pg.rollback()
    owner.sql('DELETE FROM group_invitation')
    owner.pg.commit()


def test_each_member_is_told_once(place):
    a, b = place.member(), place.member(3)
    place.person()
    assert place.invite() == 2 and place.told() == {a: 'REQUEST', b: 'REQUEST'}
    assert place.invite() == 2 and place.told() == {a: 'REQUEST', b: 'REQUEST'}, 'a change is for all'
    assert place.invite(again=False) == 0 and place.told() == {}, 'what concerns nobody is kept for who joins'
    assert place.invite(ends=True) == 2 and place.told() == {a: 'CANCEL', b: 'CANCEL'}
    assert place.s.sql('SELECT FROM invited WHERE node_id = %s UNION ALL SELECT FROM group_invitation WHERE node_id = %s',
                       (place.node, place.node)) == []


def test_who_invites_and_who_is_invited_by_herself_is_not_told(place):
    a, b = place.member(), place.member()
    place.s.sql('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%s, %s, 3)', (place.chapter, place.organizer))
    place.invite(besides=[place.organizer, b])
    assert place.told() == {a: 'REQUEST'}
    place.invite(besides=[place.organizer])
    assert place.told() == {a: 'REQUEST', b: 'REQUEST'}
    place.invite(besides=[place.organizer, a])
    assert place.told() == {b: 'REQUEST'}, 'she is invited by herself now: nothing is cancelled'


def test_in_two_groups_is_one_invitation(place):
    """And she stays invited as long as she is in one of them."""
    a, b = place.member(3), place.member()
    place.invite(kinds=(0, 1), groups=(0, 0))
    assert place.told() == {a: 'REQUEST', b: 'REQUEST'}
    place.s.sql('UPDATE role_grant SET role = 2 WHERE person_id = %s', (a,))
    place.reconcile()
    assert place.told() == {}
    place.s.sql('DELETE FROM role_grant WHERE person_id = %s', (a,))
    place.reconcile()
    assert place.told() == {a: 'CANCEL'}


@pytest.mark.parametrize('how', ['grant', 'directory', 'group', 'until', 'gone', 'archived'])
def test_who_comes_and_goes(place, how):
    s, a = place.s, place.member()
    group = s.one("INSERT INTO local_group (chapter_id, name) VALUES (%s, 'g') RETURNING id", (place.chapter,))
    s.sql("INSERT INTO chapter_group (chapter_id, role, group_key) VALUES (%s, 2, %s)", (place.chapter, place.slug))
    came = place.person()
    comes, goes = {
        'grant': ('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%(c)s, %(p)s, 2)', 'DELETE FROM role_grant WHERE person_id = %(p)s'),
        'directory': ('INSERT INTO person_group VALUES (%(p)s, %(k)s)', 'DELETE FROM person_group WHERE person_id = %(p)s'),
        'group': ('INSERT INTO local_group_member (group_id, chapter_id, person_id) VALUES (%(g)s, %(c)s, %(p)s)',
                  'DELETE FROM local_group WHERE id = %(g)s'),
        'until': ('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%(c)s, %(p)s, 2)',
                  'UPDATE role_grant SET until = current_date - 1, ended = true WHERE person_id = %(p)s'),
        'gone': ('INSERT INTO person_group VALUES (%(p)s, %(k)s)', 'DELETE FROM chapter_group WHERE group_key = %(k)s'),
        'archived': ('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%(c)s, %(p)s, 2)', 'UPDATE chapter SET archived = now() WHERE id = %(c)s'),
    }[how]
    values = {'c': place.chapter, 'p': came, 'k': place.slug, 'g': group}
    if how == 'group':
        place.invite(kinds=(2,), groups=(group,))
        assert place.told() == {}
    else:
        place.invite()
        assert place.told() == {a: 'REQUEST'}
    s.sql(comes, values)
    place.reconcile()
    assert place.told() == {came: 'REQUEST'}
    place.reconcile()
    assert place.told() == {}
    s.sql(goes, values)
    place.reconcile()
    assert place.told() == ({a: 'CANCEL', came: 'CANCEL'} if how == 'archived' else {came: 'CANCEL'})


def test_who_leaves_the_directory_is_told_nothing_and_invited_again_later(place):
    a = place.member()
    place.invite()
    place.told()
    place.s.sql('UPDATE person SET gone = now() WHERE id = %s', (a,))
    place.reconcile()
    assert place.told() == {} and place.s.sql('SELECT FROM invited WHERE person_id = %s', (a,)) == []
    place.s.sql('UPDATE person SET gone = NULL WHERE id = %s', (a,))
    place.reconcile()
    assert place.told() == {a: 'REQUEST'}


def test_what_is_over_stays_as_it_is(place):
    place.s.sql('UPDATE calendar_object SET open_from = NULL WHERE node_id = %s', (place.node,))
    a = place.member()
    place.invite()
    assert place.told() == {a: 'REQUEST'}
    place.member()
    place.reconcile()
    assert place.told() == {}
    place.s.sql('INSERT INTO occurrence (node_id, collection_id, chapter_id, person_id, starts, ends, takes, exact)'
                ' SELECT node_id, collection_id, chapter_id, person_id, 1, 4000000000, 0, true FROM calendar_object WHERE node_id = %s',
                (place.node,))
    c = place.member()
    place.reconcile()
    assert place.told() == {c: 'REQUEST'}


def test_who_was_invited_is_forgotten(server, place):
    """When it is long over, and when somebody is erased."""
    a, b = place.member(), place.member()
    place.invite()
    rows = 'SELECT person_id FROM invited WHERE node_id = %s ORDER BY 1'
    place.s.sql('SELECT schedule_expire(90, 100)')
    assert place.s.sql(rows, (place.node,)) == [(a,), (b,)]
    place.s.pg.commit()
    s = Session(server)
    with s.tx('', person=a):
        assert s.q('invited_erase', b)[0].n == 0 and s.q('invited_erase', a)[0].n == 1
        s.pg.commit()
    s.close()
    assert place.s.sql(rows, (place.node,)) == [(b,)]
    place.s.sql('UPDATE calendar_object SET open_from = NULL WHERE node_id = %s', (place.node,))
    place.s.sql('SELECT schedule_expire(90, 100)')
    assert place.s.sql(rows, (place.node,)) == []


def test_nothing_is_noted_while_no_group_is_invited(place):
    assert place.s.sql('SELECT FROM group_invitation') == []
    place.s.sql('DELETE FROM group_moved')
    place.member()
    assert place.s.sql('SELECT FROM group_moved') == []


def test_answers_are_numbers(place):
    a = place.member()
    place.member()
    place.invite()
    mail = place.s.one('SELECT address FROM invited WHERE person_id = %s', (a,))
    assert place.s.sql('SELECT * FROM group_answered(%s, %s, %s)', (place.node, mail.upper(), 'ACCEPTED')) == [(place.address, True)]
    assert place.s.sql('SELECT * FROM group_answered(%s, %s, %s)', (place.node, 'mailto:other@example.org', 'ACCEPTED')) == [(None, None)]
    assert place.s.sql('SELECT * FROM group_tally(%s)', (place.node,)) == [(place.address, 'ACCEPTED', 1), (place.address, 'NEEDS-ACTION', 1)]
    place.invite()
    assert len(place.s.sql('SELECT * FROM group_tally(%s)', (place.node,))) == 2, 'nobody has to answer again'
    place.invite(ask=True)
    assert place.s.sql('SELECT * FROM group_tally(%s)', (place.node,)) == [(place.address, 'NEEDS-ACTION', 2)]


def test_who_has_no_mail_is_invited_by_her_principal(place):
    place.member(name='ä b/c%', mail=False)
    place.invite()
    [[address]] = place.s.sql('SELECT address FROM schedule_message WHERE node_id = %s', (place.node,))
    assert address == '/dav/principals/users/%C3%A4%20b%2Fc%25/'


def test_nobody_else_learns_who_is_invited(server, place):
    """Not who invites, and not who is in the group: herself alone. Nothing of the functions names people."""
    a, b = place.member(), place.member()
    place.invite()
    place.s.pg.commit()
    s = Session(server)
    try:
        for person, sees in ((place.organizer, []), (a, [(a,)]), (b, [(b,)])):
            with s.tx(place.slug, person=person):
                assert s.sql('SELECT person_id FROM invited') == sees
                assert s.sql('SELECT node_id FROM group_invitation') == s.sql('SELECT * FROM group_moved') == []
            s.pg.rollback()
        for person in (a, None):  # it is not theirs
            with s.tx(place.slug, person=person):
                assert s.sql('SELECT * FROM group_tally(%s)', (place.node,)) == []
                assert s.sql("SELECT * FROM group_answered(%s, 'mailto:x', 'DECLINED')", (place.node,)) == [(None, None)]
                assert s.one("SELECT group_invite(%s, NULL, NULL, %s, '{1}', '{0}', '{0}', '{x}', '{x}', '{t}', '{}', true, true)",
                             (place.node, [place.address])) == 0
            s.pg.rollback()
        with s.tx(''):
            rows = s.sql('SELECT * FROM group_reach(%s, NULL, %s)', (place.chapter, a))
            assert [r[:2] for r in rows] == [(True, False)] and len(rows[0]) == 5
    finally:
        s.close()


def test_members_are_those_whose_roles_say_so(owner):
    """group_people is role_origins the other way round: the same people for trees, networks, guests and boards at random."""
    rng = random.Random(7809)
    s = owner
    chapters, people = [], []
    for i in range(14):
        kind = rng.choice(['state', 'district', 'local', 'network'])
        parent = rng.choice(chapters + [None])
        chapters.append(s.one("INSERT INTO chapter (slug, name, kind, parent_id, members_go_up, archived) VALUES (%s, 'x', %s, %s, %s, %s) RETURNING id",
                              (f'tree-{next(NUMBERS)}', kind, parent, rng.random() < 0.8, 'now()' if rng.random() < 0.1 else None)))
        s.sql('INSERT INTO chapter_group (chapter_id, role, group_key) VALUES (%s, %s, %s)', (chapters[-1], rng.choice([2, 3, 4]), f'cn={i}'))
    for i in range(60):
        guest = rng.random() < 0.15
        name = f't{next(NUMBERS)}'
        p = s.one("INSERT INTO person (directory_id, uid, name, mail, guest_of, until) VALUES (%s, %s, 'x', %s, %s, %s) RETURNING id",
                  (name, name, name + '@example.org', rng.choice(chapters) if guest else None, '2999-01-01' if guest else None))
        people.append(p)
        for _ in range(rng.choice([0, 1, 1, 2])):
            s.sql("INSERT INTO person_group VALUES (%s, %s) ON CONFLICT DO NOTHING", (p, f'cn={rng.randrange(14)}'))
        if rng.random() < 0.4:
            s.sql('INSERT INTO role_grant (chapter_id, person_id, role, until) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING',
                  (rng.choice(chapters), p, rng.choice([2, 3, 4]), rng.choice([None, '2999-01-01', '2001-01-01'])))
    roles = {(p, c): r for p in people for c, r in s.sql('SELECT chapter_id, role FROM roles_of(%s)', (p,))}
    found = 0
    for c in chapters:
        for kind, least in ((0, 2), (1, 3)):
            said = {p for p, in s.sql('SELECT group_people(%s, NULL, %s::int2, %s)', (c, kind, people))}
            assert said == {p for p in people if roles.get((p, c), 0) >= least}, (c, kind)
            found += len(said)
    assert found > 40
    s.pg.rollback()


def test_five_thousand_members_in_one_statement(place):
    """Nothing goes to and fro for each; a second look touches those alone who came or went."""
    s = place.s
    s.sql("INSERT INTO person (directory_id, uid, name, mail) SELECT 'm' || i, 'm' || i, 'x', 'm' || i || '@example.org'"
          ' FROM generate_series(1, 5000) i')
    s.sql("INSERT INTO role_grant (chapter_id, person_id, role) SELECT %s, id, 2 FROM person WHERE directory_id ~ '^m[0-9]+$'", (place.chapter,))
    began = time.monotonic()
    assert place.invite() == 5000
    took = time.monotonic() - began
    assert s.one('SELECT count(DISTINCT to_person) FROM schedule_message WHERE node_id = %s', (place.node,)) == 5000
    s.sql('DELETE FROM schedule_message WHERE node_id = %s', (place.node,))
    came = place.member()
    place.reconcile()
    assert place.told() == {came: 'REQUEST'}
    print(f'\n= 5,000 members invited in {took:.2f} s')
