"""GET, HEAD, PUT, DELETE, MKCOL, COPY, MOVE: clients.md cl-E1 to cl-E5, cl-F7 to cl-F23."""
import email.utils
import time

import pytest

from lib.client import quote
from lib.stack import patience

SMALL, LARGE = b'small', bytes(i % 253 for i in range(300_000))


@pytest.mark.parametrize('content', [b'', SMALL, bytes(65536), bytes(65537), LARGE, bytes(5_000_000)], ids=len)
def test_cl_E1_put_and_get(anna, box, content):
    first = anna.put(box + 'f', content)
    assert first.status == 201 and first.etag and not first.etag.startswith('W/')
    assert not first.all('Location')  # cl-E6
    got = anna.get(box + 'f')
    assert got.status == 200 and got.body == content and got.etag == first.etag
    assert anna.props(box + 'f', 'getetag').text('getetag') == first.etag
    again = anna.put(box + 'f', content + b'!')
    assert again.status == 204 and again.etag != first.etag
    assert anna.get(box + 'f').body == content + b'!'


def test_cl_E3_unconditional(anna, box):
    assert anna.put(box + 'f').status == 201
    assert anna.put(box + 'f').status == 204
    assert anna.delete(box + 'f').status == 204
    assert anna.delete(box + 'f').status == 404  # cl-E5


def test_cl_E5_delete_a_folder(anna, box):
    anna.mkcol(box + 'd/')
    anna.put(box + 'd/f')
    for depth in ('0', '1', 'x'):
        assert anna.delete(box + 'd/', Depth=depth).status == 400, depth
    assert anna.get(box + 'd/f').status == 200
    assert anna.delete(box + 'd/', Depth='infinity').status == 204
    assert anna.get(box + 'd/f').status == 404
    assert anna.head(box + 'd/').status == 404


def test_cl_F7_every_change_changes_the_etag(anna, box):
    """Two writes within a second: davfs2 loses the second with weak or slow etags."""
    seen = {anna.put(box + 'f', b'%d' % i).etag for i in range(10)}
    assert len(seen) == 10


def test_cl_F8_chunked(anna, box):
    body = b''.join(b'%x\r\n' % len(p) + p + b'\r\n' for p in (b'hello ', b'world')) + b'0\r\n\r\n'
    assert anna('PUT', box + 'f', body, Transfer_Encoding='chunked').status == 201
    assert anna.get(box + 'f').body == b'hello world'
    big = b'%x\r\n' % len(LARGE) + LARGE + b'\r\n0\r\n\r\n'
    assert anna('PUT', box + 'f', big, Transfer_Encoding='chunked',
                X_Expected_Entity_Length=str(len(LARGE))).status == 204
    assert anna.get(box + 'f').body == LARGE


def test_cl_F8_expected_length_is_refused_early(server, anna, box):
    with server.connect() as conn:
        conn.send(anna.bytes('PUT', box + 'f', b'', Transfer_Encoding='chunked', Expect='100-continue',
                             X_Expected_Entity_Length=str(1 << 50)))
        assert conn.answer().status == 507


@pytest.mark.parametrize('method, size', [
    ('PUT', 1), ('PUT', 100_000), ('PUT', 1_000_000), ('PROPFIND', 1), ('PROPFIND', 100_000),
    ('LOCK', 1), ('LOCK', 100_000)])
def test_cl_F9_continue_comes_at_once(server, anna, box, method, size):
    """LibreOffice waits a second for it on every request."""
    body = b'x' * size
    if method != 'PUT':
        body = b'<D:propfind xmlns:D="DAV:"><D:allprop/></D:propfind>' if method == 'PROPFIND' else (
            b'<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype>'
            b'<D:write/></D:locktype></D:lockinfo>')
        body += b' ' * max(0, size - len(body))
    data = anna.bytes(method, box + 'f' if method == 'PUT' else box, body, Expect='100-continue',
                      Depth='0')
    end = data.index(b'\r\n\r\n') + 4
    with server.connect() as conn:
        start = time.monotonic()
        conn.send(data[:end])
        assert conn.until(b'\r\n\r\n').startswith(b'HTTP/1.1 100 ')
        took = time.monotonic() - start
        print(f'100 after {took * 1e3:.1f} ms')
        assert took < 5 * patience()
        conn.send(data[end:])
        assert conn.answer().status in (200, 201, 207)


def test_cl_F10_headers_of_get(anna, box):
    anna.put(box + 'f', LARGE)
    for method in ('GET', 'HEAD'):
        answer = anna(method, box + 'f')
        assert email.utils.parsedate_to_datetime(answer.get('Last-Modified'))
        assert answer.get('Content-Length') == str(len(LARGE))
        assert answer.get('Accept-Ranges') == 'bytes' and answer.get('Date')
        assert answer.get('X-Content-Type-Options') == 'nosniff'


@pytest.mark.parametrize('content', [SMALL, LARGE])
def test_cl_F10_ranges(anna, box, content):
    etag = anna.put(box + 'f', content).etag
    n = len(content)
    for spec, start, end in (('0-0', 0, 1), ('1-', 1, n), ('-2', n - 2, n), ('2-3', 2, 4)):
        answer = anna.get(box + 'f', Range=f'bytes={spec}')
        assert answer.status == 206 and answer.body == content[start:end]
        assert answer.get('Content-Range') == f'bytes {start}-{end - 1}/{n}'
        assert answer.etag == etag
    assert anna.get(box + 'f', Range=f'bytes={n}-').status == 416
    assert anna.get(box + 'f', Range='bytes=0-0', If_Match=etag).status == 206
    assert anna.get(box + 'f', Range='bytes=0-0', If_Match='"other"').status == 412


def test_cl_F10_if_range(anna, box):
    old = email.utils.formatdate(time.time() - 86400, usegmt=True)
    etag = anna.put(box + 'f', SMALL, X_OC_Mtime=str(int(time.time()) - 3600)).etag
    when = anna.head(box + 'f').get('Last-Modified')
    for value, want in ((etag, 206), (when, 206), ('"other"', 200), ('W/' + etag, 200), (old, 200),
                        ('garbage', 200)):
        answer = anna.get(box + 'f', Range='bytes=1-2', If_Range=value)
        assert answer.status == want, (value, answer)
        assert answer.body == (SMALL[1:3] if want == 206 else SMALL)


def test_cl_F10_if_modified_since(anna, box):
    anna.put(box + 'f', SMALL)
    when = anna.head(box + 'f').get('Last-Modified')
    old = email.utils.formatdate(time.time() - 86400, usegmt=True)
    assert anna.get(box + 'f', If_Modified_Since=when).status == 304
    assert anna.get(box + 'f', If_Modified_Since=old).status == 200
    assert anna.get(box + 'f', If_Unmodified_Since=old).status == 412
    assert anna.put(box + 'f', b'x', If_Unmodified_Since=old).status == 412
    assert anna.get(box + 'f', If_Modified_Since='garbage').status == 200


def test_cl_F10_if_none_match(anna, box):
    etag = anna.put(box + 'f', SMALL).etag
    for value in (etag, '*', f'"x", {etag}', 'W/' + etag):
        answer = anna.get(box + 'f', If_None_Match=value)
        assert answer.status == 304 and answer.body == b'' and answer.etag == etag
    assert anna.get(box + 'f', If_None_Match='"x"').status == 200


@pytest.mark.parametrize('target', ['/dav/files/jena/', '/dav/files/jena', '/dav/files/', '/dav/',
                                    '/dav/files/jena/Mitglieder/'])
def test_cl_F11_collections_answer(alice, target):
    assert alice.head(target).status == 200
    assert alice.get(target).status == 200
    assert alice.get(target, Range='bytes=0-0').status == 200


@pytest.mark.parametrize('name', ['._x', '.DS_Store', '.hidden', '.metadata_never_index',
                                  '.Spotlight-V100', 'Contents', 'mach_kernel', 'Backups.backupdb',
                                  'desktop.ini', 'folder.jpg'])
def test_cl_F15_F16_probes(anna, box, name):
    """404 when absent, an ordinary file when put."""
    for method in ('PROPFIND', 'GET', 'HEAD'):
        assert anna(method, box + name, None, Depth='0').status == 404
    assert anna.put(box + name, b'x').status == 201
    assert anna.get(box + name).body == b'x'


def test_cl_F15_below_a_file_and_in_nothing(anna, box):
    anna.put(box + 'f')
    for target in (box + 'f/', box + 'f/x', box + 'none/x', '/dav/files/none/', '/dav/none/'):
        assert anna.propfind(target, 'getetag').status == 404, target


def test_cl_F17_mkcol(anna, box):
    assert anna.mkcol(box + 'd/').status == 201
    assert anna.mkcol(box + 'd/').status == 405
    assert anna.mkcol(box + 'd').status == 405
    assert anna.mkcol(box + 'none/d/').status == 409
    anna.put(box + 'f')
    assert anna.mkcol(box + 'f').status == 405
    assert anna.mkcol(box + 'f/d/').status == 409
    assert anna.mkcol('/dav/files/jena/').status == 405
    assert anna('MKCOL', box + 'e/', b'garbage', Content_Type='text/plain').status == 415
    assert anna.put(box + 'none/f').status == 409
    assert anna.copy(box + 'f', box + 'none/f').status == 409


def test_rfc5689_extended_mkcol(anna, box):
    body = ('<D:mkcol xmlns:D="DAV:" xmlns:t="urn:test"><D:set><D:prop><D:resourcetype><D:collection/>'
            '</D:resourcetype><D:displayname>Pläne</D:displayname><t:x>v</t:x></D:prop></D:set></D:mkcol>')
    assert anna('MKCOL', box + 'd', body, Content_Type='application/xml').status == 201
    entry = anna.props(box + 'd/', 'displayname', ('urn:test', 'x'))
    assert entry.text('displayname') == 'Pläne' and entry.text('x', 'urn:test') == 'v'
    odd = body.replace('<D:collection/>', '<D:collection/><t:strange/>')
    answer = anna('MKCOL', box + 'e', odd, Content_Type='application/xml')
    assert answer.status == 403, answer
    assert anna.head(box + 'e').status == 404


@pytest.mark.parametrize('form', ['{url}{to}', '{to}', 'http://jena-board:demo@{host}{to}',
                                  'http://jena-board@{host}{to}'])
@pytest.mark.parametrize('method', ['COPY', 'MOVE'])
def test_cl_F18_destination(server, anna, box, form, method):
    anna.put(box + 'f', SMALL)
    to = box + quote('Ziel ü')
    answer = anna(method, box + 'f', Destination=form.format(url=server.url, host=server.host, to=to))
    assert answer.status == 201, answer
    assert anna.get(to).body == SMALL
    assert anna.get(box + 'f').status == (200 if method == 'COPY' else 404)


@pytest.mark.parametrize('method', ['COPY', 'MOVE'])
@pytest.mark.parametrize('folder', [False, True])
def test_cl_F18_overwrite(anna, box, method, folder):
    def make(name):
        if folder:
            anna.mkcol(box + name)
            anna.put(f'{box}{name}/in', name.encode())
        else:
            anna.put(box + name, name.encode())

    def content(name):
        return anna.get(box + name + ('/in' if folder else '')).body

    make('a')
    make('b')
    assert anna(method, box + 'a', Destination=box + 'b', Overwrite='F').status == 412
    assert content('b') == b'b'
    assert anna(method, box + 'a', Destination=box + 'c', Overwrite='F').status == 201
    make('a')
    assert anna(method, box + 'a', Destination=box + 'b', Overwrite='T').status == 204
    assert content('b') == b'a'
    make('a')
    assert anna(method, box + 'c', Destination=box + 'b').status == 204, 'absent means T'
    assert anna(method, box + 'b', Destination=box + 'x', Overwrite='Q').status == 400


def test_cl_F18_folders(anna, box):
    anna.mkcol(box + 'd')
    anna.put(box + 'd/f', SMALL)
    anna.mkcol(box + 'd/sub')
    anna.put(box + 'd/sub/g', LARGE)
    assert anna.copy(box + 'd/', box + 'e').status == 201
    assert anna.copy(box + 'd', box + 'shallow/', Depth='0').status == 201
    assert anna.listing(box + 'shallow/') == {}
    assert anna.move(box + 'd', box + 'moved/').status == 201
    for base in ('e', 'moved'):
        assert anna.get(f'{box}{base}/f').body == SMALL
        assert anna.get(f'{box}{base}/sub/g').body == LARGE
    assert anna.head(box + 'd').status == 404
    assert anna.move(box + 'e', box + 'x', Depth='0').status == 400
    assert anna.copy(box + 'e', box + 'x', Depth='1').status == 400


def test_cl_F18_move_keeps_etag_and_copy_is_its_own(anna, box):
    etag = anna.put(box + 'f', LARGE).etag
    anna.move(box + 'f', box + 'g')
    assert anna.head(box + 'g').etag == etag
    anna.copy(box + 'g', box + 'h')
    anna.put(box + 'h', SMALL)
    assert anna.get(box + 'g').body == LARGE


@pytest.mark.parametrize('name', ['a:b', 'a*b', 'a?b', 'a"b', 'a<b>', 'a|b', 'end.', 'end '])
def test_cl_F19_names_windows_cannot_show(anna, box, name):
    assert anna.put(box + quote(name), SMALL).status == 201
    assert box + quote(name) in anna.listing(box)


def test_cl_F19_stored_as_sent(anna, box):
    """A name of macOS (decomposed) is listed as it came and found composed."""
    assert anna.put(box + 'u%CC%88.txt', SMALL).status == 201
    assert list(anna.listing(box)) == [box + 'u%CC%88.txt']
    assert anna.get(box + '%C3%BC.txt').body == SMALL


def test_cl_F20_every_segment_answers(alice):
    for target in ('/', '/dav', '/dav/files', '/dav/files/jena', '/dav/files/jena/Mitglieder'):
        assert alice('PROPFIND', target, None, Depth='0', User_Agent='DavClnt',
                     headers={'translate': 'f'}).status == 207


def test_cl_F22_codings_on_put(anna, box):
    assert anna.put(box + 'f', SMALL, Content_Encoding='gzip').status == 415
    assert anna.get(box + 'f').status == 404
    assert anna.put(box + 'f', SMALL, Content_Encoding='identity').status == 201


def test_cl_F23_empty_target(server):
    with server.connect() as conn:
        start = time.monotonic()
        conn.send(b'PROPFIND  HTTP/1.1\r\nHost: ' + server.host.encode()
                  + b'\r\nContent-Length: 0\r\n\r\n')
        assert conn.answer().status == 400
        assert time.monotonic() - start < 5 * patience()


def test_x_oc_mtime(anna, box):
    """rclone and others bring the time of a file along."""
    answer = anna.put(box + 'f', SMALL, X_OC_Mtime='1600000000')
    assert answer.get('X-OC-Mtime') == 'accepted'
    assert anna.head(box + 'f').get('Last-Modified') == 'Sun, 13 Sep 2020 12:26:40 GMT'
    shown = anna.props(box + 'f', 'getlastmodified').text('getlastmodified')
    assert shown == 'Sun, 13 Sep 2020 12:26:40 GMT'
    for odd in ('x', '-5', '1e9', '99999999999999999999', '1600000000.5'):
        assert anna.put(box + 'g', SMALL, X_OC_Mtime=odd).status in (201, 204), odd


def test_getlastmodified_from_proppatch(anna, box):
    anna.put(box + 'f', SMALL)
    answer = anna.proppatch(box + 'f', 'getlastmodified', 'Sun, 13 Sep 2020 12:26:40 GMT', ns='DAV:')
    code = answer.multistatus().only().code('getlastmodified')
    assert code == 200, 'kept from clients'
    assert anna.head(box + 'f').get('Last-Modified') == 'Sun, 13 Sep 2020 12:26:40 GMT'


@pytest.mark.parametrize('name, kind', [('a.html', 'text/html'), ('a.svg', 'image/svg+xml'),
                                        ('a.xhtml', 'application/xhtml+xml'), ('a.js', 'text/javascript'),
                                        ('a.xml', 'text/xml'), ('a.pdf', 'application/pdf')])
def test_H01_user_content_is_no_page_of_ours(anna, box, name, kind):
    anna.put(box + name, b'<script>alert(1)</script>', Content_Type=kind)
    answer = anna.get(box + name)
    assert answer.get('X-Content-Type-Options') == 'nosniff'
    safe = (answer.get('Content-Disposition', '').startswith('attachment')
            or 'sandbox' in answer.get('Content-Security-Policy', ''))
    assert safe, answer.headers
