"""Sync tokens (decisions 0.2): no change is lost to a client, whatever the server goes through (F32)."""
import os
import random
import threading
import time

import psycopg2

from database import Session

ROUNDS = 200 if os.environ.get('LONG') else 8


class Client:
    """A mirror of a collection that knows only what reports have told it. As webdav/store_list.c asks."""

    def __init__(self, chapter, collection, limit=1000):
        self.c, self.collection, self.limit = chapter, collection, limit
        self.since, self.names = 0, {}

    def sync(self, s):
        state = s.q('node_sync', self.collection)[0]
        assert state.floor <= self.since <= state.mark, 'a token of ours is refused'
        told, told_id = self.since, 0
        while True:
            rows = s.q('node_changes', self.collection, 0, '', str(told), told_id, True, self.limit)
            for r in rows:
                if r.gone:
                    self.names.pop(r.name, None)
                else:
                    self.names[r.name] = r.etag
            if len(rows) < self.limit:
                break
            told, told_id = int(rows[-1].changed), rows[-1].id
        self.since = min(state.mark, state.horizon)


def truth(s, collection):
    return {r.name: r.etag for r in s.q('node_children', collection, 0, '', '', 10**6)}


def agree(c, client):
    with c.tx(0, level='REPEATABLE READ') as s:
        client.sync(s)
        assert client.names == truth(s, client.collection)


def test_idle_collection_stands_still(server, chapter):
    c, other = chapter(), chapter()
    with c.tx() as s:
        c.put(s, c.root, 'f')
    before = state_of(c)
    with other.tx() as s:
        other.put(s, other.root, 'x')
    assert state_of(c) == before and before.open_count == 0
    with c.tx() as s:
        c.put(s, c.root, 'g')
    assert state_of(c) != before


def state_of(c):
    with c.tx(0) as s:
        row = s.q('node_sync', c.root)[0]
    row.pop('horizon')
    return row


def test_a_change_that_commits_late_is_told_late(server, chapter):
    c = chapter()
    c.standing()
    client, slow = Client(c, c.root), Session(server)
    slow.begin(c.slug, 1)
    c.put(slow, c.root, 'slow', b'1')
    with c.tx() as s:
        c.put(s, c.root, 'quick', b'2')
    agree(c, client)
    assert set(client.names) == {'quick'}
    tag = state_of(c)
    slow.pg.commit()
    assert state_of(c) != tag  # getctag changes with what becomes visible
    agree(c, client)
    assert set(client.names) == {'quick', 'slow'}
    slow.close()


def test_reports_tell_deletions_renames_and_new_owners_of_a_name(chapter):
    c = chapter()
    client = Client(c, c.root)
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        f, g, h = (c.put(s, c.root, n, n.encode()) for n in 'fgh')
    agree(c, client)
    etag = client.names
    with c.tx(2) as s:
        s.q('node_remove', f.id, etag['f'])
        c.put(s, c.root, 'f', b'again')
        s.q('node_move', g.id, etag['g'], c.root, 'g2', 'g2')
        s.q('node_move', h.id, etag['h'], a, 'h', 'h')
    agree(c, client)
    assert set(client.names) == {'a', 'f', 'g2'}


def test_pages_tell_everything(chapter):
    c = chapter()
    client = Client(c, c.root, limit=3)
    with c.tx() as s:
        for i in range(10):
            c.put(s, c.root, f'n{i}')
    for i in range(10):
        with c.tx() as s:
            c.put(s, c.root, f'm{i}')
    agree(c, client)
    assert len(client.names) == 20


def change_something(c, s, random_):
    """One write of a random kind."""
    name = f'n{random_.randrange(8)}'
    kind = random_.choice('pppdm')
    rows = {r.name: r for r in s.q('node_children', c.root, 0, '', '', 1000)}
    if kind == 'p' or not rows:
        old = rows.get(name)
        c.put(s, c.root, name, random_.randbytes(8), old.id if old else 0, old.etag if old else None)
    elif kind == 'd':
        victim = random_.choice(sorted(rows))
        s.q('node_remove', rows[victim].id, rows[victim].etag)
    else:
        victim = random_.choice(sorted(rows))
        to = f'm{random_.randrange(8)}'
        if to not in rows:
            s.q('node_move', rows[victim].id, rows[victim].etag, c.root, to, to)


def test_f32_mirror_equals_the_server_under_writers(server, chapter):
    """Writers that commit and roll back, with pauses inside, and one client that syncs all the time."""
    c = chapter()
    c.standing()
    client = Client(c, c.root, limit=5)
    stop = threading.Event()

    def write(seed):
        own, random_ = Session(server), random.Random(seed)
        while not stop.is_set():
            try:
                with c.tx(1, own):
                    change_something(c, own, random_)
                    time.sleep(random_.random() * 0.004)
                    if random_.random() < 0.3:
                        raise KeyError
            except KeyError:
                pass
            except psycopg2.Error as e:
                assert e.pgcode in ('CD001', '23505', '40P01'), e
        own.close()

    threads = [threading.Thread(target=write, args=(i,)) for i in range(5)]
    [t.start() for t in threads]
    end = time.time() + (20 if ROUNDS > 100 else 3)
    while time.time() < end:
        with c.tx(0, level='REPEATABLE READ') as s:
            client.sync(s)
    stop.set()
    [t.join() for t in threads]
    agree(c, client)


def test_f32_no_change_is_lost_when_the_server_is_killed(server, chapter):
    """
    Rolled-back transactions take numbers that a crash hands out again. A client that has
    synchronised just before must still be told of what is committed just after.
    """
    c = chapter()
    c.standing()
    client, random_ = Client(c, c.root), random.Random(32)
    for _ in range(ROUNDS):
        with c.tx() as s:
            change_something(c, s, random_)
        for _ in range(random_.randrange(4)):
            c.db.begin(c.slug, 1)
            change_something(c, c.db, random_)
            c.db.rollback()
        agree(c, client)
        token = client.since
        server.stop('immediate')
        server.start()
        c.db = Session(server, tries=100)
        with c.tx() as s:
            change_something(c, s, random_)
        agree(c, client)
        assert client.since >= token
