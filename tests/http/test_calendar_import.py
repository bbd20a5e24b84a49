"""Files of calendars in the browser: looked at, taken, taken back, and written (RFC 5545)."""
import html
import os
import re
import uuid

import pytest

from lib.browser import words
from lib.calendars import event

HOME = '/dav/calendars/jena-board/jena.'
PAGE = '/c/jena/calendar/import'
ZONE = ('BEGIN:VTIMEZONE', 'TZID:{0}', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100', 'END:STANDARD',
        'END:VTIMEZONE')


@pytest.fixture
def board(browser):
    return browser('jena-board')


@pytest.fixture
def client(server):
    return server.client('jena-board')


@pytest.fixture
def calendar(client):
    """An empty calendar of the chapter: its name."""
    name = uuid.uuid4().hex
    assert client('MKCALENDAR', f'{HOME}{name}/').status == 201
    yield name
    assert client.delete(f'{HOME}{name}/').status == 204


def vevent(uid, *lines, summary='Treffen', start='DTSTART:20270301T180000Z'):
    return ['BEGIN:VEVENT', *([f'UID:{uid}'] if uid else []), 'DTSTAMP:20260101T000000Z', start, f'SUMMARY:{summary}', *lines, 'END:VEVENT']


def file_of(*parts, head=('VERSION:2.0', 'PRODID:-//test//EN', 'METHOD:PUBLISH', 'X-WR-CALNAME:Other')):
    return '\r\n'.join(['BEGIN:VCALENDAR', *head, *(line for part in parts for line in part), 'END:VCALENDAR', '']).encode()


def look(browser, calendar, body, name='test.ics'):
    return browser.session.post(browser.url + PAGE, data={'token': browser.token, 'do': 'look', 'calendar': calendar},
                                files={'file': (name, body, 'text/calendar')}, allow_redirects=False)


def take(browser, calendar, body, replace=False):
    """As the form does: what the page says goes back."""
    page = look(browser, calendar, body)
    assert page.status_code == 200, words(page)
    text = html.unescape(re.search(r'<textarea name="ics"[^>]*>\n(.*?)</textarea>', page.text, re.S)[1])
    return put_in(browser, calendar, text, **({'replace': 'yes'} if replace else {}))


def put_in(browser, calendar, text, **more):
    fields = {'token': browser.token, 'do': 'take', 'calendar': calendar, 'ics': text.encode(), 'name': 'test.ics', **more}
    return browser.session.post(browser.url + PAGE, files={n: (None, v) for n, v in fields.items()}, allow_redirects=False)


def stored(client, calendar):
    """What is in the calendar: uid -> text."""
    listing = client.propfind(f'{HOME}{calendar}/', depth="1")
    hrefs = [h for h in re.findall(r'<(?:\w+:)?href>([^<]*\.ics)</', listing.body.decode())]
    texts = [client.get(h).body.decode() for h in hrefs]
    return {re.search(r'^UID:(.*?)\r?$', t, re.M)[1]: t for t in texts}


def counts(page):
    return tuple(int(n) for n in re.search(r'New: (\d+)\. Different from what is here: (\d+)\. The same: (\d+)\. Cannot be taken: (\d+)', words(page)).groups())


# ---------------------------------------------------------------- looking

def test_what_is_in_a_file_is_told_before(board, client, calendar):
    body = file_of([line.format('Own/Used') for line in ZONE], [line.format('Own/Unused') for line in ZONE],
                   vevent('one', summary='Plenum'), vevent('zoned', summary='Zoned', start='DTSTART;TZID=Own/Used:20270302T100000'),
                   vevent('bad', 'RRULE:FREQ=NEVER', summary='Bad rule'), ['BEGIN:VTODO', 'UID:todo', 'DTSTAMP:20260101T000000Z', 'END:VTODO'],
                   vevent(None, summary='Without UID'))
    page = look(board, calendar, body)
    assert counts(page) == (4, 0, 0, 1)
    text = words(page)
    assert 'Entry of line 34: Line 40: The recurrence rule does not say how often.' in text, text
    assert 'Monday, 1 March 2027, 19:00' in text and stored(client, calendar) == {}
    assert take(board, calendar, body).status_code == 303
    got = stored(client, calendar)
    assert set(got) >= {'one', 'zoned', 'todo'} and len(got) == 4
    assert 'Own/Used' in got['zoned'] and 'Own/Unused' not in got['zoned'] and 'VTIMEZONE' not in got['one']
    for kept in got.values():
        assert 'METHOD' not in kept and 'X-WR-CALNAME' not in kept and kept.count('BEGIN:VCALENDAR') == 1


def test_one_uid_is_one_object(board, client, calendar):
    body = file_of(vevent('series', 'RRULE:FREQ=WEEKLY;COUNT=5'), vevent('other'),
                   vevent('series', 'RECURRENCE-ID:20270308T180000Z', summary='Moved', start='DTSTART:20270309T180000Z'))
    assert counts(look(board, calendar, body)) == (2, 0, 0, 0)
    assert take(board, calendar, body).status_code == 303
    got = stored(client, calendar)
    assert set(got) == {'series', 'other'} and got['series'].count('BEGIN:VEVENT') == 2


def test_again_it_is_the_same_or_different(board, client, calendar):
    first = file_of(vevent('a'), vevent('b'))
    assert take(board, calendar, first).status_code == 303
    assert counts(look(board, calendar, first)) == (0, 0, 2, 0)
    second = file_of(vevent('a'), vevent('b', summary='Anders'), vevent('c'))
    assert counts(look(board, calendar, second)) == (1, 1, 1, 0)
    assert take(board, calendar, second).status_code == 303  # without the tick what is there stays
    got = stored(client, calendar)
    assert 'Treffen' in got['b'] and 'c' in got
    assert take(board, calendar, second, replace=True).status_code == 303
    assert 'Anders' in stored(client, calendar)['b']


def test_nobody_is_invited(stack, board, client, calendar):
    body = file_of(vevent('invites', 'ORGANIZER;CN=Board:mailto:jena-board@example.org', 'ATTENDEE:mailto:stranger@example.net'),
                   vevent('client', 'ORGANIZER;SCHEDULE-AGENT=CLIENT:mailto:x@example.org', 'ATTENDEE:mailto:y@example.org'))
    before = stack.sql('SELECT count(*) FROM mail')
    assert take(board, calendar, body).status_code == 303
    got = {k: v.replace('\r\n ', '') for k, v in stored(client, calendar).items()}
    assert 'ORGANIZER;SCHEDULE-AGENT=NONE;CN=Board:mailto:' in got['invites'] and 'SCHEDULE-AGENT=CLIENT' in got['client']
    assert stack.sql('SELECT count(*) FROM mail') == before and stack.sql('SELECT count(*) FROM schedule_message') == [(0,)]
    assert counts(look(board, calendar, body)) == (0, 0, 2, 0)


@pytest.mark.parametrize('body, says', [
    (b'', 'choose a file'),
    (b'hello', 'Line 1: It is no calendar'),
    (b'BEGIN:VCALENDAR\r\nVERSION:2.0\r\n', 'A calendar has no end.'),
    (b'BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:x\nEND:VCALENDAR\n', 'Line 5: An entry has no end.'),
    (b'BEGIN:VCALENDAR\nVERSION:1.0\nEND:VCALENDAR\n', 'another version'),
    (b'BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\n', 'There is no entry in it.'),
    (b'BEGIN:VCALENDAR\nVERSION:2.0\nEND:VCALENDAR\nBEGIN:VCARD\nEND:VCARD\n', 'Line 4: It is no calendar'),
    (b'BEGIN:VCALENDAR\nVERSION:2.0\nSUMMARY:\xff\xfe\nEND:VCALENDAR\n', 'not UTF-8'),
    (b'BEGIN:VCALENDAR\nVERSION:2.0\n' + b'BEGIN:X\n' * 100_000, 'An entry has no end.'),
    (b'BEGIN:VCALENDAR\nVERSION:2.0\n' + b'BEGIN:VEVENT\nEND:VEVENT\n' * 5001 + b'END:VCALENDAR\n', 'too many entries'),
    (file_of(*(vevent(f'u{i}') for i in range(1001))), '1001 entries'),
    (b'x' * (5 * 1024 * 1024 + 1), 'too large'),
], ids=['empty', 'words', 'no-end', 'half', 'old', 'nothing', 'card-behind', 'latin', 'deep', 'many', 'thousand', 'large'])
def test_what_is_no_such_file_is_refused_whole(board, client, calendar, body, says):
    answer = look(board, calendar, body)
    assert answer.status_code == 422 and says in words(answer), words(answer)
    assert stored(client, calendar) == {}


def test_hostile_entries_are_refused_one_by_one(board, client, calendar):
    """Bombs (D01-D12) beside an entry that is good: that one comes, and nothing of the others."""
    bombs = [vevent('secondly', 'RRULE:FREQ=SECONDLY'), vevent('rscale', 'RRULE:RSCALE=CHINESE;FREQ=YEARLY'),
             vevent('x' * 5000), vevent('long', 'DESCRIPTION:' + 'x' * 300_000), vevent('dates', 'EXDATE:' + ','.join(['20270301T180000Z'] * 600)),
             vevent('people', *(f'ATTENDEE:mailto:p{i}@example.org' for i in range(200))), vevent('nest', *['BEGIN:VALARM'] * 10, *['END:VALARM'] * 10),
             ['BEGIN:X-OWN', 'UID:own', 'END:X-OWN'], ['BEGIN:VEVENT', 'UID:nothing', 'END:VEVENT']]
    body = file_of(vevent('good', summary='<script>alert(1)</script>'), *bombs)
    page = look(board, calendar, body)
    assert '<script>alert(1)' not in page.text and '<script>alert(1)</script>' in words(page)
    new, other, same, bad = counts(page)
    assert (new + bad, other, same) == (len(bombs) + 1, 0, 0) and bad >= 7
    assert take(board, calendar, body).status_code == 303
    got = stored(client, calendar)
    assert 'good' in got and len(got) == new and not {'rscale', 'own', 'nothing'} & set(got)


def test_all_or_nothing(server, board, client, calendar):
    """One that is refused when it is written: none of the others is there."""
    body = file_of(*(vevent(f'u{i}') for i in range(20)))
    page = look(board, calendar, body)
    text = html.unescape(re.search(r'<textarea name="ics"[^>]*>\n(.*?)</textarea>', page.text, re.S)[1])
    href = f'{HOME}{calendar}/locked.ics'
    assert client.put(href, event('u9', summary='Mine'), Content_Type='text/calendar').status == 201
    lock = server.client('jena-chair')('LOCK', href.replace('jena-board', 'jena-chair'),
                                       b'<lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>')
    assert lock.status == 200
    assert put_in(board, calendar, text, name='not taken', replace='yes').status_code == 423
    assert set(got := stored(client, calendar)) == {'u9'} and 'Mine' in got['u9'] and 'not taken' not in board.get(PAGE).text
    token = lock.get('Lock-Token')
    assert server.client('jena-chair')('UNLOCK', href.replace('jena-board', 'jena-chair'), None, {'Lock-Token': token}).status == 204


def test_rights(browser, board, calendar):
    assert browser('jena-member').get(PAGE).status_code == 403
    assert look(browser('jena-member'), 'termine', file_of(vevent('x'))).status_code == 403
    assert look(browser('jena-member'), 'vorstand', file_of(vevent('x'))).status_code == 404
    assert look(board, 'nothing', file_of(vevent('x'))).status_code == 404
    assert board.post(PAGE, do='other').status_code == 400


# ---------------------------------------------------------------- taking back

def batch_of(browser, name):
    text = browser.get(PAGE).text
    item = next(i for i in re.findall(r'<li><h3.*?</li>', text, re.S) if name in i)
    return re.search(r'name="id" value="(\d+)"', item)[1]


def test_taking_back_leaves_what_somebody_has_changed(browser, board, client, calendar):
    assert take(board, calendar, file_of(vevent('old', summary='Vorher'))).status_code == 303
    assert take(board, calendar, file_of(vevent('old', summary='Nachher'), vevent('new'), vevent('touched'), vevent('deleted')), True).status_code == 303
    number = batch_of(board, calendar and 'test.ics')
    hrefs = {u: h for h in re.findall(r'<(?:\w+:)?href>([^<]*\.ics)</', client.propfind(f'{HOME}{calendar}/', depth="1").body.decode())
             for u in [re.search(r'UID:(\w+)', client.get(h).body.decode())[1]]}
    assert client.put(hrefs['touched'], event('touched', summary='<i>Berührt</i>'), Content_Type='text/calendar').status == 204
    assert client.delete(hrefs['deleted']).status == 204
    assert browser('erfurt-board').post(PAGE.replace('jena', 'erfurt'), do='undo', id=number).status_code == 409
    answer = board.post(PAGE, do='undo', id=number)
    assert answer.status_code == 200 and 'Taken back: 2. Left, since somebody has changed them: 1.' in words(answer)
    assert '<i>Berührt</i>' in words(answer) and '<i>Ber' not in answer.text
    got = stored(client, calendar)
    assert set(got) == {'old', 'touched'} and 'Vorher' in got['old']
    assert board.post(PAGE, do='undo', id=number).status_code == 409  # once


# ---------------------------------------------------------------- out again

def test_what_goes_out_comes_in_again(board, client, calendar, server):
    body = file_of([line.format('Own/Used') for line in ZONE], vevent('a', 'ATTENDEE:mailto:x@example.org', 'CLASS:PRIVATE'),
                   vevent('b', start='DTSTART;TZID=Own/Used:20280101T100000'), ['BEGIN:VTODO', 'UID:t', 'DTSTAMP:20260101T000000Z', 'END:VTODO'])
    assert take(board, calendar, body).status_code == 303
    out = board.get(f'/c/jena/calendar/export?calendar={calendar}')
    assert out.status_code == 200 and out.headers['Content-Disposition'] == f'attachment; filename="{calendar}.ics"'
    assert out.headers['Content-Type'] == 'text/calendar; charset=utf-8'
    assert counts(look(board, calendar, out.content)) == (0, 0, 3, 0)
    part = board.get(f'/c/jena/calendar/export?calendar={calendar}&from=2027-12-01&to=2028-02-01').text
    assert 'UID:b' in part and 'UID:a' not in part
    for query in ('from=2028-01-01&to=2027-01-01', 'from=x'):
        assert board.get(f'/c/jena/calendar/export?calendar={calendar}&{query}').status_code == 400
    assert board.get('/c/jena/calendar/export?calendar=nothing').status_code == 404


def test_who_may_not_write_gets_what_she_sees(browser, client):
    href = f'{HOME}termine/{uuid.uuid4().hex}.ics'
    assert client.put(href, event('shown', 'ATTENDEE;CN=Anna:mailto:anna@example.org', 'X-OWN:secret', 'CLASS:PRIVATE', summary='Hidden'),
                      Content_Type='text/calendar').status == 201
    for who in ('jena-member', None):
        text = browser(who).get('/c/jena/calendar/export?calendar=termine&from=2027-01-01').text
        assert 'UID:shown' in text and 'SUMMARY:Taken' in text or 'SUMMARY:Belegt' in text, who
        for word in ('Hidden', 'anna', 'secret'):
            assert word not in text, (who, word)
        assert browser(who).get('/c/jena/calendar/export?calendar=vorstand').status_code == 404
    assert 'Hidden' in browser('jena-board').get('/c/jena/calendar/export?calendar=termine').text
    client.delete(href)


# ---------------------------------------------------------------- what was deleted

def trash(browser):
    """title -> what stands there, and its number (None: she cannot restore it)."""
    text = browser.get('/c/jena/calendar/trash').text
    found = {}
    for item in re.findall(r'<li>\s*<h2.*?</li>', text, re.S):
        number = re.search(r'name="id" value="(\d+)"', item)
        found[html.unescape(re.search(r'<h2[^>]*>([^<]*)', item)[1])] = (item, number and number[1])
    return found


def test_deleted_entries_come_back(browser, board, client, calendar):
    title = f'Gone {os.urandom(4).hex()}'
    href = f'{HOME}{calendar}/gone.ics'
    assert client.put(href, event('gone', 'RRULE:FREQ=WEEKLY', summary=title), Content_Type='text/calendar').status == 201
    bytes_before = client.get(href).body
    assert client.delete(href).status == 204 and client.get(href).status == 404
    assert stored(client, calendar) == {} and title not in board.text(f'/c/jena/calendar?date=2027-03-01&calendar={calendar}')
    item, number = trash(board)[title]
    assert 'Monday, 1 March 2027' in item and 'Deleted by' in item
    assert trash(browser('erfurt-board'))[title][1] is None  # who may read the calendar sees it, and no more
    assert browser('jena-member').post('/c/jena/calendar/trash', id=number).status_code in (403, 404)
    assert browser('erfurt-board').post('/c/erfurt/calendar/trash', id=number).status_code == 404
    assert board.post('/c/jena/calendar/trash', id=number).status_code == 303
    assert client.get(href).body == bytes_before and title not in trash(board)
    assert title in board.text(f'/c/jena/calendar?date=2027-03-01&calendar={calendar}')
    assert board.post('/c/jena/calendar/trash', id=number).status_code == 404


def test_restoring_meets_what_is_there(board, client, calendar):
    title = f'Twice {os.urandom(4).hex()}'
    href = f'{HOME}{calendar}/twice.ics'
    for _ in range(2):
        assert client.put(href, event('twice', summary=title), Content_Type='text/calendar').status == 201
        assert client.delete(href).status == 204
    number = trash(board)[title][1]
    assert client.put(href, event('twice', summary='New'), Content_Type='text/calendar').status == 201
    answer = board.post('/c/jena/calendar/trash', id=number)
    assert answer.status_code == 409 and 'again already' in words(answer)
    assert client.delete(href).status == 204
    assert client.put(href, event('other', summary='Other'), Content_Type='text/calendar').status == 201  # the name is taken, not the UID
    assert board.post('/c/jena/calendar/trash', id=number).status_code == 303
    assert set(stored(client, calendar)) == {'other', 'twice'}


def test_its_calendar_is_gone_too(board, client, calendar):
    title, other = f'Homeless {os.urandom(4).hex()}', uuid.uuid4().hex
    assert client('MKCALENDAR', f'{HOME}{other}/').status == 201
    assert client.put(f'{HOME}{other}/x.ics', event('homeless', summary=title), Content_Type='text/calendar').status == 201
    assert client.delete(f'{HOME}{other}/x.ics').status == 204 and client.delete(f'{HOME}{other}/').status == 204
    item, number = trash(board)[title]
    assert 'Its calendar is deleted.' in item
    assert board.post('/c/jena/calendar/trash', id=number).status_code == 404
    assert board.post('/c/jena/calendar/trash', id=number, calendar=calendar).status_code == 303
    assert set(stored(client, calendar)) == {'homeless'}


def test_private_and_closed_ones_stay_so(stack, browser, client, board):
    hidden, shown, closed = (f'{w} {os.urandom(4).hex()}' for w in ('Hidden', 'Shown', 'Closed'))
    for calendar, title, lines in (('termine', hidden, ['CLASS:PRIVATE']), ('termine', shown, []), ('vorstand', closed, [])):
        href = f'{HOME}{calendar}/{uuid.uuid4().hex}.ics'
        assert client.put(href, event(uuid.uuid4().hex, *lines, summary=title), Content_Type='text/calendar').status == 201
        assert client.delete(href).status == 204
    member = browser('jena-member').get('/c/jena/calendar/trash').text
    assert shown in member and hidden not in member and closed not in member and 'name="id"' not in member
    mine = trash(board)
    assert {hidden, shown, closed} <= set(mine) and mine[closed][1]
    assert browser(None).get('/c/jena/calendar/trash').status_code in (303, 401)
