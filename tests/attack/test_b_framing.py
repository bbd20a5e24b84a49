"""Attacks on message framing: cases B01 to B17 and B23 to B25 of security.md."""
import re
import time

import pytest

from lib.client import quote
from lib.stack import BUILD, SANITIZED
from lib.wire import message

SMUGGLED = b'GET /dav/files/erfurt/Mitglieder/canary.txt HTTP/1.1\r\nHost: h\r\n\r\n'


@pytest.fixture
def head(server, alice):
    """The start of an authorised PUT to a name of the test's own."""
    def make(*lines, method='PUT', target='/dav/files/jena/Mitglieder/b-framing', version='HTTP/1.1',
             host=True):
        own = [f'Host: {server.host}'.encode()] if host else []
        own += [f'Authorization: {alice.auth}'.encode()]
        first = f'{method} {target} {version}'.encode()
        return b'\r\n'.join([first, *own, *lines]) + b'\r\n\r\n'
    return make


def answers(conn, wait=3.0):
    """All that comes until the server closes or falls silent: the statuses, and: closed?"""
    conn.sock.settimeout(wait)
    try:
        while conn.fill():
            pass
    except (TimeoutError, OSError):
        pass
    # libmicrohttpd 0.9.75 sends the head of its own refusals twice, and closes then.
    conn.buffer = re.sub(rb'\A(HTTP/1\.1 4\d\d (?:[^\n]+\n)+\r\n)\1(?=<html>)', rb'\1', conn.buffer)
    found = re.findall(rb'HTTP/1\.[01] (\d{3}) [A-Z]', conn.buffer)
    assert b'canary of erfurt' not in conn.buffer
    return [int(c) for c in found], conn.eof


def refused(server, data, allowed=(400,)):
    """One answer out of `allowed`, then the end of the connection."""
    with server.connect() as conn:
        conn.send(data)
        statuses, closed = answers(conn)
        assert len(statuses) == 1 and statuses[0] in allowed, (statuses, data[:300])
        assert closed, ('still open', statuses, data[:300])


@pytest.mark.parametrize('lines', [
    (b'Content-Length: 4', b'Transfer-Encoding: chunked'),
    (b'Content-Length: 0', b'Transfer-Encoding: chunked'),
    (b'content-length:4', b'transfer-encoding:CHUNKED')])
def test_B01_length_and_chunked(server, head, lines):
    refused(server, head(*lines) + b'0\r\n\r\n' + SMUGGLED)


@pytest.mark.parametrize('lines', [
    (b'Transfer-Encoding: chunked', b'Content-Length: 4'),
    (b'Transfer-Encoding: chunked', b'X: y', b'Content-Length: 0')])
def test_B02_chunked_and_length(server, head, lines):
    refused(server, head(*lines) + b'0\r\n\r\n' + SMUGGLED)


@pytest.mark.parametrize('first, second', [(0, 37), (37, 0), (5, 5), (1, 2)])
@pytest.mark.parametrize('method', ['PUT', 'GET', 'PROPFIND'])
def test_B03_two_lengths(server, head, first, second, method):
    refused(server, head(b'Content-Length: %d' % first, b'Content-Length: %d' % second,
                         method=method) + SMUGGLED)


@pytest.mark.parametrize('length, allowed', [
    (b'5, 5', (400,)), (b'+5', (400,)), (b'0x5', (400,)), (b'-1', (400,)), (b'5 5', (400,)),
    (b'18446744073709551621', (413,)), (b'18446744073709551616', (413,)),
    (b'9223372036854775808', (400,)), (b'', (400,)), (b'5;', (400,)), (b'5a', (400,)),
    (b'\xb2', (400,)), (b'1e1', (400,)), (b'5.0', (400,))])
def test_B04_odd_lengths(server, head, length, allowed):
    refused(server, head(b'Content-Length: ' + length) + b'hello', allowed)


@pytest.mark.parametrize('lines', [
    (b'Transfer-Encoding: xchunked',), (b'Transfer-Encoding: gzip',),
    (b'Transfer-Encoding: gzip, chunked',), (b'Transfer-Encoding: chunked, identity',),
    (b'Transfer-Encoding: chunked', b'Transfer-Encoding: chunked'),
    (b'Transfer-Encoding: chunked', b'Transfer-Encoding: identity'),
    (b'Transfer-Encoding: identity',), (b'Transfer-Encoding: "chunked"',),
    (b'Transfer-Encoding:',), (b'Transfer-Encoding: chunked, chunked',),
    (b'Transfer-Encoding: \x0bchunked',), (b'Transfer-Encoding: chunked;x=y',)])
def test_B05_odd_encodings(server, head, lines):
    plain = len(lines) > 1 or lines[0].endswith(b'\x0bchunked')  # not a coding we lack, but no header at all
    refused(server, head(*lines) + b'0\r\n\r\n' + SMUGGLED, (400,) if plain else (501,))


@pytest.mark.parametrize('line', [
    b'Transfer-Encoding : chunked', b'Transfer-Encoding\t: chunked', b'Content-Length : 5',
    b'Transfer\x01-Encoding: chunked', b'X(Y): z', b'X\x00Y: z', b'X Y: z', b': z', b'"X": z',
    b'X\x7f: z', b'\xc3\xa4: z', b'NoColon', b'X\x0b: z'])
def test_B06_odd_names(server, head, line):
    refused(server, head(line, b'Content-Length: 5') + b'hello')


@pytest.mark.parametrize('data', [
    b'PUT /dav/files/jena/x HTTP/1.1\r\nHost: %h\r\nX: y\r\n Transfer-Encoding: chunked\r\n\r\n',
    b'PUT /dav/files/jena/x HTTP/1.1\r\nHost: %h\r\nX: y\r\n\tmore\r\nContent-Length: 0\r\n\r\n',
    b'GET / HTTP/1.1\r\n Host: %h\r\n\r\n',
    b'GET / HTTP/1.1\r\nHost: %h\r\n \r\n\r\n',
    b'GET / HTTP/1.1\r\n\tX: y\r\nHost: %h\r\n\r\n'])
def test_B07_folded_lines(server, data):
    refused(server, data.replace(b'%h', server.host.encode()) + SMUGGLED)


def chunked(server, alice, den, body, name='c'):
    with server.connect() as conn:
        conn.send(alice.bytes('PUT', den + name, body, Transfer_Encoding='chunked'))
        return answers(conn, 2.0)


@pytest.mark.parametrize('body, want', [
    (b'5;a=b\r\nhello\r\n0\r\n\r\n', (201,)), (b'5;a="b c"\r\nhello\r\n0;x\r\n\r\n', (201,)),
    (b'5 \r\nhello\r\n0\r\n\r\n', (400,)), (b'005\r\nhello\r\n0\r\n\r\n', (201,)),
    (b'5;' + b'a' * 65536 + b'\r\nhello\r\n0\r\n\r\n', (500,))])
def test_B08_chunk_extensions(server, alice, den, body, want):
    """Small ones are tolerated; none changes the body. The 500 is the library's own when its buffer is
    full of extension, and it closes."""
    statuses, _ = chunked(server, alice, den, body)
    assert len(statuses) == 1 and statuses[0] in want, statuses
    got = alice.get(den + 'c')
    assert got.status == 404 or got.body == b'hello'


@pytest.mark.parametrize('body', [b'2;\nxx\r\n0\r\n\r\n', b'5\nhello\n0\n\n'])
def test_B08_bare_line_feeds_in_chunks(server, alice, den, body):
    """MHD tolerates them and the daemon cannot see them: documented; a strict proxy refuses. What
    must not happen is a second answer, or a body that is neither."""
    statuses, _ = chunked(server, alice, den, body + SMUGGLED)
    assert statuses[:1] == [201], statuses
    assert b'HTTP' not in alice.get(den + 'c').body


@pytest.mark.parametrize('body', [
    b'0x5\r\nhello\r\n0\r\n\r\n', b'00000000000000005\r\nhello\r\n0\r\n\r\n',
    b'fffffffffffffffff\r\nhello\r\n0\r\n\r\n', b'-1\r\nhello\r\n0\r\n\r\n',
    b'5\r\nhello0\r\n\r\n', b'5\r\nhelloXX0\r\n\r\n', b'\r\nhello\r\n0\r\n\r\n',
    b'g\r\nhello\r\n0\r\n\r\n', b'ffffffffffffffff\r\nhello\r\n0\r\n\r\n', b'+5\r\nhello\r\n0\r\n\r\n'])
def test_B09_odd_chunks(server, alice, den, body):
    statuses, _ = chunked(server, alice, den, body)
    if body.startswith(b'0000'):
        assert statuses == [201], statuses
        return
    assert statuses == ([413] if body.startswith(b'fffffffffffffffff\r') else [] if body.startswith(b'ffff') else [400])
    assert alice.get(den + 'c').status == 404


def test_B09_one_byte_chunks(server, alice, den):
    n = 20_000 if SANITIZED else 1_000_000
    start = time.monotonic()
    with server.connect() as conn:
        conn.send(alice.bytes('PUT', den + 'c', b'1\r\nx\r\n' * n + b'0\r\n\r\n',
                              Transfer_Encoding='chunked'))
        assert conn.answer().status == 201
    print(f'{n} chunks of one byte: {time.monotonic() - start:.2f} s')
    assert len(alice.get(den + 'c').body) == n


def test_B09_trailers(server, alice, den):
    """Ignored and bounded: a trailer changes nothing of what the headers said."""
    with server.connect() as conn:
        conn.send(alice.bytes('PUT', den + 'c', b'5\r\nhello\r\n0\r\nContent-Length: 99\r\n'
                              b'If-None-Match: *\r\nAuthorization: Basic x\r\n\r\n',
                              Transfer_Encoding='chunked'))
        assert conn.answer().status == 201
    with server.connect() as conn:
        conn.send(alice.bytes('PUT', den + 'd', b'5\r\nhello\r\n0\r\n', Transfer_Encoding='chunked'))
        for i in range(20_000):
            if not conn.send(b'X-Trailer-%d: %s\r\n' % (i, b'y' * 100)):
                break
        statuses, closed = answers(conn, 1.0)
        assert closed and statuses == [431], statuses


def test_B10_bare_line_ends(server):
    for data in (b'GET / HTTP/1.1\nHost: ' + server.host.encode() + b'\n\n',
                 b'GET / HTTP/1.1\r\nHost: ' + server.host.encode() + b'\nX: y\r\n\r\n'):
        with server.connect() as conn:
            conn.send(data)
            statuses, _ = answers(conn, 1.0)
            assert statuses == [400], statuses  # LF alone: MHD decides, documented
    for value in (b'a\rb', b'a\rSet-Cookie: x', b'\r', b'a\r\r'):
        refused(server, b'GET / HTTP/1.1\r\nHost: ' + server.host.encode() + b'\r\nX: ' + value
                + b'\r\n\r\n')


@pytest.mark.parametrize('value', [b'a\x00b', b'a\x01b', b'a\x7fb', b'a\x0bb', b'\x1b[2J'])
def test_B10_control_bytes_in_values(server, head, value):
    refused(server, head(b'X: ' + value, method='GET'))


@pytest.mark.parametrize('lines, allowed', [
    ([], (400,)), ([b'Host: %h', b'Host: %h'], (400,)), ([b'Host: %h', b'Host: evil.example'], (400,)),
    ([b'Host: a, b'], (400,)), ([b'Host: %h/path'], (400,)), ([b'Host: user@%h'], (400,)),
    ([b'Host: 127.0.0.1:99999'], (400,)), ([b'Host: '], (400,)), ([b'Host: evil.example'], (421,)),
    ([b'Host: 127.0.0.1:x'], (400,)), ([b'Host: [::1'], (400,)), ([b'Host: a b'], (400,)),
    ([b'Host: erfurt.example'], (421,)), ([b'Host: \xff'], (400,)), ([b'Host: %h?x'], (400,)),
    ([b'Host: 127.0.0.1:'], (200,))])
def test_B11_host(server, lines, allowed):
    fill = [line.replace(b'%h', server.host.encode()) for line in lines]
    with server.connect() as conn:
        conn.send(b'\r\n'.join([b'GET / HTTP/1.1', *fill]) + b'\r\n\r\n')
        statuses, _ = answers(conn, 1.5)
        assert len(statuses) == 1 and statuses[0] in allowed, statuses


def test_B12_two_logins(server, alice, mallory):
    refused(server, message('GET', '/dav/files/jena/', [
        ('Host', server.host), ('Authorization', alice.auth), ('Authorization', mallory.auth)]))
    refused(server, message('GET', '/dav/files/jena/', [
        ('Host', server.host), ('Authorization', alice.auth), ('authorization', alice.auth)]))


@pytest.mark.parametrize('target, allowed', [
    ('http://evil.example/dav/files/jena/', (421,)),
    ('http://erfurt.example/', (421,)), ('http:///x', (400,)),
    ('http://user@{host}/', (400,)), ('ftp://{host}/', (400,)),
    ('http://{host}', (200,)), ('http://{host}/', (200,)), ('HTTP://{HOST}/', (200,))])
def test_B13_absolute_form(server, target, allowed):
    target = target.format(host=server.host, HOST=server.host.upper())
    with server.connect() as conn:
        conn.send(message('GET', target, [('Host', server.host)]))
        assert conn.answer().status in allowed


def test_B13_the_target_decides(server, alice, den):
    alice.put(den + 'f', b'mine')
    with server.connect() as conn:
        conn.send(message('GET', f'http://{server.host}{den}f', [
            ('Host', server.host), ('Authorization', alice.auth)]))
        answer = conn.answer()
        assert answer.status == 200 and (answer.status == 400 or answer.body == b'mine')


@pytest.mark.parametrize('data, allowed', [
    (b'GET / HTTP/2.0\r\nHost: %h\r\n\r\n', (505,)),
    (b'GET / HTTP/1.2\r\nHost: %h\r\n\r\n', (400,)),
    (b'GET / HTTP/1.1x\r\nHost: %h\r\n\r\n', (400,)),
    (b'GET / HTTP/3\r\nHost: %h\r\n\r\n', (400,)),
    (b'GET / http/1.1\r\nHost: %h\r\n\r\n', (400,)),
    (b'GET / HTTP/01.1\r\nHost: %h\r\n\r\n', (400,)),
    (b'GET /\r\n\r\n', (400,)), (b'GET / \r\n\r\n', (400,)), (b'GET\r\n\r\n', (400, 505)),
    (b'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', (505,)),
    (b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + b'\xaa' * 64 + b'\r\n\r\n', (400, 505)),
    (b'\0' * 100 + b'\r\n\r\n', (400, 505)),
    (b'PUT /dav/files/jena/x HTTP/1.0\r\nHost: %h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
     (400,))])
def test_B14_versions(server, data, allowed):
    with server.connect() as conn:
        conn.send(data.replace(b'%h', server.host.encode()))
        statuses, _ = answers(conn, 2.0)
        assert statuses == [] or len(statuses) == 1 and statuses[0] in allowed, statuses


def test_B14_http_1_0(server):
    with server.connect() as conn:
        conn.send(b'GET / HTTP/1.0\r\nHost: ' + server.host.encode() + b'\r\n\r\n')
        assert conn.answer().status == 200
        assert conn.closed()


def test_B15_pipelined(server, alice, den):
    """Answered in order, each with its own login."""
    alice.put(den + 'f', b'one')
    alice.put(den + 'g', b'two')
    get = alice.bytes('GET', den + 'f')
    bare = message('GET', den + 'g', [('Host', server.host)])
    other = alice.bytes('GET', den + 'g')
    with server.connect() as conn:
        conn.send(get + other + bare + get)
        got = [conn.answer() for _ in range(4)]
        assert [a.status for a in got] == [200, 200, 401, 200]
        assert [a.body for a in got[:2]] == [b'one', b'two'] and got[3].body == b'one'


def test_B15_get_with_a_body(server, alice, den):
    """Its body is not the next request."""
    alice.put(den + 'f', b'one')
    body = b'DELETE ' + den.encode() + b'f HTTP/1.1\r\nHost: h\r\n\r\n'
    with server.connect() as conn:
        conn.send(alice.bytes('GET', den + 'f', body) + alice.bytes('GET', den + 'f'))
        statuses, _ = answers(conn, 2.0)
        assert statuses == [200, 200], statuses
    assert alice.get(den + 'f').body == b'one'


def test_B16_login_belongs_to_the_request(server, alice):
    bare = [('Host', server.host)]
    with server.connect() as conn:
        conn.send(alice.bytes('GET', '/dav/files/jena/Mitglieder/'))
        assert conn.answer().status == 200
        for method in ('GET', 'PROPFIND', 'PUT', 'DELETE'):
            more = [('Content-Length', '0')] if method in ('PUT', 'PROPFIND') else []
            conn.send(message(method, '/dav/files/jena/Mitglieder/good-client.txt', bare + more))
            assert conn.answer().status == 401, method
            if conn.eof:
                break


@pytest.mark.parametrize('who, target, want', [
    (None, '/dav/files/jena/Mitglieder/big', 401),
    ('jena-member', '/dav/files/jena/Vorstand/big', (403, 404)),
    ('jena-member', '/dav/files/jena/big', 403),
    ('erfurt-member', '/dav/files/jena/Mitglieder/big', (403, 404)),
    ('jena-member', '/dav/files/jena/Mitglieder/none/big', (404, 409)),
    ('jena-member', '/dav/files/jena/Mitglieder/big', (413, 507))])
def test_B17_expect_is_refused_before_the_body(server, who, target, want):
    """No byte of the body is taken; no 100 comes; the connection ends."""
    client = server.client(who)
    with server.connect() as conn:
        conn.send(client.bytes('PUT', target, None, Content_Length=str(10 << 40),
                               Expect='100-continue'))
        answer = conn.answer()
        assert answer.status in (want if isinstance(want, tuple) else (want,)), answer
        assert answer.interim == []
        assert conn.closed()
    assert client.head(target).status in (401, 404)


def test_B17_wrong_password(server):
    client = server.client('jena-member', 'wrong', source='127.17.0.1')
    with client.connect() as conn:
        conn.send(client.bytes('PUT', '/dav/files/jena/Mitglieder/big', None,
                               Content_Length=str(10 << 30), Expect='100-continue'))
        answer = conn.answer()
        assert answer.status == 401 and answer.interim == []
        assert conn.closed()


def test_B17_precondition(server, alice, den):
    alice.put(den + 'f', b'old')
    with server.connect() as conn:
        conn.send(alice.bytes('PUT', den + 'f', None, Content_Length=str(10 << 20),
                              Expect='100-continue', If_None_Match='*'))
        answer = conn.answer()
        assert answer.status == 412, answer
        assert answer.interim == []


@pytest.mark.parametrize('name', ['X-Original-URL', 'X-Rewrite-URL', 'X-Forwarded-Host',
                                  'X-HTTP-Method', 'X-Forwarded-Prefix', 'X-Original-Host',
                                  'Forwarded', 'X-Forwarded-Path', 'X-Accel-Redirect'])
def test_B23_headers_that_reroute(server, alice, den, name):
    alice.put(den + 'f', b'mine')
    for value in ('/dav/files/erfurt/Mitglieder/canary.txt', 'evil.example', 'DELETE',
                  'host=evil.example;proto=https'):
        answer = alice.get(den + 'f', headers={name: value})
        assert answer.status == 200 and answer.body == b'mine'
        assert b'evil.example' not in answer.head
        page = server.client().get('/login', headers={name: value})
        assert b'evil.example' not in page.body and b'evil.example' not in page.head


@pytest.mark.parametrize('target', [
    '/dav/files/erfurt//Mitglieder/canary.txt', '//dav/files/erfurt/Mitglieder/canary.txt',
    '/dav//files/erfurt/Mitglieder/canary.txt', '/dav/files/erfurt/Mitglieder;x/canary.txt',
    '/dav/files/erfurt;x=y/Mitglieder/canary.txt', '/dav/files/erfurt/Mitglieder/canary.txt#x',
    '/dav/files/erfurt/Mitglieder/canary.txt?a?b', '/dav/files/erfurt/Mitglieder/canary.txt?',
    '/dav/files/erfurt/Mitglieder/canary.txt/', '/dav/files/ERFURT/Mitglieder/canary.txt',
    '/DAV/files/erfurt/Mitglieder/canary.txt', '/dav/files/erfurt/mitglieder/canary.txt',
    '/%64av/files/%65rfurt/Mitglieder/canary.txt', '/dav/files/erfurt%2fMitglieder/canary.txt',
    '/dav/files/erfurt/Mitglieder%2Fcanary.txt', '/dav%2ffiles/erfurt/Mitglieder/canary.txt',
    '/dav/files/jena/Mitglieder/%2f..%2f..%2ferfurt/Mitglieder/canary.txt'])
def test_B24_other_spellings_of_a_path(alice, target):
    """None opens what the canonical path keeps closed."""
    for method in ('GET', 'PROPFIND', 'DELETE', 'PUT', 'LOCK', 'PROPPATCH'):
        answer = alice(method, target, b'x' if method == 'PUT' else None)
        assert 400 <= answer.status < 500, (method, answer)
        assert b'canary of erfurt' not in answer.body


def test_B24_space_and_raw_bytes(server, alice, den):
    for target in (den + 'a b', den + 'a\tb', 'a b', den + 'a\x7f'):
        with server.connect() as conn:
            conn.send(message('PUT', target, [('Host', server.host), ('Authorization', alice.auth),
                                              ('Content-Length', '1')], b'x'))
            statuses, _ = answers(conn, 1.5)
            assert statuses == [400] or (statuses == [] and conn.eof), (target, statuses)
    raw = alice.bytes('PUT', den.encode() + 'ü'.encode(), b'x')
    [answer], _ = alice.raw(raw)
    assert answer.status == 201
    if answer.status == 201:
        assert alice.get(den + quote('ü')).body == b'x'


def test_B24_same_object_by_any_escaping(alice, den):
    alice.put(den + 'a%20b', b'x')
    for form in ('a%20b', '%61%20b', '%61%20%62'):
        assert alice.get(den + form).body == b'x'
    alice.put(den + quote('ü'), b'y')
    assert alice.get(den + '%c3%bc').body == b'y' == alice.get(den + '%C3%BC').body
    assert list(alice.listing(den)) == [den + 'a%20b', den + '%C3%BC']


@pytest.mark.parametrize('evil', ['%0d%0aSet-Cookie:%20a=b', '%0aX:%20y', '%0d', 'a%0d%0a%0d%0a<html>',
                                  '%E5%98%8A%E5%98%8DSet-Cookie:a=b'])
def test_B25_no_line_break_reaches_a_header(server, alice, den, evil):
    """By no address: answers hold exactly the headers that we write."""
    for method, target in (('GET', '/' + evil), ('GET', '/.well-known/caldav?' + evil),
                           ('GET', '/login?next=' + evil), ('PUT', den + evil), ('MKCOL', den + evil),
                           ('GET', '/c/jena?' + evil), ('OPTIONS', den + evil),
                           ('GET', '/c/jena/files?' + evil)):
        answer = alice(method, target, b'x' if method == 'PUT' else None)
        assert not answer.all('Set-Cookie') or b'a=b' not in answer.head, (method, target)
        assert not answer.all('X')
        for _, value in answer.headers:
            assert '\r' not in value and '\n' not in value and '\0' not in value


def test_B00_sizes_of_the_head(server):
    """Request line 8 KiB, head 32 KiB, 100 fields; and just below is served."""
    host = ('Host', server.host)

    def status(target='/', headers=()):
        with server.connect() as conn:
            conn.send(message('GET', target, [host, *headers]))
            got, _ = answers(conn, 1.0)
            return got[0] if got else None

    assert status() == 200
    assert status('/?' + 'a' * (8192 - len('GET /? HTTP/1.1') - 100)) == 200
    assert status('/?' + 'a' * 8192) == 414
    assert status('/?' + 'a' * 40_000) == 431
    assert status(headers=[(f'X{i}', 'y') for i in range(99)]) == 200   # with Host: 100
    assert status(headers=[(f'X{i}', 'y') for i in range(100)]) == 431
    assert status(headers=[(f'X{i}', 'y') for i in range(2000)]) == 431
    assert status(headers=[('X', 'y' * 20_000)]) == 200
    assert status(headers=[('X', 'y' * 40_000)]) == 431
    assert status(headers=[('X', 'y' * 1_000_000)]) == 431


def test_B00_build():
    """What this run attacks."""
    assert (BUILD / 'chapterd').exists()
