"""chapterctl verify: clean under use, and every kind of damage found. (F10)"""
import hashlib
import os
import time

import pytest

from lib.client import quote

SMALL, LARGE = b'small ' * 100, os.urandom(300_000)


@pytest.fixture(scope='module')
def used(house):
    """A house in which documents have been stored, the daemon still running. Paths by name."""
    daemon = house.daemon(name='verify')
    board = daemon.client('jena-board')
    base = '/dav/files/jena/verify/'
    assert board.mkcol(base).status == 201
    assert board.put(base + 'small.txt', SMALL).status == 201
    assert board.put(base + 'large.bin', LARGE).status == 201
    assert board.put(base + 'twin.bin', LARGE).status == 201
    assert board.put(base + 'empty', b'').status == 201
    assert board.mkcol(base + 'sub/').status == 201
    assert board.put(base + quote('sub/Größe.txt'), b'x').status == 201
    assert board.put(base + 'old.txt', b'before').status == 201
    assert daemon.client('jena-chair').put(base + 'old.txt', b'now').status == 204
    assert board.mkcol(base + 'gone/').status == 201
    assert board.put(base + 'gone/inside.txt', b'y' * 999).status == 201
    assert board.delete(base + 'gone/').status == 204
    assert board.copy(base + 'large.bin', base + 'copy.bin').status == 201
    assert board.move(base + 'copy.bin', base + 'moved.bin').status == 201
    yield house
    daemon.stop()


def stored_file(house, content):
    """The file of the store with this content."""
    digest = hashlib.sha256(content).hexdigest()
    found = [p for p in (house.store / 'objects').rglob('*')
             if p.is_file() and hashlib.sha256(p.read_bytes()).hexdigest() == digest]
    assert len(found) == 1
    return found[0]


def node(house, name):
    return house.sql('SELECT id FROM dav_node WHERE name = %s AND NOT gone', name)[0][0]


def damage(house):
    """What it finds, after it was clean before: (kind, chapter) of each."""
    found = house.json('verify', code=1)['damage']
    for line in found:
        assert list(line) == ['kind', 'chapter', 'id', 'text'] and line['text']
    text = house('verify')
    assert text.code == 1
    assert sum(line.startswith('DAMAGE ') for line in text.out.splitlines()) == len(found)
    return found


def kinds(found):
    return {(line['kind'], line['chapter']) for line in found}


@pytest.fixture
def clean(used):
    """Sound before the test and after it."""
    assert used('verify').code == 0
    yield used
    answer = used('verify')
    assert answer.code == 0, answer


def test_nothing_is_damaged(clean):
    answer = clean.json('verify')
    assert list(answer) == ['ok', 'contents', 'chapters', 'nodes', 'rubbish', 'recounted', 'damage']
    assert list(answer['contents']) == ['inline', 'stored', 'bytes']
    assert answer['contents']['stored'] == 1  # two documents, a copy, one content
    assert answer['contents']['inline'] >= 3
    assert answer['contents']['bytes'] >= len(LARGE) + len(SMALL)
    assert answer['chapters'] == clean.sql('SELECT count(*) FROM chapter')[0][0]
    assert answer['nodes'] > 10
    assert answer['rubbish'] == {'files': 0, 'bytes': 0, 'old': 0}
    assert answer['damage'] == []
    assert 'Nothing is damaged.' in clean('verify').out


def test_archived_chapters_are_verified_too(clean):
    before = clean.json('verify')
    for slug in ('jena-nord', 'bildung'):
        assert clean('chapter', 'archive', slug).code == 0
    after = clean.json('verify')
    for slug in ('jena-nord', 'bildung'):
        assert clean('chapter', 'archive', slug, '--undo').code == 0
    assert after == before


@pytest.mark.parametrize('harm, says', [
    (lambda b: b[:1000] + bytes([b[1000] ^ 1]) + b[1001:], 'is not what was stored'),
    (lambda b: b[:-1], 'has 299999 bytes instead of 300000'),
    (lambda b: b + b'x', 'has 300001 bytes instead of 300000'),
    (lambda b: b'', 'has 0 bytes instead of 300000'),
    (None, 'is missing in the store'),
], ids=['bit', 'short', 'long', 'empty', 'missing'])
def test_F10_files_of_the_store(clean, harm, says):
    path = stored_file(clean, LARGE)
    mode = path.stat().st_mode
    kept = path.with_name('kept-by-the-test')
    path.rename(kept)
    try:
        if harm:
            path.write_bytes(harm(LARGE))
            clean.own(path)
        found = damage(clean)
    finally:
        path.unlink(missing_ok=True)
        kept.rename(path)
        path.chmod(mode & 0o777)
    assert kinds(found) == {('stored', 'jena')}
    assert says in found[0]['text']
    assert hashlib.sha256(LARGE).hexdigest() in found[0]['text']
    assert str(node(clean, 'twin.bin')) in found[0]['text']


def test_F10_files_that_belong_to_nothing_are_rubbish(clean):
    known = stored_file(clean, LARGE)
    content = os.urandom(1000)
    name = hashlib.sha256(content).hexdigest()
    relative = str(known.relative_to(clean.store / 'objects')).replace(
        hashlib.sha256(LARGE).hexdigest()[:2], name[:2], 1)
    path = (clean.store / 'objects' / relative).parent / (
        name if len(known.name) == 64 else name[64 - len(known.name):])
    made = not path.parent.exists()
    path.parent.mkdir(exist_ok=True)
    clean.own(path.parent)
    path.write_bytes(content)
    clean.own(path)
    try:
        assert clean.json('verify')['rubbish'] == {'files': 1, 'bytes': 1000, 'old': 0}
        old = time.time() - 8 * 86400
        os.utime(path, (old, old))
        assert clean.json('verify')['rubbish'] == {'files': 1, 'bytes': 1000, 'old': 1}
        assert 'older' in clean('verify').out
    finally:
        path.unlink()
        if made:
            path.parent.rmdir()


def harmed(house, harm, undo):
    for statement in [harm] if isinstance(harm, str) else harm:
        house.sql(statement)
    try:
        return damage(house)
    finally:
        for statement in [undo] if isinstance(undo, str) else undo:
            house.sql(statement)


SMALL_NODE = "(SELECT id FROM dav_node WHERE name = 'small.txt' AND NOT gone)"
SUB_NODE = "(SELECT id FROM dav_node WHERE name = 'sub' AND NOT gone)"
SMALL_BLOB = "(SELECT blob_id FROM dav_node WHERE name = 'small.txt' AND NOT gone)"
LARGE_BLOB = "(SELECT blob_id FROM dav_node WHERE name = 'large.bin' AND NOT gone)"
JENA = "(SELECT id FROM chapter WHERE slug = 'jena')"


@pytest.mark.parametrize('kind, harm, undo', [
    ('wrong_hash', f"UPDATE blob SET bytes = overlay(bytes PLACING 'S' FROM 1) WHERE id = {SMALL_BLOB}",
     f"UPDATE blob SET bytes = overlay(bytes PLACING 's' FROM 1) WHERE id = {SMALL_BLOB}"),
    ('no_parts', ['CREATE TABLE kept AS SELECT * FROM blob_part', 'DELETE FROM blob_part'],
     ['INSERT INTO blob_part SELECT * FROM kept', 'DROP TABLE kept']),
    ('stored', f'UPDATE blob_part SET size = size - 1 WHERE blob_id = {LARGE_BLOB}',
     f'UPDATE blob_part SET size = size + 1 WHERE blob_id = {LARGE_BLOB}'),
    ('count', f'UPDATE quota SET used = used + 1 WHERE chapter_id = {JENA}',
     f'UPDATE quota SET used = used - 1 WHERE chapter_id = {JENA}'),
    ('count', f'INSERT INTO quota_delta (chapter_id, bytes) VALUES ({JENA}, -4711)',
     'DELETE FROM quota_delta WHERE bytes = -4711'),
    ('etag', f"UPDATE dav_node SET etag = reverse(etag) WHERE id = {SMALL_NODE}",
     f"UPDATE dav_node SET etag = reverse(etag) WHERE id = {SMALL_NODE}"),
    ('root', f'UPDATE dav_node SET root_id = root_id + 1000000 WHERE id = {SUB_NODE}',
     f'UPDATE dav_node SET root_id = root_id - 1000000 WHERE id = {SUB_NODE}'),
    ('policy', f'UPDATE dav_node SET policy_id = (SELECT policy_id FROM dav_node d WHERE d.chapter_id = {JENA}'
               f" AND d.name = 'Vorstand') WHERE id = {SMALL_NODE}",
     f'UPDATE dav_node SET policy_id = (SELECT policy_id FROM dav_node WHERE id = {SUB_NODE}) WHERE id = {SMALL_NODE}'),
    ('policy_shared', f'UPDATE dav_node SET policy_id = (SELECT policy_id FROM dav_node d WHERE d.chapter_id = {JENA}'
                      f" AND d.name = 'Vorstand') WHERE id = {SUB_NODE}",
     f'UPDATE dav_node SET policy_id = (SELECT policy_id FROM dav_node WHERE id = {SMALL_NODE}) WHERE id = {SUB_NODE}'),
    ('policy_owner', f'UPDATE dav_node SET policy_id = policy_id + 1000000 WHERE id = {SUB_NODE}',
     f'UPDATE dav_node SET policy_id = policy_id - 1000000 WHERE id = {SUB_NODE}'),
    ('name', f"UPDATE dav_node SET name_key = 'SMALL.TXT' WHERE id = {SMALL_NODE}",
     f"UPDATE dav_node SET name_key = 'small.txt' WHERE id = {SMALL_NODE}"),
    ('parent_missing', f'UPDATE dav_node SET parent_id = parent_id + 1000000 WHERE id = {SUB_NODE}',
     f'UPDATE dav_node SET parent_id = parent_id - 1000000 WHERE id = {SUB_NODE}'),
    ('parent_gone', f"UPDATE dav_node SET gone = true, gone_at = now(), collection = false WHERE id = {SUB_NODE}",
     "UPDATE dav_node SET gone = false, gone_at = NULL, collection = true WHERE name = 'sub'"),
    ('detached', f"UPDATE dav_node SET parent_id = id WHERE id = {SUB_NODE}",
     f"UPDATE dav_node SET parent_id = (SELECT parent_id FROM dav_node WHERE id = {SMALL_NODE}) WHERE id = {SUB_NODE}"),
    ('version_content', 'UPDATE dav_version SET blob_id = blob_id + 1000000', 'UPDATE dav_version SET blob_id = blob_id - 1000000'),
    ('version_size', 'UPDATE dav_version SET size = 9',
     'UPDATE dav_version SET size = 6'),
    ('version_policy', 'UPDATE dav_version SET policy_id = policy_id + 1000000', 'UPDATE dav_version SET policy_id = policy_id - 1000000'),
    ('version_owner', f"UPDATE dav_version SET node_id = {SUB_NODE}",
     "UPDATE dav_version SET node_id = (SELECT id FROM dav_node WHERE name = 'old.txt' AND NOT gone)"),
    ('trash', 'UPDATE dav_trash SET node_id = ' + SMALL_NODE, "UPDATE dav_trash t SET node_id = n.id FROM dav_node n JOIN dav_node b ON b.id = n.parent_id"
     " AND b.kind = 'trash' WHERE t.name = 'gone'"),
    ('content_owner', f'UPDATE dav_node SET blob_id = blob_id + 1000000 WHERE id = {SMALL_NODE}',
     f'UPDATE dav_node SET blob_id = blob_id - 1000000 WHERE id = {SMALL_NODE}'),
], ids=lambda value: value if isinstance(value, str) and ' ' not in value else '')
def test_damage_in_the_database(clean, kind, harm, undo):
    found = harmed(clean, harm, undo)
    assert (kind, 'jena') in kinds(found), found


def test_a_chapter_below_itself(clean):
    found = harmed(clean, "UPDATE chapter SET parent_id = id WHERE slug = 'bildung'",
                   "UPDATE chapter SET parent_id = (SELECT id FROM chapter WHERE slug = 'land') WHERE slug = 'bildung'")
    assert ('cycle', 'bildung') in kinds(found)


def test_counts_can_be_put_right(clean):
    clean.sql(f'UPDATE quota SET used = used + 12345 WHERE chapter_id = {JENA}')
    assert '--recount' in damage(clean)[0]['text']
    answer = clean.json('verify', '--recount')
    assert answer['recounted'] == 1 and answer['damage'] == []
    assert clean.json('verify', '--recount')['recounted'] == 0


def test_what_belongs_to_a_person_is_verified_too(clean):
    person = clean.person('owner')
    blob = clean.sql('INSERT INTO blob (person_id, sha256, size, bytes) VALUES (%s, sha256(%s), 3, %s) RETURNING id',
                     person, b'abc', b'abc')[0][0]
    policy = clean.sql('INSERT INTO dav_policy (person_id, read_level, write_level) VALUES (%s, 9, 9) RETURNING id',
                       person)[0][0]
    root = clean.sql("INSERT INTO dav_node (root_id, person_id, policy_id, kind, collection, name, name_key)"
                     " VALUES (currval('dav_node_id_seq'), %s, %s, 'folder', true, 'own', 'own') RETURNING id",
                     person, policy)[0][0]
    clean.sql('INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, name, name_key, blob_id,'
              " size, etag) VALUES (%s, %s, %s, %s, 'file', false, 'mine', 'mine', %s, 3,"
              " left(encode(sha256('abc'), 'hex'), 32))", root, root, person, policy, blob)
    try:
        inline = clean.json('verify')['contents']['inline']
        clean.sql("UPDATE blob SET bytes = 'abd' WHERE id = %s", blob)
        assert kinds(damage(clean)) == {('wrong_hash', None)}
        clean.sql("UPDATE blob SET bytes = 'abc' WHERE id = %s", blob)
        clean.sql('UPDATE dav_node SET size = 4 WHERE person_id = %s AND NOT collection', person)
        assert kinds(damage(clean)) == {('size', None)}
    finally:
        clean.sql('DELETE FROM dav_node WHERE person_id = %s', person)
        clean.sql('DELETE FROM dav_policy WHERE person_id = %s', person)
        clean.sql('DELETE FROM blob WHERE person_id = %s', person)
    assert clean.json('verify')['contents']['inline'] == inline - 1


def test_a_store_that_is_not_there(used):
    missing = used.dir / 'no-store'
    answer = used('verify', conf=used.conf_with(blob_dir=missing))
    assert answer.code == 1 and str(missing) in answer.err
    assert not missing.exists()
