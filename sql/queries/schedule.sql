-- Invitations and answers between calendars: see modules/calendars/schedule/schedule.h and the comments of the tables.

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

-- schedule_known: what an object is to its owner
-- in   node int8
-- out  role int2, schedule_tag text?, organizer_node int8?
SELECT role, schedule_tag, organizer_node FROM calendar_object WHERE node_id = $1

-- schedule_tags: the tags of those of some objects that have one, sorted by node
-- in   nodes int8[]
-- out  node int8, schedule_tag text
SELECT node_id, schedule_tag FROM calendar_object WHERE node_id = ANY ($1) AND schedule_tag IS NOT NULL ORDER BY node_id

-- schedule_other: the object with this UID and a role, in all calendars of a chapter or of a person (0: not of one), that is not this node
-- in   chapter int8, person int8, uid text, node int8
-- out  node int8, name text, collection text, slug text?
SELECT o.node_id, n.name, c.name, h.slug
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN dav_node c ON c.id = o.collection_id
  LEFT JOIN chapter h ON h.id = o.chapter_id
 WHERE o.chapter_id = $1 AND o.uid = $3 AND o.role > 0 AND o.node_id <> $4
UNION ALL
SELECT o.node_id, n.name, c.name, NULL
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN dav_node c ON c.id = o.collection_id
 WHERE o.person_id = $2 AND o.uid = $3 AND o.role > 0 AND o.node_id <> $4

-- schedule_role: what an object that has been written under this name_key is to its owner
-- in   collection int8, name_key text, role int2, schedule_tag text?, organizer_node int8?
-- out  done int4
SELECT 1 FROM calendar_object_role($1, $2, $3, $4, $5)

-- schedule_count: counts messages that somebody sends today; how many there are with these
-- in   person int8, more int4
-- out  n int4
INSERT INTO schedule_count AS c (person_id, n) VALUES ($1, $2)
    ON CONFLICT (person_id, day) DO UPDATE SET n = c.n + excluded.n RETURNING c.n

-- schedule_amend: new content of an object that has this etag, without a lease
-- in   node int8, seen text, hash bytea, bytes bytea, etag text
-- out  done int4
SELECT 1 FROM schedule_amend($1, $2, $3, length($4), $4, $5)

-- schedule_amend_at: the same by its name_key in a calendar
-- in   collection int8, name_key text, seen text, hash bytea, bytes bytea, etag text
-- out  done int4
SELECT 1 FROM dav_node n, schedule_amend(n.id, $3, $4, length($5), $5, $6) WHERE n.parent_id = $1 AND n.name_key = $2 AND NOT n.gone

-- schedule_default: the calendar of a person into which invitations come: the one she chose, or else her first
-- in   person int8
-- out  node int8, name text
SELECT n.id, n.name
  FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND n.collection AND NOT n.gone AND n.kind = 'calendar'
  LEFT JOIN schedule_choice c ON c.default_calendar = n.id AND c.person_id = $1
 WHERE r.person_id = $1 AND r.parent_id IS NULL AND NOT r.gone AND r.kind = 'calendars'
 ORDER BY c.person_id NULLS LAST, (n.name <> 'calendar'), n.id LIMIT 1

-- schedule_choose: chooses it (null: the first)
-- in   person int8, calendar int8?
INSERT INTO schedule_choice (person_id, default_calendar) VALUES ($1, $2)
    ON CONFLICT (person_id) DO UPDATE SET default_calendar = excluded.default_calendar

-- schedule_waits: for whom something can be delivered now: the slug of a chapter, or a person
-- in   most int4
-- out  slug text?, person int8?
SELECT slug, person FROM schedule_waits($1)

-- schedule_take: what has waited longest for a person, or (null) for the chapter of the scope; nobody else takes it meanwhile
-- in   person int8?, slug text?
-- out  id int8, chapter int8?, person int8?, node int8?, method text, address text, bytes bytea, quiet bool, tries int4
SELECT m.id, m.to_chapter, m.to_person, m.node_id, m.method, m.address, m.bytes, m.quiet, m.tries
  FROM schedule_message m
 WHERE m.id = CASE WHEN $1 IS NOT NULL THEN (SELECT min(f.id) FROM schedule_message f WHERE f.to_person = $1)
                   ELSE (SELECT min(f.id) FROM schedule_message f WHERE f.to_chapter = (SELECT c.id FROM chapter c WHERE c.slug = $2)) END
   AND m.next_at <= now()
   FOR UPDATE

-- schedule_done: it has been worked in, or cannot be
-- in   id int8
DELETE FROM schedule_message WHERE id = $1

-- schedule_later: it is tried again after so many seconds
-- in   id int8, pause int4
UPDATE schedule_message SET tries = tries + 1, next_at = now() + make_interval(secs => $2) WHERE id = $1

-- schedule_copy: the object of a person with a UID; one with a role before others
-- in   person int8, uid text
-- out  node int8, collection int8, name_key text, etag text, bytes bytea, role int2, schedule_tag text?, organizer_node int8?
SELECT n.id, n.parent_id, n.name_key, n.etag, b.bytes, o.role, o.schedule_tag, o.organizer_node
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone AND n.kind = 'event' JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE o.person_id = $1 AND o.uid = $2
 ORDER BY o.role DESC, n.id LIMIT 1

-- schedule_organized: the object with which somebody invites, by its number, or else its UID in what a chapter or a person has
-- in   node int8?, chapter int8?, person int8?, uid text
-- out  node int8, collection int8, name_key text, etag text, bytes bytea, schedule_tag text?
SELECT n.id, n.parent_id, n.name_key, n.etag, b.bytes, o.schedule_tag
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE o.role = 1 AND o.uid = $4 AND (o.node_id = $1 OR ($1 IS NULL AND (o.chapter_id = $2 OR o.person_id = $3)))
 LIMIT 1

-- schedule_inbox: the inbox of a person
-- in   person int8
-- out  node int8
SELECT n.id FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND n.name_key = 'inbox' AND NOT n.gone
 WHERE r.person_id = $1 AND r.parent_id IS NULL AND NOT r.gone AND r.kind = 'calendars'

-- schedule_expire: removes what has lain in inboxes for so many days
-- in   days int4, most int4
-- out  n int8
SELECT schedule_expire($1, $2)

-- schedule_name_taken: has something in a collection this name_key?
-- in   collection int8, name_key text
-- out  taken bool
SELECT EXISTS (SELECT FROM dav_node WHERE parent_id = $1 AND name_key = $2 AND NOT gone)
