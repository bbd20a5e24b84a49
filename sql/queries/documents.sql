-- documents_chapter_name: what a chapter is called
-- in   slug text
-- out  name text
SELECT name FROM chapter WHERE slug = $1 AND archived IS NULL;


-- documents_contents: contents that are to be sent; those in the store with a row for each part
-- in   blobs int8[]
-- out  id int8, size int8, bytes bytea?, sha256 bytea?, part_size int8?, store int2?
SELECT b.id, b.size, b.bytes, p.sha256, p.size, p.store
  FROM blob b LEFT JOIN blob_part p ON p.blob_id = b.id
 WHERE b.id = ANY ($1) ORDER BY b.id, p.seq;

-- documents_groups: the groups of a chapter
-- in   chapter int8
-- out  id int8, name text
SELECT id, name FROM local_group WHERE chapter_id = $1 ORDER BY lower(name);
