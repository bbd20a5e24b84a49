"""Time zones by reference (RFC 7809): clients that know tzdata leave it out, and have it left out."""
import re
import xml.etree.ElementTree as ET

import pytest

from lib.caldav import C, D, HEAD, answers, condition, multiget
from lib.calendars import event
from lib.client import propfind_body, sync_body

CALDAV = 'urn:ietf:params:xml:ns:caldav'
HOME = '/dav/calendars/jena-member/'
MINE = ('BEGIN:VTIMEZONE\r\nTZID:Ours\r\nBEGIN:STANDARD\r\nDTSTART:19700101T000000\r\nTZOFFSETFROM:+0200\r\n'
        'TZOFFSETTO:+0200\r\nEND:STANDARD\r\nEND:VTIMEZONE\r\n')


@pytest.fixture(scope='module')
def person(server):
    return server.client('jena-member')


@pytest.fixture(scope='module')
def calendar(person):
    href = HOME + 'zones/'
    assert person('MKCALENDAR', href).status == 201
    yield href
    assert person('DELETE', href).status == 204


def zoned(uid, tzid='Europe/Berlin', zone=''):
    """An event there; zone: its VTIMEZONE, if any."""
    body = event(uid, start=f'DTSTART;TZID={tzid}:20270701T180000', end=f'DTEND;TZID={tzid}:20270701T200000')
    return body.replace(b'BEGIN:VEVENT', zone.encode() + b'BEGIN:VEVENT')


@pytest.fixture
def put(person, calendar):
    count = iter(range(1000))
    made = []

    def send(body, **headers):
        href = f'{calendar}{next(count)}.ics'
        answer = person('PUT', href, body, Content_Type='text/calendar', **headers)
        made.append(href)
        return href, answer

    yield send
    for href in made:
        assert person('DELETE', href).status in (204, 404)


def patch(person, href, how):
    return person('PROPPATCH', href, f'<D:propertyupdate {HEAD}>{how}</D:propertyupdate>')


def set_to(person, href, name, value):
    return patch(person, href, f'<D:set><D:prop><C:{name}>{value}</C:{name}></D:prop></D:set>')


def values(person, href, *names):
    """What properties of CalDAV say; None: 404."""
    answer = person('PROPFIND', href, propfind_body(*[(CALDAV, name) for name in names]), Depth='0', Content_Type='text/xml')
    assert answer.status == 207
    found = {}
    for propstat in ET.fromstring(answer.body).iter(f'{D}propstat'):
        there = '200' in propstat.findtext(f'{D}status')
        for p in propstat.find(f'{D}prop'):
            found[p.tag.replace(C, '')] = p if there else None
    return [found[name] for name in names]


# ---------------------------------------------------------------- 3.1.1

def test_it_is_announced(person, calendar):
    for href in (calendar, HOME):
        assert 'calendar-no-timezone' in [t.strip() for t in person('OPTIONS', href).get('DAV').split(',')]


# ---------------------------------------------------------------- objects

def test_an_object_that_only_names_its_zone_is_whole_for_everybody_else(person, put):
    """Taken, found at its time, and given back with its zone to whoever does not ask for less."""
    sent = zoned('named')
    href, answer = put(sent)
    assert answer.status == 201 and answer.get('ETag') is None, 'what one gets back is something else'
    got = person('GET', href)
    assert got.get('Vary') == 'CalDAV-Timezones' and person('GET', href, CalDAV_Timezones='T').body == got.body
    zone = re.search(rb'BEGIN:VTIMEZONE.*END:VTIMEZONE\r\n', got.body, re.S)[0]
    assert b'TZID:Europe/Berlin\r\n' in zone and b'BYMONTH=3;BYDAY=-1SU' in zone and b'BYMONTH=10;BYDAY=-1SU' in zone
    assert got.body.replace(zone, b'') == sent, 'nothing else was changed'
    [[starts]] = person.server.stack.sql('SELECT o.starts FROM occurrence o JOIN dav_node n ON n.id = o.node_id '
                                         "JOIN dav_node c ON c.id = n.parent_id WHERE c.name = 'zones' AND n.name = %s",
                                         href.split('/')[-1])
    assert starts == 1814457600  # 2027-07-01 16:00 UTC


def test_who_knows_zones_gets_back_what_she_sent(person, put):
    """CalDAV-Timezones: F with PUT, too: then the entity tag is that of what she sees."""
    href, answer = put(zoned('plain'), CalDAV_Timezones='F')
    assert answer.status == 201 and answer.get('ETag')
    got = person('GET', href, CalDAV_Timezones='F')
    assert got.body == zoned('plain') and got.get('ETag') == answer.get('ETag') and got.get('Vary') == 'CalDAV-Timezones'
    head = person('HEAD', href, CalDAV_Timezones='F')
    assert int(head.get('Content-Length')) == len(got.body) < int(person('HEAD', href).get('Content-Length'))
    again = person('PUT', href, zoned('plain').replace(b'Treffen', b'Anders'), Content_Type='text/calendar', CalDAV_Timezones='F',
                   If_Match=answer.get('ETag'))
    assert again.status == 204 and again.get('ETag') != answer.get('ETag')
    same = person('GET', href, CalDAV_Timezones='F', If_None_Match=again.get('ETag'))
    assert same.status == 304 and same.get('ETag') == again.get('ETag') and same.get('Vary') == 'CalDAV-Timezones'


def test_a_zone_that_was_sent_stays_for_those_who_want_it(person, put):
    zone = MINE.replace('Ours', 'Europe/Berlin')
    href, answer = put(zoned('sent', zone=zone))
    assert answer.get('ETag') and person('GET', href).body == zoned('sent', zone=zone)
    assert person('GET', href, CalDAV_Timezones='F').body == zoned('sent')
    href, answer = put(zoned('both', zone=zone), CalDAV_Timezones='F')
    assert answer.get('ETag') is None, 'she would not get her zone back'


def test_a_zone_that_nobody_else_knows_is_never_left_out(person, put):
    href, answer = put(zoned('ours', 'Ours', MINE), CalDAV_Timezones='F')
    assert answer.status == 201 and answer.get('ETag')
    assert person('GET', href, CalDAV_Timezones='F').body == zoned('ours', 'Ours', MINE)


def test_a_known_zone_under_a_name_of_its_own_is_never_left_out(person, put):
    """We understand it, but who relies on tzdata does not."""
    tzid = '/freeassociation.sourceforge.net/Europe/Berlin'
    href, _ = put(zoned('libical', tzid))
    for wish in ('T', 'F'):
        assert f'TZID:{tzid}'.encode() in person('GET', href, CalDAV_Timezones=wish).body.replace(b'\r\n ', b'')


def test_several_zones(person, put):
    sent = zoned('several').replace(b'DTEND;TZID=Europe/Berlin', b'DTEND;TZID=America/New_York')
    href, _ = put(sent, CalDAV_Timezones='F')
    assert person('GET', href, CalDAV_Timezones='F').body == sent
    assert re.findall(rb'\r\nTZID:(.*)\r\n', person('GET', href).body) == [b'Europe/Berlin', b'America/New_York']


def test_D10_more_zones_than_an_object_may_have(put):
    names = ['Berlin', 'Paris', 'Rome', 'Madrid', 'Vienna', 'Oslo', 'Stockholm', 'Prague', 'Warsaw', 'Athens', 'Dublin', 'Lisbon',
             'London', 'Malta', 'Riga', 'Sofia', 'Tallinn']
    body = event('many', *[f'EXDATE;TZID=Europe/{name}:20270308T180000' for name in names]).decode()
    _, answer = put(body.encode())
    assert condition(answer) == (403, 'C:supported-calendar-data')
    _, answer = put(body.replace('EXDATE;TZID=Europe/Tallinn:20270308T180000\r\n', '').encode())
    assert answer.status == 201


@pytest.mark.parametrize('zone', ['', MINE])
def test_a_zone_that_nobody_knows_is_refused(put, zone):
    """valid-timezone (5.2.1)."""
    _, answer = put(zoned('nowhere', 'No/Where', zone))
    assert condition(answer) == (403, 'C:valid-timezone')


def test_copies_and_moved_ones(person, put, calendar):
    """COPY and MOVE take the object as it is; whoever reads it says what she wants of it."""
    href, _ = put(zoned('moving'), CalDAV_Timezones='F')
    assert person('MKCALENDAR', HOME + 'zones2/').status == 201
    try:
        for method, name in (('COPY', 'copy.ics'), ('MOVE', 'move.ics')):
            there = HOME + 'zones2/' + name
            assert person(method, href, Destination=there, CalDAV_Timezones='F').status == 201
            assert person('GET', there, CalDAV_Timezones='F').body == zoned('moving')
            assert b'BEGIN:VTIMEZONE' in person('GET', there).body
            assert person('DELETE', there).status == 204
    finally:
        assert person('DELETE', HOME + 'zones2/').status == 204


@pytest.mark.parametrize('wish, zones', [(None, 2), ('T', 2), ('t', 2), ('F', 0), ('f', 0), ('x', 2)])
def test_reports_and_properties(person, put, calendar, wish, zones):
    """calendar-data everywhere: in calendar-query, calendar-multiget, sync-collection and PROPFIND."""
    hrefs = [put(zoned('one'))[0], put(zoned('two', zone=MINE.replace('Ours', 'Europe/Berlin')))[0]]
    data = '<C:calendar-data/>'
    named = f'<D:prop>{data}</D:prop>'
    sync = sync_body().replace('<D:prop>', f'<D:prop xmlns:C="{CALDAV}">{data}')
    every = f'<C:calendar-query {HEAD}>{named}<C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
    for method, body, depth in (('REPORT', every, '1'), ('REPORT', multiget(hrefs), '0'), ('REPORT', sync, '0'),
                                ('PROPFIND', f'<D:propfind {HEAD}>{named}</D:propfind>', '1')):
        answer = person(method, calendar, body, Depth=depth, CalDAV_Timezones=wish)
        found = [p.get(f'{C}calendar-data') for name, p in answers(answer).items() if name]
        assert len(found) == 2 and sum('BEGIN:VTIMEZONE' in text for text in found) == zones, (body, found)
        assert all('DTSTART;TZID=Europe/Berlin:20270701T180000' in text for text in found)


# ---------------------------------------------------------------- properties

def test_the_zone_of_a_calendar_by_name(person, calendar):
    """5.2: whichever of the two is set, the other one says the same."""
    both = ('calendar-timezone-id', 'calendar-timezone')
    name, zone = values(person, calendar, *both)
    assert name.text == 'Europe/Berlin' and '\r\nTZID:Europe/Berlin\r\n' in zone.text, 'that of the installation'
    assert b'200 OK' in set_to(person, calendar, 'calendar-timezone-id', 'America/New_York').body
    name, zone = values(person, calendar, *both)
    assert name.text == 'America/New_York' and '\r\nTZID:America/New_York\r\n' in zone.text
    assert 'BYMONTH=11;BYDAY=1SU' in zone.text
    ours = f'BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:x\n{MINE}END:VCALENDAR\n'.replace('\r', '')
    assert b'200 OK' in set_to(person, calendar, 'calendar-timezone', ours.replace('Ours', 'Asia/Tokyo')).body
    name, zone = values(person, calendar, *both)
    assert name.text == 'Asia/Tokyo' and 'TZID:Asia/Tokyo' in zone.text
    assert b'200 OK' in set_to(person, calendar, 'calendar-timezone', ours).body
    name, zone = values(person, calendar, *both)
    assert name is None and 'TZID:Ours' in zone.text, 'it has no name that anybody knows'
    for removed in both:
        assert b'200 OK' in set_to(person, calendar, 'calendar-timezone-id', 'Asia/Tokyo').body
        assert b'200 OK' in patch(person, calendar, f'<D:remove><D:prop><C:{removed}/></D:prop></D:remove>').body
        name, zone = values(person, calendar, *both)
        assert name.text == 'Europe/Berlin' and 'TZID:Europe/Berlin' in zone.text


def test_a_zone_by_a_name_that_nobody_knows(person, calendar):
    """5.2.1; nothing has changed then."""
    for name in ('No/Where', '', 'Ours', '../etc/passwd', '&amp;amp;'):
        answer = set_to(person, calendar, 'calendar-timezone-id', name)
        assert answer.status == 207 and b'valid-timezone' in answer.body and b'403' in answer.body, answer.body
    assert values(person, calendar, 'calendar-timezone-id')[0].text == 'Europe/Berlin'


def test_a_calendar_is_made_with_its_zone(person):
    href = HOME + 'tokyo/'
    make = f'<C:mkcalendar {HEAD}><D:set><D:prop><C:calendar-timezone-id>%s</C:calendar-timezone-id></D:prop></D:set></C:mkcalendar>'
    refused = person('MKCALENDAR', href, make % 'No/Where')
    assert refused.status in (403, 424) and b'valid-timezone' in refused.body
    assert person('MKCALENDAR', href, make % 'Asia/Tokyo').status == 201
    name, zone = values(person, href, 'calendar-timezone-id', 'calendar-timezone')
    assert name.text == 'Asia/Tokyo' and 'TZOFFSETTO:+0900' in zone.text
    # Whole days go by it: the tenth of March begins there at 15:00 UTC of the ninth.
    assert person('PUT', href + 'day.ics', event('day', start='DTSTART;VALUE=DATE:20270310', end=None),
                  Content_Type='text/calendar').status == 201
    day = (f'<C:calendar-query {HEAD}><D:prop><D:getetag/></D:prop><C:filter><C:comp-filter name="VCALENDAR"><C:comp-filter '
           'name="VEVENT"><C:time-range start="20270309T%s" end="20270309T%s"/></C:comp-filter></C:comp-filter></C:filter></C:calendar-query>')
    assert not answers(person('REPORT', href, day % ('140000Z', '145900Z'), Depth='1'))
    assert answers(person('REPORT', href, day % ('145900Z', '150100Z'), Depth='1'))
    assert person('DELETE', href).status == 204


def test_nothing_of_it_is_in_allprop(person, calendar):
    """5.1, 5.2."""
    body = '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'
    for href in (calendar, HOME):
        answer = person('PROPFIND', href, body, Depth='0', Content_Type='text/xml')
        assert answer.status == 207 and b'calendar-timezone' not in answer.body and b'timezone-service' not in answer.body


def test_where_zones_are_to_be_had(person, stack):
    """timezone-service-set (5.1) on a home: the service that the settings name; without one it is not there."""
    assert values(person, HOME, 'timezone-service-set') == [None]
    d = stack.daemon({'timezone_service': 'https://zones.example.org/'}, name='zones')
    try:
        other = d.client('jena-member')
        [services] = values(other, HOME, 'timezone-service-set')
        assert [e.text for e in services.findall(f'{D}href')] == ['https://zones.example.org/']
        assert b'cannot-modify-protected-property' in set_to(other, HOME, 'timezone-service-set', '').body
    finally:
        d.stop()
