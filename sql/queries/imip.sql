-- Invitations by mail, and the links and addresses to answer them: see modules/calendars/schedule/imip.h.

-- imip_sender: in whose name a mail goes, a chapter or else a person; language: of the chapter
-- in   chapter int8, person int8
-- out  name text, language text?
SELECT name, language FROM chapter WHERE id = $1
UNION ALL
SELECT name, NULL FROM person WHERE id = $2

-- reply_link_add: somebody may answer; of what was answered before nothing counts when she is asked anew
-- in   hash bytea, chapter int8?, person int8?, uid text, address text, anew bool
-- out  fresh bool
INSERT INTO reply_link AS l (hash, chapter_id, person_id, uid, address) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (hash) DO UPDATE SET answer = CASE WHEN NOT $6 THEN l.answer END
RETURNING xmax = 0

-- reply_link_end: she is no longer invited, or it does not take place
-- in   hash bytea
DELETE FROM reply_link WHERE hash = $1

-- reply_of: whose a token is
-- in   hash bytea
-- out  slug text?, person int8?
SELECT slug, person FROM reply_of($1)

-- reply_link_find: what a token is about, and whether it is past (seconds since 1970)
-- in   hash bytea, now int8
-- out  node int8, owner text, address text, answer text?, over bool, bytes bytea
SELECT n.id, coalesce((SELECT name FROM chapter c WHERE c.id = l.chapter_id), (SELECT name FROM person p WHERE p.id = l.person_id), ''), l.address, l.answer,
       o.open_from IS NULL AND NOT EXISTS (SELECT FROM occurrence c WHERE c.node_id = o.node_id AND c.ends > $2), b.bytes
  FROM reply_link l JOIN calendar_object o ON o.uid = l.uid AND o.role = 1 AND (o.chapter_id = l.chapter_id OR o.person_id = l.person_id)
  JOIN dav_node n ON n.id = o.node_id AND NOT n.gone
  JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE l.hash = $1

-- reply_link_answer: an answer has come, the so many-th of today
-- in   hash bytea, answer text?
-- out  answers int4
UPDATE reply_link SET answer = coalesce($2, answer), answers = CASE day WHEN current_date THEN answers + 1 ELSE 1 END, day = current_date
 WHERE hash = $1
RETURNING answers

-- reply_link_clear: tokens of what is deleted, or has been past for so many days
-- in   now int8, days int4
-- out  hash bytea
DELETE FROM reply_link l
 WHERE NOT EXISTS (SELECT FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone
                    WHERE o.uid = l.uid AND o.role = 1 AND (o.chapter_id = l.chapter_id OR o.person_id = l.person_id)
                      AND (o.open_from IS NOT NULL OR EXISTS (SELECT FROM occurrence c WHERE c.node_id = o.node_id AND c.ends > $1 - $2::int8 * 86400)))
RETURNING l.hash

-- reply_link_erase: all tokens for what a person has of her own
-- in   person int8
DELETE FROM reply_link WHERE person_id = $1
