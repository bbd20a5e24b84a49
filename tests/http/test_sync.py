"""sync-collection (RFC 6578) on folders and its tokens: decisions.md 0.2, clients.md cl-D1 to cl-D8."""
import contextlib
import threading

import psycopg2
import pytest

from lib.client import sync_body


def changes(client, target, token='', **more):
    """What a report tells: ({href: etag or None when gone}, the next token)."""
    status = client.sync(target, token, **more).multistatus()
    found = {}
    for href, entry in status.entry.items():
        if entry.status is not None:
            assert entry.status in (404, 507), entry.status
            found[href] = None
        else:
            found[href] = entry.prop['{DAV:}getetag'][1].text
    return found, status.token


def test_cl_D1_first_and_next(stack, anna, box):
    etag = anna.put(box + 'a').etag
    anna.mkcol(box + 'd/')
    stack.settle()
    all_, token = changes(anna, box)
    assert set(all_) == {box + 'a', box + 'd/'} and all_[box + 'a'] == etag
    assert token.startswith('urn:chapterd:sync:')
    assert token == anna.props(box, 'sync-token').text('sync-token')
    assert changes(anna, box, token)[0].keys() <= all_.keys()
    anna.put(box + 'b', b'new')
    anna.delete(box + 'a')
    later, token = changes(anna, box, token)
    assert later[box + 'a'] is None and later[box + 'b']
    assert set(changes(anna, box)[0]) == {box + 'b', box + 'd/'}


@pytest.mark.parametrize('depth', ['0', '1', None])
def test_cl_D1_depths(anna, box, depth):
    anna.put(box + 'a')
    answer = anna('REPORT', box, sync_body(), Depth=depth)
    assert answer.status == 207
    assert anna('REPORT', box, sync_body(), Depth='infinity').status == 207
    assert anna('REPORT', box, sync_body(level='infinite'), Depth='0').status == 403


def test_a_quiet_collection_keeps_its_token(stack, server, anna, alice, box, den):
    """Writes elsewhere, in this chapter and in others, do not move it."""
    anna.put(box + 'a')
    stack.settle()
    token = changes(anna, box)[1]
    for _ in range(3):
        alice.put(den + 'elsewhere', b'x')
        server.client('erfurt-member').put('/dav/files/erfurt/Mitglieder/elsewhere', b'y')
    assert anna.props(box, 'sync-token').text('sync-token') == token
    server.client('erfurt-member').delete('/dav/files/erfurt/Mitglieder/elsewhere')


def test_every_kind_of_change_is_told(anna, box):
    anna.put(box + 'f')
    anna.mkcol(box + 'd/')
    anna.put(box + 'd/g')

    def told(action):
        token = changes(anna, box)[1]
        assert action().status in (200, 201, 204, 207)
        return changes(anna, box, token)[0]

    assert box + 'f' in told(lambda: anna.put(box + 'f', b'new'))
    told(lambda: anna.proppatch(box + 'f', 'x', 'v'))  # or not: its content is the same (RFC 6578, 3.5.1)
    moved = told(lambda: anna.move(box + 'f', box + 'h'))
    assert moved[box + 'f'] is None and moved[box + 'h']
    assert told(lambda: anna.copy(box + 'h', box + 'i'))[box + 'i']
    assert told(lambda: anna.lock(box + 'new'))[box + 'new']
    gone = told(lambda: anna.delete(box + 'd/'))
    assert box + 'd/' in gone and gone[box + 'd/'] is None
    back = told(lambda: anna.put(box + 'f', b'again'))
    assert back[box + 'f']


def test_deleted_and_made_again(anna, box):
    anna.put(box + 'f', b'one')
    token = changes(anna, box)[1]
    anna.delete(box + 'f')
    etag = anna.put(box + 'f', b'two').etag
    assert changes(anna, box, token)[0] == {box + 'f': etag}


def test_cl_D8_limit(anna, box):
    """Cut with 507 for the collection; the token leads on, and together nothing is missing."""
    for i in range(25):
        anna.put(f'{box}f{i:02}')
    found, token, rounds = {}, '', 0
    while rounds < 10:
        answer = anna.sync(box, token, limit=10)
        status = answer.multistatus()
        cut = box in status.entry
        if cut:
            assert status.entry[box].status == 507
        page = {h: e for h, e in status.entry.items() if h != box}
        assert len(page) <= 10
        found.update(page)
        token, rounds = status.token, rounds + 1
        if not cut:
            break
    assert len(found) == 25 and rounds == 3


def test_many_at_once(stack, anna, box):
    """More than are taken from the database together: each once, whether in one answer or in several."""
    anna.put(box + 'a')
    anna.put(box + 'gone')
    anna.delete(box + 'gone')
    stack.sql("""INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key, etag, blob_id, size)
                 SELECT n.root_id, n.parent_id, n.chapter_id, n.policy_id, n.kind, false, 'm' || i, 'm' || i, 'e' || i, n.blob_id, 1
                   FROM dav_node n, generate_series(1, 2500) i
                  WHERE n.name = 'a' AND n.parent_id = (SELECT id FROM dav_node WHERE name = %s AND collection)""", box.split('/')[-2])
    all_, token = changes(anna, box)
    names = {f'{box}m{i}' for i in range(1, 2501)} | {box + 'a'}
    assert set(all_) == names, 'and nothing of what is gone'
    found, last, answers = {}, '', 0
    while answers == 0 or box in part:
        part, last = changes(anna, box, last, limit=1100)
        assert not found.keys() & part.keys() - {box}
        found.update(part)
        answers += 1
    assert set(found) - {box} == names and answers == 3
    stack.sql("DELETE FROM dav_node WHERE etag = 'e7' AND name = 'm7'")
    stack.sql("UPDATE dav_node SET changed = pg_current_xact_id() WHERE name ~ '^m[0-9]+$' AND etag ~ '^e[0-9]+$'")
    assert set(changes(anna, box, token)[0]) | {box + 'a'} == names - {box + 'm7'}, 'all by one transaction'


def test_open_transactions_hide_nothing(server, anna, box):
    """A change that commits late is told later: the token does not run ahead of it."""
    anna.put(box + 'early')
    anna.put(box + 'f')
    db = psycopg2.connect(server.stack.settings()['admin_database'])
    with contextlib.closing(db), db.cursor() as cursor:
        cursor.execute('SET search_path = chapterd')
        cursor.execute('SET ROLE chapterd_owner')
        cursor.execute('UPDATE dav_node SET etag = %s, changed = pg_current_xact_id() WHERE name = %s'
                       ' AND parent_id = (SELECT id FROM dav_node WHERE name = %s)',
                       ('0' * 32, 'f', box.rstrip('/').rpartition('/')[2]))
        anna.put(box + 'late')
        token = changes(anna, box)[1]
        db.commit()
    assert box + 'f' in changes(anna, box, token)[0]


def test_a_mirror_follows_busy_writers(server, anna, box):
    """What a client keeps by tokens alone equals the listing at the end."""
    stop = threading.Event()
    problems = []

    def write(n):
        client = server.client('jena-board')
        i = 0
        while not stop.is_set():
            i += 1
            name = f'{box}w{n}-{i % 7}'
            answer = client.delete(name) if i % 5 == 4 else client.put(name, b'%d' % i)
            if answer.status not in (201, 204, 404):
                problems.append(answer)

    threads = [threading.Thread(target=write, args=(n,)) for n in range(4)]
    for t in threads:
        t.start()
    mirror, token = {}, ''
    for _ in range(40):
        page, token = changes(anna, box, token)
        mirror.update(page)
    stop.set()
    for t in threads:
        t.join()
    page, token = changes(anna, box, token)
    mirror.update(page)
    assert not problems
    truth = {h: e.text('getetag') for h, e in anna.listing(box).items()}
    assert {h: e for h, e in mirror.items() if e} == truth


def test_what_one_may_not_read_is_not_told(server, anna, alice):
    """/dav/files/jena/ has a folder of the board in it: members are not told of it."""
    full = set(changes(anna, '/dav/files/jena/')[0])
    mine = set(changes(alice, '/dav/files/jena/')[0])
    assert '/dav/files/jena/Vorstand/' in full and '/dav/files/jena/Vorstand/' not in mine
    assert '/dav/files/jena/Mitglieder/' in mine


def test_on_what_has_no_changes(alice, den):
    alice.put(den + 'f')
    answer = alice.sync(den + 'f')
    assert answer.status == 403 and answer.error() == ['supported-report'], answer
    assert alice.sync(den + 'none').status == 404
