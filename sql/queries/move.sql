-- Moving the files of contents from one store to the other (chapterctl blobs move).

-- move_rest: how many files of those that the scope shows are not in a store, and their bytes
-- in   store int4, last int8
-- out  files int8, bytes int8
SELECT count(*), coalesce(sum(size), 0)::int8
  FROM (SELECT DISTINCT chapter_id, person_id, sha256, size FROM blob_part WHERE store <> $1 AND blob_id <= $2) p

-- move_next: the next of them, behind one content's part and up to a content
-- in   store int4, blob int8, seq int4, last int8
-- out  blob int8, seq int4, chapter_id int8?, person_id int8?, chapter text?, sha256 bytea, size int8, store int2
SELECT p.blob_id, p.seq, p.chapter_id, p.person_id, c.slug, p.sha256, p.size, p.store
  FROM blob_part p LEFT JOIN chapter c ON c.id = p.chapter_id
 WHERE p.store <> $1 AND (p.blob_id, p.seq) > ($2, $3) AND p.blob_id <= $4
 ORDER BY p.blob_id, p.seq LIMIT 100

-- move_wanted: is the file still needed where it was? Others with the same bytes may have been moved with it
-- in   blob int8, seq int4, store int4
-- out  wanted bool
SELECT EXISTS (SELECT FROM blob_part WHERE blob_id = $1 AND seq = $2 AND store = $3)

-- move_done: all of one owner's contents with this file find it in the other store now
-- in   sha256 bytea, chapter int8, person int8, from int4, to int4
-- out  blob int8
UPDATE blob_part SET store = $5
 WHERE sha256 = $1 AND store = $4 AND (chapter_id = $2 OR person_id = $3)
RETURNING blob_id
