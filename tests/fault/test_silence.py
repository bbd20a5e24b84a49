"""Parts that are there and do not answer: a mute database, busy workers, helpers, long jobs (F11, F16, F33)."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import threading
import time

import psycopg2
import pytest

from lib.figures import tell
from lib.relay import Relay
from lib.stack import patience, scratch, wait_for

HOME = '/dav/files/jena/Mitglieder/'


@pytest.fixture
def between(stack):
    """A relay in front of PostgreSQL, and the setting that leads through it."""
    home = scratch('pg')
    relay = Relay(f"{stack.env['PGHOST']}/.s.PGSQL.5432", str(home / '.s.PGSQL.5432'))
    yield relay, re.sub(r'host=\S+', f'host={home}', stack.settings()['database'])
    relay.end()


def timed(ask):
    start = time.monotonic()
    return ask(), time.monotonic() - start


def at_once(n, ask):
    """[(answer, seconds)] of n threads."""
    results = []
    threads = [threading.Thread(target=lambda i=i: results.append(timed(lambda: ask(i)))) for i in range(n)]
    for t in threads:
        t.start()
    for t in threads:
        t.join(120)
    return results


def test_F11_a_mute_database(stack, between):
    """It takes connections and says nothing: whoever asks gets 503 within five seconds, one after the other and
    many at once; what needs no database goes on; it recovers by itself."""
    relay, dsn = between
    d = stack.daemon({'database': dsn}, name='mute')
    try:
        member = d.client('jena-member')
        assert member.propfind(HOME, 'resourcetype').status == 207
        relay.open.clear()
        answer, first = timed(lambda: member.propfind(HOME, 'resourcetype'))
        assert answer.status == 503 and int(answer.get('Retry-After')) > 0
        many = at_once(60, lambda i: d.client('jena-member', source=f'127.52.{i}.1').propfind(
            HOME, 'resourcetype'))
        assert len(many) == 60 and {a.status for a, _ in many} == {503}
        health, healthy = timed(lambda: d.client().get('/healthz'))
        assert health.status == 503 and 'database' in health.text
        assert d.client().get('/dav/files/').status == 401
        slowest = max(s for _, s in many)
        tell(f'F11: a mute database: 503 after {first:.2f} s, of 60 at once the last after {slowest:.2f} s, '
             f'/healthz 503 after {healthy:.2f} s')
        assert max(first, slowest, healthy) < 10
        relay.pass_on()
        took = wait_for(lambda: member.propfind(HOME, 'resourcetype').status == 207, 30, 'recovery')
        tell(f'F11: normal {took:.2f} s after it speaks again')
    finally:
        relay.open.set()
        d.stop()


def test_F11_mute_while_it_commits(stack, between, den):
    """A COMMIT that gets no answer is never told to be done, and never told to be not done when it was."""
    relay, dsn = between
    d = stack.daemon({'database': dsn}, name='mute-commit')
    silenced = threading.Event()

    def watch(data, up):
        if up and b'COMMIT' in data and not silenced.is_set():
            silenced.set()
            relay.open.clear()

    try:
        board = d.client('jena-board')
        assert board.put(den + 'f', b'one').status == 201
        relay.watch = watch
        answer, took = timed(lambda: board.put(den + 'f', b'two'))
        assert silenced.is_set() and answer.status == 503 and b'not known whether' in answer.body
        tell(f'F11: a COMMIT without an answer: 503 after {took:.2f} s')
        assert took < 20
        relay.pass_on()
        wait_for(lambda: board.get(den + 'f').status == 200, 30, 'recovery')
        assert board.get(den + 'f').body in (b'one', b'two')
        assert board.put(den + 'f', b'three').status == 204
    finally:
        relay.open.set()
        d.stop()


def test_F16_healthz_while_all_workers_are_busy(stack, den):
    """Monitors have a worker of their own."""
    d = stack.daemon({'workers': '2'}, name='busy')
    try:
        board = d.client('jena-board')
        assert board.put(den + 'f', b'x').status == 201
        with contextlib.closing(psycopg2.connect(stack.settings()['admin_database'])) as db, \
                db.cursor() as cursor:
            cursor.execute('SET ROLE chapterd_owner')
            cursor.execute('LOCK TABLE chapterd.dav_property IN ACCESS EXCLUSIVE MODE')
            conns = []
            for i in range(12):
                conns.append(d.connect(source=f'127.53.0.{i + 1}'))
                conns[-1].send(board.bytes('PROPPATCH', den + 'f', SET))
            wait_for(lambda: busy(d) == 2, 20, 'both workers at work')
            health, took = timed(lambda: d.client().get('/healthz'))
            waiting = re.search(r'queued (\d+)', health.text)[1]
            assert health.status == 200, health
            assert d.client().get('/metrics').status == 200
            tell(f'F16: /healthz with both workers busy and {waiting} waiting: {took * 1e3:.1f} ms')
            assert took < 2 * patience()
            db.rollback()
        assert {c.answer().status for c in conns} <= {207, 503}
    finally:
        d.stop()


SET = ('<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:t">v</x></D:prop></D:set>'
       '</D:propertyupdate>').encode()


def busy(d):
    return int(re.search(r'busy (\d+)', d.client().get('/healthz').text)[1])


# ---------------------------------------------------------------- helpers


def named(d, name):
    found = []
    for pid in d.family()[1:]:
        with contextlib.suppress(OSError):
            if pathlib.Path(f'/proc/{pid}/comm').read_text().strip() == name[:15]:
                found.append(pid)
    return found


@pytest.fixture
def helped(stack):
    d = stack.daemon(name='helped')
    yield d
    for pid in d.family()[1:] if d.alive() else []:
        with contextlib.suppress(OSError):
            os.kill(pid, signal.SIGCONT)
    d.stop(check=False)


@pytest.mark.parametrize('number', [signal.SIGKILL, signal.SIGSEGV, signal.SIGSTOP])
def test_F25_F33_helpers_that_die_or_hang(helped, number):
    """Each is replaced when it is needed next; the daemon stays."""
    helpers = named(helped, 'chapterd-helper')
    assert len(helpers) == 4, helpers
    for pid in helpers:
        os.kill(pid, number)
    health, took = timed(lambda: helped.client().get('/healthz'))
    tell(f'F33: /healthz after all helpers got {signal.Signals(number).name}: {health.status} after {took:.2f} s')
    wait_for(lambda: helped.client().get('/healthz').status == 200, 20, 'a helper that answers')
    assert helped.alive() and set(named(helped, 'chapterd-helper')) - set(helpers)


def test_F33_the_zygote_dies(helped, den):
    """Nobody can replace it: the daemon finishes what runs, and ends so that systemd starts it again."""
    size = 8_000_000
    board = helped.client('jena-board')
    assert board.put(den + 'big', bytes(size)).status == 201
    [zygote] = named(helped, 'chapterd-zygote')
    conn = helped.connect()
    conn.send(board.bytes('GET', den + 'big'))
    assert conn.fill()
    os.kill(zygote, signal.SIGKILL)
    assert len(conn.answer().body) == size
    took = wait_for(lambda: not helped.alive(), 40, 'the end of the daemon')
    tell(f'F33: gone {took:.2f} s after its zygote; a download under way came whole')
    assert helped.process.returncode == 1 and 'zygote_gone' in helped.tail()
    helped.start()
    assert board.get(den + 'big').status == 200


def test_F33_the_zygote_hangs(helped):
    """Noticed when a helper has to be made."""
    [zygote] = named(helped, 'chapterd-zygote')
    os.kill(zygote, signal.SIGSTOP)
    for pid in named(helped, 'chapterd-helper'):
        os.kill(pid, signal.SIGKILL)
    assert helped.client().get('/healthz').status == 503
    wait_for(lambda: not helped.alive(), 40, 'the end of the daemon')
    assert helped.process.returncode == 1
    assert not pathlib.Path(f'/proc/{zygote}').exists(), 'and nobody is left over'


# ---------------------------------------------------------------- jobs


def ran(stack, job):
    return stack.sql('SELECT started FROM job_run WHERE name = %s AND finished IS NOT NULL', job)


def all_traced(pid):
    return all('TracerPid:\t0\n' not in (task / 'status').read_text()
               for task in pathlib.Path(f'/proc/{pid}/task').iterdir())


def test_a_long_sweep_holds_up_no_other_job(stack, server):
    """Listing the store takes 30 s here; the directory is compared, and space is added up, meanwhile."""
    tracer = subprocess.Popen(['strace', '-f', '-qq', '-o', '/dev/null', '-e', 'trace=getdents64', '-e',
                               'inject=getdents64:delay_enter=30000000', '-p', str(server.pid)])
    try:
        wait_for(lambda: all_traced(server.pid), 20, 'strace')
        stack.sql("DELETE FROM job_run WHERE name = 'blob_sweep'")
        wait_for(lambda: stack.sql("SELECT 1 FROM job_run WHERE name = 'blob_sweep' AND finished IS NULL"), 20,
                 'the sweep')
        stack.sql("DELETE FROM job_run WHERE name IN ('quota_fold', 'directory-sync')")
        took = wait_for(lambda: ran(stack, 'quota_fold') and ran(stack, 'directory-sync'), 20, 'the other jobs')
        assert not ran(stack, 'blob_sweep'), 'the sweep has to be under way for this to say anything'
        tell(f'jobs: two others ran within {took:.1f} s of a sweep that goes on')
    finally:
        tracer.terminate()
        tracer.wait(40)
        wait_for(lambda: ran(stack, 'blob_sweep'), 40, 'the end of the sweep')
