"""calendar-query, calendar-multiget, free-busy-query and calendar-data (RFC 4791, 7.8 to 7.10 and 9.6)."""
import re
import xml.etree.ElementTree as ET

import pytest

from lib.caldav import C, D, HEAD, answers, component, condition, free_busy, multiget, prop, query, span, text
from lib.calendars import event
from lib.client import propfind_body, sync_body

DATA = '<D:getetag/><C:calendar-data/>'


@pytest.fixture(scope='module')
def person(server):
    return server.client('jena-member')


@pytest.fixture(scope='module')
def calendar(person, request):
    """A calendar of her own for this module."""
    href = '/dav/calendars/jena-member/query/'
    assert person('MKCALENDAR', href).status == 201
    for name, body in OBJECTS.items():
        answer = person('PUT', href + name, body, Content_Type='text/calendar')
        assert answer.status == 201, (name, answer.body)
    yield href
    assert person('DELETE', href).status == 204


def task(uid, *lines):
    return '\r\n'.join(['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//t//EN', 'BEGIN:VTODO', f'UID:{uid}',
                        'DTSTAMP:20260101T000000Z', *lines, 'END:VTODO', 'END:VCALENDAR', '']).encode()


BERLIN = 'TZID=Europe/Berlin'
WEEKLY = ('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\n'
          'BEGIN:VTIMEZONE\r\nTZID:Europe/Berlin\r\nBEGIN:STANDARD\r\nDTSTART:19961027T030000\r\n'
          'TZOFFSETFROM:+0200\r\nTZOFFSETTO:+0100\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n'
          'BEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20260101T000000Z\r\n'
          f'DTSTART;{BERLIN}:20271020T180000\r\nDTEND;{BERLIN}:20271020T190000\r\n'
          'RRULE:FREQ=WEEKLY\r\nSUMMARY:Woche\r\nEND:VEVENT\r\n'
          f'BEGIN:VEVENT\r\nUID:weekly\r\nDTSTAMP:20260101T000000Z\r\nRECURRENCE-ID;{BERLIN}:20271103T180000\r\n'
          f'DTSTART;{BERLIN}:20271104T170000\r\nDURATION:PT2H\r\nSUMMARY:Verlegt\r\nEND:VEVENT\r\n'
          'END:VCALENDAR\r\n').encode()
OBJECTS = {
    'one.ics': event('one', 'LOCATION:Büro', 'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:a@example.org',
                     'BEGIN:VALARM', 'ACTION:DISPLAY', 'TRIGGER:-PT15M', 'DESCRIPTION:x', 'END:VALARM'),
    'day.ics': event('day', start='DTSTART;VALUE=DATE:20270310', end=None, summary='Ganztags'),
    'weekly.ics': WEEKLY,
    'secret.ics': event('secret', 'CLASS:PRIVATE', start='DTSTART:20270305T100000Z', end='DTEND:20270305T110000Z',
                        summary='Geheim\\, sehr'),
    'due.ics': task('due', 'DUE:20270320T120000Z', 'SUMMARY:Bericht', 'STATUS:NEEDS-ACTION'),
    'free.ics': ('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//t//EN\r\nBEGIN:VFREEBUSY\r\nUID:free\r\n'
                 'DTSTAMP:20260101T000000Z\r\nFREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20270301T080000Z/PT1H,'
                 '20270401T080000Z/PT1H\r\nEND:VFREEBUSY\r\nEND:VCALENDAR\r\n').encode(),
}


@pytest.fixture
def ask(person, calendar):
    def send(inner, depth='1', **more):
        return answers(person('REPORT', calendar, query(inner, **more), Depth=depth))
    return send


MARCH = span('20270301T000000Z', '20270401T000000Z')


# ---------------------------------------------------------------- filters

def test_a_month(ask):
    """RFC 4791, 9.9; an event in no other month, whole days by the time zone of the calendar."""
    assert set(ask(component('VEVENT', MARCH))) == {'one.ics', 'day.ics', 'secret.ics'}
    assert set(ask(component('VEVENT', span('20270309T230000Z', '20270309T233000Z')))) == {'day.ics'}
    assert set(ask(component('VEVENT', span('20270310T230000Z', '20270310T233000Z')))) == set()
    assert set(ask(component('VTODO', MARCH))) == {'due.ics'}
    assert set(ask(component('VJOURNAL', MARCH))) == set()


def test_a_range_may_be_open(ask):
    assert set(ask(component('VEVENT', span(start='20270601T000000Z')))) == {'weekly.ics'}
    assert set(ask(component('VEVENT', span(end='20270305T000000Z')))) == {'one.ics'}
    assert set(ask(component('VEVENT', span(start='20990601T000000Z')))) == {'weekly.ics'}


def test_an_instance_is_found_where_it_was_moved_to(ask):
    assert set(ask(component('VEVENT', span('20271104T000000Z', '20271105T000000Z')))) == {'weekly.ics'}
    assert set(ask(component('VEVENT', span('20271103T000000Z', '20271104T000000Z')))) == set()
    assert set(ask(component('VEVENT', span('20401024T000000Z', '20401025T000000Z')))) == {'weekly.ics'}


def test_components_without_a_range(ask):
    """RFC 4791, 9.7.1; KDE asks for all three kinds at once (cl-D7)."""
    assert set(ask('')) == set(OBJECTS)
    assert set(ask(component('VEVENT'))) == {'one.ics', 'day.ics', 'weekly.ics', 'secret.ics'}
    assert set(ask(component('VFREEBUSY', MARCH))) == {'free.ics'}
    assert set(ask(component('VFREEBUSY', span('20270302T000000Z', '20270303T000000Z')))) == set()
    assert set(ask(component('VTODO', '<C:is-not-defined/>'))) == set(OBJECTS) - {'due.ics'}
    assert set(ask(component('VTIMEZONE'))) == {'weekly.ics'}
    assert set(ask(component('VEVENT') + component('VTIMEZONE'))) == {'weekly.ics'}


def test_alarms(ask):
    """RFC 4791, 9.9: when they ring."""
    def ring(start, end):
        return component('VEVENT', component('VALARM', span(start, end)))

    assert set(ask(ring('20270301T174000Z', '20270301T175000Z'))) == {'one.ics'}
    assert set(ask(ring('20270301T175000Z', '20270301T190000Z'))) == set()
    assert set(ask(component('VEVENT', component('VALARM')))) == {'one.ics'}


def test_properties_and_texts(ask):
    """RFC 4791, 9.7.2 to 9.7.5; 7.5: collations."""
    def event_with(inner):
        return set(ask(component('VEVENT', inner)))

    assert event_with(prop('UID', text('one'))) == {'one.ics'}
    assert event_with(prop('UID', text('ONE', collation='i;octet'))) == set()
    assert event_with(prop('summary', text('woche'))) == {'weekly.ics'}
    assert event_with(prop('SUMMARY', text('geheim, SEHR'))) == {'secret.ics'}
    assert event_with(prop('LOCATION', text('BÜRO'))) == set()
    assert event_with(prop('LOCATION', text('BÜRO', collation='i;unicode-casemap'))) == {'one.ics'}
    assert event_with(prop('SUMMARY', text('e', negate_condition='yes'))) == {'day.ics'}
    assert event_with(prop('CLASS', '<C:is-not-defined/>')) == {'one.ics', 'day.ics', 'weekly.ics'}
    assert event_with(prop('CLASS')) == {'secret.ics'}
    assert event_with(prop('DTSTART', MARCH)) == {'one.ics', 'day.ics', 'secret.ics'}
    assert event_with(MARCH + prop('CLASS')) == {'secret.ics'}


def test_parameters(ask):
    def attendee(inner):
        return set(ask(component('VEVENT', prop('ATTENDEE', text('A@example.org') + inner))))

    assert attendee('') == {'one.ics'}
    assert attendee('<C:param-filter name="PARTSTAT">' + text('needs-action') + '</C:param-filter>') == {'one.ics'}
    assert attendee('<C:param-filter name="PARTSTAT">' + text('accepted') + '</C:param-filter>') == set()
    assert attendee('<C:param-filter name="ROLE"><C:is-not-defined/></C:param-filter>') == {'one.ics'}


ZONE = ('BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VTIMEZONE\r\nTZID:America/New_York\r\nBEGIN:STANDARD\r\n'
        'DTSTART:20071104T020000\r\nTZOFFSETFROM:-0400\r\nTZOFFSETTO:-0500\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n'
        'END:VCALENDAR\r\n')


def test_times_without_a_zone_go_by_that_which_is_said(ask, person, calendar):
    """RFC 4791, 7.3: that of the query, or that of the calendar; RFC 7809, 5.2.1."""
    late = component('VEVENT', span('20270311T040000Z', '20270311T043000Z'))
    assert set(ask(late)) == set()
    assert set(ask(late, more=f'<C:timezone>{ZONE}</C:timezone>')) == {'day.ics'}
    assert set(ask(late, more='<C:timezone-id>America/New_York</C:timezone-id>')) == {'day.ics'}
    expand = f'<C:calendar-data>{span("20270311T040000Z", "20270311T043000Z", "expand")}</C:calendar-data>'
    found = ask(late, props=expand, more='<C:timezone-id>America/New_York</C:timezone-id>')
    assert 'DTSTART;VALUE=DATE:20270310' in found['day.ics'][f'{C}calendar-data']
    for zone, what in (('timezone-id>No/Where', 'C:valid-timezone'), ('timezone>nothing', 'C:valid-calendar-data')):
        body = query(late, more=f'<C:{zone}</C:{zone.split(">")[0]}>')
        assert condition(person('REPORT', calendar, body, Depth='1')) == (403, what)
    def patch(how):
        assert person('PROPPATCH', calendar, f'<D:propertyupdate {HEAD}>{how}</D:propertyupdate>').status == 207

    patch(f'<D:set><D:prop><C:calendar-timezone>{ZONE}</C:calendar-timezone></D:prop></D:set>')
    try:
        assert set(ask(late)) == {'day.ics'}
    finally:
        patch('<D:remove><D:prop><C:calendar-timezone/></D:prop></D:remove>')


def test_filters_that_are_none(person, calendar):
    """RFC 4791, 7.8: each has its precondition."""
    def refused(inner):
        return condition(person('REPORT', calendar, query(inner), Depth='1'))

    valid, supported = (403, 'C:valid-filter'), (403, 'C:supported-filter')
    assert refused('<C:comp-filter/>') == valid
    assert refused(component('VEVENT', '<C:is-not-defined/>' + MARCH)) == valid
    assert refused(component('VEVENT', '<C:time-range/>')) == valid
    assert refused(component('VEVENT', span('20270301T000000', '20270401T000000Z'))) == valid
    assert refused(component('VEVENT', span('20270301', '20270401'))) == valid
    assert refused(component('VEVENT', MARCH + MARCH)) == valid
    assert refused(component('VEVENT', prop('SUMMARY', text('a', negate_condition='maybe')))) == valid
    assert refused(component('VEVENT', prop('DTSTART', MARCH + text('2027')))) == valid
    assert refused(component('VEVENT', prop('SUMMARY') * 300)) == valid
    assert refused(component('VTIMEZONE', MARCH)) == supported
    assert refused(component('VEVENT', prop('SUMMARY', MARCH))) == supported
    assert refused(component('VEVENT', prop('SUMMARY', text('a', collation='i;basic')))) \
        == (403, 'C:supported-collation')
    body = f'<C:calendar-query {HEAD}><D:prop><D:getetag/></D:prop></C:calendar-query>'
    assert condition(person('REPORT', calendar, body, Depth='1')) == valid
    body = query('').replace('VCALENDAR', 'VEVENT')
    assert condition(person('REPORT', calendar, body, Depth='1')) == valid


def test_depth(ask, person, calendar):
    """RFC 4791, 7.8: without one it is 0, and a calendar itself is no object; Windows means 1 (cl-D7)."""
    assert ask('', depth='0') == {} and ask('', depth=None) == {}
    assert set(ask('', depth='infinity')) == set(OBJECTS)
    bare = query('').replace('<D:prop><D:getetag/></D:prop>', '')
    assert answers(person('REPORT', calendar, bare, Depth='1')) == dict.fromkeys(OBJECTS, {})
    answer = person('REPORT', calendar, query(''), Depth='0', User_Agent='MSFT-WP/8.10')
    assert set(answers(answer)) == set(OBJECTS)


def test_a_query_of_one_object(person, calendar):
    one = calendar + 'one.ics'
    assert set(answers(person('REPORT', one, query(component('VEVENT', MARCH)), Depth='0'))) == {'one.ics'}
    assert answers(person('REPORT', one, query(component('VTODO')), Depth='0')) == {}


# ---------------------------------------------------------------- calendar-data

def data(found, name):
    return found[name][f'{C}calendar-data'].replace('\r\n', '\n')


def test_the_data_are_what_was_sent(ask):
    found = ask(component('VEVENT', MARCH), props=DATA)
    for name in ('one.ics', 'day.ics', 'secret.ics'):
        assert found[name][f'{C}calendar-data'].encode() == OBJECTS[name]
        assert re.fullmatch('"[0-9a-f]+"', found[name][f'{D}getetag'])


def test_parts_of_the_data(ask):
    """RFC 4791, 9.6.1 to 9.6.4."""
    part = ('<C:calendar-data><C:comp name="VCALENDAR"><C:prop name="VERSION"/><C:comp name="VEVENT">'
            '<C:prop name="uid"/><C:prop name="ATTENDEE" novalue="yes"/></C:comp></C:comp></C:calendar-data>')
    found = ask(component('VEVENT', prop('UID', text('one'))), props=part)
    assert data(found, 'one.ics') == ('BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VEVENT\nUID:one\n'
                                      'ATTENDEE;PARTSTAT=NEEDS-ACTION:\nEND:VEVENT\nEND:VCALENDAR\n')


def test_expanding(ask):
    """RFC 4791, 9.6.5: in UTC on both sides of the change of clocks, no rules, no zones."""
    expand = f'<C:calendar-data>{span("20271025T000000Z", "20271106T000000Z", "expand")}</C:calendar-data>'
    found = ask(component('VEVENT', span('20271025T000000Z', '20271106T000000Z')), props=expand)
    got = data(found, 'weekly.ics')
    assert re.findall('RECURRENCE-ID:(.*)', got) == ['20271027T160000Z', '20271103T170000Z']
    assert re.findall('DTSTART:(.*)', got) == ['20271027T160000Z', '20271104T160000Z']
    assert 'TZID' not in got and 'RRULE' not in got and got.count('BEGIN:VEVENT') == 2


def test_limiting_changed_instances(ask):
    """RFC 4791, 9.6.6."""
    def limited(start, end):
        limit = f'<C:calendar-data>{span(start, end, "limit-recurrence-set")}</C:calendar-data>'
        return data(ask(component('VEVENT', prop('UID', text('weekly'))), props=limit), 'weekly.ics')

    assert 'Verlegt' in limited('20271104T000000Z', '20271105T000000Z')
    assert 'Verlegt' in limited('20271103T000000Z', '20271104T000000Z')
    other = limited('20271110T000000Z', '20271111T000000Z')
    assert 'Verlegt' not in other and 'RRULE' in other and 'BEGIN:VTIMEZONE' in other


def test_limiting_free_and_busy_times(ask):
    """RFC 4791, 9.6.7."""
    limit = '<C:calendar-data>' + span('20270301T000000Z', '20270302T000000Z', 'limit-freebusy-set') + '</C:calendar-data>'
    got = data(ask(component('VFREEBUSY'), props=limit), 'free.ics')
    assert 'FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20270301T080000Z/PT1H\n' in got


def test_zones_that_a_client_knows(person, calendar):
    """RFC 7809, 7.1."""
    body = query(component('VEVENT', prop('UID', text('weekly'))), props=DATA)
    with_zone = answers(person('REPORT', calendar, body, Depth='1', CalDAV_Timezones='T'))
    without = answers(person('REPORT', calendar, body, Depth='1', CalDAV_Timezones='F'))
    assert 'BEGIN:VTIMEZONE' in data(with_zone, 'weekly.ics')
    assert 'VTIMEZONE' not in data(without, 'weekly.ics') and 'TZID=Europe/Berlin' in data(without, 'weekly.ics')


@pytest.mark.parametrize('attributes, inner, status', [
    ('content-type="text/plain"', '', 403), ('version="3.0"', '', 403),
    ('', '<C:expand start="20270301T000000Z"/>', 400),
    ('', '<C:expand start="20270401T000000Z" end="20270301T000000Z"/>', 400),
    ('', '<C:comp name="VEVENT"/>', 400), ('', '<C:comp/>', 400)])
def test_data_that_cannot_be(person, calendar, attributes, inner, status):
    props = f'<C:calendar-data {attributes}>{inner}</C:calendar-data>'
    answer = person('REPORT', calendar, query('', props=props), Depth='1')
    assert answer.status == status
    if status == 403:
        assert condition(answer)[1] == 'C:supported-calendar-data'


def test_data_with_other_requests(person, calendar):
    """Asked for like a property: PROPFIND, sync-collection; never with all of them."""
    ask = propfind_body('getetag', ('urn:ietf:params:xml:ns:caldav', 'calendar-data'))
    found = answers(person('PROPFIND', calendar, ask, Depth='1', Content_Type='text/xml'))
    assert found['one.ics'][f'{C}calendar-data'].encode() == OBJECTS['one.ics']
    body = sync_body().replace('<D:getetag/>', '<C:calendar-data xmlns:C="urn:ietf:params:xml:ns:caldav"/>')
    found = answers(person('REPORT', calendar, body))
    assert found['day.ics'][f'{C}calendar-data'].encode() == OBJECTS['day.ics']
    for how in ('allprop', 'propname'):
        body = f'<D:propfind xmlns:D="DAV:"><D:{how}/></D:propfind>'
        assert b'calendar-data' not in person('PROPFIND', calendar + 'one.ics', body, Depth='0',
                                              Content_Type='text/xml').body


# ---------------------------------------------------------------- calendar-multiget

def test_multiget(person, calendar, server):
    """RFC 4791, 7.9; addresses in the forms that clients send (cl-C4, cl-C10, cl-D5)."""
    hrefs = [calendar + 'one.ics', calendar + '%64ay.ics', f'http://{server.host}{calendar}due.ics',
             calendar + 'none.ics', '/dav/calendars/jena-member/calendar/else.ics', calendar, 'http://other.test/x',
             calendar + 'one.ics']
    for depth in (None, '0', '1'):
        answer = person('REPORT', calendar, multiget(hrefs), Depth=depth)
        found = answers(answer)
        assert found['one.ics'][f'{C}calendar-data'].encode() == OBJECTS['one.ics']
        assert set(found) == {'one.ics', 'day.ics', 'due.ics', 'none.ics', 'else.ics', '', 'x'}
        missing = 'HTTP/1.1 404 Not Found'
        assert found['none.ics'] == found['x'] == found[''] == missing
        tree = ET.fromstring(answer.body)
        assert [r.findtext(f'{D}href') for r in tree if r.findtext(f'{D}status') == missing] == [
            hrefs[3], hrefs[4], hrefs[5], hrefs[6]]
        assert answer.body.count(b'UID:one') == 1


def test_multiget_of_one_object(person, calendar):
    one = calendar + 'one.ics'
    assert answers(person('REPORT', one, multiget([one])))['one.ics'][f'{C}calendar-data'].encode() == OBJECTS['one.ics']
    assert answers(person('REPORT', one, multiget([calendar + 'day.ics'])))['day.ics'] == 'HTTP/1.1 404 Not Found'
    assert person('REPORT', calendar, multiget([])).status == 400


def test_multiget_of_fifty_thousand_addresses(person, calendar):
    """A30: as many as a client may have; one more is not read."""
    many = [f'{calendar}none-{i}.ics' for i in range(49999)]
    answer = person('REPORT', calendar, multiget([calendar + 'one.ics', *many], '<D:getetag/>'))
    assert answer.status == 207 and answer.body.count(b'404 Not Found') == 49999
    assert answer.body.count(b'<D:getetag>') == 1


# ---------------------------------------------------------------- free-busy-query

def test_busy_times(person, calendar):
    """RFC 4791, 7.10: when, and nothing of what (D26)."""
    answer = person('REPORT', calendar, free_busy('20270301T000000Z', '20270401T000000Z'), Depth='1')
    assert answer.status == 200 and answer.get('content-type') == 'text/calendar; charset=utf-8'
    lines = answer.body.decode().split('\r\n')
    assert [line for line in lines if line.startswith('FREEBUSY')] == [
        'FREEBUSY;FBTYPE=BUSY-UNAVAILABLE:20270301T080000Z/20270301T090000Z',
        'FREEBUSY:20270301T180000Z/20270301T200000Z',
        'FREEBUSY:20270305T100000Z/20270305T110000Z',
        'FREEBUSY:20270309T230000Z/20270310T230000Z']
    assert 'DTSTART:20270301T000000Z' in lines and 'DTEND:20270401T000000Z' in lines
    assert b'Geheim' not in answer.body and b'UID' not in answer.body


@pytest.mark.parametrize('inner', ['', '<C:time-range/>', span(start='20270301T000000Z'),
                                   span('20270401T000000Z', '20270301T000000Z')])
def test_busy_times_without_a_range(person, calendar, inner):
    body = f'<C:free-busy-query {HEAD}>{inner}</C:free-busy-query>'
    assert person('REPORT', calendar, body, Depth='1').status == 400


# ---------------------------------------------------------------- what is announced

def test_reports_and_collations_are_announced(person, calendar):
    ask = propfind_body('supported-report-set', ('urn:ietf:params:xml:ns:caldav', 'supported-collation-set'))
    answer = person('PROPFIND', calendar, ask, Depth='0', Content_Type='text/xml')
    tree = ET.fromstring(answer.body)
    reports = {r[0].tag for r in tree.iter(f'{D}report')}
    assert {f'{C}calendar-query', f'{C}calendar-multiget', f'{C}free-busy-query', f'{D}sync-collection'} <= reports
    assert {c.text for c in tree.iter(f'{C}supported-collation')} == {'i;ascii-casemap', 'i;octet', 'i;unicode-casemap'}
    assert 'calendar-access' in answer.get('dav').split(', ')
    assert person('REPORT', '/dav/files/jena/Mitglieder/', query(''), Depth='1').status == 403


def test_others_see_nothing(server, calendar):
    """A person's calendar is hers; a chapter's is for those who may read it."""
    other = server.client('erfurt-member')
    for body in (query(''), multiget([calendar + 'one.ics']), free_busy('20270301T000000Z', '20270401T000000Z')):
        assert other('REPORT', calendar, body, Depth='1').status == 404
