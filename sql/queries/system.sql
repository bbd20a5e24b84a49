-- enter: the scope of this transaction and its tree locks (0 none, 1 shared, 2 exclusive)
-- in   chapters text, who int8, tree_lock int4
-- out  done int4
SELECT 1 FROM enter($1, $2, $3);

-- xid_status: what became of a transaction: committed, aborted, in progress; null when too old to know
-- in   xid xid8
-- out  status text?
SELECT pg_xact_status($1);

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
