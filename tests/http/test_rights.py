"""Groups, guests, levels of folders, and why: as a chair sets them in the browser, as clients feel them
(design 3; decisions 0.3, 2.1, 2.16)."""
import datetime
import re
import uuid

import pytest

from lib.browser import Browser, words
from lib.client import quote, sync_body
from lib.directory import Directory
from lib.stack import wait_for

MEMBERS = '/c/jena/members'


def day(offset):
    return (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset)).isoformat()


@pytest.fixture(scope='module')
def chair(browser):
    return browser('jena-chair')


@pytest.fixture
def group(chair):
    """A new group of jena; its name."""
    name = f'Group {uuid.uuid4().hex[:8]}'
    assert chair.post(MEMBERS, do='group-add', group=name).status_code == 303
    yield name
    chair.post(MEMBERS, do='group-remove', group=name)


def page_of(folder):
    return folder.replace('/dav/files/jena/', '/c/jena/files/')


def set_levels(browser, folder, see='board', change='board', rule='own', **groups):
    return browser.post(page_of(folder), rule=rule, see=see, change=change, **groups)


def field_of(browser, folder, group):
    """The name of the form field of a group on the page of a folder."""
    page = browser.get(page_of(folder) + '?why').text
    return re.search(r'<label for="(group-\d+)">[^<]*' + re.escape(group), page)[1].replace('-', '_')


def told(client, folder, token):
    """What a sync report tells: {href: status or None}. While a job is at something tokens stay behind, and more is told."""
    client.server.stack.settle()
    answer = client.sync(folder, token).multistatus()
    return {href: entry.status for href, entry in answer.entry.items()}, answer.token


# ---------------------------------------------------------------- levels

def test_levels_are_set_shown_and_felt(server, chair, anna, alice, bob, box):
    anna.put(box + 'doc')
    assert alice.get(box + 'doc').status == 200 and bob.get(box + 'doc').status == 200
    text = chair.text(page_of(box) + '?why')
    assert 'The same as for all documents of the chapter' in text and 'Everybody who is signed in' in text
    answer = set_levels(chair, box, see='member', change='member')
    assert answer.status_code == 303 and answer.headers['Location'].endswith('?why&done=levels-set')
    text = chair.text(page_of(box) + '?why')
    assert 'This folder has a rule of its own.' in text
    assert alice.put(box + 'doc', b'new').status == 204 and bob.get(box + 'doc').status == 404
    assert set_levels(chair, box, see='board', change='board').status_code == 303
    assert alice.get(box + 'doc').status == 404 and alice.propfind(box, 'resourcetype').status == 404
    assert anna.get(box + 'doc').status == 200
    assert set_levels(chair, box, rule='above').status_code == 303
    assert alice.get(box + 'doc').status == 200 and alice.put(box + 'doc').status == 403


def test_levels_inside_keep_their_own(chair, anna, alice, box):
    """An inner rule stands when the outer one changes, and what inherits goes along."""
    anna.mkcol(box + 'own/')
    anna.mkcol(box + 'plain/')
    anna.put(box + 'own/doc')
    anna.put(box + 'plain/doc')
    set_levels(chair, box + 'own/', see='member', change='board')
    set_levels(chair, box, see='board', change='board')
    assert alice.get(box + 'own/doc').status == 200 and alice.get(box + 'plain/doc').status == 404
    assert 'The same as for the folder' in chair.text(page_of(box + 'plain/') + '?why')
    set_levels(chair, box + 'own/', rule='above')
    assert alice.get(box + 'own/doc').status == 404


def test_who_may_not_set_levels(browser, chair, anna, alice, box):
    for user, status in (('jena-member', 403), ('guest', 403), ('land-admin', 403), ('jena-board', 303)):
        assert set_levels(browser(user), box, see='federation').status_code == status, user
    set_levels(chair, box, see='chair', change='chair')
    assert set_levels(browser('jena-board'), box).status_code == 404
    assert set_levels(chair, box).status_code == 303


def test_levels_that_cannot_be(browser, chair, box):
    answer = set_levels(chair, box, see='board', change='member')
    assert answer.status_code == 409 and 'must be able to see it too' in words(answer)
    answer = set_levels(browser('jena-board'), box, see='chair', change='chair')
    assert answer.status_code == 409 and 'lock you out' in words(answer)
    assert set_levels(chair, box, see='king').status_code == 400
    assert chair.post('/c/jena/files/', rule='above').status_code == 409
    assert set_levels(chair, box).status_code == 303


# ---------------------------------------------------------------- groups

def test_a_group_opens_a_folder(server, chair, anna, bob, box, group):
    """Somebody of another chapter, in a group of this one with a last day."""
    set_levels(chair, box)
    anna.put(box + 'doc')
    assert bob.get(box + 'doc').status == 404
    field = field_of(chair, box, group)
    assert set_levels(chair, box, **{field: 'read'}).status_code == 303
    answer = chair.post(MEMBERS, do='join', group=group, who='erfurt-member')
    assert answer.status_code == 422 and 'last day' in words(answer)
    answer = chair.post(MEMBERS, do='join', group=group, who='erfurt-member', until=day(400))
    assert answer.status_code == 422 and 'at most one year' in words(answer)
    assert chair.post(MEMBERS, do='join', group=group, who='erfurt-member', until=day(9)).status_code == 303
    wait_for(lambda: bob.get(box + 'doc').status == 200, 10, 'the group')
    assert bob.put(box + 'doc', b'new').status == 403
    assert set_levels(chair, box, **{field: 'write'}).status_code == 303
    wait_for(lambda: bob.put(box + 'doc', b'new').status == 204, 10, 'writing')
    assert bob.mkcol(box + 'inner/').status == 201 and bob.get(box + 'inner/').status == 200
    assert f'until {day(9)}' in chair.text(MEMBERS)
    assert set_levels(browser_of(server, 'erfurt-member'), box).status_code == 403
    server.stack.sql('UPDATE local_group_member SET until = current_date - 1 WHERE until IS NOT NULL')
    wait_for(lambda: bob.get(box + 'doc').status == 404, 10, 'the end of the last day')
    assert chair.post(MEMBERS, do='join', group=group, who='erfurt-member', until=day(9)).status_code == 303
    wait_for(lambda: bob.get(box + 'doc').status == 200, 10, 'the group again')
    assert chair.post(MEMBERS, do='leave', group=group, who='erfurt-member').status_code == 303
    wait_for(lambda: bob.get(box + 'doc').status == 404, 10, 'leaving')


def browser_of(server, user):
    return Browser(server, user)


def test_a_removed_group_closes_what_it_opened(chair, anna, alice, box, group):
    set_levels(chair, box, **{field_of(chair, box, group): 'write'})
    assert chair.post(MEMBERS, do='join', group=group, who='jena-member').status_code == 303
    wait_for(lambda: alice.put(box + 'doc').status == 201, 10, 'the group')
    assert chair.post(MEMBERS, do='group-remove', group=group).status_code == 303
    wait_for(lambda: alice.get(box + 'doc').status == 404, 10, 'the end of the group')


def test_groups_of_one_chapter_are_nothing_in_another(server, chair, box, group):
    """Neither seen nor usable: another chapter's chair cannot name it."""
    other = browser_of(server, 'erfurt-chair')
    number = field_of(chair, box, group)
    assert group not in other.text('/c/erfurt/members')
    assert other.post('/c/erfurt/members', do='join', group=group, who='erfurt-member').status_code == 422
    folder = f'/c/erfurt/files/Vorstand/'
    assert other.post(folder, rule='own', see='board', change='board', **{number: 'write'}).status_code == 303
    assert server.stack.sql('SELECT count(*) FROM policy_grant p JOIN local_group g ON g.id = p.group_id'
                            ' WHERE p.chapter_id <> g.chapter_id') == [(0,)]


def test_who_looks_at_roles(browser):
    for user, status in (('jena-member', 403), ('guest', 403), ('land-admin', 403), ('land-chair', 403),
                         ('erfurt-chair', 403), ('jena-board', 200), ('jena-chair', 200)):
        assert browser(user).get(MEMBERS).status_code == status, user
    for user in ('jena-member', 'jena-board', 'erfurt-chair', 'land-admin', 'guest'):
        assert browser(user).post(MEMBERS, do='group-add', group='x').status_code == 403, user


@pytest.mark.parametrize('fields', [
    {'do': 'group-add', 'group': ''}, {'do': 'group-add', 'group': 'x' * 61}, {'do': 'join', 'group': 'none', 'who': 'guest'},
    {'do': 'grant', 'who': 'nobody-knows', 'role': 'member'}, {'do': 'grant', 'who': 'guest', 'role': 'member'},
    {'do': 'grant', 'who': 'guest', 'role': 'member', 'until': '2027-02-30'},
    {'do': 'invite', 'name': 'X', 'mail': 'not a mail', 'until': day(3)}, {'do': 'invite', 'name': 'X', 'mail': 'a@'},
    {'do': 'invite', 'name': 'X', 'mail': 'a@b.de'}, {'do': 'invite', 'name': 'X', 'mail': 'a@b.de', 'until': day(-1)},
    {'do': 'invite', 'name': 'X', 'mail': 'a@b.de', 'until': day(367)}, {'do': 'guest-end', 'who': 'guest-xxxxxxxx'}])
def test_what_the_chair_got_wrong_is_told(chair, fields):
    answer = chair.post(MEMBERS, **fields)
    assert answer.status_code == 422 and 'role="alert"' in answer.text, answer.text


def test_forms_that_no_page_sends(chair):
    assert chair.post(MEMBERS, do='burn').status_code == 400
    assert chair.post(MEMBERS).status_code == 400
    assert chair.post(MEMBERS, do='grant', who='guest', role='king').status_code == 400


# ---------------------------------------------------------------- roles

def test_a_role_for_somebody_who_never_signed_in(server, chair):
    """The directory is asked who she is; her role is there when she comes."""
    directory = Directory(server.stack)
    uid = f'new-{uuid.uuid4().hex[:8]}'
    directory.add(uid, name='Neue Kollegin')
    try:
        assert chair.post(MEMBERS, do='grant', who=uid, role='member', until=day(20), reason='AG Wahl').status_code == 303
        assert 'Neue Kollegin' in chair.text(MEMBERS)
        assert server.client(uid).get('/dav/files/jena/Mitglieder/').status == 200
        assert chair.post(MEMBERS, do='revoke', who=uid, role='member').status_code == 303
        wait_for(lambda: server.client(uid).get('/dav/files/jena/Mitglieder/').status == 404, 10, 'the end of the role')
    finally:
        directory.remove(uid)


# ---------------------------------------------------------------- guests

def invite(chair, **more):
    """The path of a new guest's link."""
    answer = chair.post(MEMBERS, do='invite', **{'name': 'Paula Prüferin', 'mail': f'{uuid.uuid4().hex[:8]}@example.org',
                                                 'until': day(14), 'role': 'none', **more})
    assert answer.status_code == 200 and answer.headers['Cache-Control'] == 'no-store', answer.text
    return re.search(r'(/invite/[A-Za-z0-9_-]+)', answer.text)[1]


def accept(server, link):
    """Her client, with the password that the button shows."""
    stranger = Browser(server)
    look = stranger.get(link)
    assert look.status_code == 200 and 'cd_' not in look.text
    page = stranger.session.post(stranger.url + link)
    assert page.status_code == 200 and page.headers['Cache-Control'] == 'no-store'
    uid = re.search(r'guest-[a-z0-9]{8}', page.text)[0]
    return server.client(uid, re.search(r'cd_\d+_[0-9a-z]+', page.text)[0]), uid


def test_a_guest_by_mail(server, chair, anna, box, group):
    set_levels(chair, box, **{field_of(chair, box, group): 'read'})
    anna.put(box + 'doc')
    link = invite(chair)
    guest, uid = accept(server, link)
    stranger = Browser(server)
    assert stranger.get(link).status_code == 404 and stranger.session.post(stranger.url + link).status_code == 404
    # Where she was invited she is somebody who is signed in, elsewhere nobody.
    assert guest.get('/dav/files/jena/').status == 200
    assert guest.get('/dav/files/erfurt/').status == 404
    assert guest.get('/dav/files/jena/Mitglieder/').status == 404
    assert set(guest.listing('/dav/files/')) == {'/dav/files/jena/'}
    assert chair.post(MEMBERS, do='join', group=group, who=uid, until=day(3)).status_code == 303
    wait_for(lambda: guest.get(box + 'doc').status == 200, 10, 'the group')
    assert guest.put(box + 'doc').status == 403
    # No page signs her in, and the directory's job leaves her alone.
    assert Browser(server).post('/login', user=uid, password=guest.auth).status_code == 403
    server.stack.ctl('sync', '--confirm')  # other tests leave people behind who are in no directory
    assert guest.get(box + 'doc').status == 200
    server.stack.sql('UPDATE person SET until = current_date - 1 WHERE uid = %s', uid)
    wait_for(lambda: guest.get(box + 'doc').status == 401, 10, 'the end of her last day')


def test_a_guest_as_member_is_one_in_this_chapter_alone(server, chair):
    guest, uid = accept(server, invite(chair, role='member'))
    assert guest.get('/dav/files/jena/Mitglieder/').status == 200
    assert guest.get('/dav/files/land/Mitglieder/').status == 404
    assert guest.get('/dav/files/land/').status == 404
    assert chair.post(MEMBERS, do='guest-end', who=uid).status_code == 303
    wait_for(lambda: guest.get('/dav/files/jena/Mitglieder/').status == 401, 10, 'the end')
    text = chair.text(MEMBERS)
    assert 'Paula Prüferin' in text


def test_a_guest_invited_again_keeps_her_account(server, chair):
    mail = f'{uuid.uuid4().hex[:8]}@example.org'
    old = invite(chair, mail=mail)
    first, uid = accept(server, invite(chair, mail=mail))
    assert Browser(server).get(old).status_code == 404
    second, again = accept(server, invite(chair, mail=mail.upper()))
    assert uid == again
    assert second.get('/dav/files/jena/').status == 200
    wait_for(lambda: first.get('/dav/files/jena/').status == 401, 10, 'the end of the first password')


def test_an_invitation_grows_old(server, chair):
    link = invite(chair)
    server.stack.sql("UPDATE invitation SET expires = now() - interval '1 second'")
    assert Browser(server).get(link).status_code == 404
    assert Browser(server).get('/invite/' + 'A' * 22).status_code == 404


# ---------------------------------------------------------------- why

def test_why_tells_reasons(server, chair, browser, anna, box, group):
    assert server.client('jena-nord-member').get('/dav/').status == 200  # known from the first time she signs in
    set_levels(chair, box, see='member', change='board')
    page = page_of(box) + '?why='
    text = chair.text(page + 'jena-member')
    assert 'by the group cn=members,ou=jena' in text and 'See it Yes. Allowed to: The members of the chapter' in text
    assert 'Change it No.' in text
    text = chair.text(page + 'jena-nord-member')
    assert 'which belongs to this chapter' in text and 'See it Yes.' in text
    text = chair.text(page + 'jena-chair')
    assert 'Decide who may Yes.' in text
    assert 'See it No.' in chair.text(page + '@federation')
    assert 'See it Yes.' in chair.text(page + '@member')
    # A stranger and nobody look alike: who is a member elsewhere is not told.
    stranger, nobody = chair.text(page + 'erfurt-member'), chair.text(page + 'no-such-login')
    assert stranger.replace('erfurt-member', 'X') == nobody.replace('no-such-login', 'X')
    assert 'Nobody of this login name' in stranger
    set_levels(chair, box, **{field_of(chair, box, group): 'read'})
    chair.post(MEMBERS, do='join', group=group, who='erfurt-member', until=day(5))
    text = chair.text(page + 'erfurt-member')
    assert f'See it Yes. The group “{group}” may.' in text and 'Change it No.' in text
    chair.post(MEMBERS, do='grant', who='erfurt-member', role='board', until=day(6))
    text = chair.text(page + 'erfurt-member')
    assert f'Board, given by the chapter – until {day(6)}' in text and 'Change it Yes.' in text
    chair.post(MEMBERS, do='revoke', who='erfurt-member', role='board')
    anna.put(box + 'doc')
    assert 'A document follows its folder' in chair.text(page_of(box) + 'doc?why=guest')


def test_why_is_for_those_who_may_manage(browser, box):
    for user, status in (('jena-member', 403), ('guest', 403), ('land-admin', 403), ('land-chair', 403)):
        assert browser(user).get(page_of(box) + '?why=jena-board').status_code == status, user
    assert browser('jena-member').get('/c/jena/files/Vorstand/?why').status_code == 404


# ---------------------------------------------------------------- what clients are told

def test_sync_names_nothing_that_one_never_knew(anna, alice, chair):
    """Changes of what one may not read are not told: neither its name nor that there was one."""
    hall = f'/dav/files/jena/t-{uuid.uuid4().hex[:8]}/'
    anna.mkcol(hall)
    try:
        token = told(alice, hall, '')[1]
        anna.mkcol(hall + 'hidden/')
        set_levels(chair, hall + 'hidden/')
        alice_token = told(alice, hall, '')[1]
        for change in (lambda: anna.put(hall + 'hidden/doc'), lambda: anna.proppatch(hall + 'hidden/', 'a', 'b'),
                       lambda: anna.move(hall + 'hidden/', hall + 'other/'), lambda: anna.delete(hall + 'other/')):
            assert change().status in (201, 204, 207)
            found, alice_token = told(alice, hall, alice_token)
            assert found == {}, found
        # Made while she could read it and closed since: an older token may have seen it.
        assert told(alice, hall, token)[0] in ({}, {hall + 'hidden/': 404, hall + 'other/': 404}, {hall + 'hidden/': 404})
    finally:
        anna.delete(hall)


def test_sync_tells_of_what_was_closed_and_opened(anna, alice, chair):
    hall = f'/dav/files/jena/t-{uuid.uuid4().hex[:8]}/'
    anna.mkcol(hall)
    try:
        anna.mkcol(hall + 'room/')
        found, token = told(alice, hall, '')
        assert hall + 'room/' in found
        set_levels(chair, hall + 'room/')
        found, token = told(alice, hall, token)
        assert found == {hall + 'room/': 404}
        again, token = told(alice, hall, told(alice, hall, token)[1])
        assert again == {}
        set_levels(chair, hall + 'room/', see='member', change='board')
        found, token = told(alice, hall, token)
        assert found == {hall + 'room/': None}
    finally:
        anna.delete(hall)


def test_sync_tells_of_roles_that_come_and_go(server, chair, bob):
    """The folder of members appears and vanishes for a client that keeps its token."""
    root, room = '/dav/files/jena/', '/dav/files/jena/Mitglieder/'
    found, token = told(bob, root, '')
    assert room not in found
    chair.post(MEMBERS, do='grant', who='erfurt-member', role='member', until=day(1))
    wait_for(lambda: bob.get(room).status == 200, 10, 'the role')
    wait_for(lambda: told(bob, root, token)[0].get(room, 0) is None, 10, 'the word of it')
    found, token = told(bob, root, token)
    chair.post(MEMBERS, do='revoke', who='erfurt-member', role='member')
    wait_for(lambda: bob.get(room).status == 404, 10, 'the end of the role')
    wait_for(lambda: told(bob, root, token)[0].get(room) == 404, 10, 'the word of it')
    found, token = told(bob, root, token)
    found, token = told(bob, root, token)
    assert room not in found or told(bob, root, token)[0].get(room) != 404


def test_sync_tells_the_end_of_a_last_day(server, chair, bob):
    """By the date nobody writes anything: the job rights-end stamps it."""
    root, room = '/dav/files/jena/', '/dav/files/jena/Mitglieder/'
    chair.post(MEMBERS, do='grant', who='erfurt-member', role='member', until=day(1))
    wait_for(lambda: bob.get(room).status == 200, 10, 'the role')
    token = told(bob, root, '')[1]
    server.stack.sql("ALTER TABLE role_grant DISABLE TRIGGER rights_altered")
    server.stack.sql('UPDATE role_grant SET until = current_date - 1')
    server.stack.sql("ALTER TABLE role_grant ENABLE TRIGGER rights_altered")
    wait_for(lambda: bob.get(room).status == 404, 10, 'the end of the day')
    server.stack.sql("UPDATE job_run SET started = now() - interval '1 hour' WHERE name = 'rights-end'")
    wait_for(lambda: server.stack.sql('SELECT count(*) FROM role_grant WHERE until < current_date AND NOT ended') == [(0,)],
             30, 'the job')
    wait_for(lambda: told(bob, root, token)[0].get(room) == 404, 10, 'the word of it')
    chair.post(MEMBERS, do='revoke', who='erfurt-member', role='member')


def test_pages_of_a_report_tell_what_was_closed(anna, alice, chair):
    """The cut pages remember how old the first token was."""
    hall = f'/dav/files/jena/t-{uuid.uuid4().hex[:8]}/'
    anna.mkcol(hall)
    try:
        for i in range(6):
            anna.mkcol(f'{hall}room{i}/')
        token = told(alice, hall, '')[1]
        for i in range(0, 6, 2):
            set_levels(chair, f'{hall}room{i}/')
        gone, rounds = {}, 0
        while rounds < 10:
            answer = alice('REPORT', hall, sync_body(token, limit=1), Depth='0').multistatus()
            page = {h: e.status for h, e in answer.entry.items() if h != hall}
            gone.update(page)
            token, rounds = answer.token, rounds + 1
            if hall not in answer.entry:
                break
        assert gone == {f'{hall}room{i}/': 404 for i in (0, 2, 4)}
    finally:
        anna.delete(hall)


def test_changes_of_rights_are_in_the_log(server, chair, box, group):
    name = quote(box).rstrip('/').rpartition('/')[2]
    set_levels(chair, box, **{field_of(chair, box, group): 'read'})
    chair.post(MEMBERS, do='join', group=group, who='jena-member')
    chair.post(MEMBERS, do='leave', group=group, who='jena-member')
    set_levels(chair, box, rule='above')
    invite(chair)
    rows = [what for what, in server.stack.sql('SELECT what FROM audit ORDER BY id DESC LIMIT 8')]
    for what in ('levels-set', 'shared-with-group', 'group-joined', 'group-left', 'levels-inherited', 'guest-invited',
                 'unshared-group', 'group-made'):
        assert what in rows, (what, rows, name)


def test_opening_to_the_internet_is_asked_again(server, anna, browser, box):
    """A slip in a list of five must not publish minutes; what was chosen is still chosen."""
    board, nobody = browser('jena-board'), server.client()
    page = box.replace('/dav/files/jena/', '/c/jena/files/')
    anna.put(box + 'minutes', b'text')
    answer = board.post(page, rule='own', see='public', change='chair')
    assert answer.status_code == 409 and 'Everybody on the internet could read everything' in answer.text
    assert 'name="public"' in answer.text
    assert re.findall(r'<option value="(\w+)" selected>', answer.text)[:2] == ['public', 'chair']
    assert nobody.get(page + 'minutes').status != 200
    answer = board.post(page, rule='own', see='public', change='board', public='1')
    assert answer.status_code == 303
    assert nobody.get(page + 'minutes').status == 200
    assert board.post(page, rule='own', see='public', change='board').status_code == 303  # it is already
    assert 'name="public"' not in board.get(page + '?why').text
