-- The tree of nodes. The queries that list nodes begin with the same columns: see NODE_COLUMNS in webdav/store_in.h.

-- node_path: the nodes along a path, in any order (depth 0 is the root); the last one with its content when asked for
-- in   slug text, kind text, keys text[], content bool
-- out  id int8, root_id int8, policy_id int8, chapter_id int8?, person_id int8?, read_level int2, write_level int2, kind text, collection bool, name text, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, changed xid8, blob_id int8?, depth int4, sha256 bytea?, bytes bytea?, locked bool
SELECT w.id, w.root_id, w.policy_id, w.chapter_id, w.person_id, p.read_level, p.write_level, w.kind, w.collection, w.name,
       w.display, w.type, w.etag, w.size, w.created, w.modified, w.changed, w.blob_id, w.depth, b.sha256, b.bytes, false
  FROM node_walk($1, $2, $3) w
  JOIN dav_policy p ON p.id = w.policy_id
  LEFT JOIN blob b ON $4 AND w.depth = cardinality($3) AND b.id = w.blob_id

-- node_path_locks: the same columns without contents, and whether a lock is on each node
-- in   slug text, kind text, keys text[]
-- out  id int8, root_id int8, policy_id int8, chapter_id int8?, person_id int8?, read_level int2, write_level int2, kind text, collection bool, name text, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, changed xid8, blob_id int8?, depth int4, sha256 bytea?, bytes bytea?, locked bool
SELECT w.id, w.root_id, w.policy_id, w.chapter_id, w.person_id, p.read_level, p.write_level, w.kind, w.collection, w.name,
       w.display, w.type, w.etag, w.size, w.created, w.modified, w.changed, w.blob_id, w.depth, NULL::bytea, NULL::bytea,
       EXISTS (SELECT FROM dav_lock l WHERE l.node_id = w.id AND l.expires > now())
  FROM node_walk($1, $2, $3) w
  JOIN dav_policy p ON p.id = w.policy_id

-- node_children: the members of a collection with some policy after a name_key, in the order of names; policy and levels are null where they are those of $2, the kind where it is $3, name_key where it is the name: what a listing need not send ten thousand times
-- in   parent int8, policy int8, kind text, after text, most int4
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz
SELECT n.id, nullif(n.policy_id, $2),
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.read_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.write_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       nullif(n.kind, $3), n.name, nullif(n.name_key, n.name), n.display, n.type, n.etag, n.size, n.created, n.modified
  FROM dav_node n
 WHERE n.parent_id = $1 AND NOT n.gone AND n.name_key > $4
 ORDER BY n.name_key LIMIT $5

-- node_policies: the policies other than $2 that collections in a collection have
-- in   parent int8, policy int8
-- out  id int8, chapter int8?, person int8?, read_level int2, write_level int2
SELECT p.id, p.chapter_id, p.person_id, p.read_level, p.write_level
  FROM (SELECT DISTINCT n.policy_id FROM dav_node n WHERE n.parent_id = $1 AND n.collection AND NOT n.gone) o
  JOIN dav_policy p ON p.id = o.policy_id
 WHERE p.id <> $2

-- node_page: members of a collection as a page shows them: without noise, those of one of these policies with some text in their names, collections first, by 'name', 'size' or 'date', a page of them
-- (whoever asks may see tens of thousands: the index gives those of the parent, and the order keeps one page)
-- in   parent int8, policy int8, kind text, policies int8[], filter text, collections bool, by text, down bool, skip int8, most int4
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz
SELECT n.id, nullif(n.policy_id, $2),
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.read_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.write_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       nullif(n.kind, $3), n.name, nullif(n.name_key, n.name), n.display, n.type, n.etag, n.size, n.created, n.modified
  FROM dav_node n
 WHERE n.parent_id = $1 AND NOT n.gone AND NOT n.noise AND (n.collection OR NOT $6) AND n.policy_id = ANY ($4)
   AND ($5 = '' OR strpos(lower(n.name_key COLLATE as_people_sort), lower($5 COLLATE as_people_sort)) > 0)
 ORDER BY n.collection DESC,
       CASE WHEN $7 = 'size' THEN CASE WHEN $8 THEN -n.size ELSE n.size END END,
       CASE WHEN $7 = 'date' THEN CASE WHEN $8 THEN now() - n.modified ELSE n.modified - now() END END,
       CASE WHEN $7 = 'name' AND $8 THEN n.name_key END COLLATE as_people_sort DESC,
       n.name_key COLLATE as_people_sort, n.id
OFFSET $9 LIMIT $10

-- node_page_count: how many node_page would give without its end
-- in   parent int8, policies int8[], filter text, collections bool
-- out  n int8
SELECT count(*)
  FROM dav_node n
 WHERE n.parent_id = $1 AND NOT n.gone AND NOT n.noise AND (n.collection OR NOT $4) AND n.policy_id = ANY ($2)
   AND ($3 = '' OR strpos(lower(n.name_key COLLATE as_people_sort), lower($3 COLLATE as_people_sort)) > 0)

-- node_below: these nodes and all below them, without noise, whose policy is one of some, with the way there from the node that was asked for
-- in   nodes int8[], policies int8[], most int4
-- out  path text, collection bool, type text?, size int8, modified timestamptz, blob_id int8?
WITH RECURSIVE walk AS (
    SELECT n.id, n.name AS path, n.collection, n.type, n.size, n.modified, n.blob_id FROM dav_node n WHERE n.id = ANY ($1) AND NOT n.gone
    UNION ALL
    SELECT m.id, w.path || '/' || m.name, m.collection, m.type, m.size, m.modified, m.blob_id
      FROM walk w CROSS JOIN LATERAL (
           SELECT d.id, d.name, d.collection, d.type, d.size, d.modified, d.blob_id
             FROM dav_node d WHERE d.parent_id = w.id AND NOT d.gone AND NOT d.noise AND d.policy_id = ANY ($2) OFFSET 0) m
     WHERE w.collection
)
SELECT path, collection, type, size, modified, blob_id FROM walk LIMIT $3

-- node_several: those members of a collection that have one of these names, in their order; what they hold, if it is kept whole in the database, as long as it is not more than so many bytes in all (0: nothing)
-- (each is looked up: a condition on the list would read all members)
-- in   parent int8, policy int8, kind text, keys text[], most int8
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, blob_id int8?, sha256 bytea?, bytes bytea?
SELECT n.id, nullif(n.policy_id, $2),
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.read_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.write_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       nullif(n.kind, $3), n.name, nullif(n.name_key, n.name), n.display, n.type, n.etag, n.size, n.created, n.modified,
       b.id, b.sha256, b.bytes
  FROM (SELECT k.key AS turn, d.*, sum(d.size) OVER (ORDER BY k.key ROWS UNBOUNDED PRECEDING) AS so_far
          FROM (SELECT DISTINCT unnest($4) AS key) k
         CROSS JOIN LATERAL (SELECT d.* FROM dav_node d WHERE d.parent_id = $1 AND d.name_key = k.key AND NOT d.gone OFFSET 0) d) n
  LEFT JOIN LATERAL (SELECT c.id, c.sha256, c.bytes FROM blob c WHERE n.so_far <= $5 AND c.id = n.blob_id AND c.bytes IS NOT NULL OFFSET 0) b ON true
 ORDER BY n.turn

-- node_numbered: those members of a collection that have one of these ids, in their order; what they hold, if it is kept whole in the database, as long as it is not more than so many bytes in all (0: nothing)
-- in   parent int8, policy int8, kind text, ids int8[], most int8
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, blob_id int8?, sha256 bytea?, bytes bytea?
SELECT n.id, nullif(n.policy_id, $2),
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.read_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.write_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       nullif(n.kind, $3), n.name, nullif(n.name_key, n.name), n.display, n.type, n.etag, n.size, n.created, n.modified,
       b.id, b.sha256, b.bytes
  FROM (SELECT k.id AS turn, d.*, sum(d.size) OVER (ORDER BY k.id ROWS UNBOUNDED PRECEDING) AS so_far
          FROM (SELECT DISTINCT unnest($4) AS id) k
         CROSS JOIN LATERAL (SELECT d.* FROM dav_node d WHERE d.id = k.id AND d.parent_id = $1 AND NOT d.gone OFFSET 0) d) n
  LEFT JOIN LATERAL (SELECT c.id, c.sha256, c.bytes FROM blob c WHERE n.so_far <= $5 AND c.id = n.blob_id AND c.bytes IS NOT NULL OFFSET 0) b ON true
 ORDER BY n.turn

-- node_roots: the roots of one kind in all chapters of the scope; name is the slug
-- in   kind text, after text, most int4
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, chapter int8
SELECT n.id, n.policy_id, p.read_level, p.write_level, n.kind, c.slug, NULL::text, n.display, n.type, n.etag, n.size,
       n.created, n.modified, c.id
  FROM chapter c
  JOIN dav_node n ON n.chapter_id = c.id AND n.kind = $1 AND n.parent_id IS NULL AND NOT n.gone
  JOIN dav_policy p ON p.id = n.policy_id
 WHERE c.archived IS NULL AND c.slug > $2
 ORDER BY c.slug LIMIT $3

-- node_changes: what changed in a collection behind (changed, id): of the last one told, or of a mark and 0; names that are gone only when asked for, and not when somebody else has the name now
-- in   parent int8, policy int8, kind text, told xid8, told_id int8, with_gone bool, most int4
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, changed xid8, gone bool, hidden xid8?, hidden_from int2?
SELECT n.id, nullif(n.policy_id, $2),
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.read_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.write_level FROM dav_policy p WHERE p.id = n.policy_id) END,
       nullif(n.kind, $3), n.name, nullif(n.name_key, n.name), n.display, n.type, n.etag, n.size, n.created, n.modified,
       n.changed, n.gone,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.hidden FROM dav_policy p WHERE p.id = n.policy_id) END,
       CASE WHEN n.policy_id <> $2 THEN (SELECT p.hidden_from FROM dav_policy p WHERE p.id = n.policy_id) END
  FROM dav_node n
 WHERE n.parent_id = $1 AND (n.changed, n.id) > ($4, $5)
   AND (NOT n.gone OR ($6 AND NOT EXISTS (
        SELECT FROM dav_node l WHERE l.parent_id = n.parent_id AND l.name_key = n.name_key AND NOT l.gone)))
 ORDER BY n.changed, n.id LIMIT $7

-- node_sync: where a collection stands: mark is one above the last change of it, horizon the oldest transaction still open; count and sum of the marks from the lesser of both on change with every change that becomes visible
-- (low is made before the join for the same reason as next_key in node_walk)
-- in   node int8
-- out  epoch text, mark int8, horizon int8, floor int8, open_count int8, open_sum int8
WITH mark AS (
    SELECT n.id, i.epoch, pg_snapshot_xmin(pg_current_snapshot())::text::int8 AS horizon,
           coalesce(n.sync_floor::text::int8, 0) AS sync_floor,
           greatest(n.changed::text::int8 + 1, n.sync_floor::text::int8,
                    (SELECT m.changed::text::int8 + 1 FROM dav_node m WHERE m.parent_id = n.id ORDER BY m.changed DESC LIMIT 1)) AS mark
      FROM dav_node n CROSS JOIN installation i
     WHERE n.id = $1
), state AS MATERIALIZED (
    SELECT m.*, least(m.mark, m.horizon)::text::xid8 AS low FROM mark m
)
SELECT s.epoch, s.mark, s.horizon, s.sync_floor, o.n, o.sum
  FROM state s CROSS JOIN LATERAL (
       SELECT count(*) AS n, coalesce(sum(m.changed::text::int8), 0)::int8 AS sum
         FROM dav_node m WHERE m.parent_id = s.id AND m.changed >= s.low) o

-- node_content: what a member holds
-- in   node int8
-- out  blob_id int8, sha256 bytea, size int8, bytes bytea?
SELECT b.id, b.sha256, b.size, b.bytes FROM dav_node n JOIN blob b ON b.id = n.blob_id WHERE n.id = $1

-- node_contents: what several members hold that are kept whole in the database
-- in   nodes int8[]
-- out  node int8, bytes bytea
SELECT k.id, b.bytes
  FROM (SELECT DISTINCT unnest($1) AS id) k
 CROSS JOIN LATERAL (SELECT d.blob_id FROM dav_node d WHERE d.id = k.id OFFSET 0) n
 CROSS JOIN LATERAL (SELECT c.bytes FROM blob c WHERE c.id = n.blob_id AND c.bytes IS NOT NULL OFFSET 0) b
 ORDER BY k.id

-- file_write: content of a member; node 0 makes one in parent; content null: its parts are in the store; sitting: how long saves of one person count once, null: no versions
-- in   node int8, seen text?, parent int8, name text, name_key text, kind text, type text?, etag text, modified timestamptz?, sha256 bytea, size int8, content bytea?, part_hashes text[], part_sizes int8[], part_stores int8[], lease int8, who int8, sitting int4?
-- out  id int8
SELECT file_write($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)

-- collection_make: a new collection; levels null: those of the parent
-- in   parent int8, name text, name_key text, kind text, display text?, read_level int2?, write_level int2?
-- out  id int8
SELECT collection_make($1, $2, $3, $4, $5, $6, $7)

-- levels_set: who may read and write a collection, and the groups that may besides (rights 1 read, 3 write too); read_level null: as the collection above. Needs the tree lock for itself alone
-- in   node int8, read_level int2?, write_level int2?, groups int8[], rights int8[]
-- out  done int4
SELECT 1 FROM levels_set($1, $2, $3, $4, $5::int2[])

-- levels_of: what a policy says: its levels, the collection whose own it is (null: a root), and the groups it names, one row a group
-- in   policy int8
-- out  node int8?, node_name text?, read_level int2, write_level int2, group_id int8?, group_name text?, rights int2?
SELECT p.node_id, CASE WHEN n.parent_id IS NOT NULL THEN n.name END, p.read_level, p.write_level, g.id, g.name, t.rights
  FROM dav_policy p
  LEFT JOIN dav_node n ON n.id = p.node_id
  LEFT JOIN (policy_grant t JOIN local_group g ON g.id = t.group_id) ON t.policy_id = p.id
 WHERE p.id = $1 ORDER BY lower(g.name)

-- root_make: the root of a tree of a chapter
-- in   chapter int8, kind text, read_level int2, write_level int2
-- out  id int8
SELECT root_make($1, $2, $3, $4)

-- node_hold: a member stays where it was found until the end of the transaction; LOST_RACE when it is not there any more
-- in   node int8, parent int8, name_key text
-- out  done int4
SELECT 1 FROM node_hold($1, $2, $3)

-- node_remove: deletes a node with all below it for good; LOST_RACE when it is not as it was seen
-- in   node int8, seen text?
-- out  done int4
SELECT 1 FROM node_remove($1, $2)

-- noise_old: chapters in which programs have left files for themselves so many days ago
-- in   days int4
-- out  chapter int8, slug text
SELECT c.id, c.slug FROM chapter c
 WHERE c.archived IS NULL AND c.id IN (SELECT n.chapter_id FROM dav_node n WHERE n.noise AND NOT n.gone AND n.saved < now() - make_interval(days => $1))

-- noise_expire: removes such files of one of them, at most `most`; how many
-- in   chapter int8, days int4, most int4
-- out  n int8
SELECT noise_expire($1, $2, $3)

-- node_trash: deletes a node with all below it, into the trash, noise for good; LOST_RACE when it is not as it was seen
-- in   node int8, seen text?, who int8
-- out  done int4
SELECT 1 FROM node_trash($1, $2, $3)

-- node_move: renames a node or hangs it elsewhere in its tree; LOST_RACE when it is not as it was seen
-- in   node int8, seen text?, to_parent int8, name text, name_key text
-- out  done int4
SELECT 1 FROM node_move($1, $2, $3, $4, $5)

-- node_copy: copies a node with its properties to a free name; bytes is what the copy takes
-- in   node int8, to_parent int8, name text, name_key text, deep bool
-- out  id int8, bytes int8
SELECT id, bytes FROM node_copy($1, $2, $3, $4, $5)

-- node_adopt: gives the nodes of a copy in another chapter contents of that chapter
-- in   node int8
-- out  done int4
SELECT 1 FROM blobs_adopt($1)

-- node_modified_set: when a member was last modified, as its client says
-- in   node int8, modified timestamptz
UPDATE dav_node SET modified = $2, changed = pg_current_xact_id() WHERE id = $1

-- members_told: what collections of a kind of a chapter, or (chapter null) of a person, hold behind a member, and its bytes
-- in   kind text, chapter int8?, person int8?, after int8, most int4
-- out  node int8, collection text, name text, bytes bytea?
SELECT n.id, c.name, n.name, b.bytes
  FROM dav_node c JOIN dav_node n ON n.parent_id = c.id AND NOT n.gone JOIN blob b ON b.id = n.blob_id
 WHERE c.kind = $1 AND NOT c.gone AND (c.chapter_id = $2 OR ($2 IS NULL AND c.person_id = $3)) AND n.id > $4
 ORDER BY n.id LIMIT $5

-- person_tree_erase: all that somebody has of her own in trees of nodes: calendars, address books, their contents
-- in   person int8
-- out  n int8
SELECT person_tree_erase($1) AS n

-- node_graves: deleted collections whose members still have to be removed
-- out  id int8
SELECT id FROM dav_node WHERE gone AND collection ORDER BY gone_at LIMIT 100

-- node_bury: removes rows below a deleted collection; n is how many there were, at most `most`
-- in   grave int8, most int4
-- out  n int8
SELECT node_bury($1, $2)

-- tombstones_clear: removes tombstones of a kind older than so many days; their collections refuse sync tokens that would need them
-- in   kind text, days int4, most int4
-- out  n int8
WITH old AS (
    SELECT id FROM dav_node WHERE gone AND NOT collection AND kind = $1 AND gone_at < now() - make_interval(days => $2) LIMIT $3
), cleared AS (
    DELETE FROM dav_node WHERE id IN (SELECT id FROM old) RETURNING parent_id, changed
), floors AS (
    UPDATE dav_node p
       SET sync_floor = (greatest(p.sync_floor::text::int8, c.last + 1))::text::xid8
      FROM (SELECT parent_id, max(changed::text::int8) AS last FROM cleared GROUP BY parent_id) c
     WHERE p.id = c.parent_id
)
SELECT count(*) FROM cleared

-- policies_clear: removes policies that no node names any more
-- out  n int8
WITH cleared AS (
    DELETE FROM dav_policy p WHERE NOT EXISTS (SELECT FROM dav_node n WHERE n.policy_id = p.id)
                            AND NOT EXISTS (SELECT FROM dav_version v WHERE v.policy_id = p.id)
                            AND NOT EXISTS (SELECT FROM dav_trash t WHERE t.policy_id = p.id) RETURNING 1
)
SELECT count(*) FROM cleared

-- locks_clear: removes locks past their time
-- out  n int8
WITH cleared AS (
    DELETE FROM dav_lock WHERE expires < now() RETURNING 1
)
SELECT count(*) FROM cleared
