"""Hostile calendar objects: cases D01 to D24 of security.md, as far as PUT meets them."""
import time

import pytest

from lib.calendars import event
from lib.oracle import patience

HOME = '/dav/calendars/jena-member/calendar/'


@pytest.fixture
def put(login, request):
    """put(body, name=...): the answer to a PUT into a calendar of one's own."""
    client = login('jena-member')

    def send(body, name=None, **more):
        href = HOME + (name or f'd-{abs(hash(request.node.name))}') + '.ics'
        start = time.monotonic()
        answer = client.put(href, body, **{'Content_Type': 'text/calendar', **more})
        took = time.monotonic() - start
        print(f'{answer.status} after {took * 1e3:.1f} ms')
        assert took < 2 * patience(), took
        if answer.status in (201, 204):
            kept = client.get(href)
            assert kept.status == 200 and kept.body == body, 'not as it was sent'
            assert client.delete(href).status == 204
        return answer
    return send


def refused(answer, *elements):
    assert answer.status == 403, answer
    assert any(f'<C:{e}'.encode() in answer.body for e in elements), answer.body
    return True


def rule(text, **more):
    return event('rule', 'RRULE:' + text, **more)


def zoned(tzid, *observances):
    """An event in a time zone of its own."""
    zone = '\r\n'.join(['BEGIN:VTIMEZONE', 'TZID:' + tzid, *observances, 'END:VTIMEZONE', ''])
    body = event('zoned', start=f'DTSTART;TZID={tzid}:20270301T180000', end=f'DTEND;TZID={tzid}:20270301T190000').decode()
    return body.replace('BEGIN:VEVENT', zone + 'BEGIN:VEVENT').encode()


def observance(rule_text, start='16010101T000000'):
    return '\r\n'.join(['BEGIN:STANDARD', 'DTSTART:' + start, 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0200', 'RRULE:' + rule_text,
                        'END:STANDARD'])


@pytest.mark.parametrize('text', ['FREQ=SECONDLY', 'FREQ=SECONDLY;INTERVAL=2;COUNT=5'])
def test_D01_every_second(put, text):
    assert refused(put(rule(text)), 'valid-calendar-data')


@pytest.mark.parametrize('text', ['FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=SECONDLY;BYSECOND=60',
                                  'FREQ=SECONDLY;BYMONTH=12', 'FREQ=SECONDLY;BYMONTH=1;BYYEARDAY=-1'])
def test_D02_seconds_that_never_come(put, text):
    assert refused(put(rule(text)), 'valid-calendar-data')


@pytest.mark.parametrize('text', ['FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30;BYHOUR=3', 'FREQ=HOURLY;BYMONTHDAY=31;BYMONTH=6'])
def test_D03_minutes_that_never_come(put, text):
    assert put(rule(text)).status in (201, 403)


@pytest.mark.parametrize('text', ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', 'FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2,4,6,9,11'])
def test_D04_days_that_never_come(put, text):
    assert put(rule(text)).status == 201


def test_D05_lists_of_everything(put):
    minutes, hours = (','.join(map(str, range(n))) for n in (60, 24))
    days = ','.join(map(str, range(1, 367)))
    text = f'FREQ=YEARLY;BYSECOND={minutes};BYMINUTE={minutes};BYHOUR={hours};BYYEARDAY={days};BYSETPOS=-1'
    assert refused(put(rule(text)), 'valid-calendar-data', 'supported-calendar-data')
    sixty_four = ','.join(map(str, range(1, 65)))
    assert put(rule(f'FREQ=YEARLY;BYYEARDAY={sixty_four}')).status == 201
    assert refused(put(rule(f'FREQ=YEARLY;BYYEARDAY={sixty_four},65')), 'valid-calendar-data')


def test_D06_from_the_year_one(put):
    assert put(rule('FREQ=DAILY', start='DTSTART:00010101T000000Z', end='DTEND:00010101T010000Z')).status == 201


@pytest.mark.parametrize('text, status', [
    ('FREQ=YEARLY;UNTIL=99991231T000000Z', 201), ('FREQ=DAILY;INTERVAL=32767', 201),
    ('FREQ=DAILY;COUNT=99999999999999', 403), ('FREQ=DAILY;INTERVAL=0', 403), ('FREQ=DAILY;INTERVAL=-1', 403)])
def test_D07_numbers_at_their_ends(put, text, status):
    assert put(rule(text)).status == status
    assert put(rule('FREQ=DAILY;COUNT=2147483647')).status in (201, 403)
    assert put(rule(text, start='DTSTART:99991230T000000Z', end='DTEND:99991231T000000Z')).status == status


def test_D07_an_end_before_the_start(put):
    assert put(event('back', start='DTSTART:20270301T180000Z', end='DTEND:20270201T180000Z')).status in (201, 403)


def test_D08_a_zone_that_changes_every_second(put):
    assert refused(put(zoned('Mine', observance('FREQ=SECONDLY'))), 'valid-calendar-data', 'valid-calendar-object-resource')


def test_D08_a_known_zone_is_what_the_system_says(put, login):
    """Berlin is not nine hours off because somebody says so: the event is found at its time."""
    client = login('jena-member')
    odd = '\r\n'.join(['BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0900', 'TZOFFSETTO:+0900', 'END:STANDARD'])
    href = HOME + 'berlin.ics'
    assert client.put(href, zoned('Europe/Berlin', odd), Content_Type='text/calendar').status == 201
    [[starts]] = client.server.stack.sql("SELECT o.starts FROM occurrence o JOIN dav_node n ON n.id = o.node_id WHERE n.name = 'berlin.ics'")
    assert starts == 1803920400  # 2027-03-01 17:00 UTC
    assert client.delete(href).status == 204


def test_D09_a_zone_of_fifty_daily_rules(put):
    answer = put(zoned('Mine', *(observance('FREQ=DAILY', f'1601010{1 + i % 9}T00{i:02}00') for i in range(50))))
    assert refused(answer, 'valid-calendar-data', 'supported-calendar-data', 'valid-calendar-object-resource')


def test_D10_thousands_of_zones(put):
    zone = '\r\n'.join(['BEGIN:VTIMEZONE', 'TZID:Z{}', 'BEGIN:STANDARD', 'DTSTART:19700101T000000', 'TZOFFSETFROM:+0100', 'TZOFFSETTO:+0100',
                        'END:STANDARD', 'END:VTIMEZONE', ''])
    body = event('zones').decode()
    many = body.replace('BEGIN:VEVENT', ''.join(zone.format(i) for i in range(6000)) + 'BEGIN:VEVENT')
    assert refused(put(many.encode()), 'supported-calendar-data', 'max-resource-size')


@pytest.mark.parametrize('tzid', ['../../etc/passwd', '/etc/passwd', 'x' * 10240, 'Europe/Berlin/../../../../etc/passwd'])
def test_D10_a_zone_is_no_path(put, tzid):
    body = event('path', start=f'DTSTART;TZID={tzid}:20270301T180000', end=None)
    assert refused(put(body), 'valid-timezone', 'valid-calendar-data', 'supported-calendar-data')


@pytest.mark.parametrize('deep', [7, 1000, 20000])
def test_D11_components_inside_each_other(put, deep):
    body = event('deep').decode().replace('END:VEVENT', 'BEGIN:X-A\r\n' * deep + 'END:X-A\r\n' * deep + 'END:VEVENT')
    assert refused(put(body.encode()), 'supported-calendar-data')


@pytest.mark.parametrize('size, status', [(100_000, 201), (200_000, 201), (300_000, 403), (900_000, 403)])
def test_D12_one_line(put, size, status):
    assert put(event('line', 'DESCRIPTION:' + 'x' * size)).status == status


def test_D12_a_line_that_is_folded_very_often(put):
    assert refused(put(event('folds', 'DESCRIPTION:' + 'x\r\n ' * 90_000 * 3)), 'supported-calendar-data', 'max-resource-size')


@pytest.mark.parametrize('n', [4900, 10_000, 50_000])
def test_D13_lines_of_rubbish(put, n):
    assert put(event('rubbish', *['no content line'] * n)).status == 403
    assert b'X-LIC-ERROR' not in put(event('rubbish', *['no content line'] * n)).body


def test_D14_many_values(put):
    for name, value in (('EXDATE', '2027{:02}{:02}T180000Z'), ('CATEGORIES', 'C{}{}')):
        values = [value.format(1 + i // 28 % 12, 1 + i % 28) for i in range(501)]
        assert put(event('values', 'RRULE:FREQ=DAILY', f'{name}:' + ','.join(values[:500]))).status == 201
        answer = put(event('values', 'RRULE:FREQ=DAILY', f'{name}:' + ','.join(values)))
        assert answer.status in (201, 403)  # as it was sent, or not at all: `put` looks


@pytest.mark.parametrize('line', ['DESCRIPTION:ends in \\', 'DESCRIPTION:\\\\', 'X-A;X="a":b', 'X-A;X=a"b:c', 'X-A;X="a:b'])
def test_D15_ends_of_lines(put, line):
    assert put(event('ends', line)).status in (201, 403)


def test_D15_twenty_thousand_parameters(put):
    assert refused(put(event('params', 'X-A' + ';X=' * 20_000 + ':b')), 'supported-calendar-data', 'valid-calendar-data')


def test_D18_alarms(put):
    alarm = ['BEGIN:VALARM', 'ACTION:{}', 'TRIGGER:-PT15M', 'DESCRIPTION:x', '{}', 'END:VALARM']

    def with_alarm(action, more):
        return event('alarm', *[line.format(action if 'ACTION' in line else more) for line in alarm])
    assert refused(put(with_alarm('DISPLAY', 'REPEAT:2147483647\r\nDURATION:PT1S')), 'supported-calendar-data')
    assert put(with_alarm('DISPLAY', 'REPEAT:100\r\nDURATION:PT1S')).status == 201
    assert put(with_alarm('PROCEDURE', 'ATTACH:file:///bin/sh')).status == 201
    assert put(with_alarm('EMAIL', 'ATTENDEE:mailto:foreign@example.org\r\nSUMMARY:x')).status == 201


def test_D19_two_objects_with_one_uid(login):
    client = login('jena-member')
    first, second = HOME + 'uid-first.ics', HOME + 'uid-second.ics'
    assert client.put(first, event('same')).status == 201
    answer = client.put(second, event('same'))
    assert refused(answer, 'no-uid-conflict') and first.encode() in answer.body
    answer = client.put(first, event('other'))
    assert refused(answer, 'no-uid-conflict') and first.encode() in answer.body
    assert client.copy(first, second).status == 403
    assert client.move(first, second).status == 201
    assert client.delete(second).status == 204
    assert client.put(first, event('same')).status == 201 and client.delete(first).status == 204


def test_D19_not_one_object(put):
    one = event('one').decode()
    inner = one[one.index('BEGIN:VEVENT'):one.index('END:VCALENDAR')]
    two = one.replace('END:VCALENDAR', inner.replace('UID:one', 'UID:two') + 'END:VCALENDAR')
    assert refused(put(two.encode()), 'valid-calendar-object-resource')
    mixed = one.replace('END:VCALENDAR', inner.replace('VEVENT', 'VTODO') + 'END:VCALENDAR')
    assert refused(put(mixed.encode()), 'valid-calendar-object-resource')
    twice = one.replace('END:VCALENDAR', inner + 'END:VCALENDAR')
    assert refused(put(twice.encode()), 'valid-calendar-object-resource')
    assert refused(put(one.replace('VERSION:2.0', 'VERSION:2.0\r\nMETHOD:REQUEST').encode()), 'valid-calendar-object-resource')
    assert refused(put(one.replace('UID:one\r\n', '').encode()), 'valid-calendar-object-resource')
    assert refused(put(one.replace('VERSION:2.0', 'VERSION:1.0').encode()), 'supported-calendar-data')
    assert refused(put(one.encode(), Content_Type='text/plain'), 'supported-calendar-data')
    assert refused(put((one + one).encode()), 'valid-calendar-object-resource')
    assert refused(put(b'BEGIN:VCARD\r\nVERSION:3.0\r\nFN:x\r\nEND:VCARD\r\n'), 'valid-calendar-data', 'supported-calendar-data')
    assert refused(put(b''), 'valid-calendar-data')


def test_D20_very_many_changed_instances(put):
    one = event('changed', 'RRULE:FREQ=DAILY').decode()
    inner = event('changed').decode()
    inner = inner[inner.index('BEGIN:VEVENT'):inner.index('END:VCALENDAR')]

    def changed(n):
        return ''.join(inner.replace('UID:changed', f'UID:changed\r\nRECURRENCE-ID:{2027 + i // 336}{1 + i // 28 % 12:02}{1 + i % 28:02}T180000Z')
                       for i in range(n))
    assert put(one.replace('END:VCALENDAR', changed(500) + 'END:VCALENDAR').encode()).status == 201
    assert refused(put(one.replace('END:VCALENDAR', changed(6000) + 'END:VCALENDAR').encode()),
                   'supported-calendar-data', 'max-resource-size')


def test_D20_changes_of_what_never_is(put):
    outside = event('outside', 'RECURRENCE-ID:20300101T000000Z').decode()
    inner = outside[outside.index('BEGIN:VEVENT'):outside.index('END:VCALENDAR')]
    body = event('outside', 'RRULE:FREQ=DAILY;COUNT=3').decode()
    assert put(body.replace('END:VCALENDAR', inner + 'END:VCALENDAR').encode()).status == 201
    none = event('none', 'RRULE:FREQ=DAILY;COUNT=2', 'EXDATE:20270301T180000Z,20270302T180000Z')
    assert put(none).status == 201


def test_D21_attachments_are_not_fetched(put):
    for value in (':http://169.254.169.254/latest/', ';VALUE=URI:file:///etc/passwd'):
        assert put(event('attach', 'ATTACH' + value)).status == 201
    assert refused(put(event('attach', 'ATTACH;ENCODING=BASE64;VALUE=BINARY:' + 'QUJD' * 300_000)), 'max-resource-size')


@pytest.mark.parametrize('body, status', [
    (event('nul').replace(b'Treffen', b'Tre\0ffen'), 403), (event('lf').replace(b'\r\n', b'\n'), 201),
    (event('cr').replace(b'\r\n', b'\r'), 403), (event('bom').replace(b'BEGIN:VCALENDAR', b'\xef\xbb\xbfBEGIN:VCALENDAR', 1), 201),
    (event('utf16').decode().encode('utf-16'), 403), (event('latin', summary='Grün').decode().encode('latin-1'), 403),
    (event('utf8', summary='Grün'), 201)], ids=['nul', 'lf', 'cr', 'bom', 'utf16', 'latin1', 'utf8'])
def test_D24_bytes(put, body, status):
    assert put(body).status == status


def test_sizes_of_an_object(put):
    """n - 1, n, n + 1 of the largest that is taken (1 MiB)."""
    empty = event('size', *(['DESCRIPTION:'] * 8))
    for more, status in ((-1, 201), (0, 201), (1, 403)):
        room = (1 << 20) + more - len(empty)
        parts = [room // 8 + (i < room % 8) for i in range(8)]
        body = event('size', *('DESCRIPTION:' + 'x' * n for n in parts))
        assert len(body) == (1 << 20) + more
        assert put(body).status == status


def test_A37_names_of_others_and_reserved_ones(login):
    client = login('jena-member')
    for name in ('erfurt.termine', 'jena.termine', 'jena.new', 'inbox', 'outbox', 'a.b.c', '.x', 'x.'):
        assert client('MKCALENDAR', f'/dav/calendars/jena-member/{name}/').status in (403, 404, 405), name


def test_A38_homes_stay(login):
    client = login('jena-chair')
    for target in ('/dav/calendars/', '/dav/calendars/jena-chair/', '/dav/principals/users/jena-chair/'):
        assert client.delete(target).status == 403
        assert client.move(target, '/dav/calendars/jena-chair/moved/').status in (403, 405)
