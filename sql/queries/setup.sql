-- setup_add: the link by which a phone is set up; the one before is worth nothing any more
-- in   hash bytea, person int8, name text, areas int2, apple bool
INSERT INTO device_setup (hash, person_id, name, areas, apple) VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (person_id) DO UPDATE SET hash = excluded.hash, name = excluded.name, areas = excluded.areas,
                                          apple = excluded.apple, expires = excluded.expires

-- setup_of: what a link sets up, and for whom; no row: it does not work, or no longer
-- in   hash bytea
-- out  person int8, uid text, name text, areas int2, apple bool
SELECT p.id, p.uid, s.name, s.areas, s.apple FROM device_setup s JOIN person p ON p.id = s.person_id
 WHERE s.hash = $1 AND s.expires > now() AND p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date)

-- setup_use: the link is used up; no row: it was before
-- in   hash bytea
-- out  person int8
DELETE FROM device_setup WHERE hash = $1 AND expires > now() RETURNING person_id
