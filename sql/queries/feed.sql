-- Calendars as feeds, which other programs fetch now and then: see modules/calendars/feed/feed.h.

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

-- feed_of: the feed with this hash of its token, when it works, the chapter it is of, and whether it was asked for today
-- in   token bytea
-- out  id int8, slug text, used_today bool
SELECT id, slug, used_today FROM feed_of($1);

-- feed_use: it was asked for today
-- in   feed int8
UPDATE calendar_feed SET used = current_date FROM set_config('synchronous_commit', 'off', true) WHERE id = $1 AND used IS DISTINCT FROM current_date;

-- feed_open: that feed, in the scope of its chapter, and the calendar it is of; none when that has been deleted
-- in   token bytea
-- out  id int8, chapter int8, node int8, name text, view text, label text, changed timestamptz, made_read int2
SELECT f.id, f.chapter_id, n.id, n.name, f.view, f.label, f.changed, f.read_level
  FROM calendar_feed f JOIN dav_node n ON n.id = f.node_id AND NOT n.gone AND n.kind = 'calendar'
 WHERE f.hash = $1;

-- feed_make: a new feed of a calendar; no row: the chapter has as many that may work as it can have
-- in   chapter int8, node int8, token bytea, view text, read_level int2, label text, maker int8, until text?, most int4
-- out  id int8
INSERT INTO calendar_feed (chapter_id, node_id, hash, view, read_level, label, maker_id, until)
SELECT $1, $2, $3, $4, $5, $6, $7, $8::date
 WHERE (SELECT count(*) FROM calendar_feed WHERE chapter_id = $1 AND ended IS NULL AND (until IS NULL OR until >= current_date)) < $9
RETURNING id;

-- feed_is_past: is a day before today?
-- in   day text
-- out  past bool
SELECT $1::date < current_date;

-- feeds_of_calendars: the feeds of some calendars, those that may work first
-- in   chapter int8, calendars int8[], most int4
-- out  id int8, node int8, view text, label text, maker text?, made timestamptz, until text?, over bool, ended timestamptz?, paused bool, used text?, made_read int2
SELECT f.id, f.node_id, f.view, f.label, p.name, f.made, f.until::text, coalesce(f.until < current_date, false), f.ended, f.paused, f.used::text, f.read_level
  FROM calendar_feed f LEFT JOIN person p ON p.id = f.maker_id AND p.gone IS NULL
 WHERE f.chapter_id = $1 AND f.node_id = ANY ($2)
 ORDER BY f.ended IS NOT NULL OR coalesce(f.until < current_date, false), f.id DESC LIMIT $3;

-- feed_node: the calendar of a feed
-- in   chapter int8, feed int8
-- out  node int8
SELECT node_id FROM calendar_feed WHERE chapter_id = $1 AND id = $2;

-- feed_end: a feed works no more
-- in   feed int8
-- out  label text, until text?
UPDATE calendar_feed SET ended = now() WHERE id = $1 AND ended IS NULL RETURNING label, until::text;

-- feed_rename: it is for something else
-- in   feed int8, label text
-- out  label text, until text?
UPDATE calendar_feed SET label = $2, changed = now() WHERE id = $1 AND ended IS NULL RETURNING label, until::text;

-- feed_renew: it has another token from now on
-- in   feed int8, token bytea
-- out  label text, until text?, view text
UPDATE calendar_feed SET hash = $2, paused = false
 WHERE id = $1 AND ended IS NULL AND (until IS NULL OR until >= current_date)
RETURNING label, until::text, view;

-- feed_confirm: one that a restore brought back works again
-- in   feed int8
-- out  label text, until text?
UPDATE calendar_feed SET paused = false WHERE id = $1 AND ended IS NULL AND paused RETURNING label, until::text;

-- feed_clear: feeds that have been over for so many days; how many
-- in   days int4
-- out  n int8
WITH old AS (
    DELETE FROM calendar_feed WHERE least(ended::date, until) < current_date - $1 RETURNING 1
)
SELECT count(*) FROM old;

-- feeds_told: the feeds somebody has made, or those of a chapter, for an export
-- in   maker int8?, chapter int8?
-- out  chapter text, calendar text, label text, view text, made timestamptz, until text?, ended timestamptz?
SELECT c.slug, n.name, f.label, f.view, f.made, f.until::text, f.ended
  FROM calendar_feed f JOIN dav_node n ON n.id = f.node_id JOIN chapter c ON c.id = f.chapter_id
 WHERE (f.maker_id = $1 OR $1 IS NULL) AND (f.chapter_id = $2 OR $2 IS NULL) ORDER BY f.id;

-- feed_forget: who made them is not known any more
-- in   person int8
UPDATE calendar_feed SET maker_id = NULL WHERE maker_id = $1;
