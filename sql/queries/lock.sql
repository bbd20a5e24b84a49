-- locks_on: the locks in force on some nodes
-- in   nodes int8[]
-- out  token uuid, node int8, holder int8, exclusive bool, deep bool, owner text?, seconds int8
SELECT token, node_id, holder_id, exclusive, deep, owner, ceil(extract(epoch FROM expires - now()))::int8
  FROM dav_lock
 WHERE node_id = ANY ($1) AND expires > now()
 ORDER BY node_id, token;

-- locks_below: the locks in force on the members of a collection, at any depth; path leads to them from there. Locks are few and members many: the walk goes from the locks upwards
-- (OFFSET 0: one node after the other; joined, all nodes would be read while the planner thinks that there are few)
-- in   node int8
-- out  token uuid, node int8, holder int8, exclusive bool, deep bool, owner text?, seconds int8, path text, collection bool
WITH RECURSIVE up AS (
    SELECT l.token, l.node_id AS at, NULL::text AS path FROM dav_lock l WHERE l.expires > now()
    UNION ALL
    SELECT u.token, n.parent_id, concat_ws('/', n.name, u.path)
      FROM up u CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.id = u.at AND NOT d.gone OFFSET 0) n WHERE u.at <> $1)
SELECT l.token, l.node_id, l.holder_id, l.exclusive, l.deep, l.owner,
       ceil(extract(epoch FROM l.expires - now()))::int8, u.path, n.collection
  FROM up u JOIN dav_lock l ON l.token = u.token JOIN dav_node n ON n.id = l.node_id
 WHERE u.at = $1 AND u.path IS NOT NULL
 ORDER BY u.path, l.token;

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

-- locks_pass: the locks of a node are from now on those of another
-- in   from int8, to int8
UPDATE dav_lock SET node_id = $2 WHERE node_id = $1;

-- locks_remove: all locks of a node and of everything below it, which is about to go or to move
-- in   node int8
WITH RECURSIVE up AS (
    SELECT l.token, l.node_id AS at FROM dav_lock l
    UNION ALL
    SELECT u.token, n.parent_id
      FROM up u CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.id = u.at AND NOT d.gone OFFSET 0) n WHERE u.at <> $1)
DELETE FROM dav_lock l USING up u WHERE l.token = u.token AND u.at = $1;

-- tree_below: the policies in force below a collection, and how many members each has, counted up to a limit
-- in   node int8, most int8
-- out  policy int8, chapter int8, person int8, read_level int2, write_level int2, members int8
SELECT p.id, coalesce(p.chapter_id, 0), coalesce(p.person_id, 0), p.read_level, p.write_level, c.members
  FROM tree_below($1, $2) c JOIN dav_policy p ON p.id = c.policy_id;
