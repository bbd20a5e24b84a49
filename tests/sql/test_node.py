"""The tree: finding, listing, writing, moving, copying, deleting."""
import threading

import psycopg2
import pytest

from database import Session

LOST_RACE = 'CD001'


def lost(action):
    with pytest.raises(psycopg2.Error) as caught:
        action()
    assert caught.value.pgcode in (LOST_RACE, '23505')


def test_path_gives_the_nodes_along_it(chapter):
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        b = c.make(s, a, 'b')
        f = c.put(s, b, 'f.txt', b'hello').id
        assert [r.id for r in c.path(s, 'a', 'b', 'f.txt')] == [c.root, a, b, f]
        last = c.path(s, 'a', 'b', 'f.txt')[-1]
        assert bytes(last.bytes) == b'hello' and last.size == 5 and (last.read_level, last.write_level) == (1, 3)
        assert [r.id for r in c.path(s, 'a', 'x')] == [c.root, a]
        assert [r.id for r in c.path(s, 'x', 'a')] == [c.root]
        assert [r.id for r in c.path(s)] == [c.root]
        assert s.q('node_path', 'no-such', 'folder', [], False) == []
    assert s.q('node_path', c.slug, 'folder', [], False) == []  # no scope any more


def test_a06_names_are_found_in_any_normal_form(chapter):
    c = chapter()
    with c.tx() as s:
        made = c.put(s, c.root, 'Bu\u0308ro.txt').id           # decomposed, as macOS sends it
        assert c.path(s, 'B\u00fcro.txt')[-1].id == made
        assert c.path(s, 'Bu\u0308ro.txt')[-1].name == 'Bu\u0308ro.txt'  # listed as sent
    with c.tx() as s:
        lost(lambda: c.put(s, c.root, 'B\u00fcro.txt'))
        s.pg.rollback()


def test_children_come_in_pages_by_name(chapter):
    c = chapter()
    with c.tx() as s:
        for i in range(7):
            c.put(s, c.root, f'n{i}')
        first = s.q('node_children', c.root, 0, '', '', 3)
        assert [r.name for r in first] == ['n0', 'n1', 'n2']
        assert [r.name for r in s.q('node_children', c.root, 0, '', first[-1].name, 10)] == ['n3', 'n4', 'n5', 'n6']
        assert [r.name for r in s.q('node_several', c.root, 0, '', ['n5', 'zz', 'n1'], 0)] == ['n1', 'n5']


def test_write_only_over_what_was_seen(chapter):
    c = chapter()
    with c.tx() as s:
        f = c.put(s, c.root, 'f', b'one')
        etag = c.path(s, 'f')[-1].etag
    with c.tx() as s:
        assert c.put(s, c.root, 'f', b'two', f.id, etag).id == f.id
    with c.tx() as s:
        lost(lambda: c.put(s, c.root, 'f', b'three', f.id, etag))
        s.pg.rollback()
    with c.tx() as s:
        assert bytes(c.path(s, 'f')[-1].bytes) == b'two'


def test_a16_a17_parallel_writers_one_wins(server, chapter):
    c = chapter()
    with c.tx() as s:
        f = c.put(s, c.root, 'f', b'zero')
        etag = c.path(s, 'f')[-1].etag
    won = []

    def work(i):
        own = Session(server)
        try:
            with c.tx(db=own):
                if i % 2:
                    c.put(own, c.root, 'f', b'%d' % i, f.id, etag)
                else:
                    c.put(own, c.root, 'new', b'%d' % i)
            won.append(i % 2)
        except psycopg2.Error as e:
            assert e.pgcode in (LOST_RACE, '23505')
        own.close()

    c.standing()
    threads = [threading.Thread(target=work, args=(i,)) for i in range(24)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert sorted(won) == [0, 1]


def test_same_content_is_kept_once_in_a_chapter(chapter):
    c, d = chapter(), chapter()
    with c.tx() as s:
        for i in range(3):
            c.put(s, c.root, f'f{i}', b'same')
        assert s.one('SELECT count(*) FROM blob') == 1
    with d.tx() as s:
        d.put(s, d.root, 'f', b'same')
        assert s.one('SELECT count(*) FROM blob') == 1
    assert c.space().used == 12  # what each name holds counts


def test_content_in_the_store_has_parts(chapter):
    c = chapter()
    with c.tx() as s:
        f = c.put(s, c.root, 'f', b'big', inline=False)
        last = c.path(s, 'f')[-1]
        assert last.bytes is None and last.sha256 is not None
        assert [p.size for p in s.q('blob_parts', last.blob_id)] == [3]
        # The same in the row once the setting has become larger: then the file is needed no more.
        c.put(s, c.root, 'g', b'big')
        assert bytes(s.q('node_content', f.id)[0].bytes) == b'big'
        assert s.q('blob_parts', last.blob_id) == []


def test_remove_leaves_a_name_and_frees_the_space(chapter):
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        b = c.make(s, a, 'b')
        c.put(s, a, 'f', b'12345')
        c.put(s, b, 'g', b'123')
    assert c.space().used == 8
    with c.tx(2) as s:
        s.q('node_remove', a, None)
    assert c.space().used == 0 and c.recount().counted == c.recount().stored == 0
    with c.tx() as s:
        assert len(c.path(s, 'a', 'f')) == 1 and c.names(s, c.root) == []
        assert [g.id for g in s.q('node_graves')] == [a]
        assert s.q('verify_nodes') == [] and s.q('verify_detached') == []
        lost(lambda: s.q('node_remove', a, None))
        s.pg.rollback()


def test_burial_removes_what_lies_below_the_deepest_first(chapter):
    c = chapter()
    with c.tx() as s:
        top = up = c.make(s, c.root, 'top')
        for i in range(5):
            up = c.make(s, up, f'd{i}')
            c.put(s, up, 'f')
        s.q('node_remove', top, None)
    with c.tx() as s:
        assert s.q('node_bury', top, 4)[0].n == 4
        # What is left hangs together: nobody's parent is missing.
        assert s.one('SELECT count(*) FROM dav_node n WHERE parent_id IS NOT NULL'
                     ' AND NOT EXISTS (SELECT FROM dav_node p WHERE p.id = n.parent_id)') == 0
        assert s.q('node_bury', top, 100)[0].n == 6
        assert s.q('node_graves') == [] and s.one('SELECT count(*) FROM dav_node') == 2


def test_moved_node_keeps_its_id_and_leaves_a_tombstone(chapter):
    c = chapter()
    with c.tx() as s:
        a, b = c.make(s, c.root, 'a'), c.make(s, c.root, 'b')
        f = c.put(s, a, 'f', b'x')
        etag = c.path(s, 'a', 'f')[-1].etag
        s.q('node_move', f.id, etag, b, 'g', 'g')
        assert c.path(s, 'b', 'g')[-1].id == f.id and len(c.path(s, 'a', 'f')) == 2
        assert s.sql('SELECT parent_id, name FROM dav_node WHERE gone') == [(a, 'f')]
        s.q('node_move', f.id, etag, b, 'g', 'g')  # to itself: no tombstone of a living name
        assert s.one('SELECT count(*) FROM dav_node WHERE gone') == 1
        c.put(s, a, 'f', b'y')
        lost(lambda: s.q('node_move', f.id, etag, a, 'f', 'f'))
        s.pg.rollback()


def test_what_is_not_where_it_was_found_is_left_alone(chapter):
    """Somebody moved it meanwhile: to where others decide, or to the trash."""
    c = chapter()
    with c.tx() as s:
        a, b = c.make(s, c.root, 'a'), c.make(s, c.root, 'b')
        f = c.put(s, a, 'f', b'x')
        etag = c.path(s, 'a', 'f')[-1].etag
        s.q('node_hold', f.id, a, 'f')
    for change in (lambda s: s.q('node_move', f.id, etag, b, 'f', 'f'), lambda s: s.q('node_move', f.id, etag, a, 'g', 'g'),
                   lambda s: s.q('node_trash', f.id, etag, None), lambda s: s.q('node_remove', f.id, etag)):
        for late in (lambda s: s.q('node_hold', f.id, a, 'f'), lambda s: c.put(s, a, 'f', b'y', f.id, etag)):
            with c.tx() as s:
                change(s)
                lost(lambda: late(s))
                s.pg.rollback()


def test_a12_nothing_moves_into_itself(chapter):
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        b = c.make(s, a, 'b')
    with c.tx(2) as s:
        lost(lambda: s.q('node_move', a, None, b, 'x', 'x'))
        s.pg.rollback()
    with c.tx(2) as s:
        lost(lambda: s.q('node_move', a, None, a, 'x', 'x'))
        s.pg.rollback()


def test_crossing_moves_make_no_circle(server, chapter):
    """/a to /b/a and /b to /a/b at the same time: the tree lock lets one of them find the other done."""
    for _ in range(10):
        c = chapter()
        with c.tx() as s:
            a, b = c.make(s, c.root, 'a'), c.make(s, c.root, 'b')
        gate = threading.Barrier(2)

        def move(what, where, name):
            own = Session(server)
            gate.wait()
            try:
                with c.tx(2, own):
                    own.q('node_move', what, None, where, name, name)
            except psycopg2.Error as e:
                assert e.pgcode in (LOST_RACE, '23505')
            own.close()

        threads = [threading.Thread(target=move, args=m) for m in ((a, b, 'a'), (b, a, 'b'))]
        [t.start() for t in threads]
        [t.join() for t in threads]
        with c.tx() as s:
            assert s.q('verify_detached') == []


def levels(c, s, *names):
    last = c.path(s, *names)[-1]
    return last.read_level, last.write_level


def test_move_takes_the_levels_of_its_place_unless_it_has_its_own(chapter):
    c = chapter()
    with c.tx() as s:
        public, board = c.make(s, c.root, 'public', (0, 3)), c.make(s, c.root, 'board', (3, 3))
        plain = c.make(s, public, 'plain')
        own = c.make(s, plain, 'own', (2, 2))
        c.put(s, plain, 'f')
        c.put(s, own, 'g')
    with c.tx(2) as s:
        s.q('node_move', plain, None, board, 'plain', 'plain')
        assert levels(c, s, 'board', 'plain') == levels(c, s, 'board', 'plain', 'f') == (3, 3)
        assert levels(c, s, 'board', 'plain', 'own') == levels(c, s, 'board', 'plain', 'own', 'g') == (2, 2)
        assert s.q('verify_nodes') == [] and s.q('verify_policies') == []


def test_copy_takes_everything_along(chapter):
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        b = c.make(s, a, 'b')
        f = c.put(s, b, 'f', b'12345')
        s.sql("INSERT INTO dav_property (node_id, ns, name, chapter_id, value) VALUES (%s, 'n', 'p', %s, 'v')", (f.id, c.id))
        made = s.q('node_copy', a, c.root, 'copy', 'copy', True)[0]
        assert made.bytes == 5
        new = c.path(s, 'copy', 'b', 'f')
        assert new[1].id == made.id and bytes(new[-1].bytes) == b'12345' and new[-1].id != f.id
        assert new[-1].etag == c.path(s, 'a', 'b', 'f')[-1].etag
        assert s.sql('SELECT value FROM dav_property WHERE node_id = %s', (new[-1].id,)) == [('v',)]
        flat = s.q('node_copy', a, c.root, 'flat', 'flat', False)[0]
        assert flat.bytes == 0 and c.names(s, flat.id) == []
        assert s.q('node_copy', f.id, a, 'f2', 'f2', False)[0].bytes == 5
        assert s.q('verify_nodes') == []


def test_copy_into_itself_ends(chapter):
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        c.put(s, a, 'f')
        s.q('node_copy', a, a, 'again', 'again', True)
        assert c.names(s, a) == ['again', 'f'] and c.names(s, c.path(s, 'a', 'again')[-1].id) == ['f']


def test_copy_shows_nothing_to_more_people(chapter):
    c = chapter()
    with c.tx() as s:
        public, board = c.make(s, c.root, 'public', (0, 3)), c.make(s, c.root, 'board', (3, 3))
        a = c.make(s, board, 'a')
        secret = c.make(s, a, 'secret', (4, 4))
        open_ = c.make(s, a, 'open', (0, 3))
        c.put(s, secret, 'f')
        c.put(s, open_, 'g')
        s.q('node_copy', a, public, 'a', 'a', True)
        assert levels(c, s, 'public', 'a') == (0, 3)  # who copies the board's folder there means it
        assert levels(c, s, 'public', 'a', 'secret', 'f') == (4, 4)
        assert levels(c, s, 'public', 'a', 'open', 'g') == (0, 3)
        s.q('node_copy', a, board, 'b', 'b', True)
        assert levels(c, s, 'board', 'b', 'secret') == (4, 4)
        assert levels(c, s, 'board', 'b', 'open') == (3, 3)
        assert s.q('verify_policies') == [] and s.q('verify_nodes') == []


def test_copy_to_another_chapter_has_contents_of_its_own(chapter):
    c, d = chapter(), chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        c.put(s, a, 'f', b'12345')
        c.put(s, a, 'g', b'big', inline=False)
    with c.db.tx(f'{c.slug},{d.slug}', 2) as s:
        assert {p.size for p in s.q('node_parts', a)} == {3}
        made = s.q('node_copy', a, d.root, 'a', 'a', True)[0]
        s.q('node_adopt', made.id)
        s.q('quota_note', d.id, d.standing(), made.bytes)
    with d.tx() as s:
        assert bytes(d.path(s, 'a', 'f')[-1].bytes) == b'12345'
        assert [p.size for p in s.q('blob_parts', d.path(s, 'a', 'g')[-1].blob_id)] == [3]
        assert s.q('verify_nodes') == []
    assert d.space().used == 8 and d.recount().stored == 8


def test_tombstones_go_in_time_and_old_tokens_with_them(chapter):
    c = chapter()
    with c.tx() as s:
        f = c.put(s, c.root, 'f')
        etag = c.path(s, 'f')[-1].etag
        s.q('node_remove', f.id, etag)
        s.sql("UPDATE dav_node SET gone_at = now() - interval '100 days' WHERE gone")
        before = s.q('node_sync', c.root)[0]
    with c.tx() as s:
        assert s.q('tombstones_clear', 'file', 90, 100)[0].n == 1
        after = s.q('node_sync', c.root)[0]
        assert after.mark == before.mark and after.floor == before.mark


def test_repeated_names_leave_one_tombstone(chapter):
    c = chapter()
    for _ in range(5):
        with c.tx() as s:
            f = c.put(s, c.root, '.~lock.x#')
            s.q('node_remove', f.id, c.path(s, '.~lock.x#')[-1].etag)
    with c.tx() as s:
        assert s.one('SELECT count(*) FROM dav_node WHERE gone') == 1


def test_unused_contents_are_found_and_kept_for_a_week(chapter):
    c = chapter()
    with c.tx() as s:
        f = c.put(s, c.root, 'f', b'old')
        c.put(s, c.root, 'g', b'kept')
        blob = c.path(s, 'f')[-1].blob_id
        c.put(s, c.root, 'f', b'new', f.id, c.path(s, 'f')[-1].etag)
    with c.tx(2) as s:
        s.q('blob_mark_unused', 0, 10**9)
        assert s.q('blob_unused', 7, 10) == []
        s.sql("UPDATE blob SET unused = unused - interval '8 days' WHERE unused IS NOT NULL")
        assert [b.id for b in s.q('blob_unused', 7, 10)] == [blob]
        assert [b.id for b in s.q('blob_delete', blob)] == [blob]
    with c.tx(2) as s:
        used = c.path(s, 'g')[-1].blob_id
        assert s.q('blob_delete', used) == []
        c.put(s, c.root, 'h', b'old')
        again = c.path(s, 'h')[-1].blob_id
        s.sql("UPDATE blob SET unused = now() - interval '8 days' WHERE id = %s", (again,))
        s.q('blob_mark_unused', 0, 10**9)  # somebody refers to it again
        assert s.one('SELECT unused FROM blob WHERE id = %s', (again,)) is None
        assert s.q('blob_part_needed', 10**9, b'x' * 32, 0)[0].needed  # a chapter that is none of ours


def lock(s, c, node):
    who = s.one("SELECT id FROM person WHERE directory_id = 'locker'")
    return s.one("INSERT INTO dav_lock (token, node_id, chapter_id, holder_id, exclusive, deep, expires)"
                 " VALUES (gen_random_uuid(), %s, %s, %s, true, false, now() + interval '1 hour') RETURNING token",
                 (node, c.id, who))


def test_locks_are_found_from_above(server, chapter):
    admin = Session(server, 'postgres')
    admin.sql("INSERT INTO person (directory_id, uid, name) VALUES ('locker', 'locker', 'x')")
    admin.pg.commit()
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        b = c.make(s, a, 'b')
        f = c.put(s, b, 'f')
        other = c.put(s, c.root, 'other')
        tokens = {n: lock(s, c, n) for n in (a, b, f.id, other.id)}
        found = {r.token: r.path for r in s.q('locks_below', a)}
        assert found == {tokens[b]: 'b', tokens[f.id]: 'b/f'}
        assert s.q('locks_below', f.id) == []
        s.q('locks_remove', b)
        assert {t for t, in s.sql('SELECT token FROM dav_lock')} == {tokens[a], tokens[other.id]}


def test_policies_below_are_counted_up_to_a_limit(chapter):
    c = chapter()
    with c.tx() as s:
        a = c.make(s, c.root, 'a')
        own = c.make(s, a, 'own', (3, 4))
        for i in range(5):
            c.put(s, a, f'f{i}')
            c.put(s, own, f'g{i}')
        assert {(r.read_level, r.write_level): r.members for r in s.q('tree_below', a, 1000)} == {(1, 3): 5, (3, 4): 6}
        assert sum(r.members for r in s.q('tree_below', a, 4)) == 4


def test_versions_are_counted_where_there_are_new_ones(chapter):
    """A document that got none since the last time is not looked at again, unless fewer are to be kept."""
    c = chapter()
    owner = Session(c.server, 'postgres')
    with c.tx() as s:
        docs = [c.put(s, c.root, name, b'0').id for name in ('a', 'b')]

    def save(doc, first, behind):
        for i in range(first, behind):
            with c.tx() as s:
                old = [r for r in s.q('node_children', c.root, 0, 'folder', '', 10) if r.id == doc][0]
                c.put(s, c.root, old.name, b'%d %d' % (doc, i), doc, old.etag, sitting=0)

    def forget(each, most=100):
        with c.tx() as s:
            return s.q('versions_forget', 365, each, most)[0].n

    def held():
        with c.tx() as s:
            return [s.one('SELECT count(*) FROM dav_version WHERE node_id = %s', (d,)) for d in docs]

    for doc in docs:
        save(doc, 0, 6)
    assert held() == [6, 6]
    assert forget(4, 3) == 3 and forget(4, 3) == 1 and held() == [4, 4]
    assert forget(4) == 0
    save(docs[0], 6, 8)
    save(docs[1], 6, 9)
    owner.sql("UPDATE dav_version SET replaced = replaced - interval '2 days' WHERE node_id = %s", (docs[0],))
    owner.pg.commit()
    assert forget(4) == 3 and held() == [6, 4], 'the first is not looked at'
    assert forget(3) == 4 and held() == [3, 3], 'all are'
    save(docs[0], 8, 9)
    assert forget(3) == 1 and held() == [3, 3]
    with c.tx() as s:  # a rule of a folder holds meanwhile; versions_forget_by_rule counts then
        s.sql('INSERT INTO version_rule (node_id, chapter_id, days, each) VALUES (%s, %s, 30, 30)', (c.root, c.id))
    save(docs[0], 9, 11)
    assert forget(3) == 0 and held() == [5, 3]
    owner.sql("UPDATE dav_version SET replaced = replaced - interval '2 days' WHERE node_id = %s", (docs[0],))
    owner.pg.commit()
    with c.tx() as s:
        s.sql('DELETE FROM version_rule WHERE node_id = %s', (c.root,))
    assert forget(3) == 2 and held() == [3, 3], 'all are looked at'
    owner.close()
