"""No client ever misses a change of a calendar (F32; step 4, Shows 3; decisions 0.2).

Eight writers, transactions that are taken back, and three clients that synchronise without pause; meanwhile the database
crashes right after a report, the daemon is killed, and all is restored from a backup. A database that comes back from a
crash gives out numbers again that it had given to transactions taken back: a token that counted them would miss what is
written next.
"""
import contextlib
import itertools
import os
import random
import signal
import threading
import time
import xml.etree.ElementTree as ET

import psycopg2
import pytest

from lib.backups import Elsewhere, Folder
from lib.caldav import multiget
from lib.calendars import event
from lib.client import sync_body
from lib.figures import tell
from lib.stack import LONG, wait_for
from lib.wire import NoAnswer

ROUNDS = int(os.environ.get('CRASHES', '260' if LONG else '6'))
RESTORE_EVERY = 55 if LONG else 5
USER = 'jena-board'
D, C = '{DAV:}', '{urn:ietf:params:xml:ns:caldav}'
HERE, GONE = object(), object()
ANCHOR = 'anchor@missed'  # the UID of an event that stays


class House:
    """What there is just now: a daemon, its database, and the calendars in it. Writers stop while it is `closed`."""

    def __init__(self, stack, calendars):
        self.stack, self.calendars = stack, calendars
        self.opened, self.ended = threading.Event(), threading.Event()
        self.admin_database = stack.settings()['admin_database']
        self.daemon = stack.daemon(name='house')

    def client(self):
        return self.daemon.client(USER)

    def answers(self):
        with contextlib.suppress(OSError, NoAnswer):
            return self.client().propfind(self.calendars[0], 'getetag').status == 207
        return False

    def crash(self):
        """The database, as "pg_ctl stop -m immediate" has it, but at once; it is back when this returns when it ended."""
        data = f"{self.stack.env['CHAPTERD_STATE']}/postgres/data"
        with open(f'{data}/postmaster.pid') as f:
            pid = int(f.readline())
        os.kill(pid, signal.SIGQUIT)
        when = time.monotonic()
        wait_for(lambda: not os.path.exists(f'/proc/{pid}'), 60, 'the end of the database')
        self.stack.pg('start', '-l', f"{self.stack.env['CHAPTERD_STATE']}/postgres/log")
        return when

    def kill(self):
        self.daemon.kill()
        self.daemon.start(60)


class Worker(threading.Thread):
    """Does one `step` after the other while the house is open; what it is just at is done under its lock."""

    def __init__(self, house, number):
        super().__init__(daemon=True)
        self.house, self.random, self.lock = house, random.Random(number), threading.Lock()
        self.number, self.wrong, self.steps = number, [], 0

    def run(self):
        try:
            while not self.house.ended.is_set():
                if not self.house.opened.wait(0.1):
                    continue
                with self.lock:
                    if self.house.opened.is_set():
                        self.step()
                        self.steps += 1
        except Exception as trouble:  # noqa: BLE001 a thread's failure is the test's
            self.wrong.append(f'{type(self).__name__} {self.number}: {trouble!r}'[:2000])


class Writer(Worker):
    """Makes, changes, moves and deletes events of its own in both calendars, and knows what it was told: of each
    address what is there, unless the answer was lost."""

    def __init__(self, house, number):
        super().__init__(house, number)
        self.known, self.client, self.writes, self.of = {}, None, 0, None

    def step(self):
        if self.of is not self.house.daemon:  # it has moved
            self.client, self.of, self.known = self.house.client(), self.house.daemon, {}
        here, there = self.random.sample(self.house.calendars, 2)
        name = f'w{self.number}-{self.random.randrange(5)}.ics'
        act = self.random.choice((self.put, self.put, self.put, self.delete, self.move, self.clash))
        before = {href: self.known.pop(href, None) for href in (here + name, there + name)}
        try:
            answer = act(here, there, name)
        except (OSError, NoAnswer):
            self.client.conn = None
            self.house.ended.wait(0.02)
            return
        if answer.status == 503:
            if b'not known whether' not in answer.body:
                self.known.update({href: was for href, was in before.items() if was})
            self.house.ended.wait(0.05)
            return
        self.writes += answer.status in (201, 204)
        after = {here + name: before[here + name], there + name: before[there + name], **self.learned}
        self.known.update({href: what for href, what in after.items() if what})

    def expect(self, answer, *statuses):
        assert answer.status in (503, *statuses), (answer, answer.body[:300])
        return answer

    def put(self, here, there, name):
        body = event(f'{name}@missed', summary=f'{self.random.random()}')
        answer = self.client.put(here + name, body, Content_Type='text/calendar')
        self.learned = {here + name: answer.etag}
        return self.expect(answer, 201, 204)

    def delete(self, here, there, name):
        self.learned = {here + name: GONE}
        return self.expect(self.client.delete(here + name), 204, 404)

    def move(self, here, there, name):
        answer = self.client.move(here + name, there + name)
        self.learned = {here + name: GONE, there + name: HERE} if answer.status != 404 else {here + name: GONE}
        return self.expect(answer, 201, 204, 404)

    def clash(self, here, there, name):
        """A second event of a UID is refused late, and the transaction is taken back."""
        answer = self.client.put(here + 'clash.ics', event(ANCHOR), Content_Type='text/calendar')
        self.learned = {}
        return self.expect(answer, 403)

    def lost(self, listed):
        """What it knows and is not so."""
        if self.of is not self.house.daemon:
            return []
        return [(href, what if isinstance(what, str) else what is HERE, listed.get(href))
                for href, what in self.known.items()
                if (listed.get(href) is None) != (what is GONE) or (isinstance(what, str) and listed[href] != what)]


class Undone(Worker):
    """Transactions that change an event and are taken back: they use up numbers that nobody sees."""

    def __init__(self, house, number):
        super().__init__(house, number)
        self.db, self.of = None, None

    def step(self):
        with contextlib.suppress(psycopg2.Error):
            self.undo(self.random.random() * 0.01)
        self.house.ended.wait(0.01)

    def undo(self, pause=0.0):
        try:
            if self.db is None or self.of != self.house.admin_database:
                self.of = self.house.admin_database
                self.db = psycopg2.connect(self.of)
                self.db.cursor().execute('SET search_path = chapterd; SET ROLE chapterd_owner')
                self.db.commit()
            self.db.cursor().execute("UPDATE dav_node SET changed = pg_current_xact_id() WHERE id = (SELECT id FROM dav_node"
                                     " WHERE name LIKE 'w%.ics' AND NOT gone ORDER BY random() LIMIT 1)")
            self.house.ended.wait(pause)
            self.db.rollback()
        except psycopg2.Error:
            self.db = None
            raise


class Mirror(Worker):
    """A client: what it has of the calendars it was told by reports, so many changes at a time, and each is known to
    it together with the token that stands for it. `whole`: fetches the events, too."""

    def __init__(self, house, number, limit=None, whole=False):
        super().__init__(house, number)
        self.limit, self.whole, self.client, self.of = limit, whole, None, None
        self.etags = {calendar: {} for calendar in house.calendars}
        self.bytes, self.tokens, self.told_by = {}, dict.fromkeys(house.calendars, ''), {}
        self.reported, self.refused = threading.Event(), 0

    def step(self):
        for calendar in self.house.calendars:
            with contextlib.suppress(OSError, NoAnswer):
                self.sync(calendar)
        self.house.ended.wait(0.02)

    def sync(self, calendar):
        """True when it now has all that there is."""
        if self.of is not self.house.daemon:
            self.client, self.of = self.house.client(), self.house.daemon
        while True:
            try:
                answer = self.client('REPORT', calendar, sync_body(self.tokens[calendar], limit=self.limit), Depth='1')
            except (OSError, NoAnswer):
                self.client.conn = None
                return False
            if answer.status == 503:
                self.house.ended.wait(0.02)
                return False
            if answer.status == 403:
                assert b'valid-sync-token' in answer.body, answer.body
                assert self.told_by[calendar] is not self.house.daemon, 'a token of this database is refused'
                self.refused += 1
                self.tokens[calendar], self.etags[calendar] = '', {}
                continue
            told, more, token = self.read(answer)
            fetched = self.fetch(calendar, [href for href, etag in told.items() if etag])
            if fetched is None:
                return False
            self.learn(calendar, told, fetched)
            self.tokens[calendar], self.told_by[calendar] = token, self.house.daemon
            if not more:
                self.when = time.monotonic()
                self.reported.set()
                return True

    @staticmethod
    def read(answer):
        """({href: etag, None when it is gone}, whether there is more, the token)."""
        told, status = {}, answer.multistatus()
        for href, entry in status.entry.items():
            if entry.status == 404:
                told[href] = None
            elif entry.status is None:
                told[href] = entry.prop[f'{D}getetag'][1].text
            else:
                assert entry.status == 507, entry.status
        return told, any(entry.status == 507 for entry in status.entry.values()), status.token

    def fetch(self, calendar, hrefs):
        """{href: (etag, bytes)}, None for one that has gone since; None when there is no answer."""
        if not self.whole or not hrefs:
            return {}
        try:
            answer = self.client('REPORT', calendar, multiget(hrefs), Depth='1')
        except (OSError, NoAnswer):
            self.client.conn = None
            return None
        if answer.status == 503:
            return None
        assert answer.status == 207, answer
        return {r.findtext(f'{D}href'): (r.findtext(f'{D}propstat/{D}prop/{D}getetag'),
                                         r.findtext(f'{D}propstat/{D}prop/{C}calendar-data'))
                for r in ET.fromstring(answer.body).findall(f'{D}response')}

    def learn(self, calendar, told, fetched):
        for href, etag in told.items():
            if etag is None:
                self.etags[calendar].pop(href, None)
            else:
                self.etags[calendar][href] = etag
        for href, (etag, text) in fetched.items():
            if etag is not None:  # it may be newer than what was told: that is told again
                self.etags[calendar][href], self.bytes[href] = etag, text


class Crowd:
    """All who are at it."""

    def __init__(self, house):
        self.house = house
        self.writers = [Writer(house, n) for n in range(8)]
        self.undone = [Undone(house, n) for n in range(2)]
        self.mirrors = [Mirror(house, 0), Mirror(house, 1, limit=3), Mirror(house, 2, limit=7, whole=True)]
        self.everybody = [*self.writers, *self.undone, *self.mirrors]

    def __enter__(self):
        for one in self.everybody:
            one.start()
        self.go()
        return self

    def __exit__(self, *_):
        self.house.ended.set()
        for one in self.everybody:
            one.join(60)

    def go(self):
        self.house.opened.set()

    def stand(self):
        """Nobody is at anything when it returns."""
        self.house.opened.clear()
        for one in self.everybody:
            with one.lock:
                pass
        self.fine()

    def fine(self):
        wrong = [text for one in self.everybody for text in one.wrong]
        assert not wrong, wrong

    def write(self, more=25):
        before = sum(w.writes for w in self.writers)

        def written():
            self.fine()
            return sum(w.writes for w in self.writers) >= before + more

        wait_for(written, 120, 'progress of the writers')

    def use_up(self):
        """Numbers of transactions that nobody sees, and a crash gives them out once more: while all stand still."""
        for _ in range(20):
            self.undone[0].undo()

    def first(self):
        """Whose transactions are the first after a crash."""
        wait_for(self.house.answers, 60, 'an answer')
        for writer in self.writers:
            writer.step()

    def agree(self):
        """Everybody has what the server has, and the server what it has acknowledged."""
        wait_for(self.house.answers, 60, 'an answer')
        client = self.house.client()
        for calendar in self.house.calendars:
            listed = {href: e.prop[f'{D}getetag'][1].text for href, e in client.listing(calendar).items()}
            for mirror in self.mirrors:
                wait_for(lambda m=mirror, c=calendar: m.sync(c), 60, 'a report')
                missed = {h: (mirror.etags[calendar].get(h), listed.get(h)) for h in {*listed, *mirror.etags[calendar]}
                          if mirror.etags[calendar].get(h) != listed.get(h)}
                assert not missed, f'mirror {mirror.number} of {calendar} has missed (has, is): {missed}'
                if mirror.whole:
                    for href in listed:
                        got = client.get(href).body.decode().replace('\r\n', '\n')
                        assert mirror.bytes[href].replace('\r\n', '\n') == got, href
            lost = [item for w in self.writers for item in w.lost(listed) if item[0].startswith(calendar)]
            assert not lost, f'acknowledged, and not so (address, was, is): {lost}'
        return client


@pytest.fixture
def house(stack):
    calendars = [f'/dav/calendars/{USER}/missed-{n}-{os.urandom(3).hex()}/' for n in range(2)]
    made = House(stack, calendars)
    first = made.daemon
    for calendar in calendars:
        assert first.client(USER)('MKCALENDAR', calendar).status == 201
        assert first.client(USER).put(calendar + 'anchor.ics', event(ANCHOR), Content_Type='text/calendar').status == 201
    yield made
    made.ended.set()
    for calendar in calendars:
        first.client(USER).delete(calendar)
    first.stop()


@pytest.fixture
def moves(stack, house):
    """Restores what was backed up into another database, and the house moves there."""
    folder, made = Folder(stack), []

    def move():
        there = Elsewhere(stack)
        made.append(there)
        folder.run('restore', folder.path, conf=there.conf)
        house.daemon, house.admin_database = there.daemon(), there.settings['admin_database']
        folder.conf = there.conf

    move.folder = folder
    yield move
    for there in made:
        there.close()


def test_F32_no_client_misses_a_change(house, moves):
    after, counts = [], {'crashes': 0, 'kills': 0, 'restores': 0}
    with Crowd(house) as crowd:
        mirror = crowd.mirrors[0]
        for number, how in zip(range(ROUNDS), itertools.cycle(('crash', 'quiet', 'both', 'quiet', 'kill'))):
            crowd.write()
            if number % RESTORE_EVERY == RESTORE_EVERY - 2:
                moves.folder.create()
                crowd.write()
            if number % RESTORE_EVERY == RESTORE_EVERY - 1:
                crowd.stand()
                moves()
                counts['restores'] += 1
                crowd.agree()
                crowd.go()
                crowd.write()
            if how == 'quiet':
                crowd.stand()
                crowd.use_up()
                wait_for(lambda: all(mirror.sync(c) for c in house.calendars), 60, 'a report')
            else:
                mirror.reported.clear()
                wait_for(mirror.reported.is_set, 60, 'a report')
            if how != 'kill':
                told = mirror.when
                after.append(house.crash() - told)
                counts['crashes'] += 1
            if how in ('kill', 'both'):
                house.kill()
                counts['kills'] += 1
            if how == 'quiet':
                crowd.first()
            else:
                crowd.write(8)
                crowd.stand()
            crowd.agree()
            crowd.go()
        crowd.stand()
    changes = sum(w.writes for w in crowd.writers)
    tell(f'F32: {counts["crashes"]} crashes of the database, the slowest {max(after) * 1000:.0f} ms after a report, '
         f'{counts["kills"]} times kill -9, {counts["restores"]} restores; {changes} changes by 8 writers, '
         f'{sum(u.steps for u in crowd.undone)} taken back, {sum(m.steps for m in crowd.mirrors)} rounds of reports; 0 missed')
    assert all(m.refused == counts['restores'] * 2 for m in crowd.mirrors), 'a token is refused after a restore, and never else'
