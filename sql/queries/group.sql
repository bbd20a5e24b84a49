-- Groups that chapters make themselves, and their guests.

-- group_add: a new group; no row: the chapter has one of this name
-- in  chapter int8, name text
-- out id int8
INSERT INTO local_group (chapter_id, name) VALUES ($1, $2)
ON CONFLICT (chapter_id, lower(name)) DO NOTHING RETURNING id

-- group_find: a group by its name
-- in  chapter int8, name text
-- out id int8, name text
SELECT id, name FROM local_group WHERE chapter_id = $1 AND lower(name) = lower($2)

-- group_remove: a group goes, and with it what it opened
-- in  chapter int8, id int8
-- out id int8
DELETE FROM local_group WHERE chapter_id = $1 AND id = $2 RETURNING id

-- groups_of: the groups of a chapter with their people, a row a person; a group without any is one row
-- in  chapter int8
-- out id int8, name text, person int8?, uid text?, person_name text?, until text?, over bool, guest bool
SELECT g.id, g.name, p.id, p.uid, p.name, to_char(m.until, 'YYYY-MM-DD'),
       coalesce(m.until < current_date OR p.gone IS NOT NULL OR p.until < current_date, false), p.guest_of IS NOT NULL
FROM local_group g
LEFT JOIN (local_group_member m JOIN person p ON p.id = m.person_id) ON m.group_id = g.id
WHERE g.chapter_id = $1
ORDER BY lower(g.name), lower(p.name), p.id

-- group_join: puts somebody into a group, or changes how long; no row: the chapter has no such group
-- in  chapter int8, id int8, person int8, until text?, by int8?
-- out made bool
INSERT INTO local_group_member (group_id, chapter_id, person_id, until, added_by)
SELECT g.id, g.chapter_id, $3, $4::text::date, $5 FROM local_group g WHERE g.chapter_id = $1 AND g.id = $2
ON CONFLICT (group_id, person_id) DO UPDATE SET until = excluded.until, ended = false, added = now(), added_by = excluded.added_by
RETURNING xmax = 0

-- group_leave: takes somebody out of a group
-- in  chapter int8, id int8, person int8
-- out person int8
DELETE FROM local_group_member WHERE chapter_id = $1 AND group_id = $2 AND person_id = $3 RETURNING person_id

-- guest_by_mail: the guest of a chapter with this address
-- in  chapter int8, mail text
-- out id int8, uid text
SELECT id, uid FROM person WHERE guest_of = $1 AND lower(mail) = lower($2) ORDER BY id LIMIT 1

-- guest_by_uid: a guest of a chapter by her login name
-- in  chapter int8, uid text
-- out id int8, name text, until text
SELECT id, name, to_char(until, 'YYYY-MM-DD') FROM person WHERE guest_of = $1 AND lower(uid) = lower($2)

-- guest_add: an account that the directory does not know
-- in  chapter int8, uid text, name text, mail text, until text
-- out id int8
INSERT INTO person (directory_id, uid, name, mail, guest_of, until)
VALUES ('guest:' || gen_random_uuid(), $2, $3, $4, $1, $5::text::date) RETURNING id

-- guest_set: the name and the last day of a guest; her app passwords end with it
-- in  chapter int8, id int8, name text, until text
WITH passwords AS (
    UPDATE app_password SET expires = $4::text::date + interval '1 day' WHERE person_id = $2)
UPDATE person SET name = $3, until = $4::text::date, gone = NULL WHERE guest_of = $1 AND id = $2

-- guest_end: her access ends at once: app passwords, invitation, locks
-- in  chapter int8, id int8
WITH passwords AS (DELETE FROM app_password WHERE person_id = $2),
     invited AS (DELETE FROM invitation WHERE person_id = $2),
     link AS (DELETE FROM device_setup WHERE person_id = $2)
UPDATE person SET until = least(until, current_date - 1) WHERE guest_of = $1 AND id = $2

-- guests_of: the guests of a chapter by e-mail; waits: she has not used her link yet
-- in  chapter int8
-- out uid text, name text, mail text?, until text, over bool, waits bool
SELECT p.uid, p.name, p.mail, to_char(p.until, 'YYYY-MM-DD'), p.until < current_date,
       NOT EXISTS (SELECT FROM app_password a WHERE a.person_id = p.id)
FROM person p WHERE p.guest_of = $1
ORDER BY p.until < current_date, lower(p.name), p.id

-- guests_clear: forgets guests a month after their last day
-- out n int8
WITH old AS (DELETE FROM person WHERE guest_of IS NOT NULL AND until < current_date - 30 RETURNING id)
SELECT count(*) FROM old

-- invitation_add: the link of a guest; the one before is worth nothing any more
-- in  hash bytea, person int8, chapter int8
INSERT INTO invitation (hash, person_id, chapter_id, expires) VALUES ($1, $2, $3, now() + interval '14 days')
ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, expires = excluded.expires

-- invitation_find: whose link it is
-- in  hash bytea
-- out person int8, uid text, name text, until text, chapter text, slug text
SELECT p.id, p.uid, p.name, to_char(p.until, 'YYYY-MM-DD'), c.name, c.slug
FROM invitation i JOIN person p ON p.id = i.person_id JOIN chapter c ON c.id = i.chapter_id AND c.archived IS NULL
WHERE i.hash = $1 AND i.expires > now() AND p.gone IS NULL AND p.until >= current_date

-- invitation_use: the link is used up; no row: it was before
-- in  hash bytea
-- out person int8
DELETE FROM invitation WHERE hash = $1 AND expires > now() RETURNING person_id

-- guest_password: the one app password of a guest, valid as long as she is one
-- in  person int8, name text, hash bytea, areas int2
-- out id int8
WITH before AS (DELETE FROM app_password WHERE person_id = $1)
INSERT INTO app_password (person_id, name, hash, areas, expires)
SELECT $1, $2, $3, $4, until + interval '1 day' FROM person WHERE id = $1 AND until >= current_date
RETURNING id
