"""Attacks on locks and the If header: cases A18 to A22, A31 to A33 of security.md."""
import re
import time
import uuid

import pytest

from lib.client import LOCKINFO, propfind_body
from lib.wire import race


def token(n=0):
    return f'<urn:uuid:{uuid.UUID(int=n + 1)}>'


def lists(n):
    return ' '.join(f'({token(i)})' for i in range(n))


def test_A18_size_of_the_if_header(anna, box):
    """8 KiB exactly; one more is refused."""
    anna.put(box + 'f', b'old')
    for size, want in ((8191, 412), (8192, 412), (8193, (400, 431))):
        value = f'({token()})'
        value = f'(["{"e" * (size - 6)}"])' if size > len(value) else value
        assert len(value) == size
        got = anna.put(box + 'f', b'new', If=value).status
        assert got == want if isinstance(want, int) else got in want, (size, got)
    assert anna.get(box + 'f').body == b'old'


def test_A18_number_of_lists(anna, box):
    anna.put(box + 'f', b'old')
    for n, want in ((63, 412), (64, 412), (65, (400, 431))):
        value = ' '.join(f'(["{i}"])' for i in range(n))
        got = anna.put(box + 'f', b'new', If=value).status
        assert got == want or n == 65 and got in want, (n, got)
    assert anna.get(box + 'f').body == b'old'


def test_A18_number_of_conditions(anna, box):
    anna.put(box + 'f', b'old')
    for n, want in ((255, 412), (256, 412), (257, (400, 431))):
        value = '(' + ' '.join(f'["{i}"]' for i in range(n)) + ')'
        got = anna.put(box + 'f', b'new', If=value).status
        assert got == want or n == 257 and got in want, (n, got)


def test_A18_ten_thousand_tokens(anna, box):
    anna.put(box + 'f', b'old')
    start = time.monotonic()
    assert anna.put(box + 'f', b'new', If='(<t>)' * 10_000).status == 431
    assert time.monotonic() - start < 20


BROKEN = ['(', ')', '()', '(<', '(<a', '(<a>', '<a>', '((<a>))', '(Not)', '(Not Not <urn:x:a>)',
          '[', '(["a])', '([a])', '(["a"]', '<http://x/> ', 'garbage', '(<urn:x:a>) garbage', ',',
          '(<>)', '<> (<urn:x:a>)', '(<urn:x:a>),(<urn:x:b>)', '(not)', '(\x01<urn:x:a>)',
          '(<urn:x:a>) <http://h/>', '(W/"a")', '([W/])', '(<urn:x:a' + '<' * 500 + '>)']


@pytest.mark.parametrize('value', BROKEN)
def test_A18_broken_if(anna, box, value):
    anna.put(box + 'f', b'old')
    for method in ('PUT', 'DELETE', 'PROPPATCH', 'MOVE', 'LOCK', 'MKCOL'):
        more = {'Destination': box + 'g'} if method == 'MOVE' else {}
        target = box + 'new' if method == 'MKCOL' else box + 'f'
        answer = anna(method, target, b'new' if method == 'PUT' else None, If=value, **more)
        assert answer.status == 400, (method, answer)
    assert anna.get(box + 'f').body == b'old'


@pytest.mark.parametrize('value, want', [
    ('(<urn:uuid:11111111-1111-1111-1111-111111111111>)', 412),
    ('(Not <urn:uuid:11111111-1111-1111-1111-111111111111>)', 204),
    ('(<DAV:no-lock>)', 412), ('(Not <DAV:no-lock>)', 204),
    ('(<DAV:no-lock>) (Not <DAV:no-lock>)', 204),
    ('(["nothing"])', 412), ('(Not ["nothing"])', 204),
    ('</dav/files/erfurt/Mitglieder/canary.txt> (["x"])', 412),
    ('</dav/files/jena/none> (<urn:x:a>)', 412),
    ('<http://evil.example/x> (Not <DAV:no-lock>)', (204, 400, 412))])
def test_A18_true_and_false(anna, box, value, want):
    anna.put(box + 'f', b'old')
    got = anna.put(box + 'f', b'new', If=value).status
    assert got == want if isinstance(want, int) else got in want, got


def test_A19_lock_of_another(alice, mallory, den):
    alice.put(den + 'f', b'mine')
    key = alice.locked(den + 'f')
    assert mallory.put(den + 'f', b'stolen').status == 423
    assert mallory.put(den + 'f', b'stolen', If=f'({key})').status == 423
    assert mallory.put(den + 'f', b'stolen', If=f'<{den}f> ({key})').status == 423
    assert mallory.put(den + 'f', b'stolen', Lock_Token=key).status == 423
    for method, more in (('DELETE', {}), ('MOVE', {'Destination': den + 'g'}),
                         ('PROPPATCH', {}), ('LOCK', {})):
        body = None
        if method == 'PROPPATCH':
            body = ('<D:propertyupdate xmlns:D="DAV:"><D:remove><D:prop><x xmlns="urn:t"/>'
                    '</D:prop></D:remove></D:propertyupdate>')
        if method == 'LOCK':
            body = LOCKINFO.format(scope='exclusive', owner='m')
        answer = mallory(method, den + 'f', body, If=f'({key})', **more)
        assert answer.status == 423, (method, answer)
    assert mallory('LOCK', den + 'f', None, If=f'({key})').status == 412, 'refresh'
    assert mallory.unlock(den + 'f', key).status == 409
    assert alice.get(den + 'f').body == b'mine'
    assert alice.put(den + 'f', b'new', If=f'({key})').status == 204
    assert alice.unlock(den + 'f', key).status == 204


def test_A19_the_token_is_not_shown(alice, mallory, den):
    alice.put(den + 'f', b'mine')
    key = alice.locked(den + 'f').strip('<>')
    for body in (propfind_body('lockdiscovery'), None):
        seen = mallory('PROPFIND', den + 'f', body, Depth='0')
        assert seen.status == 207 and key not in seen.text
        assert key.rpartition(':')[2] not in seen.text
    assert 'activelock' in mallory('PROPFIND', den + 'f', propfind_body('lockdiscovery'),
                                   Depth='0').text
    assert key in alice('PROPFIND', den + 'f', propfind_body('lockdiscovery'), Depth='0').text
    refused = mallory.put(den + 'f', b'x')
    assert refused.status == 423 and key.rpartition(':')[2] not in refused.text


def test_A20_locks_where_one_may_not_read(server, alice, box):
    for target in ('/dav/files/erfurt/Mitglieder/canary.txt', '/dav/files/erfurt/Mitglieder/new',
                   '/dav/files/jena/Vorstand/', '/dav/files/jena/Vorstand/new',
                   server.url + '/dav/files/erfurt/Mitglieder/canary.txt'):
        assert alice.lock(target).status == 404, target
    assert alice.lock('/dav/files/erfurt/').status == 403  # readable to the federation
    assert alice.lock(box).status == 403
    assert alice.lock('/dav/files/none/x').status == 404
    assert server.stack.sql(
        'SELECT count(*) FROM dav_lock JOIN person ON holder_id = person.id'
        " WHERE uid = 'jena-member' AND node_id IN (SELECT id FROM dav_node WHERE chapter_id ="
        " (SELECT id FROM chapter WHERE slug = 'erfurt'))") == [(0,)]


def test_A21_refresh(alice, den):
    alice.put(den + 'f')
    assert alice('LOCK', den + 'f', None, If=f'({token(7)})').status == 412
    assert alice('LOCK', den + 'f', None).status == 400
    key = alice.locked(den + 'f')
    answer = alice('LOCK', den + 'f', None, If=f'({key})', Timeout='Second-600')
    assert answer.status == 200 and b'Second-600' in answer.body
    assert alice('LOCK', den + 'g', None, If=f'({key})').status == 412
    alice.unlock(den + 'f', key)
    assert alice('LOCK', den + 'f', None, If=f'({key})').status == 412


@pytest.mark.parametrize('timeout', ['Infinite, Second-4100000000', 'Second-4100000000', 'Infinite',
                                     'Second-99999999999999999999', 'Second--1', 'Second-0', 'x',
                                     'Second-3601', 'Second-', ''])
def test_A21_timeouts(alice, den, timeout):
    alice.put(den + 'f')
    answer = alice.lock(den + 'f', Timeout=timeout)
    assert answer.status == 200, answer
    if answer.status == 200:
        granted = int(re.search(r'Second-(\d+)', answer.text)[1])
        assert 0 < granted <= 3600, granted
        alice.unlock(den + 'f', answer.get('Lock-Token'))


def test_A21_fifty_locks_a_person(server, den):
    holder = server.client('jena-chair')
    held = []
    try:
        for i in range(51):
            answer = holder.lock(f'{den}f{i}')
            if answer.status != 201:
                break
            held.append((f'{den}f{i}', answer.get('Lock-Token')))
        assert len(held) == 50, len(held)
        assert answer.status == 403, answer
        assert holder.get(f'{den}f50').status == 404, 'no empty file for a lock refused'
        assert holder.unlock(*held.pop()).status == 204
        again = holder.lock(f'{den}f0', scope='shared')
        assert again.status == 423
        assert holder.lock(f'{den}other').status == 201
    finally:
        for href, key in held:
            holder.unlock(href, key)


def test_A22_shared_and_exclusive(alice, mallory, den):
    alice.put(den + 'f')
    one = alice.locked(den + 'f', scope='shared')
    two = mallory.locked(den + 'f', scope='shared')
    assert alice.lock(den + 'f').status == 423
    assert mallory.lock(den + 'f').status == 423
    assert alice.put(den + 'f', b'x').status == 423
    assert alice.put(den + 'f', b'x', If=f'({one})').status == 204
    assert mallory.put(den + 'f', b'y', If=f'({two})').status == 204
    assert alice.put(den + 'f', b'z', If=f'({two})').status == 423
    assert alice.unlock(den + 'f', one).status == 204
    assert mallory.lock(den + 'f').status == 423
    assert mallory.unlock(den + 'f', two).status == 204
    key = alice.locked(den + 'f')
    assert mallory.lock(den + 'f', scope='shared').status == 423
    alice.unlock(den + 'f', key)


def test_A22_depth_over_a_locked_child(alice, mallory, den):
    alice.mkcol(den + 'd/')
    alice.put(den + 'd/f')
    key = alice.locked(den + 'd/f')
    answer = mallory.lock(den + 'd/', Depth='infinity')
    assert answer.status == 207, answer
    if answer.status == 207:
        codes = {href: entry.status for href, entry in answer.multistatus().entry.items()}
        assert 423 in codes.values()
    assert mallory.put(den + 'd/new').status == 201, 'no lock was left by the one refused'
    assert mallory.delete(den + 'd/').status == 423
    assert mallory.move(den + 'd/', den + 'e/').status == 423
    alice.unlock(den + 'd/f', key)
    deep = alice.locked(den + 'd/', Depth='infinity')
    assert mallory.put(den + 'd/new', b'x').status == 423
    assert mallory.put(den + 'd/another', b'x').status == 423
    assert mallory.lock(den + 'd/f').status == 423
    assert mallory.move(den + 'd/f', den + 'f').status == 423
    assert mallory.copy(den + 'd/f', den + 'copy').status == 201
    assert alice.put(den + 'd/new', b'x', If=f'<{alice.server.url}{den}d/> ({deep})').status == 204
    assert alice.unlock(den + 'd/f', deep).status == 204
    alice.unlock(den + 'd/', deep)


def test_A22_depth_zero_of_a_collection(alice, mallory, den):
    """Guards the membership, not the members' content."""
    alice.mkcol(den + 'd/')
    alice.put(den + 'd/f')
    key = alice.locked(den + 'd/', Depth='0')
    assert mallory.put(den + 'd/f', b'x').status == 204
    assert mallory.put(den + 'd/new').status == 423
    assert mallory.delete(den + 'd/f').status == 423
    assert mallory.mkcol(den + 'd/e/').status == 423
    alice.unlock(den + 'd/', key)
    assert alice.lock(den + 'd/', Depth='1').status == 400


def test_A22_lock_on_a_free_name(alice, mallory, den):
    key = alice.locked(den + 'new')
    assert alice.get(den + 'new').status == 200 and alice.get(den + 'new').body == b''
    assert mallory.put(den + 'new', b'x').status == 423
    assert mallory.mkcol(den + 'new').status == 405
    assert mallory.lock(den + 'new').status == 423
    assert alice.unlock(den + 'new', key).status == 204
    assert alice.lock(den + 'none/x').status == 409


def test_A22_twenty_shared_locks(server, alice, mallory, den):
    """The bound on one resource; a thousand attempts grow nothing."""
    alice.put(den + 'f')
    granted = []
    for i in range(100):
        answer = (alice, mallory)[i % 2].lock(den + 'f', scope='shared')
        if answer.status == 200:
            granted.append(answer.get('Lock-Token'))
        else:
            assert answer.status == 403, answer
    assert len(granted) == 20, len(granted)
    assert len(set(granted)) == 20
    assert server.stack.sql('SELECT count(*) FROM dav_lock JOIN dav_node n ON n.id = node_id'
                            ' WHERE n.name = %s AND parent_id = (SELECT id FROM dav_node WHERE'
                            ' name = %s)', 'f', den.rstrip('/').rpartition('/')[2]) == [(20,)]
    for i, key in enumerate(granted):
        assert (alice, mallory)[i % 2].unlock(den + 'f', key).status == 204


def test_A22_exclusive_locks_at_once(server, alice, den):
    alice.put(den + 'f')
    body = LOCKINFO.format(scope='exclusive', owner='race')
    prepared = [(server.connect(), alice.bytes('LOCK', den + 'f', body)) for _ in range(12)]
    race(prepared)
    assert sorted(conn.answer().status for conn, _ in prepared) == [200] + [423] * 11


@pytest.mark.parametrize('value', ['<', '', '>', '<>', 'opaquelocktoken:', 'x' * 65536,
                                   '<' + 'x' * 4000 + '>', '<urn:uuid:zzz>', '<<urn:uuid:1>>', '< >',
                                   '<urn:uuid:11111111-1111-1111-1111-11111111111>', '"', '(<a>)'])
def test_A31_broken_lock_tokens(alice, den, value):
    alice.put(den + 'f')
    key = alice.locked(den + 'f')
    answer = alice.unlock(den + 'f', value)
    assert answer.status == (431 if len(value) > 32_000 else 400), answer
    assert alice('UNLOCK', den + 'f').status == 400, 'none at all'
    assert alice.unlock(den + 'f', key).status == 204


def test_A32_not_my_lock(alice, mallory, den):
    alice.put(den + 'f', b'mine')
    key = alice.locked(den + 'f')
    for value in (f'(Not {key})', f'(Not {token(9)})', '(Not <DAV:no-lock>)',
                  f'({key}) (Not <DAV:no-lock>)', f'<{den}f> (Not {key})',
                  f'<{den}none> (Not <DAV:no-lock>)'):
        assert mallory.put(den + 'f', b'x', If=value).status == 423, value
    assert mallory.put(den + 'f', b'x', If='(Not <DAV:no-lock>)').status == 423
    assert alice.get(den + 'f').body == b'mine'


def test_A33_token_of_another_resource(alice, mallory, bob, den):
    alice.put(den + 'f', b'mine')
    alice.put(den + 'g', b'also mine')
    key = alice.locked(den + 'f')
    other = alice.locked(den + 'g')
    assert mallory.put(den + 'g', b'x', If=f'<{den}f> ({key})').status == 423
    assert alice.put(den + 'f', b'x', If=f'({other})').status == 412
    assert alice.put(den + 'f', b'x', If=f'<{den}g> ({other})').status == 423
    canary = '/dav/files/erfurt/Mitglieder/canary.txt'
    theirs = bob.locked(canary)
    try:
        assert mallory.put(den + 'f', b'x', If=f'<{canary}> ({theirs})').status == 412
        assert bob.put(den + 'f', b'x', If=f'<{den}f> ({key})').status == 404
    finally:
        bob.unlock(canary, theirs)
    assert alice.get(den + 'f').body == b'mine'
    assert alice.put(den + 'f', b'new', If=f'<{den}f> ({key})').status == 204
