-- What is known of calendar objects without reading them.

-- calendar_takes: what must be known of a calendar before an object is put into it: the components it takes (null: all), and the objects that have its UID or its address already
-- in   collection int8, uid text, node int8
-- out  components text?, node int8?, name text?, uid text?, role int2?, schedule_tag text?, organizer_node int8?
SELECT (SELECT p.value FROM dav_property p WHERE p.node_id = $1 AND p.ns = 'urn:ietf:params:xml:ns:caldav' AND p.name = 'supported-calendar-component-set'),
       o.node_id, n.name, o.uid, o.role, o.schedule_tag, o.organizer_node
  FROM (VALUES (1)) AS once
  LEFT JOIN (SELECT * FROM calendar_object WHERE collection_id = $1 AND uid = $2
             UNION ALL
             SELECT * FROM calendar_object WHERE node_id = $3 AND uid <> $2) AS o ON true
  LEFT JOIN dav_node n ON n.id = o.node_id

-- calendar_object_set: what is known of an object that has been written under this name_key, and when it is (starts, ends, takes: as many)
-- in   collection int8, name_key text, uid text, component text, zones text, covers_from int8?, open_from int8?, again int8?, exact bool, starts int8[], ends int8[], takes int8[]
-- out  done int4
SELECT 1 FROM calendar_object_set($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)

-- calendar_object_forget: it is removed
-- in   node int8
DELETE FROM calendar_object WHERE node_id = $1

-- calendar_object_move: it is in another calendar of the same tree
-- in   node int8, collection int8
-- out  done int4
SELECT 1 FROM calendar_object_move($1, $2)

-- calendar_object_copy: what is known of it holds for its copy of that name_key in a collection
-- in   node int8, to_collection int8, name_key text
-- out  done int4
SELECT 1 FROM calendar_object_copy($1, $2, $3)

-- calendar_objects_old: objects to be reckoned anew at this time (seconds since 1970), or that were with other time zones, and what they hold
-- in   at int8, zones text, most int4
-- out  node int8, collection int8, name_key text, bytes bytea
SELECT o.node_id, o.collection_id, n.name_key, b.bytes
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id
 WHERE b.bytes IS NOT NULL AND (o.again < $1 OR o.zones NOT IN ('', $2))
 LIMIT $3

-- calendar_object_leave: it cannot be reckoned any more: what is known of it stays
-- in   node int8, zones text
UPDATE calendar_object SET zones = CASE WHEN zones = '' THEN '' ELSE $2 END, again = NULL WHERE node_id = $1

-- people_to_tend: people of whom calendar objects are to be reckoned anew, or what was deleted is to be removed at last
-- in   at int8, zones text, days int4
-- out  person int8
SELECT person FROM people_to_tend($1, $2, $3) AS person
