-- What chapterctl verify reads. A page of each ends where the next begins: after $1.

-- verify_patience: these questions look at everything and may take longer than a request
-- out timeout text
SELECT set_config('statement_timeout', '14s', true)

-- verify_people: the ids of all people, by pages
-- in  after int8
-- out id int8
SELECT id FROM person WHERE id > $1 ORDER BY id LIMIT 1000

-- verify_owns: does this person own anything in the tree or the store? Every tree has levels of its owner's
-- in  person int8
-- out owns bool
SELECT EXISTS (SELECT FROM blob WHERE person_id = $1) OR EXISTS (SELECT FROM dav_policy WHERE person_id = $1)

-- verify_last: the newest content
-- out id int8
SELECT coalesce(max(id), 0) FROM blob

-- verify_inline: contents kept in the database, and whether they still have their hash
-- in  after int8
-- out id int8, chapter text?, sha256 bytea, size int8, good bool
SELECT b.id, c.slug, b.sha256, b.size, sha256(b.bytes) = b.sha256
FROM blob b LEFT JOIN chapter c ON c.id = b.chapter_id
WHERE b.bytes IS NOT NULL AND b.id > $1
ORDER BY b.id LIMIT 256

-- verify_stored: contents kept in the store with their parts, in order; one row without part when there is none
-- in  after int8
-- out id int8, chapter_id int8?, person_id int8?, chapter text?, sha256 bytea, size int8, part_sha256 bytea?, part_size int8?, part_store int2?, same_owner bool?
SELECT b.id, b.chapter_id, b.person_id, c.slug, b.sha256, b.size, p.sha256, p.size, p.store,
       p.chapter_id IS NOT DISTINCT FROM b.chapter_id AND p.person_id IS NOT DISTINCT FROM b.person_id
FROM (SELECT * FROM blob WHERE bytes IS NULL AND id > $1 ORDER BY id LIMIT 256) b
LEFT JOIN chapter c ON c.id = b.chapter_id
LEFT JOIN blob_part p ON p.blob_id = b.id
ORDER BY b.id, p.seq

-- verify_still_there: is the content still known? Others go on working while we look
-- in  blob int8
-- out there bool
SELECT EXISTS (SELECT FROM blob WHERE id = $1)

-- verify_used_by: documents that show this content now, or showed it before
-- in  blob int8
-- out node int8
SELECT id FROM dav_node WHERE blob_id = $1 AND NOT gone
UNION
SELECT node_id FROM dav_version WHERE blob_id = $1
ORDER BY id LIMIT 10

-- verify_unknown: which of these files of one owner's in one of the stores no content knows of
-- in  chapter int8, person int8, hashes text[], store int4
-- out hash text
SELECT h FROM unnest($3) AS h
WHERE NOT EXISTS (SELECT FROM blob_part p
                  WHERE p.sha256 = decode(h, 'hex') AND p.store = $4
                    AND (p.chapter_id = $1 OR p.person_id = $2))

-- verify_chapters: chapters that hang in the air or lack what every chapter has
-- out chapter text, fault text
WITH RECURSIVE tree AS (
    SELECT id FROM chapter WHERE parent_id IS NULL
    UNION ALL
    SELECT c.id FROM tree t JOIN chapter c ON c.parent_id = t.id)
SELECT c.slug, CASE WHEN t.id IS NULL THEN 'cycle' ELSE 'quota' END
FROM chapter c LEFT JOIN tree t ON t.id = c.id LEFT JOIN quota q ON q.chapter_id = c.id
WHERE t.id IS NULL OR q.chapter_id IS NULL
ORDER BY c.slug LIMIT 100

-- verify_quota: what is counted as stored, and what is: all that hangs on a living root, the trash too, with its versions
-- out chapter text, counted int8, stored int8
WITH RECURSIVE folder AS (
    SELECT id, chapter_id FROM dav_node WHERE parent_id IS NULL AND NOT gone AND chapter_id IS NOT NULL
    UNION ALL
    SELECT n.id, n.chapter_id FROM folder f JOIN dav_node n ON n.parent_id = f.id AND n.collection AND NOT n.gone)
SELECT c.slug,
       (q.used + coalesce((SELECT sum(d.bytes) FROM quota_delta d WHERE d.chapter_id = c.id), 0))::int8,
       coalesce(n.size, 0)::int8
FROM chapter c
JOIN quota q ON q.chapter_id = c.id
LEFT JOIN (SELECT f.chapter_id, sum(m.size + (SELECT coalesce(sum(v.size), 0) FROM dav_version v WHERE v.node_id = m.id)) AS size
           FROM folder f JOIN dav_node m ON m.parent_id = f.id AND NOT m.gone
           GROUP BY f.chapter_id) n ON n.chapter_id = c.id
ORDER BY c.slug

-- verify_recount: adds what was not counted, or takes away what was counted too much
-- in  chapter text, difference int8
UPDATE quota q SET used = q.used + $2 FROM chapter c WHERE c.slug = $1 AND q.chapter_id = c.id

-- verify_count: how many living nodes there are
-- out nodes int8
SELECT count(*) FROM dav_node WHERE NOT gone

-- verify_nodes: living nodes that do not fit their parent, their content or their levels
-- out node int8, chapter text?, fault text
SELECT f.id, c.slug, f.fault
FROM (SELECT n.id, n.chapter_id,
             CASE WHEN n.parent_id IS NOT NULL AND p.id IS NULL THEN 'parent_missing'
                  WHEN p.gone AND NOT p.collection THEN 'parent_gone'
                  WHEN NOT p.collection THEN 'parent_file'
                  WHEN (coalesce(p.kind, '') = 'trash') <> (t.id IS NOT NULL) THEN 'trash'
                  WHEN n.root_id <> coalesce(p.root_id, n.id) AND t.id IS NULL THEN 'root'
                  WHEN p.id IS NOT NULL AND (p.chapter_id IS DISTINCT FROM n.chapter_id
                                             OR p.person_id IS DISTINCT FROM n.person_id) THEN 'owner'
                  WHEN o.id IS NULL OR o.chapter_id IS DISTINCT FROM n.chapter_id
                       OR o.person_id IS DISTINCT FROM n.person_id THEN 'policy_owner'
                  WHEN NOT n.collection AND n.policy_id <> p.policy_id AND t.id IS NULL THEN 'policy'
                  WHEN n.name_key <> normalize(n.name, NFC) THEN 'name'
                  WHEN NOT n.collection AND n.blob_id IS NULL AND n.kind = 'file' THEN 'no_content'
                  WHEN n.blob_id IS NOT NULL AND b.id IS NULL THEN 'content_owner'
                  WHEN b.size <> n.size THEN 'size'
                  WHEN n.kind = 'file' AND n.etag IS DISTINCT FROM left(encode(b.sha256, 'hex'), 32) THEN 'etag'
             END AS fault
      FROM dav_node n
      LEFT JOIN dav_node p ON p.id = n.parent_id
      LEFT JOIN dav_trash t ON t.node_id = n.id
      LEFT JOIN dav_policy o ON o.id = n.policy_id
      LEFT JOIN blob b ON b.id = n.blob_id AND b.chapter_id IS NOT DISTINCT FROM n.chapter_id
                      AND b.person_id IS NOT DISTINCT FROM n.person_id
      WHERE NOT n.gone) f
LEFT JOIN chapter c ON c.id = f.chapter_id
WHERE f.fault IS NOT NULL
ORDER BY f.id LIMIT 100

-- verify_policies: levels that hold in two places at once
-- out node int8, chapter text?
SELECT min(n.id), min(c.slug)
FROM dav_node n
LEFT JOIN dav_node p ON p.id = n.parent_id
LEFT JOIN chapter c ON c.id = n.chapter_id
LEFT JOIN dav_policy o ON o.id = n.policy_id
WHERE NOT n.gone AND n.collection AND (p.id IS NULL OR p.policy_id <> n.policy_id) AND (p.id IS NULL OR p.kind <> 'trash' OR o.node_id = n.id)
GROUP BY n.policy_id HAVING count(*) > 1
ORDER BY 1 LIMIT 100

-- verify_detached: living nodes that no way leads to from a root: a circle, or below a tombstone; what lies below a folder just deleted waits for a job
-- out node int8, chapter text?
WITH RECURSIVE reached AS (
    SELECT id FROM dav_node WHERE (parent_id IS NULL AND NOT gone) OR (gone AND collection)
    UNION ALL
    SELECT n.id FROM reached r JOIN dav_node n ON n.parent_id = r.id AND NOT n.gone)
SELECT n.id, c.slug
FROM dav_node n LEFT JOIN chapter c ON c.id = n.chapter_id
WHERE NOT n.gone AND NOT EXISTS (SELECT FROM reached r WHERE r.id = n.id)
ORDER BY n.id LIMIT 100

-- verify_versions: versions that do not fit their document, their content or their levels
-- out node int8, chapter text?, fault text
SELECT f.node_id, c.slug, f.fault
FROM (SELECT v.node_id, v.chapter_id,
             CASE WHEN n.collection OR n.chapter_id IS DISTINCT FROM v.chapter_id OR n.person_id IS DISTINCT FROM v.person_id THEN 'version_owner'
                  WHEN b.id IS NULL THEN 'version_content'
                  WHEN b.size <> v.size THEN 'version_size'
                  WHEN o.id IS NULL THEN 'version_policy'
             END AS fault
      FROM dav_version v
      JOIN dav_node n ON n.id = v.node_id
      LEFT JOIN dav_policy o ON o.id = v.policy_id AND o.chapter_id IS NOT DISTINCT FROM v.chapter_id
                            AND o.person_id IS NOT DISTINCT FROM v.person_id
      LEFT JOIN blob b ON b.id = v.blob_id AND b.chapter_id IS NOT DISTINCT FROM v.chapter_id
                      AND b.person_id IS NOT DISTINCT FROM v.person_id) f
LEFT JOIN chapter c ON c.id = f.chapter_id
WHERE f.fault IS NOT NULL
ORDER BY f.node_id LIMIT 100
