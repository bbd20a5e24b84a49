-- Space: what chapters use, what is set aside, what writes add. See webdav/quota.h.

-- quota_state: bytes a chapter uses, bytes set aside beyond that, and its limit
-- in   chapter int8
-- out  used int8, held int8, most int8
SELECT used, held, most FROM quota_state($1)

-- quota_take: sets space aside; no row when there is not enough
-- in   chapter int8, need int8, wish int8, seconds int4, dead int8[], back_lease int8, back int8
-- out  lease int8, granted int8
SELECT lease, granted FROM quota_take($1, $2, $3, $4, $5, $6, $7)

-- quota_note: what the rest of a write adds or gives back; covered false: roll back
-- in   chapter int8, lease int8, delta int8
-- out  covered bool
SELECT quota_note($1, $2, $3)

-- quota_fold: adds up deltas and forgets leases past their time
-- out  folded int8
SELECT quota_fold()

-- quota_compare: what is noted and what is really there, for each chapter, from one snapshot
-- out  chapter int8, noted int8, counted int8
WITH RECURSIVE folder AS (
    SELECT id, chapter_id FROM dav_node WHERE parent_id IS NULL AND NOT gone AND chapter_id IS NOT NULL
    UNION ALL
    SELECT c.id, c.chapter_id FROM folder f JOIN dav_node c ON c.parent_id = f.id AND c.collection AND NOT c.gone
), counted AS (
    SELECT f.chapter_id, sum(m.size) AS bytes
      FROM folder f JOIN dav_node m ON m.parent_id = f.id AND NOT m.gone GROUP BY f.chapter_id
), delta AS (
    SELECT chapter_id, sum(bytes) AS bytes FROM quota_delta GROUP BY chapter_id
)
SELECT q.chapter_id, (q.used + coalesce(d.bytes, 0))::int8, coalesce(c.bytes, 0)::int8
  FROM quota q LEFT JOIN delta d USING (chapter_id) LEFT JOIN counted c USING (chapter_id)
 ORDER BY q.chapter_id

-- quota_mend: makes what is noted of a chapter what is really there
-- in   chapter int8, difference int8
UPDATE quota SET used = used + $2 WHERE chapter_id = $1
