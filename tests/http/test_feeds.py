"""Feeds: the public calendars of a chapter as files that other programs fetch (RFC 5545, 7986)."""
import email.utils

import pytest
import requests

from lib.calendars import event

TERMINE, VORSTAND = '/dav/calendars/jena-board/jena.termine/', '/dav/calendars/jena-board/jena.vorstand/'


@pytest.fixture
def board(server):
    return server.client('jena-board')


@pytest.fixture
def put(board):
    """put(calendar, name, object): stays for the test."""
    made = []

    def store(calendar, name, body):
        assert board.put(calendar + name, body, Content_Type='text/calendar').status in (201, 204)
        made.append(calendar + name)
    yield store
    for href in made:
        board.delete(href)


def fetch(server, path, **headers):
    return requests.get(server.url + path, headers=headers, timeout=60)


def test_what_everybody_may_read(server, put):
    put(TERMINE, 'open.ics', event('open', 'ATTENDEE;CN=Anna:mailto:anna@example.org', 'ORGANIZER:mailto:chair@example.org',
                                   'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'DESCRIPTION:x', 'END:VALARM', 'X-OWN:secret',
                                   'LOCATION:Volkshaus', summary='Sommerfest'))
    put(TERMINE, 'private.ics', event('private', 'CLASS:PRIVATE', 'LOCATION:at home', summary='Hidden'))
    put(VORSTAND, 'board.ics', event('board', summary='Sitzung'))
    for path in ('/c/jena/calendar.ics', '/c/jena/feeds/termine.ics'):
        answer = fetch(server, path)
        assert answer.status_code == 200 and answer.headers['Content-Type'] == 'text/calendar; charset=utf-8'
        text = answer.text
        assert 'SUMMARY:Sommerfest\r\n' in text and 'LOCATION:Volkshaus\r\n' in text
        assert 'REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n' in text and 'X-PUBLISHED-TTL:PT1H\r\n' in text
        for secret in ('anna', 'chair@', 'VALARM', 'secret', 'Hidden', 'at home', 'Sitzung'):
            assert secret not in text, secret
        assert 'UID:private\r\n' in text and text.count('BEGIN:VEVENT') == 2
        assert text.count('BEGIN:VCALENDAR') == text.count('END:VCALENDAR') == 1


def test_zones_are_told_once(server, put):
    zone = ['BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'BEGIN:STANDARD', 'DTSTART:19701025T030000', 'TZOFFSETFROM:+0200', 'TZOFFSETTO:+0100',
            'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU', 'END:STANDARD', 'END:VTIMEZONE', '']
    for i in range(3):
        body = event(f'zone{i}', 'RRULE:FREQ=WEEKLY', start='DTSTART;TZID=Europe/Berlin:20270301T190000', end='DURATION:PT1H').decode()
        put(TERMINE, f'zone{i}.ics', body.replace('BEGIN:VEVENT', '\r\n'.join(zone) + 'BEGIN:VEVENT', 1).encode())
    text = fetch(server, '/c/jena/calendar.ics').text
    assert text.count('BEGIN:VTIMEZONE') == 1 and text.count('BEGIN:VEVENT') == 3
    assert text.index('BEGIN:VTIMEZONE') < text.index('BEGIN:VEVENT')


def test_not_modified(server, put, board):
    put(TERMINE, 'one.ics', event('one'))
    first = fetch(server, '/c/jena/calendar.ics')
    etag, modified = first.headers['ETag'], first.headers['Last-Modified']
    assert etag.startswith('"') and email.utils.parsedate_to_datetime(modified)
    again = fetch(server, '/c/jena/calendar.ics', **{'If-None-Match': etag})
    assert again.status_code == 304 and again.content == b'' and again.headers['ETag'] == etag
    assert fetch(server, '/c/jena/calendar.ics', **{'If-Modified-Since': modified}).status_code == 304
    put(TERMINE, 'two.ics', event('two'))
    later = fetch(server, '/c/jena/calendar.ics', **{'If-None-Match': etag})
    assert later.status_code == 200 and later.headers['ETag'] != etag
    board.delete(TERMINE + 'two.ics')
    assert fetch(server, '/c/jena/calendar.ics', **{'If-None-Match': later.headers['ETag']}).status_code == 200


def test_old_and_far_events_are_left_out(server, put):
    put(TERMINE, 'old.ics', event('old', start='DTSTART:20100101T100000Z', end='DTEND:20100101T110000Z'))
    put(TERMINE, 'far.ics', event('far', start='DTSTART:20900101T100000Z', end='DTEND:20900101T110000Z'))
    put(TERMINE, 'ever.ics', event('ever', 'RRULE:FREQ=YEARLY', start='DTSTART;VALUE=DATE:19900503', end=None))
    text = fetch(server, '/c/jena/calendar.ics').text
    assert 'UID:ever' in text and 'UID:old' not in text and 'UID:far' not in text


def test_names_that_are_none(server):
    for path in ('/c/jena/feeds/termine', '/c/jena/feeds/.ics', '/c/jena/feeds/vorstand.ics', '/c/nowhere/calendar.ics'):
        assert fetch(server, path).status_code == 404
