-- person_login: Somebody has signed in: keeps what the directory says of her and gives her id.
-- in   id text, uid text, name text, mail text?, admin bool, groups text[]
-- out  person int8
SELECT chapterd.person_login($1, $2, $3, $4, $5, $6)

-- principal: Who she is and what she may, one row a role; by her id or by her browser's session. No row: no access. (OFFSET 0: beside the id, "gone" must not make another index look good.)
-- in   person int8?, session bytea?
-- out  id int8, uid text, name text, mail text?, state_admin bool, guest bool, rights_changed xid8?, used_long_ago bool, chapter int8?, role int2?, policy int8?, rights int2?
SELECT p.id, p.uid, p.name, p.mail, p.state_admin, p.guest_of IS NOT NULL, p.rights_changed,
       coalesce(s.used < now() - interval '5 minutes', false), r.chapter_id, r.role, r.policy_id, r.rights
  FROM (SELECT * FROM person o
         WHERE o.id = coalesce($1, (SELECT person_id FROM session
                                     WHERE id_hash = $2 AND expires > now() AND used > now() - interval '7 days')) OFFSET 0) p
  LEFT JOIN session s ON s.id_hash = $2
  LEFT JOIN LATERAL rights_of(p.id) r ON true
 WHERE p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date)
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
  FROM person p WHERE p.gone IS NULL AND p.guest_of IS NULL

-- sync_remove: Takes all access from who is known and not among these ids; what belongs to chapters stays. The audit log of each chapter that they had a role in, by a group or a grant, gets an entry
-- in   ids text[]
-- out  person int8
WITH leaver AS (
    UPDATE person p SET gone = now()
     WHERE p.gone IS NULL AND p.guest_of IS NULL AND NOT EXISTS (SELECT FROM unnest($1) AS n (id) WHERE n.id = p.directory_id)
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

-- role_origins: Where somebody's roles in a chapter come from, the highest first: a group of the directory, a grant (until: its last day, when in scope), an invitation (guest); via: the chapter further down where she is a member.
-- in   person int8, chapter int8
-- out  role int2, via text?, group_key text?, granted bool, until text?
SELECT o.role, CASE WHEN o.via <> $2 THEN c.name END, o.group_key, o.grant_id IS NOT NULL, to_char(g.until, 'YYYY-MM-DD')
  FROM role_origins($1) o JOIN chapter c ON c.id = o.via LEFT JOIN role_grant g ON g.id = o.grant_id
 WHERE o.chapter_id = $2
 ORDER BY o.role DESC, o.via <> $2, c.name

-- group_origins: The groups of the chapter by which somebody may do something in a collection with this policy.
-- in   person int8, policy int8
-- out  name text, rights int2, until text?
SELECT g.name, t.rights, to_char(m.until, 'YYYY-MM-DD')
  FROM policy_grant t JOIN local_group g ON g.id = t.group_id JOIN local_group_member m ON m.group_id = g.id
 WHERE m.person_id = $1 AND t.policy_id = $2 AND (m.until IS NULL OR m.until >= current_date)
 ORDER BY lower(g.name)
