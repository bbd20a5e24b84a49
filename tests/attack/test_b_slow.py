"""Slow, silent and vanishing clients: cases B18 to B22 of security.md."""
import contextlib
import resource
import time

import pytest

from lib.stack import LONG, wait_for
from lib.wire import NoAnswer


@pytest.fixture(scope='module')
def impatient(server):
    """A daemon whose deadlines a test can wait for."""
    d = server.stack.daemon({'header_timeout': '3', 'idle_timeout': '4', 'progress_window': '4',
                             'progress_bytes': '4096'}, name='slow')
    yield d
    d.stop()


def drip(conns, seconds, data=b'x'):
    """Sends one byte a second over each connection; how many the server has closed by then."""
    end = time.monotonic() + seconds
    dead = set()
    while time.monotonic() < end and len(dead) < len(conns):
        for conn in conns:
            if conn not in dead:
                try:
                    conn.sock.settimeout(0)
                    conn.sock.sendall(data)
                    if conn.sock.recv(4096) == b'':
                        dead.add(conn)
                except BlockingIOError:
                    pass
                except OSError:
                    dead.add(conn)
        time.sleep(0.5)
    return len(dead)


def test_B18_slow_headers(impatient):
    """A byte at a time keeps nobody: the header phase has a deadline of its own."""
    conns = [impatient.connect() for _ in range(200)]
    for conn in conns:
        conn.send(b'GET / HTTP/1.1\r\nHost: ' + impatient.host.encode() + b'\r\nX: ')
    assert drip(conns, 20) == len(conns)
    assert impatient.client().get('/healthz').status == 200


def test_B18_silent_from_the_start(impatient):
    conns = [impatient.connect() for _ in range(50)]
    for conn in conns:
        assert conn.closed(20)


def test_B18_idle_after_a_request(impatient):
    conn = impatient.connect()
    conn.send(b'GET /healthz HTTP/1.1\r\nHost: ' + impatient.host.encode() + b'\r\n\r\n')
    assert conn.answer().status == 200
    assert conn.closed(30)


def test_B19_slow_bodies(impatient, den):
    writer = impatient.client('jena-board')
    conns = []
    for i in range(20):
        conn = impatient.connect()
        conn.send(writer.bytes('PUT', f'{den}slow{i}', b'', Content_Length='1000000'))
        conns.append(conn)
    assert drip(conns, 30) == len(conns)
    wait_for(lambda: not impatient.temp_blobs(), 10, 'the end of temporary files')
    assert writer.listing(den) == {}


def test_B19_slow_readers(impatient, den):
    """A window that never opens: cut by the rate rule; memory stays flat."""
    size = 100_000_000 if LONG else 20_000_000
    writer = impatient.client('jena-board')
    assert writer.put(den + 'big', bytes(size)).status == 201
    before = impatient.rss()
    conns = []
    for _ in range(100 if LONG else 30):
        conn = impatient.connect(rcvbuf=1024)
        conn.send(writer.bytes('GET', den + 'big'))
        conns.append(conn)
    time.sleep(1)
    assert impatient.client().get('/healthz').status == 200
    print(f'{len(conns)} stalled readers: grew {impatient.rss() - before >> 20} MiB')
    assert impatient.rss() - before < 64 << 20
    wait_for(lambda: impatient.fds() < 40 + len(conns), 60, 'the end of stalled readers')
    for conn in conns:
        conn.close()


def test_B20_F27_idle_connections(server):
    """Accepted, or limited by address; others are served all the same."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    want = 10_000 if LONG else 1_000
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, want + 200), hard))
    before = server.rss()
    conns = []
    try:
        with contextlib.suppress(OSError):
            for i in range(want):
                conns.append(server.connect(f'127.20.{i // 250}.1', timeout=5))
        start = time.monotonic()
        assert server.client('jena-board', source='127.0.9.9').get('/dav/files/jena/').status == 200
        took = time.monotonic() - start
        print(f'{len(conns)} idle: grew {server.rss() - before >> 10} KiB, answer {took * 1e3:.1f} ms')
        assert len(conns) == want
        assert server.rss() - before < (64 << 20)
    finally:
        for conn in conns:
            conn.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_B20_many_from_one_address(server):
    conns = []
    with contextlib.suppress(OSError):
        conns = [server.connect('127.21.0.1', timeout=5) for _ in range(500)]
    assert server.client(source='127.0.9.9').get('/healthz').status == 200
    for conn in conns:
        conn.close()


@pytest.mark.parametrize('how', ['reset', 'fin', 'half', 'headers'])
@pytest.mark.parametrize('chunked', [False, True])
@pytest.mark.parametrize('size', [100_000, 3_000_000])
def test_B21_F03_vanishing_in_mid_upload(server, anna, den, how, chunked, size):
    anna.put(den + 'f', b'old')
    wait_for(lambda: not server.temp_blobs(), 10, 'a quiet start')
    fds = server.fds()
    conns = []
    for _ in range(100 if LONG else 25):
        conn = server.connect()
        if chunked:
            part = b'%x\r\n' % size + b'n' * (size // 2)
            data = anna.bytes('PUT', den + 'f', part, Transfer_Encoding='chunked')
        else:
            data = anna.bytes('PUT', den + 'f', b'n' * (size // 2), Content_Length=str(size))
        if how == 'headers':
            data = data[:data.index(b'\r\n\r\n') + 4]
        conn.send(data)
        conns.append(conn)
    for conn in conns:
        if how == 'reset':
            conn.reset()
        elif how == 'half':
            with contextlib.suppress(OSError):
                conn.sock.shutdown(1)
        else:
            conn.close()
    if how == 'half':
        for conn in conns:
            with contextlib.suppress(NoAnswer, OSError, TimeoutError):
                assert conn.answer().status >= 400
            conn.close()
    wait_for(lambda: not server.temp_blobs(), 20, 'the end of temporary files')
    wait_for(lambda: server.fds() <= fds + 3, 20, f'the return to {fds} descriptors')
    assert anna.get(den + 'f').body == b'old'
    assert list(anna.listing(den)) == [den + 'f']


def test_B22_forwarded_addresses_of_strangers(server):
    """Throttling goes by the real peer: a new X-Forwarded-For each time does not help."""
    statuses = []
    start = time.monotonic()
    for i in range(120):
        client = server.client('nobody-at-all', f'wrong{i}', source='127.22.0.1')
        answer = client.get('/dav/files/', headers={'X-Forwarded-For': f'203.0.113.{i}',
                                                    'Forwarded': f'for=203.0.113.{i}'})
        statuses.append(answer.status)
        if answer.status == 429:
            break
        assert time.monotonic() - start < 120
    assert 429 in statuses, (len(statuses), set(statuses))
    assert answer.get('Retry-After')
    # others are not hit
    assert server.client('jena-member', source='127.22.1.1').get('/dav/files/').status == 200


def test_B22_forwarded_scheme_of_strangers(server):
    answer = server.client().get('/.well-known/caldav', headers={
        'X-Forwarded-Proto': 'https', 'X-Forwarded-Host': 'evil.example'})
    assert 'evil' not in (answer.get('Location') or '')
    assert 'https' not in (answer.get('Location') or '')


def test_B22_trusted_proxy(server):
    """With the peer trusted, what it says counts."""
    d = server.stack.daemon({'trusted_proxies': '127.0.0.1',
                             'hosts': 'chapters.example.org'}, name='proxy')
    try:
        client = d.client()
        answer = client.get('/.well-known/caldav', headers={
            'Host': 'chapters.example.org', 'X-Forwarded-Proto': 'https',
            'X-Forwarded-For': '203.0.113.7'})
        assert answer.status == 301
        assert answer.get('Location') in ('/dav/', 'https://chapters.example.org/dav/')
    finally:
        d.stop()
