-- Calendars as feeds, which other programs fetch now and then: see modules/calendars/feed.h.

-- feed_changed: when something last changed in some calendars, also by being removed
-- in   calendars int8[]
-- out  modified timestamptz?
SELECT max(l.at) FROM unnest($1) AS c (id) CROSS JOIN LATERAL (
       SELECT greatest(n.modified, n.gone_at) AS at FROM dav_node n WHERE n.parent_id = c.id ORDER BY n.changed DESC LIMIT 1) l

-- feed_objects: objects of some calendars that have an instance in a span of time (seconds since 1970), perhaps, behind one of them, and what they hold
-- in   calendars int8[], from int8, to int8, after int8, most int4
-- out  id int8, modified timestamptz, bytes bytea
SELECT n.id, n.modified, b.bytes
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id
 WHERE o.collection_id = ANY ($1) AND o.node_id > $4 AND o.component = 'VEVENT' AND b.bytes IS NOT NULL
   AND (o.open_from < $3 OR o.covers_from > $2 OR EXISTS (SELECT FROM occurrence i WHERE i.node_id = o.node_id AND i.starts <= $3 AND i.ends >= $2))
 ORDER BY n.id LIMIT $5
