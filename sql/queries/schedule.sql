-- Invitations and answers between calendars: see modules/calendars/schedule.h and the comments of the tables.

-- schedule_people: who has these mail addresses (in small letters); of several with one address the one whom the directory knows
-- in   mails text[]
-- out  mail text, person int8
SELECT DISTINCT ON (lower(p.mail)) lower(p.mail), p.id
  FROM person p
 WHERE p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date) AND lower(p.mail) = ANY ($1)
 ORDER BY lower(p.mail), (p.guest_of IS NOT NULL), p.id

-- schedule_people_by_uid: who has these login names (in small letters; former ones count as long as nobody else has them)
-- in   uids text[]
-- out  uid text, person int8
SELECT lower(p.uid), p.id FROM person p
 WHERE p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date) AND lower(p.uid) = ANY ($1)
UNION ALL
SELECT a.uid, p.id FROM person_alias a JOIN person p ON p.id = a.person_id
 WHERE p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date) AND a.uid = ANY ($1)
   AND NOT EXISTS (SELECT FROM person o WHERE lower(o.uid) = a.uid AND o.gone IS NULL)

-- schedule_send: puts a message into the queue; it is about a node, or the one with a name_key in a calendar
-- in   chapter int8?, person int8?, node int8?, calendar int8?, name_key text?, method text, address text, bytes bytea, quiet bool
-- out  done int4
SELECT 1 FROM schedule_send($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- schedule_answer: sends an answer to whoever has an object with which she invites; known: there is one
-- in   node int8, address text, bytes bytea
-- out  known bool
SELECT schedule_answer($1, $2, $3)
