"""python3-caldav: from the bare host name on, all that its functional checks do with a server."""
import datetime as dt
import uuid

import caldav
import pytest
from caldav.elements import dav

from lib.stack import wait_for

UTC = dt.timezone.utc
EVENT = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//chapterd//tests//EN
BEGIN:VEVENT
UID:{uid}
DTSTAMP:20260101T000000Z
DTSTART:{start}
DURATION:PT1H
SUMMARY:{title}
{more}END:VEVENT
END:VCALENDAR
"""


def event(uid, title='Sitzung ü', start='20261203T090000Z', more=''):
    return EVENT.format(uid=uid, title=title, start=start, more=more)


def day(month, number):
    return dt.datetime(2026, month, number, tzinfo=UTC)


@pytest.fixture
def principal(server, app_password):
    password, _ = app_password('jena-member', 'calendars')
    return caldav.DAVClient(server.url, username='jena-member', password=password).principal()


@pytest.fixture
def calendar(principal):
    made = principal.make_calendar(name='Probe ü', cal_id=f'py-{uuid.uuid4().hex[:8]}')
    yield made
    made.delete()


def titles(objects):
    return sorted(o.vobject_instance.vevent.summary.value for o in objects)


def test_discovery(server, principal):
    """From the host name alone; the home has her own and her chapters' calendars, and nobody else's."""
    assert principal.url.path == '/dav/principals/users/jena-member/'
    assert principal.calendar_home_set.url.path == '/dav/calendars/jena-member/'
    there = {c.url.path.rstrip('/').rpartition('/')[2]: c.name for c in principal.calendars()}
    assert 'calendar' in there and 'jena.termine' in there and not [name for name in there if name.startswith('erfurt')]
    assert principal.client.check_cdav_support() and principal.client.check_dav_support()
    addresses = principal.calendar_user_address_set()
    assert any(a.startswith('mailto:') for a in addresses)


def test_a_calendar(principal, calendar):
    assert calendar.get_properties([dav.DisplayName()]) == {dav.DisplayName.tag: 'Probe ü'}
    calendar.set_properties([dav.DisplayName('Anders')])
    assert principal.calendar(cal_id=calendar.url.path.rstrip('/').rpartition('/')[2]).get_properties(
        [dav.DisplayName()]) == {dav.DisplayName.tag: 'Anders'}
    assert {'VEVENT', 'VTODO', 'VJOURNAL'} <= set(calendar.get_supported_components())
    with pytest.raises(caldav.error.MkcalendarError):
        principal.make_calendar(name='noch einer', cal_id=calendar.url.path.rstrip('/').rpartition('/')[2])
    other = principal.make_calendar(name='Nur Aufgaben', cal_id=f'py-{uuid.uuid4().hex[:8]}',
                                    supported_calendar_component_set=['VTODO'])
    try:
        assert other.get_supported_components() == ['VTODO']
        with pytest.raises(caldav.error.AuthorizationError):  # as this library calls a 403
            other.save_event(event('not-here'))
    finally:
        other.delete()
    with pytest.raises(caldav.error.NotFoundError):
        other.get_properties([dav.DisplayName()])


def test_events_come_and_change_and_go(calendar):
    one = calendar.save_event(event('py-1'))
    assert calendar.event_by_uid('py-1').url == one.url
    one.vobject_instance.vevent.summary.value = 'Verschoben'
    one.save()
    assert titles(calendar.events()) == ['Verschoben']
    again = calendar.event_by_url(one.url)
    again.load()
    assert again.vobject_instance.vevent.summary.value == 'Verschoben'
    with pytest.raises(caldav.error.ConsistencyError):
        calendar.save_event(event('py-1'), no_overwrite=True)
    with pytest.raises(caldav.error.ConsistencyError):
        calendar.save_event(event('py-2'), no_create=True)
    one.delete()
    assert calendar.events() == []
    with pytest.raises(caldav.error.NotFoundError):
        calendar.event_by_uid('py-1')


def test_what_is_in_a_range_of_time(calendar):
    calendar.save_event(event('once', 'einmal'))
    calendar.save_event(event('weekly', 'wöchentlich', '20260105T080000Z', 'RRULE:FREQ=WEEKLY;COUNT=100\n'))
    calendar.save_event(event('past', 'vorbei', '20250105T080000Z'))
    assert titles(calendar.date_search(day(12, 1), day(12, 8), expand=False)) == ['einmal', 'wöchentlich']
    assert titles(calendar.date_search(day(12, 4), day(12, 6), expand=False)) == []
    [expanded] = calendar.date_search(day(12, 5), day(12, 15), expand=True)
    instances = expanded.vobject_instance.vevent_list
    assert [e.dtstart.value for e in instances] == [day(12, 7).replace(hour=8), day(12, 14).replace(hour=8)]
    assert not any(hasattr(e, 'rrule') for e in instances)
    busy = calendar.freebusy_request(day(12, 1), day(12, 8))
    periods = [p[0] for fb in busy.vobject_instance.vfreebusy.freebusy_list for p in fb.value]
    assert sorted(periods) == [day(12, 3).replace(hour=9), day(12, 7).replace(hour=8)]


def test_tasks_and_journals(calendar):
    calendar.save_todo(summary='Plakate', due=day(12, 5))
    done = calendar.save_todo(summary='Flyer', due=day(12, 4))
    assert [t.vobject_instance.vtodo.summary.value for t in calendar.todos(sort_keys=('due',))] == ['Flyer', 'Plakate']
    done.complete()
    assert [t.vobject_instance.vtodo.summary.value for t in calendar.todos()] == ['Plakate']
    assert len(calendar.todos(include_completed=True)) == 2
    calendar.save_journal(dtstart=day(12, 6), summary='Verlauf', description='Es war gut.')
    [journal] = calendar.journals()
    assert journal.vobject_instance.vjournal.description.value == 'Es war gut.'
    assert calendar.events() == []


def test_what_has_changed_since(calendar):
    """RFC 6578, as it keeps a calendar up to date: new, changed, gone, and nothing when nothing has."""
    one = calendar.save_event(event('sync-1', 'eins'))
    two = calendar.save_event(event('sync-2', 'zwei'))
    first = calendar.objects_by_sync_token(load_objects=True)
    assert titles(first) == ['eins', 'zwei']
    assert list(calendar.objects_by_sync_token(sync_token=first.sync_token)) == []
    one.vobject_instance.vevent.summary.value = 'eins neu'
    one.save()
    calendar.save_event(event('sync-3', 'drei'))
    second = calendar.objects_by_sync_token(sync_token=first.sync_token, load_objects=True)
    assert titles(second) == ['drei', 'eins neu']
    two.delete()
    [gone] = calendar.objects_by_sync_token(sync_token=second.sync_token)
    assert gone.url == two.url
    updated, deleted = first.sync()
    assert len(list(updated)) == 2 and [d.url for d in deleted] == [two.url]
    with pytest.raises(caldav.error.DAVError):
        calendar.objects_by_sync_token(sync_token='urn:not:one:of:ours')


def test_a_move_to_another_calendar(principal, calendar):
    """It is the same event there, and is told to be gone here."""
    one = calendar.save_event(event('moved'))
    token = calendar.objects_by_sync_token().sync_token
    other = principal.make_calendar(name='Ziel', cal_id=f'py-{uuid.uuid4().hex[:8]}')
    try:
        answer = calendar.client.request(str(one.url), 'MOVE', '', {'Destination': f'{other.url}moved.ics'})
        assert answer.status in (201, 204)
        assert titles(other.events()) == ['Sitzung ü'] and calendar.events() == []
        assert [o.url for o in calendar.objects_by_sync_token(sync_token=token)] == [one.url]
    finally:
        other.delete()


def test_of_two_writers_the_second_is_told(calendar):
    one = calendar.save_event(event('both'))
    etag = calendar.client.request(str(one.url), 'GET').headers['ETag']
    headers = {'If-Match': etag, 'Content-Type': 'text/calendar; charset=utf-8'}
    assert calendar.client.request(str(one.url), 'PUT', event('both', 'erste'), headers).status == 204
    assert calendar.client.request(str(one.url), 'PUT', event('both', 'zweite'), headers).status == 412
    assert titles(calendar.events()) == ['erste']
    with pytest.raises(caldav.error.AuthorizationError):
        caldav.Event(calendar.client, f'{calendar.url}other-name.ics', event('both'), calendar).save(obj_type='event')
    assert titles(calendar.events()) == ['erste'], 'one UID, one event'


def test_a_chapters_calendar_is_for_its_board_to_write(server, app_password, principal):
    [chapters] = [c for c in principal.calendars() if c.url.path.endswith('/jena.termine/')]
    with pytest.raises(caldav.error.AuthorizationError):
        chapters.save_event(event('member-writes'))
    password, _ = app_password('jena-board', 'calendars')
    board = caldav.DAVClient(server.url, username='jena-board', password=password).principal()
    [hers] = [c for c in board.calendars() if c.url.path.endswith('/jena.termine/')]
    made = hers.save_event(event(f'board-{uuid.uuid4().hex[:8]}', 'Vorstand lädt ein'))
    try:
        assert 'Vorstand lädt ein' in titles(chapters.events())
    finally:
        made.delete()


def test_scheduling(server, app_password):
    """One invites, the other finds it in her inbox and accepts, and the first finds the answer in hers (RFC 6638)."""
    who = {uid: caldav.DAVClient(server.url, username=uid, password=app_password(uid, 'calendars')[0]).principal()
           for uid in ('jena-board', 'jena-member')}
    organizer, attendee = who.values()
    assert organizer.client.check_scheduling_support()
    assert attendee.schedule_outbox().url.path == '/dav/calendars/jena-member/outbox/'
    uid = f'py-{uuid.uuid4().hex}'
    own = organizer.calendar(cal_id='calendar')
    own.save_with_invites(event(uid, 'Einladung'), [organizer, attendee.get_vcal_address()])

    def item(principal, is_it):
        found = [i for i in principal.schedule_inbox().get_items() if i.load() and uid in i.data and is_it(i)]
        return found[0] if found else None
    wait_for(lambda: item(attendee, lambda i: i.is_invite_request()), 60)
    item(attendee, lambda i: i.is_invite_request()).accept_invite(calendar=attendee.calendar(cal_id='calendar'))
    wait_for(lambda: item(organizer, lambda i: i.icalendar_instance['method'] == 'REPLY'), 60)
    assert 'PARTSTAT=ACCEPTED' in own.event_by_uid(uid).data
    copy = attendee.calendar(cal_id='calendar').event_by_uid(uid)
    assert copy.icalendar_component['summary'] == 'Einladung'
    item(attendee, lambda i: True).delete()
    assert item(attendee, lambda i: True) is None
    own.event_by_uid(uid).delete()
