"""What RFC 4791 asks of calendars and of what is in them, beside the reports (4, 5 and 6)."""
import re
import xml.etree.ElementTree as ET

import pytest

from lib.caldav import C, D, HEAD, condition
from lib.calendars import event
from lib.client import propfind_body

HOME = '/dav/calendars/jena-member/'
CALDAV = 'urn:ietf:params:xml:ns:caldav'


@pytest.fixture(scope='module')
def person(server):
    return server.client('jena-member')


@pytest.fixture
def calendar(person):
    href = HOME + 'objects/'
    assert person('MKCALENDAR', href).status == 201
    yield href
    assert person('DELETE', href).status == 204


def put(person, href, body, **more):
    return person('PUT', href, body, **{'Content_Type': 'text/calendar', **more})


def values(person, href, *names):
    answer = person('PROPFIND', href, propfind_body(*names), Depth='0', Content_Type='text/xml')
    return ET.fromstring(answer.body)


# ---------------------------------------------------------------- objects (4.1, 5.3)

def test_an_object_stays_as_it_was_sent(person, calendar):
    """5.3.3, 5.3.4: whatever nobody knows stays, and the entity tag of a PUT is that of a GET, and strong."""
    body = event('x', 'X-COLOUR;X-OF=us:red', 'IANA-ONE:1', 'BEGIN:X-PART', 'X-IN:1', 'END:X-PART').replace(
        b'END:VCALENDAR', b'BEGIN:X-OTHER\r\nX-A:b\r\nEND:X-OTHER\r\nEND:VCALENDAR')
    answer = put(person, calendar + 'x.ics', body)
    assert answer.status == 201 and re.fullmatch('"[^"]+"', answer.etag)
    kept = person('GET', calendar + 'x.ics')
    assert kept.body == body and kept.etag == answer.etag
    assert kept.get('Content-Type').startswith('text/calendar; charset=utf-8')
    assert values(person, calendar + 'x.ics', 'getetag').find(f'.//{D}getetag').text == answer.etag
    again = put(person, calendar + 'x.ics', body.replace(b'Treffen', b'Fest'), If_Match=answer.etag)
    assert again.status == 204 and again.etag not in (None, answer.etag)
    assert put(person, calendar + 'x.ics', body, If_Match=answer.etag).status == 412
    assert put(person, calendar + 'x.ics', body, If_None_Match='*').status == 412


def test_one_uid_is_one_object(person, calendar):
    """4.1, 5.3.2.1: no-uid-conflict names the other; a UID does not change."""
    assert put(person, calendar + 'a.ics', event('one')).status == 201
    answer = put(person, calendar + 'b.ics', event('one'))
    assert condition(answer) == (403, 'C:no-uid-conflict')
    assert ET.fromstring(answer.body)[0].findtext(f'{D}href') == calendar + 'a.ics'
    assert put(person, calendar + 'a.ics', event('two')).status == 403
    assert put(person, HOME + 'calendar/b.ics', event('one')).status == 201, 'in another calendar it is another'
    assert person('DELETE', HOME + 'calendar/b.ics').status == 204


def test_an_instance_alone(person, calendar):
    """4.1: to one instance somebody may be invited without the others."""
    assert put(person, calendar + 'i.ics', event('i', 'RECURRENCE-ID:20270301T180000Z')).status == 201


@pytest.mark.parametrize('body, what', [
    (b'no calendar', 'C:valid-calendar-data'),
    (event('m').replace(b'VERSION:2.0', b'VERSION:2.0\r\nMETHOD:REQUEST'), 'C:valid-calendar-object-resource'),
    (event('m').replace(b'END:VCALENDAR', b'BEGIN:VTODO\r\nUID:m\r\nEND:VTODO\r\nEND:VCALENDAR'),
     'C:valid-calendar-object-resource'),
    (event('m').replace(b'END:VCALENDAR', b'BEGIN:VEVENT\r\nUID:n\r\nDTSTART:20270301T180000Z\r\nEND:VEVENT\r\nEND:VCALENDAR'),
     'C:valid-calendar-object-resource'),
    (event('m', *[f'ATTENDEE:mailto:{i}@example.org' for i in range(101)]), 'C:max-attendees-per-instance'),
    (event('m', 'DESCRIPTION:' + 'x' * 200_000, *['COMMENT:' + 'x' * 200_000] * 5), 'C:max-resource-size')],
    ids=['no calendar', 'method', 'two kinds', 'two events', 'attendees', 'size'])
def test_what_is_no_object(person, calendar, body, what):
    """5.3.2.1: each with its precondition."""
    assert condition(put(person, calendar + 'm.ics', body)) == (403, what)


def test_other_types(person, calendar):
    answer = put(person, calendar + 'm.ics', event('m'), Content_Type='text/plain')
    assert condition(answer) == (403, 'C:supported-calendar-data')


# ---------------------------------------------------------------- calendars (4.2, 5.2, 5.3.1)

def test_no_calendar_in_a_calendar(person, calendar):
    for method in ('MKCALENDAR', 'MKCOL'):
        assert person(method, calendar + 'inner/').status in (403, 405, 409), method
    assert person('MKCALENDAR', '/dav/files/jena/Mitglieder/c/').status in (403, 405)
    for there in ('/dav/files/jena/Mitglieder/c/', calendar + 'inner/'):
        answer = person.move(calendar, there)
        assert answer.status == 403 and (calendar in there or b'calendar-collection-location-ok' in answer.body), answer.body


def test_properties_of_a_calendar(person, calendar):
    """5.2: what it is; nothing of it with DAV:allprop, and most of it is not for clients to set."""
    protected = ('supported-calendar-component-set', 'supported-calendar-data', 'max-resource-size', 'min-date-time',
                 'max-date-time', 'max-attendees-per-instance', 'supported-collation-set')
    tree = values(person, calendar, 'resourcetype', *[(CALDAV, name) for name in protected])
    assert [e.tag for e in tree.find(f'.//{D}resourcetype')] == [f'{D}collection', f'{C}calendar']
    found = {e.tag.replace(C, ''): e for e in tree.find(f'{D}response/{D}propstat/{D}prop')}
    assert set(protected) <= set(found)
    assert {c.get('name') for c in found['supported-calendar-component-set']} >= {'VEVENT', 'VTODO', 'VJOURNAL'}
    assert found['min-date-time'].text == '00010101T000000Z' and found['max-date-time'].text == '99991231T235959Z'
    assert int(found['max-attendees-per-instance'].text) == 100
    body = '<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>'
    every = person('PROPFIND', calendar, body, Depth='0', Content_Type='text/xml').body
    assert not any(f'<C:{name}'.encode() in every for name in (*protected, 'calendar-description', 'calendar-timezone'))
    for name in protected:
        change = f'<D:propertyupdate {HEAD}><D:set><D:prop><C:{name}>x</C:{name}></D:prop></D:set></D:propertyupdate>'
        assert b'cannot-modify-protected-property' in person('PROPPATCH', calendar, change).body, name


def test_the_description_and_the_time_zone(person, calendar):
    """5.2.1, 5.2.2."""
    def patch(inner):
        return person('PROPPATCH', calendar, f'<D:propertyupdate {HEAD}><D:set><D:prop>{inner}</D:prop></D:set></D:propertyupdate>').body

    assert b'200 OK' in patch('<C:calendar-description xml:lang="de">Wofür</C:calendar-description>')
    assert values(person, calendar, (CALDAV, 'calendar-description')).find(f'.//{C}calendar-description').text == 'Wofür'
    zone = ('BEGIN:VCALENDAR&#13;\nVERSION:2.0&#13;\nPRODID:x&#13;\nBEGIN:VTIMEZONE&#13;\nTZID:Europe/Berlin&#13;\nBEGIN:STANDARD&#13;\n'
            'DTSTART:19961027T030000&#13;\nTZOFFSETFROM:+0200&#13;\nTZOFFSETTO:+0100&#13;\nEND:STANDARD&#13;\nEND:VTIMEZONE&#13;\n'
            'END:VCALENDAR&#13;\n')
    assert b'200 OK' in patch(f'<C:calendar-timezone>{zone}</C:calendar-timezone>')
    assert values(person, calendar, (CALDAV, 'calendar-timezone')).find(f'.//{C}calendar-timezone').text == zone.replace('&#13;', '\r')
    for bad in ('x', zone.replace('VTIMEZONE', 'VEVENT'), ''):
        assert b'valid-calendar-data' in patch(f'<C:calendar-timezone>{bad}</C:calendar-timezone>'), bad


def test_the_privilege_to_see_when_somebody_is_busy(person, calendar):
    """6.1.1: held by DAV:read."""
    tree = values(person, calendar, 'current-user-privilege-set', 'supported-privilege-set')
    own = {e.tag for e in tree.findall(f'.//{D}current-user-privilege-set/{D}privilege/*')}
    assert {f'{D}read', f'{C}read-free-busy'} <= own
    [read] = [p for p in tree.iter(f'{D}supported-privilege') if p.find(f'{D}privilege/{D}read') is not None]
    assert read.find(f'{D}supported-privilege/{D}privilege/{C}read-free-busy') is not None
    other = values(person, '/dav/files/jena/Mitglieder/', 'current-user-privilege-set', 'supported-privilege-set')
    assert other.find(f'.//{C}read-free-busy') is None


# ---------------------------------------------------------------- space (RFC 4331)

def test_ones_own_space_has_an_end(person, calendar, stack):
    """What is written is counted; when it is full a new entry is refused and nothing of it is there, and what is there can be
    read and deleted."""
    def room():
        entry = person.props(calendar, 'quota-available-bytes', 'quota-used-bytes')
        return int(entry.text('quota-available-bytes')), int(entry.text('quota-used-bytes'))

    free, used = room()
    assert put(person, calendar + 's.ics', event('space', summary='S' * 5000)).status == 201
    left, now = room()
    assert now >= used + 5000 and left + now == free + used
    fill = "UPDATE person_space SET used = used + %s WHERE person_id = (SELECT id FROM person WHERE uid = 'jena-member')"
    stack.sql(fill, left)
    try:
        assert condition(put(person, calendar + 't.ics', event('more'))) == (507, 'D:quota-not-exceeded')
        assert person.get(calendar + 't.ics').status == 404
        assert person.get(calendar + 's.ics').status == 200 and person('DELETE', calendar + 's.ics').status == 204
    finally:
        stack.sql(fill, -left)
    assert put(person, calendar + 't.ics', event('more')).status == 201
