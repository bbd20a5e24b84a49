-- Invitations to all members of a chapter, its board, or a group of it, by one address.

SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;

CREATE TABLE group_invitation (
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    address    text NOT NULL,
    chapter_id int8 NOT NULL REFERENCES chapter ON DELETE CASCADE,
    group_id   int8 REFERENCES local_group ON DELETE SET NULL,
    kind       int2 NOT NULL CHECK (kind BETWEEN 0 AND 2),
    besides    int8[] NOT NULL,
    request    text NOT NULL,
    cancel     text NOT NULL,
    ended      bool NOT NULL DEFAULT false,
    PRIMARY KEY (node_id, address)
);
CREATE INDEX group_invitation_chapter ON group_invitation (chapter_id);
CREATE INDEX group_invitation_group ON group_invitation (group_id) WHERE group_id IS NOT NULL;
COMMENT ON TABLE group_invitation IS 'Which groups are invited to an object, and what each of their members is told. Who joins later gets it, too.';
COMMENT ON COLUMN group_invitation.node_id IS 'The object of who invites.';
COMMENT ON COLUMN group_invitation.address IS 'The address of the group, as it stands in the object.';
COMMENT ON COLUMN group_invitation.chapter_id IS 'The chapter whose group it is.';
COMMENT ON COLUMN group_invitation.group_id IS 'The group that the chapter made; NULL with kind 2: it was removed since, and nobody is in it any more.';
COMMENT ON COLUMN group_invitation.kind IS '0: all members of the chapter; 1: its board; 2: a group that it made.';
COMMENT ON COLUMN group_invitation.besides IS 'Who is in it, but invites, or is invited by herself.';
COMMENT ON COLUMN group_invitation.request IS 'REQUEST (RFC 5546) for a member: the control character 1 stands for her own address.';
COMMENT ON COLUMN group_invitation.cancel IS 'CANCEL for a member who is no longer invited, likewise.';
COMMENT ON COLUMN group_invitation.ended IS 'It is invited no longer: all are told, then the row goes.';

CREATE TABLE invited (
    node_id   int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    via       text NOT NULL,
    address   text NOT NULL,
    partstat  text NOT NULL DEFAULT 'NEEDS-ACTION',
    PRIMARY KEY (node_id, person_id)
);
CREATE INDEX invited_person ON invited (person_id);
COMMENT ON TABLE invited IS 'Who is invited to an object because of a group: nobody but herself can read that, since it tells who is a member.';
COMMENT ON COLUMN invited.via IS 'The address of that group (group_invitation.address).';
COMMENT ON COLUMN invited.address IS 'As whom she is invited.';
COMMENT ON COLUMN invited.partstat IS 'What she has answered (RFC 5545, 3.2.12).';

CREATE TABLE group_moved (
    person_id int8 PRIMARY KEY
);
COMMENT ON TABLE group_moved IS 'People whose roles or groups have changed since it was last looked who is to be invited.';
COMMENT ON COLUMN group_moved.person_id IS '0: chapters themselves have changed, so anybody.';

ALTER TABLE group_invitation ENABLE ROW LEVEL SECURITY;
ALTER TABLE invited ENABLE ROW LEVEL SECURITY;
ALTER TABLE group_moved ENABLE ROW LEVEL SECURITY;
-- No policy for the first and the last: only the functions below have to do with them.
CREATE POLICY scope ON invited USING (person_id = (SELECT chapterd.person()));
GRANT SELECT, DELETE ON invited TO chapterd;
GRANT SELECT ON group_invitation, group_moved TO chapterd;

-- The other way round of role_origins: from a chapter down to those whose members are its members.
CREATE FUNCTION group_people(chapter int8, grp int8, what int2, among int8[]) RETURNS SETOF int8 LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE down AS (
        SELECT c.id, c.kind, c.members_go_up AND c.kind <> 'network' AS goes_up, true AS itself
          FROM chapter c WHERE c.id = chapter AND c.archived IS NULL
        UNION ALL
        SELECT c.id, c.kind, c.members_go_up AND c.kind <> 'network', false
          FROM down d JOIN chapter c ON c.parent_id = d.id
         WHERE what = 0 AND d.kind <> 'network' AND c.kind <> 'network' AND c.members_go_up AND c.archived IS NULL
    ), member AS (
        SELECT p.person_id, false AS granted, d.itself FROM down d
          JOIN chapter_group g ON g.chapter_id = d.id AND g.role >= CASE what WHEN 0 THEN 2 ELSE 3 END
          JOIN person_group p ON p.group_key = g.group_key
         WHERE what <> 2 AND (among IS NULL OR p.person_id = ANY (among))
        UNION
        SELECT r.person_id, true, d.itself FROM down d
          JOIN role_grant r ON r.chapter_id = d.id AND r.role >= CASE what WHEN 0 THEN 2 ELSE 3 END
         WHERE what <> 2 AND (r.until IS NULL OR r.until >= current_date) AND (among IS NULL OR r.person_id = ANY (among))
        UNION
        SELECT m.person_id, false, true FROM down d
          JOIN local_group l ON l.chapter_id = d.id AND l.id = grp
          JOIN local_group_member m ON m.group_id = l.id
         WHERE what = 2 AND (m.until IS NULL OR m.until >= current_date) AND (among IS NULL OR m.person_id = ANY (among))
    )
    SELECT DISTINCT p.id FROM member m JOIN person p ON p.id = m.person_id
     WHERE p.gone IS NULL AND (p.until IS NULL OR p.until >= current_date) AND (m.itself OR NOT m.granted OR p.guest_of IS NULL);
END $$;
COMMENT ON FUNCTION group_people IS 'Who is in the group of an address (kind as of group_invitation): those of `among` (NULL: all).';

CREATE FUNCTION calendar_address(login text, mail text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN mail ~ '^[!-~]+@[!-~]+$' THEN 'mailto:' || lower(mail) ELSE
        '/dav/principals/users/' || (SELECT string_agg(CASE WHEN c ~ '^[A-Za-z0-9._~@-]$' THEN c ELSE
            (SELECT string_agg('%' || upper(lpad(to_hex(get_byte(convert_to(c, 'UTF8'), i)), 2, '0')), '' ORDER BY i)
               FROM generate_series(0, octet_length(c) - 1) i) END, '' ORDER BY n)
            FROM regexp_split_to_table(login, '') WITH ORDINALITY AS t (c, n)) || '/' END
$$;
COMMENT ON FUNCTION calendar_address IS 'One of the addresses by which somebody is invited: her mail, or else that of her principal.';

-- One statement, however many they are: who is in the groups and not invited yet, who is invited and in none of them any more.
CREATE FUNCTION group_settle(nodes int8[], people int8[], again bool, ask bool) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    n int8;
BEGIN
    PERFORM FROM group_invitation g WHERE g.node_id = ANY (nodes) ORDER BY g.node_id, g.address FOR UPDATE;
    WITH wanted AS MATERIALIZED (
        SELECT DISTINCT ON (g.node_id, m.id) g.node_id, m.id AS person_id, g.address AS via
          FROM group_invitation g CROSS JOIN LATERAL group_people(g.chapter_id, g.group_id, g.kind, people) AS m (id)
         WHERE g.node_id = ANY (nodes) AND NOT g.ended AND m.id <> ALL (g.besides)
         ORDER BY g.node_id, m.id, g.kind DESC, g.address
    ), gone AS (
        DELETE FROM invited i
         WHERE i.node_id = ANY (nodes) AND (people IS NULL OR i.person_id = ANY (people))
           AND NOT EXISTS (SELECT FROM wanted w WHERE w.node_id = i.node_id AND w.person_id = i.person_id)
        RETURNING i.node_id, i.person_id, i.via, i.address
    ), here AS (
        INSERT INTO invited AS i (node_id, person_id, via, address)
        SELECT w.node_id, w.person_id, w.via, calendar_address(p.uid, p.mail) FROM wanted w JOIN person p ON p.id = w.person_id
            ON CONFLICT (node_id, person_id) DO UPDATE
           SET via = excluded.via, partstat = CASE WHEN ask THEN 'NEEDS-ACTION' ELSE i.partstat END
         WHERE again OR i.via <> excluded.via
        RETURNING i.node_id, i.person_id, i.via, i.address, xmax = 0 AS new
    ), sent AS (
        INSERT INTO schedule_message (to_person, node_id, method, address, bytes)
        SELECT h.person_id, h.node_id, 'REQUEST', h.address, convert_to(replace(g.request, E'\x01', h.address), 'UTF8')
          FROM here h JOIN group_invitation g ON g.node_id = h.node_id AND g.address = h.via WHERE h.new OR again
        UNION ALL
        SELECT x.person_id, x.node_id, 'CANCEL', x.address, convert_to(replace(g.cancel, E'\x01', x.address), 'UTF8')
          FROM gone x JOIN group_invitation g ON g.node_id = x.node_id AND g.address = x.via
          JOIN person p ON p.id = x.person_id AND p.gone IS NULL
         WHERE x.person_id <> ALL (g.besides)
        RETURNING 1)
    SELECT count(*) INTO n FROM sent;
    DELETE FROM group_invitation g WHERE g.node_id = ANY (nodes) AND g.ended;
    IF n > 0 THEN
        PERFORM pg_notify('chapterd_schedule', '');
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION group_settle IS 'Invites to these objects who is in their groups, and tells who has left them (of these people; NULL: of all). again: those who are invited are told anew; ask: and their answers count for nothing. How many messages.';

CREATE FUNCTION group_invite(node int8, calendar int8, key text, addresses text[], chapters int8[], groups int8[], kinds int2[],
                             requests text[], cancels text[], ends bool[], skip int8[], again bool, ask bool) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    SELECT n.id INTO node FROM dav_node n
     WHERE CASE WHEN calendar IS NULL THEN n.id = node ELSE n.parent_id = calendar AND n.name_key = key AND NOT n.gone END
       AND coalesce(n.chapter_id, -n.person_id) = ANY (owners());
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    UPDATE group_invitation g SET ended = true, cancel = t.cancel
      FROM unnest(addresses, cancels, ends) AS t (address, cancel, over)
     WHERE g.node_id = node AND g.address = t.address AND t.over;
    INSERT INTO group_invitation (node_id, address, chapter_id, group_id, kind, besides, request, cancel)
    SELECT node, t.address, t.chapter, l.id, t.kind, skip, t.request, t.cancel
      FROM unnest(addresses, chapters, groups, kinds, requests, cancels, ends) AS t (address, chapter, grp, kind, request, cancel, over)
      LEFT JOIN local_group l ON l.id = t.grp AND l.chapter_id = t.chapter
     WHERE NOT t.over
        ON CONFLICT (node_id, address) DO UPDATE
       SET chapter_id = excluded.chapter_id, group_id = excluded.group_id, kind = excluded.kind, request = excluded.request,
           cancel = excluded.cancel, ended = false;
    UPDATE group_invitation g SET besides = skip WHERE g.node_id = node;
    RETURN group_settle(ARRAY[node], NULL, again, ask);
END $$;
COMMENT ON FUNCTION group_invite IS 'Says what members of groups are told of an object of the scope (by number, or by its name_key in a calendar), and tells them. Those with `ends` are no longer invited. Tells nobody who is in a group; how many messages.';

CREATE FUNCTION group_reconcile(most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
DECLARE
    people int8[];
    nodes int8[];
BEGIN
    WITH taken AS (
        DELETE FROM group_moved m WHERE m.person_id IN (SELECT t.person_id FROM group_moved t LIMIT most FOR UPDATE SKIP LOCKED)
        RETURNING m.person_id)
    SELECT array_agg(person_id) INTO people FROM taken;
    IF people IS NULL THEN
        RETURN 0;
    END IF;
    -- What is over is left as it is.
    nodes := ARRAY(
        SELECT DISTINCT g.node_id FROM group_invitation g JOIN dav_node n ON n.id = g.node_id AND NOT n.gone
          JOIN calendar_object o ON o.node_id = g.node_id
         WHERE o.open_from IS NOT NULL
            OR EXISTS (SELECT FROM occurrence c WHERE c.node_id = g.node_id AND c.ends > extract(epoch FROM now())::int8));
    PERFORM group_settle(nodes, CASE WHEN 0 = ANY (people) THEN NULL ELSE people END, false, false);
    RETURN cardinality(people);
END $$;
COMMENT ON FUNCTION group_reconcile IS 'Invites who has joined a group and tells who has left, of at most so many people whose groups have changed; how many that were.';

CREATE FUNCTION group_answered(node int8, whom text, answer text, OUT via text, OUT personal bool)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    UPDATE invited i SET partstat = coalesce(answer, i.partstat) FROM dav_node n
     WHERE i.node_id = node AND i.address = lower(whom) AND n.id = node AND coalesce(n.chapter_id, -n.person_id) = ANY (owners())
    RETURNING i.via, n.person_id IS NOT NULL INTO via, personal;
END $$;
COMMENT ON FUNCTION group_answered IS 'Notes the answer of who is invited to an object of the scope because of a group, and says which (NULL: she is not). personal: it is in a calendar of a person, who may see who answered.';

CREATE FUNCTION group_tally(node int8) RETURNS TABLE (via text, partstat text, n int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT i.via, i.partstat, count(*) FROM invited i JOIN dav_node d ON d.id = i.node_id
     WHERE i.node_id = node AND coalesce(d.chapter_id, -d.person_id) = ANY (owners()) GROUP BY 1, 2 ORDER BY 1, 2;
END $$;
COMMENT ON FUNCTION group_tally IS 'How many of each group have answered what to an object of the scope; nothing of who.';

CREATE FUNCTION group_reach(chapter int8, grp int8, who int8)
RETURNS TABLE (known bool, inside bool, policy_id int8, read_level int2, write_level int2)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT grp IS NULL OR EXISTS (SELECT FROM local_group l WHERE l.id = grp AND l.chapter_id = c.id),
           EXISTS (SELECT FROM local_group_member m WHERE m.group_id = grp AND m.person_id = who AND (m.until IS NULL OR m.until >= current_date)),
           p.id, p.read_level, p.write_level
      FROM chapter c
      LEFT JOIN (SELECT DISTINCT n.chapter_id, n.policy_id FROM dav_node n WHERE n.kind = 'calendar' AND NOT n.gone AND n.chapter_id = chapter) n
             ON n.chapter_id = c.id
      LEFT JOIN dav_policy p ON p.id = n.policy_id
     WHERE c.id = chapter AND c.archived IS NULL;
END $$;
COMMENT ON FUNCTION group_reach IS 'What decides whether somebody may invite a group: is there such a group, is she in it, and who may write the calendars of the chapter. Names nobody and no calendar.';

-- ---------------------------------------------------------------- who has come and gone

CREATE FUNCTION group_note_moved() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM group_invitation) THEN
        RETURN NULL;
    END IF;
    IF TG_TABLE_NAME IN ('chapter', 'chapter_group', 'local_group') THEN
        INSERT INTO group_moved VALUES (0) ON CONFLICT DO NOTHING;
    ELSIF TG_TABLE_NAME = 'person' THEN
        INSERT INTO group_moved SELECT n.id FROM after n JOIN before o ON o.id = n.id
         WHERE (o.gone, o.until) IS DISTINCT FROM (n.gone, n.until) ON CONFLICT DO NOTHING;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO group_moved SELECT DISTINCT person_id FROM before ON CONFLICT DO NOTHING;
    ELSE
        INSERT INTO group_moved SELECT DISTINCT person_id FROM after ON CONFLICT DO NOTHING;
    END IF;
    PERFORM pg_notify('chapterd_schedule', '');
    RETURN NULL;
END $$;
COMMENT ON FUNCTION group_note_moved IS 'Notes whose groups have changed, if any group is invited to anything.';
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['person_group', 'role_grant', 'local_group_member'] LOOP
        EXECUTE format('CREATE TRIGGER group_came AFTER INSERT ON %I REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved()', t);
        EXECUTE format('CREATE TRIGGER group_changed AFTER UPDATE ON %I REFERENCING NEW TABLE AS after FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved()', t);
        EXECUTE format('CREATE TRIGGER group_went AFTER DELETE ON %I REFERENCING OLD TABLE AS before FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved()', t);
    END LOOP;
END $$;
CREATE TRIGGER group_changed AFTER UPDATE ON person REFERENCING OLD TABLE AS before NEW TABLE AS after
    FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved();
CREATE TRIGGER group_changed AFTER UPDATE OF parent_id, kind, members_go_up, archived ON chapter
    FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved();
CREATE TRIGGER group_changed AFTER INSERT OR UPDATE OR DELETE ON chapter_group FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved();
CREATE TRIGGER group_went AFTER DELETE ON local_group FOR EACH STATEMENT EXECUTE FUNCTION group_note_moved();

REVOKE ALL ON FUNCTION group_people, calendar_address, group_settle, group_invite, group_reconcile, group_answered, group_tally, group_reach,
    group_note_moved FROM PUBLIC;
GRANT EXECUTE ON FUNCTION group_invite, group_reconcile, group_answered, group_tally, group_reach TO chapterd;
