"""A telephone is lost and its owner asks the state admin: chapterctl app-password and session."""
import json
import time

import pytest

from test_app_passwords import DEVICES, HOME, device, empty, make, number_of, signed_in
from test_login import field

WHO = 'jena-nord-board'
NAME = 'Vorstand Jena-Nord'


@pytest.fixture
def owner(server):
    server.stack.sql('DELETE FROM session')
    browser = signed_in(server, WHO)
    empty(server, WHO)
    yield browser


def ctl(server, *args, code=0):
    done = server.stack.ctl(*args, '--json', conf=server.conf, check=False)
    assert done.returncode == code, done.stdout
    return json.loads(done.stdout[done.stdout.index('{'):])  # behind what stderr says


def refused_within(server, password, seconds=10.0):
    start = time.monotonic()
    while device(server, WHO, password).propfind(HOME, 'resourcetype').status != 401:
        assert time.monotonic() - start < seconds, 'it still works'
    return time.monotonic() - start


def test_listed_and_taken_back(server, owner):
    lost, kept = make(owner, name='Verlorenes Telefon'), make(owner, name='Rechner')
    assert device(server, WHO, lost).propfind(HOME, 'resourcetype').status == 207
    told = ctl(server, 'app-password', 'list', '--person', WHO)
    assert told['uid'] == WHO
    assert [(p['name'], p['id']) for p in told['app_passwords']] == [
        ('Rechner', number_of(kept)), ('Verlorenes Telefon', number_of(lost))]
    assert told['app_passwords'][0]['used'] is None and len(told['app_passwords'][1]['used']) == 10
    assert lost.split('_')[2] not in json.dumps(told)
    text = server.stack.ctl('app-password', 'list', '--person', WHO, conf=server.conf).stdout
    assert text.splitlines()[0].split()[:2] == ['NUMBER', 'DEVICE'] and 'Verlorenes Telefon' in text
    assert ctl(server, 'app-password', 'revoke', '--person', WHO, str(number_of(lost)))['ended'] == 1
    print(f'refused after {refused_within(server, lost) * 1000:.0f} ms')
    assert device(server, WHO, kept).propfind(HOME, 'resourcetype').status == 207
    assert 'Verlorenes Telefon' not in owner('GET', DEVICES).text
    assert server.stack.sql("SELECT hand, object_id FROM audit WHERE what = 'app-password-removed' ORDER BY id DESC"
                            ' LIMIT 1') == [('operator', number_of(lost))]
    assert 'Verlorenes Telefon' in owner('GET', '/account').text, 'what was done is told there'


def test_all_of_them(server, owner):
    passwords = [make(owner, name=f'Gerät {i}') for i in range(3)]
    assert ctl(server, 'app-password', 'revoke', '--all', '--person', WHO)['ended'] == 3
    for password in passwords:
        refused_within(server, password)
    assert ctl(server, 'app-password', 'list', '--person', WHO)['app_passwords'] == []
    said = server.stack.ctl('app-password', 'list', '--person', WHO, conf=server.conf).stdout
    assert said == f'{WHO} has no app password.\n'


def test_nothing_or_all(server, owner):
    """One number that is not hers, and none is taken back."""
    password = make(owner)
    other = signed_in(server, 'erfurt-board')
    empty(server, 'erfurt-board')
    foreign = make(other)
    told = ctl(server, 'app-password', 'revoke', '--person', WHO, str(number_of(password)),
               str(number_of(foreign)), code=1)
    assert 'nothing was changed' in told['error']
    assert device(server, WHO, password).propfind(HOME, 'resourcetype').status == 207
    assert device(server, 'erfurt-board', foreign).propfind(HOME, 'resourcetype').status == 207


def test_called_wrongly(server, owner):
    make(owner)
    for args in (['revoke', '--person', WHO], ['revoke', '--person', WHO, '--all', '1'],
                 ['revoke', '--person', WHO, 'all'], ['revoke', '--all'], ['list'], ['list', WHO]):
        done = server.stack.ctl('app-password', *args, conf=server.conf, check=False)
        assert done.returncode == 2, (args, done.stdout)
    assert len(ctl(server, 'app-password', 'list', '--person', WHO)['app_passwords']) == 1
    told = ctl(server, 'app-password', 'list', '--person', 'nobody-at-all', code=1)
    assert 'nobody-at-all' in told['error']


def test_sessions_end(server, owner):
    second, other = signed_in(server, WHO), signed_in(server, 'erfurt-member')
    told = ctl(server, 'session', 'list', '--person', WHO.upper())
    assert told['uid'] == WHO and len(told['sessions']) == 2
    assert ctl(server, 'session', 'end', '--person', WHO)['ended'] == 2
    for browser in (owner, second):
        assert NAME not in browser('GET', '/').text
    assert 'Mitglied Erfurt' in other('GET', '/').text
    assert ctl(server, 'session', 'end', '--person', WHO)['ended'] == 0


def test_a_month_after_their_owner_left_they_are_gone(server, owner):
    """Who comes back after a mistake of the directory finds her devices at work; later not."""
    password = make(owner)
    stack = server.stack
    sweep = 'SELECT count(*) FROM app_password a JOIN person p ON p.id = a.person_id WHERE p.uid = %s'
    query = open('sql/queries/session.sql').read().split('-- session_sweep:')[1].split('\n', 1)[1].split('\n\n')[0]
    try:
        for days, left in ((29, 1), (31, 0)):
            stack.sql('UPDATE person SET gone = now() - %s * interval \'1 day\' WHERE uid = %s', days, WHO)
            assert device(server, WHO, password).propfind(HOME, 'resourcetype').status == 401
            stack.sql(query.replace('%', '%%'))
            assert stack.sql(sweep, WHO)[0][0] == left
    finally:
        stack.sql('UPDATE person SET gone = NULL WHERE uid = %s', WHO)


def test_E14_a_session_carries_no_rights(server, owner):
    """They are looked up with each request: what is given or taken is so with the next one."""
    stack = server.stack
    target = '/c/jena/members'
    assert owner('GET', target).status in (403, 404)
    stack.ctl('role', 'grant', 'jena', WHO, 'board', conf=server.conf)
    try:
        assert owner('GET', target).status == 200
    finally:
        stack.ctl('role', 'revoke', 'jena', WHO, 'board', conf=server.conf)
    assert owner('GET', target).status in (403, 404)
    assert field(owner('GET', '/account'), 'token')
