"""What a request costs does not grow with what is in its folder or around it, nor a login with the people: rows and pages read, as PostgreSQL counts
them. The connections have planned their statements while there was next to nothing, and nobody counts the rows meanwhile (counted: but then somebody has)."""
import os
import time

import psycopg2
import pytest

from lib.calendars import event
from lib.client import set_body
from lib.directory import Directory

FEW, MANY = 900, 9000
EACH = 10

# What every request reads, by kind: a folder's own rows, their indexes, what hangs on them.
TABLES = ('chapter', 'chapter_group', 'person_group', 'person_alias', 'dav_policy', 'dav_node', 'blob', 'blob_part', 'dav_property', 'dav_lock', 'quota_lease',
          'quota', 'person', 'app_password', 'commit_mark')


@pytest.fixture
def one(stack):
    """A daemon with one connection for requests. Nobody reads new documents meanwhile: we hold the turn of the job that does."""
    turn = psycopg2.connect(stack.settings()['admin_database'])
    turn.cursor().execute("SELECT pg_advisory_lock(2, hashtext('document_index'))")
    for table in TABLES:
        stack.sql(f'ALTER TABLE {table} SET (autovacuum_enabled = off)')
    d = stack.daemon({'workers': '1'}, name='growth')
    yield d
    d.stop()
    turn.close()
    for table in TABLES:
        stack.sql(f'ALTER TABLE {table} RESET (autovacuum_enabled)')


def fill(stack, folder, first, behind):
    """Members with contents, properties and space of their own, as if they had been put."""
    stack.sql('''
        WITH up AS (SELECT * FROM dav_node WHERE name = %s AND collection), b AS (
            INSERT INTO blob (chapter_id, sha256, size, bytes)
            SELECT up.chapter_id, sha256(convert_to(n || up.name, 'UTF8')), 1, 'x'
              FROM up, generate_series(%s, %s - 1) AS n RETURNING id, sha256
        ), d AS (
            INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key, etag, blob_id, size)
            SELECT up.root_id, up.id, up.chapter_id, up.policy_id, 'file', false, 'f' || b.id, 'f' || b.id,
                   left(encode(b.sha256, 'hex'), 32), b.id, 1
              FROM up, b RETURNING id, chapter_id
        ), q AS (
            INSERT INTO quota_delta (chapter_id, bytes) SELECT chapter_id, 1 FROM d
        )
        INSERT INTO dav_property (node_id, ns, name, chapter_id, value) SELECT id, 'urn:test', 'p', chapter_id, 'v' FROM d''',
              folder, first, behind)


def empty(stack, folder):
    """Takes them out again; a deleted folder would be buried by a job while the next test counts."""
    stack.sql('''
        WITH gone AS (
            DELETE FROM dav_node WHERE name LIKE 'f%%' AND parent_id = (SELECT id FROM dav_node WHERE name = %s AND collection)
            RETURNING chapter_id, size
        )
        INSERT INTO quota_delta (chapter_id, bytes) SELECT chapter_id, -sum(size) FROM gone GROUP BY chapter_id''', folder)


def counters(stack, client, box):
    """Rows and pages read so far. A backend tells them at the end of a transaction, at most once a second."""
    time.sleep(1.2)
    assert client.get(box + 'quiet').status == 200
    return {name: (int(rows), int(pages)) for name, rows, pages in stack.sql('''
        SELECT t.relname, t.seq_tup_read + coalesce(t.idx_tup_fetch, 0),
               i.heap_blks_read + i.heap_blks_hit + coalesce(i.idx_blks_read + i.idx_blks_hit, 0)
          FROM pg_stat_user_tables t JOIN pg_statio_user_tables i USING (relid)
         WHERE t.schemaname = 'chapterd' AND t.relname = ANY (%s)''', list(TABLES))}


def requests(client, box, run):
    """One of each kind of request that touches few nodes of a folder, among them all that writes."""
    def good(answer, *statuses):
        assert answer.status in statuses, answer
        return answer

    for i in range(EACH):
        name = f'{box}{run}-{i}'
        good(client.put(name, f"{run} {i}"), 201)
        good(client.put(name, f'{run} {i} again'), 204)
        good(client.get(name), 200)
        good(client.propfind(name, 'getetag', 'displayname', 'lockdiscovery'), 207)
        good(client('PROPPATCH', name, set_body('p', str(i))), 207)
        token = client.locked(name)
        good(client.put(name, b'locked', If=f'({token})'), 204)
        good(client.unlock(name, token), 204)
        good(client.copy(name, name + 'c'), 201)
        good(client.move(name, name + 'm'), 201)
        good(client.delete(name + 'm'), 204)
        good(client.delete(name + 'c'), 204)
        good(client.mkcol(name + 'd/'), 201)
        good(client.move(name + 'd/', name + 'e/'), 201)
        good(client.delete(name + 'e/'), 204)
        good(client.propfind(box, 'sync-token', 'getctag'), 207)


def compare(cost):
    for table in TABLES:
        few, many = cost[FEW][table], cost[MANY][table]
        print(f'{table}: rows {few[0]} -> {many[0]}, pages {few[1]} -> {many[1]}')
        # An index may be a level deeper, and jobs run meanwhile; reading a folder once would be 9,000 rows.
        assert many[0] < 1.2 * few[0] + 1000, table
        assert many[1] < 1.5 * few[1] + 1000, table


@pytest.mark.parametrize('counted', [False, True])
def test_growth(stack, one, counted):
    if counted:
        stack.sql('ANALYZE')
    client = one.client('jena-board')
    name = f'growth-{os.urandom(3).hex()}'
    box = f'/dav/files/jena/{name}/'
    assert client.mkcol(box).status == 201
    assert client.put(box + 'quiet').status == 201
    requests(client, box, 'first')
    cost = {}
    for count, before in ((FEW, 0), (MANY, FEW)):
        fill(stack, name, before, count)
        start = counters(stack, client, box)
        requests(client, box, str(count))
        end = counters(stack, client, box)
        cost[count] = {t: [b - a for a, b in zip(start[t], end[t])] for t in TABLES}
    compare(cost)
    empty(stack, name)
    assert client.delete(box).status == 204


@pytest.fixture
def newcomers(stack):
    """Gives login names that have never signed in; whoever was put beside them goes again."""
    people = Directory(stack)
    mark = f'new-{os.urandom(3).hex()}'
    names = []

    def more(n):
        some = [f'{mark}-{len(names) + i}' for i in range(n)]
        names.extend(some)
        for name in some:
            people.add(name)
            people.group('add', 'members', 'jena', name)
        return some
    more.mark = mark
    yield more
    for name in names:
        people.remove(name)
    stack.sql('DELETE FROM person WHERE uid LIKE %s', mark + '%')


def test_a_first_login_costs_the_same_whoever_else_there_is(stack, one, newcomers):
    client = one.client('jena-board')
    box = f'/dav/files/jena/growth-{os.urandom(3).hex()}/'
    assert client.mkcol(box).status == 201
    assert client.put(box + 'quiet').status == 201

    def sign_in():
        for name in newcomers(EACH):
            assert one.client(name).propfind('/dav/files/jena/', 'resourcetype').status == 207

    sign_in()
    cost = {}
    for count, before in ((FEW, 0), (MANY, FEW)):
        # as guests: the directory is not asked about these
        stack.sql("INSERT INTO person (directory_id, uid, name, guest_of, until)"
                  " SELECT %s || n, %s || n, n, (SELECT id FROM chapter WHERE slug = 'jena'), current_date + 1"
                  " FROM generate_series(%s, %s - 1) AS n", *[f'{newcomers.mark}.'] * 2, before, count)
        start = counters(stack, client, box)
        sign_in()
        end = counters(stack, client, box)
        cost[count] = {t: [b - a for a, b in zip(start[t], end[t])] for t in TABLES}
    compare(cost)
    assert client.delete(box).status == 204


def test_an_event_costs_the_same_in_a_full_calendar(stack, one):
    """What has its UID or its address is found by two indexes; one for both would read the whole calendar."""
    client, home = one.client('jena-board'), f'/dav/calendars/jena-board/growth-{os.urandom(3).hex()}/'
    assert client('MKCALENDAR', home).status == 201

    def put(numbers):
        for i in numbers:
            assert client.put(f'{home}{i}.ics', event(f'growth-{i}'), Content_Type='text/calendar').status == 201

    def read():
        time.sleep(1.2)  # as in counters()
        assert client.get(home + '0.ics').status == 200
        return stack.sql("SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_user_tables"
                         " WHERE schemaname = 'chapterd' AND relname = 'calendar_object'")[0][0]

    put(range(10))
    costs = []
    for more in (range(10, 30), range(430, 450)):
        before = read()
        put(more)
        costs.append(read() - before)
        put(range(30, 430) if len(costs) == 1 else ())
    assert client.delete(home).status == 204
    assert costs[1] < costs[0] + 1000, costs  # 20 times 400 more otherwise
