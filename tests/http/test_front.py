"""The front by itself: framing, bodies and replies, against toy routes (front_test.c)."""
import hashlib
import os
import pathlib
import socket
import subprocess
import tempfile
import threading

import pytest

from lib.front import Front, folder, front, program  # noqa: F401
from lib.stack import wait_for
from lib.wire import Conn


def uploaded(answer):
    assert answer.status == 201, answer
    digest, size, where = answer.text.split()
    return digest, int(size), where


# ---------------------------------------------------------------- the wire

def test_keep_alive(front):
    with front.connect() as conn:
        for _ in range(5):
            conn.send(front.bytes('GET', '/'))
            answer = conn.answer()
            assert (answer.status, answer.body) == (200, b'hello /')
            assert answer.get('Connection') in (None, 'Keep-Alive')
        conn.send(front.bytes('GET', '/nothing/here'))
        assert conn.answer().status == 404
        conn.send(front.bytes('POST', '/echo', b'abc'))
        assert conn.answer().body == b'abc'
        assert not conn.eof


def test_headers_of_every_answer(front):
    for answer in (front.ask('GET', '/'), front.ask('GET', '/none'), front.ask('PUT', '/dav/x', b'y')):
        assert answer.get('X-Content-Type-Options') == 'nosniff'
        assert answer.get('Referrer-Policy') == 'no-referrer'
        assert answer.get('Cache-Control') == 'no-store'
        assert answer.get('Date') and answer.get('Content-Length')
        assert not [n for n, _ in answer.headers if n.lower().startswith('access-control')]
    page = front.ask('GET', '/')
    assert "default-src 'none'" in page.get('Content-Security-Policy')
    assert page.get('X-Frame-Options') == 'DENY'


def test_pipelined(front):
    with front.connect() as conn:
        conn.send(b''.join(front.bytes('GET', f'/c/x/{i}') for i in range(20)))
        for i in range(20):
            assert conn.answer().body == f'hello /c/x/{i}'.encode()


@pytest.mark.parametrize('path, want', [
    ('/c/x/a%20b', b'hello /c/x/a%20b'), ('/c/x/%41', b'hello /c/x/A'),
    ('/c/x//y', b'hello /c/x/y'), ('/c/x/a+b', b'hello /c/x/a%2Bb'),
    ('/c/x/%c3%a4', b'hello /c/x/%C3%A4')])
def test_one_spelling(front, path, want):
    assert front.ask('GET', path).body == want


@pytest.mark.parametrize('path', ['/c/x/a%2fb', '/c/x/a%00b', '/c/x/%zz', '/c/x/../y', '/c/x/%2e%2e',
                                  '/c/x/a%5cb', '/c/x/%ff', '/c/x/a#b', 'c/x', ''])
def test_bad_addresses(front, path):
    assert front.ask('GET', path).status == 400


def test_long_addresses(front):
    assert front.ask('GET', '/c/x/' + 'a' * 255).status == 200
    assert front.ask('GET', '/c/x/' + 'a' * 256).status == 414
    assert front.ask('GET', '/c/x/' + 'a/' * 5000).status == 414


@pytest.mark.parametrize('method, status', [
    ('TRACE', 501), ('CONNECT', 501), ('get', 501), ('FOO', 501), ('DELETE', 405), ('POST', 405)])
def test_methods(front, method, status):
    body = b'' if method == 'POST' else None
    answer = front.ask(method, '/fixed', body)
    assert answer.status == status
    if status == 405:
        assert answer.get('Allow') == 'GET, HEAD, OPTIONS'


def test_options(front):
    assert front.ask('OPTIONS', '/fixed').get('Allow') == 'GET, HEAD, OPTIONS'
    assert front.ask('OPTIONS', '*').status == 200
    assert front.ask('OPTIONS', '/no/such/thing').status == 200


@pytest.mark.parametrize('method', ['PUT', 'POST', 'PROPPATCH', 'REPORT'])
def test_length_required(front, method):
    assert front.ask(method, '/up/x').status == 411


def test_too_many_headers(front):
    many = {f'X-{i}': 'y' for i in range(99)}
    assert front.ask('GET', '/', **many).status == 200
    many['X-99'] = many['X-100'] = 'y'
    assert front.ask('GET', '/', **many).status == 431


@pytest.mark.parametrize('lines', [
    b'X: a\0b\r\nY: z\r\n', b'X: a\0b\r\n', b'X: a\0\r\n', b'X: a\r\n more\r\nY: z\r\n',
    b'X: a\r\n\tmore\r\n', b' \r\n', b': z\r\nY: z\r\n', b': z\r\n', b'X: a\nY: z\r\n',
    b'Content-Length: 5\n\r\n'])
@pytest.mark.parametrize('piece', [1, 10000])
def test_heads_that_the_library_mends(front, lines, piece):
    """B06, B07, B10: NUL, folded lines, no name, LF alone."""
    data = b'GET / HTTP/1.1\r\nHost: localhost\r\n' + lines + b'\r\n'
    with front.connect() as conn:
        for i in range(0, len(data), piece):
            conn.send(data[i:i + piece])
        assert conn.answer().status == 400
        assert conn.closed()


@pytest.mark.parametrize('piece', [7, 700, 1400, 100_000])
@pytest.mark.parametrize('lines, size', [(99, 300), (3, 10_000), (99, 0), (0, 0)])
def test_large_heads_in_pieces(front, piece, lines, size):
    """The library's buffer grows and its strings stay where they are."""
    data = b'GET /c/x/y HTTP/1.1\r\nHost:localhost\r\n'
    data += b''.join(b'X-%d: \t%s  \r\n' % (i, b'y' * (size - size * (i & 1) // 9)) for i in range(lines))
    data += b'\r\n'
    with front.connect() as conn:
        for _ in range(2):
            for i in range(0, len(data), piece):
                conn.send(data[i:i + piece])
            assert conn.answer().status == 200
        conn.send(data + front.bytes('POST', '/echo', b'xyz') + data)
        assert [conn.answer().status for _ in range(3)] == [200, 200, 200]


def test_compressed_body(front):
    assert front.ask('POST', '/echo', b'x', Content_Encoding='gzip').status == 415


def test_unknown_host(front):
    with front.connect() as conn:
        conn.send(b'GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n')
        assert conn.answer().status == 421
    with front.connect() as conn:
        conn.send(b'GET / HTTP/1.1\r\nHost: front.test\r\n\r\n')
        assert conn.answer().status == 200


def test_forwarded_by_a_stranger(front):
    with front.connect(source='127.0.3.1') as conn:
        conn.send(front.bytes('GET', '/client', X_Forwarded_Proto='https', X_Forwarded_Host='front.test',
                              X_Forwarded_For='203.0.113.9'))
        assert conn.answer().text == f'http://{front.host} 127.0.3.0/24'


def test_forwarded_by_our_proxy(folder):
    f = Front(folder, trusted_proxies='127.0.0.1 10.0.0.0/8')
    answer = f.ask('GET', '/client', X_Forwarded_Proto='https', X_Forwarded_Host='front.test',
                   X_Forwarded_For='198.51.100.1, 203.0.113.9, 10.1.1.1')
    assert answer.text == 'https://front.test 203.0.113.0/24'
    f.stop()


def test_unix_socket(folder):
    path = folder + '/front.sock'
    f = Front(folder, listen=f'127.0.0.1:0 unix:{path} 127.0.0.2:0')
    with Conn(path) as conn:
        conn.send(f.bytes('GET', '/client'))
        assert conn.answer().text.endswith(' unix')
    f.stop()
    assert not os.path.exists(path)


def test_socket_activation(folder):
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        path = pathlib.Path(tempfile.mkdtemp(dir=folder))
        (path / 'conf').write_text('listen = 127.0.0.1:1\nbase_url = http://front.test\n'
                                   'database = dbname=none\nldap_uri = ldap://127.0.0.1:1\n'
                                   f'blob_dir = {path}\n')
        run = ('import os,sys\nos.dup2(int(sys.argv[1]), 3)\nos.environ.update(LISTEN_FDS="1", '
               'LISTEN_PID=str(os.getpid()))\nos.execv(sys.argv[2], sys.argv[2:])')
        process = subprocess.Popen(['/usr/bin/python3', '-c', run, str(s.fileno()), program(),
                                    str(path / 'conf')], pass_fds=[s.fileno(), 3] if s.fileno() != 3
                                   else [3], stdout=subprocess.PIPE)
        assert int(process.stdout.readline()) == s.getsockname()[1]
        with Conn(s.getsockname()) as conn:
            conn.send(b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
            assert conn.answer().status == 200
        process.terminate()
        assert process.wait(20) == 0


# ---------------------------------------------------------------- bodies

@pytest.mark.parametrize('size', [0, 1, 65536, 65537, 262144, 262145, 5_000_000])
@pytest.mark.parametrize('chunked', [False, True])
def test_uploads(front, size, chunked):
    data = os.urandom(size)
    if chunked:
        body = b''.join(b'%x\r\n%s\r\n' % (len(data[i:i + 70000]), data[i:i + 70000])
                        for i in range(0, size, 70000)) + b'0\r\n\r\n'
        answer = front.ask('PUT', '/up/x', body, Transfer_Encoding='chunked')
    else:
        answer = front.ask('PUT', '/up/x', data)
    where = 'store' if size > 65536 else 'inline'
    assert uploaded(answer) == (hashlib.sha256(data).hexdigest(), size, where)
    if where == 'store':
        digest = hashlib.sha256(data).hexdigest()
        assert front.ask('GET', f'/up/{digest}?size={size}').body == data
        assert front.ask('GET', f'/up/{digest}?size={size}&times=3').body == data * 3
        part = front.ask('GET', f'/up/{digest}?size={size}&times=3', Range=f'bytes={size - 10}-{size + 9}')
        assert part.status == 206 and part.body == data[-10:] + data[:10]
        assert part.get('Content-Range') == f'bytes {size - 10}-{size + 9}/{size * 3}'


def test_uploads_at_once(front):
    """More than the spool threads, with back-pressure; each is its own."""
    data = [os.urandom(6_000_000) for _ in range(8)]
    got = [None] * 8

    def put(i):
        got[i] = front.ask('PUT', '/up/x', data[i])
    threads = [threading.Thread(target=put, args=(i,)) for i in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    for i in range(8):
        assert uploaded(got[i])[0] == hashlib.sha256(data[i]).hexdigest()


def test_expect_is_answered(front):
    with front.connect() as conn:
        conn.send(front.bytes('PUT', '/up/x', None, Content_Length='100000', Expect='100-continue'))
        assert conn.until(b'\r\n\r\n') == b'HTTP/1.1 100 Continue'
        conn.send(b'y' * 100000)
        assert conn.answer().status == 201


@pytest.mark.parametrize('target, status', [('/up/refused', 403), ('/dav/x', 401), ('/nowhere', 404)])
def test_expect_is_refused(front, target, status):
    """No 100 while it is being decided; the connection ends."""
    with front.connect() as conn:
        conn.send(front.bytes('PUT', target, None, Content_Length='100000000', Expect='100-continue'))
        answer = conn.answer()
        assert (answer.status, answer.interim) == (status, [])
        assert conn.closed()


@pytest.mark.parametrize('target, status', [('/up/refused', 403), ('/dav/x', 401), ('/nowhere', 404)])
def test_refusals_are_drained(front, target, status):
    """What comes without asking is thrown away, so that a proxy passes the answer on."""
    with front.connect() as conn:
        conn.send(front.bytes('PUT', target, bytes(10_000_000)))
        assert conn.answer().status == status
        conn.send(front.bytes('GET', '/'))
        assert conn.answer().status == 200


def test_memory_bodies_are_bounded(front):
    assert front.ask('POST', '/echo', bytes(65536)).status == 200
    assert front.ask('POST', '/echo', bytes(65537)).status == 413
    chunk = b'10000\r\n' + bytes(65536) + b'\r\n'
    assert front.ask('POST', '/echo', chunk + b'0\r\n\r\n', Transfer_Encoding='chunked').status == 200
    assert front.ask('POST', '/echo', chunk * 2 + b'0\r\n\r\n',
                     Transfer_Encoding='chunked').status == 413


def test_get_with_a_body(front):
    with front.connect() as conn:
        conn.send(front.bytes('GET', '/', b'x' * 1000) + front.bytes('GET', '/'))
        assert [conn.answer().status for _ in range(2)] == [200, 200]
    assert front.ask('DELETE', '/c/x/y', b'x').status == 405


@pytest.mark.parametrize('sent, announced, status', [(5, 5, 201), (5, 6, 400), (6, 5, 400),
                                                     (100_000, 100_000, 201), (99_999, 100_000, 400),
                                                     (100_001, 100_000, 400), (5, 'x', 400)])
def test_expected_length(front, sent, announced, status):
    body = b'%x\r\n' % sent + bytes(sent) + b'\r\n0\r\n\r\n'
    assert front.ask('PUT', '/up/x', body, Transfer_Encoding='chunked',
                     X_Expected_Entity_Length=str(announced)).status == status


@pytest.mark.parametrize('chunked', [False, True])
def test_vanishing_uploads(front, chunked):
    fds = front.fds()
    for _ in range(20):
        conn = front.connect()
        if chunked:
            conn.send(front.bytes('PUT', '/up/x', b'fffff\r\n' + bytes(900_000),
                                  Transfer_Encoding='chunked'))
        else:
            conn.send(front.bytes('PUT', '/up/x', bytes(900_000), Content_Length='5000000'))
        conn.reset()
    wait_for(lambda: front.fds() <= fds and not front.temporary())


# ---------------------------------------------------------------- replies

def test_ranges(front):
    whole = b'0123456789abcdefghij'
    for value, status, body in [
            ('bytes=0-0', 206, whole[:1]), ('bytes=5-', 206, whole[5:]), ('bytes=-3', 206, whole[-3:]),
            ('bytes=0-99', 206, whole), ('bytes=20-', 416, None), ('bytes=-0', 416, None),
            ('bytes=3-2', 200, whole), ('bytes=0-1,3-4', 200, whole), ('lines=1-2', 200, whole)]:
        answer = front.ask('GET', '/fixed', Range=value)
        assert answer.status == status, value
        if body is not None:
            assert answer.body == body, value
        if status == 416:
            assert answer.get('Content-Range') == 'bytes */20'
    assert front.ask('GET', '/fixed').get('Accept-Ranges') == 'bytes'
    assert front.ask('HEAD', '/fixed', Range='bytes=0-0').status == 200
    assert front.ask('HEAD', '/fixed').get('Content-Length') == '20'


@pytest.mark.parametrize('condition, status', [
    ('"v1"', 206), ('"v2"', 200), ('W/"v1"', 200), ('Tue, 14 Nov 2023 22:13:20 GMT', 206),
    ('Tue, 14 Nov 2023 22:13:21 GMT', 200), ('nonsense', 200)])
def test_if_range(front, condition, status):
    assert front.ask('GET', '/fixed', Range='bytes=0-0', If_Range=condition).status == status


@pytest.mark.parametrize('headers, status', [
    ({'If_None_Match': '"v1"'}, 304), ({'If_None_Match': 'W/"v1"'}, 304), ({'If_None_Match': '"x"'}, 200),
    ({'If_None_Match': '"x", "v1"'}, 304), ({'If_None_Match': '*'}, 304), ({'If_Match': '"x"'}, 412),
    ({'If_Match': '"v1"'}, 200), ({'If_Modified_Since': 'Tue, 14 Nov 2023 22:13:20 GMT'}, 304),
    ({'If_Unmodified_Since': 'Tue, 14 Nov 2023 22:13:19 GMT'}, 412)])
def test_conditions(front, headers, status):
    with front.connect() as conn:
        conn.send(front.bytes('GET', '/fixed', **headers) + front.bytes('GET', '/'))
        answer = conn.answer()
        assert answer.status == status
        if status == 304:
            assert answer.etag == '"v1"' and answer.body == b''
        assert conn.answer().body == b'hello /'


def test_large_replies(front):
    assert front.ask('GET', '/large?n=40000000').body == b'x' * 40_000_000


def test_lost_race(front):
    answer = front.ask('GET', '/race')
    assert answer.status == 503 and answer.get('Retry-After') == '5'


def test_problem(front):
    answer = front.ask('GET', '/none', Accept='application/json')
    assert answer.get('Content-Type') == 'application/problem+json'
    assert '"status":404' in answer.text


def test_static(front):
    answer = front.ask('GET', '/static/style.css')
    assert answer.status == 200 and answer.get('Cache-Control') == 'no-cache'
    version = answer.etag.strip('"')
    assert 'immutable' in front.ask('GET', f'/static/style.css?v={version}').get('Cache-Control')
    assert front.ask('GET', '/static/style.css', If_None_Match=answer.etag).status == 304
    assert front.ask('GET', '/static/none.css').status == 404


# ---------------------------------------------------------------- forms

def test_forms(front):
    form = 'application/x-www-form-urlencoded'
    assert front.ask('POST', '/form', b'text=a+b%26&number=-7', Content_Type=form).text == 'a b&amp; -7'
    for body in (b'text=a', b'text=a&number=x', b'number=1', b'text=%zz&number=1',
                 b'text=' + b'a' * 101 + b'&number=1', b'text=%ff&number=1', b'text=%00&number=1',
                 b'&'.join(b'f%d=x' % i for i in range(1001)) + b'&text=a&number=1'):
        answer = front.ask('POST', '/form', body, Content_Type=form)
        assert answer.status == 400, body[:50]
    assert front.ask('POST', '/form', b'text=a&number=1', Content_Type='text/plain').status == 415


def multipart(boundary, parts, end=b'--'):
    lines = b''
    for disposition, content in parts:
        lines += b'--%s\r\nContent-Disposition: form-data; %s\r\n\r\n%s\r\n' % (
            boundary, disposition, content)
    return lines + b'--' + boundary + end + b'\r\n'


FIELDS = [(b'name="text"', b'a'), (b'name="number"', b'1')]


@pytest.mark.parametrize('length, status', [(1, 200), (70, 200), (71, 400), (10_000, 400)])
def test_boundaries(front, length, status):
    boundary = b'b' * length
    answer = front.ask('POST', '/form', multipart(boundary, FIELDS),
                       Content_Type=f'multipart/form-data; boundary={boundary.decode()}')
    assert answer.status == status


def test_multipart_file(front):
    parts = [*FIELDS, (b'name="with_file"', b'1'),
             (b'name="file"; filename="../../x;y"', b'--bx\r\n--nope\0\r\n')]
    answer = front.ask('POST', '/form', multipart(b'bound', parts),
                       Content_Type='multipart/form-data; boundary="bound"')
    assert answer.text == 'a 1 ../../x;y 15'


@pytest.mark.parametrize('parts, end', [
    (FIELDS, b''), ([(b'x="y"', b'')], b'--'), ([(b'name="a', b'')], b'--'), ([], b''),
    (FIELDS * 501, b'--'), ([(b'name="f"; filename="x"', b'')] * 201, b'--')])
def test_bad_multipart(front, parts, end):
    answer = front.ask('POST', '/form', multipart(b'b', parts, end),
                       Content_Type='multipart/form-data; boundary=b')
    assert answer.status == 400


# ---------------------------------------------------------------- pages for monitors, log

def test_monitors(front):
    health = front.ask('GET', '/healthz')  # there is no database here
    assert health.status == 503 and health.text.startswith('the database does not answer\nworkers 24')
    text = front.ask('GET', '/metrics').text
    assert 'chapterd_database_up 0\n' in text
    assert 'chapterd_workers_busy 0\n' in text  # who answers this is none of them
    assert 'chapterd_requests_total{class="open",status="2xx"}' in text


def test_log_names_nobody(front):
    front.ask('GET', '/c/jena/secret-name', X_Forwarded_For='203.0.113.1')
    wait_for(lambda: 'chapter=jena path="" status=200' in front.logged())
    assert 'secret' not in front.logged() and '127.0.0' not in front.logged()
