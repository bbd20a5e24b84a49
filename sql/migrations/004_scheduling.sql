-- Invitations and answers to them between calendars (RFC 6638).

SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;

-- ---------------------------------------------------------------- what an object is to its owner

ALTER TABLE calendar_object
    ADD role int2 NOT NULL DEFAULT 0 CHECK (role BETWEEN 0 AND 2),
    ADD schedule_tag text,
    ADD organizer_node int8;
CREATE INDEX calendar_object_person ON calendar_object (person_id, uid) WHERE person_id IS NOT NULL;
CREATE UNIQUE INDEX calendar_object_one_person ON calendar_object (person_id, uid) WHERE role > 0 AND person_id IS NOT NULL;
CREATE UNIQUE INDEX calendar_object_one_chapter ON calendar_object (chapter_id, uid) WHERE role > 0 AND chapter_id IS NOT NULL;
COMMENT ON COLUMN calendar_object.role IS '1: its owner invites to it; 2: its owner is invited; 0: neither, and it is kept as it comes. Of those with a role there is one with a UID in all calendars of its owner.';
COMMENT ON COLUMN calendar_object.schedule_tag IS 'Of an object with a role: what it was when somebody last changed more about it than an answer (RFC 6638, 3.2.10).';
COMMENT ON COLUMN calendar_object.organizer_node IS 'Of a copy of who is invited: the object of who invites. NULL: that is not here, or not known. No reference: that one goes its own ways.';

-- Of those who are gone, too: an index of a condition that many queries have is taken for one that nobody looks into.
CREATE INDEX person_mail ON person (lower(mail));

CREATE TABLE schedule_choice (
    person_id        int8 PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    default_calendar int8 REFERENCES dav_node ON DELETE SET NULL,
    busy_for         int2 NOT NULL DEFAULT 1 CHECK (busy_for BETWEEN 0 AND 2)
);
COMMENT ON TABLE schedule_choice IS 'How somebody wants to be invited.';
COMMENT ON COLUMN schedule_choice.default_calendar IS 'The calendar of hers into which invitations come (schedule-default-calendar-URL). NULL: the first.';
COMMENT ON COLUMN schedule_choice.busy_for IS 'Who may ask when she is busy: 0 nobody; 1 who is in a board or a group with her; 2 also members of her chapters (enum busy_for of auth/access.h).';

CREATE TABLE schedule_count (
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    day       date NOT NULL DEFAULT current_date,
    n         int4 NOT NULL,
    PRIMARY KEY (person_id, day)
);
COMMENT ON TABLE schedule_count IS 'How many invitations, changes of them and answers somebody has sent on a day, for the limit invite_per_day.';

-- ---------------------------------------------------------------- what is on its way

CREATE TABLE schedule_message (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    to_chapter int8 REFERENCES chapter ON DELETE CASCADE,
    to_person  int8 REFERENCES person ON DELETE CASCADE,
    node_id    int8,
    made_at    timestamptz NOT NULL DEFAULT now(),
    next_at    timestamptz NOT NULL DEFAULT now(),
    tries      int4 NOT NULL DEFAULT 0,
    quiet      bool NOT NULL DEFAULT false,
    method     text NOT NULL CHECK (method IN ('REQUEST', 'CANCEL', 'REPLY')),
    address    text NOT NULL,
    bytes      bytea NOT NULL,
    CHECK (num_nonnulls(to_chapter, to_person) = 1)
);
CREATE INDEX schedule_message_person ON schedule_message (to_person, id) WHERE to_person IS NOT NULL;
CREATE INDEX schedule_message_chapter ON schedule_message (to_chapter, id) WHERE to_chapter IS NOT NULL;
CREATE UNIQUE INDEX schedule_message_quiet ON schedule_message (to_person, node_id) WHERE quiet;
COMMENT ON TABLE schedule_message IS 'Invitations, cancellations and answers that wait to be worked into the calendars of somebody or of a chapter: written in the transaction of what they tell of, gone with the one that worked them in.';
COMMENT ON COLUMN schedule_message.node_id IS 'The object of who invites. Of an answer it is where it goes; NULL: to that with its UID.';
COMMENT ON COLUMN schedule_message.next_at IS 'Not before: after a failure it is tried again later, and those to the same receiver behind it wait as well.';
COMMENT ON COLUMN schedule_message.quiet IS 'Tells no more than what others have answered: the newest replaces those before it, and nothing comes into the inbox.';
COMMENT ON COLUMN schedule_message.address IS 'As whom the receiver is invited; of an answer, who answered. Whoever wrote it here has made sure of that.';
COMMENT ON COLUMN schedule_message.bytes IS 'The iTIP message (RFC 5546).';

ALTER TABLE schedule_choice ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON schedule_choice USING (person_id = (SELECT chapterd.person()));
ALTER TABLE schedule_count ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON schedule_count USING (person_id = (SELECT chapterd.person()));
-- Anybody may invite anybody; what waits for somebody is seen by nobody else.
ALTER TABLE schedule_message ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON schedule_message USING (coalesce(to_chapter, -to_person) = ANY ((SELECT chapterd.owners())::int8[])) WITH CHECK (true);
GRANT SELECT, INSERT, UPDATE, DELETE ON schedule_choice, schedule_count, schedule_message TO chapterd;

-- The newest of quiet ones replaces what another scope must not see.
CREATE FUNCTION schedule_send(chapter int8, person int8, node int8, calendar int8, key text, what text, whom text, message bytea, silently bool)
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    IF calendar IS NOT NULL THEN
        SELECT n.id INTO node FROM dav_node n WHERE n.parent_id = calendar AND n.name_key = key AND NOT n.gone;
    END IF;
    INSERT INTO schedule_message (to_chapter, to_person, node_id, method, address, bytes, quiet)
    VALUES (chapter, person, node, what, whom, message, silently)
        ON CONFLICT (to_person, node_id) WHERE quiet DO UPDATE SET bytes = excluded.bytes, address = excluded.address;
    PERFORM pg_notify('chapterd_schedule', '');
END $$;
COMMENT ON FUNCTION schedule_send IS 'Puts a message to a chapter or a person into the queue. It is about the object node, or (calendar not NULL) that with this name_key in a calendar.';

-- Who answers knows neither where the object of who invites is nor whose.
CREATE FUNCTION schedule_answer(node int8, whom text, message bytea) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    INSERT INTO schedule_message (to_chapter, to_person, node_id, method, address, bytes)
    SELECT n.chapter_id, n.person_id, n.id, 'REPLY', whom, message
      FROM calendar_object o JOIN dav_node n ON n.id = o.node_id AND NOT n.gone WHERE o.node_id = node AND o.role = 1;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    PERFORM pg_notify('chapterd_schedule', '');
    RETURN true;
END $$;
COMMENT ON FUNCTION schedule_answer IS 'Sends an answer to whoever has this object; false: nobody invites with it any more. Nothing is learned of whose it is.';

CREATE FUNCTION schedule_waits(most int4) RETURNS TABLE (slug text, person int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.slug, f.to_person
      FROM (SELECT DISTINCT ON (m.to_chapter, m.to_person) m.id, m.to_chapter, m.to_person, m.next_at
              FROM schedule_message m ORDER BY m.to_chapter, m.to_person, m.id) f
      LEFT JOIN chapter c ON c.id = f.to_chapter
     WHERE f.next_at <= now()
     ORDER BY f.id LIMIT most;
END $$;
COMMENT ON FUNCTION schedule_waits IS 'For whom something can be delivered: a chapter or a person. Who delivers has the scope of one of them at a time.';

CREATE FUNCTION schedule_expire(days int4, most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
DECLARE
    old record;
    n int8 := 0;
BEGIN
    DELETE FROM schedule_count WHERE day < current_date - 1;
    -- Who was in a group when it was invited (005) is nobody's business once it is long over.
    DELETE FROM invited i WHERE NOT EXISTS (
        SELECT FROM calendar_object o WHERE o.node_id = i.node_id AND (o.open_from IS NOT NULL OR EXISTS (
            SELECT FROM occurrence c WHERE c.node_id = i.node_id AND c.ends > extract(epoch FROM now() - make_interval(days => days))::int8)));
    FOR old IN SELECT d.id, d.etag FROM dav_node d
                WHERE d.kind = 'inbox-item' AND NOT d.gone AND d.created < now() - make_interval(days => days)
                LIMIT most FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        PERFORM node_remove(old.id, old.etag);
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION schedule_expire IS 'Removes what has lain in inboxes for so many days, at most so many; how many. Forgets who was invited because of a group to what is over since then. Gives nobody anything.';
CREATE INDEX dav_node_inbox ON dav_node (created) WHERE kind = 'inbox-item' AND NOT gone;

REVOKE ALL ON FUNCTION schedule_send, schedule_answer, schedule_waits, schedule_expire FROM PUBLIC;
GRANT EXECUTE ON FUNCTION schedule_send, schedule_answer, schedule_waits, schedule_expire TO chapterd;

-- ---------------------------------------------------------------- what the server changes itself

-- An answer makes an object some bytes longer; nobody is refused it for want of space.
CREATE FUNCTION schedule_amend(node int8, seen text, hash bytea, length int8, content bytea, tag text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old record;
    b int8;
BEGIN
    SELECT * INTO old FROM dav_node n WHERE n.id = node AND NOT n.gone FOR NO KEY UPDATE;
    IF NOT FOUND OR old.etag IS DISTINCT FROM seen THEN
        PERFORM lost_race();
    END IF;
    b := blob_keep(old.chapter_id, old.person_id, hash, length, content, NULL, NULL, NULL);
    UPDATE dav_node n SET blob_id = b, size = length, etag = tag, modified = now(), changed = pg_current_xact_id() WHERE n.id = node;
    IF old.chapter_id IS NOT NULL AND length <> old.size THEN
        INSERT INTO quota_delta (chapter_id, bytes) VALUES (old.chapter_id, length - old.size);
    END IF;
END $$;
COMMENT ON FUNCTION schedule_amend IS 'New content of an object that has this entity tag, without a lease: what others have answered. LOST_RACE when it has another one.';

CREATE FUNCTION calendar_object_role(calendar int8, key text, what int2, tag text, organizer int8) RETURNS void LANGUAGE sql AS $$
    UPDATE calendar_object o SET role = what, schedule_tag = tag, organizer_node = organizer
      FROM dav_node n
     WHERE n.parent_id = calendar AND n.name_key = key AND NOT n.gone AND o.node_id = n.id
       AND (o.role, o.schedule_tag, o.organizer_node) IS DISTINCT FROM (what, tag, organizer)
$$;
COMMENT ON FUNCTION calendar_object_role IS 'What the object with this name_key in a calendar is to its owner.';

-- ---------------------------------------------------------------- people who are nobody here

CREATE TABLE reply_link (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    chapter_id int8,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    uid        text NOT NULL,
    address    text NOT NULL CHECK (length(address) BETWEEN 3 AND 300),
    answer     text CHECK (answer IN ('ACCEPTED', 'DECLINED', 'TENTATIVE')),
    answers    int4 NOT NULL DEFAULT 0,
    day        date NOT NULL DEFAULT current_date,
    CHECK (num_nonnulls(chapter_id, person_id) = 1)
);
CREATE INDEX reply_link_uid ON reply_link ((coalesce(chapter_id, -person_id)), uid);
CREATE INDEX reply_link_person ON reply_link (person_id) WHERE person_id IS NOT NULL;
COMMENT ON TABLE reply_link IS 'Tokens with which outsiders answer an invitation that they got by mail. Goes 30 days after the event.';
COMMENT ON COLUMN reply_link.hash IS 'SHA-256 of the token; the token itself is in the mail alone.';
COMMENT ON COLUMN reply_link.uid IS 'Of the object with which the chapter or person invites.';
COMMENT ON COLUMN reply_link.address IS 'The calendar address that was invited: whoever has the token answers for it.';
COMMENT ON COLUMN reply_link.answer IS 'The last answer that came this way; NULL: none, or she has been asked anew since.';
COMMENT ON COLUMN reply_link.answers IS 'How many have come on that day, for a limit.';
ALTER TABLE reply_link ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON reply_link USING (coalesce(chapter_id, -person_id) = ANY ((SELECT chapterd.owners())::int8[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON reply_link TO chapterd;

-- Who comes with a token has no scope yet.
CREATE FUNCTION reply_of(token bytea) RETURNS TABLE (slug text, person int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.slug, p.id FROM reply_link l LEFT JOIN chapter c ON c.id = l.chapter_id AND c.archived IS NULL
      LEFT JOIN person p ON p.id = l.person_id AND p.gone IS NULL
     WHERE l.hash = token AND (c.id IS NOT NULL OR p.id IS NOT NULL);
END $$;
COMMENT ON FUNCTION reply_of IS 'Whose invitation a token answers, as long as there is that chapter or person.';
REVOKE ALL ON FUNCTION reply_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION reply_of TO chapterd;

-- ---------------------------------------------------------------- when somebody is busy

-- Who asks sees neither whose groups others are in nor what they have chosen. Membership counts in the chapter where it is, not in
-- those above: in the whole association everybody would be asked by everybody.
CREATE FUNCTION busy_shown(asker int8, people int8[]) RETURNS TABLE (person int8, shares int2, choice int2)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
DECLARE
    own int8[] := ARRAY(SELECT o.chapter_id FROM role_origins(asker) o WHERE o.via = o.chapter_id AND o.role >= 2);
    boards int8[] := ARRAY(SELECT o.chapter_id FROM role_origins(asker) o WHERE o.via = o.chapter_id AND o.role >= 3);
BEGIN
    RETURN QUERY
    SELECT p.id,
           (CASE WHEN EXISTS (SELECT FROM role_origins(p.id) o WHERE o.via = o.chapter_id AND o.role >= 3 AND o.chapter_id = ANY (boards))
                   OR EXISTS (SELECT FROM local_group_member a JOIN local_group_member b ON b.group_id = a.group_id
                               WHERE a.person_id = p.id AND b.person_id = asker AND coalesce(least(a.until, b.until), 'infinity') >= current_date)
                 THEN 1 ELSE 0 END
          + CASE WHEN EXISTS (SELECT FROM role_origins(p.id) o WHERE o.via = o.chapter_id AND o.role >= 2 AND o.chapter_id = ANY (own))
                 THEN 2 ELSE 0 END)::int2,
           coalesce(c.busy_for, 1::int2)
      FROM unnest(people) AS u (id) JOIN person p ON p.id = u.id AND p.gone IS NULL LEFT JOIN schedule_choice c ON c.person_id = p.id;
END $$;
COMMENT ON FUNCTION busy_shown IS 'What people have in common with the one who asks (1: a board or a group, 2: a chapter; together 3), and whom they let know when they are busy. Neither where that is nor who else is there.';
REVOKE ALL ON FUNCTION busy_shown FROM PUBLIC;
GRANT EXECUTE ON FUNCTION busy_shown TO chapterd;
