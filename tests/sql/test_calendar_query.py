"""Looking for calendar objects: what a query costs does not depend on how many others there are (perf-C4)."""
import json

import pytest

from database import QUERIES, Session

DAY = 86400
MONTH = (1_772_323_200, 1_775_001_600)  # 2026-03, in seconds since 1970
IN_MONTH = 20                           # objects of that month in either calendar
FEW, MANY = 500, 50_000


def fill(server, name, n):
    """A chapter with a calendar of n events: one every quarter of an hour before and after the month, some in it,
    one of eight weeks over it, and one that goes on for ever. Gives the ids of chapter and calendar."""
    s = Session(server, 'postgres')
    c = s.one("INSERT INTO chapter (slug, name, kind) VALUES (%s, %s, 'local') RETURNING id", (name, name))
    root = s.one("SELECT root_make(%s, 'calendars', 1::int2, 3::int2)", (c,))
    policy = s.one('SELECT policy_id FROM dav_node WHERE id = %s', (root,))
    calendar = s.one("INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key)"
                     " VALUES (%s, %s, %s, %s, 'calendar', true, 'k', 'k') RETURNING id", (root, root, c, policy))
    s.sql("INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key, etag)"
          " SELECT %s, %s, %s, %s, 'event', false, i || '.ics', i || '.ics', md5(i::text) FROM generate_series(1, %s) i",
          (root, calendar, c, policy, n))
    s.sql("INSERT INTO calendar_object (node_id, collection_id, chapter_id, uid, component, zones, open_from)"
          " SELECT id, %s, %s, 'UID-' || name, 'VEVENT', '', CASE WHEN name = '1.ics' THEN %s END FROM dav_node WHERE parent_id = %s",
          (calendar, c, MONTH[0] - 5 * DAY, calendar))
    s.sql('INSERT INTO occurrence (node_id, collection_id, chapter_id, starts, ends, takes, exact)'
          ' SELECT o.node_id, o.collection_id, o.chapter_id, f.starts, f.starts + CASE WHEN o.i = 2 THEN 56 * 86400 ELSE 3600 END, 1, o.i <> 3'
          " FROM (SELECT *, replace(substr(uid, 5), '.ics', '')::int8 AS i FROM calendar_object WHERE collection_id = %s) o,"
          ' LATERAL (SELECT CASE WHEN o.i = 2 THEN %s - 86400 * 35 WHEN o.i <= %s THEN %s + o.i * 86400'
          '                      WHEN o.i %% 2 = 0 THEN %s - 40 * 86400 - o.i * 900 ELSE %s + 40 * 86400 + o.i * 900 END AS starts) f',
          (calendar, MONTH[0], IN_MONTH, MONTH[0], MONTH[0], MONTH[1]))
    s.pg.commit()
    s.close()
    return name, calendar


@pytest.fixture(scope='module')
def calendars(server):
    both = fill(server, 'cal-few', FEW), fill(server, 'cal-many', MANY)
    s = Session(server, 'postgres')
    s.pg.autocommit = True
    for table in ('dav_node', 'calendar_object', 'occurrence'):
        s.sql(f'VACUUM ANALYZE {table}')
    s.close()
    return both


# As daemon/db/conn.c has it.
SETTINGS = {'plan_cache_mode': 'force_generic_plan',
            **dict.fromkeys(('enable_seqscan', 'enable_bitmapscan', 'enable_hashjoin', 'enable_mergejoin', 'enable_material'), 'off')}


def touched(server, slug, name, args):
    """Pages that the query touches as the run-time role, behind the wall of the scope; and the rows it gives."""
    s = Session(server)
    s.begin(slug)
    for setting, value in SETTINGS.items():
        s.sql(f'SET LOCAL {setting} = {value}')
    query = QUERIES[name]
    s.sql(f"PREPARE q ({', '.join(query.types)}) AS {query.sql}")
    execute = f"EXECUTE q ({', '.join(f'%s::{t}' for t in query.types)})"
    rows = s.sql(execute, args)
    plan = s.sql(f'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {execute}', args)[0][0]
    plan = (json.loads(plan) if isinstance(plan, str) else plan)[0]['Plan']
    s.rollback()
    s.close()
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks'], [r[0] for r in rows]


def test_a_month_costs_the_same_in_a_large_calendar(server, calendars):
    pages = []
    for slug, calendar in calendars:
        n, rows = touched(server, slug, 'calendar_found_then', (calendar, 'VEVENT', '', *MONTH))
        pages.append(n)
        assert len(rows) == IN_MONTH and rows == sorted(rows)
    print(f'pages touched by a month: {pages[0]} among {FEW}, {pages[1]} among {MANY} events')
    assert pages[1] < 2 * pages[0] + 20


def test_busy_times_cost_the_same_in_a_large_calendar(server, calendars):
    """In the month are IN_MONTH events: one of them long, one for ever and one whose time floats, to be read."""
    for query, more, found in (('calendar_busy', (MONTH[0] - 31 * DAY, 0, 0, 1000), IN_MONTH - 2), ('calendar_busy_unread', (), 3)):
        pages = []
        for slug, calendar in calendars:
            n, rows = touched(server, slug, query, (calendar, *MONTH, *more))
            pages.append(n)
            assert len(rows) == found
        print(f'pages touched by {query}: {pages[0]} among {FEW}, {pages[1]} among {MANY} events')
        assert pages[1] < 2 * pages[0] + 20


def test_many_by_name_and_number_cost_the_same_in_a_large_calendar(server, calendars):
    """What calendar-multiget looks up: each is looked for, not all read through."""
    for query, of in (('node_several', 'name_key'), ('node_numbered', 'id')):
        pages = []
        for slug, calendar in calendars:
            s = Session(server, 'postgres')
            some = [r[0] for r in s.sql(f'SELECT {of} FROM dav_node WHERE parent_id = %s ORDER BY id LIMIT 100', (calendar,))]
            s.close()
            n, rows = touched(server, slug, query, (calendar, 0, 'event', some, 8 << 20))
            pages.append(n)
            assert len(rows) == 100
        print(f'pages touched by a hundred of {query}: {pages[0]} among {FEW}, {pages[1]} among {MANY} events')
        assert pages[1] < 2 * pages[0] + 20


def test_a_page_of_all_costs_the_same_in_a_large_calendar(server, calendars):
    pages = []
    for slug, calendar in calendars:
        n, rows = touched(server, slug, 'calendar_found', (calendar, 'VEVENT', '', 'UID-2', 100))
        pages.append(n)
        assert len(rows) == 100
    print(f'pages touched by a hundred: {pages[0]} among {FEW}, {pages[1]} among {MANY} events')
    assert pages[1] < 2 * pages[0] + 20


def test_what_is_found(server, calendars):
    slug, calendar = calendars[0]

    def found(start, end, component='VEVENT', uid=''):
        return len(touched(server, slug, 'calendar_found_then', (calendar, component, uid, start, end))[1])

    assert found(*MONTH, 'VTODO') == 0 and found(*MONTH, '') == IN_MONTH
    assert found(*MONTH, uid='UID-2.ICS') == 1
    assert found(MONTH[0] + 10 * DAY + 7200, MONTH[0] + 10 * DAY + 7201) == 2, 'eight weeks, and the one without an end'
    assert found(-10**12, 10**12) == FEW
    assert touched(server, 'cal-many', 'calendar_found_then', (calendar, '', '', *MONTH))[1] == [], 'not in this scope'
