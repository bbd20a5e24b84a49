-- What was deleted and can be had back. See webdav/trash.h.

-- trash_list: what was deleted of one kind of trees of a chapter, the latest first, older than a certain one or one alone, with the levels it has, those it had when it was deleted, and those of its place (null: there is none any more)
-- in   chapter int8, tree text, before int8, only int8, most int4
-- out  id int8, node int8, name text, place text?, remover text?, by_rule bool, removed timestamptz, kind text, collection bool, size int8, policy_id int8, read_level int2, write_level int2, then_id int8, then_read int2, then_write int2, place_policy int8?, place_read int2?, place_write int2?
SELECT t.id, n.id, t.name, place_of(t.place_id, $2), w.name, t.by_rule, t.removed, n.kind, n.collection, n.size,
       p.id, p.read_level, p.write_level, o.id, o.read_level, o.write_level, l.id, l.read_level, l.write_level
  FROM dav_trash t
  JOIN dav_node n ON n.id = t.node_id
  JOIN dav_node r ON r.id = n.root_id AND r.kind = $2
  JOIN dav_policy p ON p.id = n.policy_id
  JOIN dav_policy o ON o.id = t.policy_id
  LEFT JOIN (dav_node d JOIN dav_policy l ON l.id = d.policy_id) ON d.id = t.place_id AND NOT d.gone
  LEFT JOIN person w ON w.id = t.remover_id
 WHERE t.chapter_id = $1 AND t.id < $3 AND (t.id = $4 OR $4 = 0)
 ORDER BY t.id DESC LIMIT $5

-- trash_restore: takes a node out of the trash to a free name; LOST_RACE when it is not there any more
-- in   node int8, to_parent int8, name text, name_key text
-- out  done int4
SELECT 1 FROM trash_restore($1, $2, $3, $4)

-- trash_purge: ends it for good; LOST_RACE as above
-- in   node int8
-- out  bytes int8
SELECT trash_purge($1)

-- trash_empty: purges what has been there for so many days; how many, at most `most`
-- in   days int4, most int4
-- out  n int8
SELECT trash_empty($1, $2)

-- trash_folders: the collections of a tree by the names that lead to them, each with a slash behind it, with their levels
-- in   chapter int8, tree text, most int4
-- out  path text, policy_id int8, read_level int2, write_level int2
WITH RECURSIVE folder AS (
    SELECT n.id, n.policy_id, ''::text AS path FROM dav_node n WHERE n.chapter_id = $1 AND n.kind = $2 AND n.parent_id IS NULL AND NOT n.gone
    UNION ALL
    SELECT n.id, n.policy_id, f.path || n.name || '/'
      FROM folder f CROSS JOIN LATERAL (
           SELECT d.id, d.policy_id, d.name FROM dav_node d WHERE d.parent_id = f.id AND d.collection AND NOT d.gone OFFSET 0) n
)
SELECT f.path, p.id, p.read_level, p.write_level
  FROM (SELECT * FROM folder LIMIT $3) f JOIN dav_policy p ON p.id = f.policy_id ORDER BY f.path
