-- What chapterctl backup and restore ask, as the role that may act for the owner of the tables.

-- backup_session: works as the owner from here on, and may sit in a transaction as long as pg_dump takes; a word that this session alone knows
-- out mark text, server text
SELECT set_config('chapterd.backup', gen_random_uuid()::text, false), current_setting('server_version')
 WHERE set_config('role', 'chapterd_owner', false) IS NOT NULL
   AND set_config('idle_in_transaction_session_timeout', '0', false) IS NOT NULL
   AND set_config('idle_session_timeout', '0', false) IS NOT NULL

-- backup_same_session: the session it was, or another one that has lost its locks
-- in  mark text
-- out same bool
SELECT coalesce(current_setting('chapterd.backup', true) = $1, false)

-- backup_schema_lock: keeps migrations away while the database is dumped
-- out got bool
SELECT pg_try_advisory_lock_shared(3, 1)

-- backup_schema_unlock: lets them in again
-- out had bool
SELECT pg_advisory_unlock_shared(3, 1)

-- backup_snapshot: the moment that is backed up, for pg_dump, and what was true then
-- out snapshot text, epoch text, version int4, chapters int8, people int8
SELECT pg_export_snapshot(), i.epoch, (SELECT coalesce(max(version), 0) FROM migration),
       (SELECT count(*) FROM chapter), (SELECT count(*) FROM person)
  FROM installation i

-- backup_counts: how much there is
-- out nodes int8, contents int8
SELECT (SELECT count(*) FROM dav_node WHERE NOT gone), (SELECT count(*) FROM blob)

-- backup_parts: the files of the store that contents are made of, by pages, each for every owner that needs it
-- in  after bytea
-- out sha256 bytea, size int8, chapter_id int8?, person_id int8?, store int2
SELECT p.sha256, p.size, p.chapter_id, p.person_id, p.store
  FROM blob_part p
 WHERE p.sha256 IN (SELECT DISTINCT s.sha256 FROM blob_part s WHERE s.sha256 > $1 ORDER BY s.sha256 LIMIT 500)
 GROUP BY p.sha256, p.size, p.chapter_id, p.person_id, p.store
 ORDER BY p.sha256, p.chapter_id, p.person_id, p.store

-- restore_lock: one restore or migration at a time
-- out got bool
SELECT pg_try_advisory_lock(3, 1)

-- restore_unfinished: was a restore begun here that has not ended?
-- out unfinished bool
SELECT to_regnamespace('chapterd_restore') IS NOT NULL

-- restore_state: whether there is an installation, and how many daemons work on it
-- out installed bool, daemons int8
SELECT to_regclass('chapterd.migration') IS NOT NULL,
       (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = 'chapterd')

-- restore_used: is there anything in the installation that would be lost?
-- out used bool
SELECT EXISTS (SELECT FROM chapter) OR EXISTS (SELECT FROM person) OR EXISTS (SELECT FROM dav_node)

-- restore_begin: from here on nothing works on this database until the restore has ended
CREATE SCHEMA IF NOT EXISTS chapterd_restore AUTHORIZATION chapterd_owner
