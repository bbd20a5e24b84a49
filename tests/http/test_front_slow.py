"""The front by itself: slow clients, many clients, and its end, against toy routes (front_test.c)."""
import contextlib
import os
import signal
import subprocess
import threading
import time

import pytest

from lib.front import Front, folder, front  # noqa: F401
from lib.stack import patience, wait_for


@pytest.fixture(scope='module')
def impatient(folder):
    f = Front(folder, header_timeout=2, idle_timeout=20, progress_window=3, progress_bytes=2048,
              idle_connections=20, drain_timeout=3, drain_max_anonymous=65536)
    yield f
    f.stop()


# ---------------------------------------------------------------- slow clients, many clients

def test_slow_head(impatient):
    fast = impatient.connect()
    conns = [impatient.connect() for _ in range(30)]
    kept = impatient.connect()
    kept.send(impatient.bytes('GET', '/'))
    assert kept.answer().status == 200
    end = time.monotonic() + 10
    alive = conns + [kept]
    while alive and time.monotonic() < end:
        for conn in alive[:]:
            if not conn.send(b'X') or not conn.quiet(0.001) or conn.eof:
                alive.remove(conn)
        time.sleep(0.3)
    assert not alive
    fast.send(impatient.bytes('GET', '/'))  # silent until now, which is allowed
    assert fast.answer().status == 200


def test_slow_body(impatient):
    conns = [impatient.connect() for _ in range(10)]
    for conn in conns:
        conn.send(impatient.bytes('PUT', '/up/x', None, Content_Length='1000000'))
    end = time.monotonic() + 15
    while conns and time.monotonic() < end:
        conns = [c for c in conns if c.send(b'x') and c.quiet(0.001) and not c.eof]
        time.sleep(0.3)
    assert not conns
    wait_for(lambda: not impatient.temporary())


def test_slow_reader(impatient):
    before = impatient.fds()
    conns = [impatient.connect(rcvbuf=2048) for _ in range(10)]
    for conn in conns:
        conn.send(impatient.bytes('GET', '/large?n=20000000'))
    wait_for(lambda: impatient.fds() >= before + 10)
    wait_for(lambda: impatient.fds() <= before, 20)
    for conn in conns:
        conn.close()


def test_drain_has_an_end(impatient):
    with impatient.connect() as conn:
        conn.send(impatient.bytes('PUT', '/dav/x', None, Content_Length='70000'))
        assert conn.answer().status == 401
        assert conn.closed()
    with impatient.connect() as conn:
        conn.send(impatient.bytes('PUT', '/dav/x', b'ffffff\r\n' + bytes(200_000),
                                  Transfer_Encoding='chunked'))
        assert conn.closed()


def test_more_is_drained_for_a_proxy(impatient):
    """It would make 502 of a 401 that comes with a closed connection."""
    for forwarded, closes in (('203.0.113.9', False), (None, True)):
        more = {'X_Forwarded_For': forwarded} if forwarded else {}
        with impatient.connect() as conn:
            conn.send(impatient.bytes('PUT', '/dav/x', None, Content_Length='70000', **more))
            if not closes:
                assert conn.quiet(0.2)
                conn.send(bytes(70_000))
            assert conn.answer().status == 401
            assert conn.closed(0.5) == closes


def test_oldest_idle_connections_are_closed(impatient):
    conns = []
    for _ in range(40):
        conn = impatient.connect()
        conn.send(impatient.bytes('GET', '/'))
        assert conn.answer().status == 200
        conns.append(conn)
    time.sleep(3)
    alive = [i for i, c in enumerate(conns) if c.quiet(0.01) and not c.eof]
    assert len(alive) == 20 and alive[0] > 10, alive
    for conn in conns:
        conn.close()


def test_silent_connections_leave_room_for_others(folder):
    """B20: as many as there may be say nothing; who comes then is served, long before they time out."""
    f = Front(folder, connections=40, idle_timeout=600)
    conns = [f.connect() for _ in range(60)]
    with f.connect(timeout=100) as conn:
        conn.send(f.bytes('GET', '/'))
        assert conn.answer().status == 200
    alive = [c for c in conns if c.quiet(0.01) and not c.eof]
    print(f'{len(alive)} of {len(conns)} silent connections are left')
    assert 20 <= len(alive) <= 40
    for conn in conns:
        conn.close()
    f.stop()


def test_idle_connections_are_cheap(front):
    before = front.rss()
    conns = [front.connect() for _ in range(400)]
    start = time.monotonic()
    assert front.ask('GET', '/').status == 200
    assert time.monotonic() - start < patience()
    assert front.rss() - before < 400 * 65536
    for conn in conns:
        conn.close()


def test_no_descriptors_left(folder):
    """F24: what cannot be accepted waits; afterwards all is well."""
    f = Front(folder)
    subprocess.run(['prlimit', f'--pid={f.process.pid}', '--nofile=60:60'], check=True)
    conns = [f.connect() for _ in range(100)]
    time.sleep(0.5)
    cpu = os.times().children_user
    for conn in conns:
        conn.close()
    assert f.ask('GET', '/').status == 200
    assert os.times().children_user - cpu < 5
    f.stop()


# ---------------------------------------------------------------- the end

def test_stopping_cuts_no_answer(folder):
    f = Front(folder)
    got, stopping = [], threading.Event()

    def ask():
        with f.connect() as conn:
            while True:
                try:
                    if not conn.send(f.bytes('GET', '/slow')):
                        return
                    first = conn.fill() or conn.buffer
                except OSError:
                    return
                if not first:  # closed between two requests
                    assert stopping.is_set()
                    return
                answer = conn.answer()
                got.append(answer)
                if answer.get('Connection') == 'close':
                    return
    threads = [threading.Thread(target=ask) for _ in range(10)]
    for t in threads:
        t.start()
    time.sleep(1)
    stopping.set()
    start = time.monotonic()
    f.stop()
    assert time.monotonic() - start < 10 * patience()
    for t in threads:
        t.join()
    assert all(a.status == 200 and a.body == b'hello /slow' for a in got)
    assert sum(a.get('Connection') == 'close' for a in got) == 10


def test_stopping_in_mid_upload(folder):
    f = Front(folder, stop_timeout=1)
    conn = f.connect()
    conn.send(f.bytes('PUT', '/up/x', bytes(3_000_000), Content_Length='9000000'))
    time.sleep(0.3)
    f.stop()
    conn.close()
    assert not f.temporary()


def test_second_signal(folder):
    f = Front(folder)
    with contextlib.closing(f.connect()) as conn:
        conn.send(f.bytes('PUT', '/up/x', b'', Content_Length='9000000'))
        time.sleep(0.2)
        f.process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        start = time.monotonic()
        f.stop()
        assert time.monotonic() - start < 5 * patience()
