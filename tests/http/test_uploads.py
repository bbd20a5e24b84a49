"""Uploads in pieces: chapterd-upload(7), the tus protocol 1.0.0."""
import hashlib
import os
import subprocess
import threading

import pytest

from lib.pieces import PIECE, TUS, Pieces, metadata, sha256_field
from lib.space import Space
from lib.stack import REPO, wait_for

KIB, MIB = 1 << 10, 1 << 20
BODY = os.urandom(3 * MIB)


def digest(body):
    return sha256_field(hashlib.sha256(body).digest())


def send(upload, body, piece=MIB):
    for at in range(0, len(body), piece):
        answer = upload.add(at, body[at:at + piece])
        assert answer.status == 204, answer
    return answer


def files_of(stack):
    return {p for p in (stack.blob_dir() / 'objects').rglob('*') if p.is_file()}


def test_a_document_in_three_pieces(anna, box, stack):
    space = Space(stack)
    before = space()
    upload = Pieces(anna, box + 'film.mp4', len(BODY), X_OC_Mtime='1700000000',
                    Upload_Metadata=metadata(filename='x', filetype='video/x-own'))
    assert upload.answer.status == 201, upload.answer
    assert upload.href.startswith('/dav/uploads/jena/') and upload.answer.get('Tus-Resumable') == '1.0.0'
    assert upload.answer.get('Upload-Expires', '').endswith(' GMT')
    assert upload.at() == 0
    assert anna.get(box + 'film.mp4').status == 404
    assert upload.add(0, BODY[:MIB]).get('Upload-Offset') == str(MIB)
    assert upload.add(MIB, BODY[MIB:2 * MIB]).status == 204
    assert upload.at() == 2 * MIB and anna.get(box + 'film.mp4').status == 404
    answer = upload.add(2 * MIB, BODY[2 * MIB:])
    assert answer.status == 204 and answer.get('Upload-Offset') == str(len(BODY))
    got = anna.get(box + 'film.mp4')
    assert got.body == BODY and got.etag == answer.etag and got.get('Content-Type') == 'video/x-own'
    assert got.get('Last-Modified') == 'Tue, 14 Nov 2023 22:13:20 GMT'
    assert anna.get(box + 'film.mp4', Range=f'bytes={MIB - 5}-{MIB + 4}').body == BODY[MIB - 5:MIB + 5]
    asked = anna('HEAD', upload.href, headers=TUS)
    assert asked.status == 200 and asked.get('Upload-Offset') == asked.get('Upload-Length') == str(len(BODY))
    assert asked.get('Content-Location') == box + 'film.mp4' and 'no-store' in asked.get('Cache-Control')
    assert upload.add(len(BODY), b'').status == 204, 'the answer was lost, so it is asked for again'
    assert space() - before == len(BODY)
    assert anna.delete(box + 'film.mp4').status == 204


def test_many_pieces_are_read_as_one(anna, box):
    """More files than a reply keeps open."""
    body = os.urandom(64 * KIB * 40 + 17)
    upload = Pieces(anna, box + 'many', len(body))
    send(upload, body, 64 * KIB)
    assert anna.get(box + 'many').body == body
    assert anna.get(box + 'many', Range='bytes=65530-200000').body == body[65530:200001]
    assert anna.copy(box + 'many', box + 'copy').status == 201 and anna.get(box + 'copy').body == body


def test_small_empty_and_whole(anna, box):
    assert Pieces(anna, box + 'empty', 0).answer.status == 201 and anna.get(box + 'empty').body == b''
    upload = Pieces(anna, box + 'small', 5)
    assert upload.add(0, b'hello').status == 204 and anna.get(box + 'small').body == b'hello'
    assert anna.put(box + 'same', b'hello').status == 201 and anna.get(box + 'same').body == b'hello'
    whole = os.urandom(300_000)
    assert anna.put(box + 'whole', whole).status == 201
    upload = Pieces(anna, box + 'again', len(whole))
    assert upload.add(0, whole[:100_000]).status == 204
    assert upload.add(100_000, whole[100_000:]).status == 204
    assert anna.get(box + 'again').body == whole


def test_what_was_there_becomes_a_version(anna, box, stack, browser):
    assert anna.put(box + 'doc', b'before').status == 201
    stack.sql('UPDATE dav_node SET saved = saved - interval \'1 day\' WHERE name = %s AND NOT gone', 'doc')
    send(Pieces(anna, box + 'doc', len(BODY)), BODY)
    assert anna.get(box + 'doc').body == BODY
    [[n]] = stack.sql("SELECT count(*) FROM dav_version v JOIN dav_node n ON n.id = v.node_id"
                      " JOIN dav_node p ON p.id = n.parent_id WHERE n.name = 'doc' AND p.name = %s", box.rstrip('/').rpartition('/')[2])
    assert n == 1


def test_a_piece_that_does_not_follow(anna, box):
    upload = Pieces(anna, box + 'x', len(BODY))
    assert upload.add(1, BODY[1:MIB]).status == 409
    assert upload.add(0, BODY[:MIB]).status == 204
    assert upload.add(0, BODY[:MIB]).status == 409, 'twice'
    assert upload.add(MIB, BODY[MIB:] + b'x').status == 400, 'more than announced'
    assert upload.add(MIB, b'x' * 1000).status == 400, 'too small, and not the last one'
    assert upload.at() == MIB
    assert anna('PATCH', upload.href, b'x', {**PIECE, 'Upload-Offset': str(MIB), 'Content-Type': 'text/plain'}).status == 415
    assert anna('PATCH', upload.href, b'x', {**PIECE, 'Upload-Offset': 'one'}).status == 400
    assert anna('PATCH', upload.href, b'x', {**PIECE, 'Upload-Offset': str(MIB), 'Tus-Resumable': '0.2.2'}).status == 412
    assert upload.end().status == 204 and upload.at() is None
    assert upload.add(MIB, BODY[MIB:]).status == 404


def test_what_cannot_begin(anna, alice, bob, box, den):
    def begin(client, target, length='10', **more):
        return client('POST', target, headers={**TUS, 'Upload-Length': length, **more}).status

    assert begin(anna, box + 'x', 'many') == begin(anna, box + 'x', '-1') == 400
    assert begin(anna, box + 'x', str(1 << 60)) == 413
    assert anna('POST', box + 'x', headers=TUS).status == 400
    assert anna('POST', box + 'x').status == 405
    assert begin(anna, box + 'x', **{'Tus-Resumable': '2.0.0'}) == 412
    assert begin(anna, box + 'none/x') == 409
    assert begin(anna, box) == 405, 'a folder is there'
    assert begin(alice, box + 'x') == 403 and begin(bob, den + 'x') == 404
    assert begin(anna, '/dav/files/') in (403, 405) and begin(anna, '/dav/principals/x') in (403, 404, 405)
    assert begin(anna, box + 'x', **{'Repr-Digest': 'sha-256=short'}) == 400
    assert begin(anna, box + 'x', **{'If-Match': '*'}) == 412
    assert begin(anna, box + 'x%E2%80%AEgpj.exe') == 400
    assert anna.propfind(box, 'getetag', depth='1').multistatus().entry.keys() == {box}


def test_only_who_began_it_goes_on(anna, login, box):
    upload = Pieces(anna, box + 'x', len(BODY))
    chair = login('jena-chair')
    assert chair.put(box + 'y').status == 201, 'who may write there'
    assert upload.at(chair) is None
    assert upload.add(0, BODY[:MIB], chair).status == 404 and upload.add(0, b'x' * len(BODY), chair).status == 404
    assert upload.end(chair).status == 404
    assert login(None)('HEAD', upload.href, headers=TUS).status == 401
    assert anna('HEAD', upload.href.replace('/jena/', '/erfurt/'), headers=TUS).status == 404
    assert upload.at() == 0


def test_digests(anna, box):
    upload = Pieces(anna, box + 'x', len(BODY), Repr_Digest=digest(BODY))
    assert upload.add(0, BODY[:MIB], Content_Digest=digest(b'other')).status == 400
    assert upload.add(0, BODY[:MIB], Content_Digest='md5=:eHg=:, ' + digest(BODY[:MIB])).status == 204
    assert upload.add(MIB, BODY[MIB:]).status == 204 and anna.get(box + 'x').body == BODY
    upload = Pieces(anna, box + 'wrong', len(BODY), Repr_Digest=digest(b'other'))
    assert upload.add(0, BODY).status == 400
    assert anna.get(box + 'wrong').status == 404


def test_preconditions_at_the_beginning_and_at_the_end(anna, box):
    """Refused at the end all pieces stay, and an empty one with other preconditions ends it."""
    upload = Pieces(anna, box + 'x', len(BODY), If_None_Match='*')
    assert upload.add(0, BODY[:MIB]).status == 204
    assert anna.put(box + 'x', b'somebody was faster').status == 201
    assert Pieces(anna, box + 'x', 5, If_None_Match='*').answer.status == 412
    refused = upload.add(MIB, BODY[MIB:])
    assert refused.status == 412 and refused.get('Upload-Offset') == str(len(BODY))
    assert anna.get(box + 'x').body == b'somebody was faster'
    assert upload.at() == len(BODY)
    assert upload.add(len(BODY), b'').status == 412
    assert upload.add(len(BODY), b'', If_Match=anna.get(box + 'x').get('ETag')).status == 204
    assert anna.get(box + 'x').body == BODY
    etag = anna.get(box + 'x').get('ETag')
    upload = Pieces(anna, box + 'x', 5, If_Match=etag)
    assert anna.put(box + 'x', b'changed').status == 204
    assert upload.add(0, b'hello').status == 412 and anna.get(box + 'x').body == b'changed'


def test_locks_at_the_beginning_and_at_the_end(anna, login, box):
    chair = login('jena-chair')
    assert anna.put(box + 'x', b'1').status == 201
    upload = Pieces(anna, box + 'x', len(BODY))
    assert upload.add(0, BODY[:MIB]).status == 204
    lock = chair('LOCK', box + 'x', '<D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope>'
                 '<D:locktype><D:write/></D:locktype></D:lockinfo>', {'Timeout': 'Second-600'})
    token = lock.get('Lock-Token')
    assert Pieces(anna, box + 'x', 5).answer.status == 423
    assert Pieces(chair, box + 'x', 5).answer.status == 423
    mine = Pieces(chair, box + 'x', 5, If=f'({token})')
    assert mine.add(0, b'hello').status == 423
    assert mine.add(5, b'', If=f'<{chair.server.url}{box}x> ({token})').status == 204
    assert upload.add(MIB, BODY[MIB:]).status == 423 and upload.at() == len(BODY)
    assert chair('UNLOCK', box + 'x', headers={'Lock-Token': token}).status == 204
    assert upload.add(len(BODY), b'').status == 204 and anna.get(box + 'x').body == BODY


def test_rights_with_each_piece(anna, alice, den, stack):
    """The folder is closed to her meanwhile: no piece more, and no document."""
    room = den + 'room/'
    assert anna.mkcol(room).status == 201
    upload = Pieces(alice, room + 'x', len(BODY))
    assert upload.add(0, BODY[:MIB]).status == 204
    levels = "SELECT levels_set(id, %s::int2, %s::int2, '{}', '{}') FROM dav_node WHERE name = 'room' AND collection AND NOT gone AND parent_id =" \
             " (SELECT id FROM dav_node WHERE name = %s)"
    stack.sql(levels, 2, 3, den.rstrip('/').rpartition('/')[2])
    assert upload.add(MIB, BODY[MIB:2 * MIB]).status == 403
    assert upload.add(MIB, BODY[MIB:]).status == 403 and anna.get(room + 'x').status == 404
    stack.sql(levels, 3, 3, den.rstrip('/').rpartition('/')[2])
    assert upload.add(MIB, BODY[MIB:]).status == 404


def test_two_pieces_at_the_same_time(anna, box):
    """Of those that come together one follows, and nothing is mixed."""
    upload = Pieces(anna, box + 'x', len(BODY))
    answers, threads = [], []
    for n in range(6):
        client = anna.server.client('jena-board', source=f'127.61.{n}.1')
        threads.append(threading.Thread(target=lambda c=client, n=n: answers.append(
            (upload.add(0, bytes([n]) * MIB, c).status, n))))
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    won = [n for status, n in answers if status == 204]
    assert len(won) == 1 and {s for s, _ in answers} <= {204, 409}, answers
    assert upload.add(MIB, BODY[MIB:]).status == 204
    assert anna.get(box + 'x').body == bytes([won[0]]) * MIB + BODY[MIB:]


@pytest.fixture(scope='module')
def scarce(stack):
    """A daemon with few uploads, which give up soon; and a chapter of 4 MiB."""
    slug = f'pieces-{os.urandom(3).hex()}'
    stack.ctl('chapter', 'add', slug, '--name', 'Pieces', '--kind', 'local', '--parent', 'land', '--quota', '4 MiB')
    stack.sql("INSERT INTO role_grant (chapter_id, person_id, role) SELECT c.id, p.id, 3 FROM chapter c, person p"
              " WHERE c.slug = %s AND p.uid IN ('jena-board', 'jena-chair')", slug)
    d = stack.daemon({'uploads_per_person': '2', 'uploads_per_chapter': '3'}, name='scarce')
    d.slug = slug
    yield d
    d.stop()


def test_space_is_set_aside_and_given_back(scarce, stack):
    anna = scarce.client('jena-board')
    root = f'/dav/files/{scarce.slug}/'
    first = Pieces(anna, root + 'first', 3 * MIB)
    assert first.answer.status == 201, first.answer
    assert Pieces(anna, root + 'second', 2 * MIB).answer.status == 507
    assert anna.put(root + 'put', os.urandom(2 * MIB)).status == 507, 'reserved is reserved'
    assert first.end().status == 204
    second = Pieces(anna, root + 'second', 3 * MIB)
    assert second.answer.status == 201
    send(second, BODY)
    space = Space(stack, scarce.slug)
    assert space() == 3 * MIB
    assert Pieces(anna, root + 'third', 2 * MIB).answer.status == 507
    assert anna.put(root + 'put', os.urandom(MIB // 2)).status == 201, 'nothing is set aside any more'


def test_how_many_may_be_unfinished(scarce):
    anna, chair = scarce.client('jena-board'), scarce.client('jena-chair')
    root = f'/dav/files/{scarce.slug}/'
    mine = [Pieces(anna, f'{root}n{i}', 10) for i in range(3)]
    assert [u.answer.status for u in mine] == [201, 201, 429]
    theirs = [Pieces(chair, f'{root}c{i}', 10) for i in range(2)]
    assert [u.answer.status for u in theirs] == [201, 429]
    assert mine[0].add(0, b'0123456789').status == 204
    again = Pieces(anna, root + 'n2', 10)
    assert again.answer.status == 201
    for upload in (mine[1], theirs[0], again):
        assert upload.end().status == 204


def test_what_nobody_goes_on_with_ends(stack, anna, box):
    """Its files go, its space is free; a piece that another document has too stays."""
    upload = Pieces(anna, box + 'x', len(BODY))
    kept, own = os.urandom(200_000), os.urandom(MIB)
    assert upload.add(0, kept).status == 204
    assert anna.put(box + 'kept', kept).status == 201
    before = files_of(stack)
    assert upload.add(len(kept), own).status == 204
    [new] = files_of(stack) - before
    name = upload.href.rpartition('/')[2]
    assert stack.sql('SELECT 1 FROM quota_lease l JOIN upload u ON u.lease_id = l.id WHERE u.name = %s', name)
    stack.sql("UPDATE upload SET expires = now() - interval '1 second' WHERE name = %s", name)
    assert upload.at() is None and upload.add(len(kept) + MIB, BODY[len(kept) + MIB:]).status == 404
    stack.sql("UPDATE job_run SET started = now() - interval '1 hour', finished = now() - interval '1 hour' WHERE name = 'uploads_clear'")
    wait_for(lambda: not stack.sql('SELECT 1 FROM upload WHERE name = %s', name), 120, 'the job')
    assert not new.exists() and anna.get(box + 'kept').body == kept
    assert not stack.sql('SELECT 1 FROM upload_part p WHERE NOT EXISTS (SELECT FROM upload u WHERE u.id = p.upload_id)')


def test_through_the_page(browser, anna, box):
    board = browser('jena-board')
    board.get('/c/jena/')
    page = '/c/jena/uploads/files/' + box.removeprefix('/dav/files/jena/') + 'film'
    url = board.url
    ask = board.session.request
    head = {**TUS, 'Upload-Length': str(len(BODY)), 'Accept': 'application/json'}
    assert ask('POST', url + page, headers=head).status_code == 403, 'without the token'
    head['X-Form-Token'] = board.token
    begun = ask('POST', url + page, headers=head)
    assert begun.status_code == 201, begun.text
    href = begun.headers['Location']
    assert href.startswith('/c/jena/uploads/')
    piece = {**PIECE, 'X-Form-Token': board.token, 'Upload-Offset': '0', 'Accept': 'application/json'}
    assert ask('PATCH', url + href, data=BODY, headers={**piece, 'X-Form-Token': 'x'}).status_code == 403
    assert ask('PATCH', url + href, data=BODY, headers={**piece, 'Sec-Fetch-Site': 'cross-site'}).status_code == 403
    assert ask('PATCH', url + href, data=BODY[:MIB], headers=piece).status_code == 204
    assert ask('HEAD', url + href, headers=TUS).headers['Upload-Offset'] == str(MIB)
    assert ask('PATCH', url + href, data=BODY[MIB:], headers={**piece, 'Upload-Offset': str(MIB)}).status_code == 204
    assert anna.get(box + 'film').body == BODY
    assert ask('DELETE', url + href, headers={**TUS, 'X-Form-Token': board.token}).status_code == 204


def test_what_is_offered(anna, box):
    answer = anna('OPTIONS', box)
    assert answer.get('Tus-Version') == '1.0.0' and answer.get('Tus-Extension') == 'creation,expiration,termination'
    assert int(answer.get('Tus-Max-Size')) >= MIB


def test_the_example_with_curl(anna, box, server, tmp_path):
    """packaging/examples/upload.sh, ended after the first of its pieces and called again."""
    file = tmp_path / 'film'
    file.write_bytes(BODY)
    script = [REPO / 'packaging/examples/upload.sh', file, server.url + box + 'film']
    env = {**os.environ, 'USERPASS': 'jena-board:demo', 'PIECE': '1', 'TRIES': '3'}
    upload = Pieces(anna, box + 'film', len(BODY))
    assert upload.add(0, BODY[:MIB]).status == 204
    (tmp_path / 'film.upload').write_text(upload.href)
    done = subprocess.run(script, env=env, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0 and done.stdout == f'done: {len(BODY)} bytes\n', done
    assert anna.get(box + 'film').body == BODY and not (tmp_path / 'film.upload').exists()
    done = subprocess.run(script, env={**env, 'USERPASS': 'erfurt-member:demo'}, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1 and 'cannot begin: 403' in done.stderr
