"""WebDAV through each proxy, with its example as it is."""
import hashlib
import os
import re
import subprocess
import threading
import time

import pytest

from lib.behind import KINDS, Proxy, start_daemon
from lib.stack import LONG, scratch, wait_for
from lib.wire import NoAnswer, basic

MB = 1_000_000
VERSIONS = ['--http1.1', '--http2']


# ---------------------------------------------------------------- what clients do

def every_method(client, box):
    """A document's life. Destinations are absolute, with https and the name of outside."""
    assert client.put(box + 'a%20%C3%A4%2Bb.txt', b'one').status == 201
    assert client.get(box + 'a%20%C3%A4%2Bb.txt').body == b'one'
    entry = client.props(box + 'a%20%C3%A4%2Bb.txt', 'getcontentlength', 'getetag')
    assert entry.text('getcontentlength') == '3'
    assert client.copy(box + 'a%20%C3%A4%2Bb.txt', box + 'b').status == 201
    assert client.move(box + 'b', box + 'c%23d', Overwrite='F').status == 201
    assert client.get(box + 'c%23d').body == b'one'
    assert client.mkcol(box + 'sub/').status == 201
    assert client.proppatch(box + 'c%23d', 'colour', 'blue').status == 207
    token = client.locked(box + 'c%23d')
    other = client.server.client('jena-chair')
    assert other.put(box + 'c%23d', b'no').status == 423
    assert client.put(box + 'c%23d', b'two', If=f'({token})').status == 204
    assert client.unlock(box + 'c%23d', token).status == 204
    assert client.sync(box).status == 207
    assert client.head(box + 'c%23d').get('Content-Length') == '3'
    assert client.get(box + 'c%23d', Range='bytes=1-1').status == 206
    etag = client.get(box + 'c%23d').etag
    assert client.get(box + 'c%23d', If_None_Match=etag).status == 304
    assert client.put(box + 'c%23d', b'x', If_Match='"wrong"').status == 412
    assert client('OPTIONS', box).get('DAV').startswith('1, 2, 3')
    assert client.delete(box + 'sub/').status == 204


def test_every_method(anna, box):
    every_method(anna, box)


def test_over_a_socket(proxy, certificates, box):
    p = Proxy(proxy.kind, proxy.daemon, certificates, unix=True)
    try:
        every_method(p.client('jena-board'), box)
        assert p.curl('/healthz', '--interface', '127.0.0.5')[0] == 200
    finally:
        p.stop()


def test_destinations_elsewhere(proxy, anna, box):
    assert anna.put(box + 'a').status == 201
    for url in (f'https://elsewhere.example{box}b', f'https://localhost.example{box}b'):
        assert anna('MOVE', box + 'a', Destination=url).status == 502, url
    assert anna('MOVE', box + 'a', Destination=f'{proxy.url}{box}b').status == 201


def test_without_login(proxy):
    answer = proxy.client()('PROPFIND', '/dav/files/', Depth='1')
    assert answer.status == 401 and 'realm="chapterd"' in answer.get('WWW-Authenticate')


def test_litmus(proxy, box, tmp_path):
    env = {'PATH': '/usr/bin:/bin', 'HTDOCS': '/usr/share/litmus/htdocs',
           'TESTROOT': '/usr/libexec/litmus'}
    done = subprocess.run(['litmus', '-k', f'{proxy.url}{box}', 'jena-board', 'demo'], cwd=tmp_path, env=env,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors='replace',
                          timeout=300)
    results = re.findall(r"of (\d+) tests run: (\d+) passed, (\d+) failed", done.stdout)
    ran, passed, failed = (sum(int(r[i]) for r in results) for i in range(3))
    print(f'litmus through {proxy.kind}: {passed} of {ran} passed, {failed} failed')
    # 104 without TLS: test_expect stands for the one that litmus leaves out with it.
    assert (len(results), passed, failed) == (5, 103, 0), done.stdout
    assert re.findall(r'(\w+)\.* SKIPPED', done.stdout) == ['expect100'], done.stdout


def test_http2(proxy, anna, box, tmp_path):
    (tmp_path / 'x').write_bytes(os.urandom(3 * MB))
    two = '--http2'
    assert proxy.curl(box + 'x', two, '-T', tmp_path / 'x') == (201, '2', 3 * MB)
    assert proxy.curl(box + 'x', two, '-X', 'COPY', '-H', f'Destination: {proxy.url}{box}y')[:2] == (201, '2')
    assert proxy.curl(box + 'y', two, '-X', 'MOVE', '-H', f'Destination: {proxy.url}{box}z')[:2] == (201, '2')
    assert proxy.curl(box, two, '-X', 'PROPFIND', '-H', 'Depth: 1')[:2] == (207, '2')
    assert anna.get(box + 'z').body == (tmp_path / 'x').read_bytes()


def test_http2_in_parallel(proxy, anna, box, tmp_path):
    """A hundred requests on two connections, up and down at the same time."""
    (tmp_path / 'x').write_bytes(os.urandom(200_000))
    assert anna.put(box + 'there', b'y' * 200_000).status == 201
    up = [w for i in range(50) for w in ('-T', tmp_path / 'x', f'{proxy.url}{box}up{i}', '-o', '/dev/null')]
    down = [w for _ in range(50) for w in (f'{proxy.url}{box}there', '-o', '/dev/null')]
    curl = ['curl', '-sS', '--http2', '-Z', '--parallel-max', '30', '--cacert', proxy.certificates / 'ca.pem',
            '-u', 'jena-board:demo', '-w', '%{http_code} %{http_version}\n']
    both = [subprocess.Popen([*curl, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for words in (up, down)]
    said = [c.communicate(timeout=60)[0].splitlines() for c in both]
    assert said == [['201 2'] * 50, ['200 2'] * 50]
    assert len(anna.listing(box)) == 51


def test_plain_is_sent_to_tls(proxy):
    with proxy.connect(plain=True) as conn:
        conn.send(b'PROPFIND /dav/files/?x=%2F HTTP/1.1\r\nHost: localhost\r\nDepth: 0\r\n\r\n')
        answer = conn.answer()
    assert answer.status == 308
    assert re.fullmatch(r'https://localhost(:\d+)?/dav/files/\?x=%2F', answer.get('Location'))


# ---------------------------------------------------------------- large and refused bodies

def digest_of(path):
    with open(path, 'rb') as f:
        return hashlib.file_digest(f, 'sha256').hexdigest()


@pytest.mark.parametrize('version', VERSIONS if LONG else ['--http2'])
def test_large(proxy, box, large, version):
    """300 MB both ways (120 without LONG=1): equal, and at no time anything of it in the proxy's files."""
    size = large.stat().st_size
    files, memory, before = [0], [0], proxy.rss()
    done = threading.Event()

    def watch():
        while not done.wait(0.1):
            files.append(proxy.written())
            memory.append(proxy.rss() - before)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        start = time.monotonic()
        assert proxy.curl(box + 'x', version, '-T', large)[0] == 201
        between = time.monotonic()
        assert proxy.digest(box + 'x', version) == digest_of(large)
        end = time.monotonic()
    finally:
        done.set()
        watcher.join()
    print(f'{proxy.kind} {version}: up {size / MB / (between - start):.0f} MB/s,'
          f' down {size / MB / (end - between):.0f} MB/s, memory +{max(memory) / MB:.0f} MB,'
          f' {max(files)} bytes in its files')
    assert max(files) == 0
    assert max(memory) < 100 * MB


@pytest.fixture(scope='session')
def narrow(stack):
    """A daemon that takes no document above 50 MB, and a chapter without space."""
    d = start_daemon(stack, 'narrow', body_max='50000000')
    stack.ctl('chapter', 'set', 'weimar', 'quota=1 MiB')
    yield d
    stack.ctl('chapter', 'set', 'weimar', 'quota=10 GiB')
    d.stop()


@pytest.fixture(scope='session', params=KINDS)
def narrow_proxy(request, narrow, certificates):
    p = Proxy(request.param, narrow, certificates)
    yield p
    p.stop()


@pytest.fixture(scope='session')
def file_of():
    """file_of(5): a file of so many megabytes."""
    folder = scratch('files')

    def make(megabytes):
        path = folder / str(megabytes)
        if not path.exists():
            path.write_bytes(os.urandom(megabytes * MB))
        return path
    return make


@pytest.mark.parametrize('status, size, user, target', [
    (413, 51, 'jena-board', '/dav/files/jena/large'),
    (403, 50, 'jena-member', '/dav/files/jena/no-right'),
    (507, 50, 'weimar-board', '/dav/files/weimar/no-space')])
def test_refused(narrow_proxy, file_of, status, size, user, target):
    """The client gets the answer, every time: it sends all of it, and does not ask first."""
    got = [narrow_proxy.curl(target, version, '-H', 'Expect:', '-T', file_of(size), user=user)[0]
           for version in VERSIONS for _ in range(10 if LONG else 2)]
    assert set(got) == {status}, got


def test_expect(narrow_proxy, narrow, file_of):
    """Expect: 100-continue gets a refusal or an upload, whether or not the proxy passes it on."""
    expect = ['--http1.1', '-H', 'Expect: 100-continue', '--expect100-timeout', '20']
    got = [narrow_proxy.curl('/dav/files/jena/large', *expect, '-T', file_of(51)) for _ in range(10)]
    assert [g[0] for g in got] == [413] * 10, got
    if narrow_proxy.kind != 'nginx':  # which says 100 by itself
        assert [g[2] for g in got] == [0] * 10, got
    target = f'/dav/files/jena/expected-{narrow_proxy.kind}'
    assert narrow_proxy.curl(target, *expect, '-T', file_of(5)) == (201, '1.1', 5 * MB)
    anna = narrow.client('jena-board')
    assert anna.get(target).body == file_of(5).read_bytes()
    assert anna.delete(target).status == 204


def test_refused_without_login(narrow_proxy, file_of):
    """As clients do that sign in only when they are asked to."""
    got = [narrow_proxy.curl('/dav/files/jena/x', version, '-H', 'Authorization:', '-H', 'Expect:', '-T',
                             file_of(50))[0] for version in VERSIONS for _ in range(10 if LONG else 2)]
    assert set(got) == {401}, got


@pytest.mark.parametrize('size', [0, 10, 70_000, 5 * MB])
def test_chunked(anna, box, size):
    body = os.urandom(size)
    chunks = b''.join(b'%x\r\n%s\r\n' % (len(body[i:i + 33_333]), body[i:i + 33_333])
                      for i in range(0, size, 33_333)) + b'0\r\n\r\n'
    answer = anna.put(box + 'x', chunks, Transfer_Encoding='chunked')
    assert answer.status == 201
    assert anna.get(box + 'x').body == body


# ---------------------------------------------------------------- who is at the other end

def test_addresses(proxy):
    """Guessing is counted by the client's network. The proxy tells it to the daemon, and what she says of
    herself changes nothing (B22)."""
    net = 20 + KINDS.index(proxy.kind)

    def guess(source, user='land-chair', **headers):
        client = proxy.client(user, os.urandom(6).hex(), source=source)
        return client('PROPFIND', '/dav/files/', Depth='0', headers=headers).status

    assert [guess(f'127.{net}.5.1') for _ in range(7)][-1] == 429
    assert guess(f'127.{net}.6.1') == 401, 'one network, seen as another'
    for name in ('X-Forwarded-For', 'X-Real-IP', 'X-Client-IP', 'Forwarded'):
        made_up = {name: 'for=198.51.100.7' if name == 'Forwarded' else '198.51.100.7'}
        assert guess(f'127.{net}.5.2', **made_up) == 429, name
        assert guess(f'127.{net}.7.{len(name)}', 'land-board', **made_up) == 401, name


def test_scheme_and_name(proxy):
    """https and the name of outside reach the daemon; forged ones do not (B22, B23)."""
    forged = {'X-Forwarded-Proto': 'http', 'X-Forwarded-Host': 'evil.example', 'Forwarded': 'proto=http',
              'X-Original-URL': '/nothing', 'X-Rewrite-URL': '/nothing', 'X-HTTP-Method': 'DELETE',
              'X-HTTP-Method-Override': 'DELETE', 'X-Forwarded-Port': '80', 'X-Forwarded-Prefix': '/x'}
    for headers in ({}, forged):
        client = proxy.client()
        page = client.get('/login', headers=headers)
        assert page.status == 200, page
        cookies = page.all('Set-Cookie')
        assert 'evil.example' not in page.text
        answer = client('POST', '/language', b'language=de', headers={
            **headers, 'Content-Type': 'application/x-www-form-urlencoded', 'Origin': proxy.url})
        cookies += answer.all('Set-Cookie')
        assert cookies and all('Secure' in c for c in cookies), cookies


def test_unknown_name(proxy):
    client = proxy.client()
    answer = client.get('/', Host='evil.example')
    assert answer.status == 421 or (answer.status, answer.body) == (200, b'')  # the daemon's, or Caddy's


@pytest.mark.parametrize('target', ['/metrics', '/metrics?x', '//metrics', '/%6detrics', '/metrics/', '///%6Detrics',
                                    'https://localhost/metrics', '/./metrics', '/x/../metrics', '/%2e/metrics'])
def test_metrics(proxy, target):
    """For the machine itself, whoever asks through a proxy."""
    for source in ('127.0.0.5', '127.0.0.1'):
        answer = proxy.client(source=source).get(target)
        assert answer.status in (301, 308, 400, 404), answer
        assert b'chapterd_' not in answer.body


def test_paths_come_as_sent(proxy, anna, box):
    """B24: no proxy gives an address another meaning on the way."""
    name = "a%25b%20c%3Bd%26e%27(f)%5Bg%5D~%2B%2C%3D%40%21%24%2A"
    assert anna.put(box + name, b'odd').status == 201
    assert anna.get(box + name).body == b'odd'
    (href,) = anna.listing(box)
    assert anna.get(href).body == b'odd'
    for bad in ('a%2fb', 'a%00b', '%2e%2e/jena-nord/', 'a%5cb', '%zz'):
        assert anna.put(box + bad, b'x').status in (400, 404), bad
    assert list(anna.listing(box)) == [href]


# ---------------------------------------------------------------- clients that go, and hostile ones

def running(proxy):
    text = proxy.daemon.client(source='127.0.0.5').get('/metrics').text
    return int(re.search(r'^chapterd_requests_running (\d+)', text, re.M)[1])


def test_vanishing_clients(proxy, anna, box, large):
    """B21: nothing published, nothing left, in the daemon and in the proxy."""
    before = proxy.daemon.fds()
    head = anna.bytes('PUT', box + 'gone', None, {'Content-Length': '50000000'})
    chunked = anna.bytes('PUT', box + 'gone', None, {'Transfer-Encoding': 'chunked'})
    for i in range(20):
        conn = proxy.connect()
        conn.send(head if i % 2 else chunked)
        conn.send(os.urandom(3 * MB) if i % 2 else b'100000\r\n' + os.urandom(1 << 20) + b'\r\n')
        (conn.reset if i % 4 < 2 else conn.close)()
    assert anna.put(box + 'big', os.urandom(40 * MB)).status == 201
    get = anna.bytes('GET', box + 'big')
    for i in range(20):
        conn = proxy.connect(rcvbuf=4096)
        conn.send(get)
        conn.until(b'\r\n\r\n')
        (conn.reset if i % 2 else conn.close)()
    wait_for(lambda: not proxy.daemon.temp_blobs(), what='the end of the uploads')
    wait_for(lambda: running(proxy) <= 1, what='the end of the requests')
    wait_for(lambda: proxy.daemon.fds() <= before + 40, what='the end of the connections')
    assert proxy.written() == 0
    assert list(anna.listing(box)) == [box + 'big']


def smuggled(anna, box):
    return anna.bytes('PUT', box + 'smuggled', b'x')


def hostile(anna, box):
    """Inputs of part B of the attack cases that contain a second request: name -> bytes."""
    inner = smuggled(anna, box)
    auth = f'Authorization: {basic("jena-board")}'
    start = f'POST /language HTTP/1.1\r\nHost: {anna.server.host}\r\n{auth}\r\n'.encode()
    te = b'Transfer-Encoding: chunked\r\n'
    n = len(inner)
    return {
        'B01 both': start + b'Content-Length: 5\r\n' + te + b'\r\n0\r\n\r\n' + inner,
        'B02 both': start + te + b'Content-Length: 5\r\n\r\n0\r\n\r\n' + inner,
        'B03 two lengths': start + b'Content-Length: 0\r\nContent-Length: %d\r\n\r\n' % n + inner,
        'B05 coding': start + b'Transfer-Encoding: xchunked\r\nContent-Length: %d\r\n\r\n' % n + inner,
        'B06 space': start + b'Transfer-Encoding : chunked\r\nContent-Length: %d\r\n\r\n' % n + inner,
        'B07 folded': start + b'X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n' % n + inner,
        # The size says "all of it is one chunk" to whoever takes LF for the end of the line.
        'B08 LF after size': start + te + b'\r\n2\nxx\r\n0\r\n\r\n',
        'B08 LF in extension': start + te + b'\r\n%x;a\nxx\r\n0\r\n\r\n' % 2,
        'B08 body in extension': start + te + b'\r\n2;\nxx\r\n%x\r\n' % n + inner + b'\r\n0\r\n\r\n',
        'B08 CR in extension': start + te + b'\r\n2;\rxx\r\n0\r\n\r\n' + inner,
        'B08 long extension': start + te + b'\r\n2;' + b'a' * 65536 + b'\r\nxx\r\n0\r\n\r\n',
        'B08 LF after data': start + te + b'\r\n2\r\nxx\n0\r\n\r\n',
        'B09 size': start + te + b'\r\n0x2\r\nxx\r\n0\r\n\r\n',
        'B09 overflow': start + te + b'\r\n10000000000000002\r\nxx\r\n0\r\n\r\n',
        'B09 no end': start + te + b'\r\n2\r\nxxyy\r\n0\r\n\r\n',
        'B10 LF ends the head': start + b'Content-Length: %d\n\n' % n + inner,
        'B10 CR in a value': start + b'X: a\rContent-Length: 0\r\nContent-Length: %d\r\n\r\n' % n + inner,
        'B10 LF in a line': start + b'X: a\nTransfer-Encoding: chunked\r\nContent-Length: %d\r\n\r\n' % n + inner,
        'B10 NUL': start + b'X: a\0b\r\nContent-Length: %d\r\n\r\n' % n + inner,
    }


# Of these the inner request is, read rightly, one of its own: what follows a body that has ended.
FOLLOWS = {'B01 both', 'B02 both'}


def test_smuggling(proxy, anna, box):
    """Whatever a proxy makes of these, no byte of a body becomes a request."""
    for name, data in hostile(anna, box).items():
        with proxy.connect(timeout=15) as conn:
            conn.send(data)
            statuses = []
            try:
                while True:
                    statuses.append(conn.answer().status)
                    conn.sock.settimeout(0.5)
            except (NoAnswer, TimeoutError):
                pass
        print(f'{proxy.kind}: {name}: {statuses}')
        assert statuses and (len(statuses) == 1 or name in FOLLOWS), (name, statuses)
        if name.startswith(('B05', 'B09', 'B03')):
            assert statuses[0] >= 400, (name, statuses)
        if name in FOLLOWS:
            anna.delete(box + 'smuggled')
        else:
            assert anna.head(box + 'smuggled').status == 404, name
    assert anna.propfind(box).status == 207


def test_nobody_is_logged(proxy, anna, box):
    """Neither of what worked nor of what failed."""
    marks = ['logged-mark', '127.0.0.9', 'jena-board', basic('jena-board').split()[1]]
    client = proxy.client('jena-board', source='127.0.0.9')
    client.put(box + marks[0])
    client.get(box + marks[0] + '?q')
    client.get(box + marks[0] + '%00')
    with proxy.connect(source='127.0.0.9') as conn:
        conn.send(f'GET /{marks[0]} HTTP/1.1\r\nbad header\r\n\r\n'.encode())
        conn.closed()
    with proxy.connect(source='127.0.0.9', plain=True) as conn:
        conn.send(f'GET /{marks[0]} HTTP/1.1\r\nHost: localhost\r\n\r\n'.encode())
        conn.answer()
    conn = proxy.connect(source='127.0.0.9')
    conn.send(client.bytes('PUT', box + marks[0], None, {'Content-Length': '5000000'}))
    conn.reset()
    time.sleep(0.5)
    text = proxy.logged()
    assert not [m for m in marks if m in text], text[-3000:]


# ---------------------------------------------------------------- the daemon goes

class Reader(threading.Thread):
    """Downloads and uploads without pause; notes what came back."""

    def __init__(self, proxy, box, number):
        super().__init__(daemon=True)
        self.client = proxy.client('jena-board')
        self.box, self.number = box, number
        self.stop = threading.Event()
        self.statuses, self.cut = {}, []

    def ask(self, method, target, body=None):
        """Without the client's second try, which would hide an answer that was cut."""
        self.kept = self.client.conn is not None
        if not self.kept:
            self.client.conn = self.client.connect()
        return self.client.exchange(method, self.client.bytes(method, target, body))

    def good(self):
        return sum(n for status, n in list(self.statuses.items()) if status < 300)

    def run(self):
        i = 0
        while not self.stop.is_set():
            i += 1
            try:
                if self.number % 2:
                    answer = self.ask('GET', self.box + 'big')
                    assert answer.status != 200 or len(answer.body) == 5 * MB
                else:
                    answer = self.ask('PUT', f'{self.box}w{self.number}', os.urandom(100_000))
            except (NoAnswer, OSError) as e:
                # nginx closes a kept connection after its 502; the next request finds it closed.
                if not (self.kept and str(e) == "closed; so far b''"):
                    self.cut.append(repr(e))
                self.client.conn = None
                continue
            self.statuses[answer.status] = self.statuses.get(answer.status, 0) + 1
            if answer.status in (502, 503, 504):
                time.sleep(0.05)


def test_the_daemon_stops_under_load(proxy, stack, certificates, box, anna):
    d = start_daemon(stack, 'stopping')
    p = Proxy(proxy.kind, d, certificates)
    try:
        assert anna.put(box + 'big', os.urandom(5 * MB)).status == 201
        readers = [Reader(p, box, n) for n in range(8)]
        for r in readers:
            r.start()
        wait_for(lambda: all(r.good() >= 4 for r in readers), 60, 'work')
        assert d.stop() == 0
        time.sleep(0.3)
        d.start()
        before = [r.good() for r in readers]
        wait_for(lambda: all(r.good() >= n + 4 for r, n in zip(readers, before)), 60, 'work again')
        for r in readers:
            r.stop.set()
        for r in readers:
            r.join(40)
        total = {}
        for r in readers:
            for status, n in r.statuses.items():
                total[status] = total.get(status, 0) + n
        print(f'{p.kind}: {total}')
        assert [c for r in readers for c in r.cut] == []
        assert set(total) <= {200, 201, 204, 502, 503}, total
    finally:
        p.stop()
        d.stop()
