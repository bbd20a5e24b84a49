-- Calendar files in the browser: what comes in and can be taken back, what goes out, and what was deleted.

-- import_there: what a calendar has of these UIDs
-- in   calendar int8, uids text[]
-- out  uid text, name text, etag text, bytes bytea
SELECT o.uid, n.name, n.etag, b.bytes
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE o.collection_id = $1 AND o.uid = ANY ($2)

-- import_make: a file has been taken into a calendar
-- in   chapter int8, calendar int8, person int8, file text
-- out  id int8
INSERT INTO calendar_import (chapter_id, node_id, person_id, file) VALUES ($1, $2, $3, $4) RETURNING id

-- import_note: what it made, by their UIDs; to be asked when all is written
-- in   import int8, chapter int8, calendar int8, uids text[]
INSERT INTO calendar_import_item (import_id, object_id, chapter_id, etag)
SELECT $1, o.node_id, $2, n.etag FROM calendar_object o JOIN dav_node n ON n.id = o.node_id WHERE o.collection_id = $3 AND o.uid = ANY ($4)

-- import_was: an entry that it has changed, and what it held before
-- in   import int8, calendar int8, uid text, before bytea
UPDATE calendar_import_item i SET before = $4 FROM calendar_object o WHERE i.import_id = $1 AND i.object_id = o.node_id AND o.collection_id = $2 AND o.uid = $3

-- imports: what came out of files into some calendars of a chapter, the latest first; left: how many of its entries nobody has changed since
-- in   chapter int8, calendars int8[], most int4
-- out  id int8, calendar int8, file text, who text?, made timestamptz, entries int4, unchanged int4
SELECT i.id, i.node_id, i.file, p.name, i.made, t.entries::int4, t.unchanged::int4
  FROM calendar_import i LEFT JOIN person p ON p.id = i.person_id AND p.gone IS NULL
 CROSS JOIN LATERAL (
       SELECT count(*) AS entries, count(*) FILTER (WHERE NOT n.gone AND n.etag = t.etag AND n.parent_id = i.node_id) AS unchanged
         FROM calendar_import_item t LEFT JOIN dav_node n ON n.id = t.object_id WHERE t.import_id = i.id) t
 WHERE i.chapter_id = $1 AND i.node_id = ANY ($2)
 ORDER BY i.id DESC LIMIT $3

-- import_items: the entries of an import, as they are now: name null, when somebody has changed or deleted it since
-- in   import int8
-- out  name text?, etag text?, before bytea?, says bytea?
SELECT CASE WHEN n.etag = t.etag AND n.parent_id = i.node_id AND NOT n.gone THEN n.name END, n.etag, t.before,
       CASE WHEN n.parent_id = i.node_id AND NOT n.gone THEN b.bytes END
  FROM calendar_import i JOIN calendar_import_item t ON t.import_id = i.id
  LEFT JOIN (dav_node n LEFT JOIN blob b ON b.id = n.blob_id) ON n.id = t.object_id
 WHERE i.id = $1 ORDER BY t.object_id

-- import_hold: nobody changes its entries until this transaction ends
-- in   import int8
-- out  node int8
SELECT n.id FROM calendar_import_item t JOIN dav_node n ON n.id = t.object_id WHERE t.import_id = $1 ORDER BY n.id FOR NO KEY UPDATE OF n

-- import_forget: it has been taken back
-- in   import int8
DELETE FROM calendar_import WHERE id = $1

-- imports_clear: those of so many days ago
-- in   days int4
DELETE FROM calendar_import WHERE made < now() - make_interval(days => $1)

-- import_nobody: who did it is not known any more
-- in   person int8
UPDATE calendar_import SET person_id = NULL WHERE person_id = $1

-- export_objects: what is in some calendars, behind one of them; with a range of time (seconds since 1970; null: all) those that may be in it
-- in   calendars int8[], from int8?, to int8?, after int8, most int4
-- out  id int8, bytes bytea
SELECT n.id, b.bytes
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE o.collection_id = ANY ($1) AND o.node_id > $4
   AND ($2::int8 IS NULL OR o.open_from < $3 OR o.covers_from > $2
        OR EXISTS (SELECT FROM occurrence i WHERE i.node_id = o.node_id AND i.starts < $3 AND i.ends >= $2))
 ORDER BY n.id LIMIT $5

-- deleted_objects: what these nodes hold, wherever they are
-- in   nodes int8[]
-- out  node int8, bytes bytea
SELECT n.id, b.bytes FROM dav_node n JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL WHERE n.id = ANY ($1)
