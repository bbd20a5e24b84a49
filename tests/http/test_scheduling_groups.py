"""A chapter, its board, a group of it as attendees: who is in them is invited, who joins later, too; who leaves is told.
Nobody learns who is a member, neither who invites nor other members."""

import pytest

from lib.browser import words
from lib.calendars import event
from lib.directory import BASE, Directory
from lib.scheduling import NAMES, Box, answer_of, lines, meeting, status_of, unfold
from lib.stack import wait_for

SLUG = 'gruppen'
DOMAIN = '127.0.0.1'
ALL, BOARD = f'{SLUG}@{DOMAIN}', f'{SLUG}+vorstand@{DOMAIN}'


class People:
    """A chapter of this module's own, with people of its own."""

    def __init__(self, server):
        self.server, self.stack = server, server.stack
        self.directory = Directory(self.stack)
        self.directory.run('ldapadd', f'dn: ou={SLUG},ou=chapters,{BASE}\nobjectClass: organizationalUnit\nou: {SLUG}\n\n'
                                      f'dn: cn=members,ou={SLUG},ou=chapters,{BASE}\nobjectClass: groupOfNames\ncn: members\n'
                                      f'member: cn=nobody,{BASE}\n')
        self.stack.ctl('chapter', 'add', SLUG, '--name', 'Gruppen', '--kind', 'district', '--parent', 'land')
        self.made = []

    def box(self, name, role=None):
        uid = f'{SLUG}-{name}-{next(NAMES)}'
        self.directory.add(uid)
        self.directory.set(uid, 'mail', f'{uid}@verband.test')
        self.made.append(uid)
        box = Box(self.server, uid)
        if role:
            self.grant(box, role)
        return box

    def person(self, box):
        return self.stack.sql('SELECT id FROM person WHERE uid = %s AND gone IS NULL', box.uid)[0][0]

    def grant(self, box, role):
        self.stack.sql('INSERT INTO role_grant (chapter_id, person_id, role) SELECT id, %s, %s FROM chapter WHERE slug = %s RETURNING 1',
                       self.person(box), role, SLUG)

    def revoke(self, box):
        self.stack.sql('DELETE FROM role_grant WHERE person_id = %s RETURNING 1', self.person(box))

    def end(self):
        for uid in self.made:
            self.stack.sql('DELETE FROM role_grant r USING person p WHERE p.id = r.person_id AND p.uid = %s RETURNING 1', uid)
            self.directory.remove(uid)


@pytest.fixture(scope='module')
def people(server):
    p = People(server)
    yield p
    p.end()


@pytest.fixture
def anna(people):
    """Of the board: she may invite the chapter."""
    box = people.box('anna', 3)
    yield box
    people.revoke(box)


@pytest.fixture
def member(people):
    made = []

    def make(name='bob', role=2):
        made.append(people.box(name, role))
        return made[-1]

    yield make
    for box in made:
        people.revoke(box)


def ask(organizer, *addresses, more=(), put=None, **event_of):
    """An event with groups, stored; its UID and the answer."""
    uid, body = meeting(organizer, *addresses, more=more, **event_of)
    answer = organizer.put(f'{uid}.ics', body)
    assert answer.status == 201, (answer, answer.body)
    return uid, answer


def attendees(body):
    return [line.rsplit(':', 1)[-1] for line in lines(body, 'ATTENDEE')]


def tag(box, uid):
    """The schedule tag of what she has."""
    return box.client('HEAD', box.find(uid)[0]).get('Schedule-Tag')


def test_one_address_for_all(anna, member):
    """One message a member; in each copy who invites, the one line of the group, and herself."""
    bob, carla = member(), member('carla')
    uid, answer = ask(anna, ALL)
    assert answer.etag is None and answer.get('Schedule-Tag')
    kept = unfold(anna.find(uid)[1])
    assert status_of(kept, ALL) == '1.2' and attendees(kept) == [anna.mail, ALL], 'who is in it is not said to who invites'
    for box in (bob, carla):
        _, copy = box.copy(uid)
        assert attendees(copy) == [anna.mail, ALL, box.mail]
        [own] = [line for line in lines(copy, 'ATTENDEE') if line.endswith(box.mail)]
        assert f'MEMBER="mailto:{ALL}"' in own and 'PARTSTAT=NEEDS-ACTION' in own and 'RSVP=TRUE' in own and 'CUTYPE=INDIVIDUAL' in own
        box.told(uid, 'REQUEST')
    assert anna.methods(uid) == [], 'who invites is in the chapter, and not invited by herself'


def test_two_people_one_group_join_leave_decline_reschedule(people, anna, member, server):
    """Inboxes, schedule-tags and messages, from the invitation to the end."""
    bob, late, ldap = member('bob'), people.box('late'), people.box('ldap')
    guest = people.box('guest')
    uid, _ = ask(anna, ALL, guest)
    for box in (bob, guest):
        box.told(uid, 'REQUEST')
    assert late.find(uid) is None and ldap.find(uid) is None

    # one join, by a grant and by the directory
    people.grant(late, 2)
    people.directory.group('add', 'members', SLUG, ldap.uid)
    people.stack.ctl('sync')
    for box in (late, ldap):
        box.told(uid, 'REQUEST')
        assert attendees(box.copy(uid)[1]) == [anna.mail, ALL, box.mail, guest.mail]
    assert bob.methods(uid) == guest.methods(uid) == ['REQUEST'], 'nobody else hears of it'

    # one decline
    tags = {box: tag(box, uid) for box in (bob, late, ldap, guest)}
    before = tag(anna, uid)
    bob.answer(uid, 'DECLINED')
    _, kept = anna.copy(uid, lambda body: bob.mail in body and answer_of(body, bob.mail) == 'DECLINED')
    [line] = [line for line in lines(kept, 'ATTENDEE') if line.endswith(bob.mail)]
    assert f'MEMBER="mailto:{ALL}"' in line and 'SCHEDULE-STATUS=2.0' in line
    assert attendees(kept).count(bob.mail) == 1 and ldap.mail not in kept and late.mail not in kept
    anna.told(uid, 'REPLY')
    assert tag(anna, uid) == before, 'an answer does not change the tag (RFC 6638, 3.2.10)'
    reply = unfold([body for _, body in anna.messages(uid)][0])
    assert attendees(reply) == [bob.mail] and 'PARTSTAT=DECLINED' in reply

    # one reschedule
    moved = anna.edit(uid, lambda body: body.replace('T180000Z', 'T173000Z'))
    assert moved.status == 204 and tag(anna, uid) != before
    for box in (bob, late, ldap, guest):
        _, copy = box.copy(uid, lambda body: 'T173000Z' in body)
        assert answer_of(copy, box.mail) == 'NEEDS-ACTION', 'she is asked again'
        assert tag(box, uid) != tags[box]
        assert attendees(copy) == [anna.mail, ALL, *([guest.mail] if box is guest else [box.mail, guest.mail])]
        box.told(uid, 'REQUEST', 'REQUEST')

    # one leave, by a grant that ends and by the directory
    people.revoke(late)
    people.directory.group('delete', 'members', SLUG, ldap.uid)
    people.stack.ctl('sync')
    for box in (late, ldap):
        box.told(uid, 'REQUEST', 'REQUEST', 'CANCEL')
        _, copy = box.copy(uid, lambda body: 'STATUS:CANCELLED' in body)
        [cancel] = [unfold(body) for _, body in box.messages(uid) if 'METHOD:CANCEL' in body]
        assert attendees(cancel) == [ALL, box.mail]
    assert bob.methods(uid) == ['REQUEST', 'REQUEST']

    # the end
    assert anna.client.delete(anna.find(uid)[0]).status == 204
    bob.told(uid, 'REQUEST', 'REQUEST', 'CANCEL')
    guest.told(uid, 'REQUEST', 'REQUEST', 'CANCEL')
    assert late.methods(uid).count('CANCEL') == 1


def test_nobody_elses_address_reaches_a_member(people, anna, member):
    """Whatever others answer, and whatever who invites changes and stores again: in no copy, no message, no report."""
    boxes = [member(name) for name in ('a', 'b', 'c')]
    outside = people.box('outside')
    uid, _ = ask(anna, ALL, outside)
    for box, answer in zip(boxes, ('ACCEPTED', 'TENTATIVE', 'DECLINED')):
        box.answer(uid, answer)
    anna.copy(uid, lambda body: all(box.mail in body for box in boxes))
    # Her program stores all of the lines that stand there now.
    assert anna.edit(uid, lambda body: body.replace('Treffen', 'Sitzung')).status == 204
    for box in (*boxes, outside):
        box.copy(uid, lambda body: 'Sitzung' in body)
    assert anna.edit(uid, lambda body: body.replace('T180000Z', 'T170000Z')).status == 204
    for box in (*boxes, outside):
        box.copy(uid, lambda body: 'T170000Z' in body)
        said = box.find(uid)[1] + ''.join(body for _, body in box.messages(uid))
        for other in boxes:
            assert (other.mail in unfold(said)) == (other is box), f'{other.uid} at {box.uid}'
    kept = unfold(anna.find(uid)[1])
    assert sorted(attendees(kept)) == sorted([anna.mail, ALL, outside.mail, *[box.mail for box in boxes]])
    assert all(len([m for m in box.methods(uid) if m == 'REQUEST']) == 3 for box in boxes), 'each time one message'


def test_her_program_may_know_less(anna, member):
    """Lines of members that are left out when the event is stored again take no invitation away."""
    bob = member()
    uid, body = meeting(anna, ALL)
    assert anna.put(f'{uid}.ics', body).status == 201
    bob.answer(uid)
    anna.copy(uid, lambda kept: bob.mail in kept)
    assert anna.put(f'{uid}.ics', body.replace(b'Treffen', b'Anders')).status == 204
    bob.copy(uid, lambda copy: 'Anders' in copy and answer_of(copy, bob.mail) == 'ACCEPTED')
    bob.told(uid, 'REQUEST', 'REQUEST')


def test_only_who_may_invites_a_chapter(people, anna, member):
    """3.8: members, people of other chapters; the board and its group as well. 3.7: there is no such group."""
    bob = member()
    for box in (bob, people.box('stranger')):
        for address in (ALL, BOARD):
            uid, _ = ask(box, address, anna)
            kept = unfold(box.find(uid)[1])
            assert status_of(kept, address) == '3.8' and status_of(kept, anna.mail) == '1.2'
            anna.told(uid, 'REQUEST')
            assert bob.find(uid) is None or box is bob
    uid, _ = ask(anna, f'{SLUG}+nichts-999999@{DOMAIN}', f'nirgends+vorstand@{DOMAIN}')
    kept = unfold(anna.find(uid)[1])
    assert status_of(kept, f'{SLUG}+nichts-999999@{DOMAIN}') == status_of(kept, f'nirgends+vorstand@{DOMAIN}') == '3.7'


def test_the_board(anna, member):
    bob, chair = member(), member('chair', 4)
    uid, _ = ask(anna, BOARD)
    chair.told(uid, 'REQUEST')
    uid2, _ = ask(anna, BOARD, ALL)
    bob.told(uid2, 'REQUEST')
    chair.told(uid2, 'REQUEST')
    assert bob.find(uid) is None


def test_a_group_of_the_chapter(people, anna, member):
    """Who is in it may invite it, too; it goes by its number."""
    bob, carla = member(), people.box('carla')
    [[number]] = people.stack.sql("INSERT INTO local_group (chapter_id, name) SELECT id, 'Plakate' FROM chapter WHERE slug = %s RETURNING id", SLUG)
    join = 'INSERT INTO local_group_member (group_id, chapter_id, person_id) SELECT id, chapter_id, %s FROM local_group WHERE id = %s RETURNING 1'
    for box in (bob, carla):
        people.stack.sql(join, people.person(box), number)
    for address in (f'{SLUG}+plakate-{number}@{DOMAIN}', f'{SLUG}+{number}@{DOMAIN}'):
        uid, _ = ask(carla, address)
        assert status_of(unfold(carla.find(uid)[1]), address) == '1.2'
        bob.told(uid, 'REQUEST')
        assert anna.find(uid) is None
    people.stack.sql('DELETE FROM local_group WHERE id = %s RETURNING 1', number)
    bob.told(uid, 'REQUEST', 'CANCEL')


def test_in_the_calendar_of_a_chapter_answers_are_numbers(people, anna, member, browser):
    """Whoever may read it would learn who is a member; they are kept, and counted."""
    bob = member()
    calendar = f'{SLUG}.termine'
    uid = f'chapter-{next(NAMES)}'
    body = event(uid, f'ORGANIZER;CUTYPE=GROUP:mailto:{ALL}', f'ATTENDEE;CUTYPE=GROUP:mailto:{ALL}')
    assert anna.put(f'{uid}.ics', body, calendar).status == 201
    bob.told(uid, 'REQUEST')
    anna.told(uid, 'REQUEST')
    assert attendees(bob.find(uid)[1]) == [ALL, bob.mail]
    bob.answer(uid)
    [[node]] = people.stack.sql("SELECT n.id FROM dav_node n WHERE n.name = %s AND NOT n.gone AND n.chapter_id IS NOT NULL", f'{uid}.ics')
    wait_for(lambda: people.stack.sql('SELECT partstat FROM invited WHERE node_id = %s AND address = %s', node, f'mailto:{bob.mail}')
             == [('ACCEPTED',)], 60, 'the answer')
    page = words(browser(anna.uid).get(f'/c/{SLUG}/calendar/termine/{uid}.ics'))
    assert '1 comes, 1 has not answered' in page and bob.mail not in page
    assert bob.mail not in unfold(anna.get(f'{uid}.ics', calendar).body)
    assert bob.mail not in unfold(bob.get(f'{uid}.ics', calendar).body)


def test_what_is_over_does_not_ask_who_joins(people, anna, member):
    past = {'start': 'DTSTART:20200301T180000Z', 'end': 'DTEND:20200301T200000Z'}
    old, _ = ask(anna, ALL, **past)
    new, _ = ask(anna, ALL)
    bob = member()
    bob.told(new, 'REQUEST')
    assert bob.find(old) is None and bob.methods(old) == []


def test_invited_by_herself_and_in_the_group(anna, member):
    """Once; when she is invited by herself later, her copy becomes that of one who is."""
    bob = member()
    uid, _ = ask(anna, ALL, bob)
    bob.told(uid, 'REQUEST')
    assert attendees(bob.copy(uid)[1]) == [anna.mail, ALL, bob.mail] and 'MEMBER' not in bob.copy(uid)[1]
    uid, _ = ask(anna, ALL)
    bob.told(uid, 'REQUEST')
    line = f'ATTENDEE:mailto:{bob.mail}\r\nEND:VEVENT'
    assert anna.edit(uid, lambda body: body.replace('END:VEVENT', line)).status == 204
    bob.copy(uid, lambda body: 'MEMBER' not in unfold(body))
    assert 'CANCEL' not in bob.methods(uid)


def test_no_mail_goes_to_the_address(people, anna):
    """Nobody takes mail there, neither for what is a group nor for what only looks like one."""
    ask(anna, ALL, f'{SLUG}+nichts-1@{DOMAIN}')
    assert people.stack.sql('SELECT address FROM mail_queue WHERE address LIKE %s', f'%@{DOMAIN}') == []
