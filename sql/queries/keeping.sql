-- What is kept how long: rules of folders. See webdav/keeping.h.

-- keeping_rules: the rules of a collection and of those above it, the nearest first; starts null: there is no retention rule
-- in   node int8
-- out  node int8, name text, is_root bool, days int4?, each int4?, months int4?, since text?, starts timestamptz?
WITH RECURSIVE up AS (
    SELECT d.id, d.parent_id, d.name, 0 AS distance FROM dav_node d WHERE d.id = $1
    UNION ALL
    SELECT d.id, d.parent_id, d.name, up.distance + 1
      FROM up CROSS JOIN LATERAL (SELECT * FROM dav_node o WHERE o.id = up.parent_id OFFSET 0) d
)
SELECT up.id, up.name, up.parent_id IS NULL, v.days, v.each, r.months, r.since, r.starts
  FROM up LEFT JOIN version_rule v ON v.node_id = up.id LEFT JOIN retention_rule r ON r.node_id = up.id
 WHERE v.node_id IS NOT NULL OR r.node_id IS NOT NULL
 ORDER BY up.distance

-- version_rule_set: how long versions are kept in a collection
-- in   node int8, days int4, each int4
INSERT INTO version_rule (node_id, chapter_id, days, each) SELECT n.id, n.chapter_id, $2, $3 FROM dav_node n WHERE n.id = $1 AND NOT n.gone
    ON CONFLICT (node_id) DO UPDATE SET days = excluded.days, each = excluded.each

-- version_rule_end: as in the collection above
-- in   node int8
DELETE FROM version_rule WHERE node_id = $1

-- retention_rule_set: when documents of a collection go; months null: never. It begins so many days from now
-- in   node int8, months int4?, since text?, days int4
INSERT INTO retention_rule (node_id, chapter_id, months, since, starts)
SELECT n.id, n.chapter_id, $2, $3, now() + make_interval(days => $4) FROM dav_node n WHERE n.id = $1 AND NOT n.gone
    ON CONFLICT (node_id) DO UPDATE SET months = excluded.months, since = excluded.since, starts = excluded.starts

-- retention_rule_end: as in the collection above
-- in   node int8
DELETE FROM retention_rule WHERE node_id = $1

-- retention_due: what such a rule would delete now, the oldest first
-- in   node int8, months int4, since text, most int4
-- out  policy int8, read_level int2, write_level int2, name text, path text, size int8, at timestamptz
SELECT d.policy_id, p.read_level, p.write_level, d.name, d.path, d.size, d.at
  FROM retention_due($1, $2, $3, $4) d JOIN dav_policy p ON p.id = d.policy_id ORDER BY d.at, d.id

-- retention_rules: those that delete by now, of living collections
-- out  node int8, chapter int8, slug text, kind text, name text, is_root bool, months int4, since text
SELECT r.node_id, c.id, c.slug, n.kind, n.name, n.parent_id IS NULL, r.months, r.since
  FROM retention_rule r JOIN dav_node n ON n.id = r.node_id AND NOT n.gone JOIN chapter c ON c.id = r.chapter_id AND c.archived IS NULL
 WHERE r.months IS NOT NULL AND r.starts <= now() AND place_of(n.id, n.kind) IS NOT NULL
 ORDER BY r.node_id

-- retention_step: one of them puts documents into the trash, at most `most`; how many
-- in   rule int8, most int4
-- out  n int8
SELECT retention_step($1, $2)

-- version_rules: chapters in which folders have rules for versions
-- out  chapter int8, slug text
SELECT c.id, c.slug FROM chapter c WHERE c.id IN (SELECT r.chapter_id FROM version_rule r) ORDER BY c.id

-- versions_forget_by_rule: removes versions as these say, at most `most`; days and each where there is none; how many
-- in   chapter int8, days int4, each int4, most int4
-- out  n int8
SELECT versions_forget_by_rule($1, $2, $3, $4)
