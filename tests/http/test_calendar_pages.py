"""The calendars of a chapter in the browser: who sees what, when it is, and what a change leaves as it was."""
import html
import os
import re

import pytest

from lib.browser import words
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


def test_the_chapter_leads_there(browser):
    assert 'href="/c/jena/calendar"' in browser(None).get('/c/jena/').text
