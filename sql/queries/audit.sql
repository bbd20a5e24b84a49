-- The audit log: added to, read, and after its time forgotten.

-- audit_add: an entry, in the transaction of what it tells
-- in   chapter int8?, owner int8?, hand text, actor int8?, what text, kind text, object int8?, title text?, about int8?, other text?, role int2?, was_read int2?, was_write int2?, now_read int2?, now_write int2?, amount int8?, was_amount int8?, until text?, reason text?
INSERT INTO audit (chapter_id, person_id, hand, actor_id, what, kind, object_id, title, about_id, other, role,
                   was_read, was_write, now_read, now_write, amount, was_amount, until, reason)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18::text::date, $19)

-- audit_of_chapter: a page of what concerns a chapter, the newest first; before 0: from the newest, since and till: days, both included
-- in   chapter int8, before int8, words text[], since text?, till text?, zone text, most int4
-- out  id int8, at timestamptz, whole bool, hand text, actor int8?, actor_name text?, what text, kind text, object int8?, title text?, about int8?, about_name text?, other text?, role int2?, was_read int2?, was_write int2?, now_read int2?, now_write int2?, amount int8?, was_amount int8?, until text?, reason text?
WITH span AS (
    SELECT coalesce($4::text::date::timestamp AT TIME ZONE $6, '-infinity') AS since,
           coalesce(($5::text::date + 1)::timestamp AT TIME ZONE $6, 'infinity') AS till,
           CASE WHEN $2 > 0 THEN $2 ELSE 9223372036854775807 END AS before
), found AS (
    (SELECT a.* FROM audit a, span s
      WHERE a.chapter_id = $1 AND a.id < s.before AND a.at >= s.since AND a.at < s.till
        AND (cardinality($3) = 0 OR a.what = ANY ($3))
      ORDER BY a.id DESC LIMIT $7)
    UNION ALL
    (SELECT a.* FROM audit a, span s
      WHERE a.chapter_id IS NULL AND a.person_id IS NULL AND a.id < s.before AND a.at >= s.since AND a.at < s.till
        AND (cardinality($3) = 0 OR a.what = ANY ($3))
      ORDER BY a.id DESC LIMIT $7)
)
SELECT f.id, f.at, f.chapter_id IS NULL, f.hand, f.actor_id, w.name, f.what, f.kind, f.object_id, f.title, f.about_id, b.name, f.other,
       f.role, f.was_read, f.was_write, f.now_read, f.now_write, f.amount, f.was_amount, to_char(f.until, 'YYYY-MM-DD'), f.reason
  FROM found f LEFT JOIN person w ON w.id = f.actor_id LEFT JOIN person b ON b.id = f.about_id
 ORDER BY f.id DESC LIMIT $7

-- audit_of_person: the newest entries that concern a person alone
-- in   person int8, most int4
-- out  id int8, at timestamptz, what text, title text?, by_operator bool
SELECT id, at, what, title, hand = 'operator' FROM audit WHERE person_id = $1 ORDER BY id DESC LIMIT $2

-- audit_forget: removes what is older than so many days, at least 91; how many
-- in   days int4
-- out  removed int8
SELECT audit_forget($1)

-- override_begin: a state admin may look into a chapter for so many seconds; a running one of hers is replaced
-- in   chapter int8, person int8, seconds int4
-- out  until timestamptz
WITH before AS (
    UPDATE override SET ended = now() WHERE chapter_id = $1 AND person_id = $2 AND ended IS NULL
)
INSERT INTO override (chapter_id, person_id, until) VALUES ($1, $2, now() + make_interval(secs => $3)) RETURNING until

-- override_end: she looks no longer; no row: she did not, or not any more
-- in   chapter int8, person int8
-- out  id int8
UPDATE override SET ended = now() WHERE chapter_id = $1 AND person_id = $2 AND ended IS NULL AND until > now() RETURNING id

-- overrides_of: the chapters that a state admin may look into now
-- in   person int8
-- out  chapter int8, until timestamptz
SELECT chapter_id, until FROM overrides_of($1)

-- audit_chapter: what the chapter is called whose log is read
-- in   chapter int8
-- out  name text
SELECT name FROM chapter WHERE id = $1
