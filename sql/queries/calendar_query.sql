-- Looking for calendar objects: what these give is looked at once more by reading it.

-- calendar_found: objects of a calendar with this component ('': any) and this text in their UID, both in capital letters ('': any), behind some UID
-- in   collection int8, component text, uid text, after text, most int4
-- out  node int8, uid text
SELECT o.node_id, o.uid
  FROM calendar_object o
 WHERE o.collection_id = $1 AND ($2 = '' OR o.component = $2) AND ($3 = '' OR strpos(upper(o.uid COLLATE "C"), $3) > 0) AND o.uid > $4
 ORDER BY o.uid LIMIT $5

-- calendar_found_then: objects of a calendar with this component ('': any) and this text in their UID ('': any) that may be in a range of time (seconds since 1970, between -10^12 and 10^12), and whether they are for sure
-- (what is shorter than 31 days starts not earlier than that before the range: so two indexes see only what is near it; free and busy
-- times may be known by their periods alone, which have no index)
-- in   collection int8, component text, uid text, from int8, to int8
-- out  node int8, sure bool
SELECT o.node_id,
       EXISTS (SELECT FROM occurrence c WHERE c.node_id = o.node_id AND c.exact AND c.starts > $4 - 2678400 AND c.starts < $5
                  AND (c.ends > $4 OR (c.ends = c.starts AND c.starts = $4)))
  FROM (SELECT c.node_id FROM occurrence c WHERE c.collection_id = $1 AND c.starts > $4 - 2678400 AND c.starts <= $5 AND c.ends >= $4
         UNION SELECT c.node_id FROM occurrence c WHERE c.collection_id = $1 AND c.ends >= c.starts + 2678400 AND c.ends >= $4 AND c.starts <= $5
         UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = $1 AND c.open_from IS NOT NULL AND c.open_from <= $5
         UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = $1 AND c.covers_from IS NOT NULL AND c.covers_from >= $4
         UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = $1 AND c.component = 'VFREEBUSY') near
  JOIN calendar_object o ON o.node_id = near.node_id
 WHERE ($2 = '' OR o.component = $2) AND ($3 = '' OR strpos(upper(o.uid COLLATE "C"), $3) > 0)
 ORDER BY o.node_id

-- calendar_busy: when in a range events of a calendar take time, and how (takes, as of table occurrence): those that start not more than 31 days before it and are known without reading them, behind the last that has been told, at first (from - 31 days, 0, 0)
-- (two conditions on where to begin would be one too many: the index goes by the last of them)
-- in   collection int8, from int8, to int8, starts int8, ends int8, takes int2, most int4
-- out  starts int8, ends int8, takes int2
SELECT c.starts, c.ends, c.takes
  FROM occurrence c
 WHERE c.collection_id = $1 AND c.starts < $3 AND c.ends > $2 AND c.takes > 0 AND c.exact
   AND (c.starts, c.ends, c.takes) > ($4, $5, $6)
 ORDER BY c.starts, c.ends, c.takes LIMIT $7

-- calendar_busy_unread: objects of a calendar that may take time in a range besides: they have to be read
-- in   collection int8, from int8, to int8
-- out  node int8
SELECT c.node_id FROM occurrence c WHERE c.collection_id = $1 AND c.starts > $2 - 2678400 AND c.starts < $3 AND c.ends > $2 AND c.takes > 0 AND NOT c.exact
 UNION SELECT c.node_id FROM occurrence c WHERE c.collection_id = $1 AND c.ends >= c.starts + 2678400 AND c.ends > $2 AND c.starts <= $2 - 2678400 AND c.takes > 0
 UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = $1 AND c.open_from IS NOT NULL AND c.open_from < $3 AND c.component = 'VEVENT'
 UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = $1 AND c.covers_from IS NOT NULL AND c.covers_from > $2 AND c.component = 'VEVENT'
 UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = $1 AND c.component = 'VFREEBUSY'
 ORDER BY node_id

-- calendar_zone: what is kept of the property calendar-timezone of a calendar, as XML
-- in   collection int8
-- out  value text
SELECT p.value FROM dav_property p WHERE p.node_id = $1 AND p.ns = 'urn:ietf:params:xml:ns:caldav' AND p.name = 'calendar-timezone'
