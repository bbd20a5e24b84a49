"""Boards and groups of chapters as principals (RFC 3744): those find them who may, and nobody finds who is in them."""
import xml.etree.ElementTree as ET

import pytest

from lib.client import propfind_body

D, C = '{DAV:}', '{urn:ietf:params:xml:ns:caldav}'
CALDAV = 'urn:ietf:params:xml:ns:caldav'
GROUPS = '/dav/principals/groups/'


@pytest.fixture(scope='module')
def group(server):
    """A group of jena with a name of its own; jena-member and a stranger are in it."""
    sql = server.stack.sql
    people = dict(sql("SELECT uid, id FROM person WHERE uid IN ('jena-member', 'guest', 'jena-board')"))
    for uid in {'jena-member', 'guest', 'jena-board'} - set(people):
        assert server.client(uid)('PROPFIND', '/dav/', propfind_body('displayname'), Depth='0').status == 207
    people = dict(sql("SELECT uid, id FROM person WHERE uid IN ('jena-member', 'guest')"))
    [[number]] = sql("INSERT INTO local_group (chapter_id, name) SELECT id, 'Plakate & Größe' FROM chapter WHERE slug = 'jena' RETURNING id")
    for person in people.values():
        sql("INSERT INTO local_group_member (group_id, chapter_id, person_id) SELECT id, chapter_id, %s FROM local_group WHERE id = %s RETURNING 1",
            person, number)
    yield number
    sql('DELETE FROM local_group WHERE id = %s RETURNING 1', number)


def members(client):
    answer = client('PROPFIND', GROUPS, propfind_body('displayname'), Depth='1', Content_Type='text/xml')
    assert answer.status == 207
    return {r.findtext(f'{D}href'): r.findtext(f'.//{D}displayname') for r in ET.fromstring(answer.body)
            if r.findtext(f'{D}href') != GROUPS}


def search(client, text):
    body = (f'<D:principal-property-search xmlns:D="DAV:" xmlns:C="{CALDAV}"><D:property-search><D:prop><D:displayname/></D:prop>'
            f'<D:match>{text}</D:match></D:property-search><D:prop><C:calendar-user-address-set/><C:calendar-user-type/></D:prop>'
            '</D:principal-property-search>')
    answer = client('REPORT', '/dav/principals/', body, Depth='0', Content_Type='text/xml')
    assert answer.status == 207
    return {r.findtext(f'{D}href'): ([h.text for h in r.iter(f'{D}href')][1:], r.findtext(f'.//{C}calendar-user-type'))
            for r in ET.fromstring(answer.body)}


def test_who_finds_which(login, group):
    """The board of a chapter all of its groups, who is in one that one; others none, whatever they ask for."""
    plakate = f'{GROUPS}jena%2Bplakate-groesse-{group}/'
    assert {f'{GROUPS}jena%2Bvorstand/', plakate} <= set(members(login('jena-board')))
    assert set(members(login('jena-member'))) == set(members(login('guest'))) == {plakate}
    assert set(members(login('erfurt-member'))) == set(members(login('jena-nord-member'))) == set()
    assert f'{GROUPS}jena%2Bvorstand/' not in members(login('erfurt-board'))
    for href in (plakate, f'{GROUPS}jena%2Bvorstand/', f'{GROUPS}jena+nothing-999999/', f'{GROUPS}jena/', f'{GROUPS}+/'):
        assert login('erfurt-board')('PROPFIND', href, propfind_body('displayname'), Depth='0').status == 404
    answer = login('jena-board')('PROPFIND', f'{GROUPS}jena+other-{group}/', propfind_body('displayname'), Depth='0')
    assert answer.status == 207, 'it goes by its number: it may have been renamed'


def test_found_with_its_addresses(login, group):
    found = search(login('jena-member'), 'Plakate')
    href = f'{GROUPS}jena%2Bplakate-groesse-{group}/'
    assert found == {href: ([f'mailto:jena+plakate-groesse-{group}@127.0.0.1', href], 'GROUP')}
    board = search(login('jena-board'), 'Jena')[f'{GROUPS}jena%2Bvorstand/']
    assert board == (['mailto:jena+vorstand@127.0.0.1', f'{GROUPS}jena%2Bvorstand/'], 'GROUP')
    assert search(login('erfurt-board'), 'Plakate') == {}


def test_nobody_learns_who_is_in_it(login, group):
    names = ('group-member-set', 'group-membership', (CALDAV, 'calendar-home-set'))
    answer = login('jena-board')('PROPFIND', f'{GROUPS}jena%2Bplakate-groesse-{group}/', propfind_body(*names), Depth='1')
    assert answer.status == 207 and b'jena-member' not in answer.body and b'/users/' not in answer.body
