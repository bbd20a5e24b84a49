"""Calendars: homes, making, moving, their properties (RFC 4791, 5; design 5; decisions 2.5)."""
import pytest

from lib.calendars import event

CALDAV, APPLE, DAV = 'urn:ietf:params:xml:ns:caldav', 'http://apple.com/ns/ical/', 'DAV:'
HOME = '/dav/calendars/jena-board/'


@pytest.fixture
def board(server):
    return server.client('jena-board')


@pytest.fixture
def made(board):
    """made(name, props): a calendar of one's own for the test."""
    hrefs = []

    def make(name, props='', home=HOME):
        body = ('<C:mkcalendar xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav" xmlns:A="http://apple.com/ns/ical/">'
                f'<D:set><D:prop>{props}</D:prop></D:set></C:mkcalendar>') if props else None
        answer = board('MKCALENDAR', home + name + '/', body)
        if answer.status == 201:
            hrefs.append(home + name + '/')
        return answer
    yield make
    for href in hrefs:
        board.delete(href)


def names(client, home):
    return {href.rstrip('/').rpartition('/')[2] for href in client.listing(home)}


def test_a_home_has_all_of_hers(board, server):
    """The chapters she is in, up the tree, and her own; of chapters she is not in nothing, of others' homes nothing."""
    assert names(board, HOME) == {'calendar', 'jena.termine', 'jena.vorstand', 'land.termine'}
    member = server.client('jena-nord-member')
    assert names(member, '/dav/calendars/jena-nord-member/') == {'calendar', 'jena-nord.termine', 'jena.termine', 'land.termine'}
    assert names(server.client('guest'), '/dav/calendars/guest/') == {'calendar'}
    assert list(board.listing('/dav/calendars/')) == [HOME]
    assert board.propfind('/dav/calendars/jena-member/', depth='1').status == 404
    assert board.propfind(HOME + 'erfurt.termine/').status == 207, 'what all may read she may, when she knows its name'
    assert board.propfind(HOME + 'erfurt.vorstand/').status == 404


def test_names_for_people(board):
    entry = board.props(HOME + 'jena.termine/', 'displayname')
    assert entry.text('displayname').endswith(': Termine')
    found = board.propfind(HOME, 'displayname', depth='1').multistatus().entry
    assert found[HOME + 'jena.termine/'].text('displayname') == entry.text('displayname')
    prefix = entry.text('displayname')[:-len('Termine')]
    board.proppatch(HOME + 'jena.termine/', 'displayname', prefix + 'Öffentliches', ns=DAV)
    assert board.props(HOME + 'jena.termine/', 'displayname').text('displayname') == prefix + 'Öffentliches'
    board.proppatch(HOME + 'jena.termine/', 'displayname', 'Termine', ns=DAV)
    assert board.props(HOME + 'jena.termine/', 'displayname').text('displayname') == prefix + 'Termine'
    board.proppatch(HOME + 'calendar/', 'displayname', 'Meins', ns=DAV)
    assert board.props(HOME + 'calendar/', 'displayname').text('displayname') == 'Meins'


def test_made_with_properties(board, made):
    assert made('made', '<D:displayname>Neu &amp; schön</D:displayname><C:calendar-description>Wofür</C:calendar-description>'
                '<C:supported-calendar-component-set><C:comp name="VTODO"/></C:supported-calendar-component-set>').status == 201
    found = board.propfind(HOME + 'made/', 'displayname', 'resourcetype', (CALDAV, 'calendar-description'),
                           (CALDAV, 'supported-calendar-component-set'), (CALDAV, 'supported-calendar-data'), (CALDAV, 'max-resource-size'))
    assert b'Neu &amp; sch\xc3\xb6n' in found.body and b'Wof\xc3\xbcr' in found.body and b'<C:calendar/>' in found.body
    assert b'<C:comp name="VTODO"/></C:supported-calendar-component-set>' in found.body and b'VEVENT' not in found.body
    assert b'<C:max-resource-size>1048576</' in found.body and b'version="2.0"' in found.body
    answer = board.put(HOME + 'made/e.ics', event('e'), Content_Type='text/calendar')
    assert answer.status == 403 and b'supported-calendar-component' in answer.body
    assert board.put(HOME + 'made/t.ics', event('t').replace(b'VEVENT', b'VTODO').replace(b'DTEND', b'DUE')).status == 201


def test_making_what_cannot_be(board, made):
    assert made('made', '<C:supported-calendar-component-set><C:comp name="VX"/></C:supported-calendar-component-set>').status == 403
    assert made('made', '<C:calendar-timezone>BEGIN:VEVENT</C:calendar-timezone>').status == 403
    assert board.propfind(HOME + 'made/').status == 404, 'nothing is left of what was refused'
    assert made('made').status == 201 and made('made').status == 405
    body = '<D:mkcol xmlns:D="DAV:"><D:set><D:prop><D:resourcetype><D:collection/>{}</D:resourcetype></D:prop></D:set></D:mkcol>'
    assert b'valid-resourcetype' in board('MKCOL', HOME + 'other/', body.format('')).body
    assert b'valid-resourcetype' in board('MKCOL', HOME + 'other/', body.format('<C:addressbook xmlns:C="urn:ietf:params:xml:ns:carddav"/>')).body
    assert board('MKCOL', HOME + 'other/', body.format(f'<C:calendar xmlns:C="{CALDAV}"/>')).status == 201
    assert board.delete(HOME + 'other/').status == 204
    assert board('MKCALENDAR', HOME + 'other/', '<D:mkcol xmlns:D="DAV:"/>').status == 415


def test_everybody_has_her_own_colours(server, board):
    member = server.client('jena-member')
    there = '/dav/calendars/jena-member/jena.termine/'
    for name, mine, hers in (('calendar-color', '#ff0000ff', '#00ff00ff'), ('calendar-order', '3', '5')):
        assert b'200 OK' in board.proppatch(HOME + 'jena.termine/', name, mine, ns=APPLE).body
        assert b'200 OK' in member.proppatch(there, name, hers, ns=APPLE).body, 'who may only read may, too'
        assert board.props(HOME + 'jena.termine/', (APPLE, name)).text(name, APPLE) == mine
        assert member.props(there, (APPLE, name)).text(name, APPLE) == hers
    assert b'need-privileges' in member.proppatch(there, 'displayname', 'x', ns=DAV).body
    other = server.client('erfurt-board').propfind('/dav/calendars/erfurt-board/jena.termine/', (APPLE, 'calendar-color'))
    assert b'404 Not Found' in other.body and b'#' not in other.body


def test_an_event_moves(board):
    one, other = HOME + 'jena.vorstand/moved.ics', HOME + 'jena.termine/moved.ics'
    assert board.put(one, event('moved'), Content_Type='text/calendar').status == 201
    assert board.move(one, other).status == 201 and board.get(one).status == 404
    assert board.get(other).body == event('moved')
    assert board.move(other, HOME + 'calendar/moved.ics').status == 201, 'to her own'
    assert board.copy(HOME + 'calendar/moved.ics', one).status == 201
    for href in (one, HOME + 'calendar/moved.ics'):
        assert board.delete(href).status == 204
    assert server_rows(board, 'moved') == []


def server_rows(client, uid):
    return client.server.stack.sql('SELECT 1 FROM calendar_object WHERE uid = %s', uid)


def test_calendars_are_renamed_and_removed_by_who_manages_them(server, board, made):
    assert made('jena.neu').status == 201
    assert board.put(HOME + 'jena.neu/a.ics', event('renamed')).status == 201
    assert board.move(HOME + 'jena.neu/', HOME + 'jena.anders/').status == 201
    assert board.get(HOME + 'jena.anders/a.ics').status == 200
    assert board.move(HOME + 'jena.anders/', HOME + 'anders/').status == 403, 'the chapter owns it'
    assert board.move(HOME + 'jena.anders/', HOME + 'erfurt.anders/').status == 403
    assert server.client('jena-member').delete('/dav/calendars/jena-member/jena.termine/').status == 403
    assert board.delete(HOME + 'jena.anders/').status == 204
    assert board.get(HOME + 'jena.anders/a.ics').status == 404


@pytest.mark.parametrize('level, status', [('1', 207), ('infinite', 207), ('2', 403)])
def test_sync_goes_as_deep_as_there_is_anything(board, level, status):
    assert board.sync(HOME + 'calendar/', level=level).status == status
    assert board.sync('/dav/files/jena/', level=level).status == (207 if level == '1' else 403)


def test_a_refusal_says_what_is_wrong(board):
    answer = board.put(HOME + 'calendar/bad.ics', event('bad', 'RRULE:FREQ=SOMETIMES'), Content_Type='text/calendar')
    assert answer.status == 403 and b'<C:valid-calendar-data/>' in answer.body and b'>Line 11: ' in answer.body
    answer = board.put(HOME + 'calendar/bad.ics', event('bad', 'RRULE:FREQ=SOMETIMES'), Content_Type='text/calendar', Accept_Language='de')
    assert b'>Zeile 11: ' in answer.body


def test_a_member_of_a_calendar_is_no_collection(board):
    assert board.mkcol(HOME + 'calendar/folder/').status in (403, 405)
    assert board.put(HOME + 'file.ics', event('x')).status == 404, 'no chapter is called file'
    assert board.put(HOME + 'file', event('x')).status == 405
    assert board.put('/dav/files/jena/e.ics', event('x')).status == 201
    assert board.copy('/dav/files/jena/e.ics', HOME + 'calendar/e.ics').status == 403
    assert board.delete('/dav/files/jena/e.ics').status == 204
