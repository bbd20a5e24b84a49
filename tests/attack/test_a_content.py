"""Attacks on writing and reading content: cases A14 to A17, A27, A34, A39 of security.md."""
import threading
import time

import pytest

from lib.client import quote, set_body
from lib.stack import LONG, wait_for
from lib.wire import message, race


def test_A14_short_body(server, anna, box):
    """A body cut short is not published, nor is anything left of it."""
    anna.put(box + 'f', b'old')
    before = len(server.temp_blobs())
    for size in (100, 1_000_000):
        data = anna.bytes('PUT', box + 'f', b'n' * 50, Content_Length=str(size))
        conn = server.connect()
        conn.send(data)
        conn.close()
    wait_for(lambda: len(server.temp_blobs()) <= before, 10, 'the end of temporary files')
    assert anna.get(box + 'f').body == b'old'


def test_A14_short_chunked_body(server, anna, box):
    anna.put(box + 'f', b'old')
    for part in (b'5\r\nhello\r\n', b'5\r\nhe', b'fffff\r\nhello', b'5\r\nhello\r\n0\r\n'):
        conn = server.connect()
        conn.send(anna.bytes('PUT', box + 'f', part, Transfer_Encoding='chunked'))
        conn.close()
    time.sleep(0.3)
    assert anna.get(box + 'f').body == b'old'


@pytest.mark.parametrize('announced', ['6', '4', '99999999999999'])
def test_A14_expected_entity_length(anna, box, announced):
    """Fewer (or more) bytes than announced: refused, the old content stays."""
    anna.put(box + 'f', b'old')
    answer = anna('PUT', box + 'f', b'5\r\nhello\r\n0\r\n\r\n', Transfer_Encoding='chunked',
                  X_Expected_Entity_Length=announced)
    assert answer.status == (400 if len(announced) == 1 else 507), answer
    assert anna.get(box + 'f').body == b'old'


def test_A14_expected_entity_length_fits(anna, box):
    answer = anna('PUT', box + 'f', b'5\r\nhello\r\n0\r\n\r\n', Transfer_Encoding='chunked',
                  X_Expected_Entity_Length='5')
    assert answer.status == 201
    assert anna.get(box + 'f').body == b'hello'


@pytest.mark.parametrize('value', ['bytes 0-99/200', 'bytes 0-2/3', 'bytes */5', 'x', 'bytes 0-0/*'])
def test_A14_content_range_is_refused(anna, box, value):
    anna.put(box + 'f', b'old')
    assert anna.put(box + 'f', b'new', Content_Range=value).status == 400
    assert anna.put(box + 'g', b'new', Content_Range=value).status == 400
    assert anna.get(box + 'f').body == b'old'
    assert anna.get(box + 'g').status == 404


@pytest.mark.parametrize('method', ['PUT', 'PROPPATCH', 'REPORT'])
def test_A15_F04_no_framing(server, anna, box, method):
    """Without Content-Length and Transfer-Encoding there is no body, and no empty document."""
    anna.put(box + 'f', b'old')
    data = message(method, box + 'f', [('Host', server.host), ('Authorization', anna.auth)])
    conn = server.connect()
    conn.send(data)
    assert conn.answer().status == 411
    assert anna.get(box + 'f').body == b'old'


def test_A16_lost_update(anna, box):
    first = anna.put(box + 'f', b'one').etag
    assert anna.get(box + 'f').etag == first
    second = anna.put(box + 'f', b'two', If_Match=first)
    assert second.status == 204 and second.etag != first
    assert anna.put(box + 'f', b'three', If_Match=first).status == 412
    assert anna.get(box + 'f').body == b'two'
    assert anna.delete(box + 'f', If_Match=first).status == 412
    assert anna.delete(box + 'f', If_Match=second.etag).status == 204


@pytest.mark.parametrize('round', range(20 if LONG else 2))
def test_A16_fifty_at_once(server, anna, box, round):
    first = anna.put(box + 'f', b'start').etag
    n = 50
    prepared = []
    for i in range(n):
        prepared.append((server.connect(),
                         anna.bytes('PUT', box + 'f', b'writer %d' % i, If_Match=first)))
    race(prepared)
    statuses = [conn.answer().status for conn, _ in prepared]
    for conn, _ in prepared:
        conn.close()
    assert sorted(statuses) == [204] + [412] * (n - 1), statuses
    assert anna.get(box + 'f').body == b'writer %d' % statuses.index(204)


def test_A17_create_twice(server, anna, box):
    prepared = [(server.connect(), anna.bytes('PUT', box + 'f', b'%d' % i, If_None_Match='*'))
                for i in range(10)]
    race(prepared)
    statuses = [conn.answer().status for conn, _ in prepared]
    assert sorted(statuses) == [201] + [412] * 9, statuses
    assert anna.get(box + 'f').body == b'%d' % statuses.index(201)


def test_A17_create_folder_twice(server, anna, box):
    prepared = [(server.connect(), anna.bytes('MKCOL', box + 'd/')) for i in range(8)]
    race(prepared)
    assert sorted(conn.answer().status for conn, _ in prepared) == [201] + [405] * 7


def test_A17_preconditions(anna, box):
    assert anna.put(box + 'f', If_Match='*').status == 412
    etag = anna.put(box + 'f', b'x').etag
    assert anna.put(box + 'f', b'y', If_Match='W/' + etag).status == 412
    assert anna.put(box + 'f', b'y', If_Match='"nothing"').status == 412
    assert anna.put(box + 'f', b'y', If_Match='garbage').status == 412
    assert anna.put(box + 'f', b'y', If_None_Match=etag).status == 412
    assert anna.put(box + 'f', b'y', If_None_Match='W/' + etag).status == 412
    assert anna.put(box + 'f', b'x', If_Match=f'"a", W/"b", {etag}').status == 204
    assert anna.get(box + 'f').body == b'x'


def test_A17_a_thousand_etags(anna, box):
    etag = anna.put(box + 'f', b'x').etag
    many = ', '.join(f'"{i:04}"' for i in range(1000))
    assert anna.put(box + 'f', b'y', If_Match=many).status == 412
    assert anna.put(box + 'f', b'y', If_Match=f'{many}, {etag}').status == 204


NAMES = ['a"b', 'a;b', 'a%b', 'ünïcode', 'שלום', "a'b", '日本', 'a,b=c', 'x' * 200 + '.html']


@pytest.mark.parametrize('name', NAMES)
def test_A27_names_in_content_disposition(anna, box, name):
    assert anna.put(box + quote(name), b'<script>alert(1)</script>').status == 201
    answer = anna.get(box + quote(name))
    values = answer.all('Content-Disposition')
    assert len(values) <= 1
    for value in values:
        assert value.isascii() and value.isprintable(), value
        if not name.isascii() or '"' in name:
            assert "filename*=UTF-8''" in value, value


@pytest.mark.parametrize('kind', ['text/x<foo;a="&"', 'text/html"><b>', "a/b'<!--", 'x' * 300,
                                  'text/plain; charset="ü"', '<', 'text/plain\tx', ''])
def test_A34_content_type_of_the_client(anna, box, kind):
    answer = anna.put(box + 'f', b'x', Content_Type=kind)
    assert answer.status == 201, answer
    entry = anna.listing(box) if answer.status != 201 else anna.props(box + 'f', 'getcontenttype')
    if answer.status == 201:
        shown = entry.text('getcontenttype') or ''
        got = anna.get(box + 'f')
        assert len(got.all('Content-Type')) == 1
        assert shown.isprintable()


def test_A34_language_of_the_client(anna, box):
    anna.put(box + 'f', b'x', Content_Language='de<&>"')
    assert anna.propfind(box + 'f').status == 207
    assert anna.proppatch(box + 'f', 'getcontentlanguage', 'a&lt;b&amp;', ns='DAV:').status == 207
    assert anna.propfind(box + 'f').status == 207


HUNDRED = bytes(range(100))


@pytest.mark.parametrize('ranges, want', [
    ('bytes=0-0', (206, HUNDRED[:1])), ('bytes=0-98', (206, HUNDRED[:99])),
    ('bytes=0-99', (206, HUNDRED)), ('bytes=0-100', (206, HUNDRED)),
    ('bytes=99-', (206, HUNDRED[99:])), ('bytes=100-', (416, None)), ('bytes=-1', (206, HUNDRED[99:])),
    ('bytes=-100', (206, HUNDRED)), ('bytes=-101', (206, HUNDRED)), ('bytes=-0', (416, None)),
    ('bytes=9-5', (200, HUNDRED)), ('bytes=', (200, HUNDRED)), ('bytes=a-b', (200, HUNDRED)),
    ('bytes=5', (200, HUNDRED)), ('lines=1-2', (200, HUNDRED)), ('bytes=0-1,2-3', (200, HUNDRED)),
    ('bytes=0-50,20-70', (200, HUNDRED)), ('bytes=--1', (200, HUNDRED)),
    ('bytes=0-18446744073709551616', (206, HUNDRED)), ('bytes=18446744073709551616-', (416, None)),
    ('bytes=9223372036854775807-9223372036854775808', (416, None)), ('bytes 0-1', (200, HUNDRED)),
    ('bytes=-18446744073709551617', (206, HUNDRED))])
def test_A39_ranges(anna, box, ranges, want):
    """An odd range is ignored or not satisfiable, and never part of something else."""
    anna.put(box + 'f', HUNDRED)
    answer = anna.get(box + 'f', Range=ranges)
    allowed = {want[0], 200, 416} if want[0] != 206 else {206}
    if '18446744073709551616' in ranges or '-18446744073709551617' in ranges:
        allowed = {want[0], 200, 416}  # numbers beyond 64 bits may count as malformed
    assert answer.status in allowed, answer
    if answer.status == 206:
        assert answer.body == want[1]
        assert answer.get('Content-Range').endswith('/100')
    elif answer.status == 416:
        assert answer.get('Content-Range') == 'bytes */100'
    else:
        assert answer.body == HUNDRED


@pytest.mark.parametrize('ranges', ['bytes=' + '0-,' * 999 + '0-', 'bytes=' + ','.join(
    f'{i}-{i + 1}' for i in range(0, 2000, 2)), 'bytes=' + ',' * 1000])
def test_A39_a_thousand_ranges(anna, box, ranges):
    anna.put(box + 'f', bytes(100_000))
    answer = anna.get(box + 'f', Range=ranges)
    assert answer.status == 200, answer.status
    assert len(answer.body) <= 100_000
    assert 'multipart' not in (answer.get('Content-Type') or '')


def test_A39_ranges_of_a_large_file(anna, box):
    content = bytes(i * 7 % 251 for i in range(300_000))
    anna.put(box + 'f', content)
    for start, end in ((0, 0), (65535, 65536), (131071, 262144), (299_999, 299_999)):
        answer = anna.get(box + 'f', Range=f'bytes={start}-{end}')
        assert answer.status == 206 and answer.body == content[start:end + 1]


def test_A16_property_and_content_race(server, anna, box):
    """Writers of content and of properties do not undo each other."""
    anna.put(box + 'f', b'start')
    problems = []

    def patch():
        client = server.client('jena-board')
        for i in range(20):
            answer = client('PROPPATCH', box + 'f', set_body(f'p{i}', 'v'))
            if answer.status != 207:
                problems.append(answer)

    thread = threading.Thread(target=patch)
    thread.start()
    for i in range(20):
        assert anna.put(box + 'f', b'%d' % i).status == 204
    thread.join()
    assert not problems
    assert anna.get(box + 'f').body == b'19'
    entry = anna.props(box + 'f', *[('urn:test', f'p{i}') for i in range(20)])
    assert all(entry.code(f'p{i}', 'urn:test') == 200 for i in range(20))
