"""The calendars of a chapter in the browser: who sees what, when it is, and what a change leaves as it was."""
import html
import os
import re

import pytest

from lib.browser import form_of, words
from lib.calendars import event

BERLIN = 'TZID=Europe/Berlin'
ZONE = ('BEGIN:VTIMEZONE', 'TZID:Europe/Berlin', 'BEGIN:STANDARD', 'DTSTART:19961027T030000', 'TZOFFSETFROM:+0200',
        'TZOFFSETTO:+0100', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU', 'END:STANDARD', 'BEGIN:DAYLIGHT',
        'DTSTART:19810329T020000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU',
        'END:DAYLIGHT', 'END:VTIMEZONE')


def vevents(*events):
    lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//test//EN', *ZONE]
    for lines_of in events:
        lines += ['BEGIN:VEVENT', 'DTSTAMP:20260101T000000Z', *lines_of, 'END:VEVENT']
    return '\r\n'.join([*lines, 'END:VCALENDAR', '']).encode()


@pytest.fixture
def put(login):
    """put(body, calendar='termine', chapter='jena'): the address of its page; removed in the end."""
    made = []

    def make(body, calendar='termine', chapter='jena', name=None):
        writer = login(f'{chapter}-board')
        name = name or f'page-{os.urandom(4).hex()}.ics'
        href = f'/dav/calendars/{chapter}-board/{chapter}.{calendar}/{name}'
        answer = writer.put(href, body, Content_Type='text/calendar')
        assert answer.status == 201, answer.body
        made.append((writer, href))
        return f'/c/{chapter}/calendar/{calendar}/{name}'

    yield make
    for writer, href in made:
        assert writer.delete(href).status in (204, 404)


def uid():
    return f'page-{os.urandom(6).hex()}'


def entries(answer):
    """The events of a page: (day, what stands there)."""
    assert answer.status_code == 200, answer.text[:500]
    found, day = [], None
    for date, item in re.findall(r'<time datetime="([^"]*)"|<li class="k\d">(?!\s*<a href="[^"]*view=)(.*?)</li>', answer.text, re.S):
        day = date or day
        if item:
            found.append((day, ' '.join(html.unescape(re.sub(r'<[^>]*>', ' ', item)).split())))
    return found


def on(answer, title):
    return [(day, text) for day, text in entries(answer) if title in text]


# ---------------------------------------------------------------- what is shown, and to whom

def test_each_sees_the_calendars_she_may_read(browser, put):
    open_one, closed = f'Open {uid()}', f'Closed {uid()}'
    put(event(uid(), summary=open_one))
    page = put(event(uid(), summary=closed), 'vorstand')
    month = '/c/jena/calendar?date=2027-03-01'
    for who in (None, 'guest', 'erfurt-member', 'jena-member', 'land-chair'):
        answer = browser(who).get(month)
        assert on(answer, open_one) and not on(answer, closed), who
        assert 'vorstand' not in answer.text and browser(who).get(page).status_code == 404, who
    for who in ('jena-board', 'jena-chair'):
        answer = browser(who).get(month)
        assert on(answer, open_one) == [('2027-03-01', f'19:00 {open_one} Termine')], who
        assert on(answer, closed) == [('2027-03-01', f'19:00 {closed} Vorstand')], who
        one = browser(who).get(month + '&calendar=vorstand')
        assert on(one, closed) == [('2027-03-01', f'19:00 {closed}')] and not on(one, open_one)


def test_what_cannot_be_understood_is_as_if_it_were_not_there(browser):
    nobody = browser(None)
    for query in ('?view=x', '?date=2027-02-30', '?date=x', '?date=9999-99-99', '?calendar=vorstand', '?view=week&date=',
                  "?date=2027-01-01'&calendar=%00"):
        assert nobody.get('/c/jena/calendar' + query).status_code == 200, query
    assert nobody.get('/c/nowhere/calendar').status_code == 404
    for path in ('termine/nothing.ics', 'nothing/nothing.ics', 'termine/nothing.ics?at=x'):
        assert nobody.get('/c/jena/calendar/' + path).status_code == 404, path


def test_a_chapter_of_its_own(browser, put):
    """Never that of another."""
    title = f'Erfurt {uid()}'
    put(event(uid(), summary=title), chapter='erfurt')
    assert not on(browser('jena-board').get('/c/jena/calendar?date=2027-03-01'), title)
    assert on(browser('jena-board').get('/c/erfurt/calendar?date=2027-03-01'), title)


@pytest.mark.parametrize('view', ['month', 'week', 'list'])
def test_days_and_several_days(browser, put, view):
    whole, long, night = f'Whole {uid()}', f'Long {uid()}', f'Night {uid()}'
    put(event(uid(), start='DTSTART;VALUE=DATE:20270310', end='DTEND;VALUE=DATE:20270311', summary=whole))
    put(event(uid(), start='DTSTART;VALUE=DATE:20270309', end='DTEND;VALUE=DATE:20270312', summary=long))
    put(event(uid(), start='DTSTART:20270310T200000Z', end='DTEND:20270312T110000Z', summary=night))
    page = browser(None).get(f'/c/jena/calendar?view={view}&date=2027-03-08')
    assert on(page, whole) == [('2027-03-10', f'all day {whole}')]
    assert on(page, long) == [(f'2027-03-{day:02}', f'all day {long}') for day in (9, 10, 11)]
    assert on(page, night) == [('2027-03-10', f'21:00 {night}'), ('2027-03-11', f'all day {night}'), ('2027-03-12', f'until 12:00 {night}')]


def test_midnight_belongs_to_the_day_it_begins(browser, put):
    late, early = f'Late {uid()}', f'Early {uid()}'
    put(event(uid(), start='DTSTART:20270310T210000Z', end='DTEND:20270310T230000Z', summary=late))  # to 0:00 in Berlin
    put(event(uid(), start='DTSTART:20270310T230000Z', end='DTEND:20270310T233000Z', summary=early))
    page = browser(None).get('/c/jena/calendar?view=week&date=2027-03-10')
    assert on(page, late) == [('2027-03-10', f'22:00 {late}')]
    assert on(page, early) == [('2027-03-11', f'00:00 {early}')]


def test_a_series_with_its_exceptions(browser, put):
    """Over the day when clocks change, with one moved and one left out."""
    title, who = f'Series {uid()}', uid()
    page = put(vevents(
        [f'UID:{who}', f'SUMMARY:{title}', f'DTSTART;{BERLIN}:20270316T190000', f'DTEND;{BERLIN}:20270316T200000',
         'RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270413T170000Z', f'EXDATE;{BERLIN}:20270406T190000'],
        [f'UID:{who}', f'SUMMARY:{title} moved', f'RECURRENCE-ID;{BERLIN}:20270330T190000', f'DTSTART;{BERLIN}:20270331T180000',
         f'DTEND;{BERLIN}:20270331T190000']))
    shown = browser(None).get('/c/jena/calendar?view=list&date=2027-03-01')
    assert on(shown, title) == [('2027-03-16', f'19:00 {title}'), ('2027-03-23', f'19:00 {title}'),
                                ('2027-03-31', f'18:00 {title} moved'), ('2027-04-13', f'19:00 {title}')]
    links = [html.unescape(h) for h in re.findall(r'href="(/c/jena/calendar/termine/[^"]*\?at=[^"]*)"', shown.text) if page in h]
    assert len(links) == 4
    says = [browser(None).text(link) for link in links]
    assert 'Tuesday, 16 March 2027, 19:00 to 20:00' in says[0] and 'Every week on Tuesday, until 13 April 2027' in says[0]
    assert 'Wednesday, 31 March 2027, 18:00 to 19:00' in says[2] and f'{title} moved' in says[2]
    assert browser(None).get(page + '?at=20270406T170000Z').status_code == 404  # left out
    assert browser(None).get(page).status_code == 200  # the first of them


@pytest.mark.parametrize('rule, said', [
    ('FREQ=DAILY', 'Every day'), ('FREQ=DAILY;INTERVAL=3;COUNT=4', 'Every 3 days, 4 times'),
    ('FREQ=WEEKLY;BYDAY=MO,WE,FR', 'Every week on Monday, Wednesday and Friday'),
    ('FREQ=WEEKLY;INTERVAL=2', 'Every 2 weeks on Monday'), ('FREQ=MONTHLY', 'Every month on day 1'),
    ('FREQ=MONTHLY;BYDAY=-1MO', 'Every month on the last Monday'),
    ('FREQ=MONTHLY;BYDAY=MO;BYSETPOS=1', 'Every month on the first Monday'),
    ('FREQ=YEARLY;UNTIL=20300301', 'Every year on 1 March, until 1 March 2030'),
    ('FREQ=YEARLY;BYWEEKNO=9;BYDAY=MO', 'By a rule of its own')])
def test_recurrence_in_plain_words(browser, put, rule, said):
    page = put(event(uid(), f'RRULE:{rule}'))
    assert f'Repeats {said} Calendar' in browser(None).text(page)


def test_far_from_today(browser, put):
    """Before and after what is kept of a series that has no end."""
    title = f'Endless {uid()}'
    put(event(uid(), 'RRULE:FREQ=DAILY', start='DTSTART:20000101T180000Z', end=None, summary=title))
    for day in ('2000-01-03', '2009-06-01', '2049-05-31'):
        week = on(browser(None).get(f'/c/jena/calendar?view=week&date={day}'), title)
        assert len(week) == 7, (day, week)


def test_empty_month(browser):
    assert 'Nothing is planned for these days.' in browser(None).text('/c/bildung/calendar?date=2035-01-01')


def test_a_full_day_leads_on(browser, put):
    many = uid()
    for i in range(8):
        put(event(uid(), start=f'DTSTART:20290511T{i + 6:02}0000Z', end=None, summary=f'{many} {i}'))
    page = browser(None).get('/c/jena/calendar?date=2029-05-01')
    assert len(on(page, many)) == 6 and '2 more' in words(page)
    href = html.unescape(re.search(r'<p class="rest"><a href="([^"]*)"', page.text)[1])
    assert len(on(browser(None).get(href), many)) == 8


# ---------------------------------------------------------------- an event

def test_D22_free_text_is_text(browser, put):
    evil = '<script>alert(1)</script><img src=//example.org/x onerror=alert(1)>'
    page = put(event(uid(), f'DESCRIPTION:{evil}\\njavascript:alert(2) http://example.org/fetch', f'LOCATION:{evil}',
                     'URL:javascript:alert(3)', f'ATTENDEE;CN="{evil.replace(chr(34), "")}":mailto:a@example.org', summary=evil))
    for path in (page, '/c/jena/calendar?date=2027-03-01', '/c/jena/calendar?view=list&date=2027-03-01'):
        answer = browser(None).get(path)
        assert '&lt;script&gt;alert(1)' in answer.text and '<script>alert' not in answer.text and '<img' not in answer.text, path
        assert not re.search(r'(href|src)="(javascript:|//example|http://example)', answer.text), path
        assert "script-src" in answer.headers['Content-Security-Policy']
    got = browser(None).get(page + '?download')
    assert got.headers['Content-Type'].startswith('text/calendar') and 'sandbox' in got.headers['Content-Security-Policy']
    assert got.headers['Content-Disposition'].startswith('attachment')


def test_addresses_are_for_members(browser, put):
    page = put(event(uid(), 'ORGANIZER;CN=Olga:mailto:olga@example.org', 'ATTENDEE;CN=Ada;PARTSTAT=ACCEPTED:mailto:ada@example.org',
                     'ATTENDEE;CN=bo@example.org:mailto:bo@example.org', 'X-NOTE:mailto:eve@example.org',
                     'BEGIN:VALARM', 'ACTION:EMAIL', 'TRIGGER:-PT15M', 'SUMMARY:x', 'DESCRIPTION:x', 'ATTENDEE:mailto:al@example.org',
                     'END:VALARM'))
    for who in (None, 'guest', 'erfurt-member'):
        said, got = browser(who).text(page), browser(who).get(page + '?download').text
        assert 'Olga' in said and 'Ada comes' in said and 'Somebody has not answered' in said and '@' not in said, who
        assert 'example.org' not in got and 'VALARM' not in got and 'SUMMARY:Treffen' in got and 'END:VCALENDAR' in got, who
    for who in ('jena-member', 'jena-board'):
        assert 'ada@example.org' in browser(who).text(page), who
        assert 'mailto:ada@example.org' in browser(who).get(page + '?download').text


def test_private_ones_are_for_those_who_write(browser, put):
    title = f'Secret {uid()}'
    page = put(event(uid(), 'CLASS:PRIVATE', summary=title))
    for who in (None, 'jena-member'):
        month = browser(who).get('/c/jena/calendar?date=2027-03-01')
        assert not on(month, title) and on(month, 'Taken') == [('2027-03-01', '19:00 Taken')]
        assert browser(who).get(page).status_code == browser(who).get(page + '?download').status_code == 404
    assert on(browser('jena-board').get('/c/jena/calendar?date=2027-03-01'), title) and title in browser('jena-board').text(page)


def test_another_time_zone_is_told(browser, put):
    page = put(event(uid(), start='DTSTART;TZID=America/New_York:20270301T120000', end='DTEND;TZID=America/New_York:20270301T130000'))
    said = browser(None).text(page)
    assert 'Monday, 1 March 2027, 18:00 to 19:00' in said
    assert '12:00 to 13:00 in America/New_York; above in Europe/Berlin' in said


def test_the_feed_is_told_where_there_is_one(browser):
    board = browser('jena-board')
    for path, feed in (('', 'calendar.ics'), ('?calendar=termine', 'feeds/termine.ics'), ('?calendar=vorstand', None)):
        found = re.search(r'<code class="words secret">([^<]*\.ics)</code>', board.get('/c/jena/calendar' + path).text)
        assert (found and found[1]) == (feed and f'{board.url}/c/jena/{feed}')
        assert feed is None or browser(None).get(f'/c/jena/{feed}').text.startswith('BEGIN:VCALENDAR')


def test_the_chapter_leads_there(browser):
    assert 'href="/c/jena/calendar"' in browser(None).get('/c/jena/').text


# ---------------------------------------------------------------- changing it

FORM = {'title': 'Treffen', 'from-day': '2027-03-02', 'from-time': '19:00', 'to-day': '2027-03-02', 'to-time': '21:00', 'place': '',
        'text': '', 'repeat': 'no', 'end': 'never', 'until': '', 'count': ''}


@pytest.fixture
def board(browser):
    return browser('jena-board')


def field(page, name):
    """What stands in a field of a form."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    return html.unescape(found[1])


def send(who, page, **changes):
    """Opens the form of an event, changes fields and saves; names with "_" for "-"."""
    at, mark = (page, '&') if '?' in page else (page, '?')
    data = form_of(who.get(f'{at}{mark}edit'))
    data.update({name.replace('_', '-'): value for name, value in changes.items()})
    return who.session.post(who.url + page, data=data, allow_redirects=False)


def make(who, **fields):
    who.get('/c/jena/calendar?new')
    data = {**FORM, 'calendar': 'termine', 'token': who.token, **{n.replace('_', '-'): v for n, v in fields.items()}}
    return who.session.post(who.url + '/c/jena/calendar', data=data, allow_redirects=False)


def lines(login, page):
    """The object as DAV has it, unfolded."""
    calendar, name = page.split('?')[0].split('/')[-2:]
    answer = login('jena-board').get(f'/dav/calendars/jena-board/jena.{calendar}/{name}')
    assert answer.status == 200
    return answer.body.decode().replace('\r\n ', '').split('\r\n')


def made(board, login, title):
    """The address of the event with that title, found as people do."""
    shown = board.get('/c/jena/calendar?view=list&date=2027-03-01')
    found = re.search(rf'<a href="([^"?]*)(\?at=[^"]*)?"><span class="when">[^<]*</span> <span class="title">{title}<', shown.text)
    return html.unescape(found[1])


@pytest.fixture
def new(board, login):
    """new(**fields): makes an event by the form; its address."""
    addresses = []

    def make_one(**fields):
        title = f'New {uid()}'
        answer = make(board, title=title, **fields)
        assert answer.status_code == 303, words(answer)
        addresses.append(made(board, login, title))
        return addresses[-1]

    yield make_one
    for address in addresses:
        login('jena-board').delete(address.replace('/c/jena/calendar/termine', '/dav/calendars/jena-board/jena.termine'))


def test_a_new_event(board, login, new):
    page = new(place='Büro; Hof, 2. Stock', text='Zeile eins\r\nZeile zwei')
    got = lines(login, page)
    assert 'DTSTART;TZID=Europe/Berlin:20270302T190000' in got and 'DTEND;TZID=Europe/Berlin:20270302T210000' in got
    assert 'LOCATION:Büro\\; Hof\\, 2. Stock' in got and 'DESCRIPTION:Zeile eins\\nZeile zwei' in got
    zone = got[got.index('BEGIN:VTIMEZONE'):got.index('END:VTIMEZONE')]
    assert [line for line in zone if line[:5] in ('TZID:', 'RRULE')] == [
        'TZID:Europe/Berlin', 'RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU', 'RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU']
    said = board.text(page)
    assert 'Tuesday, 2 March 2027, 19:00 to 21:00' in said and 'Büro; Hof, 2. Stock' in said and 'Zeile eins Zeile zwei' in said


def test_a_new_whole_day(login, new):
    got = lines(login, new(whole='1', to_day='2027-03-04', from_time='', to_time=''))
    assert 'DTSTART;VALUE=DATE:20270302' in got and 'DTEND;VALUE=DATE:20270305' in got and 'BEGIN:VTIMEZONE' not in got


@pytest.mark.parametrize('fields, rule', [
    ({'repeat': 'day', 'end': 'count', 'count': '5'}, 'FREQ=DAILY;COUNT=5'),
    ({'repeat': 'week', 'weekday': ['TH']}, 'FREQ=WEEKLY;BYDAY=TU,TH'),
    ({'repeat': 'two-weeks', 'end': 'until', 'until': '2027-05-01'}, 'FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20270501T215959Z'),
    ({'repeat': 'month-day'}, 'FREQ=MONTHLY;BYMONTHDAY=2'), ({'repeat': 'month-weekday'}, 'FREQ=MONTHLY;BYDAY=1TU'),
    ({'repeat': 'month-weekday', 'from_day': '2027-03-30', 'to_day': '2027-03-30'}, 'FREQ=MONTHLY;BYDAY=-1TU'),
    ({'repeat': 'year', 'whole': '1', 'end': 'until', 'until': '2030-03-02'}, 'FREQ=YEARLY;UNTIL=20300302')])
def test_new_series(board, login, new, fields, rule):
    page = new(**fields)
    assert [line for line in lines(login, page) if line.startswith('RRULE:') and 'BYMONTH=' not in line] == [f'RRULE:{rule}']
    again = form_of(board.get(page + '?edit'))
    assert again['repeat'] == [fields['repeat']] and again['end'] == [fields.get('end', 'never')]


@pytest.mark.parametrize('wrong, says', [
    ({'title': ' '}, 'give the event a title'), ({'from_day': '2027-02-30'}, 'give a day'), ({'from_time': '25:00'}, 'give a time'),
    ({'to_day': '2027-03-01'}, 'ends before it begins'), ({'to_time': 'x'}, 'give a time'),
    ({'repeat': 'week', 'end': 'until', 'until': '2027-01-01'}, 'before the first'),
    ({'repeat': 'day', 'end': 'count', 'count': '0'}, 'number from 1 to 999'), ({'repeat': 'never heard of'}, 'how it repeats')])
def test_what_was_typed_stays(board, wrong, says):
    answer = make(board, **{'place': 'Ein <Ort>', 'text': 'Text & mehr', **wrong})
    assert answer.status_code == 422 and says in words(answer) and 'Nothing was saved yet' in words(answer)
    assert field(answer, 'place') == 'Ein <Ort>' and 'Text &amp; mehr</textarea>' in answer.text
    assert 'aria-invalid="true"' in answer.text or 'repeat' in wrong


RICH = ['ORGANIZER:mailto:o@example.org', 'ATTENDEE;CN=Ada;RSVP=TRUE:mailto:ada@example.org', 'X-FOLDED:' + 'ä' * 30 + '\r\n  und ' + 'ö' * 30,
        'X-ODD;X-P="a;b":c', 'CATEGORIES:Eins,Zwei', 'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT15M', 'DESCRIPTION:Alarm', 'END:VALARM']


def test_only_what_was_changed_differs(board, login, put):
    """Everything else stays byte by byte."""
    before = event(uid(), 'SEQUENCE:4', 'DESCRIPTION:Alt', *RICH)
    page = put(before)
    assert send(board, page, title='Neuer Titel').status_code == 303
    calendar, name = page.split('/')[-2:]
    after = login('jena-board').get(f'/dav/calendars/jena-board/jena.{calendar}/{name}').body
    old, new = before.decode().split('\r\n'), after.decode().split('\r\n')
    gone, come = [line for line in old if line not in new], [line for line in new if line not in old]
    assert gone == ['DTSTAMP:20260101T000000Z', 'SUMMARY:Treffen', 'SEQUENCE:4']
    assert [re.sub(r'\d{8}T\d{6}Z', 'NOW', line) for line in come] == ['DTSTAMP:NOW', 'SUMMARY:Neuer Titel', 'SEQUENCE:5', 'LAST-MODIFIED:NOW']


def test_saving_without_a_change_moves_nothing(board, login, put):
    who = uid()
    page = put(vevents([f'UID:{who}', 'SUMMARY:x', f'DTSTART;{BERLIN}:20270302T190000', 'DURATION:PT2H', 'RRULE:WKST=MO;FREQ=WEEKLY;BYDAY=TU']))
    assert send(board, page, scope='all').status_code == 303
    got = lines(login, page)
    assert 'DURATION:PT2H' in got and 'RRULE:WKST=MO;FREQ=WEEKLY;BYDAY=TU' in got and f'DTSTART;{BERLIN}:20270302T190000' in got


def test_utc_and_foreign_zones_stay(board, login, put):
    utc = put(event(uid()))
    assert send(board, utc, from_time='20:00', to_time='22:00').status_code == 303
    assert 'DTSTART:20270301T190000Z' in lines(login, utc) and 'DTEND:20270301T210000Z' in lines(login, utc)
    york = put(event(uid(), start='DTSTART;TZID=America/New_York:20270301T120000', end='DTEND;TZID=America/New_York:20270301T130000'))
    assert 'Times are those of America/New_York' in board.text(york + '?edit')
    assert send(board, york, from_time='10:30').status_code == 303
    assert 'DTSTART;TZID=America/New_York:20270301T103000' in lines(login, york)


def series(who, rule='FREQ=WEEKLY;BYDAY=TU', *more):
    """Tuesdays at 19:00 from 2 March 2027 on; 16 March is left out, 23 March moved."""
    return vevents([f'UID:{who}', f'SUMMARY:S {who}', f'DTSTART;{BERLIN}:20270302T190000', f'DTEND;{BERLIN}:20270302T200000', f'RRULE:{rule}',
                    f'EXDATE;{BERLIN}:20270316T190000', *more],
                   [f'UID:{who}', f'SUMMARY:S {who}', 'X-OWN:kept', f'RECURRENCE-ID;{BERLIN}:20270323T190000',
                    f'DTSTART;{BERLIN}:20270324T180000', f'DTEND;{BERLIN}:20270324T190000'])


def shown(board, who, *, first='2027-03-01', n=6):
    return [(day[5:], text.split(' ')[0]) for day, text in on(board.get(f'/c/jena/calendar?view=list&date={first}'), f'S {who}')][:n]


def test_only_this_one(board, login, put):
    who = uid()
    page = put(series(who, 'FREQ=WEEKLY;BYDAY=TU', 'ATTENDEE:mailto:ada@example.org'))
    assert send(board, page + '?at=20270309T180000Z', scope='one', from_time='17:00', to_time='18:30', place='Park').status_code == 303
    assert shown(board, who) == [('03-02', '19:00'), ('03-09', '17:00'), ('03-24', '18:00'), ('03-30', '19:00'), ('04-06', '19:00'), ('04-13', '19:00')]
    got = '\n'.join(lines(login, page))
    own = re.search(r'BEGIN:VEVENT(?:(?!END:VEVENT).)*RECURRENCE-ID;TZID=Europe/Berlin:20270309T190000.*?END:VEVENT', got, re.S)[0].split('\n')
    assert f'DTSTART;{BERLIN}:20270309T170000' in own and 'LOCATION:Park' in own and 'ATTENDEE:mailto:ada@example.org' in own
    assert not [line for line in own if line.startswith(('RRULE', 'EXDATE'))] and got.count('LOCATION:Park') == 1
    assert send(board, page + '?at=20270309T180000Z', title=f'S {who} again').status_code == 303  # its own component is changed
    assert '\n'.join(lines(login, page)).count('20270309T190000') == 1 and len(on(board.get('/c/jena/calendar?date=2027-03-01'), 'again')) == 1


def test_this_and_following(board, login, put):
    """The series ends before, another one goes on; read back by GET and taken again by PUT."""
    who = uid()
    page = put(series(who, 'FREQ=WEEKLY;BYDAY=TU', *RICH))
    assert send(board, page + '?at=20270309T180000Z', scope='later', from_time='20:00', to_time='21:00', title=f'S {who} later').status_code == 303
    assert shown(board, who) == [('03-02', '19:00'), ('03-09', '20:00'), ('03-24', '18:00'), ('03-30', '20:00'), ('04-06', '20:00'), ('04-13', '20:00')]
    old, rest = lines(login, page), lines(login, made(board, login, f'S {who} later'))
    assert 'RRULE:FREQ=WEEKLY;BYDAY=TU;UNTIL=20270308T225959Z' in old and 'X-OWN:kept' not in old and f'UID:{who}' in old
    assert f'DTSTART;{BERLIN}:20270309T200000' in rest and 'RRULE:FREQ=WEEKLY;BYDAY=TU' in rest and f'UID:{who}' not in rest
    assert f'EXDATE;{BERLIN}:20270316T200000' in rest and f'RECURRENCE-ID;{BERLIN}:20270323T200000' in rest and 'X-OWN:kept' in rest
    assert 'X-ODD;X-P="a;b":c' in rest and 'TRIGGER:-PT15M' in rest and len({line for line in rest if line.startswith('UID:')}) == 1
    client, href = login('jena-board'), '/dav/calendars/jena-board/jena.termine/'
    for address in (page, made(board, login, f'S {who} later')):
        name = address.rpartition('/')[2]
        read = client.get(href + name)
        assert client.put(href + name, read.body, If_Match=read.get('ETag'), Content_Type='text/calendar').status == 204
    assert client.delete(href + name).status == 204


def test_this_and_following_keeps_the_number(board, login, put):
    who = uid()
    page = put(series(who, 'FREQ=WEEKLY;BYDAY=TU;COUNT=6'))  # to 6 April
    assert send(board, page + '?at=20270330T170000Z', scope='later', title=f'S {who} later', from_day='2027-03-31', to_day='2027-03-31').status_code == 303
    rest = made(board, login, f'S {who} later')
    assert shown(board, who, n=9) == [('03-02', '19:00'), ('03-09', '19:00'), ('03-24', '18:00'), ('03-31', '19:00'), ('04-07', '19:00')]
    assert 'RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2' in lines(login, rest)
    login('jena-board').delete(rest.replace('/c/jena/calendar/termine', '/dav/calendars/jena-board/jena.termine'))


def test_all_of_them(board, login, put):
    who = uid()
    page = put(series(who, 'FREQ=WEEKLY;BYDAY=TU;UNTIL=20270406T170000Z'))
    assert send(board, page + '?at=20270330T170000Z', scope='all', from_day='2027-03-31', to_day='2027-03-31', from_time='20:00', to_time='21:00').status_code == 303
    assert shown(board, who, n=9) == [('03-03', '20:00'), ('03-10', '20:00'), ('03-24', '18:00'), ('03-31', '20:00'), ('04-07', '20:00')]
    got = lines(login, page)
    assert f'EXDATE;{BERLIN}:20270317T200000' in got and f'RECURRENCE-ID;{BERLIN}:20270324T200000' in got


def test_no_series_any_more(board, login, put):
    who = uid()
    page = put(series(who))
    assert send(board, page + '?at=20270302T180000Z', scope='all', repeat='no').status_code == 303
    assert shown(board, who) == [('03-02', '19:00')] and not [line for line in lines(login, page) if line.startswith(('RRULE:FREQ=W', 'EXDATE', 'X-OWN'))]


def test_only_one_cannot_repeat_otherwise(board, put):
    page = put(series(uid()))
    answer = send(board, page + '?at=20270309T180000Z', scope='one', repeat='day')
    assert answer.status_code == 422 and 'cannot repeat in another way' in words(answer)


@pytest.mark.parametrize('scope, left', [
    ('one', [('03-02', '19:00'), ('03-24', '18:00'), ('03-30', '19:00')]), ('later', [('03-02', '19:00')]), ('all', [])])
def test_deleting(board, login, put, scope, left):
    who = uid()
    page = put(series(who)) + '?at=20270309T180000Z'
    etag = field(board.get(page + '&edit'), 'etag')
    assert board.post(page, act='delete', etag=etag, scope=scope).status_code == 303
    assert shown(board, who, n=3) == left
    assert board.get(page).status_code == 404
    if scope == 'one':
        assert f'EXDATE;{BERLIN}:20270309T190000' in lines(login, page) and f'EXDATE;{BERLIN}:20270316T190000' in lines(login, page)


def test_deleting_one_that_was_moved(board, put):
    who = uid()
    page = put(series(who)) + '?at=20270323T180000Z'
    said = board.get(page + '&edit')
    assert 'changed by itself before' in words(said)
    assert board.post(page, act='delete', etag=field(said, 'etag'), scope='one').status_code == 303
    assert shown(board, who, n=3) == [('03-02', '19:00'), ('03-09', '19:00'), ('03-30', '19:00')]


def test_somebody_was_faster(board, browser, login, put):
    """Neither change is lost unseen, and what was typed is there."""
    page = put(event(uid()))
    data = form_of(board.get(page + '?edit'))
    assert send(browser('jena-chair'), page, place='Anderswo').status_code == 303
    late = {**data, 'title': 'Meiner', 'text': 'Getippt'}
    answer = board.session.post(board.url + page, data=late, allow_redirects=False)
    assert answer.status_code == 409 and 'has changed this event meanwhile' in words(answer) and field(answer, 'title') == 'Meiner'
    assert 'LOCATION:Anderswo' in lines(login, page) and 'SUMMARY:Treffen' in lines(login, page)
    gone = board.post(page, act='delete', etag=data['etag'][0])
    assert gone.status_code == 409 and 'SUMMARY:Treffen' in lines(login, page)
    late['etag'] = [field(answer, 'etag')]
    assert board.session.post(board.url + page, data=late, allow_redirects=False).status_code == 303
    assert 'SUMMARY:Meiner' in lines(login, page)


def test_a_lock_holds(board, login, put):
    page = put(event(uid()))
    href = page.replace('/c/jena/calendar/termine', '/dav/calendars/jena-board/jena.termine')
    locked = login('jena-board')('LOCK', href, '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype><D:write/></D:locktype></D:lockinfo>')
    assert locked.status == 200
    assert send(board, page, title='x').status_code == 423
    assert 'SUMMARY:Treffen' in lines(login, page)
    assert login('jena-board')('UNLOCK', href, Lock_Token=locked.get('Lock-Token')).status == 204


def test_who_may_not_write_is_not_asked(browser, put):
    page = put(event(uid()))
    for who in ('guest', 'erfurt-member', 'jena-member', 'land-admin'):
        b = browser(who)
        assert 'edit"' not in b.get(page).text and 'New event' not in b.text('/c/jena/calendar')
        assert b.get(page + '?edit').status_code == 403 and b.get('/c/jena/calendar?new').status_code == 403
        b.get('/')
        assert b.post(page, etag='x', title='y', act='delete').status_code == 403
        assert make_as(b).status_code == 403


def make_as(b):
    return b.session.post(b.url + '/c/jena/calendar', data={**FORM, 'calendar': 'termine', 'token': b.token}, allow_redirects=False)
