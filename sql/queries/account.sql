-- app_password_find: Whose app password it is, if she has that login name (former: had it); no row: nobody's, or over.
-- in   id int8, uid text
-- out  person int8, hash bytea, areas int2, expires timestamptz?, used_today bool, former bool
SELECT a.person_id, a.hash, a.areas, a.expires, coalesce(a.used = current_date, false), lower(p.uid) <> lower($2)
  FROM app_password a CROSS JOIN LATERAL (SELECT * FROM person q WHERE q.id = a.person_id OFFSET 0) p
 WHERE a.id = $1 AND p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date) AND (a.expires IS NULL OR a.expires > now())
   AND (lower(p.uid) = lower($2) OR EXISTS (SELECT FROM person_alias o WHERE o.uid = lower($2) AND o.person_id = p.id))

-- app_password_used: It is in use, to the day.
-- in   id int8
UPDATE app_password SET used = current_date WHERE id = $1

-- app_passwords_of: All of a person, the newest first.
-- in   person int8
-- out  id int8, name text, areas int2, created timestamptz, expires timestamptz?, over bool, used timestamptz?
SELECT id, name, areas, created, expires, coalesce(expires <= now(), false), (used + time '12:00') AT TIME ZONE 'UTC'
  FROM app_password WHERE person_id = $1 ORDER BY id DESC

-- account_lock: What a person makes of her own is made one after the other, so that it can be counted.
-- in   person int8
SELECT FROM person WHERE id = $1 FOR NO KEY UPDATE

-- form_once_use: The form with this number is sent; no row: it has been before.
-- in   person int8, hash bytea
-- out  person int8
INSERT INTO form_once (person_id, hash) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING person_id

-- app_password_add: A new one; days 0: until it is taken back. No row: she has as many as are allowed.
-- in   person int8, name text, hash bytea, areas int2, days int4, most int4
-- out  id int8
INSERT INTO app_password (person_id, name, hash, areas, expires)
SELECT $1, $2, $3, $4, now() + nullif($5, 0) * interval '1 day'
 WHERE (SELECT count(*) FROM app_password WHERE person_id = $1) < $6
RETURNING id

-- app_password_remove: She takes it back. No row: it is not hers.
-- in   person int8, id int8
-- out  name text
DELETE FROM app_password WHERE person_id = $1 AND id = $2 RETURNING name

-- sessions_of: The browsers where a person is signed in, the last used first; here: the one with this session.
-- in   person int8, session bytea?
-- out  id int8, created timestamptz, used timestamptz, here bool
SELECT id, created, used, id_hash IS NOT DISTINCT FROM $2 FROM session
 WHERE person_id = $1 AND expires > now() AND used > now() - interval '7 days' ORDER BY used DESC, id DESC

-- session_end_other: Signs one of a person's browsers out. No row: it is not hers.
-- in   person int8, id int8
-- out  id int8
DELETE FROM session WHERE person_id = $1 AND id = $2 RETURNING id

-- app_password_remove_all: All of a person's are taken back, and the link by which another one could be had.
-- in   person int8
-- out  id int8, name text
WITH link AS (DELETE FROM device_setup WHERE person_id = $1)
DELETE FROM app_password WHERE person_id = $1 RETURNING id, name

-- session_end_all: Signs all of a person's browsers out.
-- in   person int8
-- out  id int8
DELETE FROM session WHERE person_id = $1 RETURNING id
