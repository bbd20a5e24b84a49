-- Chapters: what they are, where they stand in the tree, whose groups they trust.

-- chapter_tree_lock: keeps everybody else from changing the tree of chapters until the transaction ends; readers go on
LOCK TABLE chapter IN SHARE ROW EXCLUSIVE MODE

-- chapter_insert: adds a chapter; no row when the slug is taken
-- in  slug text, name text, kind text, number text?, parent int8?, language text
-- out id int8
INSERT INTO chapter (slug, name, kind, number, parent_id, language)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (slug) DO NOTHING
RETURNING id

-- chapter_scope: lets the rest of the transaction touch these chapters too, also archived ones and one just made
-- in  slugs text
-- out scope text
SELECT set_config('chapterd.scope',
                  ARRAY(SELECT unnest(owners())
                        UNION SELECT id FROM chapter WHERE slug = ANY (string_to_array($1, ','))
                        ORDER BY 1)::text, true)

-- chapter_scope_all: lets the rest of the transaction touch every chapter, the archived ones included
-- out scope text
SELECT set_config('chapterd.scope',
                  (coalesce(array_agg(id ORDER BY id), '{}') || ARRAY(SELECT o FROM unnest(owners()) AS o WHERE o < 0))::text, true)
FROM chapter

-- chapter_quota_set: how many bytes the chapter may store
-- in  chapter int8, max int8
INSERT INTO quota (chapter_id, max) VALUES ($1, $2)
ON CONFLICT (chapter_id) DO UPDATE SET max = excluded.max

-- chapter_group_add: lets a group of the directory give a role (2 member, 3 board, 4 chair)
-- in  chapter int8, role int2, group_key text
INSERT INTO chapter_group (chapter_id, role, group_key) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING

-- chapter_groups_clear: no group gives this role any more
-- in  chapter int8, role int2
DELETE FROM chapter_group WHERE chapter_id = $1 AND role = $2

-- chapter_groups: which groups give which role
-- in  chapter int8
-- out role int2, group_key text
SELECT role, group_key FROM chapter_group WHERE chapter_id = $1 ORDER BY role, group_key

-- chapter_by_slug: one chapter with its parent's slug and name
-- in  slug text
-- out id int8, slug text, name text, kind text, number text?, parent_id int8?, parent text?, parent_name text?, language text, contact text?, members_go_up bool, created timestamptz, archived timestamptz?
SELECT c.id, c.slug, c.name, c.kind, c.number, c.parent_id, p.slug, p.name, c.language, c.contact,
       c.members_go_up, c.created, c.archived
FROM chapter c LEFT JOIN chapter p ON p.id = c.parent_id
WHERE c.slug = $1

-- chapter_shows_calendar: is there a calendar of it that everybody may read?
-- in   chapter int8
-- out  shows bool
SELECT EXISTS (SELECT FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND NOT n.gone AND n.kind = 'calendar' JOIN dav_policy p ON p.id = n.policy_id
                WHERE r.chapter_id = $1 AND r.parent_id IS NULL AND NOT r.gone AND r.kind = 'calendars' AND p.read_level = 0)

-- chapter_tree: all chapters, each below its parent, brothers by name; also the archived ones when asked for
-- in  archived bool
-- out id int8, slug text, name text, kind text, number text?, parent_id int8?, parent text?, parent_name text?, language text, contact text?, members_go_up bool, created timestamptz, archived timestamptz?, depth int4
WITH RECURSIVE tree AS (
    SELECT c.id, 0 AS depth, ARRAY[c.name, c.slug] AS place
    FROM chapter c WHERE c.parent_id IS NULL
    UNION ALL
    SELECT c.id, t.depth + 1, t.place || ARRAY[c.name, c.slug]
    FROM tree t JOIN chapter c ON c.parent_id = t.id
    WHERE t.depth < 16)
SELECT c.id, c.slug, c.name, c.kind, c.number, c.parent_id, p.slug, p.name, c.language, c.contact,
       c.members_go_up, c.created, c.archived, t.depth
FROM tree t JOIN chapter c ON c.id = t.id LEFT JOIN chapter p ON p.id = c.parent_id
WHERE $1 OR c.archived IS NULL
ORDER BY t.place

-- chapter_children: the chapters directly below one, by name
-- in  chapter int8
-- out id int8, slug text, name text, kind text, number text?
SELECT id, slug, name, kind, number FROM chapter
WHERE parent_id = $1 AND archived IS NULL
ORDER BY name, slug

-- chapter_is_below: is the chapter the other one, or anywhere below it?
-- in  chapter int8, other int8
-- out below bool
WITH RECURSIVE up AS (
    SELECT id, parent_id FROM chapter WHERE id = $1
    UNION
    SELECT c.id, c.parent_id FROM up JOIN chapter c ON c.id = up.parent_id)
SELECT EXISTS (SELECT FROM up WHERE id = $2)

-- chapter_space: how many bytes a chapter stores and may store
-- in  chapter int8
-- out used int8, max int8
SELECT q.used + coalesce((SELECT sum(d.bytes) FROM quota_delta d WHERE d.chapter_id = q.chapter_id), 0)::int8,
       q.max
FROM quota q WHERE q.chapter_id = $1

-- chapter_update: what its settings say about it
-- in  chapter int8, name text, number text?, parent int8?, language text, contact text?, members_go_up bool
UPDATE chapter
SET name = $2, number = $3, parent_id = $4, language = $5, contact = $6, members_go_up = $7
WHERE id = $1

-- chapter_archive: closes a chapter or opens it again
-- in  chapter int8, closed bool
UPDATE chapter SET archived = CASE WHEN $2 THEN now() END WHERE id = $1

-- chapter_relatives: what stands in the way of closing a chapter or of opening it again
-- in  chapter int8
-- out open_child text?, closed_parent text?
SELECT (SELECT min(k.slug) FROM chapter k WHERE k.parent_id = c.id AND k.archived IS NULL),
       (SELECT p.slug FROM chapter p WHERE p.id = c.parent_id AND p.archived IS NOT NULL)
FROM chapter c WHERE c.id = $1

-- chapter_stamp: the roles of everybody in a chapter and in those below it are not what they were
-- in  slug text
WITH RECURSIVE below AS (
    SELECT id FROM chapter WHERE slug = $1
    UNION
    SELECT c.id FROM below b JOIN chapter c ON c.parent_id = b.id)
SELECT FROM rights_stamp(
    ARRAY(SELECT p.person_id FROM chapter_group g JOIN person_group p USING (group_key) WHERE g.chapter_id IN (SELECT id FROM below)
          UNION SELECT r.person_id FROM role_grant r WHERE r.chapter_id IN (SELECT id FROM below)),
    ARRAY(SELECT id FROM below))

-- tour_offered: has she not ended the tour yet?
-- in  person int8
-- out offered bool
SELECT toured IS NULL FROM person WHERE id = $1

-- tour_end: it is not offered to her again
-- in  person int8
UPDATE person SET toured = coalesce(toured, now()) WHERE id = $1
