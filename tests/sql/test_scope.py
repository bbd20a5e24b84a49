"""The second wall (G03): what a transaction may touch is said at its beginning, and nothing else is there."""
import psycopg2
import pytest

from database import Session

# Read before a scope is known, or not about a chapter's content.
OPEN = {
    'migration': 'which files have been run',
    'installation': 'one row for all',
    'chapter': 'who there is; the scope is made of it',
    'chapter_group': 'decides the scope',
    'person': 'who signs in, before there is a scope',
    'person_alias': 'former login names',
    'person_group': 'decides the scope',
    'session': 'found by the hash of a cookie only',
    'app_password': 'found by its number before there is a scope; lists are asked for by person',
    'invitation': 'found by the hash of a link only, before there is a scope',
    'form_once': 'keyed by person, hashes only',
    'device_setup': 'found by the hash of a link only, before there is a scope',
    'login_failure': 'keyed hashes and counts',
    'job_run': 'when jobs ran',
    'document_horizon': 'one row: how far the index of documents is',
    'version_horizon': 'one row: up to when versions have been counted',
    'mail_optout': 'keyed hashes of addresses; who asks for no more mail has no login',
    'commit_mark': 'which transaction of a connection was the last to commit',
}


@pytest.fixture(scope='module')
def full(server):
    """One row at least in every table that has a wall."""
    s = Session(server, 'postgres')
    for slug in ('wall-a', 'wall-b'):
        c = s.one("INSERT INTO chapter (slug, name, kind) VALUES (%s, 'x', 'local') RETURNING id", (slug,))
        p = s.one("INSERT INTO person (directory_id, uid, name) VALUES (%s, %s, 'x') RETURNING id", (slug, slug))
        s.sql('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%s, %s, 2)', (c, p))
        g = s.one("INSERT INTO local_group (chapter_id, name) VALUES (%s, 'g') RETURNING id", (c,))
        s.sql('INSERT INTO local_group_member (group_id, chapter_id, person_id) VALUES (%s, %s, %s)', (g, c, p))
        s.sql('INSERT INTO quota (chapter_id, max) VALUES (%s, 1000)', (c,))
        s.sql("INSERT INTO quota_lease (chapter_id, bytes, expires) VALUES (%s, 10, 'infinity')", (c,))
        u = s.one("INSERT INTO upload (chapter_id, person_id, name, target, length, state, expires)"
                  " VALUES (%s, %s, %s, '/x', 1, 'x', 'infinity') RETURNING id", (c, p, slug))
        s.sql("INSERT INTO upload_part (upload_id, seq, chapter_id, sha256, size, store) VALUES (%s, 1, %s, sha256('x'), 1, 0)", (u, c))
        s.sql('INSERT INTO quota_delta (chapter_id, bytes) VALUES (%s, 1)', (c,))
        s.sql("INSERT INTO audit (chapter_id, hand, what, kind) VALUES (%s, 'operator', 'chapter-made', 'chapter')", (c,))
        s.sql("INSERT INTO override (chapter_id, person_id, until) VALUES (%s, %s, 'infinity')", (c, p))
        root = s.one("SELECT root_make(%s, 'folder', 1::int2, 3::int2)", (c,))
        s.sql('INSERT INTO policy_grant (policy_id, group_id, chapter_id, rights)'
              ' SELECT policy_id, %s, chapter_id, 3 FROM dav_node WHERE id = %s', (g, root))
        b = s.one("INSERT INTO blob (chapter_id, sha256, size) VALUES (%s, sha256('x'), 1) RETURNING id", (c,))
        s.sql("INSERT INTO document_text (blob_id, chapter_id, body) VALUES (%s, %s, 'x')", (b, c))
        s.sql("INSERT INTO document_picture (blob_id, chapter_id, picture) VALUES (%s, %s, 'x')", (b, c))
        s.sql("INSERT INTO document_index (node_id, chapter_id, blob_id, version, name, words) VALUES (%s, %s, %s, 1, 'x', 'x')",
              (root, c, b))
        s.sql("INSERT INTO blob_part (blob_id, seq, chapter_id, sha256, size) VALUES (%s, 1, %s, sha256('x'), 1)", (b, c))
        s.sql("INSERT INTO dav_property (node_id, ns, name, chapter_id, value) VALUES (%s, 'n', 'p', %s, 'v')", (root, c))
        s.sql('INSERT INTO dav_version (node_id, chapter_id, policy_id, blob_id, size, modified)'
              ' SELECT id, chapter_id, policy_id, %s, 1, now() FROM dav_node WHERE id = %s', (b, root))
        s.sql("INSERT INTO dav_trash (node_id, chapter_id, place_id, policy_id, name)"
              " SELECT id, chapter_id, id, policy_id, 'x' FROM dav_node WHERE id = %s", (root,))
        s.sql('INSERT INTO version_rule (node_id, chapter_id, days, each) VALUES (%s, %s, 1, 1)', (root, c))
        s.sql('INSERT INTO retention_rule (node_id, chapter_id, starts) VALUES (%s, %s, now())', (root, c))
        s.sql("INSERT INTO share_link (chapter_id, node_id, hash, drop_box, read_level, write_level, purpose, until)"
              " VALUES (%s, %s, sha256(%s), false, 1, 3, 'x', 'infinity')", (c, root, slug.encode()))
        i = s.one("INSERT INTO calendar_import (chapter_id, node_id, file) VALUES (%s, %s, 'x') RETURNING id", (c, root))
        s.sql("INSERT INTO calendar_import_item (import_id, object_id, chapter_id, etag) VALUES (%s, 1, %s, 'x')", (i, c))
        s.sql("INSERT INTO calendar_feed (chapter_id, node_id, hash, view, read_level, label)"
              " VALUES (%s, %s, sha256(%s), 'busy', 1, 'x')", (c, root, slug.encode()))
        s.sql("INSERT INTO calendar_object (node_id, collection_id, chapter_id, uid, component, zones)"
              " VALUES (%s, %s, %s, 'x', 'VEVENT', '')", (root, root, c))
        s.sql('INSERT INTO occurrence (node_id, collection_id, chapter_id, starts, ends, takes, exact) VALUES (%s, %s, %s, 1, 2, 1, true)', (root, root, c))
        s.sql("INSERT INTO reply_link (hash, chapter_id, uid, address) VALUES (sha256(%s), %s, 'x', 'mailto:a@b.de')", (slug.encode(), c))
        s.sql("INSERT INTO card (node_id, collection_id, chapter_id, uid, name, org, email, phone, is_group, says)"
              " VALUES (%s, %s, %s, 'x', 'x', '', '', '', false, 'X')", (root, root, c))
        s.sql('INSERT INTO schedule_choice (person_id) VALUES (%s)', (p,))
        s.sql("INSERT INTO group_invitation (node_id, address, chapter_id, kind, besides, request, cancel)"
              " VALUES (%s, 'mailto:' || %s, %s, 0, '{}', 'x', 'x')", (root, slug, c))
        s.sql("INSERT INTO invited (node_id, person_id, via, address) VALUES (%s, %s, 'mailto:' || %s, 'x')", (root, p, slug))
        s.sql('INSERT INTO group_moved VALUES (%s) ON CONFLICT DO NOTHING', (p,))
        s.sql('INSERT INTO schedule_count (person_id, n) VALUES (%s, 1)', (p,))
        for place in ((c, None), (None, p)):
            s.sql("INSERT INTO schedule_message (to_chapter, to_person, method, address, bytes) VALUES (%s, %s, 'REPLY', 'x', 'x')", place)
        s.sql("INSERT INTO blob (person_id, sha256, size) VALUES (%s, sha256('x'), 1)", (p,)) # and person_space
        s.sql('INSERT INTO collection_choice (person_id, node_id, shown) VALUES (%s, %s, true)', (p, root))
        s.sql("INSERT INTO dav_lock (token, node_id, chapter_id, holder_id, exclusive, deep, expires)"
              " VALUES (gen_random_uuid(), %s, %s, %s, true, true, 'infinity')", (root, c, p))
        s.sql("SELECT mail_add(%s, NULL, 'x-test', false, 'x', NULL, 'x', 'x', NULL, NULL, 'de', 'infinity', 1, 1, 9, 9,"
              " ARRAY['a@b.de'], ARRAY['x'], ARRAY[0]::int8[], ARRAY[repeat('0', 32)], ARRAY[encode(sha256(%s), 'hex')])", (c, slug.encode()))
        s.sql("SELECT mail_note(%s, NULL, 'x-test', 'sent', 1)", (c,))
        s.pg.commit()
    yield s
    s.close()


def tables(s):
    return {name: walled for name, walled in s.sql(
        "SELECT relname, relrowsecurity FROM pg_class WHERE relnamespace = 'chapterd'::regnamespace AND relkind = 'r'")}


def test_every_table_has_a_wall_or_a_reason(full):
    without = {name for name, walled in tables(full).items() if not walled}
    assert without == set(OPEN)


def test_empty_scope_sees_nothing(server, full):
    s = Session(server)
    for name, walled in tables(full).items():
        if not walled:
            continue
        assert full.one(f'SELECT count(*) FROM {name}') >= 2, f'{name}: the test has no row to hide'
        assert s.one(f'SELECT count(*) FROM {name}') == 0, name
        with s.tx(''):
            assert s.one(f'SELECT count(*) FROM {name}') == 0, name
        s.pg.rollback()
    s.close()


def test_scope_of_one_sees_one(server, full):
    s = Session(server)
    for name, walled in tables(full).items():
        if not walled or name in ('role_grant', 'group_invitation') or 'chapter_id' not in columns(full, name):
            continue
        with s.tx('wall-a'):
            ids = s.sql(f'SELECT DISTINCT chapter_id FROM {name} WHERE chapter_id IS NOT NULL')
        assert len(ids) == 1, name
    s.close()


def columns(s, table):
    return {c for c, in s.sql("SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0",
                              (f'chapterd.{table}',))}


def test_nothing_can_be_put_into_another_chapter(server, full):
    s = Session(server)
    foreign = full.one("SELECT id FROM chapter WHERE slug = 'wall-b'")
    for sql in ('INSERT INTO dav_policy (chapter_id, read_level, write_level) VALUES (%s, 0, 0)',
                "INSERT INTO blob (chapter_id, sha256, size) VALUES (%s, sha256('y'), 1)",
                'INSERT INTO quota_delta (chapter_id, bytes) VALUES (%s, -1000)',
                "INSERT INTO quota_lease (chapter_id, bytes, expires) VALUES (%s, 1, now())",
                "INSERT INTO audit (chapter_id, hand, what, kind) VALUES (%s, 'operator', 'x', 'y')",
                "INSERT INTO mail (chapter_id, purpose, again, sender, subject, body, language) VALUES (%s, 'x-x', false, '', '', '', 'de')",
                "INSERT INTO override (chapter_id, person_id, until) VALUES (%s, 1, 'infinity')"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            with s.tx('wall-a'):
                s.sql(sql, (foreign,))
    with s.tx('wall-a'):
        s.sql('UPDATE dav_node SET name_key = name_key')  # its own root is no obstacle
        assert s.sql('UPDATE quota SET max = 0 WHERE chapter_id = %s RETURNING 1', (foreign,)) == []
    s.close()


def test_scope_ends_with_the_transaction(server, full):
    s = Session(server)
    with s.tx('wall-a'):
        assert s.one('SELECT count(*) FROM quota') == 1
    assert s.one('SELECT count(*) FROM quota') == 0
    s.close()


def test_runtime_role_cannot_lift_the_wall(server, full):
    s = Session(server)
    for sql in ('ALTER TABLE dav_node DISABLE ROW LEVEL SECURITY', 'SET ROLE chapterd_owner',
                'SET session_authorization = postgres', 'CREATE TABLE chapterd.mine (x int)',
                "INSERT INTO migration (version, name) VALUES (99, 'x')"):
        with pytest.raises(psycopg2.Error):
            s.sql(sql)
        s.pg.rollback()
    # row_security = off makes hidden rows an error, never visible
    s.sql('SET row_security = off')
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        s.sql('SELECT * FROM dav_node')
    s.close()


# ---- functions of the owner: each says what it may tell, and tells no more

DEFINER = {
    'audit_forget': 'removes entries past their time; how many',
    'busy_shown': 'what two people have in common, not where',
    'document_index_step': 'whether there is something to index',
    'documents_found': 'hits in one chapter of the scope, of what the caller says may be read there',
    'feed_of': 'which calendar a secret address is of',
    'group_answered': 'by which group somebody who answers is invited to an object of the scope',
    'group_invite': 'leaves messages to members; how many',
    'group_note_moved': 'a trigger; tells nothing',
    'group_reach': 'whether there is a group, and what decides about inviting it',
    'group_reconcile': 'leaves messages to who came and who went; how many',
    'group_tally': 'how many have answered what',
    'mail_settle': 'of a mail that was taken', 'mail_take': 'one mail, to the thread that sends it', 'mail_tend': 'numbers',
    'overrides_of': 'of one person',
    'own_collections': 'a trigger; tells nothing',
    'people_contents_sweep': 'removes what nothing refers to; how many', 'people_to_tend': 'numbers of people',
    'reply_of': 'whose invitation a token answers',
    'rights_of': 'of one person', 'rights_stamp': 'a trigger; tells nothing', 'role_origins': 'of one person',
    'schedule_answer': 'leaves a message', 'schedule_expire': 'removes what has lain in inboxes; how many',
    'schedule_send': 'leaves a message', 'schedule_waits': 'for whom there are messages',
    'share_of': 'what a link leads to',
}


def test_functions_of_the_owner_are_known(full):
    """What gets past the wall stands here with what it tells, and has a test of its own."""
    found = full.sql("SELECT proname, proconfig, has_function_privilege('public', oid, 'EXECUTE') FROM pg_proc"
                     " WHERE pronamespace = 'chapterd'::regnamespace AND prosecdef")
    assert {name for name, _, _ in found} == set(DEFINER)
    for name, settings, public in found:
        assert settings and settings[0].startswith('search_path=chapterd'), name
        assert not public, name


def test_role_origins_and_rights_of_tell_of_one_person(server, full):
    """Without a scope, since they come before it: the roles of the person who is asked about, and nothing else."""
    s = Session(server)
    a, b = (full.one('SELECT id FROM person WHERE uid = %s', (u,)) for u in ('wall-a', 'wall-b'))
    chapter_a = full.one("SELECT id FROM chapter WHERE slug = 'wall-a'")
    with s.tx(''):
        assert {r[0] for r in s.sql('SELECT chapter_id FROM role_origins(%s)', (a,))} == {chapter_a}
        rows = s.sql('SELECT chapter_id, role, policy_id, rights FROM rights_of(%s)', (a,))
        assert sorted(r[:2] for r in rows if r[0]) == [(chapter_a, 2)]
        policies = {r[2] for r in rows if r[2]}
        assert s.sql('SELECT * FROM rights_of(0)') == [] and s.sql('SELECT * FROM role_origins(NULL)') == []
        other = {r[2] for r in s.sql('SELECT chapter_id, role, policy_id, rights FROM rights_of(%s)', (b,)) if r[2]}
    assert len(policies) == len(other) == 1 and not policies & other
    s.close()


def test_people_to_tend_tells_numbers_of_people(server, full):
    """Without a scope: whose objects are to be reckoned, as numbers, and nothing of what they are."""
    s = Session(server)
    a = full.one("SELECT id FROM person WHERE uid = 'wall-a'")
    node, calendar = full.sql("SELECT id, parent_id FROM dav_node WHERE person_id = %s AND kind = 'calendar'", (a,))[0]
    full.sql("INSERT INTO calendar_object (node_id, collection_id, person_id, uid, component, zones) VALUES (%s, %s, %s, 'y', 'VEVENT', 'old')",
             (node, calendar, a))
    full.pg.commit()
    with s.tx(''):
        assert (a,) in s.sql("SELECT people_to_tend(0, 'new', 400)") and s.sql("SELECT people_to_tend(0, 'old', 400)") == []
    full.sql('DELETE FROM calendar_object WHERE node_id = %s', (node,))
    full.pg.commit()
    s.close()


def test_messages_are_for_their_receiver_alone(server, full):
    """Anybody may send one; only who it is for can see it, change it or take it away. Sending tells nothing."""
    s = Session(server)
    a, b = (full.one('SELECT id FROM person WHERE uid = %s', (u,)) for u in ('wall-a', 'wall-b'))
    send = "SELECT schedule_send(NULL, %s, 77, NULL, NULL, 'REQUEST', 'mailto:b@example.org', %s, %s)"
    with s.tx('', person=a):
        s.sql(send, (b, b'one', True))
        s.sql(send, (b, b'two', True))  # replaces the first
        s.sql(send, (b, b'three', False))
        assert s.sql('SELECT id FROM schedule_message WHERE to_person = %s', (b,)) == []
        assert s.sql('UPDATE schedule_message SET next_at = now() WHERE to_person = %s RETURNING 1', (b,)) == []
        assert s.sql('DELETE FROM schedule_message WHERE to_person = %s RETURNING 1', (b,)) == []
        s.pg.commit()
    with s.tx('', person=b):
        assert [bytes(r[0]) for r in s.sql('SELECT bytes FROM schedule_message WHERE node_id = 77 ORDER BY id')] == [b'two', b'three']
    s.pg.rollback()
    full.sql('DELETE FROM schedule_message WHERE node_id = 77')
    full.pg.commit()
    s.close()


def test_schedule_answer_tells_whether_alone(server, full):
    s = Session(server)
    a, b = (full.one('SELECT id FROM person WHERE uid = %s', (u,)) for u in ('wall-a', 'wall-b'))
    node, calendar = full.sql("SELECT id, parent_id FROM dav_node WHERE person_id = %s AND kind = 'calendar'", (a,))[0]
    full.sql("INSERT INTO calendar_object (node_id, collection_id, person_id, uid, component, zones, role)"
             " VALUES (%s, %s, %s, 'y', 'VEVENT', '', 1)", (node, calendar, a))
    full.pg.commit()
    with s.tx('', person=b):
        assert s.sql("SELECT schedule_answer(%s, 'mailto:b@example.org', 'x')", (node,)) == [(True,)]
        assert s.sql("SELECT schedule_answer(-1, 'mailto:b@example.org', 'x')") == [(False,)]
        s.pg.commit()
    full.pg.rollback()
    assert full.sql('SELECT to_chapter, to_person, method FROM schedule_message WHERE node_id = %s', (node,)) == [(None, a, 'REPLY')]
    full.sql("UPDATE calendar_object SET role = 2 WHERE node_id = %s", (node,))
    full.pg.commit()
    with s.tx('', person=b):
        assert s.sql("SELECT schedule_answer(%s, 'mailto:b@example.org', 'x')", (node,)) == [(False,)]
    s.pg.rollback()
    full.sql('DELETE FROM calendar_object WHERE node_id = %s', (node,))
    full.sql('DELETE FROM schedule_message WHERE node_id = %s', (node,))
    full.pg.commit()
    s.close()


def test_schedule_waits_tells_for_whom(server, full):
    """Numbers and slugs, nothing of what waits; one that is to be tried later holds back those behind it."""
    s = Session(server)
    a = full.one("SELECT id FROM person WHERE uid = 'wall-a'")
    with s.tx(''):
        assert {('wall-a', None), (None, a)} <= set(s.sql('SELECT slug, person FROM schedule_waits(1000)'))
    full.sql("UPDATE schedule_message SET next_at = now() + interval '1 hour' WHERE to_person = %s", (a,))
    full.sql("INSERT INTO schedule_message (to_person, method, address, bytes) VALUES (%s, 'REPLY', 'x', 'x')", (a,))
    full.pg.commit()
    with s.tx(''):
        assert (None, a) not in s.sql('SELECT slug, person FROM schedule_waits(1000)')
    s.pg.rollback()
    full.sql('UPDATE schedule_message SET next_at = now()')
    full.pg.commit()
    s.close()


def test_schedule_expire_empties_inboxes(server, full):
    s = Session(server)
    a = full.one("SELECT id FROM person WHERE uid = 'wall-a'")
    made = [full.one("INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, name, name_key, created)"
                     " SELECT root_id, id, person_id, policy_id, %s, false, %s, %s, now() - make_interval(days => %s)"
                     " FROM dav_node WHERE person_id = %s AND kind = 'inbox' RETURNING id", (kind, name, name, days, a))
            for kind, name, days in (('inbox-item', 'old', 91), ('inbox-item', 'new', 89), ('event', 'event', 91))]
    full.pg.commit()
    with s.tx(''):
        assert s.sql('SELECT schedule_expire(90, 100)') == [(1,)]
        s.pg.commit()
    full.pg.rollback()
    assert [r[0] for r in full.sql('SELECT gone FROM dav_node WHERE id = ANY (%s) ORDER BY id', (made,))] == [True, False, False]
    full.sql('DELETE FROM dav_node WHERE id = ANY (%s)', (made,))
    full.pg.commit()
    s.close()


def test_people_contents_sweep_removes_what_nothing_refers_to(server, full):
    """After some days, and not what is in use again; of chapters nothing, and it gives nobody anything."""
    s = Session(server)
    a, b = (full.one('SELECT id FROM person WHERE uid = %s', (u,)) for u in ('wall-a', 'wall-b'))
    made = [full.one("INSERT INTO blob (person_id, sha256, size, bytes) VALUES (%s, sha256(%s), 1, 'x') RETURNING id", (p, name))
            for p, name in ((a, b'old'), (b, b'used'))]
    full.sql("UPDATE dav_node SET blob_id = %s WHERE person_id = %s AND kind = 'calendar'", (made[1], b))
    full.pg.commit()

    def left():
        full.pg.rollback()
        return [r[0] for r in full.sql('SELECT id FROM blob WHERE id = ANY (%s) ORDER BY id', (made,))]

    def sweep():
        with s.tx(''):
            n = s.one('SELECT people_contents_sweep(7, 100)')
            s.pg.commit()
        return n
    chapters = full.one('SELECT count(*) FROM blob WHERE chapter_id IS NOT NULL')
    assert sweep() == 0 and left() == made
    full.sql("UPDATE blob SET unused = now() - interval '8 days' WHERE id = ANY (%s) AND unused IS NOT NULL", (made,))
    full.pg.commit()
    assert sweep() == 1 and left() == made[1:]
    assert full.one('SELECT count(*) FROM blob WHERE chapter_id IS NOT NULL') == chapters
    full.sql("UPDATE dav_node SET blob_id = NULL WHERE person_id = %s AND kind = 'calendar'", (b,))
    full.sql('DELETE FROM blob WHERE id = ANY (%s)', (made,))
    full.pg.commit()
    s.close()


def test_rights_stamp_changes_marks_alone(server, full):
    """It may be called without a scope, and gives nobody anything: only `changed` and `rights_changed` move."""
    s = Session(server)
    person = full.one("SELECT id FROM person WHERE uid = 'wall-a'")
    chapter = full.one("SELECT id FROM chapter WHERE slug = 'wall-a'")

    def state():
        full.pg.rollback()
        return (full.sql("SELECT to_jsonb(n) - 'changed' FROM dav_node n ORDER BY id"),
                full.sql("SELECT to_jsonb(p) - 'rights_changed' FROM person p ORDER BY id"),
                full.sql('SELECT * FROM dav_policy ORDER BY id'), full.sql('SELECT id, chapter_id, person_id, role, until FROM role_grant ORDER BY id'))

    def marks():
        full.pg.rollback()
        return dict(full.sql('SELECT c.slug, max(n.changed::text::int8) FROM dav_node n JOIN chapter c ON c.id = n.chapter_id GROUP BY 1'))

    before, marked = state(), marks()
    with s.tx(''):
        assert s.sql('SELECT rights_stamp(%s, %s)', ([person], [chapter])) == [('',)]
    assert state() == before
    assert marks()['wall-a'] > marked['wall-a'] and marks()['wall-b'] == marked['wall-b']
    s.close()


def test_reply_of_tells_whose_a_token_is_to_whoever_has_it(server, full):
    """Without a scope, since whoever comes by it has none: the slug or the number of who invites, nothing of the event."""
    s = Session(server)
    p = full.one("SELECT id FROM person WHERE uid = 'wall-a'")
    full.sql("INSERT INTO reply_link (hash, person_id, uid, address) VALUES (sha256('of-a'), %s, 'x', 'mailto:a@b.de')", (p,))
    full.pg.commit()
    with s.tx(''):
        assert s.sql("SELECT * FROM reply_of(sha256('wall-a'))") == [('wall-a', None)]
        assert s.sql("SELECT * FROM reply_of(sha256('of-a'))") == [(None, p)]
        assert s.sql("SELECT * FROM reply_of(sha256('wall-c'))") == [] and s.sql('SELECT * FROM reply_of(NULL)') == []
        assert s.one('SELECT count(*) FROM reply_link') == 0
    full.sql("UPDATE chapter SET archived = now() WHERE slug = 'wall-a'")
    full.pg.commit()
    with s.tx(''):
        assert s.sql("SELECT * FROM reply_of(sha256('wall-a'))") == []
    full.sql("UPDATE chapter SET archived = NULL WHERE slug = 'wall-a'")
    full.sql('DELETE FROM reply_link WHERE person_id = %s', (p,))
    full.pg.commit()
    s.close()


def test_busy_shown_tells_how_near_people_are_and_what_they_chose(server, full):
    """Without a scope: whether they share a board, a group or a chapter with the one who asks, not which."""
    s = Session(server)
    a, b = (full.one('SELECT id FROM person WHERE uid = %s', (u,)) for u in ('wall-a', 'wall-b'))
    chapter = full.one("SELECT id FROM chapter WHERE slug = 'wall-a'")

    def shown():
        full.pg.commit()
        with s.tx(''):
            return s.sql('SELECT * FROM busy_shown(%s, %s)', (a, [b, -1]))

    assert shown() == [(b, 0, 1)]
    full.sql('INSERT INTO role_grant (chapter_id, person_id, role) VALUES (%s, %s, 3)', (chapter, b))
    assert shown() == [(b, 2, 1)]  # a member and one of the board
    full.sql('UPDATE role_grant SET role = 3 WHERE chapter_id = %s', (chapter,))
    assert shown() == [(b, 3, 1)]
    full.sql('DELETE FROM role_grant WHERE chapter_id = %s AND person_id = %s', (chapter, b))
    full.sql('UPDATE role_grant SET role = 2 WHERE chapter_id = %s', (chapter,))
    group = full.one('SELECT id FROM local_group WHERE chapter_id = %s', (chapter,))
    full.sql('INSERT INTO local_group_member (group_id, chapter_id, person_id) VALUES (%s, %s, %s)', (group, chapter, b))
    full.sql('UPDATE schedule_choice SET busy_for = 0 WHERE person_id = %s', (b,))
    assert shown() == [(b, 1, 0)]
    full.sql('UPDATE local_group_member SET until = current_date - 1 WHERE person_id = %s AND group_id = %s', (b, group))
    assert shown() == [(b, 0, 0)]
    full.sql('DELETE FROM local_group_member WHERE person_id = %s AND group_id = %s', (b, group))
    full.sql('UPDATE schedule_choice SET busy_for = 1 WHERE person_id = %s', (b,))
    full.pg.commit()
    s.close()


def test_share_of_tells_of_one_link_to_whoever_has_it(server, full):
    """Without a scope, since a link decides it: by the hash of its token, and only while it works."""
    s = Session(server)

    def found(token):
        full.pg.commit()
        with s.tx(''):
            return s.sql('SELECT slug FROM share_of(sha256(%s))', (token,))

    assert found(b'wall-a') == [('wall-a',)] and found(b'wall-b') == [('wall-b',)]
    assert found(b'') == found(b'wall') == []
    with s.tx('wall-a,wall-b'):
        assert s.sql('SELECT * FROM share_of(NULL)') == []
    for sleeps in ('ended = now()', 'until = current_date - 1', 'paused = true'):
        full.sql(f"UPDATE share_link SET {sleeps} WHERE hash = sha256('wall-a')")
        assert found(b'wall-a') == [] and found(b'wall-b') != []
        full.sql("UPDATE share_link SET ended = NULL, until = 'infinity', paused = false WHERE hash = sha256('wall-a')")
    for sleeps, wakes in (("settings = '{\"share\": \"nobody\"}'", "settings = '{}'"), ('archived = now()', 'archived = NULL')):
        full.sql(f"UPDATE chapter SET {sleeps} WHERE slug = 'wall-a'")
        assert found(b'wall-a') == []
        full.sql(f"UPDATE chapter SET {wakes} WHERE slug = 'wall-a'")
    assert found(b'wall-a') == [('wall-a',)]
    s.close()


def test_feed_of_tells_of_one_feed_to_whoever_has_it(server, full):
    """As share_of: without a scope, by the hash of its token, and only while it works."""
    s = Session(server)

    def found(token):
        full.pg.commit()
        with s.tx(''):
            return s.sql('SELECT slug, used_today FROM feed_of(sha256(%s))', (token,))

    assert found(b'wall-a') == [('wall-a', False)] and found(b'wall-b') == [('wall-b', False)]
    assert found(b'') == found(b'wall') == []
    with s.tx('wall-a,wall-b'):
        assert s.sql('SELECT * FROM feed_of(NULL)') == []
    for sleeps in ('ended = now()', 'until = current_date - 1', 'paused = true'):
        full.sql(f"UPDATE calendar_feed SET {sleeps} WHERE hash = sha256('wall-a')")
        assert found(b'wall-a') == [] and found(b'wall-b') != []
        full.sql("UPDATE calendar_feed SET ended = NULL, until = current_date, paused = false WHERE hash = sha256('wall-a')")
    for sleeps, wakes in (("settings = '{\"share\": \"nobody\"}'", "settings = '{}'"), ('archived = now()', 'archived = NULL')):
        full.sql(f"UPDATE chapter SET {sleeps} WHERE slug = 'wall-a'")
        assert found(b'wall-a') == []
        full.sql(f"UPDATE chapter SET {wakes} WHERE slug = 'wall-a'")
    assert found(b'wall-a') == [('wall-a', False)]
    s.close()


def test_mail_functions_give_one_mail_to_send_and_otherwise_numbers(server, full):
    """mail_take is for the thread that sends: a row, once, and only when it is due. The others name nobody."""
    s = Session(server)
    with s.tx(''):
        assert s.sql('SELECT * FROM mail') == s.sql('SELECT * FROM mail_queue') == []
        assert s.sql('SELECT * FROM mail_take(60)') == []  # both are for a day that never comes
        assert 'a@b.de' not in str(s.sql("SELECT * FROM mail_tend('look')"))
        assert s.sql("SELECT state, n FROM mail_tend('look') WHERE purpose = 'x-test' AND state = 'waiting'") == [('waiting', 2)]
        assert s.sql("SELECT n FROM mail_tend('nothing')") == [(0,)]
        waiting = full.one('SELECT min(id) FROM mail_queue')
        assert s.one("SELECT mail_settle(%s, 0, 'sent', NULL, 0)", (waiting,)) is False  # nobody was given it
    for sql in ("SELECT mail_tidy(0)", "SELECT mail_note(NULL, NULL, 'x-test', 'sent', 1)"):
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            s.sql(sql)
        s.pg.rollback()
    s.close()
