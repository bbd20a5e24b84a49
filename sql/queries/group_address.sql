-- Groups that are invited by one address: see modules/calendars/schedule/group.h and the comments of the tables.

-- group_chapters: chapters by their slugs
-- in   slugs text[]
-- out  slug text, chapter int8
SELECT slug, id FROM chapter WHERE slug = ANY ($1) AND archived IS NULL

-- group_reach: what decides whether somebody may invite a group (0: the chapter's own): a row for each policy of the chapter's calendars, one at least
-- in   chapter int8, group int8?, who int8
-- out  known bool, inside bool, policy int8?, read_level int2?, write_level int2?
SELECT known, inside, policy_id, read_level, write_level FROM group_reach($1, $2, $3)

-- group_invite: says what members of groups are told of an object, and tells them
-- in   node int8?, calendar int8?, name_key text?, addresses text[], chapters int8[], groups int8[], kinds int8[], requests text[], cancels text[], ends int8[], besides int8[], again bool, ask bool
-- out  sent int8
SELECT group_invite($1, $2, $3, $4, $5, $6, $7::int2[], $8, $9, $10::int4[]::bool[], $11, $12, $13)

-- group_reconcile: invites who has joined a group, and tells who has left one
-- in   most int4
-- out  people int8
SELECT group_reconcile($1)

-- group_answered: notes the answer of somebody who is invited because of a group; via: which
-- in   node int8, address text, partstat text?
-- out  via text?, personal bool?
SELECT via, personal FROM group_answered($1, $2, $3)

-- group_tally: how many who are invited to an object because of a group have answered what
-- in   calendar int8, name_key text
-- out  partstat text, n int8
SELECT t.partstat, sum(t.n)::int8 FROM dav_node n CROSS JOIN LATERAL group_tally(n.id) t
 WHERE n.parent_id = $1 AND n.name_key = $2 AND NOT n.gone
 GROUP BY 1

-- invited_erase: forgets to what somebody is invited because of a group
-- in   person int8
-- out  n int8
WITH gone AS (DELETE FROM invited WHERE person_id = $1 RETURNING 1)
SELECT count(*) FROM gone
