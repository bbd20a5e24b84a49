"""Invitations between calendars of people here (RFC 6638, 3 and 4): two people, and what each finds."""
import re

import pytest

from lib.caldav import condition
from lib.calendars import event
from lib.scheduling import Box, accepting, answer_of, invite, lines, meeting, status_of, unfold


@pytest.fixture(scope='module')
def anna(server):
    return Box(server, 'jena-board')


@pytest.fixture(scope='module')
def bob(server):
    return Box(server, 'jena-member')


@pytest.fixture(scope='module')
def carla(server):
    return Box(server, 'erfurt-member')


# ---------------------------------------------------------------- who invites (3.2.1)

def test_who_is_invited_finds_it_in_her_calendar_and_inbox(anna, bob):
    uid, answer = invite(anna, bob)
    assert answer.etag is None, 'what is stored says how it was sent, and is not what was sent'
    assert answer.get('Schedule-Tag')
    kept = anna.get(f'{uid}.ics')
    assert status_of(kept.body, bob.mail) == '1.2' and kept.get('Schedule-Tag') == answer.get('Schedule-Tag')
    href, copy = bob.copy(uid)
    assert 'METHOD' not in copy and answer_of(copy, bob.mail) == 'NEEDS-ACTION' and 'SCHEDULE-' not in copy
    assert bob.client('GET', href).get('Schedule-Tag')
    bob.told(uid, 'REQUEST')


def test_an_answer_comes_back(anna, bob, carla):
    uid, answer = invite(anna, bob, carla)
    carla.copy(uid)
    reply = bob.answer(uid)
    assert reply.etag is None and reply.get('Schedule-Tag')
    href, body = bob.copy(uid)
    assert status_of(body, anna.mail, 'ORGANIZER') == '1.2'
    _, body = anna.copy(uid, lambda body: answer_of(body, bob.mail) == 'ACCEPTED')
    assert status_of(body, bob.mail).startswith('2.0') and answer_of(body, carla.mail) == 'NEEDS-ACTION'
    anna.told(uid, 'REPLY')
    carla.copy(uid, lambda body: answer_of(body, bob.mail) == 'ACCEPTED')
    assert carla.methods(uid) == ['REQUEST'], 'what others answer comes without a message'


@pytest.mark.parametrize('partstat', ['DECLINED', 'TENTATIVE'])
def test_other_answers(anna, bob, partstat):
    uid, _ = invite(anna, bob)
    bob.answer(uid, partstat)
    anna.copy(uid, lambda body: answer_of(body, bob.mail) == partstat)


def test_a_reschedule_asks_again(anna, bob):
    """3.2.8: also when the program of who invites keeps the answers and the SEQUENCE; alarms of who is invited stay."""
    uid, _ = invite(anna, bob)
    alarm = 'BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT'
    assert bob.edit(uid, lambda b: accepting(b.replace('END:VEVENT', alarm), bob.mail)).status == 204
    moved = anna.edit(uid, lambda b: b.replace('T180000Z', 'T190000Z'), lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    assert moved.status == 204 and moved.etag is None
    body = unfold(anna.get(f'{uid}.ics').body)
    assert answer_of(body, bob.mail) == 'NEEDS-ACTION' and answer_of(body, anna.mail) == 'ACCEPTED' and 'SEQUENCE:1' in body
    _, copy = bob.copy(uid, lambda b: 'DTSTART:20270301T190000Z' in b)
    assert answer_of(copy, bob.mail) == 'NEEDS-ACTION' and 'TRIGGER:-PT5M' in copy
    bob.told(uid, 'REQUEST', 'REQUEST')


def test_another_title_does_not_ask_again(anna, bob):
    uid, _ = invite(anna, bob)
    bob.answer(uid)
    anna.edit(uid, lambda b: b.replace('Treffen', 'Sitzung'), lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    assert answer_of(anna.get(f'{uid}.ics').body, bob.mail) == 'ACCEPTED'
    _, copy = bob.copy(uid, lambda b: 'Sitzung' in b)
    assert answer_of(copy, bob.mail) == 'ACCEPTED'
    bob.told(uid, 'REQUEST', 'REQUEST')


def test_what_nobody_else_sees_is_told_to_nobody(anna, bob, carla):
    """Alarms, stamps, TRANSP of who invites; SCHEDULE-FORCE-SEND tells it all the same, and is not stored (7.2)."""
    uid, _ = invite(anna, bob)
    bob.told(uid, 'REQUEST')
    alarm = 'BEGIN:VALARM\r\nACTION:DISPLAY\r\nDESCRIPTION:x\r\nTRIGGER:-PT5M\r\nEND:VALARM\r\nEND:VEVENT'
    quiet = anna.edit(uid, lambda b: b.replace('END:VEVENT', alarm).replace('DTSTAMP:2026', 'DTSTAMP:2027'))
    assert quiet.status == 204 and quiet.etag is not None
    forced = anna.edit(uid, lambda b: re.sub(f'ATTENDEE([^\r\n]*{bob.mail})', r'ATTENDEE;SCHEDULE-FORCE-SEND=REQUEST\1', unfold(b)))
    assert forced.status == 204
    bob.told(uid, 'REQUEST', 'REQUEST')
    assert 'FORCE-SEND' not in unfold(anna.get(f'{uid}.ics').body) and 'TRIGGER' not in bob.copy(uid)[1]


def test_who_is_added_and_who_is_taken_off(anna, bob, carla):
    uid, _ = invite(anna, bob)
    bob.answer(uid)
    anna.edit(uid, lambda b: re.sub('(ATTENDEE[^\r\n]*\r?\n)', rf'ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:{carla.mail}\r\n\1', unfold(b), count=1),
              lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    carla.told(uid, 'REQUEST')
    _, copy = bob.copy(uid, lambda b: carla.mail in b)
    assert answer_of(copy, bob.mail) == 'ACCEPTED' and bob.methods(uid) == ['REQUEST'], 'that others are invited is no news of hers'
    anna.edit(uid, lambda b: re.sub(f'ATTENDEE[^\r\n]*{bob.mail}\r?\n', '', unfold(b)))
    bob.copy(uid, lambda b: 'STATUS:CANCELLED' in b)
    bob.told(uid, 'CANCEL', 'REQUEST')
    carla.copy(uid, lambda b: bob.mail not in b)


def test_who_invites_deletes(anna, bob, carla):
    uid, _ = invite(anna, bob, carla)
    bob.copy(uid), carla.copy(uid)
    assert anna.client('DELETE', f'{anna.home}calendar/{uid}.ics').status == 204
    for who in bob, carla:
        who.copy(uid, lambda b: 'STATUS:CANCELLED' in b)
        who.told(uid, 'CANCEL', 'REQUEST')
    href, _ = bob.copy(uid)
    assert bob.client('DELETE', href).status == 204, 'a copy of what was cancelled goes without a word'


def test_cancelled_by_its_status(anna, bob):
    uid, _ = invite(anna, bob)
    bob.copy(uid)
    anna.edit(uid, lambda b: b.replace('END:VEVENT', 'STATUS:CANCELLED\r\nEND:VEVENT'))
    bob.copy(uid, lambda b: 'STATUS:CANCELLED' in b)
    bob.told(uid, 'CANCEL', 'REQUEST')


def test_nobody_is_invited_any_more(anna, bob):
    """It becomes an event like others: ORGANIZER and all ATTENDEEs go together."""
    uid, _ = invite(anna, bob)
    bob.copy(uid)
    assert anna.edit(uid, lambda b: re.sub('(ATTENDEE|ORGANIZER)[^\r\n]*\r?\n', '', unfold(b))).get('Schedule-Tag') is None
    bob.copy(uid, lambda b: 'STATUS:CANCELLED' in b)
    assert anna.get(f'{uid}.ics').get('Schedule-Tag') is None


@pytest.mark.parametrize('agent', ['CLIENT', 'NONE'])
def test_programs_that_send_themselves(anna, bob, carla, agent):
    """7.1: for these attendees the server does nothing."""
    uid = f'agent-{agent}'
    _, body = meeting(anna, bob, carla, uid=uid)
    body = body.replace(f'RSVP=TRUE:mailto:{bob.mail}'.encode(), f'SCHEDULE-AGENT={agent}:mailto:{bob.mail}'.encode())
    assert anna.put(f'{uid}.ics', body).status == 201
    carla.copy(uid)
    assert bob.find(uid) is None and bob.methods(uid) == [] and status_of(anna.get(f'{uid}.ics').body, bob.mail) is None
    assert anna.client('DELETE', f'{anna.home}calendar/{uid}.ics').status == 204
    carla.told(uid, 'CANCEL', 'REQUEST')
    assert bob.methods(uid) == []


def test_who_is_nobody_here(anna):
    """3.2.9: without mail there is no way to her, and the line says so."""
    uid, _ = invite(anna, 'nobody@elsewhere.test')
    assert status_of(anna.get(f'{uid}.ics').body, 'nobody@elsewhere.test') == '3.7'


def test_by_the_address_of_a_principal(anna, bob, server):
    for nth, address in enumerate(('/dav/principals/users/jena-member/', server.url + '/principals/users/Jena-Member')):
        uid = f'principal-{nth}'
        assert anna.put(f'{uid}.ics', event(uid, f'ORGANIZER:mailto:{anna.mail}', f'ATTENDEE:{address}')).status == 201
        bob.copy(uid)
        bob.edit(uid, lambda b: unfold(b).replace('ATTENDEE:', 'ATTENDEE;PARTSTAT=ACCEPTED:'))
        anna.copy(uid, lambda b: 'PARTSTAT=ACCEPTED' in b)


# ---------------------------------------------------------------- who is invited (3.2.2)

def change(old, new):
    return lambda body: unfold(body).replace(old, new).encode()


@pytest.mark.parametrize('edit', [
    change('T180000Z', 'T170000Z'), change('Treffen', 'Fest'), change('END:VEVENT', 'LOCATION:hier\r\nEND:VEVENT'),
    change('END:VEVENT', 'RRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT'), change('END:VEVENT', 'ATTENDEE:mailto:x@elsewhere.test\r\nEND:VEVENT'),
    change('ORGANIZER:mailto:jena-board', 'ORGANIZER:mailto:jena-chair'), change('END:VEVENT', 'STATUS:CANCELLED\r\nEND:VEVENT'),
    lambda b: re.sub('ORGANIZER[^\r\n]*\r?\n', '', unfold(b)), lambda b: re.sub('ATTENDEE[^\r\n]*jena-board@[^\r\n]*\r?\n', '', unfold(b)),
    lambda b: re.sub('ATTENDEE[^\r\n]*jena-member@[^\r\n]*\r?\n', '', unfold(b)), change('DTEND:20270301T200000Z', 'DURATION:PT3H')],
    ids=['time', 'title', 'place', 'rule', 'guest', 'organizer', 'status', 'no-organizer', 'without-another', 'without-herself', 'length'])
def test_who_is_invited_cannot_change_it(anna, bob, edit, request):
    """3.2.2.1, 3.2.4.4."""
    uid, _ = invite(anna, bob, uid=f'fixed-{request.node.callspec.id}')
    before = bob.copy(uid)
    assert condition(bob.edit(uid, edit)) == (403, 'C:allowed-attendee-scheduling-object-change')
    assert bob.copy(uid) == before


def test_what_who_is_invited_may_change(anna, bob):
    uid, _ = invite(anna, bob)
    bob.told(uid, 'REQUEST')
    more = ('TRANSP:TRANSPARENT', 'X-MINE:1', 'LAST-MODIFIED:20270101T000000Z', 'CREATED:20270101T000000Z', 'COMMENT:später',
            'BEGIN:VALARM', 'ACTION:DISPLAY', 'DESCRIPTION:x', 'TRIGGER:-PT5M', 'END:VALARM', 'END:VEVENT')
    mine = bob.edit(uid, lambda b: b.replace('END:VEVENT', '\r\n'.join(more)).replace('DTSTART:20270301T180000Z', 'DTSTART;VALUE=DATE-TIME:20270301T180000Z')
                    .replace('//chapterd', '//other'))
    assert mine.status == 204, mine
    anna.edit(uid, change('Treffen', 'Sitzung'))
    _, copy = bob.copy(uid, lambda b: 'Sitzung' in b)
    assert all(line in copy for line in ('TRANSP:TRANSPARENT', 'X-MINE:1', 'TRIGGER:-PT5M'))
    assert anna.methods(uid) == [], 'none of that is an answer'


def test_who_is_invited_deletes(anna, bob, carla):
    uid, _ = invite(anna, bob, carla)
    href, _ = bob.copy(uid)
    assert bob.client('DELETE', href).status == 204
    anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'DECLINED')
    href, _ = carla.copy(uid)
    assert carla.client('DELETE', href, Schedule_Reply='F').status == 204
    anna.told(uid, 'REPLY')
    assert answer_of(anna.get(f'{uid}.ics').body, carla.mail) == 'NEEDS-ACTION', 'Schedule-Reply: F (8.1)'


def test_declined_and_deleted_comes_back_when_it_is_another_time(anna, bob):
    uid, _ = invite(anna, bob)
    href, _ = bob.copy(uid)
    bob.client('DELETE', href)
    anna.edit(uid, change('T180000Z', 'T190000Z'), lambda b: answer_of(b, bob.mail) == 'DECLINED')
    _, copy = bob.copy(uid)
    assert answer_of(copy, bob.mail) == 'NEEDS-ACTION'


def test_an_answer_is_sent_by_the_program(anna, bob):
    """7.1, 7.2 of ORGANIZER: SCHEDULE-AGENT=CLIENT keeps the server quiet, SCHEDULE-FORCE-SEND=REPLY makes it tell again."""
    uid, _ = invite(anna, bob)
    bob.edit(uid, lambda b: accepting(b, bob.mail).replace(b'ORGANIZER:', b'ORGANIZER;SCHEDULE-AGENT=CLIENT:'))
    bob.edit(uid, lambda b: unfold(b).replace('SCHEDULE-AGENT=CLIENT', 'SCHEDULE-FORCE-SEND=REPLY'))
    anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    anna.told(uid, 'REPLY')
    assert 'FORCE-SEND' not in bob.copy(uid)[1]


def test_an_answer_to_the_old_time_does_not_count(anna, bob):
    """RFC 5546, 2.1.4: what she accepts was meant for another time."""
    uid, _ = invite(anna, bob, more=('SEQUENCE:3',))
    _, old = bob.copy(uid)
    anna.edit(uid, change('T180000Z', 'T190000Z'))
    href, _ = bob.copy(uid, lambda b: 'T190000Z' in b)
    assert condition(bob.client('PUT', href, accepting(old, bob.mail), Content_Type='text/calendar')) == (
        403, 'C:allowed-attendee-scheduling-object-change')
    assert 'SEQUENCE:4' in bob.copy(uid)[1]


# ---------------------------------------------------------------- series

SERIES = ('RRULE:FREQ=WEEKLY;COUNT=5',)


def test_one_day_of_a_series_is_declined(anna, bob, carla):
    """By leaving it out: who invites gets that day as one of its own, with her answer; the others learn of it."""
    uid, _ = invite(anna, bob, carla, more=SERIES)
    bob.answer(uid)
    assert bob.edit(uid, lambda b: b.replace('RRULE', 'EXDATE:20270308T180000Z\r\nRRULE')).status == 204
    _, body = anna.copy(uid, lambda b: 'RECURRENCE-ID:20270308T180000Z' in b)
    assert [answer_of(body, bob.mail, n) for n in (0, 1)] == ['ACCEPTED', 'DECLINED']
    assert lines(body, 'DTSTART') == ['DTSTART:20270301T180000Z', 'DTSTART:20270308T180000Z'] and 'DTEND:20270308T200000Z' in body
    carla.copy(uid, lambda b: 'RECURRENCE-ID:20270308T180000Z' in b)
    anna.edit(uid, change('Treffen', 'Sitzung'))
    _, copy = bob.copy(uid, lambda b: 'Sitzung' in b)
    assert 'RECURRENCE-ID' not in copy and 'EXDATE:20270308T180000Z' in copy, 'it stays away'


def test_one_day_of_a_series_is_accepted(anna, bob):
    uid, _ = invite(anna, bob, more=SERIES)
    _, body = bob.copy(uid)
    own = unfold(body)
    day = own[own.index('BEGIN:VEVENT'):own.index('END:VCALENDAR')].replace('RRULE:FREQ=WEEKLY;COUNT=5\r\n', 'RECURRENCE-ID:20270315T180000Z\r\n') \
        .replace('20270301', '20270315')
    whole = own.replace('END:VCALENDAR', accepting(day, bob.mail).decode() + 'END:VCALENDAR')
    assert bob.edit(uid, lambda b: whole).status == 204
    _, body = anna.copy(uid, lambda b: 'RECURRENCE-ID:20270315T180000Z' in b)
    assert [answer_of(body, bob.mail, n) for n in (0, 1)] == ['NEEDS-ACTION', 'ACCEPTED']
    other = whole.replace('DTSTART:20270315T18', 'DTSTART:20270315T17')
    assert bob.edit(uid, lambda b: other).status == 403, 'not at another time'


def test_an_answer_to_a_day_that_there_is_not(anna, bob):
    uid, _ = invite(anna, bob, more=SERIES)
    bob.edit(uid, lambda b: b.replace('RRULE', 'EXDATE:20270309T180000Z\r\nRRULE'))
    bob.answer(uid)
    anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    assert 'RECURRENCE-ID' not in anna.copy(uid)[1]


def test_one_day_is_moved_and_one_is_cancelled(anna, bob):
    """Only the day that was moved asks again; the one that does not take place is left out."""
    uid, _ = invite(anna, bob, more=SERIES)
    bob.answer(uid)
    _, body = anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    own = unfold(body)
    day = own[own.index('BEGIN:VEVENT'):own.index('END:VCALENDAR')].replace('RRULE:FREQ=WEEKLY;COUNT=5\r\n', 'RECURRENCE-ID:20270315T180000Z\r\n') \
        .replace('DTSTART:20270301T18', 'DTSTART:20270315T19').replace('DTEND:20270301', 'DTEND:20270315')
    assert anna.edit(uid, lambda b: own.replace('END:VCALENDAR', day + 'END:VCALENDAR').replace(
        'RRULE', 'EXDATE:20270322T180000Z\r\nRRULE', 1)).status == 204
    _, copy = bob.copy(uid, lambda b: 'RECURRENCE-ID' in b)
    assert [answer_of(copy, bob.mail, n) for n in (0, 1)] == ['ACCEPTED', 'NEEDS-ACTION']
    assert 'EXDATE:20270322T180000Z' in copy


def test_invited_to_one_day_only(anna, bob):
    """RFC 5546, 3.2.2: she gets that day alone."""
    uid, body = meeting(anna, more=SERIES)
    day = event(uid, 'RECURRENCE-ID:20270308T180000Z', f'ORGANIZER:mailto:{anna.mail}', f'ATTENDEE:mailto:{bob.mail}',
                start='DTSTART:20270308T180000Z', end='DTEND:20270308T200000Z').decode()
    whole = body.decode().replace('END:VCALENDAR', day[day.index('BEGIN:VEVENT'):])
    assert anna.put(f'{uid}.ics', whole).status == 201
    _, copy = bob.copy(uid)
    assert copy.count('BEGIN:VEVENT') == 1 and 'RECURRENCE-ID' in copy
    anna.edit(uid, lambda b: unfold(b)[:unfold(b).rindex('BEGIN:VEVENT')] + 'END:VCALENDAR\r\n')
    bob.copy(uid, lambda b: 'STATUS:CANCELLED' in b)
