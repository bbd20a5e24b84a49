"""chapterctl sync: who has access against who is in the directory."""
import subprocess

import pytest


def entry(house, uid):
    """entryUUID and name of somebody in the directory."""
    found = subprocess.run(
        ['ldapsearch', '-LLL', '-x', '-H', house.env['LDAP_URL'], '-D', house.env['LDAP_ADMIN_DN'],
         '-w', house.env['LDAP_ADMIN_PASSWORD'], '-b', 'ou=people,dc=verband,dc=test', f'(uid={uid})',
         'entryUUID'], stdout=subprocess.PIPE, text=True, check=True).stdout
    return next(line.split()[1] for line in found.splitlines() if line.startswith('entryUUID:'))


@pytest.fixture
def people(house):
    """Nobody is known but those the test makes."""
    house.sql('DELETE FROM person')


def known(house):
    return {uid for uid, in house.sql('SELECT uid FROM person WHERE gone IS NULL')}


def test_names_and_groups_are_read_again(house, people):
    house.person('former-login', 'Former Name', directory_id=entry(house, 'jena-board'))
    answer = house.json('sync')
    assert list(answer) == ['ok', 'listed', 'known', 'missing', 'removed', 'stopped']
    assert answer['known'] == 1 and answer['missing'] == answer['removed'] == 0
    assert answer['listed'] >= 10 and answer['stopped'] is False
    assert known(house) == {'jena-board'}
    assert [(r['uid'], r['role']) for r in house.json('role', 'list', 'jena')['roles']
            if r['uid'] == 'jena-board'] == [('jena-board', 'board')]
    assert 'Nobody has left' in house('sync', '--now').out


def test_who_left_loses_access(house, people):
    house.person('jena-chair', directory_id=entry(house, 'jena-chair'))
    house.person('leaver')
    answer = house.json('sync')
    assert (answer['missing'], answer['removed']) == (1, 1)
    assert known(house) == {'jena-chair'}


def test_too_many_leavers_stop_it_until_confirmed(house, people):
    house.person('jena-chair', directory_id=entry(house, 'jena-chair'))
    for i in range(25):
        house.person(f'many-{i}')
    answer = house.json('sync', code=1)
    assert answer['stopped'] is True and answer['missing'] == 25 and answer['removed'] == 0
    assert len(known(house)) == 26
    text = house('sync')
    assert text.code == 1 and 'chapterctl sync --confirm' in text.out
    answer = house.json('sync', '--confirm')
    assert answer['removed'] == 25
    assert known(house) == {'jena-chair'}


def test_a_silent_directory_removes_nobody(house, people):
    house.person('stays')
    conf = house.conf_with(ldap_uri='ldapi://%2Fnonexistent%2Fsocket')
    answer = house('sync', '--confirm', '--json', conf=conf)
    assert answer.code == 1 and answer.json()['ok'] is False
    assert known(house) == {'stays'}


def test_the_chapters_of_who_left_are_told(house, people):
    """One entry in each chapter where she had a role by a group or a grant, none elsewhere."""
    for n in range(3):
        house.person(f'told-{n}')
    house.sql("DELETE FROM chapter_group WHERE group_key = 'cn=told'")
    house.sql("INSERT INTO chapter_group (chapter_id, role, group_key) SELECT id, 2, 'cn=told' FROM chapter WHERE slug = 'jena'")
    house.sql("INSERT INTO person_group SELECT id, 'cn=told' FROM person WHERE uid = 'told-0'")
    house.sql("INSERT INTO role_grant (chapter_id, person_id, role) SELECT c.id, p.id, r FROM chapter c, person p, unnest(ARRAY[2, 3]) r"
              " WHERE slug IN ('jena', 'erfurt') AND uid = 'told-1'")
    before = house.sql('SELECT coalesce(max(id), 0) FROM audit')[0][0]
    assert house.json('sync')['removed'] == 3
    assert house.sql('SELECT c.slug, p.uid, a.hand, a.what FROM audit a JOIN chapter c ON c.id = a.chapter_id JOIN person p'
                     f' ON p.id = a.about_id WHERE a.id > {before} ORDER BY 1, 2') == [
        ('erfurt', 'told-1', 'service', 'person-left'), ('jena', 'told-0', 'service', 'person-left'),
        ('jena', 'told-1', 'service', 'person-left')]
    house.sql("DELETE FROM chapter_group WHERE group_key = 'cn=told'")
