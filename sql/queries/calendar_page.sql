-- Calendars of a chapter as people look at them.

-- calendar_page_calendars: the calendars of a chapter with a read level up to `level`, or with one of these policies
-- in   chapter int8, level int2, policies int8[]
-- out  id int8, policy int8, read_level int2, write_level int2, name text, display text?, components text?, template text?
SELECT n.id, p.id, p.read_level, p.write_level, n.name, n.display,
       (SELECT d.value FROM dav_property d WHERE d.node_id = n.id AND d.ns = 'urn:ietf:params:xml:ns:caldav' AND d.name = 'supported-calendar-component-set'),
       (SELECT d.value FROM dav_property d WHERE d.node_id = n.id AND d.ns = 'urn:chapterd' AND d.name = 'calendar-template')
  FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND n.collection AND NOT n.gone AND n.kind = 'calendar'
  JOIN dav_policy p ON p.id = n.policy_id
 WHERE r.chapter_id = $1 AND r.parent_id IS NULL AND NOT r.gone AND r.kind = 'calendars' AND (p.read_level <= $2 OR p.id = ANY ($3))
 ORDER BY n.id

-- calendar_page_root: where the calendars of a chapter are, who may do what there, and how many have a name like that of an editorial calendar
-- in   chapter int8
-- out  id int8, policy int8, read_level int2, write_level int2, taken int8
SELECT r.id, p.id, p.read_level, p.write_level,
       (SELECT count(*) FROM dav_node n WHERE n.parent_id = r.id AND NOT n.gone AND n.name_key LIKE 'redaktion%')
  FROM dav_node r JOIN dav_policy p ON p.id = r.policy_id
 WHERE r.chapter_id = $1 AND r.parent_id IS NULL AND NOT r.gone AND r.kind = 'calendars'

-- calendar_page_groups: the groups of a chapter by name
-- in   chapter int8, most int4
-- out  name text
SELECT g.name FROM local_group g WHERE g.chapter_id = $1 ORDER BY lower(g.name) LIMIT $2

-- calendar_page_chapter: what a chapter is called
-- in   chapter int8
-- out  name text
SELECT name FROM chapter WHERE id = $1

-- calendar_page_range: events of some calendars that may be in a range of time (seconds since 1970), not more than so many, nor than so many bytes in all; total: how many there are
-- (what is shorter than 31 days starts not earlier than that before the range: so two indexes see only what is near it)
-- in   calendars int8[], from int8, to int8, most int4, bytes int8
-- out  calendar int8, name text, bytes bytea, total int8
SELECT s.collection_id, s.name, b.bytes, s.total
  FROM (SELECT o.collection_id, n.id, n.name, n.blob_id, sum(n.size) OVER (ORDER BY n.id) AS running, count(*) OVER () AS total
          FROM (SELECT c.node_id FROM occurrence c WHERE c.collection_id = ANY ($1) AND c.starts > $2 - 2678400 AND c.starts < $3 AND c.ends >= $2
                 UNION SELECT c.node_id FROM occurrence c WHERE c.collection_id = ANY ($1) AND c.ends >= c.starts + 2678400 AND c.ends >= $2 AND c.starts < $3
                 UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = ANY ($1) AND c.open_from IS NOT NULL AND c.open_from < $3
                 UNION SELECT c.node_id FROM calendar_object c WHERE c.collection_id = ANY ($1) AND c.covers_from IS NOT NULL AND c.covers_from > $2) near
          JOIN calendar_object o ON o.node_id = near.node_id AND o.component = 'VEVENT'
          JOIN dav_node n ON n.id = o.node_id AND NOT n.gone) s
  JOIN blob b ON b.id = s.blob_id AND b.bytes IS NOT NULL
 WHERE s.running <= $5
 ORDER BY s.id LIMIT $4

-- calendar_page_object: an object of a calendar by its name_key
-- in   calendar int8, name_key text
-- out  name text, etag text, component text, bytes bytea, role int2
SELECT n.name, n.etag, o.component, b.bytes, o.role
  FROM dav_node n JOIN calendar_object o ON o.node_id = n.id JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE n.parent_id = $1 AND n.name_key = $2 AND NOT n.gone

-- calendar_page_tasks: tasks of some calendars, those first that do not look done (no line COMPLETED), the last made first; not more than so many, nor than so many bytes in all; total: how many there are
-- in   calendars int8[], most int4, bytes int8
-- out  calendar int8, name text, etag text, bytes bytea, total int8
SELECT s.collection_id, s.name, s.etag, s.bytes, s.total
  FROM (SELECT t.*, sum(t.size) OVER w AS running, row_number() OVER w AS place, count(*) OVER () AS total
          FROM (SELECT o.collection_id, n.id, n.name, n.etag, n.size, b.bytes, position('\x0a434f4d504c455445443a'::bytea IN b.bytes) > 0 AS done
                  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
                 WHERE o.collection_id = ANY ($1) AND o.component = 'VTODO') t
        WINDOW w AS (ORDER BY t.done, t.id DESC)) s
 WHERE s.running <= $3 AND s.place <= $2
 ORDER BY s.place

-- calendar_page_people: who of a chapter has one of these names; at most so many
-- in   chapter int8, names text[], most int4
-- out  uid text, name text, mail text?
SELECT p.uid, p.name, p.mail
  FROM person p
 WHERE p.gone IS NULL AND lower(p.name) = ANY (SELECT lower(x) FROM unnest($2) x) AND coalesce(p.until >= current_date, true)
   AND EXISTS (SELECT FROM role_origins(p.id) o WHERE o.chapter_id = $1)
 ORDER BY p.id LIMIT $3

-- calendar_page_own: the calendars that somebody has of her own
-- in   person int8
-- out  id int8, name text, display text?, components text?
SELECT n.id, n.name, n.display,
       (SELECT d.value FROM dav_property d WHERE d.node_id = n.id AND d.ns = 'urn:ietf:params:xml:ns:caldav' AND d.name = 'supported-calendar-component-set')
  FROM dav_node r JOIN dav_node n ON n.parent_id = r.id AND n.collection AND NOT n.gone AND n.kind = 'calendar'
 WHERE r.person_id = $1 AND r.parent_id IS NULL AND NOT r.gone AND r.kind = 'calendars'
 ORDER BY n.id

-- calendar_page_search: events and tasks of some calendars that have all of these words somewhere, the last made first; looks at so many, gives not more than so many
-- in   calendars int8[], words text[], looked_at int4, most int4
-- out  calendar int8, name text, component text, bytes bytea, modified timestamptz
SELECT s.collection_id, s.name, s.component, s.bytes, s.modified
  FROM (SELECT o.collection_id, o.component, n.id, n.name, n.modified, b.bytes
          FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
         WHERE o.collection_id = ANY ($1) AND o.component IN ('VEVENT', 'VTODO')
         ORDER BY n.id DESC LIMIT $3) s
 CROSS JOIN LATERAL (SELECT lower(replace(replace(convert_from(s.bytes, 'UTF8'), E'\r\n ', ''), E'\n ', '')) AS says OFFSET 0) t
 WHERE NOT EXISTS (SELECT FROM unnest($2) AS w WHERE position(lower(w) IN t.says) = 0)
 ORDER BY s.id DESC LIMIT $4

-- calendar_page_late: tasks of some calendars that have a day before this time (seconds since 1970) and do not look done; not more than so many
-- in   calendars int8[], at int8, most int4
-- out  bytes bytea
SELECT b.bytes
  FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone JOIN blob b ON b.id = n.blob_id AND b.bytes IS NOT NULL
 WHERE o.collection_id = ANY ($1) AND o.component = 'VTODO' AND EXISTS (SELECT FROM occurrence c WHERE c.node_id = o.node_id AND c.ends < $2 + 50400)
   AND position('\x0a434f4d504c455445443a'::bytea IN b.bytes) = 0
 ORDER BY n.id DESC LIMIT $3
