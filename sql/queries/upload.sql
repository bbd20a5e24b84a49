-- Uploads in several requests. See webdav/upload.h.

-- upload_begin: notes an upload; refused 1: this person, 2: the chapter has as many unfinished ones as may be
-- in   chapter int8, person int8, name text, target text, length int8, state bytea, digest bytea?, type text?, modified timestamptz?, match text?, none_match text?, unmodified text?, lease int8, seconds int4, most_person int4, most_chapter int4
-- out  refused int4, id int8?, expires timestamptz?
SELECT refused, id, expires FROM upload_begin($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- upload_find: an upload of this person's, by the last part of its address
-- in   name text, person int8
-- out  id int8, chapter int8, target text, length int8, received int8, parts int4, state bytea, digest bytea?, type text?, modified timestamptz?, match text?, none_match text?, unmodified text?, lease int8?, expires timestamptz, finished bool, etag text?
SELECT u.id, u.chapter_id, u.target, u.length, u.received, u.parts, u.state, u.digest, u.type, u.modified, u.if_match, u.if_none_match,
       u.if_unmodified_since, l.id, u.expires, u.finished IS NOT NULL, u.etag
  FROM upload u LEFT JOIN quota_lease l ON l.id = u.lease_id AND l.expires > now()
 WHERE u.name = $1 AND u.person_id = $2 AND u.expires > now()

-- upload_append: notes a piece behind the first `received` bytes; no row when so many are not there (any more)
-- in   upload int8, received int8, size int8, state bytea, sha256 bytea, store int2, seconds int4
-- out  expires timestamptz
WITH u AS (
    UPDATE upload SET received = received + $3, parts = parts + 1, state = $4, expires = now() + make_interval(secs => $7)
     WHERE id = $1 AND received = $2 AND finished IS NULL AND expires > now() RETURNING id, chapter_id, parts, lease_id, expires
), p AS (
    INSERT INTO upload_part (upload_id, seq, chapter_id, sha256, size, store) SELECT id, parts, chapter_id, $5, $3, $6 FROM u
), l AS (
    UPDATE quota_lease q SET expires = u.expires FROM u WHERE q.id = u.lease_id
)
SELECT expires FROM u

-- upload_hold: nobody else finishes it until this transaction ends; no row when it is not complete, or finished
-- in   upload int8
-- out  id int8
SELECT id FROM upload WHERE id = $1 AND received = length AND finished IS NULL AND expires > now() FOR NO KEY UPDATE

-- upload_parts: the files of the store that the pieces of an upload are
-- in   upload int8
-- out  sha256 bytea, size int8, store int2
SELECT sha256, size, store FROM upload_part WHERE upload_id = $1 ORDER BY seq

-- upload_finish: its content is a document now; the upload stays for a while, to be asked about
-- in   upload int8, etag text, seconds int4
-- out  id int8
WITH u AS (
    UPDATE upload SET finished = now(), etag = $2, expires = now() + make_interval(secs => $3) WHERE id = $1 RETURNING id, lease_id
), p AS (
    DELETE FROM upload_part WHERE upload_id = $1
), l AS (
    DELETE FROM quota_lease WHERE id = (SELECT lease_id FROM u)
)
SELECT id FROM u

-- upload_end: nothing can be added any more, and its space is free
-- in   upload int8
-- out  id int8
WITH u AS (
    UPDATE upload SET expires = '-infinity' WHERE id = $1 RETURNING id, lease_id
), l AS (
    DELETE FROM quota_lease WHERE id = (SELECT lease_id FROM u)
)
SELECT id FROM u

-- uploads_over: uploads past their time
-- in   most int4
-- out  id int8, chapter_id int8, slug text
SELECT u.id, u.chapter_id, c.slug FROM upload u JOIN chapter c ON c.id = u.chapter_id WHERE u.expires < now() ORDER BY u.expires LIMIT $1

-- upload_parts_drop: some pieces of an upload that has been ended
-- in   upload int8, most int4
-- out  sha256 bytea, store int2
DELETE FROM upload_part
 WHERE upload_id = $1 AND seq IN (SELECT seq FROM upload_part WHERE upload_id = $1 ORDER BY seq LIMIT $2) RETURNING sha256, store

-- upload_drop: forgets an upload that has been ended and has no pieces
-- in   upload int8
DELETE FROM upload u WHERE u.id = $1 AND u.expires = '-infinity' AND NOT EXISTS (SELECT FROM upload_part p WHERE p.upload_id = u.id)
