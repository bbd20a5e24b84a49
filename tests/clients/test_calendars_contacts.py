"""Programs with calendars and contacts of their own: what people do there arrives here, and the other way round.
(step 4, Shows 1; vdirsyncer, khal and python3-caldav do the same in tests/suites)"""
import os
import re

import pytest

from lib.calendars import event
from lib.contacts import vcard
from lib.stack import wait_for
from lib.tls import Authority, TlsDaemon
from evolution import Evolution
from kde import Kde
from thunderbird import Thunderbird

USER = 'jena-board'
HOMES = {'events': f'/dav/calendars/{USER}/', 'contacts': f'/dav/contacts/{USER}/'}
FOUND = {'events': {'calendar', 'jena.termine', 'jena.vorstand', 'land.termine'}, 'contacts': {'jena.kontakte'}}
TYPES = {'events': 'text/calendar', 'contacts': 'text/vcard'}


@pytest.fixture(scope='module')
def tls(stack):
    d = TlsDaemon(stack, Authority())
    yield d
    d.daemon.stop()


@pytest.fixture(scope='module', params=[Thunderbird, Evolution, Kde], ids=lambda kind: kind.__name__.lower())
def program(request, server, tls):
    started = request.param(server, tls, USER)
    yield started
    started.close()


@pytest.fixture(params=['events', 'contacts'])
def kind(request):
    return request.param


def make_object(kind, uid, title):
    return (event(uid, summary=title) if kind == 'events' else vcard(uid, name=title)).decode()


class Server:
    """What the daemon has, and what somebody else does to it, by plain requests."""

    def __init__(self, client, kind):
        self.client, self.kind = client, kind

    def items(self, href):
        """{uid: what it says}, of the bytes that a GET has."""
        found = {}
        for member in self.client.listing(href):
            answer = self.client.get(member)
            if answer.status == 404:  # just now
                continue
            text = answer.body.decode().replace('\r\n', '\n')
            item = found[re.search(r'^UID:(.*)$', text, re.M)[1]] = {
                'title': re.search(r'^(?:SUMMARY|FN):(.*)$', text, re.M)[1]}
            if self.kind == 'events':
                item['start'] = re.search(r'^BEGIN:VEVENT.*?^DTSTART[^:\n]*:(.*?)$', text, re.M | re.S)[1]
        return found

    def member(self, href, uid):
        [found] = [m for m in self.client.listing(href) if f'UID:{uid}' in self.client.get(m).body.decode()]
        return found

    def put(self, href, uid, title):
        try:
            member = self.member(href, uid)
        except ValueError:
            member = f'{href}{uid}.{"ics" if self.kind == "events" else "vcf"}'
        answer = self.client.put(member, make_object(self.kind, uid, title), Content_Type=TYPES[self.kind])
        assert answer.status in (201, 204), answer

    def delete(self, href, uid):
        assert self.client.delete(self.member(href, uid)).status == 204

    def make(self, kind, name):
        """A calendar or a book of one's own."""
        href = f'{HOMES[kind]}{name}/'
        if kind == 'events':
            answer = self.client('MKCALENDAR', href)
        else:
            answer = self.client('MKCOL', href, '<mkcol xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:carddav"><set><prop>'
                                 '<resourcetype><collection/><C:addressbook/></resourcetype></prop></set></mkcol>')
        assert answer.status == 201, answer
        return href


class Both:
    """A collection in a program and at the server."""

    def __init__(self, program, server, kind):
        self.program, self.server, self.kind = program, server, kind

    def __call__(self, what, href, *args):
        return self.program.call(self.kind, what, href, *args)

    def agree(self, href, wanted):
        """The program has told the server, and after a sync has what the server has: {uid: title}."""
        def titles(items):
            return {uid: item['title'] for uid, item in items.items()}

        wait_for(lambda: titles(self.server.items(href)) == wanted, 30, f'{wanted} at the server')
        there = self.server.items(href)

        def arrived():
            self('sync', href)
            return self.program.items(self.kind, href) == there

        wait_for(arrived, 30, f'{wanted} in the program')


@pytest.fixture
def both(program, server, kind):
    return Both(program, Server(server.client(USER), kind), kind)


@pytest.fixture
def places(both, kind):
    """Two calendars, or books, that the program has found and shows."""
    made = [both.server.make(kind, f'c{os.urandom(5).hex()}') for _ in range(2)]
    assert set(made) <= set(both.program.discover(kind))
    for href in made:
        both('open', href)
    yield made
    for href in made:
        both.server.client.delete(href)


@pytest.mark.parametrize('where', [[], ['/dav/']], ids=['host', 'address'])
def test_discovery(program, kind, where):
    """From the name of the host alone, and from the address that our page tells people to enter: all that she may
    see, with its name, and nobody else's."""
    found = program.discover(kind, *where)
    assert {href.removeprefix(HOMES[kind]).rstrip('/') for href in found} >= FOUND[kind]
    assert all(href.startswith(HOMES[kind]) for href in found)
    assert not [href for href in found if 'erfurt' in href]
    assert 'Jena' in found[f'{HOMES[kind]}jena.{"termine" if kind == "events" else "kontakte"}/']['name']


def test_to_and_fro(both, places, kind):
    here, other = places
    both('create', here, make_object(kind, 'a', 'Sitzung ü'))
    both.agree(here, {'a': 'Sitzung ü'})
    both('change', here, 'a', {'title': 'Zweite Sitzung'})
    both.agree(here, {'a': 'Zweite Sitzung'})

    both.server.put(here, 'a', 'vom Server')
    both.server.put(here, 'b', 'neu vom Server')
    both.agree(here, {'a': 'vom Server', 'b': 'neu vom Server'})
    both('change', here, 'b', {'title': 'wieder hier'})
    both.agree(here, {'a': 'vom Server', 'b': 'wieder hier'})

    both('move', here, 'a', other)
    both.agree(other, {'a': 'vom Server'})
    both.agree(here, {'b': 'wieder hier'})
    moved = both.server.member(other, 'a')
    assert both.server.client.move(moved, here + moved.rpartition('/')[2]).status == 201
    both.agree(here, {'a': 'vom Server', 'b': 'wieder hier'})
    both.agree(other, {})

    both('delete', here, 'b')
    both.agree(here, {'a': 'vom Server'})
    both.server.delete(here, 'a')
    both.agree(here, {})


@pytest.mark.parametrize('kind', ['events'])
def test_an_event_at_another_time(both, places, kind):
    here, _ = places
    both('create', here, make_object(kind, 'a', 'Sitzung'))
    both.agree(here, {'a': 'Sitzung'})
    both('change', here, 'a', {'start': '20270302T170000Z'})
    wait_for(lambda: both.server.items(here)['a']['start'] == '20270302T170000Z', 30, 'the new time at the server')
    both.agree(here, {'a': 'Sitzung'})


@pytest.mark.parametrize('overwrite', [False, True], ids=['theirs', 'mine'])
def test_conflict(both, places, kind, overwrite):
    """Both have changed it: who can be asked is asked, and nothing is half there."""
    here, _ = places
    both('create', here, make_object(kind, 'a', 'alt'))
    both.agree(here, {'a': 'alt'})
    both.server.put(here, 'a', 'vom Server')
    came = both.program.change_in_conflict(kind, here, 'a', {'title': 'von hier'}, overwrite)
    assert came == both.program.conflicts[kind][overwrite]
    both.agree(here, {'a': 'von hier' if overwrite or came == 'written' else 'vom Server'})
