"""Inbox, outbox, tags, preconditions and limits of invitations (RFC 6638, 2, 3.2.4, 3.2.10, 4, 6, 9)."""
import concurrent.futures
import re
import xml.etree.ElementTree as ET

import pytest

from lib.caldav import C, D, HEAD, condition, multiget
from lib.calendars import event, todo
from lib.client import propfind_body, set_body, sync_body
from lib.scheduling import Box, accepting, answer_of, invite, lines, meeting, status_of, unfold
from lib.stack import wait_for

CALDAV = C[1:-1]


@pytest.fixture(scope='module')
def anna(server):
    return Box(server, 'weimar-board')


@pytest.fixture(scope='module')
def bob(server):
    return Box(server, 'weimar-member')


@pytest.fixture(scope='module')
def carla(server):
    return Box(server, 'weimar-chair')


def value(box, href, name, ns=CALDAV):
    answer = box.client('PROPFIND', href, propfind_body((ns, name)), Depth='0', Content_Type='text/xml')
    assert answer.status == 207, answer
    stat = ET.fromstring(answer.body).find(f'.//{D}propstat')
    return stat.find(f'{D}prop/{{{ns}}}{name}') if '200' in stat.findtext(f'{D}status') else None


def names(element):
    return {e.tag.replace(C, 'C:').replace(D, 'D:') for e in element.iter()}


# ---------------------------------------------------------------- inbox and outbox (2, 6)

def test_inbox_and_outbox_are_announced(bob):
    """2.1, 2.2: types, properties of the principal, and only of one's own."""
    principal = '/dav/principals/users/weimar-member/'
    for box in 'inbox', 'outbox':
        assert value(bob, principal, f'schedule-{box}-URL').findtext(f'{D}href') == f'{bob.home}{box}/'
        assert f'C:schedule-{box}' in names(value(bob, f'{bob.home}{box}/', 'resourcetype', 'DAV:'))
    assert 'calendar-auto-schedule' in bob.client('OPTIONS', bob.home).get('DAV')
    assert value(bob, principal, 'calendar-user-type').text == 'INDIVIDUAL'


def test_privileges(bob):
    """6.1, 6.2: each holds its parts."""
    mine = names(value(bob, bob.inbox, 'current-user-privilege-set', 'DAV:'))
    assert {'C:schedule-deliver', 'C:schedule-deliver-invite', 'C:schedule-deliver-reply', 'C:schedule-query-freebusy'} <= mine
    mine = names(value(bob, bob.home + 'outbox/', 'current-user-privilege-set', 'DAV:'))
    assert {'C:schedule-send', 'C:schedule-send-invite', 'C:schedule-send-reply', 'C:schedule-send-freebusy'} <= mine
    tree = value(bob, bob.home + 'outbox/', 'supported-privilege-set', 'DAV:')
    [send] = [e for e in tree.iter(f'{D}supported-privilege') if e.find(f'{D}privilege/{C}schedule-send') is not None]
    assert send.find(f'{D}supported-privilege/{D}privilege/{C}schedule-send-freebusy') is not None


def test_nothing_can_be_put_there(bob):
    """2.1, 2.2: no calendars, no objects of programs; and the boxes stay."""
    for box in bob.inbox, bob.home + 'outbox/':
        assert bob.client('PUT', box + 'x.ics', event('x'), Content_Type='text/calendar').status in (403, 405, 409)
        assert bob.client('MKCALENDAR', box + 'x/').status in (403, 405, 409)
        assert bob.client('DELETE', box).status in (403, 405)
        assert bob.client.move(box, bob.home + 'x/').status in (403, 405)


def test_messages_can_be_read_synchronised_and_deleted(anna, bob):
    """4.2: each is an iTIP message; several about one object lie side by side."""
    uid, _ = invite(anna, bob)
    bob.told(uid, 'REQUEST')
    anna.edit(uid, lambda b: b.replace('Treffen', 'Sitzung'))
    bob.told(uid, 'REQUEST', 'REQUEST')
    [first, _] = bob.messages(uid)
    kept = bob.client('GET', first[0])
    assert kept.status == 200 and kept.get('Content-Type').startswith('text/calendar') and 'METHOD:REQUEST' in kept.body.decode()
    answer = bob.client('REPORT', bob.inbox, multiget([first[0]]), Depth='1', Content_Type='text/xml')
    assert 'METHOD:REQUEST' in answer.body.decode()
    synced = bob.client('REPORT', bob.inbox, sync_body(), Content_Type='text/xml')
    assert first[0] in synced.body.decode()
    token = ET.fromstring(synced.body).findtext(f'{D}sync-token')
    assert bob.client('DELETE', first[0]).status == 204
    assert bob.methods(uid) == ['REQUEST']
    gone = bob.client('REPORT', bob.inbox, sync_body(token), Content_Type='text/xml')
    assert first[0] in gone.body.decode() and '404' in gone.body.decode()
    assert uid in bob.copy(uid)[1], 'the copy stays'


def test_an_inbox_is_nobody_else_s(anna, bob):
    assert anna.client('PROPFIND', bob.inbox, Depth='1').status == 404
    assert anna.client('REPORT', bob.inbox, sync_body(), Content_Type='text/xml').status == 404
    uid, _ = invite(anna, bob)
    bob.told(uid, 'REQUEST')
    assert anna.client('GET', bob.messages(uid)[0][0]).status == 404


# ---------------------------------------------------------------- into which calendar (4.3, 9.1, 9.2)

def test_default_calendar(anna, bob):
    assert value(bob, bob.inbox, 'schedule-default-calendar-URL').findtext(f'{D}href') == bob.home + 'calendar/'
    assert bob.client('MKCALENDAR', bob.home + 'einladungen/').status == 201

    def choose(href):
        answer = bob.client('PROPPATCH', bob.inbox, set_body('schedule-default-calendar-URL', f'<D:href>{href}</D:href>', CALDAV), Content_Type='text/xml')
        return answer.status, answer.body.decode()
    assert 'HTTP/1.1 200' in choose(bob.home + 'einladungen/')[1]
    assert value(bob, bob.inbox, 'schedule-default-calendar-URL').findtext(f'{D}href') == bob.home + 'einladungen/'
    for wrong in (bob.home, bob.home + 'nowhere/', bob.home + 'weimar.termine/', bob.inbox, anna.home + 'calendar/', 'https://elsewhere.test/x/', ''):
        assert 'valid-schedule-default-calendar-URL' in choose(wrong)[1], wrong
    uid, _ = invite(anna, bob)
    wait_for(lambda: bob.find(uid, 'einladungen'), 60)
    assert bob.find(uid) is None
    assert bob.client('DELETE', bob.home + 'einladungen/').status == 204
    assert value(bob, bob.inbox, 'schedule-default-calendar-URL').findtext(f'{D}href') == bob.home + 'calendar/'
    uid, _ = invite(anna, bob)
    bob.copy(uid)


def test_schedule_calendar_transp(bob):
    href = bob.home + 'calendar/'
    assert names(value(bob, href, 'schedule-calendar-transp')) == {'C:schedule-calendar-transp', 'C:opaque'}
    for kind in 'transparent', 'opaque':
        bob.client('PROPPATCH', href, set_body('schedule-calendar-transp', f'<C:{kind} xmlns:C="{CALDAV}"/>', CALDAV), Content_Type='text/xml')
        assert f'C:{kind}' in names(value(bob, href, 'schedule-calendar-transp'))
    answer = bob.client('PROPPATCH', href, set_body('schedule-calendar-transp', '<x/>', CALDAV), Content_Type='text/xml')
    assert '200 OK' not in answer.body.decode()


# ---------------------------------------------------------------- tags (3.2.10, 8.2, 8.3, 9.3)

def test_tags(anna, bob, carla):
    uid, answer = invite(anna, bob, carla)
    tag = answer.get('Schedule-Tag')
    href = f'{anna.home}calendar/{uid}.ics'
    assert anna.get(f'{uid}.ics').get('Schedule-Tag') == tag == anna.client('HEAD', href).get('Schedule-Tag')
    assert value(anna, href, 'schedule-tag').text == tag
    etag = anna.get(f'{uid}.ics').etag
    theirs = bob.client('GET', bob.copy(uid)[0]).get('Schedule-Tag')
    carla.answer(uid)
    anna.copy(uid, lambda b: answer_of(b, carla.mail) == 'ACCEPTED')
    bob.copy(uid, lambda b: answer_of(b, carla.mail) == 'ACCEPTED')
    kept = anna.get(f'{uid}.ics')
    assert kept.get('Schedule-Tag') == tag and kept.etag != etag, 'answers change the entity tag alone'
    assert bob.client('GET', bob.copy(uid)[0]).get('Schedule-Tag') == theirs
    anna.edit(uid, lambda b: b.replace('Treffen', 'Sitzung'))
    bob.copy(uid, lambda b: 'Sitzung' in b)
    assert anna.get(f'{uid}.ics').get('Schedule-Tag') != tag
    assert bob.client('GET', bob.copy(uid)[0]).get('Schedule-Tag') != theirs
    plain = anna.put('plain.ics', event('plain'))
    assert plain.get('Schedule-Tag') is None and value(anna, f'{anna.home}calendar/plain.ics', 'schedule-tag') is None


def test_if_schedule_tag_match(anna, bob):
    """8.3: a program that has not seen the answers keeps them all the same."""
    uid, answer = invite(anna, bob)
    tag, (_, old) = answer.get('Schedule-Tag'), anna.copy(uid)
    bob.answer(uid)
    anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    stale = unfold(old).replace('Treffen', 'Sitzung')
    assert anna.put(f'{uid}.ics', stale, If_Schedule_Tag_Match='"other"').status == 412
    changed = anna.put(f'{uid}.ics', stale, If_Schedule_Tag_Match=tag)
    assert changed.status == 204 and changed.get('Schedule-Tag') not in (None, tag)
    assert answer_of(anna.get(f'{uid}.ics').body, bob.mail) == 'ACCEPTED'
    assert anna.put(f'{uid}.ics', stale, If_Schedule_Tag_Match=tag).status == 412
    assert anna.client('DELETE', f'{anna.home}calendar/{uid}.ics', If_Schedule_Tag_Match=tag).status == 412
    assert anna.put('nothing.ics', event('nothing'), If_Schedule_Tag_Match=tag).status == 412
    assert anna.client('DELETE', f'{anna.home}calendar/{uid}.ics', If_Schedule_Tag_Match=changed.get('Schedule-Tag')).status == 204


def test_answers_of_others_are_not_hers_to_change(anna, bob, carla):
    """Her program may not know them yet; what it sends of others does not count."""
    uid, _ = invite(anna, bob, carla)
    _, old = bob.copy(uid)
    carla.answer(uid)
    href, _ = bob.copy(uid, lambda b: answer_of(b, carla.mail) == 'ACCEPTED')
    assert bob.client('PUT', href, accepting(old, bob.mail), Content_Type='text/calendar').status == 204
    _, copy = bob.copy(uid)
    assert answer_of(copy, carla.mail) == 'ACCEPTED' and answer_of(copy, bob.mail) == 'ACCEPTED'


# ---------------------------------------------------------------- preconditions (3.2.4), COPY and MOVE (3.2.3)

def test_one_in_all_calendars(anna, bob):
    """3.2.4.1: and the other one is named; by PUT and COPY; MOVE within is no copy, and tells nobody."""
    uid, body = meeting(anna, bob)
    assert anna.put(f'{uid}.ics', body).status == 201
    assert anna.client('MKCALENDAR', anna.home + 'zwei/').status == 201
    answer = anna.put('other.ics', body, 'zwei')
    assert condition(answer) == (403, 'C:unique-scheduling-object-resource')
    assert ET.fromstring(answer.body)[0].findtext(f'{D}href') == f'{anna.home}calendar/{uid}.ics'
    assert condition(anna.client.copy(f'{anna.home}calendar/{uid}.ics', anna.home + 'zwei/x.ics')) == (403, 'C:unique-scheduling-object-resource')
    moved = anna.client.move(f'{anna.home}calendar/{uid}.ics', anna.home + 'zwei/x.ics')
    assert moved.status == 201 and moved.get('Schedule-Tag')
    bob.answer(uid)
    wait_for(lambda: answer_of(anna.find(uid, 'zwei')[1], bob.mail) == 'ACCEPTED', 60)
    assert bob.methods(uid) == ['REQUEST']
    assert anna.client('DELETE', anna.home + 'zwei/').status == 204
    assert bob.methods(uid) == ['REQUEST'], 'a whole calendar goes without a word'


def test_same_organizer(anna, bob):
    """3.2.4.2."""
    uid, body = meeting(anna, bob, more=('RRULE:FREQ=DAILY;COUNT=3',))
    other = event(uid, 'RECURRENCE-ID:20270302T180000Z', f'ORGANIZER:mailto:{bob.mail}', start='DTSTART:20270302T180000Z',
                  end='DTEND:20270302T200000Z').decode()
    whole = body.decode().replace('END:VCALENDAR', other[other.index('BEGIN:VEVENT'):])
    assert condition(anna.put(f'{uid}.ics', whole)) == (403, 'C:same-organizer-in-all-components')
    assert bob.find(uid) is None


def test_the_organizer_stays(anna, bob):
    """3.2.4.3."""
    uid, _ = invite(anna, bob)
    for other in f'ORGANIZER:mailto:{bob.mail}', 'ORGANIZER:/dav/principals/users/weimar-board/', 'X-NOBODY:1':
        assert condition(anna.edit(uid, lambda b: re.sub('ORGANIZER[^\r\n]*', other, unfold(b)))) == (
            403, 'C:allowed-organizer-scheduling-object-change')


def test_nobody_invites_in_another_s_name(anna, bob, carla):
    """What names somebody else as organizer, and nobody of here as its owner, is kept as it is and told to nobody."""
    body = event('forged', f'ORGANIZER:mailto:{carla.mail}', f'ATTENDEE:mailto:{bob.mail}')
    answer = anna.put('forged.ics', body)
    assert answer.status == 201 and answer.etag and answer.get('Schedule-Tag') is None
    assert anna.get('forged.ics').body == body
    uid, _ = invite(anna, bob)
    bob.copy(uid)
    assert bob.find('forged') is None


def test_nobody_takes_over_what_is_another_s(anna, bob, carla):
    """Who knows the UID of an event cannot change it by inviting to one with the same UID."""
    uid, _ = invite(anna, bob)
    before = bob.copy(uid)
    own = bob.put('own.ics', event('own-of-bob'))
    assert own.status == 201
    for stolen in uid, 'own-of-bob':
        assert carla.put(f'stolen-{stolen}.ics', meeting(carla, bob, uid=stolen, summary='Gestohlen')[1]).status == 201
    after, _ = invite(carla, bob)
    bob.copy(after)
    assert bob.copy(uid) == before and b'Gestohlen' not in bob.get('own.ics').body
    assert bob.methods(uid) == ['REQUEST'] and bob.methods('own-of-bob') == []


def test_an_answer_of_who_is_not_invited(anna, bob, carla):
    """Her own copy of an event that she was not asked to changes nothing at who invites."""
    uid, _ = invite(anna, bob)
    forged = event(uid, f'ORGANIZER:mailto:{anna.mail}', f'ATTENDEE;PARTSTAT=ACCEPTED:mailto:{carla.mail}',
                   f'ATTENDEE;PARTSTAT=DECLINED:mailto:{bob.mail}')
    assert carla.put('forged.ics', forged).status == 201
    bob.answer(uid)
    _, body = anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    assert carla.mail not in body and anna.methods(uid) == ['REPLY']


def test_tasks_are_given_to_others(anna, bob):
    body = todo('task-1', f'ORGANIZER:mailto:{anna.mail}', f'ATTENDEE:mailto:{bob.mail}', 'DTSTART:20270301T180000Z', 'DUE:20270302T180000Z')
    assert anna.put('task-1.ics', body).status == 201
    bob.told('task-1', 'REQUEST')
    [(href, _)] = [(h, b) for h, b in all_of(bob) if 'UID:task-1' in b]
    done = body.decode().replace('ATTENDEE:', 'ATTENDEE;PARTSTAT=COMPLETED:').replace(
        'END:VTODO', 'STATUS:COMPLETED\r\nPERCENT-COMPLETE:100\r\nCOMPLETED:20270301T190000Z\r\nEND:VTODO')
    assert bob.client('PUT', href, done, Content_Type='text/calendar').status == 204
    wait_for(lambda: answer_of(anna.get('task-1.ics').body, bob.mail) == 'COMPLETED', 60)


def all_of(box):
    body = f'<C:calendar-query {HEAD}><D:prop><C:calendar-data/></D:prop><C:filter><C:comp-filter name="VCALENDAR"/></C:filter></C:calendar-query>'
    answer = box.client('REPORT', box.home + 'calendar/', body, Depth='1', Content_Type='text/xml')
    return [(r.findtext(f'{D}href'), r.findtext(f'.//{C}calendar-data')) for r in ET.fromstring(answer.body).findall(f'{D}response')]


# ---------------------------------------------------------------- calendars of a chapter

def test_a_chapter_invites(anna, bob, carla):
    """Who made it is its organizer; whoever may write there changes it later, and answers come into it."""
    place = 'weimar.termine'
    uid, body = meeting(anna, bob)
    assert anna.put(f'{uid}.ics', body, place).get('Schedule-Tag')
    bob.answer(uid)
    wait_for(lambda: answer_of(anna.get(f'{uid}.ics', place).body, bob.mail) == 'ACCEPTED', 60)
    assert anna.methods(uid) == [], 'answers to a chapter are on the page of the event'
    kept = unfold(carla.get(f'{uid}.ics', place).body)
    assert carla.put(f'{uid}.ics', kept.replace('T180000Z', 'T190000Z'), place).status == 204
    _, copy = bob.copy(uid, lambda b: 'T190000Z' in b)
    assert answer_of(copy, bob.mail) == 'NEEDS-ACTION'
    assert carla.client('DELETE', f'{carla.home}{place}/{uid}.ics').status == 204
    bob.copy(uid, lambda b: 'STATUS:CANCELLED' in b)


def test_from_one_s_own_calendar_into_that_of_a_chapter(anna, bob):
    """It goes on inviting from there; nobody is told that it is cancelled."""
    uid, _ = invite(anna, bob)
    bob.answer(uid)
    anna.copy(uid, lambda b: answer_of(b, bob.mail) == 'ACCEPTED')
    moved = anna.client.move(f'{anna.home}calendar/{uid}.ics', f'{anna.home}weimar.termine/{uid}.ics')
    assert moved.status == 201 and moved.get('Schedule-Tag')
    bob.answer(uid, 'DECLINED')
    wait_for(lambda: answer_of(anna.get(f'{uid}.ics', 'weimar.termine').body, bob.mail) == 'DECLINED', 60)
    assert 'CANCEL' not in bob.methods(uid)


# ---------------------------------------------------------------- limits

def test_so_many_a_day(stack, anna, bob):
    """A bomb of invitations ends at a number that the settings say, and counts what one change sends to each."""
    d = stack.daemon({'invite_per_day': '5', 'invite_most': '3'}, name='few-invitations')
    try:
        who = Box(d, 'bildung-board')
        uid, body = meeting(who, *[f'guest-{i}@elsewhere.test' for i in range(4)])
        assert condition(who.put('many.ics', body)) == (403, 'C:max-attendees-per-instance')
        for i in range(2):
            assert who.put(f'{i}.ics', meeting(who, bob, anna)[1]).status == 201
        refused = who.put('third.ics', meeting(who, bob, anna)[1])
        assert refused.status == 429 and who.get('third.ics').status == 404
        assert who.put('alone.ics', event('alone')).status == 201, 'what concerns nobody else goes on'
    finally:
        d.stop()


def test_two_at_once(anna, bob):
    """Two programs of one person store the same UID in two calendars: one of them is refused."""
    assert anna.client('MKCALENDAR', anna.home + 'drei/').status == 201
    uid, body = meeting(anna, bob)
    both = [Box(anna.client.server, anna.uid) for _ in range(2)]
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda of: of[0].put(f'{uid}.ics', body, of[1]), zip(both, ('calendar', 'drei'))))
    assert sorted(a.status for a in answers) == [201, 403], answers
    assert anna.client('DELETE', anna.home + 'drei/').status == 204
