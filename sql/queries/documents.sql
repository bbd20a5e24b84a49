-- documents_chapter_name: what a chapter is called
-- in   slug text
-- out  name text
SELECT name FROM chapter WHERE slug = $1 AND archived IS NULL;


-- documents_groups: the groups of a chapter
-- in   chapter int8
-- out  id int8, name text
SELECT id, name FROM local_group WHERE chapter_id = $1 ORDER BY lower(name);
