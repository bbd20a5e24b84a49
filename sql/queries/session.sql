-- session_add: A browser has signed in.
-- in   id_hash bytea, person int8
INSERT INTO session (id_hash, person_id, expires) VALUES ($1, $2, now() + interval '30 days')

-- session_touch: It is still in use.
-- in   id_hash bytea
UPDATE session SET used = now() WHERE id_hash = $1

-- session_end: It has signed out.
-- in   id_hash bytea
DELETE FROM session WHERE id_hash = $1

-- session_sweep: Removes what is over: sessions, app passwords a month after their end or their owner's, and what nobody counts any more.
WITH old AS (
    DELETE FROM session WHERE expires < now() OR used < now() - interval '7 days'
), expired AS (
    DELETE FROM app_password a WHERE a.expires < now() - interval '30 days'
        OR EXISTS (SELECT FROM person p WHERE p.id = a.person_id AND p.gone < now() - interval '30 days')
), sent AS (
    DELETE FROM form_once WHERE sent < now() - interval '31 days'
), unused AS (
    DELETE FROM device_setup WHERE expires < now()
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

-- login_take: Counts a try before its password is looked at, so that tries at the same time see each other. Not account: this account must wait; not network: that network must. Then it is to be rolled back.
-- in   account bytea, network bytea, most int4
-- out  account bool, network bool
WITH a AS (
    INSERT INTO login_failure AS f (bucket, count) VALUES ($1, 1)
        ON CONFLICT (bucket) DO UPDATE
       SET count = CASE WHEN f.last < now() - interval '15 minutes' THEN 1 ELSE f.count + 1 END,
           first = CASE WHEN f.last < now() - interval '15 minutes' THEN now() ELSE f.first END, last = now()
     WHERE f.count < 5 OR f.last + least(60, 2 ^ least(f.count - 4, 6)) * interval '1 second' <= now()
 RETURNING bucket
), n AS (
    INSERT INTO login_failure AS f (bucket, count) SELECT $2, 1 FROM a
        ON CONFLICT (bucket) DO UPDATE
       SET count = CASE WHEN f.first < now() - interval '10 minutes' THEN 1 ELSE f.count + 1 END,
           first = CASE WHEN f.first < now() - interval '10 minutes' THEN now() ELSE f.first END, last = now()
     WHERE f.count < $3 OR f.first < now() - interval '10 minutes'
 RETURNING bucket
)
SELECT EXISTS (SELECT FROM a), EXISTS (SELECT FROM n) FROM set_config('synchronous_commit', 'off', true)

-- guess_take: Counts an address that somebody may have guessed; false: as many as there may be have been in ten minutes.
-- in   bucket bytea, most int4
-- out  taken bool
WITH n AS (
    INSERT INTO login_failure AS f (bucket, count) VALUES ($1, 1)
        ON CONFLICT (bucket) DO UPDATE
       SET count = CASE WHEN f.first < now() - interval '10 minutes' THEN 1 ELSE f.count + 1 END,
           first = CASE WHEN f.first < now() - interval '10 minutes' THEN now() ELSE f.first END, last = now()
     WHERE f.count < $2 OR f.first < now() - interval '10 minutes'
 RETURNING bucket
)
SELECT EXISTS (SELECT FROM n) FROM set_config('synchronous_commit', 'off', true)

-- login_forgive: The try that was counted was none: the password was right, or nobody could tell. An account that had to wait had done so before.
-- in   account bytea, network bytea
UPDATE login_failure
   SET count = greatest(count - 1, 0),
       last = CASE WHEN bucket = $1 AND count > 5 THEN last - interval '60 seconds' ELSE last END
  FROM set_config('synchronous_commit', 'off', true)
 WHERE bucket IN ($1, $2)
