-- locks_on: the locks in force on some nodes
-- in   nodes int8[]
-- out  token uuid, node int8, holder int8, exclusive bool, deep bool, owner text?, seconds int8
SELECT token, node_id, holder_id, exclusive, deep, owner, ceil(extract(epoch FROM expires - now()))::int8
  FROM dav_lock
 WHERE node_id = ANY ($1) AND expires > now()
 ORDER BY node_id, token;

-- locks_below: the locks in force on the members of a collection, at any depth; path leads to them from there
-- in   node int8
-- out  token uuid, node int8, holder int8, exclusive bool, deep bool, owner text?, seconds int8, path text, collection bool
WITH RECURSIVE below AS (
    SELECT id, name AS path, collection FROM dav_node WHERE parent_id = $1 AND NOT gone
    UNION ALL
    SELECT n.id, b.path || '/' || n.name, n.collection
      FROM dav_node n JOIN below b ON n.parent_id = b.id WHERE NOT n.gone)
SELECT l.token, l.node_id, l.holder_id, l.exclusive, l.deep, l.owner,
       ceil(extract(epoch FROM l.expires - now()))::int8, b.path, b.collection
  FROM below b JOIN dav_lock l ON l.node_id = b.id
 WHERE l.expires > now()
 ORDER BY b.path, l.token;

-- locks_held: how many locks somebody holds, as far as this transaction sees
-- in   holder int8
-- out  n int8
SELECT count(*) FROM dav_lock WHERE holder_id = $1 AND expires > now();

-- lock_store: locks a node; what has expired there makes room first
-- in   token uuid, node int8, holder int8, exclusive bool, deep bool, owner text?, seconds int8
WITH expired AS (DELETE FROM dav_lock WHERE node_id = $2 AND expires <= now())
INSERT INTO dav_lock (token, node_id, chapter_id, person_id, holder_id, exclusive, deep, owner, expires)
SELECT $1, n.id, n.chapter_id, n.person_id, $3, $4, $5, $6, now() + $7 * interval '1 second'
  FROM dav_node n WHERE n.id = $2 AND NOT n.gone;

-- lock_refresh: a lock starts anew
-- in   token uuid, seconds int8
UPDATE dav_lock SET expires = now() + $2 * interval '1 second' WHERE token = $1;

-- lock_remove: UNLOCK
-- in   token uuid
DELETE FROM dav_lock WHERE token = $1;

-- locks_remove: all locks of a node and of everything below it, which is about to go or to move
-- in   node int8
WITH RECURSIVE tree AS (
    SELECT $1::int8 AS id
    UNION ALL
    SELECT n.id FROM dav_node n JOIN tree t ON n.parent_id = t.id WHERE NOT n.gone)
DELETE FROM dav_lock l USING tree t WHERE l.node_id = t.id;

-- tree_below: the policies in force below a collection, and how many members each has, counted up to a limit
-- in   node int8, most int8
-- out  chapter int8, person int8, read_level int2, write_level int2, members int8
WITH RECURSIVE below AS (
    SELECT id, policy_id FROM dav_node WHERE parent_id = $1 AND NOT gone
    UNION ALL
    SELECT n.id, n.policy_id FROM dav_node n JOIN below b ON n.parent_id = b.id WHERE NOT n.gone),
counted AS (
    SELECT policy_id, count(*) AS members FROM (SELECT policy_id FROM below LIMIT $2) AS first GROUP BY policy_id)
SELECT coalesce(p.chapter_id, 0), coalesce(p.person_id, 0), p.read_level, p.write_level, c.members
  FROM counted c JOIN dav_policy p ON p.id = c.policy_id;
