"""App passwords and sessions: /account and what devices can do with what it gives (E13, E14, H14)."""
import html
import os
import re
import threading

import pytest

from lib.client import quote
from lib.stack import wait_for
from test_login import Browser, field, form

HOME = '/dav/files/'
DEVICES = '/account/devices'
SHAPE = re.compile(r'cd_[1-9][0-9]*_[0-9abcdefghjkmnpqrstvwxyz]{25}')
networks = iter(range(1, 250))


def signed_in(server, user):
    browser = Browser(server, source=f'127.90.{next(networks)}.1')
    assert browser.sign_in(user).status == 303
    return browser


def wish(browser, name='Telefon', days='0', documents='1', **more):
    page = browser('GET', DEVICES)
    assert page.status == 200, page
    fields = {'token': field(page, 'token'), 'once': field(page, 'once'), 'name': name, 'days': days}
    if documents:
        fields['documents'] = documents
    return form(**{**fields, **more})


def make(browser, **fields):
    """A new app password, as the page shows it."""
    answer = browser('POST', DEVICES, wish(browser, **fields))
    assert answer.status == 200, answer
    return password_in(answer)


def password_in(answer):
    [password] = set(SHAPE.findall(answer.text))
    return password


def number_of(password):
    return int(password.split('_')[1])


def remove(browser, password):
    token = field(browser('GET', DEVICES), 'token')
    return browser('POST', f'{DEVICES}/{number_of(password)}/remove', form(token=token))


def empty(server, user):
    server.stack.sql('DELETE FROM app_password WHERE person_id IN'
                     ' (SELECT id FROM person WHERE lower(uid) = %s)', user)


def device(server, user, password):
    return server.client(user, password, source=f'127.51.{next(networks)}.1')


@pytest.fixture
def member(server):
    """A browser of weimar-member, who has no app password."""
    browser = signed_in(server, 'weimar-member')
    empty(server, 'weimar-member')
    yield browser
    empty(server, 'weimar-member')


def test_made_and_used(server, member):
    password = make(member, name='Mein Telefon')
    phone = device(server, 'weimar-member', password)
    entry = phone.props('/dav/', 'current-user-principal')
    assert entry.value('current-user-principal')[0].text == '/dav/principals/users/weimar-member/'
    assert phone.put('/dav/files/weimar/Mitglieder/app-password.txt', b'x').status == 201
    assert phone.delete('/dav/files/weimar/Mitglieder/app-password.txt').status == 204
    page = member('GET', DEVICES)
    assert 'Mein Telefon' in page.text and password not in page.text


def test_no_other_answer_shows_it(server, member):
    """Shown in the answer of the POST alone, which nobody may keep; nothing leads to it again."""
    answer = member('POST', DEVICES, wish(member))
    password = password_in(answer)
    assert answer.status == 200 and answer.get('Location') is None
    assert answer.get('Cache-Control') == 'no-store'
    secret = password.rsplit('_', 1)[1]
    for path in (DEVICES, '/account', '/', f'{DEVICES}/{number_of(password)}',
                 f'{DEVICES}/{number_of(password)}/remove', DEVICES + '?once=x'):
        page = member('GET', path)
        assert secret not in page.text and page.status in (200, 404, 405), (path, page)
    kept = server.stack.sql('SELECT hash, name::text FROM app_password WHERE id = %s', number_of(password))
    import hashlib
    assert bytes(kept[0][0]) == hashlib.sha256(secret.encode()).digest()


def test_sent_again_it_makes_no_second_one(server, member):
    """Reloading the answer sends the form again; also after the password is gone."""
    body = wish(member)
    password = password_in(member('POST', DEVICES, body))
    for _ in range(2):
        again = member('POST', DEVICES, body)
        assert again.status == 409 and not SHAPE.search(again.text), again
        assert 'role="alert"' in again.text
        count = server.stack.sql('SELECT count(*) FROM app_password a JOIN person p ON p.id = person_id'
                                 " WHERE p.uid = 'weimar-member'")
        remove(member, password)
    assert count == [(0,)]


def test_sent_twice_at_once(server, member):
    body, answers = wish(member), []

    def send():
        browser = Browser(server)
        browser.cookies = dict(member.cookies)
        answers.append(browser('POST', DEVICES, body).status)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(answers) == [200] + [409] * 5


def test_E13_at_most_20(server, member):
    """Also when many forms arrive at once."""
    bodies = [wish(member, name=f'{i}') for i in range(26)]
    answers = []

    def send(part):
        browser = Browser(server)
        browser.cookies = dict(member.cookies)
        answers.extend(browser('POST', DEVICES, body).status for body in part)

    threads = [threading.Thread(target=send, args=(bodies[i::4],)) for i in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(answers) == [200] * 20 + [409] * 6
    page = member('GET', DEVICES)
    assert 'name="once"' not in page.text, 'no form when there is no room'


@pytest.mark.parametrize('fields', [
    {'name': ''}, {'name': '   '}, {'name': 'x' * 61}, {'name': 'a\nb'}, {'name': 'a‮b'}, {'documents': ''}])
def test_wrong_wishes(member, fields):
    """The form comes back with what was typed and what is wrong with it."""
    answer = member('POST', DEVICES, wish(member, **fields))
    assert answer.status == 422 and 'role="alert"' in answer.text, answer
    assert not SHAPE.search(answer.text)
    assert member('POST', DEVICES, wish(member)).status == 200


@pytest.mark.parametrize('fields', [{'days': '-1'}, {'days': '100000'}, {'days': 'x'}, {'wiki': '1'},
                                    {'name': 'x' * 1000}])
def test_what_no_form_of_ours_sends(member, fields):
    """An area that no module has cannot be asked for."""
    assert member('POST', DEVICES, wish(member, **fields)).status == 400


def test_areas_offered_are_those_there_are(member):
    page = member('GET', DEVICES)
    assert re.findall(r'type="checkbox" name="(\w+)"', page.text) == ['documents', 'calendars', 'contacts']


def test_names_are_shown_as_text(member):
    name = '<script>alert(1)</script>"&'
    answer = member('POST', DEVICES, wish(member, name=name))
    assert '<script>alert' not in answer.text and html.escape(name)[:20] in answer.text
    assert '<script>alert' not in member('GET', DEVICES).text


def test_E13_removed_it_is_refused_within_a_second(server, stack, member):
    """On every daemon, also on those that know it as good."""
    other = stack.daemon({'password_cache': '60'}, name='devices-other')
    try:
        password = make(member)
        clients = [device(d, 'weimar-member', password) for d in (server, other)]
        for client in clients:
            assert client.propfind(HOME, 'resourcetype').status == 207
        assert remove(member, password).status == 303
        for client in clients:
            took = wait_for(lambda c=client: c.propfind(HOME, 'resourcetype').status == 401, 1.0, 'the 401')
            print(f'refused after {took * 1e3:.0f} ms')
    finally:
        other.stop()


def test_removed_only_by_her(server, member):
    password = make(member)
    stranger = signed_in(server, 'erfurt-member')
    assert remove(stranger, password).status == 404
    assert device(server, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 207
    for number in ('0', '99999999', 'x', '-1', '99999999999999999999', '%00'):
        token = field(member('GET', DEVICES), 'token')
        assert member('POST', f'{DEVICES}/{number}/remove', form(token=token)).status in (400, 404)
    assert remove(member, password).status == 303
    assert remove(member, password).status == 404


def test_forms_need_their_token(server, member):
    password = make(member)
    for body in (form(), form(token='x')):
        assert member('POST', f'{DEVICES}/{number_of(password)}/remove', body).status == 403
        assert member('POST', '/account/sign-out-everywhere', body).status == 403
    assert member('POST', DEVICES, re.sub('token=[^&]*', 'token=x', wish(member))).status == 403
    body = wish(member)
    assert member('POST', DEVICES, body, Origin='https://evil.example').status == 403
    assert device(server, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 207


@pytest.mark.parametrize('user', ['erfurt-member', 'weimar-board', 'weimar-membe', 'no-such-person', '~1', '*'])
def test_it_belongs_to_one_login(server, member, user):
    assert device(server, user, make(member)).propfind(HOME, 'resourcetype').status == 401


@pytest.mark.parametrize('user', ['WEIMAR-Member', 'HOST\\weimar-member', ' weimar-member '])
def test_spellings_of_the_login(server, member, user):
    assert device(server, user, make(member)).propfind(HOME, 'resourcetype').status == 207


def test_as_people_type_it(server, member):
    password = make(member)
    for typed in (password.upper(), f' {password} ', password.replace('1', 'l').replace('cd_l', 'cd_1')
                  if password.split('_')[1].count('1') == 0 else password):
        assert device(server, 'weimar-member', typed).propfind(HOME, 'resourcetype').status == 207


def test_former_login_names(server, member):
    """Decisions 1.20: the device of somebody renamed goes on, under the name it knows."""
    password = make(member)
    server.stack.sql("INSERT INTO person_alias (uid, person_id) SELECT 'weimar-geboren', id FROM person"
                     " WHERE uid = 'weimar-member'")
    try:
        entry = device(server, 'weimar-geboren', password).props('/dav/', 'current-user-principal')
        assert entry.value('current-user-principal')[0].text == '/dav/principals/users/weimar-geboren/'
    finally:
        server.stack.sql("DELETE FROM person_alias WHERE uid = 'weimar-geboren'")


def test_expired(server, member):
    """At once, also where it is known as good."""
    password = make(member, days='30')
    phone = device(server, 'weimar-member', password)
    assert phone.propfind(HOME, 'resourcetype').status == 207
    [(days,)] = server.stack.sql('SELECT round(extract(epoch FROM expires - now()) / 86400) FROM app_password'
                                 ' WHERE id = %s', number_of(password))
    assert days == 30
    server.stack.sql("UPDATE app_password SET expires = now() + interval '2 seconds' WHERE id = %s",
                     number_of(password))
    wait_for(lambda: phone.propfind(HOME, 'resourcetype').status == 401, 30, 'the end')


def test_expired_between_two_looks(stack, member):
    """The cache does not outlive it: no notification comes when time passes."""
    d = stack.daemon({'password_cache': '60'}, name='devices-expiry')
    try:
        password = make(member, days='30')
        stack.sql("UPDATE app_password SET expires = now() + interval '6 seconds' WHERE id = %s",
                  number_of(password))
        phone = device(d, 'weimar-member', password)
        assert phone.propfind(HOME, 'resourcetype').status == 207
        wait_for(lambda: phone.propfind(HOME, 'resourcetype').status == 401, 30, 'the end')
    finally:
        d.stop()


def test_who_left_is_refused(server, member):
    """Membership is the person's row's, not the password's."""
    password = make(member)
    phone = device(server, 'weimar-member', password)
    assert phone.propfind(HOME, 'resourcetype').status == 207
    server.stack.sql("UPDATE person SET gone = now() WHERE uid = 'weimar-member'")
    try:
        wait_for(lambda: phone.propfind(HOME, 'resourcetype').status == 401, 1.0, 'the 401')
        assert device(server, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 401
    finally:
        server.stack.sql("UPDATE person SET gone = NULL WHERE uid = 'weimar-member'")
        server.stack.sql("NOTIFY chapterd_rights, ''")
    wait_for(lambda: device(server, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 207)


def test_goes_with_the_person(server):
    [(person,)] = server.stack.sql("INSERT INTO person (directory_id, uid, name) VALUES ('purge', 'purge', 'x')"
                                   ' RETURNING id')
    server.stack.sql("INSERT INTO app_password (person_id, name, hash, areas) VALUES (%s, 'x', sha256('x'), 1)",
                     person)
    server.stack.sql("INSERT INTO form_once (person_id, hash) VALUES (%s, 'x')", person)
    server.stack.sql('DELETE FROM person WHERE id = %s', person)
    assert server.stack.sql('SELECT count(*) FROM app_password WHERE person_id = %s', person) == [(0,)]


def test_last_use_is_a_day(server, member):
    password = make(member)
    number = number_of(password)
    assert server.stack.sql('SELECT used FROM app_password WHERE id = %s', number) == [(None,)]
    assert device(server, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 207
    assert server.stack.sql('SELECT used = current_date FROM app_password WHERE id = %s', number) == [(True,)]


def areas(server, password, bits):
    server.stack.sql('UPDATE app_password SET areas = %s WHERE id = %s', bits, number_of(password))


def test_E13_scope_of_another_area(server, member):
    """An app password for calendars: discovery and principals answer, documents say 403 and why."""
    password = make(member)
    areas(server, password, 2)
    phone = device(server, 'weimar-member', password)
    for path in ('/', '/dav/', '/principals/', '/dav/principals/users/weimar-member/'):
        assert phone.propfind(path, 'current-user-principal').status == 207, path
    assert phone.get('/.well-known/caldav').status == 301
    listed = phone.propfind('/dav/', 'resourcetype', depth='1').multistatus().entry
    assert '/dav/principals/' in listed and HOME not in listed
    target = '/dav/files/weimar/Mitglieder/scope.txt'
    for method, path in (('PROPFIND', HOME), ('GET', '/dav/files/weimar/'), ('PUT', target),
                         ('DELETE', target), ('MKCOL', target), ('LOCK', target), ('PROPPATCH', target),
                         ('REPORT', '/dav/files/weimar/'), ('PROPFIND', '/dav/files/nowhere/')):
        body = {'PUT': 'x', 'PROPFIND': None, 'REPORT': '<D:sync-collection xmlns:D="DAV:"><D:sync-token/>'
                '<D:sync-level>1</D:sync-level><D:prop><D:getetag/></D:prop></D:sync-collection>',
                'PROPPATCH': '<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><x xmlns="u"/></D:prop>'
                '</D:remove></D:propertyupdate>'}.get(method)
        answer = phone(method, path, body, Depth='0')
        assert answer.status == 403 and 'need-privileges' in answer.text, (method, path, answer)
    assert phone('OPTIONS', HOME).status == 200, 'OPTIONS never fails'
    answer = phone.copy('/dav/principals/', '/dav/files/weimar/Mitglieder/x')
    assert answer.status == 403
    areas(server, password, 3)
    wait_for(lambda: phone.propfind(HOME, 'resourcetype').status == 207, 30, 'the notification')


def test_E13_opens_no_page(server, member):
    """Neither as Basic nor typed into the form; so it cannot make more of its kind."""
    password = make(member)
    phone = device(server, 'weimar-member', password)
    assert 'Mitglied Weimar' not in phone.get('/').text
    for path in ('/account', DEVICES):
        answer = phone.get(path)
        assert answer.status == 303 and answer.get('Location').startswith('/login'), answer
    sent = phone('POST', DEVICES, wish(member), Content_Type='application/x-www-form-urlencoded')
    assert sent.status == 403
    assert phone.put('/c/weimar/files/Mitglieder/x', b'x', X_Form_Token='x').status == 403
    browser = Browser(server, source=f'127.90.{next(networks)}.1')
    answer = browser.sign_in('weimar-member', password)
    assert answer.status == 403 and 'role="alert"' in answer.text
    assert password not in answer.text


def test_works_without_the_directory(stack, server, member):
    """Made while it was there, checked without it: on a daemon that has never asked."""
    password = make(member)
    d = stack.daemon(name='devices-no-ldap')
    stack.part('down', 'directory')
    try:
        assert device(d, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 207
        wrong = password[:-1] + ('0' if password[-1] != '0' else '1')
        for other in (wrong, 'cd_1_', 'cd_99999999_' + '0' * 25, password + 'x'):
            assert device(d, 'weimar-member', other).propfind(HOME, 'resourcetype').status == 401, other
        assert device(d, 'weimar-member', 'demo').propfind(HOME, 'resourcetype').status == 503
    finally:
        stack.part('up', 'directory')
        d.stop()


def test_E05_guessing_is_slowed_down(server, member):
    """As for other passwords, under the same account; her device elsewhere goes on."""
    number = number_of(make(member))
    good = make(member)
    source = f'127.52.{os.getpid() % 250}.1'
    codes = [server.client('weimar-member', f'cd_{number}_{i:025}', source=source).propfind(
        HOME, 'resourcetype').status for i in range(9)]
    assert codes[:4] == [401] * 4 and 429 in codes and set(codes) <= {401, 429}, codes
    assert device(server, 'weimar-member', good).propfind(HOME, 'resourcetype').status == 207


def test_app_passwords_only(stack, server, member):
    d = stack.daemon({'app_passwords_only': 'yes'}, name='devices-only')
    try:
        answer = device(d, 'weimar-member', 'demo').propfind(HOME, 'resourcetype')
        assert answer.status == 401 and answer.get('WWW-Authenticate', '').startswith('Basic')
        assert device(d, 'weimar-member', make(member)).propfind(HOME, 'resourcetype').status == 207
        assert Browser(d).sign_in('weimar-member').status == 303, 'pages ask for her own password'
    finally:
        d.stop()


def test_addresses_in_the_steps(server, member):
    page = member('GET', DEVICES)
    for address in (server.url + HOME, server.url.replace('http', 'dav', 1) + HOME,
                    server.url.replace('http', 'webdav', 1) + HOME):
        assert address in page.text
    for system in ('Windows', 'macOS', 'GNOME', 'KDE', 'Android', 'iOS', 'davfs2', 'rclone'):
        assert f'<summary>{system}</summary>' in page.text


# ---------------------------------------------------------------- sessions


def test_E14_sign_in_renews_the_session(server):
    """What a browser held before is worth nothing afterwards, whoever put it there."""
    browser = Browser(server)
    browser.cookies['chapterd-dev'] = 'A' * 22
    assert browser.sign_in('weimar-member').status == 303
    first = dict(browser.cookies)
    assert first['chapterd-dev'] != 'A' * 22
    browser('GET', '/')
    again = Browser(server)
    again.cookies = dict(first)
    token = field(again('GET', '/'), 'token')
    assert again('POST', '/login', form(token=token, user='weimar-member', password='demo',
                                        next='/')).status == 303
    assert again.cookies != first
    old = Browser(server)
    old.cookies = first
    assert 'Mitglied Weimar' not in old('GET', '/').text
    assert 'Mitglied Weimar' in again('GET', '/').text


@pytest.mark.parametrize('place', ['/?sid={}', '/?chapterd-dev={}', '/account?session={}'])
def test_E14_no_session_by_address(server, place):
    browser = signed_in(server, 'weimar-member')
    page = Browser(server)('GET', place.format(browser.cookies['chapterd-dev']))
    assert 'Mitglied Weimar' not in page.text


def test_sessions_are_listed_and_ended(server):
    server.stack.sql('DELETE FROM session')
    one, two = signed_in(server, 'weimar-member'), signed_in(server, 'weimar-member')
    other = signed_in(server, 'erfurt-member')
    page = one('GET', '/account')
    ends = re.findall(r'/account/sessions/(\d+)/end', page.text)
    assert page.status == 200 and len(ends) == 1, 'the other one; this one is marked'
    assert page.text.count('class="badge"') == 1
    foreign = other('GET', '/account')
    assert other('POST', f'/account/sessions/{ends[0]}/end', form(token=field(foreign, 'token'))).status == 404
    assert 'Mitglied Weimar' in two('GET', '/').text
    assert one('POST', f'/account/sessions/{ends[0]}/end', form(token=field(page, 'token'))).status == 303
    assert 'Mitglied Weimar' not in two('GET', '/').text
    assert 'Mitglied Weimar' in one('GET', '/').text


def test_sign_out_everywhere(server, member):
    """All browsers, at once; devices and other people are not touched."""
    password = make(member)
    two, other = signed_in(server, 'weimar-member'), signed_in(server, 'erfurt-member')
    token = field(two('GET', '/account'), 'token')
    answer = two('POST', '/account/sign-out-everywhere', form(token=token))
    assert answer.status == 303 and 'chapterd-dev' not in two.cookies
    assert 'Mitglied Weimar' not in member('GET', '/').text
    assert 'Mitglied Erfurt' in other('GET', '/').text
    assert device(server, 'weimar-member', password).propfind(HOME, 'resourcetype').status == 207


@pytest.mark.parametrize('path', ['/account', DEVICES])
def test_pages_of_the_account_ask_for_a_login(server, path):
    answer = Browser(server)('GET', path)
    assert answer.status == 303
    assert answer.get('Location') == '/login?next=' + quote(path).replace('/', '%2F')


def test_H14_reading_makes_nothing(server, member):
    """Previews, HEAD and prefetch cost nothing and make nothing."""
    before = server.stack.sql('SELECT count(*) FROM app_password')
    for method in ('GET', 'HEAD'):
        member(method, DEVICES)
        member(method, DEVICES + '?name=x&documents=1&days=0')
        member(method, f'{DEVICES}/1/remove')
        member(method, '/account/sign-out-everywhere')
    assert server.stack.sql('SELECT count(*) FROM app_password') == before
    assert 'Mitglied Weimar' in member('GET', '/').text
