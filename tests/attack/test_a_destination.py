"""Attacks by COPY and MOVE: cases A08 to A13 of security.md."""
import socket
import threading

import pytest

from lib.browser import Browser
from lib.client import quote
from lib.stack import LONG, wait_for


def tree(client, href):
    """All there is below a collection: href -> etag."""
    found = {}
    for name, entry in client.listing(href).items():
        if name.endswith('/'):
            found[name] = None
            found.update(tree(client, name))
        else:
            found[name] = entry.text('getetag')
    return found


@pytest.fixture
def listener():
    """A port nobody should call."""
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        s.listen()
        s.settimeout(0.3)
        yield s


@pytest.mark.parametrize('method', ['MOVE', 'COPY'])
def test_A08_destination_elsewhere(alice, den, method, listener):
    alice.put(den + 'f', b'mine')
    port = listener.getsockname()[1]
    for to in ('https://evil.example/dav/files/jena/x', f'http://127.0.0.1:{port}/x',
               f'http://localhost:{port}/dav/files/jena/x', 'ftp://127.0.0.1/x',
               'http://[::1]:9/x', 'http://evil.example:80\\@127.0.0.1/x'):
        answer = alice(method, den + 'f', Destination=to)
        assert answer.status in (400, 403, 502), (to, answer)
        if 'evil.example/' in to:
            assert answer.status == 502, (to, answer)
    with pytest.raises((TimeoutError, socket.timeout)):
        listener.accept()
    assert list(alice.listing(den)) == [den + 'f']


@pytest.mark.parametrize('method', ['MOVE', 'COPY'])
@pytest.mark.parametrize('form', ['{path}', 'http://{host}{path}', 'http://127.0.0.1:1{path}',
                                  'http://kva@{host}{path}', 'http://u:p@{host}{path}',
                                  'HTTP://{HOST}{path}', 'http://127.0.0.1.:{port}{path}',
                                  'http://localhost:{port}{path}'])
def test_A09_into_another_chapter(server, alice, den, oracle, method, form):
    alice.put(den + 'f', b'mine')
    for folder in ('/dav/files/erfurt/Mitglieder/', '/dav/files/erfurt/', '/dav/files/erfurt/Vorstand/'):
        for name in ('stolen', 'canary.txt'):
            to = form.format(path=folder + name, host=server.host, HOST=server.host.upper(),
                             port=server.port)
            answer = alice(method, den + 'f', Destination=to, Overwrite='T')
            assert answer.status in (400, 403, 404, 409, 502), (to, answer)
    assert alice.get(den + 'f').body == b'mine'


@pytest.mark.parametrize('method', ['MOVE', 'COPY'])
def test_A09_out_of_another_chapter(alice, den, method):
    """What one may not read cannot be brought home."""
    for source in ('/dav/files/erfurt/Mitglieder/canary.txt', '/dav/files/erfurt/Mitglieder/',
                   '/dav/files/erfurt/Vorstand/canary.txt'):
        assert alice(method, source, Destination=den + 'got').status == 404, source
    assert alice.listing(den) == {}


@pytest.mark.parametrize('method', ['MOVE', 'COPY'])
def test_A10_broken_destinations(server, alice, den, method):
    alice.put(den + 'f', b'mine')
    broken = ['', '/', 'x', '//', '/d', '/dav', '/dav/', '/dav/file', 'http://', 'http:///', 'http:',
              ':', '?', '#', '/' + 'a' * 65536, 'http://' + server.host, den + 'a%zz',
              den + 'a%', den + 'a%0', den + '%2e%2e/x', den + '../x', den + 'a%00', den + 'x#y',
              'http://' + 'a' * 300 + den, 'http://127.0.0.1:99999' + den, 'http://127.0.0.1:-1/x',
              'http://127.0.0.1:' + den, 'http://[' + den, 'http://]' + den]
    for to in broken:
        answer = alice(method, den + 'f', Destination=to)
        assert answer.status in (400, 403, 405, 409, 414, 431, 502), (to[:80], answer)
    assert alice(method, den + 'f').status == 400, 'none at all'
    data = alice.bytes(method, den + 'f', None, Destination=den + 'a').replace(
        b'\r\n\r\n', b'\r\nDestination: ' + den.encode() + b'b\r\n\r\n')
    [answer], _ = alice.raw(data)
    assert answer.status == 400, 'two of them'
    assert list(alice.listing(den)) == [den + 'f']
    assert alice.get(den + 'f').body == b'mine'


def test_A11_into_a_folder_that_one_may_only_read(alice, anna, box, den):
    anna.put(box + 'theirs', b'board')
    alice.put(den + 'f', b'mine')
    for method in ('COPY', 'MOVE'):
        for to in (box + 'new', box + 'theirs', box + 'sub/new'):
            answer = alice(method, den + 'f', Destination=to, Overwrite='T')
            assert answer.status in ((403, 409) if 'sub' in to else (403,)), (method, to, answer)
    assert list(anna.listing(box)) == [box + 'theirs']
    assert anna.get(box + 'theirs').body == b'board'
    assert alice.get(den + 'f').body == b'mine'


def test_A11_moving_away_what_one_may_only_read(alice, anna, box, den):
    anna.put(box + 'theirs', b'board')
    assert alice.move(box + 'theirs', den + 'got').status == 403
    assert alice.copy(box + 'theirs', den + 'got').status == 201
    assert anna.get(box + 'theirs').body == b'board'


def test_A12_into_itself(anna, box):
    anna.mkcol(box + 'a/')
    anna.mkcol(box + 'a/b/')
    anna.put(box + 'a/b/f', b'x')
    before = tree(anna, box)
    for method in ('MOVE', 'COPY'):
        for to in ('a/', 'a', 'a/b/', 'a/b/c/', 'a/x', 'a/b/f'):
            answer = anna(method, box + 'a/', Destination=box + to, Overwrite='T')
            if method == 'COPY' and answer.status == 201:  # RFC 4918 9.8: allowed, if it ends
                anna.delete(box + to)
                continue
            assert answer.status == 403, (method, to, answer)
    # ... and onto one's own ancestor, which would delete the source first
    for method in ('MOVE', 'COPY'):
        assert anna(method, box + 'a/b/', Destination=box + 'a/', Overwrite='T').status == 403
    assert anna.move(box + 'a/b/f', box + 'a/b/f').status == 403
    assert tree(anna, box) == before


def test_A12_member_limit(server):
    """tree_members_max at n-1, n, n+1; all or nothing. The limit itself is 10,000 by default."""
    limit = 10000 if LONG else 100
    small = server.stack.daemon({'tree_members_max': str(limit)}, name='tree')
    anna = small.client('jena-board')
    base = '/dav/files/jena/t-A12-limit/'
    anna.delete(base)
    assert anna.mkcol(base).status == 201
    try:
        for n, want in ((limit - 1, 201), (limit, 201), (limit + 1, 403)):
            anna.mkcol(f'{base}{n}/')
            have = len(anna.listing(f'{base}{n}/'))
            for i in range(have, n):
                anna.put(f'{base}{n}/f{i}', b'x')
            got = anna.copy(f'{base}{n}/', f'{base}copy{n}/')
            assert got.status in ((want,) if want == 201 else (403, 507)), (n, got)
            copied = anna.propfind(f'{base}copy{n}/', 'resourcetype')
            assert copied.status == (207 if want == 201 else 404), n
        assert anna.move(f'{base}{limit + 1}/', f'{base}moved/').status == 507
    finally:
        small.stop()
        large = server.client('jena-board')
        large.delete(base)


def test_A13_quota(server, login, stack):
    """10 MB: the sum never exceeds it, by whatever way one tries."""
    mb = 1_000_000
    slug = 'weimar'
    stack.ctl('chapter', 'set', slug, f'quota={10 * mb}')
    chair = login(f'{slug}-board')
    base = f'/dav/files/{slug}/t-quota/'
    chair.delete(base)
    assert chair.mkcol(base).status == 201
    six = bytes(6 * mb)

    def used():
        entry = chair.props(base, 'quota-used-bytes', 'quota-available-bytes')
        return int(entry.text('quota-used-bytes')), int(entry.text('quota-available-bytes'))

    try:
        assert chair.put(base + 'six', six).status == 201
        assert chair.copy(base + 'six', base + 'twelve').status == 507
        assert chair.put(base + 'more', six).status == 507
        assert chair('PUT', base + 'chunked', f'{len(six):x}\r\n'.encode() + six + b'\r\n0\r\n\r\n',
                     Transfer_Encoding='chunked').status == 507
        assert chair.put(base + 'six', b'\1' * (10 * mb + 1)).status == 507
        assert chair.get(base + 'six').body == six, 'a refused PUT leaves the old content'
        assert list(chair.listing(base)) == [base + 'six']

        # from another quota by MOVE and COPY: land-chair is no board here, so by the board itself
        state = login('land-chair')
        assert state.put(base + 'x', b'x').status == 403

        # twenty at once: some may win, together they fit
        answers = [None] * 20

        def put(i):
            client = server.client(f'{slug}-board')
            answers[i] = client.put(f'{base}race{i}', bytes([i]) * mb).status

        threads = [threading.Thread(target=put, args=(i,)) for i in range(20)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert set(answers) <= {201, 507}, answers
        won = answers.count(201)
        assert 6 * mb + won * mb <= 10 * mb, answers
        assert used()[0] <= 10 * mb
        stored = sum(int(e.text('getcontentlength')) for e in chair.listing(base).values())
        assert stored == (6 + won) * mb

        # what is deleted for good comes back
        assert chair.delete(base).status == 204
        assert chair.mkcol(base).status == 201
        assert chair.put(base + 'nine', bytes(9 * mb)).status == 507, 'it can still be restored'
        thing = stack.sql('SELECT max(id) FROM dav_trash')[0][0]
        assert Browser(server, f'{slug}-chair').post(f'/c/{slug}/trash', do='purge', id=thing).status_code == 303
        wait_for(lambda: used()[1] >= 9 * mb, 30, 'the return of deleted space')
        assert chair.put(base + 'nine', bytes(9 * mb)).status == 201
    finally:
        chair.delete(base)
        stack.ctl('chapter', 'set', slug, 'quota=10 GiB')


def test_A13_properties_cannot_go_round_the_quota(anna, box):
    """64 KiB of dead properties on one resource is the end."""
    anna.put(box + 'f')
    statuses = []
    for i in range(8):
        answer = anna.proppatch(box + 'f', f'p{i}', 'v' * 15000)
        statuses.append(answer.multistatus().only().code(f'p{i}', 'urn:test'))
    assert statuses[:4] == [200] * 4 and set(statuses[5:]) <= {403, 507}, statuses
    assert anna.propfind(box + 'f').status == 207


def test_A09_names_that_escape(alice, den):
    """Percent signs in Destination are decoded once."""
    alice.put(den + 'f', b'mine')
    odd = quote('50% ü/..;x'.replace('/', '-'))
    assert alice.copy(den + 'f', den + odd).status == 201
    assert alice.copy(den + 'f', den + '%252e%252e').status == 201
    assert set(alice.listing(den)) == {den + 'f', den + odd, den + '%252e%252e'}
