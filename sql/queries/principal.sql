-- principal_by_uid: the person of a login name, also of a former one, if that is the asking one herself
-- in   uid text, me int8
-- out  id int8, uid text, name text, mail text?
WITH named AS (
    SELECT p.id, p.uid, p.name, p.mail FROM person p WHERE lower(p.uid) = lower($1) AND p.gone IS NULL
    UNION ALL
    SELECT p.id, p.uid, p.name, p.mail FROM person_alias a JOIN person p ON p.id = a.person_id
     WHERE a.uid = lower($1) AND p.gone IS NULL
       AND NOT EXISTS (SELECT FROM person o WHERE lower(o.uid) = lower($1) AND o.gone IS NULL))
SELECT n.id, n.uid, n.name, n.mail FROM named n
 WHERE n.id = $2;

-- principal_chapter: a chapter by its slug
-- in   slug text
-- out  id int8, slug text, name text
SELECT id, slug, name FROM chapter WHERE slug = $1 AND archived IS NULL;

-- principal_chapters: chapters in the order of their slugs; ids NULL: all
-- in   ids int8[]?
-- out  id int8, slug text, name text
SELECT id, slug, name FROM chapter
 WHERE archived IS NULL AND ($1 IS NULL OR id = ANY ($1))
 ORDER BY slug;
