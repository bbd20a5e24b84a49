-- What documents held before. See webdav/version.h.

-- versions_list: of a document, the newest first, with the levels that held when each was replaced, older than a certain one
-- in   node int8, before int8, most int4
-- out  id int8, policy_id int8, read_level int2, write_level int2, size int8, type text?, sha256 bytea, writer text?, by_box bool, modified timestamptz, replaced timestamptz
SELECT v.id, v.policy_id, p.read_level, p.write_level, v.size, v.type, c.sha256, coalesce(w.name, b.purpose), b.id IS NOT NULL, v.modified, v.replaced
  FROM dav_version v
  JOIN dav_policy p ON p.id = v.policy_id
  JOIN blob c ON c.id = v.blob_id
  LEFT JOIN person w ON w.id = v.writer_id
  LEFT JOIN share_link b ON b.id = -v.writer_id
 WHERE v.node_id = $1 AND v.id < $2
 ORDER BY v.id DESC LIMIT $3

-- versions_any: which of these documents have versions, with the levels that held for them; one row for each such policy
-- in   nodes int8[]
-- out  node int8, policy_id int8, read_level int2, write_level int2
SELECT v.node_id, v.policy_id, p.read_level, p.write_level
  FROM (SELECT DISTINCT d.node_id, d.policy_id FROM dav_version d WHERE d.node_id = ANY ($1)) v
  JOIN dav_policy p ON p.id = v.policy_id
 ORDER BY v.node_id

-- version_content: what one of them holds
-- in   node int8, version int8
-- out  policy_id int8, read_level int2, write_level int2, size int8, type text?, modified timestamptz, blob_id int8, sha256 bytea, bytes bytea?
SELECT v.policy_id, p.read_level, p.write_level, v.size, v.type, v.modified, b.id, b.sha256, b.bytes
  FROM dav_version v
  JOIN dav_policy p ON p.id = v.policy_id
  JOIN blob b ON b.id = v.blob_id
 WHERE v.node_id = $1 AND v.id = $2

-- version_restore: a document holds again what a version holds; LOST_RACE when it is not as it was seen
-- in   node int8, seen text?, version int8, who int8, lease int8
-- out  done int4
SELECT 1 FROM version_restore($1, $2, $3, $4, $5)

-- node_sits: would what somebody saves now belong to the sitting in which she saved what is there? No row: it is not as it was seen
-- in   node int8, seen text?, who int8, seconds int4
-- out  sits bool
SELECT coalesce(n.writer_id = $3 AND n.saved > now() - make_interval(secs => $4), false)
  FROM dav_node n WHERE n.id = $1 AND NOT n.gone AND n.etag IS NOT DISTINCT FROM $2

-- versions_forget: removes versions that were replaced so many days ago, or are not among the last `each` of their document
-- in   days int4, each int4, most int4
-- out  n int8
SELECT versions_forget($1, $2, $3)

-- node_retire: a document frees its name for the one that takes its place in this transaction
-- in   node int8, seen text?
-- out  done int4
SELECT 1 FROM node_retire($1, $2)

-- node_succeed: its versions and its content go to that one; sitting null: they go
-- in   old int8, heir int8, who int8, sitting int4?
-- out  done int4
SELECT 1 FROM node_succeed($1, $2, $3, $4)
