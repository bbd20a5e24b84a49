"""A phone is set up with one scan: /account/devices/setup and /setup/{token} (decisions 3.14, H14)."""
import html
import re
import threading
import urllib.parse

import pytest

from lib.qr import scanned
from test_app_passwords import HOME, SHAPE, empty, password_in, signed_in
from test_login import field, form

SETUP = '/account/devices/setup'
USER = 'weimar-member'
networks = iter(range(1, 250))
GONE = 'This code has been used before'


@pytest.fixture
def member(server):
    """A browser of somebody without app passwords and links."""
    browser = signed_in(server, USER)
    empty(server, USER)
    yield browser
    empty(server, USER)
    server.stack.sql('DELETE FROM device_setup')


def phone(server):
    """A browser that nobody is signed in with, from a network of its own."""
    return server.client(source=f'127.93.{next(networks)}.1')


def ask(browser, system='android', areas=('documents',), **more):
    page = browser('GET', SETUP)
    assert page.status == 200, page
    fields = {'token': field(page, 'token'), 'once': field(page, 'once'), 'name': 'Telefon', 'system': system,
              **{a: '1' for a in areas}}
    return browser('POST', SETUP, form(**{**fields, **more}))


def link(browser, system='android', areas=('documents',), **more):
    """The path of a new link, as the code says it."""
    answer = ask(browser, system, areas, **more)
    assert answer.status == 200, answer
    address = scanned(answer.text)
    assert html.escape(address) in answer.text and address.startswith(browser.client.server.url + '/setup/')
    return urllib.parse.urlsplit(address).path


def words(answer):
    return html.unescape(re.sub(r'<[^>]*>', '', answer.text))


def made(server):
    return server.stack.sql('SELECT a.name, a.areas, a.expires FROM app_password a JOIN person p ON p.id = a.person_id'
                            ' WHERE p.uid = %s', USER)


def works(server, password, uid=USER, target=HOME):
    return phone(server).__class__(server, uid, password, source=f'127.93.{next(networks)}.1').propfind(
        target, 'resourcetype').status


# ---------------------------------------------------------------- handing it out

def test_android(server, member):
    target = link(member, name='Mein Telefon')
    offer = phone(server).get(target)
    assert offer.status == 200 and 'Documents' in words(offer) and not SHAPE.search(offer.text)
    assert made(server) == []
    answer = phone(server)('POST', target)
    assert answer.status == 200 and answer.get('Cache-Control') == 'no-store'
    password = password_in(answer)
    assert made(server) == [('Mein Telefon', 1, None)]
    assert works(server, password) == 207
    for said in (f'{server.url}/dav/files/', USER, 'Mein Telefon'):
        assert said in words(answer), said
    assert 'Mein Telefon' in member('GET', '/account/devices').text
    assert 'Mein Telefon' in member('GET', '/account').text, 'her log says that it was made'


# ---------------------------------------------------------------- once, and not for long

@pytest.mark.parametrize('agent', ['WhatsApp/2.23', 'TelegramBot (like TwitterBot)', 'Slackbot-LinkExpanding 1.0', None])
def test_H14_looking_uses_nothing_up_and_tells_nothing(server, member, agent):
    target = link(member)
    for method, more in (('GET', {}), ('HEAD', {}), ('GET', {'Purpose': 'prefetch'}), ('GET', {'Sec-Purpose': 'prefetch;prerender'}),
                         ('GET', {'Range': 'bytes=0-9'}), ('OPTIONS', {}), ('PROPFIND', {'Depth': '0'})):
        answer = phone(server)(method, target, headers={'User-Agent': agent or 'x', **more})
        assert answer.status < 500 and not SHAPE.search(answer.text), answer
        for secret in (USER, 'Telefon', 'Weimar'):
            assert secret not in answer.text, 'whoever fetches it does not learn whose it is'
    assert made(server) == []
    offer = phone(server).get(target)
    assert offer.get('Cache-Control') == 'no-store' and 'noindex' in offer.get('X-Robots-Tag', '')
    assert offer.get('Referrer-Policy') == 'no-referrer'
    assert works(server, password_in(phone(server)('POST', target))) == 207


def gone(answer):
    assert answer.status == 404 and GONE in words(answer), answer
    return re.sub(r'[0-9A-Za-z_-]{6,10}-[0-9a-f]+', '', answer.text)


def test_used_and_old_and_wrong_links_look_the_same(server, member):
    used, old, replaced = link(member), link(member), None
    gone(phone(server).get(used))  # a new link ends the one before
    server.stack.sql("UPDATE device_setup SET expires = now() - interval '1 second'")
    seen = {gone(phone(server)(method, old)) for method in ('GET', 'POST')}
    replaced = link(member)
    assert phone(server)('POST', replaced).status == 200
    for target in (replaced, old, used, '/setup/AAAAAAAAAAAAAAAAAAAAAA', '/setup/x', '/setup/' + 'x' * 200):
        seen |= {gone(phone(server)(method, target)) for method in ('GET', 'POST')}
    assert len(seen) == 1
    assert len(made(server)) == 1


def test_it_is_good_for_ten_minutes(server, member):
    link(member)
    [(left,)] = server.stack.sql('SELECT extract(epoch FROM expires - now())::int FROM device_setup')
    assert 500 < left <= 600
    assert server.stack.sql('SELECT length(hash) FROM device_setup') == [(32,)]


def test_of_many_at_once_one_wins(server, member):
    target = link(member)
    answers = []
    clients = [phone(server) for _ in range(8)]
    start = threading.Barrier(len(clients))

    def press(client):
        start.wait()
        answers.append(client('POST', target))

    threads = [threading.Thread(target=press, args=(c,)) for c in clients]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert sorted(a.status for a in answers) == [200] + [404] * 7
    assert len(made(server)) == 1


def test_guessing_is_slowed_down(server):
    guesser = phone(server)
    statuses = [guesser.get(f'/setup/guess{i}').status for i in range(120)]
    assert statuses[:90] == [404] * 90 and statuses[-1] == 429


def test_the_link_goes_with_its_person(server, member):
    target = link(member)
    server.stack.sql('UPDATE person SET gone = now() WHERE uid = %s', USER)
    try:
        gone(phone(server)('POST', target))
    finally:
        server.stack.sql('UPDATE person SET gone = NULL WHERE uid = %s', USER)
    assert phone(server)('POST', target).status == 200


def test_as_many_as_one_can_have(server, member):
    """The link stays good: one is removed, and it is tried again."""
    target = link(member)
    server.stack.sql("INSERT INTO app_password (person_id, name, hash, areas) SELECT id, 'x', sha256('x'), 1"
                     ' FROM person, generate_series(1, 20) WHERE uid = %s', USER)
    answer = phone(server)('POST', target)
    assert answer.status == 409 and 'as many app passwords as one can have' in words(answer)
    server.stack.sql('DELETE FROM app_password WHERE id IN (SELECT max(a.id) FROM app_password a'
                     ' JOIN person p ON p.id = a.person_id WHERE p.uid = %s)', USER)
    assert phone(server)('POST', target).status == 200


def test_a_lost_device_takes_the_link_along(server, member):
    target = link(member)
    server.stack.ctl('app-password', 'revoke', '--person', USER, '--all')
    gone(phone(server).get(target))


# ---------------------------------------------------------------- the form

def test_what_the_form_refuses(server, member):
    for more, said in (({'name': ' '}, 'give the device a name'), ({'documents': None}, 'choose what the device may use'),
                       ({'system': 'apple'}, 'can be set up for calendars and contacts like this')):
        page = member('GET', SETUP)
        fields = {'token': field(page, 'token'), 'once': field(page, 'once'), 'name': 'Telefon', 'system': 'android',
                  'documents': '1', **more}
        answer = member('POST', SETUP, form(**{k: v for k, v in fields.items() if v is not None}))
        assert answer.status == 422 and said in words(answer), (more, words(answer))
    for more in ({'system': 'windows'}, {'wiki': '1'}, {'system': ''}):
        assert ask(member, **more).status == 400, more
    assert ask(member, token='x').status == 403
    assert server.stack.sql('SELECT count(*) FROM device_setup') == [(0,)]


def test_loading_the_answer_anew_shows_no_code(server, member):
    page = member('GET', SETUP)
    body = form(token=field(page, 'token'), once=field(page, 'once'), name='Telefon', system='android', documents='1')
    assert member('POST', SETUP, body).status == 200
    again = member('POST', SETUP, body)
    assert again.status == 409 and '<svg' not in again.text and 'has been sent before' in words(again)
