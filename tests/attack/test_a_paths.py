"""Attacks on paths and names: cases A01 to A07, A24, A28, A35, A36, A38 of security.md."""
import hashlib
import os
import unicodedata

import pytest

from lib.client import quote
from lib.stack import LONG
from lib.wire import message

SEGMENTS = 36  # the default of path_segments: 32 below a chapter's folder, and what leads there

CANARY = b'canary of erfurt'


@pytest.mark.parametrize('target', [
    '/dav/files/jena/../erfurt/Mitglieder/canary.txt',
    '/dav/files/jena/Mitglieder/../../erfurt/Mitglieder/canary.txt',
    '/dav/files/jena/./../erfurt/Mitglieder/canary.txt',
    '/dav/files/../../../../etc/passwd',
    '/../dav/files/erfurt/Mitglieder/canary.txt',
    '/dav/files/jena/..',
    '/dav/files/jena/.',
    '/c/jena/files/../../erfurt/files/Mitglieder/canary.txt',
])
def test_A01_dot_segments_raw(alice, target):
    answer = alice.get(target)
    assert answer.status == 400, answer
    assert CANARY not in answer.body and b'root:' not in answer.body


@pytest.mark.parametrize('dots', ['%2e%2e%2f', '%2e%2e/', '..%2f', '.%2e/', '%2E%2E/', '%2e/%2e%2e/'])
@pytest.mark.parametrize('method', ['GET', 'PROPFIND', 'DELETE', 'PUT'])
def test_A02_dot_segments_encoded(alice, dots, method):
    target = f'/dav/files/jena/{dots}erfurt/Mitglieder/canary.txt'
    answer = alice(method, target, b'x' if method == 'PUT' else None)
    assert answer.status == 400, answer
    assert CANARY not in answer.body


def test_A02_double_encoding_is_a_literal_name(anna, box):
    """Decoded once: %252e is the three characters %2e."""
    assert anna.get(f'{box}%252e%252e%252ferfurt').status == 404
    assert anna.put(f'{box}%252e%252e', b'literal').status == 201
    assert list(anna.listing(box)) == [f'{box}%252e%252e']
    assert anna.get(f'{box}%252e%252e').body == b'literal'


@pytest.mark.parametrize('name', [
    '%5c..%5c', '..%5c..%5c', 'C:%5cx', '%5c%5chost%5cshare', 'CON', 'con.txt', 'NUL', 'COM1',
    'trailing.', 'trailing%20', '%20leading', 'file:stream', 'a%3ab', 'a*b', 'a%3fb', 'a%22b',
    'a%3cb%3e', 'a%7cb', '...', '~', '-rf', '%25', '%2525', "'", '%22%3b--'])
def test_A03_names_of_other_systems(anna, box, name):
    """Refused or an ordinary name, that can be listed, read and deleted again."""
    answer = anna.put(box + name, b'data')
    assert answer.status in (201, 400), answer
    if answer.status == 400:
        assert anna.listing(box) == {}
        return
    [href] = anna.listing(box)
    assert anna.get(href).body == b'data'
    assert anna.delete(href).status == 204
    assert anna.listing(box) == {}


def test_A03_backslashes_raw(anna, box):
    for target in (box + '..\\..\\', box + '\\x', '\\\\host\\share', 'C:\\x'):
        assert anna.put(target, b'x').status == 400, target
    for href in anna.listing(box):
        assert anna.delete(href).status == 204


def test_A04_nul_in_a_path(anna, box):
    anna.put(box + 'a', b'secret')
    for name in ('a%00', 'a%00.txt', '%00a', 'a/%00'):
        for method in ('GET', 'HEAD', 'PUT', 'DELETE', 'PROPFIND', 'MKCOL'):
            assert anna(method, box + name, None).status == 400, (method, name)
    assert list(anna.listing(box)) == [box + 'a']


def test_A04_nul_byte_raw(anna, box):
    anna.put(box + 'a', b'secret')
    data = anna.bytes('GET', box + 'a\0.txt')
    [answer], conn = anna.raw(data)
    assert answer.status == 400 and b'secret' not in answer.body
    assert conn.closed()


BAD_UTF8 = ['%c0%af', '%e0%80%af', '%ed%a0%80', '%f4%90%80%80', '%ff', '%c3', 'a%80b', '%fe%ff',
            '%f8%88%80%80%80', '%c1%bf']


@pytest.mark.parametrize('bad', BAD_UTF8)
def test_A05_bad_utf8_in_paths(anna, box, bad):
    for method in ('GET', 'PUT', 'MKCOL', 'DELETE', 'PROPFIND', 'LOCK'):
        assert anna(method, f'{box}x{bad}y').status == 400, method
    assert anna('COPY', box, Destination=f'{anna.server.url}{box}x{bad}').status == 400
    assert anna.listing(box) == {}


def test_A05_bad_utf8_raw_bytes(anna, box):
    for bad in (b'\xc0\xaf', b'\xed\xa0\x80', b'\xff'):
        [answer], _ = anna.raw(anna.bytes('GET', box.encode() + b'x' + bad))
        assert answer.status == 400, bad


def test_A05_bad_utf8_in_properties(anna, box):
    anna.put(box + 'f')
    for bad in (b'\xc0\xaf', b'\xed\xa0\x80', b'\xff'):
        body = (b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:t">' + bad
                + b'</x></D:prop></D:set></D:propertyupdate>')
        assert anna('PROPPATCH', box + 'f', body).status == 400
    assert anna.propfind(box + 'f', ('urn:t', 'x')).multistatus().only().code('x', 'urn:t') == 404


def test_A05_bad_utf8_in_forms(server):
    answer = server.client()('POST', '/login', b'login=%ff&password=%c0%af',
                             Content_Type='application/x-www-form-urlencoded')
    assert answer.status == 400, answer


def test_A06_composed_and_decomposed_names_are_one(anna, box):
    composed, decomposed = 'ü.txt', unicodedata.normalize('NFD', 'ü.txt')
    assert composed != decomposed
    assert anna.put(box + quote(decomposed), b'one').status == 201
    assert anna.put(box + quote(composed), b'two').status == 204
    for name in (composed, decomposed):
        assert anna.get(box + quote(name)).body == b'two'
    assert len(anna.listing(box)) == 1
    assert anna.put(box + quote(composed), b'x', If_None_Match='*').status == 412
    assert anna.delete(box + quote(composed)).status == 204
    assert anna.get(box + quote(decomposed)).status == 404


def test_A06_case_makes_two_names(anna, box):
    assert anna.put(box + 'Plan.txt', b'one').status == 201
    assert anna.put(box + 'plan.txt', b'two').status == 201
    assert anna.get(box + 'Plan.txt').body == b'one'
    assert anna.delete(box + 'plan.txt').status == 204
    assert anna.get(box + 'Plan.txt').body == b'one'


def test_A06_zero_width_is_stable(anna, box):
    for name in ('a\u200bb', 'a\u200db', 'ab'):
        first = anna.put(box + quote(name), name.encode())
        assert first.status == 201, first
        if first.status == 201:
            assert anna.get(box + quote(name)).body == name.encode()


@pytest.mark.parametrize('mark', '\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069')
def test_A06_bidi_controls_are_refused(anna, box, mark):
    name = quote(f'rechnung{mark}fdp.exe')
    assert anna.put(box + name).status == 400
    assert anna.mkcol(box + name).status == 400
    anna.put(box + 'f')
    assert anna.move(box + 'f', box + name).status == 400
    assert list(anna.listing(box)) == [box + 'f']


@pytest.mark.parametrize('control', ['%01', '%1f', '%7f', '%0a', '%0d', '%09', '%c2%85'])
def test_A06_control_characters_are_refused(anna, box, control):
    assert anna.put(f'{box}a{control}b').status == 400


def test_A07_length_of_a_segment(anna, box):
    for n, want in ((254, 201), (255, 201), (256, 414)):
        assert anna.put(box + 'a' * n).status == want, n
        assert anna.mkcol(box + 'd' * n + '/').status == want, n
    assert anna.put(box + quote('ü' * 127 + 'a')).status == 201  # 255 bytes of UTF-8
    assert anna.put(box + quote('ü' * 128)).status == 414        # 256


def test_A07_number_of_segments(anna, box):
    have = len(box.strip('/').split('/'))
    path = box
    for depth in range(have + 1, SEGMENTS + 1):
        path += 'd/'
        assert anna.mkcol(path).status == 201, depth
    assert anna.mkcol(path + 'd/').status == 414
    assert anna.put(path + 'f').status == 414
    assert anna.get(path + 'f').status == 414


def test_A07_length_of_a_path(anna, box):
    """4,096 bytes, of which no segment is too long; the addresses need not exist."""
    def path(n):
        text = '/dav/files/jena'
        while len(text) < n:
            text += '/' + 'a' * min(250, n - len(text) - 1)
        return text
    for n, want in ((4095, 404), (4096, 404), (4097, 414)):
        assert len(path(n)) == n
        assert anna.get(path(n)).status == want, n


@pytest.mark.parametrize('count', [20000] if LONG else [2000])
def test_A24_listing_of_a_large_collection(server, anna, box, oracle, count):
    chapter, policy, root, me = server.stack.sql(
        'SELECT chapter_id, policy_id, root_id, id FROM dav_node WHERE name = %s AND NOT gone',
        box.rstrip('/').rsplit('/', 1)[1])[0]
    server.stack.sql(
        'INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name,'
        ' name_key) SELECT %s, %s, %s, %s, \'folder\', true, n, n'
        ' FROM (SELECT \'m\' || generate_series(1, %s) AS n) AS names',
        root, me, chapter, policy, count)
    before = server.rss()
    answer = anna('PROPFIND', box, None, Depth='1')
    assert len(answer.multistatus()) == count + 1
    print(f'{count} members: {len(answer.body) >> 10} KiB, grew {server.rss() - before >> 10} KiB')


@pytest.mark.parametrize('name', ['.DAV', '.git', '.git/config', '.htaccess', '.htpasswd', '@eaDir',
                                  '.DS_Store', '._x', 'pg_hba.conf', 'tmp', '.well-known', 'blobs',
                                  '.metadata_never_index', 'Thumbs.db', '.chapterd'])
def test_A28_names_that_look_internal(anna, box, name):
    assert anna.get(box + name).status == 404
    if '/' not in name:
        assert anna.put(box + name, b'plain').status == 201
        assert anna.get(box + name).body == b'plain'
        assert box + name in anna.listing(box)


@pytest.mark.parametrize('plant', ['symlink', 'fifo', 'hardlink', 'directory'])
def test_A35_something_strange_in_the_blob_directory(server, anna, box, plant):
    """The store follows no link: what lies under a blob's name is that blob or an error."""
    content = os.urandom(200_000)
    assert anna.put(box + 'f', content).status == 201
    digest = hashlib.sha256(content).hexdigest()
    [blob] = [p for p in server.blob_dir().rglob('*') if p.is_file()
              and digest in ''.join(p.relative_to(server.blob_dir()).parts)]
    kept = blob.rename(blob.with_name('kept-aside'))
    try:
        if plant == 'symlink':
            blob.symlink_to('/etc/passwd')
        elif plant == 'fifo':
            os.mkfifo(blob)
        elif plant == 'directory':
            blob.mkdir()
        else:
            blob.write_bytes(b'root:x')
        answer = None
        try:
            answer = anna.get(box + 'f')
        except AssertionError as cut:  # a reply that was begun and cut is honest too
            anna.conn = None
            assert 'closed' in str(cut), cut
        assert answer is None or answer.status == 503, answer
        assert answer is None or b'root:' not in answer.body
    finally:
        if plant == 'directory':
            blob.rmdir()
        else:
            blob.unlink()
        kept.rename(blob)
    assert anna.get(box + 'f').body == content


def test_A35_names_in_an_archive_are_only_bytes(anna, box):
    archive = b'PK\x03\x04' + b'\0' * 26 + b'../../etc/passwd'
    assert anna.put(box + 'evil.zip', archive, Content_Type='application/zip').status == 201
    assert list(anna.listing(box)) == [box + 'evil.zip']
    assert anna.get(box + 'evil.zip').body == archive


@pytest.mark.parametrize('method', ['TRACE', 'CONNECT', 'FOO', 'get', 'Put', 'M' * 10240, 'ACL',
                                    'PURGE', 'BIND', 'SEARCH', 'GET\t', 'G(T'])
def test_A36_unknown_methods(anna, box, method):
    anna.put(box + 'f', b'x')
    [answer], _ = anna.raw(anna.bytes(method, box + 'f'))
    assert answer.status == 501, answer
    assert anna.get(box + 'f').body == b'x'


def test_A36_trace_echoes_nothing(anna):
    [answer], _ = anna.raw(anna.bytes('TRACE', '/', X_Secret='s3cret'))
    assert answer.status == 501 and b's3cret' not in answer.body


@pytest.mark.parametrize('name', ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override'])
def test_A36_method_override_is_ignored(anna, box, name):
    anna.put(box + 'f', b'x')
    assert anna.get(box + 'f', headers={name: 'DELETE'}).body == b'x'
    assert anna('POST', box + 'f', b'', headers={name: 'DELETE'}).status == 405
    assert anna.get(box + 'f').body == b'x'


@pytest.mark.parametrize('target', ['/dav/files/jena/', '/dav/files/jena', '/dav/files/', '/dav/',
                                    '/', '/dav/principals/users/jena-chair/', '/dav/principals/',
                                    '/dav/principals/chapters/jena/'])
def test_A38_roots_stay(login, target):
    chair = login('jena-chair')
    for method, more in (('DELETE', {}), ('MOVE', {'Destination': '/dav/files/jena/x/'}),
                         ('MOVE', {'Destination': '/dav/files/erfurt/x/', 'Overwrite': 'T'})):
        assert chair(method, target, **more).status in (403, 404, 405), (method, target)
    assert chair.propfind('/dav/files/jena/', 'resourcetype').status == 207
    assert chair.propfind('/dav/files/jena/Mitglieder/', 'resourcetype').status == 207


def test_A38_nothing_replaces_a_root(login, box):
    chair = login('jena-chair')
    for to in ('/dav/files/jena/', '/dav/files/jena', '/dav/files/', '/dav/', '/dav/principals/'):
        for method in ('COPY', 'MOVE'):
            answer = chair(method, box, Destination=to, Overwrite='T')
            assert answer.status == 403, (method, to, answer)
    assert chair.propfind('/dav/files/jena/Mitglieder/', 'resourcetype').status == 207


def test_A38_methods_on_what_is_no_file(alice):
    for target in ('/dav/files/', '/dav/files/jena/', '/dav/principals/users/jena-member/'):
        assert alice.put(target, b'x').status == 403, target
        assert alice.mkcol(target).status == 403, target


def test_A38_absolute_and_empty_targets(server):
    for target in (b'', b'*', b'dav/files/jena/', b'?', b'//'):
        conn = server.connect()
        conn.send(message('GET', target, [('Host', server.host)]))
        assert conn.answer().status in (200, 301, 400, 401, 404, 405), target
