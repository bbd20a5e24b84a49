-- documents_chapter_name: what a chapter is called
-- in   slug text
-- out  name text
SELECT name FROM chapter WHERE slug = $1 AND archived IS NULL;
