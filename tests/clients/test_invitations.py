"""Two people with Thunderbird invite each other through the server (RFC 6638; decisions 4.6)."""
import re

import pytest

from lib.calendars import event
from lib.stack import wait_for
from lib.tls import Authority, TlsDaemon
from thunderbird import Thunderbird

ORGANIZER, ATTENDEE = 'jena-board', 'jena-member'


@pytest.fixture
def people(stack):
    """Each at her own machine, with her own calendar open."""
    tls = TlsDaemon(stack, Authority())
    machines = []
    try:
        for user in (ORGANIZER, ATTENDEE):
            machines.append(Thunderbird(None, tls, user))
            machines[-1].discover('events')
            machines[-1].call('events', 'open', home(user))
        yield machines
    finally:
        for machine in machines:
            machine.close()
        tls.daemon.stop()


def home(user):
    return f'/dav/calendars/{user}/calendar/'


def address(client, user):
    """As the server has it for calendars."""
    entry = client.propfind(f'/dav/principals/users/{user}/', ('urn:ietf:params:xml:ns:caldav', 'calendar-user-address-set'))
    return re.search(r'mailto:[^<]+', entry.body.decode())[0]


def test_an_invitation_and_what_becomes_of_it(server, people):
    """Invited, accepted, moved, accepted again, called off: each is at the other one's after a sync, and nobody mails."""
    organizer, attendee = people
    board, member = server.client(ORGANIZER), server.client(ATTENDEE)
    uid = 'thunderbird-invites'
    who = address(member, ATTENDEE)

    def seen(machine, user):
        """What she sees of it; an empty one when it is not there."""
        machine.call('events', 'sync', home(user))
        return machine.call('events', 'invitation', home(user), uid, who) or {}

    def arrives(machine, user, **wanted):
        wait_for(lambda: {k: v for k, v in seen(machine, user).items() if k in wanted} == wanted, 60,
                 f'{wanted} at {user}, who has {seen(machine, user)}')

    for machine, user in zip(people, (ORGANIZER, ATTENDEE)):
        assert machine.call('events', 'server_schedules', home(user)), 'it leaves invitations to us'
    organizer.call('events', 'create', home(ORGANIZER), event(
        uid, f'ORGANIZER:{address(board, ORGANIZER)}', f'ATTENDEE;PARTSTAT=ACCEPTED:{address(board, ORGANIZER)}',
        f'ATTENDEE;RSVP=TRUE;PARTSTAT=NEEDS-ACTION:{who}', summary='Plakate kleben').decode())
    try:
        arrives(attendee, ATTENDEE, title='Plakate kleben', answer='NEEDS-ACTION')

        attendee.call('events', 'answer', home(ATTENDEE), uid, who, 'ACCEPTED')
        arrives(organizer, ORGANIZER, answer='ACCEPTED')

        organizer.call('events', 'change', home(ORGANIZER), uid, {'start': '20270302T170000Z'})
        arrives(attendee, ATTENDEE, start='20270302T170000Z', answer='NEEDS-ACTION')
        attendee.call('events', 'answer', home(ATTENDEE), uid, who, 'DECLINED')
        arrives(organizer, ORGANIZER, answer='DECLINED', start='20270302T170000Z')
    finally:
        organizer.call('events', 'delete', home(ORGANIZER), uid)
    arrives(attendee, ATTENDEE, status='CANCELLED')
    attendee.call('events', 'delete', home(ATTENDEE), uid)
