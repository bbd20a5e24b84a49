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
