-- Space: what chapters use, what is set aside, what writes add. See webdav/quota.h.

-- quota_state: bytes a chapter uses, bytes set aside beyond that, and its limit
-- in   chapter int8
-- out  used int8, held int8, most int8
SELECT used, held, most FROM quota_state($1)

-- quota_uses: bytes a chapter uses, its limit, and how much of them earlier versions and the trash are
-- in   chapter int8
-- out  used int8, most int8, versions int8, trash int8
SELECT used, most, versions, trash FROM quota_uses($1)

-- quota_take: sets space aside; no row when there is not enough
-- in   chapter int8, need int8, wish int8, seconds int4, dead int8[], back_lease int8, back int8
-- out  lease int8, granted int8
SELECT lease, granted FROM quota_take($1, $2, $3, $4, $5, $6, $7)

-- quota_note: what the rest of a write adds or gives back; LOST_RACE when the lease does not cover it (any more)
-- in   chapter int8, lease int8, delta int8
-- out  done int4
SELECT 1 FROM quota_note($1, $2, $3)

-- quota_fold: adds up deltas and forgets leases past their time
-- out  folded int8
SELECT quota_fold()

-- person_space: bytes that somebody's own calendars and address books take
-- in   person int8
-- out  used int8
SELECT used FROM person_space WHERE person_id = $1

-- person_space_check: STORAGE_FULL when they take more than that, with what this transaction has added
-- in   person int8, most int8
-- out  done int4
SELECT 1 FROM person_space_check($1, $2)
