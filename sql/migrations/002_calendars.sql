-- Calendars and address books: collections of chapters and of people that clients synchronise (RFC 4791, RFC 6352).

SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;

-- ---------------------------------------------------------------- what a person has of her own

CREATE UNIQUE INDEX dav_node_own_root ON dav_node (person_id, kind) WHERE parent_id IS NULL AND NOT gone AND person_id IS NOT NULL;

-- Whoever signs in for the first time does it outside of any scope.
CREATE FUNCTION own_collections() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
DECLARE
    policy int8;
    root int8;
    what record;
BEGIN
    FOR what IN SELECT * FROM (VALUES ('calendars', 'calendar', 'calendar', 'Persönlich'),
                                      ('addressbooks', 'addressbook', 'contacts', 'Persönlich')) AS v (root_kind, kind, name, label)
    LOOP
        root := nextval('dav_node_id_seq');
        INSERT INTO dav_policy (person_id, node_id, read_level, write_level) VALUES (NEW.id, root, 9, 9) RETURNING id INTO policy;
        INSERT INTO dav_node (id, root_id, person_id, policy_id, kind, collection, name, name_key)
        OVERRIDING SYSTEM VALUE VALUES (root, root, NEW.id, policy, what.root_kind, true, '', '');
        INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, name, name_key, display)
        VALUES (root, root, NEW.id, policy, what.kind, true, what.name, what.name, what.label);
        IF what.kind = 'calendar' THEN
            INSERT INTO dav_node (root_id, parent_id, person_id, policy_id, kind, collection, name, name_key)
            SELECT root, root, NEW.id, policy, box, true, box, box FROM unnest(ARRAY['inbox', 'outbox']) AS box;
        END IF;
    END LOOP;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION own_collections IS 'A calendar, its inbox and outbox, and an address book of her own for somebody new: who has made an appointment with a new phone finds a place for it.';
REVOKE ALL ON FUNCTION own_collections FROM PUBLIC;
GRANT EXECUTE ON FUNCTION own_collections TO chapterd;
CREATE TRIGGER own_collections AFTER INSERT ON person FOR EACH ROW EXECUTE FUNCTION own_collections();

CREATE TABLE person_space (
    person_id int8 PRIMARY KEY REFERENCES person ON DELETE CASCADE,
    used      int8 NOT NULL DEFAULT 0
);
COMMENT ON TABLE person_space IS 'What the calendars and address books of a person take.';
COMMENT ON COLUMN person_space.used IS 'Bytes of her contents, those that nothing refers to any more until they are swept.';

CREATE FUNCTION person_space_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO person_space AS s (person_id, used) VALUES (NEW.person_id, NEW.size)
            ON CONFLICT (person_id) DO UPDATE SET used = s.used + excluded.used;
    ELSE
        UPDATE person_space SET used = used - OLD.size WHERE person_id = OLD.person_id;
    END IF;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION person_space_count IS 'Keeps person_space. Only she writes there, so its row keeps nobody else waiting.';
CREATE TRIGGER person_space_more AFTER INSERT ON blob FOR EACH ROW WHEN (NEW.person_id IS NOT NULL) EXECUTE FUNCTION person_space_count();
CREATE TRIGGER person_space_less AFTER DELETE ON blob FOR EACH ROW WHEN (OLD.person_id IS NOT NULL) EXECUTE FUNCTION person_space_count();

CREATE FUNCTION person_space_check(who int8, most int8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT s.used FROM person_space s WHERE s.person_id = who) > most THEN
        RAISE EXCEPTION 'no space left for her' USING ERRCODE = 'CD507';
    END IF;
END $$;
COMMENT ON FUNCTION person_space_check IS 'Ends the transaction with SQLSTATE CD507 when what she has takes more than that.';

CREATE TABLE collection_choice (
    person_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    shown      bool,
    color      text,
    sort_order text,
    PRIMARY KEY (person_id, node_id)
);
COMMENT ON TABLE collection_choice IS 'How somebody wants to see a calendar or address book; never a right.';
COMMENT ON COLUMN collection_choice.shown IS 'Is it in her home? NULL: yes, if it is of a chapter that she is a member of.';
COMMENT ON COLUMN collection_choice.color IS 'Hers alone, as her client wrote it (calendar-color).';
COMMENT ON COLUMN collection_choice.sort_order IS 'Hers alone, as her client wrote it (calendar-order).';

-- ---------------------------------------------------------------- calendar objects

CREATE TABLE calendar_object (
    node_id       int8 PRIMARY KEY REFERENCES dav_node ON DELETE CASCADE,
    collection_id int8 NOT NULL,
    chapter_id    int8,
    person_id     int8,
    uid           text NOT NULL,
    component     text NOT NULL CHECK (component IN ('VEVENT', 'VTODO', 'VJOURNAL', 'VFREEBUSY')),
    zones         text NOT NULL,
    covers_from   int8,
    open_from     int8,
    again         int8,
    CHECK (num_nonnulls(chapter_id, person_id) = 1)
);
CREATE UNIQUE INDEX calendar_object_uid ON calendar_object (collection_id, uid);
CREATE INDEX calendar_object_open ON calendar_object (collection_id, open_from) WHERE open_from IS NOT NULL;
CREATE INDEX calendar_object_covers ON calendar_object (collection_id, covers_from) WHERE covers_from IS NOT NULL;
CREATE INDEX calendar_object_again ON calendar_object (again) WHERE again IS NOT NULL;
CREATE INDEX calendar_object_busy ON calendar_object (collection_id) WHERE component = 'VFREEBUSY';
CREATE INDEX calendar_object_tasks ON calendar_object (collection_id) WHERE component = 'VTODO';
COMMENT ON TABLE calendar_object IS 'What is known of an event, task or journal without reading it: derived from its content, which stays as it was sent.';
COMMENT ON COLUMN calendar_object.zones IS 'The version of tzdata its instances were reckoned with; empty: they need none.';
COMMENT ON COLUMN calendar_object.covers_from IS 'Instances that end before this (seconds since 1970) are not in table occurrence; NULL: all are, from the first on.';
COMMENT ON COLUMN calendar_object.open_from IS 'Instances that start at this time or later are not in table occurrence, but may be there; NULL: there are none.';
COMMENT ON COLUMN calendar_object.again IS 'When (seconds since 1970) its instances are to be reckoned anew, so that those of the next time are there.';

CREATE TABLE occurrence (
    node_id       int8 NOT NULL REFERENCES calendar_object ON DELETE CASCADE,
    collection_id int8 NOT NULL,
    chapter_id    int8,
    person_id     int8,
    starts        int8 NOT NULL,
    ends          int8 NOT NULL,
    takes         int2 NOT NULL CHECK (takes BETWEEN 0 AND 2),
    exact         bool NOT NULL
);
CREATE INDEX occurrence_node ON occurrence (node_id, starts);
CREATE INDEX occurrence_starts ON occurrence (collection_id, starts, ends, takes);
CREATE INDEX occurrence_vague ON occurrence (collection_id, starts, ends) WHERE takes > 0 AND NOT exact;
CREATE INDEX occurrence_long ON occurrence (collection_id, ends) WHERE ends >= starts + 2678400;
COMMENT ON TABLE occurrence IS 'When there is an instance of a calendar object, in seconds since 1970: at least then. What floats or is a whole day is widened by 14 hours each way; the object decides.';
COMMENT ON COLUMN occurrence.takes IS 'What it is to whoever has it: 0 nothing, 1 busy, 2 perhaps busy.';
COMMENT ON COLUMN occurrence.exact IS 'It is an event, and at exactly this time, wherever one is: the object need not be read to know when.';

CREATE FUNCTION calendar_object_set(calendar int8, key text, its_uid text, what text, tz text, covers int8, open_at int8, again_at int8, its_exact bool, its_starts int8[], its_ends int8[], its_takes int8[])
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n record;
BEGIN
    SELECT d.id, d.chapter_id, d.person_id INTO n FROM dav_node d WHERE d.parent_id = calendar AND d.name_key = key AND NOT d.gone;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    INSERT INTO calendar_object (node_id, collection_id, chapter_id, person_id, uid, component, zones, covers_from, open_from, again)
    VALUES (n.id, calendar, n.chapter_id, n.person_id, its_uid, what, tz, covers, open_at, again_at)
        ON CONFLICT (node_id) DO UPDATE SET uid = excluded.uid, component = excluded.component, zones = excluded.zones,
                                            covers_from = excluded.covers_from, open_from = excluded.open_from, again = excluded.again;
    DELETE FROM occurrence o
     WHERE o.node_id = n.id AND NOT EXISTS (SELECT FROM unnest(its_starts, its_ends, its_takes) AS i (s, e, t)
                                             WHERE i.s = o.starts AND i.e = o.ends AND i.t = o.takes AND o.exact = its_exact);
    INSERT INTO occurrence (node_id, collection_id, chapter_id, person_id, starts, ends, takes, exact)
    SELECT n.id, calendar, n.chapter_id, n.person_id, i.s, i.e, i.t, its_exact FROM unnest(its_starts, its_ends, its_takes) AS i (s, e, t)
    EXCEPT SELECT o.node_id, o.collection_id, o.chapter_id, o.person_id, o.starts, o.ends, o.takes, o.exact FROM occurrence o WHERE o.node_id = n.id;
END $$;
COMMENT ON FUNCTION calendar_object_set IS 'What is known of the object with this name in a calendar, and when it is; writes what differs. LOST_RACE when it is not there.';

CREATE FUNCTION calendar_object_move(node int8, calendar int8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    UPDATE calendar_object SET collection_id = calendar WHERE node_id = node;
    UPDATE occurrence SET collection_id = calendar WHERE node_id = node;
END $$;
COMMENT ON FUNCTION calendar_object_move IS 'An object is in another calendar of the same owner now.';

CREATE FUNCTION calendar_object_copy(node int8, to_collection int8, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n record;
BEGIN
    SELECT d.id, d.chapter_id, d.person_id INTO n FROM dav_node d WHERE d.parent_id = to_collection AND d.name_key = key AND NOT d.gone;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    INSERT INTO calendar_object (node_id, collection_id, chapter_id, person_id, uid, component, zones, covers_from, open_from, again)
    SELECT n.id, to_collection, n.chapter_id, n.person_id, o.uid, o.component, o.zones, o.covers_from, o.open_from, o.again
      FROM calendar_object o WHERE o.node_id = node;
    INSERT INTO occurrence (node_id, collection_id, chapter_id, person_id, starts, ends, takes, exact)
    SELECT n.id, to_collection, n.chapter_id, n.person_id, o.starts, o.ends, o.takes, o.exact FROM occurrence o WHERE o.node_id = node;
END $$;
COMMENT ON FUNCTION calendar_object_copy IS 'What is known of an object holds for its copy, too.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['calendar_object', 'occurrence'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (coalesce(chapter_id, -person_id) = ANY ((SELECT chapterd.owners())::int8[]))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['collection_choice', 'person_space'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (person_id = (SELECT chapterd.person()))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_choice, calendar_object, occurrence, person_space TO chapterd;

-- ---------------------------------------------------------------- feeds with an address of their own

-- Of those who fetch one nothing is kept but the day.
CREATE TABLE calendar_feed (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL,
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    hash       bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    view       text NOT NULL CHECK (view IN ('busy', 'details', 'members')),
    read_level int2 NOT NULL,
    label      text NOT NULL CHECK (length(label) BETWEEN 1 AND 100),
    maker_id   int8,
    made       timestamptz NOT NULL DEFAULT now(),
    changed    timestamptz NOT NULL DEFAULT now(),
    until      date,
    ended      timestamptz,
    paused     bool NOT NULL DEFAULT false,
    used       date
);
CREATE INDEX calendar_feed_node ON calendar_feed (node_id);
CREATE INDEX calendar_feed_chapter ON calendar_feed (chapter_id, id);
COMMENT ON TABLE calendar_feed IS 'An address by which programs without a login fetch a calendar again and again, or a part of what is in it.';
COMMENT ON COLUMN calendar_feed.hash IS 'SHA-256 of the token in the address, which is random and has 128 bit.';
COMMENT ON COLUMN calendar_feed.view IS 'What it tells: that a time is taken (busy), what everybody could know (details), or what members see (members).';
COMMENT ON COLUMN calendar_feed.read_level IS 'The level that held when it was made: while fewer may read the calendar it tells nothing.';
COMMENT ON COLUMN calendar_feed.label IS 'What it is for, in the words of who made it; programs show it as the name of the calendar.';
COMMENT ON COLUMN calendar_feed.maker_id IS 'A person, of whom perhaps nothing else is left: the feed is the chapter''s.';
COMMENT ON COLUMN calendar_feed.changed IS 'When its label was written last.';
COMMENT ON COLUMN calendar_feed.until IS 'The last day on which it works; NULL: it has none.';
COMMENT ON COLUMN calendar_feed.paused IS 'It came back by a restore, when it may have been ended since: it works again when somebody has confirmed it.';
COMMENT ON COLUMN calendar_feed.used IS 'On which day it was asked for last, and no more than that.';
ALTER TABLE calendar_feed ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON calendar_feed USING (chapter_id = ANY ((SELECT chapterd.owners())::int8[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_feed TO chapterd;

-- As share_of(): who comes by an address has no scope yet, and one place says which addresses work.
CREATE FUNCTION feed_of(token bytea) RETURNS TABLE (id int8, slug text, used_today bool)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT f.id, c.slug, f.used IS NOT DISTINCT FROM current_date FROM calendar_feed f JOIN chapter c ON c.id = f.chapter_id AND c.archived IS NULL
     WHERE f.hash = token AND f.ended IS NULL AND (f.until IS NULL OR f.until >= current_date) AND NOT f.paused
       AND coalesce(c.settings ->> 'share', 'board') <> 'nobody';
END $$;
COMMENT ON FUNCTION feed_of IS 'The feed with this hash of its token and the chapter it is of, as long as it works; whether its calendar is still there and open to it is another question.';
REVOKE ALL ON FUNCTION feed_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION feed_of TO chapterd;

-- ---------------------------------------------------------------- what came out of a file

CREATE TABLE calendar_import (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL,
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    person_id  int8,
    file       text NOT NULL,
    made       timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX calendar_import_chapter ON calendar_import (chapter_id, id);
CREATE INDEX calendar_import_node ON calendar_import (node_id);
COMMENT ON TABLE calendar_import IS 'Entries that came into a calendar out of one file, so that all of them can be taken back; kept for 30 days, and by no backup.';
COMMENT ON COLUMN calendar_import.person_id IS 'Who did it; of whom perhaps nothing else is left.';
COMMENT ON COLUMN calendar_import.file IS 'What the file was called.';

CREATE TABLE calendar_import_item (
    import_id  int8 NOT NULL REFERENCES calendar_import ON DELETE CASCADE,
    object_id  int8 NOT NULL,
    chapter_id int8 NOT NULL,
    etag       text NOT NULL,
    before     bytea,
    PRIMARY KEY (import_id, object_id)
);
COMMENT ON TABLE calendar_import_item IS 'An entry that an import has made or changed.';
COMMENT ON COLUMN calendar_import_item.object_id IS 'Its node, which may be gone by now.';
COMMENT ON COLUMN calendar_import_item.etag IS 'What it had afterwards: as long as it has it, nobody has changed it since.';
COMMENT ON COLUMN calendar_import_item.before IS 'What it held before; NULL: it is new.';
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['calendar_import', 'calendar_import_item'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (chapter_id = ANY ((SELECT chapterd.owners())::int8[]))', t);
    END LOOP;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON calendar_import, calendar_import_item TO chapterd;

-- ---------------------------------------------------------------- what jobs have to do for people

-- A job has the scope of one person at a time, and must know of whom. Numbers alone; nothing of what they have.
CREATE FUNCTION people_to_tend(at int8, tz text, days int4) RETURNS SETOF int8
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    RETURN QUERY
    SELECT o.person_id FROM calendar_object o WHERE o.person_id IS NOT NULL AND (o.again < at OR o.zones NOT IN ('', tz))
    UNION
    SELECT n.person_id FROM dav_node n WHERE n.gone AND n.person_id IS NOT NULL AND (n.collection OR n.gone_at < now() - make_interval(days => days))
    UNION
    SELECT l.person_id FROM reply_link l WHERE l.person_id IS NOT NULL;
END $$;
COMMENT ON FUNCTION people_to_tend IS 'People of whom calendar objects are to be reckoned anew, or what was deleted is to be removed at last; and those who have invited outsiders, whose tokens end.';
REVOKE ALL ON FUNCTION people_to_tend FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_to_tend TO chapterd;

-- Contents of chapters are swept by the job blob_sweep under the tree lock; those of people are all in rows, and who writes one again
-- holds the row (blob_known). A row that is locked here is looked at once more, in a statement of its own: what was written
-- meanwhile is seen then.
CREATE FUNCTION people_contents_sweep(days int4, most int4) RETURNS int8
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
DECLARE
    idle int8[];
    n int8;
BEGIN
    UPDATE blob b SET unused = CASE WHEN b.unused IS NULL THEN now() END
     WHERE b.person_id IS NOT NULL AND (b.unused IS NULL) = NOT EXISTS (SELECT FROM dav_node d WHERE d.blob_id = b.id);
    idle := ARRAY(SELECT b.id FROM blob b WHERE b.person_id IS NOT NULL AND b.unused < now() - make_interval(days => days)
                   LIMIT most FOR UPDATE SKIP LOCKED);
    DELETE FROM blob b WHERE b.id = ANY (idle) AND NOT EXISTS (SELECT FROM dav_node d WHERE d.blob_id = b.id);
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
COMMENT ON FUNCTION people_contents_sweep IS 'Removes contents of people that nothing has referred to for so many days, at most so many; how many. Gives nobody anything.';
REVOKE ALL ON FUNCTION people_contents_sweep FROM PUBLIC;
GRANT EXECUTE ON FUNCTION people_contents_sweep TO chapterd;

CREATE FUNCTION person_tree_erase(who int8) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    n int8;
BEGIN
    DELETE FROM dav_lock l WHERE l.person_id = who;
    DELETE FROM dav_node d WHERE d.person_id = who;
    GET DIAGNOSTICS n = ROW_COUNT;
    DELETE FROM dav_policy p WHERE p.person_id = who;
    DELETE FROM blob b WHERE b.person_id = who;
    RETURN n;
END $$;
COMMENT ON FUNCTION person_tree_erase IS 'Removes all that somebody has of her own, at once and for good; how many nodes there were. Files of the store go with the next sweep.';
