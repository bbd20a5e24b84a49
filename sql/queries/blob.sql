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
-- out  sha256 bytea, size int8
SELECT sha256, size FROM blob_part WHERE blob_id = $1 ORDER BY seq

-- node_parts: the files of the store that a node and all below it need
-- in   node int8
-- out  sha256 bytea, size int8
SELECT DISTINCT p.sha256, p.size
  FROM dav_node d JOIN blob_part p ON p.blob_id = d.blob_id
 WHERE NOT d.gone AND (d.id = $1 OR d.parent_id IN (SELECT folders_below($1)))

-- blob_mark_unused: notes since when nothing refers to a content, for those of some ids
-- in   first int8, behind int8
UPDATE blob b SET unused = CASE WHEN b.unused IS NULL THEN now() END
 WHERE b.id >= $1 AND b.id < $2
   AND (b.unused IS NULL) = NOT EXISTS (SELECT FROM dav_node n WHERE n.blob_id = b.id)

-- blob_last: the highest id of a content
-- out  id int8
SELECT coalesce(max(id), 0) FROM blob

-- blob_unused: contents that nothing has referred to for so many days
-- in   days int4, most int4
-- out  id int8, chapter_id int8?, person_id int8?
SELECT id, chapter_id, person_id FROM blob WHERE unused < now() - make_interval(days => $1) ORDER BY id LIMIT $2

-- blob_delete: removes a content unless something refers to it now; whoever calls it holds the tree lock
-- in   blob int8
-- out  id int8
DELETE FROM blob b WHERE b.id = $1 AND NOT EXISTS (SELECT FROM dav_node n WHERE n.blob_id = b.id) RETURNING b.id

-- blob_part_needed: whether a content of this owner needs a file of the store
-- in   chapter int8?, person int8?, sha256 bytea
-- out  needed bool
SELECT EXISTS (SELECT FROM blob_part WHERE sha256 = $3 AND (chapter_id = $1 OR person_id = $2))

-- blob_page: contents after an id, for verify
-- in   after int8, most int4
-- out  id int8, chapter_id int8?, person_id int8?, sha256 bytea, size int8, inside bool
SELECT id, chapter_id, person_id, sha256, size, bytes IS NOT NULL FROM blob WHERE id > $1 ORDER BY id LIMIT $2

-- blob_bytes: a content that is in its row
-- in   blob int8
-- out  bytes bytea
SELECT bytes FROM blob WHERE id = $1 AND bytes IS NOT NULL

-- blob_volume: how much there is to verify
-- out  n int8, bytes int8
SELECT count(*), coalesce(sum(size), 0)::int8 FROM blob
