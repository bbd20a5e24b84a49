-- enter: first statement of every transaction: its scope, for row-level security, whether it only reads ('on'), and the tree lock of its chapter (0 none, 1 shared, 2 alone)
-- in   chapter text, who int8, read_only text, lock int2
-- out  scope text, read_only text, locked text?
SELECT set_config('chapterd.scope', array_remove(ARRAY[c.id, nullif(-$2, 0)], NULL)::text, true),
       set_config('transaction_read_only', $3, true),
       CASE $4 WHEN 1 THEN pg_advisory_xact_lock_shared(1, c.id::int4)::text WHEN 2 THEN pg_advisory_xact_lock(1, c.id::int4)::text END
  FROM (SELECT (SELECT id FROM chapter WHERE slug = $1 AND archived IS NULL) AS id OFFSET 0) c;

-- enter_several: the same for chapters with commas in between; their tree locks are taken in the order of their ids
-- in   chapters text, who int8, read_only text, lock int2
-- out  scope text, read_only text
SELECT set_config('chapterd.scope', (CASE WHEN $2 > 0 THEN s.ids || -$2 ELSE s.ids END)::text, true),
       set_config('transaction_read_only', $3, true)
  FROM (SELECT coalesce(array_agg(c.id), '{}') AS ids,
               count(CASE $4 WHEN 1 THEN pg_advisory_xact_lock_shared(1, c.id::int4)::text
                             WHEN 2 THEN pg_advisory_xact_lock(1, c.id::int4)::text END)
          FROM (SELECT id FROM (SELECT id FROM chapter WHERE slug = ANY (string_to_array($1, ',')) AND archived IS NULL OFFSET 0) f
                 ORDER BY id) c) s;

-- enter_all: the same for the chapters that there are
-- in   who int8, read_only text, lock int2
-- out  scope text, read_only text
SELECT set_config('chapterd.scope', (CASE WHEN $1 > 0 THEN s.ids || -$1 ELSE s.ids END)::text, true),
       set_config('transaction_read_only', $2, true)
  FROM (SELECT coalesce(array_agg(c.id), '{}') AS ids,
               count(CASE $3 WHEN 1 THEN pg_advisory_xact_lock_shared(1, c.id::int4)::text
                             WHEN 2 THEN pg_advisory_xact_lock(1, c.id::int4)::text END)
          FROM (SELECT id FROM chapter WHERE archived IS NULL ORDER BY id) c) s;

-- commit_mark: leaves a mark in a transaction that has written, last thing before its COMMIT
-- in   writer int8, serial int8
INSERT INTO commit_mark AS m (writer, serial) SELECT $1, $2 WHERE pg_current_xact_id_if_assigned() IS NOT NULL
    ON CONFLICT (writer) DO UPDATE SET at = now(),
       serial = CASE WHEN m.fence < excluded.serial THEN excluded.serial ELSE lost_race() END;

-- commit_settle: the last mark that a writer has left; one it has not left by now it cannot leave any more. Waits for a transaction of it that is about to commit
-- in   writer int8, serial int8
-- out  serial int8
INSERT INTO commit_mark AS m (writer, serial, fence) VALUES ($1, 0, $2)
    ON CONFLICT (writer) DO UPDATE SET fence = excluded.fence RETURNING serial;

-- commit_marks_clear: those of connections that are long gone
DELETE FROM commit_mark WHERE at < now() - interval '2 days';

-- role_safety: whether the role of this connection could get past the second wall, and the schema's version
-- out  superuser bool, bypasses bool, owns bool, version int4
SELECT r.rolsuper, r.rolbypassrls,
       EXISTS (SELECT FROM pg_class c
                WHERE c.relnamespace = 'chapterd'::regnamespace AND pg_has_role(r.oid, c.relowner, 'MEMBER')),
       (SELECT max(version) FROM migration)
  FROM pg_roles r WHERE r.rolname = current_user;

-- job_claim: takes the turn of a periodic job, unless it was taken less than `every` seconds ago; asking is no write
-- in   name text, every int4
-- out  name text
INSERT INTO job_run AS j (name, started)
SELECT $1, now() WHERE NOT EXISTS (SELECT FROM job_run r WHERE r.name = $1 AND r.started > now() - make_interval(secs => $2))
    ON CONFLICT (name) DO UPDATE SET started = now(), finished = NULL, error = NULL
    WHERE j.started <= now() - make_interval(secs => $2)
RETURNING name;

-- job_lock: of all processes on this database one runs a job at a time; held until the session unlocks it
-- in   name text
-- out  got bool
SELECT pg_try_advisory_lock(2, hashtext($1));

-- job_unlock: gives the turn back
-- in   name text
-- out  had bool
SELECT pg_advisory_unlock(2, hashtext($1));

-- job_done: how it ended
-- in   name text, error text?
UPDATE job_run SET finished = now(), error = $2 WHERE name = $1;

-- sync_horizon: age in seconds of the oldest transaction that writes; it holds sync tokens back
-- out  seconds int8
SELECT coalesce(max(extract(epoch FROM now() - xact_start))::int8, 0)
  FROM pg_stat_activity WHERE backend_xid IS NOT NULL;
