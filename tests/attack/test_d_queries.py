"""Hostile questions to calendars: cases D16, D17 and D26 of security.md, and A30."""
import time

import pytest

from lib.caldav import answers, component, condition, free_busy, multiget, prop, query, span, text
from lib.calendars import event
from lib.figures import tell
from lib.oracle import patience

HOME = '/dav/calendars/jena-member/'
WHOLE = '<C:calendar-data/>'


@pytest.fixture(scope='module')
def calendar(server):
    """300 daily events with descriptions of a thousand characters (D16), and what never ends."""
    client, href = server.client('jena-member'), HOME + 'hostile/'
    assert client('MKCALENDAR', href).status == 201
    for i in range(300):
        body = event(f'd16-{i}', 'RRULE:FREQ=DAILY', 'DESCRIPTION:' + 'x' * 1000, start='DTSTART:20260101T100000Z',
                     end='DTEND:20260101T110000Z')
        assert client('PUT', f'{href}{i}.ics', body, Content_Type='text/calendar').status == 201
    yield href
    assert client('DELETE', href).status == 204


@pytest.fixture
def ask(login, calendar):
    """ask(body): the answer of the calendar, within two seconds."""
    client = login('jena-member')

    def send(body, href=calendar, **more):
        start = time.monotonic()
        answer = client('REPORT', href, body, **{'Depth': '1', **more})
        took = time.monotonic() - start
        tell(f'{answer.status} after {took * 1e3:.0f} ms, {len(answer.body)} bytes')
        assert took < 20 * patience(), took
        return answer
    return send


def expanded(start, end):
    return f'<C:calendar-data>{span(start, end, "expand")}</C:calendar-data>'


def test_D16_ten_years_of_three_hundred_daily_events(ask):
    """A million instances, a gigabyte: refused as soon as the limits are reached."""
    range_ = ('20260101T000000Z', '20360101T000000Z')
    answer = ask(query(component('VEVENT', span(*range_)), props=expanded(*range_)))
    assert condition(answer) == (403, 'D:number-of-matches-within-limits')
    answer = ask(multiget([f'{HOME}hostile/{i}.ics' for i in range(300)], props=expanded(*range_)))
    assert condition(answer) == (403, 'D:number-of-matches-within-limits')


def test_D16_a_week_is_answered(ask):
    range_ = ('20260301T000000Z', '20260308T000000Z')
    found = answers(ask(query(component('VEVENT', span(*range_)), props=expanded(*range_))))
    assert len(found) == 300
    assert all(p['{urn:ietf:params:xml:ns:caldav}calendar-data'].count('RECURRENCE-ID') == 7 for p in found.values())


@pytest.mark.parametrize('start, end', [
    ('20270301T000000Z', '20260301T000000Z'), ('20270301T000000Z', '20270301T000000Z'), ('00000000T000000Z', None),
    ('20270301T250000Z', None), ('2027-03-01T00:00:00Z', None), ('99999999T999999Z', None), ('', ''), (' ', None),
    ('20270301T000000Z' * 100, None)], ids=lambda v: str(v)[:20])
def test_D17_ranges_that_are_none(ask, start, end):
    assert condition(ask(query(component('VEVENT', span(start, end))))) == (403, 'C:valid-filter')


@pytest.mark.parametrize('start, end, n', [
    ('99991231T235958Z', '99991231T235959Z', 0), ('00010101T000000Z', '00010101T000001Z', 0),
    ('00010101T000000Z', '99991231T235959Z', 300), ('20270301T000000Z', None, 300), (None, '20250301T000000Z', 0)])
def test_D17_ranges_at_their_ends(ask, start, end, n):
    """The daily events go on for ever: the last second of all has none of them (they are at ten)."""
    assert len(answers(ask(query(component('VEVENT', span(start, end)))))) == n


def test_D17_busy_for_a_hundred_years(ask):
    answer = ask(free_busy('20260101T000000Z', '21260101T000000Z'))
    assert condition(answer) == (403, 'D:number-of-matches-within-limits')
    answer = ask(free_busy('20260101T000000Z', '20360101T000000Z'))
    assert answer.status == 200 and answer.body.count(b'\r\nFREEBUSY') == 3652


def test_D17_alarms_of_all_times(ask):
    ring = component('VEVENT', component('VALARM', span('00010101T000000Z', '99991231T235959Z')))
    assert answers(ask(query(ring))) == {}


def test_filters_inside_each_other(ask):
    deep = ''
    for _ in range(20):
        deep = component('VEVENT', deep)
    assert answers(ask(query(deep))) == {}
    for _ in range(30):
        deep = component('VEVENT', deep)
    assert ask(query(deep)).status == 400
    wide = component('VEVENT', prop('SUMMARY', text('x')) * 201)
    assert condition(ask(query(wide))) == (403, 'C:valid-filter')
    costly = component('VEVENT', prop('DESCRIPTION', text('y' * 999 + 'x', collation='i;unicode-casemap')) * 190)
    assert answers(ask(query(costly))) == {}


def test_D26_a_private_calendar_is_nobody_elses(ask, login, calendar):
    """Not even when somebody is busy; of a chapter's calendar when, and nothing of what."""
    other = login('erfurt-member')
    for body in (free_busy('20260101T000000Z', '20260102T000000Z'), query(component('VEVENT'), props=WHOLE)):
        assert other('REPORT', calendar, body, Depth='1').status == 404
    board, href = login('jena-board'), '/dav/calendars/jena-board/jena.termine/d26.ics'
    body = event('d26', 'CLASS:CONFIDENTIAL', 'LOCATION:Am See', start='DTSTART:20280301T180000Z', end='DTEND:20280301T190000Z',
                 summary='Streng geheim')
    assert board('PUT', href, body, Content_Type='text/calendar').status == 201
    try:
        answer = ask(free_busy('20280301T000000Z', '20280302T000000Z'), href=HOME + 'jena.termine/')
        assert b'\r\nFREEBUSY:20280301T180000Z/20280301T190000Z\r\n' in answer.body
        assert not any(word in answer.body for word in (b'geheim', b'See', b'd26', b'CLASS'))
    finally:
        assert board('DELETE', href).status == 204


def test_A30_more_addresses_than_there_may_be(ask):
    assert ask(multiget([f'{HOME}hostile/{i}' for i in range(75_000)], '<D:getetag/>')).status == 400
