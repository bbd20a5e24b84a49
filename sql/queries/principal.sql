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

-- principal_groups: boards (group NULL) and groups of these chapters, and groups that somebody is in; `key` is the name in letters of addresses
-- in   boards int8[], me int8
-- out  slug text, chapter text, group int8?, name text, key text
SELECT c.slug, c.name, NULL::int8, '', '' FROM chapter c WHERE c.archived IS NULL AND c.id = ANY ($1)
UNION ALL
SELECT c.slug, c.name, g.id, g.name,
       trim('-' FROM regexp_replace(translate(replace(replace(replace(replace(lower(g.name), 'ä', 'ae'), 'ö', 'oe'), 'ü', 'ue'), 'ß', 'ss'),
                                             'áàâéèêíìîóòôúùûçñ', 'aaaeeeiiiooouuucn'), '[^a-z0-9]+', '-', 'g'))
  FROM local_group g JOIN chapter c ON c.id = g.chapter_id AND c.archived IS NULL
 WHERE g.chapter_id = ANY ($1)
    OR EXISTS (SELECT FROM local_group_member m WHERE m.group_id = g.id AND m.person_id = $2 AND (m.until IS NULL OR m.until >= current_date))
ORDER BY 1, 3 NULLS FIRST;
