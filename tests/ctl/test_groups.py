"""chapterctl group and guest, and roles for people who have never signed in."""
import datetime
import subprocess

import pytest

TODAY = datetime.datetime.now(datetime.timezone.utc).date()


def day(offset):
    return (TODAY + datetime.timedelta(days=offset)).isoformat()


@pytest.fixture
def group(house):
    house.json('group', 'add', 'jena', 'Wahlkampf')
    yield 'Wahlkampf'
    house('group', 'remove', 'jena', 'Wahlkampf')


def test_a_group_and_its_people(house, group):
    house.person('gudrun', 'Gudrun Grün')
    assert house.json('group', 'join', 'jena', 'wahlkampf', 'gudrun', '--until', day(9))['changed'] is True
    assert house.json('group', 'join', 'jena', group, 'GUDRUN', '--until', day(10))['changed'] is False
    assert house.json('group', 'list', 'jena')['groups'] == [{'group': group, 'members': [
        {'uid': 'gudrun', 'name': 'Gudrun Grün', 'until': day(10), 'over': False, 'guest': False}]}]
    assert f'Gudrun Grün (gudrun), until {day(10)}' in house('group', 'list', 'jena').out
    assert house.json('group', 'list', 'erfurt')['groups'] == []
    assert house.json('group', 'leave', 'jena', group, 'gudrun')['changed'] is True
    assert house.json('group', 'leave', 'jena', group, 'gudrun')['changed'] is False


@pytest.mark.parametrize('words, says', [
    (('add', 'jena', 'wahlKAMPF'), 'already a group'), (('add', 'jena', ' '), 'needs a name'),
    (('add', 'nowhere', 'x'), 'no chapter'), (('remove', 'jena', 'none'), 'no group'),
    (('join', 'jena', 'none', 'gudrun'), 'no group'), (('join', 'jena', 'Wahlkampf', 'no-such-person'), 'Nobody has'),
    (('join', 'jena', 'Wahlkampf', 'jena-member', '--until', day(-1)), 'already over')])
def test_what_cannot_be(house, group, words, says):
    answer = house('group', *words)
    assert answer.code != 0 and says in answer.err, answer


def test_a_role_for_somebody_who_never_signed_in(house):
    """The directory is asked; her groups come with her."""
    uid = 'weimar-member'
    house.sql('DELETE FROM person WHERE uid = %s', uid)
    assert house.json('role', 'grant', 'jena', uid, 'member', '--until', day(3))['changed'] is True
    assert [r['uid'] for r in house.json('role', 'list', 'jena')['roles'] if r['uid'] == uid] == [uid]
    house.json('role', 'revoke', 'jena', uid, 'member')


def test_a_silent_directory_is_told(house):
    conf = house.conf_with(ldap_uri='ldap://127.0.0.1:1', ldap_connect_timeout='1')
    house.person('known', 'Known')
    assert house('role', 'grant', 'jena', 'known', 'member', conf=conf).code == 0
    assert house('role', 'grant', 'jena', 'unknown-person', 'member', conf=conf).code == 1
    house('role', 'revoke', 'jena', 'known', 'member')


def test_a_guest(house):
    made = house.json('guest', 'invite', 'jena', 'p@example.org', '--name', 'Paula', '--until', day(20))
    assert made['uid'].startswith('guest-') and '/invite/' in made['link']
    again = house.json('guest', 'invite', 'jena', 'P@example.org', '--name', 'Paula P', '--until', day(30))
    assert again['uid'] == made['uid'] and again['link'] != made['link']
    assert house.json('guest', 'list', 'jena')['guests'] == [
        {'uid': made['uid'], 'name': 'Paula P', 'mail': 'p@example.org', 'until': day(30), 'over': False, 'waits': True}]
    # The secret of the link is nowhere in the database.
    code = again['link'].rpartition('/')[2]
    assert house.sql('SELECT count(*) FROM invitation WHERE hash = sha256(%s::bytea)', code.encode()) == [(1,)]
    dump = subprocess.run(['psql', house.settings()['admin_database'], '-qAtc', 'SELECT * FROM chapterd.invitation'],
                          capture_output=True, text=True)
    assert code not in dump.stdout
    house.json('guest', 'end', 'jena', made['uid'])
    assert house.json('guest', 'list', 'jena')['guests'][0]['over'] is True
    for words in (('x@', '--name', 'X', '--until', day(3)), ('x@example.org', '--name', 'X', '--until', day(400)),
                  ('x@example.org', '--name', 'X', '--until', day(-1)), ('x@example.org', '--name', '', '--until', day(3))):
        assert house('guest', 'invite', 'jena', *words).code == 2, words
    house.sql('UPDATE person SET until = current_date - 31 WHERE guest_of IS NOT NULL')
    house.sql('DELETE FROM person WHERE guest_of IS NOT NULL AND until < current_date - 30')
