"""chapterctl role: what a chapter gives beside the directory."""
import datetime

import pytest

TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


@pytest.fixture
def erika(house):
    uid = 'erika'
    house.person(uid, 'Erika Müller')
    yield uid
    for role in ('member', 'board', 'chair'):
        house('role', 'revoke', 'jena', uid, role)


def held(house, uid, slug='jena'):
    return [r for r in house.json('role', 'list', slug)['roles'] if r['uid'] == uid]


def effective(house, uid):
    """What the daemon will find: slug -> role."""
    return dict(house.sql('SELECT c.slug, r.role FROM person p, roles_of(p.id) r'
                          ' JOIN chapter c ON c.id = r.chapter_id WHERE p.uid = %s', uid))


def test_grant_and_revoke(house, erika):
    assert house.json('role', 'grant', 'jena', erika, 'board') == {
        'ok': True, 'slug': 'jena', 'uid': erika, 'role': 'board', 'until': None, 'changed': True}
    assert effective(house, erika) == {'jena': 3, 'land': 2}
    assert held(house, erika) == [{'uid': erika, 'name': 'Erika Müller', 'role': 'board', 'from': 'grant',
                                   'until': None, 'by': None, 'reason': None, 'over': False}]

    again = house.json('role', 'grant', 'jena', erika, 'board', '--until', day(9), '--reason', 'Kassenprüfung')
    assert again['changed'] is False and again['until'] == day(9)
    assert [(r['until'], r['reason']) for r in held(house, erika)] == [(day(9), 'Kassenprüfung')]
    assert f'until {day(9)}' in house('role', 'list', 'jena').out

    assert house.json('role', 'revoke', 'jena', erika.upper(), 'board')['changed'] is True
    assert house.json('role', 'revoke', 'jena', erika, 'board')['changed'] is False
    assert held(house, erika) == [] and effective(house, erika) == {}


def test_until_is_the_last_day(house, erika):
    house.json('role', 'grant', 'jena', erika, 'chair', '--until', day(0))
    assert effective(house, erika)['jena'] == 4
    house.sql("UPDATE role_grant SET until = current_date - 1 WHERE person_id ="
              " (SELECT id FROM person WHERE uid = 'erika')")
    assert effective(house, erika) == {}
    assert held(house, erika)[0]['over'] is True
    assert '(over)' in house('role', 'list', 'jena').out


@pytest.mark.parametrize('until', ['', 'soon', '31.03.2027', '2027-02-29', '2027-13-01', '2027-00-10', '2027-01-00',
                                   '2027-1-1', '20270101', '2027-01-01 ', day(-1), '99999-01-01'])
def test_days_that_cannot_be(house, erika, until):
    answer = house('role', 'grant', 'jena', erika, 'member', '--until', until)
    assert answer.code == 2, answer
    assert held(house, erika) == []


@pytest.mark.parametrize('args, code, says', [
    (['nowhere', 'erika', 'board'], 1, 'nowhere'),
    (['jena', 'nobody-at-all', 'board'], 1, 'nobody-at-all'),
    (['jena', 'erika', 'king'], 2, 'member, board, chair'),
    (['jena', 'erika', 'public'], 2, 'member, board, chair'),
    (['jena', 'erika', '3'], 2, 'member, board, chair'),
])
def test_what_cannot_be_granted(house, erika, args, code, says):
    for verb in ('grant', 'revoke'):
        answer = house('role', verb, *args)
        assert answer.code == code, answer
        assert says in answer.err


def test_those_who_left_get_no_role(house):
    house.person('former')
    assert house('role', 'grant', 'jena', 'former', 'board').code == 0
    house.sql("UPDATE person SET gone = now() WHERE uid = 'former'")
    answer = house('role', 'grant', 'jena', 'former', 'chair')
    assert answer.code == 1 and 'no longer' in answer.err
    assert held(house, 'former')[0]['over'] is True
    assert house.json('role', 'revoke', 'jena', 'former', 'board')['changed'] is True


def test_archived_chapters_give_no_role(house, erika):
    house('chapter', 'add', 'zu', '--name', 'Zu', '--kind', 'local', '--parent', 'jena')
    house('role', 'grant', 'zu', erika, 'board')
    house('chapter', 'archive', 'zu')
    assert house('role', 'grant', 'zu', erika, 'chair').code == 1
    assert held(house, erika, 'zu')[0]['role'] == 'board'
    assert house.json('role', 'revoke', 'zu', erika, 'board')['changed'] is True


def test_roles_of_the_directory_are_listed_too(house):
    group = 'cn=chair,ou=erfurt,ou=chapters,dc=verband,dc=test'
    house.person('vorsitz', 'V. Orsitz', [group])
    assert held(house, 'vorsitz', 'erfurt') == [
        {'uid': 'vorsitz', 'name': 'V. Orsitz', 'role': 'chair', 'from': 'directory', 'until': None,
         'by': None, 'reason': None, 'over': False}]
    answer = house.json('role', 'revoke', 'erfurt', 'vorsitz', 'chair')
    assert answer['changed'] is False and held(house, 'vorsitz', 'erfurt')


def test_clients_and_daemons_learn_of_it(house, heard, erika):
    """Folders that may have appeared to her are in the next sync report; caches drop her."""
    def marks():
        return dict(house.sql('SELECT c.slug || n.name, n.changed::text FROM dav_node n'
                              ' JOIN chapter c ON c.id = n.chapter_id WHERE n.collection'))

    before, person = marks(), house.sql("SELECT id FROM person WHERE uid = 'erika'")[0][0]
    heard(0)
    house('role', 'grant', 'jena', erika, 'member')
    assert heard() == [str(person)]
    after = marks()
    moved = {name for name in after if before[name] != after[name]}
    assert {'jenaMitglieder', 'jenaVorstand', 'landMitglieder'} <= moved
    assert not any(name.startswith('erfurt') for name in moved)
