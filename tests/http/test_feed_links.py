"""Feeds with an address of their own: who makes them, what each shows, and when they work (G05, G06)."""
import re
import uuid

import pytest
import requests

from lib.browser import words
from lib.calendars import event
from lib.feeds import Feed, act, feed, make, number_of, state_of
from lib.qr import scanned

GONE = 'This address does not work, or no longer.'
HOME = '/dav/calendars/jena-board/jena.'
TELLING = ('Geheimplan', 'Volkshaus', 'Tagesordnung', 'anna@example.org', 'Anna', 'chair@example.org', 'SECRET-UID', 'Own/Zone', 'X-OWN',
           'VALARM', 'Spende', 'example.org/doc', 'RRULE')


@pytest.fixture
def board(browser):
    return browser('jena-board')


@pytest.fixture
def put(server):
    """put(calendar, object): stays for the test."""
    client, made = server.client('jena-board'), []

    def store(calendar, body):
        href = f'{HOME}{calendar}/{uuid.uuid4().hex}.ics'
        answer = client.put(href, body, Content_Type='text/calendar')
        assert answer.status == 201, answer.body
        made.append(href)
        return href
    yield store
    for href in made:
        client.delete(href)


@pytest.fixture
def label():
    return f'Feed {uuid.uuid4().hex[:8]}'


@pytest.fixture(scope='module')
def proxied(stack):
    """A daemon that takes from its clients what network they come from."""
    d = stack.daemon({'trusted_proxies': '127.0.0.1'}, name='proxied-feeds')
    yield d
    d.stop()


def refused(answer):
    """The one answer for all that is not there."""
    assert answer.status_code == 404 and GONE in words(answer), (answer.status_code, words(answer))


def telling(uid, *lines, start='DTSTART:20261201T180000Z', end='DTEND:20261201T200000Z'):
    """An event in which everything tells something; lately or soon, whenever the test runs."""
    body = event(uid, 'LOCATION:Volkshaus', 'DESCRIPTION:Tagesordnung', 'CATEGORIES:Spende', 'X-OWN:X-OWN', 'ATTACH:https://example.org/doc',
                 'ORGANIZER;CN=Vorsitz:mailto:chair@example.org',
                 'ATTENDEE;CN=Anna;PARTSTAT=ACCEPTED;EMAIL=anna@example.org:mailto:anna@example.org',
                 'ATTENDEE;CN=ben@example.org:mailto:ben@example.org',
                 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT5M', 'DESCRIPTION:x', 'END:VALARM', *lines,
                 start=start, end=end, summary='Geheimplan')
    return body


def soon(stack, hours=24):
    """DTSTART and DTEND of an event that begins in so many hours, as iCalendar says it."""
    at = "to_char(date_trunc('hour', now() AT TIME ZONE 'UTC') + make_interval(hours => %s), 'YYYYMMDD\"T\"HH24MISS\"Z\"')"
    [[start, end]] = stack.sql(f'SELECT {at}, {at}', hours, hours + 2)
    return start, end


# ---------------------------------------------------------------- what each shows

def test_busy_tells_times_and_nothing_else(stack, board, put, label):
    start, end = soon(stack)
    put('vorstand', telling('SECRET-UID-1', 'RRULE:FREQ=DAILY;COUNT=2', start=f'DTSTART;X-NOTE=Geheimplan:{start}', end=f'DTEND:{end}'))
    later, over = soon(stack, 25)  # overlaps the first: nobody learns that there are two
    put('vorstand', event('SECRET-UID-2', 'CLASS:CONFIDENTIAL', start=f'DTSTART:{later}', end=f'DTEND:{over}', summary='Geheimplan'))
    perhaps, then = soon(stack, 96)
    put('vorstand', event('SECRET-UID-3', 'STATUS:TENTATIVE', start=f'DTSTART:{perhaps}', end=f'DTEND:{then}', summary='Geheimplan'))
    free, until = soon(stack, 120)
    put('vorstand', event('SECRET-UID-4', 'TRANSP:TRANSPARENT', start=f'DTSTART:{free}', end=f'DTEND:{until}', summary='Geheimplan'))
    answer = feed(board, 'busy', label, 'vorstand').fetch()
    assert answer.status_code == 200 and answer.headers['Content-Type'] == 'text/calendar; charset=utf-8'
    text = answer.text
    for word in TELLING:
        assert word not in text, word
    assert f'DTSTART:{start}\r\n' in text and f'DTEND:{over}\r\n' in text and f'DTEND:{end}' not in text
    assert text.count('BEGIN:VEVENT') == 3 and free not in text
    assert text.count('SUMMARY:Taken') == 2 and text.count('SUMMARY:Perhaps taken') == text.count('STATUS:TENTATIVE') == 1
    assert {line.partition(':')[0] for line in text.split('\r\n') if line} == {
        'BEGIN', 'END', 'VERSION', 'PRODID', 'METHOD', 'NAME', 'X-WR-CALNAME', 'REFRESH-INTERVAL;VALUE=DURATION', 'X-PUBLISHED-TTL', 'UID',
        'DTSTAMP', 'DTSTART', 'DTEND', 'SUMMARY', 'STATUS'}
    uids = re.findall(r'UID:(\w+)', text)
    assert len(set(uids)) == 3 and all(re.fullmatch('[0-9a-f]{32}', u) for u in uids)
    other = feed(board, 'busy', label + ' too', 'vorstand').fetch().text
    assert not set(uids) & set(re.findall(r'UID:(\w+)', other)), 'two feeds are not to be compared'


def test_details_are_what_everybody_could_know(stack, board, put, label):
    start, end = soon(stack)
    put('vorstand', telling('shown', start=f'DTSTART:{start}', end=f'DTEND:{end}'))
    put('vorstand', event('hidden', 'CLASS:PRIVATE', 'LOCATION:Zuhause', start=f'DTSTART:{start}', end=f'DTEND:{end}', summary='Arzt'))
    text = feed(board, 'details', label, 'vorstand').fetch().text
    assert 'SUMMARY:Geheimplan\r\n' in text and 'LOCATION:Volkshaus\r\n' in text and f'X-WR-CALNAME:{label}\r\n' in text
    for word in ('Anna', 'anna@', 'chair@', 'VALARM', 'X-OWN', 'Arzt', 'Zuhause', 'example.org/doc', 'Vorsitz'):
        assert word not in text, word
    assert 'UID:hidden\r\n' in text and 'SUMMARY:Taken\r\n' in text
    assert 'REFRESH-INTERVAL;VALUE=DURATION:PT1H\r\n' in text and 'X-PUBLISHED-TTL:PT1H\r\n' in text


def test_members_see_who_comes_but_no_addresses(stack, board, put, label):
    start, end = soon(stack)
    put('vorstand', telling('shown', start=f'DTSTART:{start}', end=f'DTEND:{end}'))
    put('vorstand', event('hidden', 'CLASS:PRIVATE', 'ATTENDEE;CN=Carla:mailto:c@example.org', start=f'DTSTART:{start}', end=f'DTEND:{end}',
                          summary='Arzt'))
    text = feed(board, 'members', label, 'vorstand').fetch().text.replace('\r\n ', '')
    assert 'ATTENDEE;CN=Anna;PARTSTAT=ACCEPTED:invalid:nomail\r\n' in text and 'ORGANIZER;CN=Vorsitz:invalid:nomail\r\n' in text
    assert 'ATTACH:https://example.org/doc\r\n' in text
    for word in ('mailto:', '@', 'VALARM', 'X-OWN', 'Arzt', 'Carla', 'EMAIL'):
        assert word not in text, word


def test_only_its_calendar_is_told(stack, board, put, label):
    start, end = soon(stack)
    put('vorstand', event('of-the-board', start=f'DTSTART:{start}', end=f'DTEND:{end}'))
    put('termine', event('of-all', start=f'DTSTART:{start}', end=f'DTEND:{end}'))
    assert 'of-all' in (text := feed(board, 'members', label, 'termine').fetch().text) and 'of-the-board' not in text


def test_not_modified(stack, board, put, label, server):
    start, end = soon(stack)
    f = feed(board, 'members', label, 'vorstand')
    first = f.fetch()
    assert first.headers['Cache-Control'] == 'private, no-cache' and first.headers['X-Robots-Tag'] == 'noindex, nofollow'
    etag, modified = first.headers['ETag'], first.headers['Last-Modified']
    again = f.fetch(**{'If-None-Match': etag})
    assert (again.status_code, again.content, again.headers['ETag']) == (304, b'', etag)
    assert f.fetch(**{'If-Modified-Since': modified}).status_code == 304
    assert requests.head(f.url, timeout=60).headers['Content-Length'] == str(len(first.content))
    href = put('vorstand', event('news', start=f'DTSTART:{start}', end=f'DTEND:{end}'))
    second = f.fetch(**{'If-None-Match': etag})
    assert second.status_code == 200 and 'UID:news' in second.text
    server.client('jena-board').delete(href)
    third = f.fetch(**{'If-None-Match': second.headers['ETag']})
    assert third.status_code == 200 and 'UID:news' not in third.text
    assert act(board, 'rename', label, label=label + ' neu').status_code == 303
    assert f'X-WR-CALNAME:{label} neu\r\n' in f.fetch(**{'If-None-Match': third.headers['ETag']}).text


def test_text_stays_text(board, label):
    nasty = f'<b>{label}</b>, "; \\ &'
    f = feed(board, 'busy', nasty, 'vorstand')
    assert '<b>' not in f.page and nasty in words(board.get('/c/jena/feeds'))
    assert 'X-WR-CALNAME:' + nasty.replace('\\', '\\\\').replace(';', '\\;').replace(',', '\\,') in f.fetch().text.replace('\r\n ', '')


# ---------------------------------------------------------------- which work

def test_G06_wrong_ended_and_expired_are_one_answer(stack, server, board, label):
    never = requests.get(server.url + '/feed/AAAAAAAAAAAAAAAAAAAAAA.ics', headers={'Accept': 'text/html', 'Accept-Language': 'en'}, timeout=60)
    refused(never)
    f = feed(board, 'busy', label, 'vorstand')
    page = {'Accept': 'text/html'}

    def gone():
        answer = f.fetch(**page)
        refused(answer)
        same = [re.sub(r'<code>[^<]*</code>', '', a.text).replace(f.token, 'A' * 22) for a in (answer, never)]  # but for the request's number
        assert same[0] == same[1]

    assert f.fetch().status_code == 200
    for sleeps, wakes in (('until = current_date - 1', 'until = current_date'), ('paused = true', 'paused = false'),
                          ('read_level = 2', 'read_level = 3')):
        stack.sql(f'UPDATE calendar_feed SET {sleeps} WHERE label = %s', label)
        gone()
        stack.sql(f'UPDATE calendar_feed SET {wakes} WHERE label = %s', label)
        assert f.fetch().status_code == 200, sleeps
    assert act(board, 'end', label).status_code == 303
    gone()
    assert 'This address was ended.' in state_of(board, label)


def test_it_sleeps_while_fewer_may_read(stack, board, label):
    f = feed(board, 'details', label, 'termine')
    levels = ("SELECT levels_set(n.id, %s::int2, 3::int2, '{}', '{}') FROM dav_node n JOIN chapter c ON c.id = n.chapter_id"
              " WHERE c.slug = 'jena' AND n.kind = 'calendar' AND n.name = 'termine' AND NOT n.gone")
    try:
        stack.sql(levels, 2)
        refused(f.fetch())
        assert 'fewer people may read the calendar now' in state_of(board, label)
    finally:
        stack.sql(levels, 0)
    assert f.fetch().status_code == 200 and 'does not work' not in state_of(board, label)


def test_the_chapter_switches_links_off(stack, board, browser, label):
    f = feed(board, 'busy', label)
    chair = browser('jena-chair')
    try:
        assert chair.post('/c/jena/shares', share='set', who='nobody').status_code == 303
        refused(f.fetch())
        assert 'switched links off' in words(board.get('/c/jena/feeds'))
        assert board.post('/c/jena/feeds', feed='make', view='busy', label='x', calendar='termine', once='x').status_code == 403
    finally:
        assert chair.post('/c/jena/shares', share='set', who='board').status_code == 303
    assert f.fetch().status_code == 200


def test_a_calendar_that_is_deleted(server, board, label):
    client = server.client('jena-board')
    href = f'{HOME}{uuid.uuid4().hex}/'
    name = href.rpartition('jena.')[2].strip('/')
    assert client('MKCALENDAR', href).status == 201
    f = feed(board, 'busy', label, name)
    assert f.fetch().status_code == 200
    assert client.delete(href).status == 204
    refused(f.fetch())
    assert client('MKCALENDAR', href).status == 201  # another one of the same name
    refused(f.fetch())
    assert client.delete(href).status == 204


def test_a_new_address_ends_the_old_one(board, label):
    f = feed(board, 'members', label, 'vorstand')
    other = Feed(board, act(board, 'renew', label))
    assert other.token != f.token and other.fetch().status_code == 200
    refused(f.fetch())


def test_G06_guessing_addresses_is_held_back(proxied, board, label):
    f = feed(board, 'busy', label)
    network = {'X-Forwarded-For': '192.0.2.79'}  # guesses are counted by /24, and other tests have theirs
    got = [requests.get(f'{proxied.url}/feed/guess{i:017}.ics', headers=network, timeout=60).status_code for i in range(105)]
    assert got[:100] == [404] * 100 and got[100:] == [429] * 5
    assert requests.get(f'{proxied.url}/feed/{f.token}.ics', headers=network, timeout=60).status_code == 200


# ---------------------------------------------------------------- who makes them

def test_the_address_is_shown_once(stack, board, label):
    f = feed(board, 'busy', label)
    assert scanned(f.page) == f.address and len(f.token) == 22
    assert f'webcal://{f.address.partition("://")[2]}' in f.page
    for path in ('/c/jena/feeds', '/c/jena/audit', '/c/jena/calendar'):
        assert f.token not in board.get(path).text, path
    kept = stack.sql('SELECT row_to_json(f)::text FROM calendar_feed f WHERE hash = sha256(%s)', f.token.encode())
    assert len(kept) == 1 and f.token not in kept[0][0]


def test_no_log_has_the_address(stack, server, board, label):
    f = feed(board, 'busy', label)
    assert f.fetch().status_code == 200
    requests.get(f.url + '?x=1', timeout=60)
    requests.post(f.url, timeout=60)
    log = server.log.read_text()
    assert 'route=/feed/{file}' in log and f.token not in log


def test_forms_that_will_not_do(stack, board, label):
    for fields, says in (({'label': '  '}, 'in a few words'), ({'label': 'x' * 101}, 'in a few words'), ({'until': '2020-01-01'}, 'is over already'),
                         ({'until': 'soon'}, 'year-month-day')):
        answer = make(board, 'busy', **{'label': label, **fields})
        assert answer.status_code == 422 and says in words(answer), fields
    assert make(board, 'everything', label).status_code == 400
    assert make(board, 'busy', label, 'nothing').status_code == 404
    assert make(board, 'busy', label, until=stack.sql('SELECT current_date::text')[0][0]).status_code == 200
    once = re.search(r'name="once" value="([^"]*)"', board.get('/c/jena/feeds').text)[1]
    assert make(board, 'busy', label, once=once).status_code == 200
    again = make(board, 'busy', label, once=once)
    assert again.status_code == 422 and 'sent before' in words(again)
    assert board.post('/c/jena/feeds', feed='other').status_code == 400
    assert board.post('/c/jena/feeds', feed='end', id='1' * 15).status_code == 409


def test_another_chapter_cannot_end_it(board, browser, label):
    feed(board, 'busy', label)
    number = number_of(board, label)
    for what in ('end', 'renew', 'rename', 'confirm'):
        assert browser('erfurt-board').post('/c/erfurt/feeds', feed=what, id=number, label='x').status_code == 409, what
    assert 'was ended' not in state_of(board, label)


def test_use_is_known_by_the_day(stack, board, label):
    f = feed(board, 'busy', label)
    assert 'Not asked for yet.' in state_of(board, label)
    f.fetch()
    f.fetch()
    today = stack.sql('SELECT current_date::text')[0][0]
    assert f'Last asked for on {today}.' in state_of(board, label)


def test_the_log_of_the_chapter_tells(browser, board, label):
    feed(board, 'busy', label)
    assert act(board, 'rename', label, label=label + ' b').status_code == 303
    act(board, 'renew', label + ' b')
    assert act(board, 'end', label + ' b').status_code == 303
    log = words(browser('jena-chair').get('/c/jena/audit'))
    for sentence in (f'made the link “{label}” by which “Termine” can be read', f'called a link to “Termine” “{label} b”',
                     f'gave the link “{label} b” to “Termine” a new address', f'ended the link “{label} b” to “Termine”'):
        assert sentence in log, sentence


# ---------------------------------------------------------------- where one subscribes

def test_subscribing_needs_no_script(server, browser):
    for path in ('/c/jena/calendar', '/c/jena/'):
        page = browser(None).get(path).text
        assert f'{server.url}/c/jena/calendar.ics' in page
        assert re.search(r'href="webcal://[^"]+/c/jena/calendar\.ics"', page), path
        assert re.search(r'href="https://calendar\.google\.com/calendar/render\?cid=webcal%3A%2F%2F[^"]+calendar\.ics"', page), path
        assert re.search(r'href="https://outlook\.live\.com/calendar/0/addfromweb\?url=http[^"]+calendar\.ics&amp;name=', page), path
    one = browser(None).get('/c/jena/calendar?calendar=termine').text
    assert '/c/jena/feeds/termine.ics' in one and 'href="/c/jena/feeds"' not in one
    closed = browser('jena-board').get('/c/jena/calendar?calendar=vorstand').text
    assert 'webcal:' not in closed and 'href="/c/jena/feeds"' in closed
