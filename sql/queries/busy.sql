-- When people are busy, and who may know: see modules/calendars/schedule/busy.h.

-- busy_shown: what some people have in common with somebody, and whom they let know when they are busy (numbers of auth/access.h)
-- in   asker int8, people int8[]
-- out  person int8, shares int2, choice int2
SELECT person, shares, choice FROM busy_shown($1, $2)

-- busy_calendars: the calendars of a person that count when she is asked for
-- in   person int8
-- out  id int8, parent int8, root int8, policy int8, name text
SELECT n.id, n.parent_id, n.root_id, n.policy_id, n.name
  FROM dav_node n
 WHERE n.person_id = $1 AND n.kind = 'calendar' AND NOT n.gone AND n.parent_id IS NOT NULL
   AND NOT EXISTS (SELECT FROM dav_property p WHERE p.node_id = n.id AND p.ns = 'urn:ietf:params:xml:ns:caldav'
                      AND p.name = 'schedule-calendar-transp' AND p.value LIKE '%transparent%')
 ORDER BY n.id

-- busy_choice: whom somebody lets know
-- in   person int8
-- out  choice int2
SELECT coalesce((SELECT busy_for FROM schedule_choice WHERE person_id = $1), 1::int2)

-- busy_choose: from now on
-- in   person int8, choice int2
INSERT INTO schedule_choice (person_id, busy_for) VALUES ($1, $2) ON CONFLICT (person_id) DO UPDATE SET busy_for = excluded.busy_for
