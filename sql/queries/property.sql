-- properties_of: dead properties of some nodes; names NULL: all of them
-- in   nodes int8[], names text[]?
-- out  node int8, ns text, name text, value text, lang text?
SELECT p.node_id, p.ns, p.name, p.value, p.lang
  FROM (SELECT DISTINCT unnest($1) AS id) n CROSS JOIN LATERAL (SELECT * FROM dav_property d WHERE d.node_id = n.id OFFSET 0) p
 WHERE $2 IS NULL OR p.name = ANY ($2)
 ORDER BY p.node_id, p.ns, p.name;

-- properties_size: how many dead properties a node has, and how much they take
-- in   node int8
-- out  n int8, bytes int8
SELECT count(*), coalesce(sum(octet_length(ns) + octet_length(name) + octet_length(value)), 0)::int8
  FROM dav_property WHERE node_id = $1;

-- property_store: sets a dead property
-- in   node int8, ns text, name text, value text, lang text?
INSERT INTO dav_property (node_id, ns, name, chapter_id, person_id, value, lang)
SELECT n.id, $2, $3, n.chapter_id, n.person_id, $4, $5 FROM dav_node n WHERE n.id = $1
    ON CONFLICT (node_id, ns, name) DO UPDATE SET value = excluded.value, lang = excluded.lang;

-- property_remove: removes a dead property, if it is there
-- in   node int8, ns text, name text
DELETE FROM dav_property WHERE node_id = $1 AND ns = $2 AND name = $3;
