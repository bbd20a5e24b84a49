"""POST on an outbox: when others are busy (RFC 6638, 5), and whom somebody lets know (/account/busy)."""
import re
import xml.etree.ElementTree as ET

import pytest

from lib.browser import Browser, words
from lib.caldav import C, D
from lib.calendars import event

CALDAV = 'urn:ietf:params:xml:ns:caldav'


def question(organizer, *people, start='20290301T000000Z', end='20290302T000000Z', uid='frage', method='REQUEST', part='VFREEBUSY'):
    return '\r\n'.join(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//t//EN', f'METHOD:{method}', f'BEGIN:{part}', f'UID:{uid}',
                        'DTSTAMP:20290101T000000Z', f'DTSTART:{start}', f'DTEND:{end}', f'ORGANIZER:{organizer}',
                        *(f'ATTENDEE;CN=x:{p}' for p in people), f'END:{part}', 'END:VCALENDAR', '']).encode()


def principal(uid):
    return f'/dav/principals/users/{uid}/'


def ask(client, *people, organizer=None, user=None, **more):
    user = user or client.user
    return client('POST', f'/dav/calendars/{user}/outbox/', question(organizer or principal(client.user), *people, **more),
                  Content_Type='text/calendar; charset=utf-8')


def answers(reply):
    """recipient -> (status, calendar data or None)"""
    assert reply.status == 200, (reply.status, reply.body)
    root = ET.fromstring(reply.body)
    assert root.tag == f'{C}schedule-response'
    return {r.findtext(f'{C}recipient/{D}href'): (r.findtext(f'{C}request-status'), r.findtext(f'{C}calendar-data'))
            for r in root.findall(f'{C}response')}


def element(reply):
    return ET.fromstring(reply.body)[0].tag


@pytest.fixture(scope='module')
def board(server):
    return server.client('jena-board')


@pytest.fixture(scope='module')
def chair(server):
    """Has something to do in the evening, and nobody is to know what."""
    c = server.client('jena-chair')
    href = '/dav/calendars/jena-chair/termine-busy/'
    assert c('MKCALENDAR', href).status == 201
    for name, more in {'evening': (), 'secret': ('CLASS:CONFIDENTIAL',), 'free': ('TRANSP:TRANSPARENT',)}.items():
        hour = {'evening': 18, 'secret': 8, 'free': 12}[name]
        body = event(f'busy-{name}', 'LOCATION:Geheimer Ort', *more, start=f'DTSTART:20290301T{hour:02}0000Z',
                     end=f'DTEND:20290301T{hour + 2:02}0000Z', summary='Geheimes Treffen')
        assert c.put(f'{href}{name}.ics', body, Content_Type='text/calendar').status == 201
    yield c
    c.delete(href)


def choose(server, user, what):
    b = Browser(server, user)
    page = b.get('/account/busy')
    assert page.status_code == 200 and 'Who may see when you are busy?' in words(page)
    done = b.post('/account/busy', **{'for': what})
    assert done.status_code == 303, words(done)
    page = b.get(done.headers['Location'])
    assert 'Saved' in page.text and f'value="{what}" checked' in page.text


def test_who_is_in_a_board_with_her_learns_when_and_nothing_else(board, chair):
    [mail] = re.findall(rb'mailto:[^<]*', chair.propfind(principal('jena-chair'), (CALDAV, 'calendar-user-address-set')).body)
    assert answers(ask(board, mail.decode().upper()))[mail.decode().upper()][0] == '2.0;Success'
    got = answers(ask(board, principal('jena-chair'), principal('jena-board')))
    status, data = got[principal('jena-chair')]
    assert status == '2.0;Success'
    lines = data.replace('\r\n', '\n').split('\n')
    assert 'METHOD:REPLY' in lines and 'UID:frage' in lines and f'ORGANIZER:{principal("jena-board")}' in lines
    assert f'ATTENDEE;CN=x:{principal("jena-chair")}' in lines
    assert [line for line in lines if line.startswith('FREEBUSY')] == ['FREEBUSY:20290301T080000Z/20290301T100000Z',
                                                                      'FREEBUSY:20290301T180000Z/20290301T200000Z']
    assert 'Geheim' not in data
    assert got[principal('jena-board')][0] == '2.0;Success'  # one's own


def test_everybody_else_is_nobody(server, chair, board):
    """Who lets nobody know, whom one has nothing in common with, and who is nobody here: all alike."""
    people = [principal('jena-chair'), principal('niemand'), 'mailto:fremd@example.net', 'urn:x', principal('erfurt-board')]
    for user in ('jena-member', 'erfurt-chair', 'guest'):
        got = answers(ask(server.client(user), *(p for p in people if p != principal('erfurt-board'))))
        assert set(got.values()) == {('3.7;Invalid calendar user', None)}, user
    assert answers(ask(board, *people[1:])) == {p: ('3.7;Invalid calendar user', None) for p in people[1:]}


def test_she_chooses(server, chair, board):
    member = server.client('jena-member')
    try:
        choose(server, 'jena-chair', 'chapter')
        for client in (member, board):
            assert answers(ask(client, principal('jena-chair')))[principal('jena-chair')][0] == '2.0;Success'
        assert answers(ask(server.client('erfurt-member'), principal('jena-chair')))[principal('jena-chair')][0].startswith('3.7')
        choose(server, 'jena-chair', 'nobody')
        for client in (member, board):
            assert answers(ask(client, principal('jena-chair')))[principal('jena-chair')][0].startswith('3.7')
        assert answers(ask(chair, principal('jena-chair')))[principal('jena-chair')][0].startswith('2.0')
    finally:
        choose(server, 'jena-chair', 'close')
    assert Browser(server, 'jena-chair').post('/account/busy', **{'for': 'all'}).status_code == 400


def test_a_calendar_that_does_not_count_is_left_out(chair, board):
    body = (f'<D:propertyupdate xmlns:D="DAV:" xmlns:C="{CALDAV}"><D:set><D:prop><C:schedule-calendar-transp><C:%s/>'
            '</C:schedule-calendar-transp></D:prop></D:set></D:propertyupdate>')
    href = '/dav/calendars/jena-chair/termine-busy/'
    assert b'200 OK' in chair('PROPPATCH', href, body % 'transparent').body
    _, data = answers(ask(board, principal('jena-chair')))[principal('jena-chair')]
    assert 'FREEBUSY' not in data.replace('VFREEBUSY', '')
    assert b'200 OK' in chair('PROPPATCH', href, body % 'opaque').body
    _, data = answers(ask(board, principal('jena-chair')))[principal('jena-chair')]
    assert data.replace('VFREEBUSY', '').count('FREEBUSY') == 2


def test_what_is_no_question_is_refused_with_its_precondition(server, board):
    me = principal('jena-board')
    wrong = {
        'valid-scheduling-message': [dict(method='PUBLISH'), dict(part='VEVENT'), dict(start='20290301'), dict(end='20290301T000000Z'),
                                     dict(end='20310301T000000Z')],
        'valid-organizer': [dict(organizer=principal('jena-chair')), dict(organizer='mailto:fremd@example.net')],
    }
    for name, cases in wrong.items():
        for case in cases:
            reply = ask(board, me, **case)
            assert reply.status == 403 and element(reply) == f'{C}{name}', (case, reply.body)
    assert element(ask(board)) == f'{C}valid-scheduling-message'
    assert element(ask(board, *(f'mailto:a{i}@example.org' for i in range(51)))) == f'{C}valid-scheduling-message'
    reply = board('POST', '/dav/calendars/jena-board/outbox/', b'Hallo', Content_Type='text/calendar')
    assert reply.status == 403 and element(reply) == f'{C}valid-calendar-data'
    assert ask(board, me, user='jena-chair').status == 404  # another's outbox
    assert server.client()('POST', '/dav/calendars/jena-board/outbox/', question(me, me), Content_Type='text/calendar').status == 401
