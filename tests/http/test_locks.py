"""LOCK, UNLOCK and the If header as clients use them: clients.md cl-F1 to cl-F6."""
import re

import pytest


@pytest.mark.parametrize('timeout, at_most', [('Second-3600', 3600), ('Second-1800', 1800),
                                              ('Second-600', 600), ('Second-180', 180),
                                              ('Infinite, Second-4100000000', 3600), (None, 3600)])
def test_cl_F2_lock(alice, den, timeout, at_most):
    alice.put(den + 'f')
    answer = alice.lock(den + 'f', Timeout=timeout)
    assert answer.status == 200
    token = answer.get('Lock-Token')
    assert re.fullmatch(r'<(opaquelocktoken:|urn:uuid:)[0-9a-f-]{36}>', token)
    assert answer.body.count(token.strip('<>').encode()) == 1
    granted = int(re.search(r'timeout[^>]*>Second-(\d+)<', answer.text)[1])
    assert 0 < granted <= at_most
    seen = alice.props(den + 'f', 'lockdiscovery').value('lockdiscovery')
    active = seen.find('{DAV:}activelock')
    assert active.find('{DAV:}locktoken/{DAV:}href').text == token.strip('<>')
    assert active.find('{DAV:}lockroot/{DAV:}href').text == den + 'f'
    assert active.find('{DAV:}owner').text == 'test'
    assert alice.unlock(den + 'f', token).status == 204
    assert len(alice.props(den + 'f', 'lockdiscovery').value('lockdiscovery')) == 0


def test_cl_F2_owner_as_sent(alice, den):
    alice.put(den + 'f')
    answer = alice.lock(den + 'f', owner='<D:href>http://www.apple.com/webdav_fs/</D:href>')
    assert b'http://www.apple.com/webdav_fs/' in answer.body


def test_cl_F3_lock_on_a_free_name(alice, den):
    """An empty real file: LibreOffice saves no new document otherwise."""
    answer = alice.lock(den + 'neu.odt')
    assert answer.status == 201
    assert alice.head(den + 'neu.odt').status == 200
    assert alice.get(den + 'neu.odt').body == b''
    assert den + 'neu.odt' in alice.listing(den)
    key = answer.get('Lock-Token')
    assert alice.put(den + 'neu.odt', b'text', If=f'({key})').status == 204
    assert alice.unlock(den + 'neu.odt', key).status == 204
    assert alice.get(den + 'neu.odt').body == b'text'


def test_cl_F4_refresh(alice, den):
    key = alice.locked(den + 'f')
    for more in ({}, {'Content_Type': 'text/xml'}):
        answer = alice('LOCK', den + 'f', None, If=f'({key})', Timeout='Second-300', **more)
        assert answer.status == 200 and b'Second-300' in answer.body
        assert not answer.all('Lock-Token')


@pytest.mark.parametrize('form', ['({key})', '<{href}> ({key})', '<{url}{href}> ({key})',
                                  '({key} [{etag}])', '<{href}> ({key} [{etag}])',
                                  '({key}) (Not <DAV:no-lock>)', '(Not <DAV:no-lock> {key})'])
def test_cl_F5_if(server, alice, den, form):
    etag = alice.put(den + 'f', b'old').etag
    key = alice.locked(den + 'f')
    value = form.format(key=key, href=den + 'f', url=server.url, etag=etag)
    assert alice.put(den + 'f', b'new', If=value).status == 204
    if 'etag' in form:
        assert alice.put(den + 'f', b'newer', If=value).status == 412


def test_cl_F5_if_with_if_match(server, alice, den):
    """davfs2 sends both."""
    etag = alice.put(den + 'f', b'old').etag
    key = alice.locked(den + 'f')
    tagged = f'<{server.url}{den}f> ({key})'
    assert alice.put(den + 'f', b'new', If=tagged, If_Match=etag).status == 204
    assert alice.put(den + 'f', b'newer', If=tagged, If_Match=etag).status == 412


def test_cl_F5_lock_token_on_put(alice, den):
    """Word 2016 sends it there."""
    alice.put(den + 'f', b'old')
    key = alice.locked(den + 'f')
    assert alice.put(den + 'f', b'new', Lock_Token=key).status == 204
    assert alice.put(den + 'f', b'new', Lock_Token='<urn:uuid:00000000-0000-0000-0000-000000000000>'
                     ).status == 423


def test_cl_F5_unlock_without_brackets(alice, den):
    key = alice.locked(den + 'f')
    assert alice.unlock(den + 'f', key.strip('<>')).status == 204


def test_cl_F6_locked(alice, mallory, den):
    alice.put(den + 'f', b'old')
    alice.locked(den + 'f')
    for client in (alice, mallory):
        for method, more in (('PUT', {}), ('DELETE', {}), ('MOVE', {'Destination': den + 'g'}),
                             ('PROPPATCH', {})):
            body = (b'new' if method == 'PUT' else
                    b'<D:propertyupdate xmlns:D="DAV:"><D:set><D:prop><x xmlns="urn:t"/></D:prop></D:set>'
                    b'</D:propertyupdate>' if method == 'PROPPATCH' else None)
            answer = client(method, den + 'f', body, **more)
            assert answer.status == 423, (method, answer)
            assert 'lock-token-submitted' in answer.error(), answer.body
    assert den.encode() + b'f' in answer.body
    assert alice.get(den + 'f').body == b'old'


def test_cl_F6_moving_onto_a_locked_file(alice, mallory, den):
    alice.put(den + 'f', b'locked')
    alice.put(den + 'g', b'other')
    key = alice.locked(den + 'f')
    for method in ('COPY', 'MOVE'):
        assert mallory(method, den + 'g', Destination=den + 'f').status == 423
    assert alice.copy(den + 'g', den + 'f', If=f'<{den}f> ({key})').status == 204


@pytest.mark.parametrize('method', ['COPY', 'MOVE'])
def test_what_replaces_a_locked_file_is_locked(alice, mallory, den, method):
    """RFC 4918, 7.6: programs save under another name, rename, and go on with the lock they have."""
    alice.put(den + 'f', b'old')
    alice.put(den + 'g', b'new')
    key, other = alice.locked(den + 'f'), alice.locked(den + 'g')
    assert alice(method, den + 'g', Destination=den + 'f', If=f'<{den}f> ({key}) <{den}g> ({other})').status == 204
    assert mallory.put(den + 'f', b'x').status == alice.put(den + 'f', b'x').status == 423
    assert alice.put(den + 'f', b'newer', If=f'({key})').status == 204
    assert alice.unlock(den + 'f', key).status == 204
    assert mallory.put(den + 'f', b'x').status == 204


def test_locks_do_not_travel(alice, den):
    alice.put(den + 'f')
    key = alice.locked(den + 'f')
    assert alice.copy(den + 'f', den + 'g').status == 201
    assert alice.put(den + 'g', b'x').status == 204
    assert alice.move(den + 'f', den + 'h', If=f'({key})').status == 201
    assert alice.put(den + 'h', b'x').status == 204
    assert alice.put(den + 'f', b'x').status == 201


def test_a_lock_outlives_the_daemon(stack, den):
    """It is in the database: a restart, or another daemon, knows it."""
    other = stack.daemon(name='other')
    try:
        holder = other.client('jena-member')
        holder.put(den + 'f', b'mine')
        key = holder.locked(den + 'f')
        other.stop()
        other.start()
        holder.conn = None
        assert other.client('jena-board').put(den + 'f', b'x').status == 423
        assert holder.put(den + 'f', b'new', If=f'({key})').status == 204
        assert holder.unlock(den + 'f', key).status == 204
    finally:
        other.stop()


def test_a_lock_ends_in_time(server, alice, mallory, den):
    alice.put(den + 'f')
    alice.locked(den + 'f', Timeout='Second-600')
    server.stack.sql("UPDATE dav_lock SET expires = now() - interval '1 second' WHERE node_id ="
                     ' (SELECT id FROM dav_node WHERE name = %s AND parent_id IN'
                     ' (SELECT id FROM dav_node WHERE name = %s))',
                     'f', den.rstrip('/').rpartition('/')[2])
    assert mallory.put(den + 'f', b'x').status == 204
    assert len(alice.props(den + 'f', 'lockdiscovery').value('lockdiscovery')) == 0
