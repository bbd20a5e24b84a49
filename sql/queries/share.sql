-- Links to folders and documents, and drop boxes. Which work is said by share_of(); see modules/documents/share.h.

-- share_of: the link with this hash of its token, when it works, and the chapter it is of
-- in   token bytea
-- out  id int8, slug text
SELECT id, slug FROM share_of($1);

-- share_open: that link, in the scope of its chapter, with the names on the way from the root of the tree to what it opens, a row each; none when it has been deleted
-- in   token bytea
-- out  id int8, chapter int8, node int8, password text?, drop_box bool, read_level int2, write_level int2, purpose text, until text, files int4, bytes int8, policy_id int8, now_read int2, now_write int2, name text, kind text, slug text
WITH RECURSIVE link AS (
    SELECT l.*, o.slug FROM share_of($1) o JOIN share_link l ON l.id = o.id
), up AS (
    SELECT n.parent_id, n.name, n.kind, n.gone, 0 AS height FROM link l JOIN dav_node n ON n.id = l.node_id
    UNION ALL
    SELECT p.parent_id, p.name, p.kind, p.gone, u.height + 1
      FROM up u CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.id = u.parent_id OFFSET 0) p
)
SELECT l.id, l.chapter_id, l.node_id, l.password, l.drop_box, l.read_level, l.write_level, l.purpose, l.until::text, l.files, l.bytes,
       p.id, p.read_level, p.write_level, u.name, u.kind, l.slug
  FROM link l JOIN dav_node n ON n.id = l.node_id JOIN dav_policy p ON p.id = n.policy_id CROSS JOIN up u
 WHERE NOT EXISTS (SELECT FROM up WHERE gone)
 ORDER BY u.height DESC;

-- share_count: something was opened by a link
-- in   link int8
UPDATE share_link SET uses = uses + 1, used = current_date FROM set_config('synchronous_commit', 'off', true) WHERE id = $1;

-- share_arrive: files have arrived by a drop box, if it still takes as many, and as many bytes
-- in   link int8, files int4, bytes int8, files_most int4, bytes_most int8
-- out  files int4
UPDATE share_link SET files = files + $2, bytes = bytes + $3, uses = uses + 1, used = current_date, arrived = now()
 WHERE id = $1 AND files + $2 <= $4 AND bytes + $3 <= $5
RETURNING files;

-- share_setting: who may make links in a chapter: 'nobody', 'board' or 'member'
-- in   chapter int8
-- out  who text
SELECT coalesce(settings ->> 'share', 'board') FROM chapter WHERE id = $1;

-- share_setting_set: who may from now on
-- in   chapter int8, who text
UPDATE chapter SET settings = settings || jsonb_build_object('share', $2) WHERE id = $1;

-- share_make: a new link to a node; no row: the chapter has as many that may work as it can have
-- in   chapter int8, node int8, token bytea, password text?, drop_box bool, read_level int2, write_level int2, purpose text, maker int8, until text, most int4
-- out  id int8
INSERT INTO share_link (chapter_id, node_id, hash, password, drop_box, read_level, write_level, purpose, maker_id, until)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10::date
 WHERE (SELECT count(*) FROM share_link WHERE chapter_id = $1 AND ended IS NULL AND until >= current_date) < $11
RETURNING id;

-- share_until: the last day of a link that is made today, as it is asked for or (null) usual; null when that is past or later than it may be
-- in   asked text?, usual int4, most int4
-- out  until text?, latest text
SELECT CASE WHEN coalesce($1::date, current_date + $2) BETWEEN current_date AND current_date + $3 THEN coalesce($1::date, current_date + $2)::text END,
       (current_date + $3)::text;

-- shares_of_node: the links to one node, those that may work first
-- in   node int8
-- out  id int8, password bool, drop_box bool, read_level int2, write_level int2, purpose text, maker text?, maker_role int2?, made timestamptz, until text, over bool, ended timestamptz?, paused bool, uses int8, used text?, files int4, bytes int8, seen int4
SELECT l.id, l.password IS NOT NULL, l.drop_box, l.read_level, l.write_level, l.purpose, p.name,
       (SELECT r.role FROM roles_of(l.maker_id) r WHERE r.chapter_id = l.chapter_id), l.made, l.until::text, l.until < current_date, l.ended, l.paused,
       l.uses, l.used::text, l.files, l.bytes, l.seen
  FROM share_link l LEFT JOIN person p ON p.id = l.maker_id AND p.gone IS NULL
 WHERE l.node_id = $1
 ORDER BY l.ended IS NOT NULL OR l.until < current_date, l.id DESC LIMIT 200;

-- shares_of_chapter: all links of a chapter in the same way, with where they lead; place null: what they open is deleted
-- in   chapter int8, tree text, most int4
-- out  id int8, password bool, drop_box bool, read_level int2, write_level int2, purpose text, maker text?, maker_role int2?, made timestamptz, until text, over bool, ended timestamptz?, paused bool, uses int8, used text?, files int4, bytes int8, seen int4, place text?, name text, collection bool, root bool, policy_id int8, now_read int2, now_write int2
SELECT l.id, l.password IS NOT NULL, l.drop_box, l.read_level, l.write_level, l.purpose, p.name,
       (SELECT r.role FROM roles_of(l.maker_id) r WHERE r.chapter_id = l.chapter_id), l.made, l.until::text, l.until < current_date, l.ended, l.paused,
       l.uses, l.used::text, l.files, l.bytes, l.seen,
       CASE WHEN n.gone THEN NULL WHEN n.parent_id IS NULL THEN '' ELSE place_of(n.parent_id, $2) END,
       n.name, n.collection, n.parent_id IS NULL, o.id, o.read_level, o.write_level
  FROM share_link l JOIN dav_node n ON n.id = l.node_id JOIN dav_policy o ON o.id = n.policy_id
  LEFT JOIN person p ON p.id = l.maker_id AND p.gone IS NULL
 WHERE l.chapter_id = $1
 ORDER BY l.ended IS NOT NULL OR l.until < current_date, l.id DESC LIMIT $3;

-- shares_near: what of these nodes, and of the members of one, has a link that may work
-- in   nodes int8[], parent int8
-- out  node int8, drop_box bool
SELECT DISTINCT n.id, l.drop_box
  FROM share_link l JOIN dav_node n ON n.id = l.node_id
 WHERE l.ended IS NULL AND l.until >= current_date AND (n.id = ANY ($1) OR n.parent_id = $2);

-- shares_news: the drop boxes of a chapter, or (node not 0) of one folder, by which something has arrived that nobody has taken notice of
-- in   chapter int8, tree text, node int8
-- out  id int8, purpose text, news int4, arrived timestamptz, node int8, place text, policy_id int8, read_level int2, write_level int2
SELECT l.id, l.purpose, l.files - l.seen, l.arrived, n.id, place_of(n.id, $2), o.id, o.read_level, o.write_level
  FROM share_link l JOIN dav_node n ON n.id = l.node_id AND NOT n.gone JOIN dav_policy o ON o.id = n.policy_id
 WHERE l.chapter_id = $1 AND l.files > l.seen AND (l.node_id = $3 OR $3 = 0) AND place_of(n.id, $2) IS NOT NULL
 ORDER BY l.arrived DESC LIMIT 20;

-- share_seen: somebody has taken notice of what had arrived in a folder until then
-- in   node int8
UPDATE share_link SET seen = files WHERE node_id = $1 AND seen < files;

-- share_end: a link works no more
-- in   chapter int8, node int8?, link int8
-- out  node int8, purpose text, name text, kind text
UPDATE share_link l SET ended = now() FROM dav_node n
 WHERE l.id = $3 AND l.chapter_id = $1 AND (l.node_id = $2 OR $2 IS NULL) AND l.ended IS NULL AND n.id = l.node_id
RETURNING n.id, l.purpose, n.name, n.kind;

-- share_renew: a link has another token from now on
-- in   chapter int8, node int8, link int8, token bytea
-- out  purpose text, drop_box bool, until text, password bool
UPDATE share_link SET hash = $4, paused = false
 WHERE id = $3 AND chapter_id = $1 AND node_id = $2 AND ended IS NULL AND until >= current_date
RETURNING purpose, drop_box, until::text, password IS NOT NULL;

-- share_confirm: a link that a restore brought back works again
-- in   chapter int8, node int8?, link int8
-- out  node int8, purpose text, name text, kind text, until text
UPDATE share_link l SET paused = false FROM dav_node n
 WHERE l.id = $3 AND l.chapter_id = $1 AND (l.node_id = $2 OR $2 IS NULL) AND l.ended IS NULL AND l.paused AND n.id = l.node_id
RETURNING n.id, l.purpose, n.name, n.kind, l.until::text;

-- share_clear: links that have been over for so many days; how many
-- in   days int4
-- out  n int8
WITH old AS (
    DELETE FROM share_link WHERE least(ended::date, until) < current_date - $1 RETURNING 1
)
SELECT count(*) FROM old;

-- shares_told: the links somebody has made, or those of a chapter, for an export
-- in   maker int8?, chapter int8?
-- out  chapter text, name text, purpose text, made timestamptz, until text, ended timestamptz?, drop_box bool
SELECT c.slug, n.name, l.purpose, l.made, l.until::text, l.ended, l.drop_box
  FROM share_link l JOIN dav_node n ON n.id = l.node_id JOIN chapter c ON c.id = l.chapter_id
 WHERE (l.maker_id = $1 OR $1 IS NULL) AND (l.chapter_id = $2 OR $2 IS NULL) ORDER BY l.id;

-- share_forget: who made them is not known any more
-- in   person int8
UPDATE share_link SET maker_id = NULL WHERE maker_id = $1;
