"""Daemons that send mail, each with the only queue of its stack: one at a time, unless a test says so."""
import itertools
import os
import uuid

import pytest

from lib.browser import Browser, words
from lib.post import Exim, Relay, day
from lib.stack import wait_for
from lib.tls import Authority

FROM = 'chapters@verband.test'
numbers = itertools.count(1)


class Sender:
    """A daemon with a relay, and ways to give it something to send."""

    def __init__(self, stack, relay, **settings):
        self.stack, self.relay = stack, relay
        wanted = {'smtp_url': relay.url, 'mail_from': FROM, 'smtp_timeout': '20', 'mail_outside_per_day': '100000',
                  'smtp_rate': '100000', **settings}
        self.daemon = stack.daemon(wanted, name='mail')

    def chair(self, chapter='jena'):
        return Browser(self.daemon, f'{chapter}-chair')

    def invite(self, address, name='Gast', chapter='jena'):
        answer = self.chair(chapter).post(f'/c/{chapter}/members', do='invite', name=name, mail=address, until=day(9), role='')
        assert answer.status_code == 200, words(answer)
        return answer

    def add(self, *addresses, purpose='scheduling', again=False, key=None, text='Hallo', subject='Betreff', start=None, method=None,
            calendar=None, day_most=100000, outside_most=100000, person=None):
        """What mail_add() says of a mail of jena (or of a person) to these outsiders."""
        hashes = [f'{(key or uuid.uuid4().hex)}{a}'.encode().hex() for a in addresses]
        [row] = self.stack.sql(
            'SELECT queued, stopped, before, beyond FROM mail_add((SELECT id FROM chapter WHERE slug = %s), %s, %s, %s, %s, NULL, %s, %s,'
            ' %s, %s, %s, coalesce(%s, now()), 5, 366, %s, %s, %s, %s, %s, %s, %s)',
            None if person else 'jena', person, purpose, again, 'Kreisverband Jena', subject, text, method, calendar, 'de', start,
            day_most, outside_most, list(addresses), ['Gast'] * len(addresses), [0] * len(addresses),
            ['%032x' % (hash(a) & (2**64 - 1)) for a in addresses], hashes)
        return row

    def rows(self, address):
        return self.stack.sql('SELECT state, tries, problem FROM mail_queue WHERE address = %s', address)

    def state(self, address):
        rows = self.rows(address)
        assert len(rows) <= 1, rows
        return rows[0] if rows else None

    def wait_state(self, address, *wanted):
        """Until its row is in that state (None: gone)."""
        try:
            wait_for(lambda: (self.state(address) or (None,))[0] in wanted, 60)
        except AssertionError:
            raise AssertionError(f'{address} is {self.state(address)}, not {wanted}\n{self.daemon.tail()}') from None
        return self.state(address)

    def retry(self, which=None):
        self.stack.ctl('mail', 'retry', *([f'--{which}'] if which else []), conf=self.daemon.conf)


@pytest.fixture(scope='session')
def authority():
    return Authority()


@pytest.fixture(scope='session')
def exim(authority):
    e = Exim(authority.pair())
    yield e
    e.close()


@pytest.fixture(scope='session')
def one_relay():
    r = Relay()
    yield r
    r.close()


@pytest.fixture
def relay(one_relay):
    yield one_relay
    one_relay.reset()


@pytest.fixture(scope='session')
def usual():
    """Daemons with no settings of a test's own, by relay; only one runs at a time."""
    made = {}
    yield made
    for s in made.values():
        s.daemon.stop()


@pytest.fixture
def sender(stack, usual):
    """sender(relay): a daemon that tests share; sender(relay, setting=...): one of the test's own."""
    own = []

    def make(relay, **settings):
        for url, s in usual.items():
            if settings or url != relay.url:
                s.daemon.stop()
        if settings:
            own.append(Sender(stack, relay, **settings))
            return own[-1]
        if relay.url not in usual:
            usual[relay.url] = Sender(stack, relay)
        elif not usual[relay.url].daemon.alive():
            usual[relay.url].daemon.start()
        s = usual[relay.url]
        s.daemon.log.write_bytes(b'')
        return s

    yield make
    for s in own:
        s.daemon.stop()
    stack.sql('DELETE FROM mail')


@pytest.fixture
def to():
    """An address that nobody else has: to('later')."""
    return lambda word='anna': f'{word}-{os.getpid()}-{next(numbers)}@example.org'
