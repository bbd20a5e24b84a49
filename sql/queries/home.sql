-- What somebody sees in one place of the collections of all her chapters and of her own: see webdav/home.h.

-- home_collections: her own collections of a kind, those of some chapters, those with some policies, and those she chose, without those she hid; names as in her home
-- (the columns of node_children, see NODE_COLUMNS, whose each is, and how she wants to see it)
-- in   root_kind text, kind text, me int8, chapters int8[], policies int8[], after text, most int4
-- out  id int8, policy_id int8?, read_level int2?, write_level int2?, kind text?, name text, name_key text?, display text?, type text?, etag text?, size int8, created timestamptz, modified timestamptz, parent int8, root int8, chapter int8?, person int8?, color text?, sort_order text?
WITH hers AS (
    SELECT n.id FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND n.collection AND NOT n.gone
     WHERE r.parent_id IS NULL AND NOT r.gone AND r.kind = $1 AND (r.person_id = $3 OR r.chapter_id = ANY ($4))
    UNION
    SELECT p.node_id FROM dav_policy p WHERE p.id = ANY ($5)
    UNION
    SELECT h.node_id FROM collection_choice h WHERE h.person_id = $3 AND h.shown
), named AS (
    SELECT n.*, p.read_level, p.write_level, c.name AS chapter_name, coalesce(c.slug || '.', '') || n.name AS home_name,
           i.color, i.sort_order
      FROM hers h JOIN dav_node n ON n.id = h.id AND n.kind = $2 AND NOT n.gone
      JOIN dav_policy p ON p.id = n.policy_id
      LEFT JOIN chapter c ON c.id = n.chapter_id
      LEFT JOIN collection_choice i ON i.person_id = $3 AND i.node_id = n.id
     WHERE coalesce(i.shown, true) AND (n.chapter_id IS NULL OR c.archived IS NULL)
)
SELECT n.id, n.policy_id, n.read_level, n.write_level, n.kind, n.home_name, NULL::text, coalesce(n.chapter_name || ': ', '') || coalesce(n.display, n.name),
       n.type, n.etag, n.size, n.created, n.modified, n.parent_id, n.root_id, n.chapter_id, n.person_id,
       n.color, n.sort_order
  FROM named n WHERE n.home_name > $6 ORDER BY n.home_name LIMIT $7

-- collection_rename: what people call a collection; null: its name
-- in   node int8, display text?
UPDATE dav_node SET display = $2, changed = pg_current_xact_id() WHERE id = $1

-- collection_choice_of: how somebody wants to see a collection
-- in   node int8, me int8
-- out  shown bool?, color text?, sort_order text?
SELECT shown, color, sort_order FROM collection_choice WHERE node_id = $1 AND person_id = $2

-- collection_choose: sets it
-- in   node int8, me int8, color text?, sort_order text?
INSERT INTO collection_choice (node_id, person_id, color, sort_order) VALUES ($1, $2, $3, $4)
    ON CONFLICT (person_id, node_id) DO UPDATE SET color = excluded.color, sort_order = excluded.sort_order

-- home_choosable: calendars and address books of the scope, hers first, then by chapter; whether she may read them is not said here
-- in   me int8, most int4
-- out  id int8, kind text, name text, chapter int8?, person int8?, chapter_name text?, policy int8, read_level int2, write_level int2, shown bool?
SELECT n.id, n.kind, coalesce(n.display, n.name), n.chapter_id, n.person_id, c.name, p.id, p.read_level, p.write_level, i.shown
  FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND n.kind IN ('calendar', 'addressbook') AND NOT n.gone
  JOIN dav_policy p ON p.id = n.policy_id
  LEFT JOIN chapter c ON c.id = n.chapter_id
  LEFT JOIN collection_choice i ON i.person_id = $1 AND i.node_id = n.id
 WHERE r.parent_id IS NULL AND NOT r.gone AND r.kind IN ('calendars', 'addressbooks') AND (n.person_id = $1 OR n.chapter_id IS NOT NULL)
   AND c.archived IS NULL
 ORDER BY n.person_id, c.name COLLATE as_people_sort, c.id, n.kind DESC, coalesce(n.display, n.name) COLLATE as_people_sort, n.id LIMIT $2

-- collections_show: those of `yes` are in her home, those of `no` are not, and the others as usual
-- in   me int8, yes int8[], no int8[], usual int8[]
WITH chosen (node_id, shown) AS (
    SELECT unnest($2), true UNION ALL SELECT unnest($3), false UNION ALL SELECT unnest($4), NULL::bool
)
INSERT INTO collection_choice (node_id, person_id, shown)
SELECT c.node_id, $1, c.shown FROM chosen c
 WHERE c.shown IS NOT NULL OR EXISTS (SELECT FROM collection_choice i WHERE i.person_id = $1 AND i.node_id = c.node_id)
    ON CONFLICT (person_id, node_id) DO UPDATE SET shown = excluded.shown WHERE collection_choice.shown IS DISTINCT FROM excluded.shown
