-- What chapterctl asks of the database as a whole.

-- ctl_notify: tells all daemons something
-- in  channel text, payload text
-- out sent int4
SELECT 1 FROM pg_notify($1, $2)

-- ctl_settings: what the promises of durability and of enough connections rest on
-- out name text, setting text
SELECT name, setting FROM pg_settings
WHERE name IN ('server_version_num', 'fsync', 'synchronous_commit', 'full_page_writes', 'data_checksums',
               'data_sync_retry', 'max_connections', 'superuser_reserved_connections',
               'max_prepared_transactions', 'server_encoding', 'transaction_read_only', 'ssl',
               'track_commit_timestamp')

-- ctl_connections: how many connections others hold on the whole server
-- out others int8
SELECT greatest(0, sum(numbackends) - 1)::int8 FROM pg_stat_database

-- ctl_wire: how this connection reaches the server
-- out remote bool, encrypted bool
SELECT NOT coalesce(inet_server_addr() IS NULL OR inet_server_addr() <<= '127.0.0.0/8'
                    OR inet_server_addr() = '::1', true),
       coalesce((SELECT s.ssl FROM pg_stat_ssl s WHERE s.pid = pg_backend_pid()), false)

-- ctl_clock: what time the database has
-- out now timestamptz
SELECT clock_timestamp()

-- ctl_group_keys: every group that gives a role in an open chapter
-- out slug text, role int2, group_key text
SELECT c.slug, g.role, g.group_key
FROM chapter_group g JOIN chapter c ON c.id = g.chapter_id
WHERE c.archived IS NULL
ORDER BY c.slug, g.role, g.group_key
