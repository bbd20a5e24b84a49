"""The database's disk is full, and the database moves to another machine (F06, F14)."""
import contextlib
import time

import psycopg2
import pytest

from lib.cluster import Cluster, Disk, database_at, replication
from lib.figures import tell
from lib.load import Load
from lib.stack import wait_for

HOME = '/dav/files/jena/Mitglieder/'


def data_of(stack):
    return f"{stack.env['CHAPTERD_STATE']}/postgres/data"


def fill_log(cluster):
    """Another writer uses up what is left of the log's last segment; then PostgreSQL cannot go on."""
    with contextlib.suppress(psycopg2.Error):
        for _ in range(20):
            cluster.sql("SELECT pg_logical_emit_message(true, 'full', repeat('x', 4000000))")


def crashed(cluster):
    return not cluster.runs() or 'PANIC' in cluster.log()


@pytest.fixture
def primary(stack):
    """A server of its own with what the stack's has."""
    cluster = Cluster(data_of(stack), 'one')
    with replication(stack) as host:
        cluster.copy(host, '-X', 'stream')
    cluster.set()
    yield cluster
    cluster.stop()


def folder(d, name):
    href = f'{HOME}{name}/'
    assert d.client('jena-board').mkcol(href).status == 201
    return href


def statuses(load):
    return {s for w in load.writers for s in w.statuses}


def goes_on(load, more=10, seconds=60):
    """Waits until that many more writes have been acknowledged; returns how long it took."""
    before = load.writes
    return wait_for(lambda: load.writes > before + more, seconds, 'progress of the writers')


def test_F06_the_disk_of_the_database_is_full(stack, primary):
    """PostgreSQL says so, or crashes for want of room for its log, and cannot start. Writes are refused all the while;
    when there is room again everything is as before, and nothing acknowledged is missing."""
    disk = Disk(primary.data, 400)
    primary.start(disk.inside)
    d = stack.daemon(database_at(stack, primary), name='pg-full')
    try:
        place = folder(d, 'full')
        member = d.client('jena-member')
        assert member.propfind(HOME, 'resourcetype').status == 207, 'somebody new would need room in the database'
        crashes, starts = 0, 0
        with Load(d, place, writers=4) as load:
            goes_on(load)
            disk.fill()
            refused = sum(w.refused for w in load.writers)
            wait_for(lambda: sum(w.refused for w in load.writers) > refused + 10 or not primary.runs(), 60, 'a refusal')
            answer = member.propfind(HOME, 'resourcetype')
            assert answer.status == 207 or (answer.status == 503 and answer.get('Retry-After')), answer
            fill_log(primary)
            wait_for(lambda: crashed(primary), 60, 'the crash of PostgreSQL')
            wait_for(lambda: fill_log(primary) or member.propfind(HOME, 'resourcetype').status == 503, 60, '503')
            disk.empty()
            if not primary.runs():
                primary.start(disk.inside)
            took = goes_on(load)
        lost = load.lost(d.client('jena-board'))
        tell(f'F06: no room for the database: {load.figures()}; back after {took:.2f} s; {len(lost)} lost')
        assert not lost, lost
        assert statuses(load) <= {201, 204, 503, 507}, statuses(load)
        assert member.propfind(HOME, 'resourcetype').status == 207
        stack.ctl('verify', conf=d.conf)
    finally:
        d.stop(check=False)
        primary.stop()
        disk.end()


@pytest.fixture
def pair(primary):
    """The same with a standby that has all of it before a write is acknowledged."""
    primary.start()
    standby = Cluster(primary.data, 'two')
    standby.copy(primary.socket, '-X', 'stream', '-R')
    standby.set()
    standby.start()
    primary.set(synchronous_standby_names='*')
    primary.reload()
    wait_for(lambda: primary.sql("SELECT 1 FROM pg_stat_replication WHERE sync_state = 'sync'"), 60, 'replication')
    yield primary, standby
    standby.stop()


def test_F14_another_server_takes_over(stack, pair):
    """The first dies under load and the standby is promoted: the daemon finds it by itself, and nothing acknowledged
    is missing. The first comes back as a standby, and nobody writes to it."""
    one, two = pair
    d = stack.daemon(database_at(stack, one, two), name='failover')
    try:
        with Load(d, folder(d, 'crash'), writers=6) as crash:
            goes_on(crash, 50)
            start = time.monotonic()
            one.stop()
            two.set(synchronous_standby_names='')
            two.promote()
            goes_on(crash)
            took = time.monotonic() - start
        lost = crash.lost(d.client('jena-board'))
        one.follow(two)
        d.stop()
        d.start()  # asks the standby first, since its name comes first
        with Load(d, folder(d, 'after'), writers=2) as after:
            goes_on(after)
        assert one.sql('SELECT pg_is_in_recovery()') == [(True,)]
        lost += after.lost(d.client('jena-board'))
        tell(f'F14: the standby took over: {crash.figures()}; writing again {took:.2f} s after the crash; {len(lost)} lost')
        assert not lost, lost
        assert statuses(crash) | statuses(after) <= {201, 204, 503}
        stack.ctl('verify', conf=d.conf)
    finally:
        d.stop(check=False)


def test_F14_connected_to_a_standby(stack, pair):
    """Without target_session_attrs a daemon may end up there: reading works, writing is 503 and never an error of
    ours, and works on the same daemon once the server is promoted."""
    one, two = pair
    settings = database_at(stack, one, two)
    d = stack.daemon(settings, name='at-one')
    try:
        place = folder(d, 'standby')
        assert d.client('jena-board').put(place + 'f', b'old').status == 201
        d.stop()
        d.write({**d.settings, 'database': settings['database'].replace(str(one.socket), str(two.socket), 1)
                 .replace('read-write', 'any')})
        d.start()
        board = d.client('jena-board')
        answer = board.put(place + 'f', b'new')
        assert answer.status == 503 and answer.get('Retry-After'), (answer, d.tail())
        one.stop()
        two.set(synchronous_standby_names='')
        two.promote()
        wait_for(lambda: board.put(place + 'f', b'new').status == 204, 60, 'a write')
        assert board.get(place + 'f').body == b'new'
    finally:
        d.stop(check=False)
