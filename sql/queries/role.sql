-- Roles that chapters give by themselves, beside those that come from the directory.

-- role_person: somebody by her login name; a former name counts too, and those gone come last
-- in  uid text
-- out id int8, uid text, name text, gone timestamptz?
SELECT p.id, p.uid, p.name, p.gone
FROM person p
WHERE lower(p.uid) = lower($1)
   OR p.id = (SELECT a.person_id FROM person_alias a WHERE a.uid = lower($1))
ORDER BY p.gone IS NOT NULL, lower(p.uid) <> lower($1), p.id DESC
LIMIT 1

-- role_day_is_over: has this day passed, or is it more than a year away?
-- in  day text
-- out over bool, far bool
SELECT $1::text::date < current_date, $1::text::date > current_date + interval '1 year'

-- role_is_guest: has somebody no role in a chapter by the directory, neither of its own groups nor from below?
-- in  chapter int8, person int8
-- out guest bool
SELECT NOT EXISTS (SELECT FROM role_origins($2) o WHERE o.chapter_id = $1 AND o.group_key IS NOT NULL)

-- role_grant_set: gives a role, or changes how long it lasts
-- in  chapter int8, person int8, role int2, until text?, granted_by int8?, reason text?
-- out id int8, made bool
INSERT INTO role_grant (chapter_id, person_id, role, until, granted_by, reason)
VALUES ($1, $2, $3, $4::text::date, $5, $6)
ON CONFLICT (chapter_id, person_id, role) DO UPDATE
SET until = excluded.until, ended = false, granted = now(), granted_by = excluded.granted_by, reason = excluded.reason
RETURNING id, xmax = 0

-- role_grant_remove: takes a role back that the chapter gave
-- in  chapter int8, person int8, role int2
-- out id int8
DELETE FROM role_grant WHERE chapter_id = $1 AND person_id = $2 AND role = $3
RETURNING id

-- role_grants: the roles a chapter gave, highest first; those that have run out too
-- in  chapter int8
-- out uid text, name text, role int2, until text?, over bool, granted timestamptz, granted_by text?, reason text?, gone bool
SELECT p.uid, p.name, g.role, to_char(g.until, 'YYYY-MM-DD'), coalesce(g.until < current_date, false),
       g.granted, b.uid, g.reason, p.gone IS NOT NULL
FROM role_grant g
JOIN person p ON p.id = g.person_id
LEFT JOIN person b ON b.id = g.granted_by
WHERE g.chapter_id = $1
ORDER BY g.role DESC, lower(p.name), p.id

-- role_from_directory: who has a role in a chapter by a group of the directory and is at least that, highest first
-- in  chapter int8, least int2
-- out uid text, name text, role int2
SELECT p.uid, p.name, max(cg.role)
FROM chapter_group cg
JOIN person_group pg ON pg.group_key = cg.group_key
JOIN person p ON p.id = pg.person_id AND p.gone IS NULL
WHERE cg.chapter_id = $1
GROUP BY p.id
HAVING max(cg.role) >= $2
ORDER BY max(cg.role) DESC, lower(p.name), p.id

-- role_members: how many people who are known are members of a chapter by the directory
-- in  chapter int8
-- out n int8
SELECT count(DISTINCT p.id)
FROM chapter_group cg JOIN person_group pg ON pg.group_key = cg.group_key JOIN person p ON p.id = pg.person_id AND p.gone IS NULL
WHERE cg.chapter_id = $1

-- roles_ended: marks what ran out by its date, so that clients learn of it (rights_moved)
WITH groups AS (
    UPDATE local_group_member SET ended = true WHERE until < current_date AND NOT ended)
UPDATE role_grant SET ended = true WHERE until < current_date AND NOT ended
