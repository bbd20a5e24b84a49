-- session_add: A browser has signed in.
-- in   id_hash bytea, person int8
INSERT INTO session (id_hash, person_id, expires) VALUES ($1, $2, now() + interval '30 days')

-- session_touch: It is still in use.
-- in   id_hash bytea
UPDATE session SET used = now() WHERE id_hash = $1

-- session_end: It has signed out.
-- in   id_hash bytea
DELETE FROM session WHERE id_hash = $1

-- session_sweep: Removes what is over: sessions, app passwords a month later, and what nobody counts any more.
WITH old AS (
    DELETE FROM session WHERE expires < now() OR used < now() - interval '7 days'
), expired AS (
    DELETE FROM app_password WHERE expires < now() - interval '30 days'
), sent AS (
    DELETE FROM form_once WHERE sent < now() - interval '31 days'
)
DELETE FROM login_failure WHERE last < now() - interval '1 hour'

-- login_key: The key of the hashes that failed logins are counted under.
-- out  key bytea
SELECT login_key FROM installation

-- login_wait: Seconds until this account may be tried again from this network; failures of the network in 10 minutes.
-- in   account bytea, network bytea
-- out  wait int8, failures int4
SELECT coalesce((SELECT greatest(0, ceil(extract(epoch FROM last + least(60, 2 ^ least(count - 4, 6)) * interval '1 second' - now())))::int8
                   FROM login_failure WHERE bucket = $1 AND count >= 5 AND last > now() - interval '15 minutes'), 0),
       coalesce((SELECT count FROM login_failure WHERE bucket = $2 AND first > now() - interval '10 minutes'), 0)

-- login_failed: Counts a wrong password. An account's count ends after 15 quiet minutes, a network's after 10 in all.
-- in   account bytea, network bytea
INSERT INTO login_failure AS f (bucket, count) VALUES ($1, 1), ($2, 1)
    ON CONFLICT (bucket) DO UPDATE
   SET count = CASE WHEN CASE WHEN f.bucket = $1 THEN f.last < now() - interval '15 minutes'
                              ELSE f.first < now() - interval '10 minutes' END THEN 1 ELSE f.count + 1 END,
       first = CASE WHEN CASE WHEN f.bucket = $1 THEN f.last < now() - interval '15 minutes'
                              ELSE f.first < now() - interval '10 minutes' END THEN now() ELSE f.first END,
       last = now()
