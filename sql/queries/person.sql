-- person_login: Somebody has signed in: keeps what the directory says of her and gives her id.
-- in   id text, uid text, name text, mail text?, admin bool, groups text[]
-- out  person int8
SELECT chapterd.person_login($1, $2, $3, $4, $5, $6)

-- principal: Who she is and what she may, one row a role; by her id or by her browser's session. No row: no access.
-- in   person int8?, session bytea?
-- out  id int8, uid text, name text, mail text?, state_admin bool, used_long_ago bool, chapter int8?, role int2?
SELECT p.id, p.uid, p.name, p.mail, p.state_admin,
       coalesce(s.used < now() - interval '5 minutes', false), r.chapter_id, r.role
  FROM person p
  LEFT JOIN session s ON s.id_hash = $2
  LEFT JOIN LATERAL roles_of(p.id) r ON true
 WHERE p.gone IS NULL
   AND p.id = coalesce($1, (SELECT person_id FROM session
                             WHERE id_hash = $2 AND expires > now() AND used > now() - interval '7 days'))
 ORDER BY r.chapter_id

-- person_by_uid: The person of a login name, also of a former one.
-- in   uid text
-- out  id int8, uid text, name text, mail text?, former bool
SELECT p.id, p.uid, p.name, p.mail, false FROM person p WHERE lower(p.uid) = lower($1) AND p.gone IS NULL
UNION ALL
SELECT p.id, p.uid, p.name, p.mail, true FROM person_alias a JOIN person p ON p.id = a.person_id
 WHERE a.uid = lower($1) AND p.gone IS NULL
   AND NOT EXISTS (SELECT FROM person o WHERE lower(o.uid) = lower($1) AND o.gone IS NULL)

-- chapter_open: The chapter of a slug, unless it is archived.
-- in   slug text
-- out  id int8
SELECT id FROM chapter WHERE slug = $1 AND archived IS NULL

-- sync_people: What the directory says of people, for those who are known; gives these.
-- in   ids text[], uids text[], names text[], mails text[], admins text[]
-- out  directory_id text, person int8
SELECT directory_id, person_id FROM people_refresh($1, $2, $3, $4, $5)

-- sync_groups: The groups of these people, as pairs of the second and third list.
-- in   people int8[], pair_person int8[], pair_key text[]
SELECT FROM groups_refresh($1, $2, $3)

-- sync_missing: Who is known and not among the ids the directory has.
-- in   ids text[]
-- out  known int8, missing int8
SELECT count(*), count(*) FILTER (WHERE NOT EXISTS (SELECT FROM unnest($1) AS n (id) WHERE n.id = p.directory_id))
  FROM person p WHERE p.gone IS NULL

-- sync_remove: Takes all access from who is known and not among these ids; what belongs to chapters stays. The audit log of each chapter that they had a role in, by a group or a grant, gets an entry
-- in   ids text[]
-- out  person int8
WITH leaver AS (
    UPDATE person p SET gone = now()
     WHERE p.gone IS NULL AND NOT EXISTS (SELECT FROM unnest($1) AS n (id) WHERE n.id = p.directory_id)
    RETURNING p.id
), no_session AS (
    DELETE FROM session WHERE person_id IN (SELECT id FROM leaver)
), no_group AS (
    DELETE FROM person_group WHERE person_id IN (SELECT id FROM leaver)
), told AS (
    INSERT INTO audit (chapter_id, hand, what, kind, object_id, about_id)
    SELECT DISTINCT r.chapter_id, 'service', 'person-left', 'person', l.id, l.id
      FROM leaver l JOIN (SELECT g.chapter_id, p.person_id FROM person_group p JOIN chapter_group g USING (group_key)
                          UNION SELECT chapter_id, person_id FROM role_grant) r ON r.person_id = l.id
     WHERE r.chapter_id = ANY (scope())
)
SELECT id FROM leaver

-- sync_known: Which of these ids we know.
-- in   ids text[]
-- out  directory_id text
SELECT directory_id FROM person WHERE directory_id = ANY ($1)
