-- Contents and the files of the store that they are made of. See daemon/blob/blob.h.

-- blob_lock_shared: keeps the sweep away from a file of the store until the transaction ends
-- in   key int4
-- out  done int4
SELECT 1 FROM pg_advisory_xact_lock_shared(4, $1)

-- blob_lock: the sweep's side of it
-- in   key int4
-- out  done int4
SELECT 1 FROM pg_advisory_xact_lock(4, $1)

-- blob_parts: the files that make up a content
-- in   blob int8
-- out  sha256 bytea, size int8, store int2
SELECT sha256, size, store FROM blob_part WHERE blob_id = $1 ORDER BY seq

-- node_parts: the files of the store that a node and all below it need
-- in   node int8
-- out  sha256 bytea, size int8, store int2
SELECT p.sha256, p.size, p.store FROM dav_node d JOIN blob_part p ON p.blob_id = d.blob_id WHERE d.id = $1 AND NOT d.gone
UNION
SELECT p.sha256, p.size, p.store
  FROM folders_below($1) f
 CROSS JOIN LATERAL (SELECT m.blob_id FROM dav_node m WHERE m.parent_id = f AND NOT m.gone OFFSET 0) d
  JOIN blob_part p ON p.blob_id = d.blob_id

-- blob_mark_unused: notes since when nothing refers to a content, for those of some ids
-- in   first int8, behind int8
UPDATE blob b SET unused = CASE WHEN b.unused IS NULL THEN now() END
 WHERE b.id >= $1 AND b.id < $2
   AND (b.unused IS NULL) = NOT (EXISTS (SELECT FROM dav_node n WHERE n.blob_id = b.id)
                                 OR EXISTS (SELECT FROM dav_version v WHERE v.blob_id = b.id))

-- blob_last: the highest id of a content
-- out  id int8
SELECT coalesce(max(id), 0) FROM blob

-- blob_unused: contents of chapters that nothing has referred to for so many days
-- in   days int4, most int4
-- out  id int8, chapter_id int8, slug text
SELECT b.id, c.id, c.slug FROM blob b JOIN chapter c ON c.id = b.chapter_id
 WHERE b.unused < now() - make_interval(days => $1) ORDER BY b.id LIMIT $2

-- people_contents_sweep: removes contents of people that nothing has referred to for so many days; how many
-- in   days int4, most int4
-- out  n int8
SELECT people_contents_sweep($1, $2)

-- blob_delete: removes a content unless something refers to it now; whoever calls it holds the tree lock
-- in   blob int8
-- out  id int8
DELETE FROM blob b WHERE b.id = $1 AND NOT EXISTS (SELECT FROM dav_node n WHERE n.blob_id = b.id)
   AND NOT EXISTS (SELECT FROM dav_version v WHERE v.blob_id = b.id) RETURNING b.id

-- blob_part_needed: whether a content or an unfinished upload of this chapter needs a file of the store; yes, too, when we are not allowed to look
-- in   chapter int8, sha256 bytea, store int4
-- out  needed bool
SELECT $1 <> ALL (scope()) OR EXISTS (SELECT FROM blob_part WHERE sha256 = $2 AND chapter_id = $1 AND store = $3)
       OR EXISTS (SELECT FROM upload_part WHERE sha256 = $2 AND chapter_id = $1 AND store = $3)
