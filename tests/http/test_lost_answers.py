"""What was done and whose answer was lost on the way is asked for again (F31): once more changes nothing, and what must
count once does."""
import html
import os
import threading

import pytest

from lib.client import Client
from lib.relay import Relay
from lib.wire import Conn, NoAnswer
from test_app_passwords import DEVICES, empty, field, form, wish
from test_login import Browser


class Line:
    """A daemon at the end of a line that swallows answers when told to."""

    def __init__(self, server):
        self.server, self.host, self.url = server, server.host, server.url
        self.relay, self.lost = Relay(server.port), threading.Event()

    def connect(self, source=None, **more):
        return Conn(('127.0.0.1', self.relay.port), source, **more)

    def client(self, user=None, password='demo', **more):
        return Client(self, user, password, **more)

    def lose(self, client, ask):
        """Asks on a new connection; the answer is there, and does not arrive."""
        def watch(data, up):
            if not up:
                self.lost.set()
            return None if up else 'before'

        client.conn, self.relay.watch = None, watch
        self.lost.clear()
        with pytest.raises((NoAnswer, OSError)):
            ask()
        self.relay.watch = client.conn = None
        assert self.lost.wait(30), 'there was an answer to lose'

    def end(self):
        self.relay.end()


@pytest.fixture
def line(server):
    line = Line(server)
    yield line
    line.end()


def used(client, box):
    return int(client.props(box, 'quota-used-bytes').text('quota-used-bytes'))


@pytest.mark.parametrize('size', [20, 300_000])
def test_F31_a_put_again(line, box, size):
    """The same content is there once, also in what it takes up; conditions tell who was first."""
    anna, content, newer = line.client('jena-board'), os.urandom(size), os.urandom(size)
    before = used(anna, box)
    line.lose(anna, lambda: anna.put(box + 'f', content, If_None_Match='*'))
    assert anna.put(box + 'f', content, If_None_Match='*').status == 412
    assert anna.put(box + 'f', content).status == 204
    etag = anna.head(box + 'f').etag
    assert anna.get(box + 'f').body == content
    line.lose(anna, lambda: anna.put(box + 'f', newer, If_Match=etag))
    assert anna.put(box + 'f', newer, If_Match=etag).status == 412, 'it is her own that was there first'
    assert anna.get(box + 'f').body == newer and anna.head(box + 'f').etag != etag
    assert used(anna, box) == before + size and set(anna.listing(box)) == {box + 'f'}


def test_F31_changes_again(line, box):
    """What a second time would spoil is refused, and the first time stands."""
    anna = line.client('jena-board')
    assert anna.put(box + 'f', b'x').status == 201
    line.lose(anna, lambda: anna.mkcol(box + 'd/'))
    assert anna.mkcol(box + 'd/').status == 405
    line.lose(anna, lambda: anna.copy(box + 'f', box + 'g'))
    assert anna.copy(box + 'f', box + 'g').status == 204
    line.lose(anna, lambda: anna.move(box + 'f', box + 'd/f'))
    assert anna.move(box + 'f', box + 'd/f').status == 404
    line.lose(anna, lambda: anna.delete(box + 'g'))
    assert anna.delete(box + 'g').status == 404
    line.lose(anna, lambda: anna.proppatch(box + 'd/f', 'n', 'v'))
    assert anna.proppatch(box + 'd/f', 'n', 'v').status == 207
    assert set(anna.listing(box)) == {box + 'd/'} and set(anna.listing(box + 'd/')) == {box + 'd/f'}


def test_F31_a_lock_again(line, box):
    """The lock stands and its token was lost: its owner finds it, and can use it."""
    anna = line.client('jena-board')
    assert anna.put(box + 'f', b'x').status == 201
    line.lose(anna, lambda: anna.lock(box + 'f'))
    assert anna.lock(box + 'f').status == 423
    [token] = anna.props(box + 'f', 'lockdiscovery').value('lockdiscovery').findall('.//{DAV:}locktoken/{DAV:}href')
    assert anna.put(box + 'f', b'y', If=f'(<{token.text}>)').status == 204
    assert anna.unlock(box + 'f', f'<{token.text}>').status == 204


def passwords(stack):
    return stack.sql("SELECT count(*)::int FROM app_password a JOIN person p ON p.id = a.person_id"
                     " WHERE p.uid = 'erfurt-member'")[0][0]


def test_F31_a_form_again(stack, server, line):
    """A browser that gets no answer sends the form once more: one app password, and a sentence that says so. The
    next form is another one."""
    empty(server, 'erfurt-member')
    browser = Browser(line, source='127.91.31.1')
    assert browser.sign_in('erfurt-member').status == 303
    first, second = wish(browser, name='One'), wish(browser, name='Two')
    try:
        line.lose(browser.client, lambda: browser('POST', DEVICES, first))
        assert passwords(stack) == 1
        again = browser('POST', DEVICES, first)
        assert again.status == 409 and 'has been sent before' in html.unescape(again.text), again
        assert passwords(stack) == 1
        assert browser('POST', DEVICES, second).status == 200
        assert passwords(stack) == 2
        out = form(token=field(browser('GET', DEVICES), 'token'))
        line.lose(browser.client, lambda: browser('POST', '/logout', out))
        assert browser('POST', '/logout', out).status in (303, 403)
        assert browser('GET', DEVICES).status == 303
    finally:
        empty(server, 'erfurt-member')
