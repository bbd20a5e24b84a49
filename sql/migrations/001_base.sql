-- The ground everything stands on: chapters, people, the tree of nodes, contents, space.
-- Run by chapterctl migrate as a role that may SET ROLE chapterd_owner; the daemon's role
-- "chapterd" owns nothing and gets only what is granted here.

CREATE SCHEMA chapterd AUTHORIZATION chapterd_owner;
SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;
-- Functions are plpgsql, which keeps a plan for each of their statements as long as the connection lasts. One in plain SQL is
-- planned anew at each call, unless it can become part of the query that calls it: then it is plain SQL (node_walk, owners).
GRANT USAGE ON SCHEMA chapterd TO chapterd;

CREATE TABLE migration (
    version int4 PRIMARY KEY,
    name    text NOT NULL,
    applied timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE migration IS 'Which files of sql/migrations have been run.';

CREATE TABLE installation (
    one        bool PRIMARY KEY DEFAULT true CHECK (one),
    epoch      text NOT NULL DEFAULT left(replace(gen_random_uuid()::text, '-', ''), 12),
    login_key  bytea NOT NULL DEFAULT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8')),
    created    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE installation IS 'One row: what is true of the whole installation.';
COMMENT ON COLUMN installation.epoch IS 'Part of every sync token; renewed by restore and import, so that clients start afresh.';
COMMENT ON COLUMN installation.login_key IS 'Key of the hashes in login_failure: every process counts in the same buckets.';
INSERT INTO installation DEFAULT VALUES;

-- ---------------------------------------------------------------- chapters and people

CREATE TABLE chapter (
    id            int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    slug          text NOT NULL UNIQUE CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,38}[a-z0-9]$'),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    kind          text NOT NULL CHECK (kind IN ('state', 'district', 'local', 'network')),
    number        text,
    parent_id     int8 REFERENCES chapter,
    language      text NOT NULL DEFAULT 'de',
    members_go_up bool NOT NULL DEFAULT true,
    contact       text,
    settings      jsonb NOT NULL DEFAULT '{}',
    created       timestamptz NOT NULL DEFAULT now(),
    archived      timestamptz
);
CREATE INDEX chapter_parent ON chapter (parent_id);
COMMENT ON TABLE chapter IS 'A state, district or local association, or a network across them. Everything belongs to one.';
COMMENT ON COLUMN chapter.slug IS 'Its name in addresses.';
COMMENT ON COLUMN chapter.number IS 'The number the association gives it.';
COMMENT ON COLUMN chapter.members_go_up IS 'Its members count as members of its parents (never of a network).';
COMMENT ON COLUMN chapter.contact IS 'Public address of the board, shown on its page.';
COMMENT ON COLUMN chapter.settings IS 'What modules let its chair set.';
COMMENT ON COLUMN chapter.archived IS 'Closed since: nobody reads or writes, nothing is deleted.';

CREATE TABLE chapter_group (
    chapter_id int8 NOT NULL REFERENCES chapter,
    role       int2 NOT NULL CHECK (role IN (2, 3, 4)),
    group_key  text NOT NULL,
    PRIMARY KEY (chapter_id, role, group_key)
);
CREATE INDEX chapter_group_key ON chapter_group (group_key);
COMMENT ON TABLE chapter_group IS 'Which LDAP group gives which role in a chapter (2 member, 3 board, 4 chair).';
COMMENT ON COLUMN chapter_group.group_key IS 'DN of the group, normalised by the daemon.';

CREATE TABLE person (
    id          int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    directory_id text NOT NULL UNIQUE,
    uid         text NOT NULL,
    name        text NOT NULL,
    mail        text,
    state_admin bool NOT NULL DEFAULT false,
    refreshed   timestamptz NOT NULL DEFAULT now(),
    toured      timestamptz,
    gone        timestamptz,
    guest_of    int8 REFERENCES chapter,
    until       date,
    rights_changed xid8,
    CHECK ((guest_of IS NULL) = (until IS NULL))
);
CREATE UNIQUE INDEX person_uid ON person (lower(uid)) WHERE gone IS NULL;
COMMENT ON TABLE person IS 'Somebody who has signed in, or whom the directory names. Holds roles, owns next to nothing.';
COMMENT ON COLUMN person.directory_id IS 'entryUUID, or the attribute configured: the stable identity.';
COMMENT ON COLUMN person.uid IS 'Login name; may change. "~" and a number: somebody else has her former name, her new one is not known yet.';
COMMENT ON COLUMN person.refreshed IS 'Last time the directory confirmed her, to the day.';
COMMENT ON COLUMN person.state_admin IS 'In the group of state admins at the last look.';
COMMENT ON COLUMN person.toured IS 'She has ended the tour for chairs: it is not offered again.';
COMMENT ON COLUMN person.gone IS 'No longer in the directory since: no access.';
COMMENT ON COLUMN person.guest_of IS 'The chapter that invited her by e-mail; the directory does not know her. NULL: somebody of the directory.';
COMMENT ON COLUMN person.until IS 'Of such a guest: her last day.';
COMMENT ON COLUMN person.rights_changed IS 'Transaction of the last change of her roles and groups: a sync report of a later token need not name what she may not read.';

CREATE TABLE person_alias (
    uid       text PRIMARY KEY,
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE
);
COMMENT ON TABLE person_alias IS 'Former login names (lower case), under which addresses go on working until somebody else has the name.';

CREATE TABLE person_group (
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    group_key text NOT NULL,
    PRIMARY KEY (person_id, group_key)
);
COMMENT ON TABLE person_group IS 'LDAP groups of a person, of those that mean something to a chapter.';

CREATE TABLE role_grant (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL REFERENCES chapter,
    person_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    role       int2 NOT NULL CHECK (role IN (2, 3, 4)),
    until      date,
    granted    timestamptz NOT NULL DEFAULT now(),
    granted_by int8 REFERENCES person ON DELETE SET NULL,
    reason     text,
    ended      bool NOT NULL DEFAULT false,
    UNIQUE (chapter_id, person_id, role)
);
CREATE INDEX role_grant_person ON role_grant (person_id);
COMMENT ON TABLE role_grant IS 'A role given by the chapter itself rather than by the directory.';
COMMENT ON COLUMN role_grant.until IS 'Last day on which it holds; NULL: until revoked.';
COMMENT ON COLUMN role_grant.ended IS 'That day has passed and clients have been told (job rights_end); access ends with the day itself.';

CREATE TABLE local_group (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL REFERENCES chapter,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    created    timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX local_group_name ON local_group (chapter_id, lower(name));
COMMENT ON TABLE local_group IS 'A group that a chapter makes itself, such as those who prepare a campaign. Folders may be opened to it.';

CREATE TABLE local_group_member (
    group_id   int8 NOT NULL REFERENCES local_group ON DELETE CASCADE,
    person_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    until      date,
    added      timestamptz NOT NULL DEFAULT now(),
    added_by   int8 REFERENCES person ON DELETE SET NULL,
    ended      bool NOT NULL DEFAULT false,
    PRIMARY KEY (group_id, person_id)
);
CREATE INDEX local_group_member_person ON local_group_member (person_id);
COMMENT ON TABLE local_group_member IS 'Who is in a group of a chapter: anybody with a login, also guests.';
COMMENT ON COLUMN local_group_member.chapter_id IS 'That of the group.';
COMMENT ON COLUMN local_group_member.until IS 'Last day on which it holds; NULL: until removed.';
COMMENT ON COLUMN local_group_member.ended IS 'As of role_grant.';

CREATE TABLE invitation (
    hash       bytea PRIMARY KEY CHECK (length(hash) = 32),
    person_id  int8 NOT NULL UNIQUE REFERENCES person ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    expires    timestamptz NOT NULL
);
COMMENT ON TABLE invitation IS 'A link by which a guest gets the app password of her account, once.';
COMMENT ON COLUMN invitation.hash IS 'SHA-256 of the code in the link.';

CREATE TABLE session (
    id_hash   bytea PRIMARY KEY,
    id        int8 NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY,
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    created   timestamptz NOT NULL DEFAULT now(),
    used      timestamptz NOT NULL DEFAULT now(),
    expires   timestamptz NOT NULL
);
CREATE INDEX session_person ON session (person_id);
COMMENT ON TABLE session IS 'A browser that is signed in.';
COMMENT ON COLUMN session.id_hash IS 'SHA-256 of the cookie: who reads the table cannot sign in with it.';
COMMENT ON COLUMN session.id IS 'What its owner names it by when she ends it from another browser.';

CREATE TABLE app_password (
    id        int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    name      text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    hash      bytea NOT NULL CHECK (length(hash) = 32),
    areas     int2 NOT NULL CHECK (areas BETWEEN 1 AND 15),
    created   timestamptz NOT NULL DEFAULT now(),
    expires   timestamptz,
    used      date
);
CREATE INDEX app_password_person ON app_password (person_id);
COMMENT ON TABLE app_password IS 'A password of one device or program: made and taken back by its owner, good for WebDAV alone.';
COMMENT ON COLUMN app_password.id IS 'Stands in the password (cd_ID_SECRET), so that it is found at once.';
COMMENT ON COLUMN app_password.name IS 'What its owner calls the device.';
COMMENT ON COLUMN app_password.hash IS 'SHA-256 of the secret, which is random and has 125 bit.';
COMMENT ON COLUMN app_password.areas IS 'What it opens, as a sum: 1 documents, 2 calendars, 4 contacts, 8 wiki.';
COMMENT ON COLUMN app_password.expires IS 'No longer good from then on; NULL: until taken back.';
COMMENT ON COLUMN app_password.used IS 'The last day of use, and no more than that.';

CREATE TABLE device_setup (
    hash      bytea PRIMARY KEY CHECK (length(hash) = 32),
    person_id int8 NOT NULL UNIQUE REFERENCES person ON DELETE CASCADE,
    name      text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    areas     int2 NOT NULL CHECK (areas BETWEEN 1 AND 15),
    apple     bool NOT NULL,
    expires   timestamptz NOT NULL DEFAULT now() + interval '10 minutes'
);
COMMENT ON TABLE device_setup IS 'A link by which a phone gets an app password and its settings, once, within minutes. One for each person: a new one ends that before.';
COMMENT ON COLUMN device_setup.hash IS 'SHA-256 of the token in the link.';
COMMENT ON COLUMN device_setup.name IS 'As of app_password.';
COMMENT ON COLUMN device_setup.areas IS 'As of app_password.';
COMMENT ON COLUMN device_setup.apple IS 'It is to get a configuration profile; else it is shown what to type.';

CREATE TABLE form_once (
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    hash      bytea NOT NULL,
    sent      timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (person_id, hash)
);
COMMENT ON TABLE form_once IS 'Forms that must count once: which have been sent. Kept as long as a session, whose form token they need, can last.';
COMMENT ON COLUMN form_once.hash IS 'SHA-256 of the number in the form.';

CREATE UNLOGGED TABLE login_failure (
    bucket  bytea PRIMARY KEY,
    count   int4 NOT NULL,
    first   timestamptz NOT NULL DEFAULT now(),
    last    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE login_failure IS 'Failed logins of the last minutes, by keyed hash of account and network; successes cost nothing.';

-- ---------------------------------------------------------------- who may what

-- Grants and memberships are read by the owner: whose they are is what decides the scope, so they come before it.
CREATE FUNCTION role_origins(who int8) RETURNS TABLE (chapter_id int8, role int2, via int8, group_key text, grant_id int8)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE own AS (
        SELECT g.chapter_id, g.role, g.group_key, NULL::int8 AS grant_id, true AS travels
          FROM person_group p
         CROSS JOIN LATERAL (SELECT * FROM chapter_group c WHERE c.group_key = p.group_key OFFSET 0) g
         WHERE p.person_id = who
        UNION ALL
        SELECT r.chapter_id, r.role, NULL, r.id, NOT EXISTS (SELECT FROM person g WHERE g.id = who AND g.guest_of IS NOT NULL)
          FROM role_grant r
         WHERE r.person_id = who AND (r.until IS NULL OR r.until >= current_date)
        UNION ALL
        SELECT p.guest_of, 1::int2, NULL, NULL, false FROM person p WHERE p.id = who AND p.guest_of IS NOT NULL
    ), up AS (
        SELECT c.id, c.parent_id, c.kind, c.members_go_up AND o.travels AS goes_up, o.role, c.id AS via, o.group_key, o.grant_id
          FROM own o CROSS JOIN LATERAL (SELECT * FROM chapter h WHERE h.id = o.chapter_id OFFSET 0) c
         WHERE c.archived IS NULL
        UNION
        SELECT c.id, c.parent_id, c.kind, c.members_go_up, 2::int2, u.via, u.group_key, u.grant_id
          FROM up u CROSS JOIN LATERAL (SELECT * FROM chapter h WHERE h.id = u.parent_id OFFSET 0) c
         WHERE u.goes_up AND u.kind <> 'network' AND c.kind <> 'network' AND c.archived IS NULL
    )
    SELECT id, role, via, group_key, grant_id FROM up;
END $$;
COMMENT ON FUNCTION role_origins IS 'All roles of a person and where each comes from: an LDAP group, a grant, or membership (never board or chair) in chapter `via` further down the tree. Neither into nor out of a network, nothing from an archived chapter; what a guest is does not travel.';
REVOKE ALL ON FUNCTION role_origins FROM PUBLIC;
GRANT EXECUTE ON FUNCTION role_origins TO chapterd;

CREATE FUNCTION roles_of(who int8) RETURNS TABLE (chapter_id int8, role int2) LANGUAGE sql STABLE AS $$
    SELECT o.chapter_id, max(o.role) FROM role_origins(who) o GROUP BY o.chapter_id ORDER BY o.chapter_id
$$;
COMMENT ON FUNCTION roles_of IS 'Effective roles of a person: the highest of role_origins in each chapter.';

-- A login name belongs to whom the directory says now: whoever else has it is set aside under "~id"
-- until the directory is asked about her, and former names stay as aliases while nobody else has them.
CREATE FUNCTION people_refresh(ids text[], uids text[], names text[], mails text[], admins text[])
RETURNS TABLE (directory_id text, person_id int8) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    small text[] := ARRAY(SELECT lower(u) FROM unnest(uids) u);
BEGIN
    -- "= ANY" beside each join: whatever order the planner takes, nobody else is looked at
    IF EXISTS (
        SELECT FROM person p JOIN unnest(ids, uids, names, mails) AS n (id, uid, name, mail) ON p.directory_id = n.id
         WHERE p.directory_id = ANY (ids) AND ((p.uid, p.name, p.mail, p.state_admin) IS DISTINCT FROM (n.uid, n.name, nullif(n.mail, ''), n.id = ANY (admins))
            OR p.gone IS NOT NULL OR p.refreshed < now() - interval '1 day'))
    THEN
        PERFORM FROM person p
          WHERE p.id = ANY (ARRAY(SELECT d.id FROM person d WHERE d.directory_id = ANY (ids) UNION ALL
                                  SELECT o.id FROM person o WHERE lower(o.uid) = ANY (small) AND o.gone IS NULL))
          ORDER BY p.id FOR UPDATE;
        INSERT INTO person_alias (uid, person_id)
        SELECT DISTINCT ON (lower(p.uid)) lower(p.uid), p.id FROM person p JOIN unnest(ids, uids) AS n (id, uid) ON p.directory_id = n.id
         WHERE p.directory_id = ANY (ids) AND lower(p.uid) <> lower(n.uid) AND p.uid NOT LIKE '~%'
            ON CONFLICT (uid) DO UPDATE SET person_id = excluded.person_id;
        DELETE FROM person_alias WHERE uid = ANY (small);
        UPDATE person p SET uid = '~' || p.id FROM unnest(ids, uids) AS n (id, uid)
         WHERE p.gone IS NULL AND lower(p.uid) = ANY (small) AND lower(p.uid) = lower(n.uid) AND p.directory_id <> n.id;
        UPDATE person p
           SET uid = CASE WHEN n.nth = 1 THEN n.uid ELSE '~' || p.id END, name = n.name, mail = nullif(n.mail, ''),
               state_admin = n.id = ANY (admins), refreshed = now(), gone = NULL
          FROM (SELECT t.id, t.uid, t.name, t.mail, row_number() OVER (PARTITION BY lower(t.uid) ORDER BY t.id) AS nth
                  FROM unnest(ids, uids, names, mails) AS t (id, uid, name, mail)) n
         WHERE p.directory_id = ANY (ids) AND p.directory_id = n.id
           AND ((p.uid, p.name, p.mail, p.state_admin) IS DISTINCT FROM (n.uid, n.name, nullif(n.mail, ''), n.id = ANY (admins))
                OR p.gone IS NOT NULL OR p.refreshed < now() - interval '1 day');
    END IF;
    RETURN QUERY SELECT p.directory_id, p.id FROM person p WHERE p.directory_id = ANY (ids);
END $$;
COMMENT ON FUNCTION people_refresh IS 'What the directory says of people, for those of them who are known; writes only what differs. admins: the ids among them who are state admins.';

CREATE FUNCTION groups_refresh(people int8[], pair_person int8[], pair_key text[]) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM person_group g
     WHERE g.person_id = ANY (people)
       AND (NOT EXISTS (SELECT FROM unnest(pair_person, pair_key) AS n (person, key) WHERE n.person = g.person_id AND n.key = g.group_key)
            OR NOT EXISTS (SELECT FROM chapter_group c WHERE c.group_key = g.group_key));
    INSERT INTO person_group (person_id, group_key)
    SELECT DISTINCT n.person, n.key FROM unnest(pair_person, pair_key) AS n (person, key)
     WHERE n.key IN (SELECT group_key FROM chapter_group)
        ON CONFLICT DO NOTHING;
END $$;
COMMENT ON FUNCTION groups_refresh IS 'The LDAP groups of these people, as pairs; keeps those that mean something to a chapter.';

-- Most who come for the first time have a name that nobody had: one row, nothing to set right.
CREATE FUNCTION person_login(entry text, login text, called text, address text, admin bool, groups text[]) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
    me int8;
BEGIN
    IF NOT EXISTS (SELECT FROM person WHERE directory_id = entry) THEN
        PERFORM set_config('chapterd.newcomer', '1', true);
        IF NOT EXISTS (SELECT FROM person_alias WHERE uid = lower(login)) THEN
            INSERT INTO person (directory_id, uid, name, mail, state_admin) VALUES (entry, login, called, nullif(address, ''), admin)
                ON CONFLICT DO NOTHING RETURNING id INTO me;
        END IF;
        IF me IS NULL THEN
            INSERT INTO person (directory_id, uid, name) VALUES (entry, '~' || entry, called) ON CONFLICT (directory_id) DO NOTHING;
        END IF;
    END IF;
    IF me IS NULL THEN
        SELECT person_id INTO STRICT me FROM people_refresh(ARRAY[entry], ARRAY[login], ARRAY[called], ARRAY[coalesce(address, '')],
            CASE WHEN admin THEN ARRAY[entry] ELSE '{}' END);
    END IF;
    PERFORM groups_refresh(ARRAY[me], array_fill(me, ARRAY[cardinality(groups)]), groups);
    RETURN me;
END $$;
COMMENT ON FUNCTION person_login IS 'Somebody has signed in and this is what the directory says of her; gives her id.';

CREATE FUNCTION rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('chapterd.newcomer', true) = '1' THEN
        RETURN NULL;
    END IF;
    PERFORM pg_notify('chapterd_rights', CASE
        WHEN TG_TABLE_NAME IN ('chapter', 'chapter_group', 'policy_grant') THEN ''
        WHEN TG_TABLE_NAME = 'person' THEN to_jsonb(NEW) ->> 'id'
        WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ->> 'person_id'
        ELSE to_jsonb(NEW) ->> 'person_id' END);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION rights_changed IS 'Tells every process that what it remembers of rights is old: of one person (her id), or of all (empty). Of somebody who comes for the first time nobody remembers anything.';
CREATE TRIGGER rights_changed AFTER UPDATE OF parent_id, kind, members_go_up, archived ON chapter
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON chapter_group
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON person_group
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON role_grant
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON local_group_member
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER UPDATE OF hash, areas, expires OR DELETE ON app_password
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER UPDATE OF state_admin, gone, until ON person
    FOR EACH ROW WHEN ((OLD.state_admin, OLD.gone, OLD.until) IS DISTINCT FROM (NEW.state_admin, NEW.gone, NEW.until))
    EXECUTE FUNCTION rights_changed();

-- ---------------------------------------------------------------- the tree

CREATE TABLE dav_policy (
    id          int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id  int8 REFERENCES chapter,
    person_id   int8 REFERENCES person ON DELETE CASCADE,
    node_id     int8,
    hidden      xid8,
    hidden_from int2,
    read_level  int2 NOT NULL CHECK (read_level BETWEEN 0 AND 9),
    write_level int2 NOT NULL CHECK (write_level BETWEEN 0 AND 9 AND write_level >= read_level),
    CHECK (num_nonnulls(chapter_id, person_id) = 1)
);
CREATE INDEX dav_policy_person ON dav_policy (person_id) WHERE person_id IS NOT NULL;
CREATE INDEX dav_policy_chapter ON dav_policy (chapter_id);
COMMENT ON TABLE dav_policy IS 'Who may read and write a collection and everything below it that has no policy of its own.';
COMMENT ON COLUMN dav_policy.read_level IS 'Least role: 0 public, 1 federation, 2 member, 3 board, 4 chair, 9 nobody.';
COMMENT ON COLUMN dav_policy.node_id IS 'The collection whose own levels these are.';
COMMENT ON COLUMN dav_policy.hidden IS 'Transaction that last raised the read level: clients of an older token are told that the collection is gone.';
COMMENT ON COLUMN dav_policy.hidden_from IS 'The least read level there was before that: who was below it never knew of the collection.';

CREATE TABLE policy_grant (
    policy_id  int8 NOT NULL REFERENCES dav_policy ON DELETE CASCADE,
    group_id   int8 NOT NULL REFERENCES local_group ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    rights     int2 NOT NULL CHECK (rights IN (1, 3)),
    PRIMARY KEY (policy_id, group_id)
);
CREATE INDEX policy_grant_group ON policy_grant (group_id);
COMMENT ON TABLE policy_grant IS 'What a group may do in a collection beyond what the roles of its members allow there.';
COMMENT ON COLUMN policy_grant.rights IS '1: read, 3: read and write.';
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON policy_grant
    FOR EACH ROW EXECUTE FUNCTION rights_changed();

CREATE FUNCTION rights_of(who int8) RETURNS TABLE (chapter_id int8, role int2, policy_id int8, rights int2)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT r.chapter_id, r.role, NULL::int8, NULL::int2 FROM roles_of(who) r
    UNION ALL
    SELECT NULL, NULL, g.policy_id, bit_or(g.rights)
      FROM local_group_member m JOIN policy_grant g ON g.group_id = m.group_id
     WHERE m.person_id = who AND (m.until IS NULL OR m.until >= current_date)
     GROUP BY g.policy_id;
END $$;
COMMENT ON FUNCTION rights_of IS 'What a principal is made of: the effective roles of a person, and what groups of chapters let her do in collections.';
REVOKE ALL ON FUNCTION rights_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rights_of TO chapterd;

-- The tables that every write touches have no foreign keys to chapter, person, dav_policy and the parent node: each
-- insert would lock those rows in share mode, and all writers of a chapter would meet there. What they would
-- protect is protected by the tree lock (query enter); chapters are never deleted, what a person owns goes before she
-- does (door person_erase); chapterctl verify looks.

CREATE TABLE blob (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8,
    person_id  int8,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    size       int8 NOT NULL CHECK (size >= 0),
    bytes      bytea COMPRESSION lz4,
    key_id     int4,
    unused     timestamptz,
    CHECK (num_nonnulls(chapter_id, person_id) = 1),
    CHECK (bytes IS NULL OR length(bytes) = size)
) WITH (toast_tuple_target = 8160); -- up to a page a content stays in its row: one write, one read less
CREATE UNIQUE INDEX blob_chapter ON blob (chapter_id, sha256) WHERE chapter_id IS NOT NULL;
CREATE UNIQUE INDEX blob_person ON blob (person_id, sha256) WHERE person_id IS NOT NULL;
CREATE INDEX blob_unused ON blob (unused) WHERE unused IS NOT NULL;
COMMENT ON TABLE blob IS 'A content by its hash; shared inside one chapter or person only.';
COMMENT ON COLUMN blob.bytes IS 'The content itself when it is small; otherwise it is in the store, see blob_part.';
COMMENT ON COLUMN blob.key_id IS 'Reserved for encryption at rest.';
COMMENT ON COLUMN blob.unused IS 'Since when the sweep has found nothing that refers to it; 7 days later it goes. Writers leave it alone.';

CREATE TABLE blob_part (
    blob_id    int8 NOT NULL REFERENCES blob ON DELETE CASCADE,
    seq        int4 NOT NULL,
    chapter_id int8,
    person_id  int8,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    size       int8 NOT NULL,
    store      int2 NOT NULL DEFAULT 0 CHECK (store IN (0, 1)),
    PRIMARY KEY (blob_id, seq)
);
CREATE INDEX blob_part_sha256 ON blob_part (sha256);
COMMENT ON TABLE blob_part IS 'The files of the store that make up a content.';
COMMENT ON COLUMN blob_part.store IS 'Where the file is. 0: on the disk, 1: in the S3 store.';

-- Lists for people: capitals beside small letters, ä beside a, "file 9" before "file 10".
CREATE COLLATION as_people_sort (provider = icu, locale = 'de-u-kn-true');
COMMENT ON COLLATION as_people_sort IS 'The order in which pages list names.';

CREATE TABLE dav_node (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    root_id    int8 NOT NULL,
    parent_id  int8,
    chapter_id int8,
    person_id  int8,
    policy_id  int8 NOT NULL,
    blob_id    int8,
    writer_id  int8,
    size       int8 NOT NULL DEFAULT 0,
    saved      timestamptz NOT NULL DEFAULT now(),
    created    timestamptz NOT NULL DEFAULT now(),
    modified   timestamptz NOT NULL DEFAULT now(),
    changed    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    sync_floor xid8,
    gone_at    timestamptz,
    gone       bool NOT NULL DEFAULT false,
    collection bool NOT NULL,
    noise      bool NOT NULL DEFAULT false,
    kind       text NOT NULL,
    name       text NOT NULL,
    name_key   text NOT NULL,
    display    text,
    type       text,
    etag       text,
    CHECK (num_nonnulls(chapter_id, person_id) = 1),
    CHECK (gone = (gone_at IS NOT NULL))
);
CREATE UNIQUE INDEX dav_node_name ON dav_node (parent_id, name_key) WHERE NOT gone;
CREATE UNIQUE INDEX dav_node_root ON dav_node (chapter_id, kind) WHERE parent_id IS NULL AND NOT gone AND chapter_id IS NOT NULL;
CREATE INDEX dav_node_changed ON dav_node (parent_id, changed, id);
CREATE INDEX dav_node_blob ON dav_node (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX dav_node_folder ON dav_node (parent_id) WHERE collection AND NOT gone;
CREATE INDEX dav_node_tombstone ON dav_node (parent_id, name_key) WHERE gone;
CREATE INDEX dav_node_noise ON dav_node (saved) WHERE noise AND NOT gone;
CREATE INDEX dav_node_gone ON dav_node (collection, gone_at) WHERE gone;
COMMENT ON TABLE dav_node IS 'The tree: one row a folder, document, calendar, event, contact, wiki page. Narrow: bodies, locks and properties hang on it.';
COMMENT ON COLUMN dav_node.root_id IS 'The root of its tree: its own id for a root.';
COMMENT ON COLUMN dav_node.policy_id IS 'Whose levels hold here: its own policy or that of the nearest collection above with one. Only collections have their own.';
COMMENT ON COLUMN dav_node.kind IS 'Name of the dav_kind that serves it.';
COMMENT ON COLUMN dav_node.name IS 'As the client sent it.';
COMMENT ON COLUMN dav_node.name_key IS 'Normal form C of the name: unique among the living of one parent.';
COMMENT ON COLUMN dav_node.display IS 'What people call a collection; NULL: its name.';
COMMENT ON COLUMN dav_node.etag IS 'Changes with the content; NULL on a collection.';
COMMENT ON COLUMN dav_node.writer_id IS 'The person whose content it is, as far as she is known; below zero the number of the drop box (share_link) by which it came.';
COMMENT ON COLUMN dav_node.noise IS 'A program made it for itself, under such a name (noise_name), and nobody has called it otherwise since: not listed on pages, not searched, gone for good when it is deleted and after some days.';
COMMENT ON COLUMN dav_node.saved IS 'When she began to save it: what she saves soon after belongs to the same sitting and makes no version of its own.';
COMMENT ON COLUMN dav_node.changed IS 'Transaction of the last change that a sync report must tell; see the sync tokens in webdav/store.h.';
COMMENT ON COLUMN dav_node.sync_floor IS 'Of a collection: sync tokens below it ask for tombstones that have been removed, and are refused.';
COMMENT ON COLUMN dav_node.gone IS 'A tombstone: deleted or moved away. Keeps the name only; still a collection as long as its members lie below it unburied.';

-- Rights that hide or show collections change outside any scope too, when the directory is read.
CREATE FUNCTION rights_stamp(people int8[], chapters int8[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
BEGIN
    UPDATE person SET rights_changed = pg_current_xact_id() WHERE id IN (SELECT unnest(people) ORDER BY 1);
    WITH RECURSIVE up AS (
        SELECT id, parent_id FROM chapter WHERE id = ANY (chapters)
        UNION
        SELECT c.id, c.parent_id FROM up JOIN chapter c ON c.id = up.parent_id
    ), own AS (
        SELECT n.id FROM dav_policy p JOIN dav_node n ON n.id = p.node_id AND NOT n.gone
         WHERE p.chapter_id IN (SELECT id FROM up) ORDER BY n.id FOR NO KEY UPDATE OF n
    )
    UPDATE dav_node n SET changed = pg_current_xact_id() FROM own WHERE n.id = own.id;
END $$;
COMMENT ON FUNCTION rights_stamp IS 'The roles of these people in these chapters, and so perhaps above, are not what they were: collections that may have appeared to or vanished from them count as changed. Gives nobody anything.';
REVOKE ALL ON FUNCTION rights_stamp FROM PUBLIC;
GRANT EXECUTE ON FUNCTION rights_stamp TO chapterd;

CREATE FUNCTION rights_moved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('chapterd.newcomer', true) = '1' OR NOT EXISTS (SELECT FROM moved) THEN
        RETURN NULL;
    END IF;
    PERFORM rights_stamp(ARRAY(SELECT DISTINCT person_id FROM moved), CASE TG_TABLE_NAME
        WHEN 'person_group' THEN ARRAY(SELECT DISTINCT g.chapter_id FROM chapter_group g
                                        WHERE g.group_key IN (SELECT to_jsonb(m) ->> 'group_key' FROM moved m))
        ELSE ARRAY(SELECT DISTINCT (to_jsonb(m) ->> 'chapter_id')::int8 FROM moved m) END);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION rights_moved IS 'Somebody got or lost a role or a place in a group: rights_stamp for it.';
DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['person_group', 'role_grant', 'local_group_member'] LOOP
        EXECUTE format('CREATE TRIGGER rights_given AFTER INSERT ON %I REFERENCING NEW TABLE AS moved'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION rights_moved()', t);
        EXECUTE format('CREATE TRIGGER rights_altered AFTER UPDATE ON %I REFERENCING NEW TABLE AS moved'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION rights_moved()', t);
        EXECUTE format('CREATE TRIGGER rights_taken AFTER DELETE ON %I REFERENCING OLD TABLE AS moved'
                       ' FOR EACH STATEMENT EXECUTE FUNCTION rights_moved()', t);
    END LOOP;
END $$;

CREATE TABLE dav_property (
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    ns         text NOT NULL,
    name       text NOT NULL,
    chapter_id int8,
    person_id  int8,
    value      text NOT NULL,
    lang       text,
    PRIMARY KEY (node_id, ns, name)
);
COMMENT ON TABLE dav_property IS 'Dead properties: what clients invent (RFC 4918, 4.1).';
COMMENT ON COLUMN dav_property.value IS 'Inner XML that stands alone.';

-- No foreign keys but that to the node, for the same reason as above. Contents are shared with the tree: a version costs a row.
CREATE TABLE dav_version (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8,
    person_id  int8,
    policy_id  int8 NOT NULL,
    blob_id    int8 NOT NULL,
    size       int8 NOT NULL,
    type       text,
    writer_id  int8,
    modified   timestamptz NOT NULL,
    replaced   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX dav_version_node ON dav_version (node_id, id);
CREATE INDEX dav_version_blob ON dav_version (blob_id);
CREATE INDEX dav_version_policy ON dav_version (policy_id);
CREATE INDEX dav_version_replaced ON dav_version (replaced);
CREATE INDEX dav_version_chapter ON dav_version (chapter_id) INCLUDE (size);
COMMENT ON TABLE dav_version IS 'What a document held before it was overwritten.';
COMMENT ON COLUMN dav_version.policy_id IS 'Whose levels held where it was when it was overwritten. They never become wider: levels_set keeps the old ones for it.';
COMMENT ON COLUMN dav_version.writer_id IS 'The person whose content it was, of whom perhaps nothing else is left; as of dav_node.';
COMMENT ON COLUMN dav_version.modified IS 'Of the content, as the document showed it.';

CREATE TABLE version_horizon (
    one  bool PRIMARY KEY DEFAULT true CHECK (one),
    seen timestamptz NOT NULL,
    kept int4 NOT NULL
);
COMMENT ON TABLE version_horizon IS 'Documents without a version since `seen` have no more than `kept` of them: versions_forget need not count those. No row: any may have.';

CREATE TABLE dav_trash (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    node_id    int8 NOT NULL UNIQUE REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    place_id   int8 NOT NULL,
    policy_id  int8 NOT NULL,
    name       text NOT NULL,
    remover_id int8,
    removed    timestamptz NOT NULL DEFAULT now(),
    by_rule    bool NOT NULL DEFAULT false
);
CREATE INDEX dav_trash_chapter ON dav_trash (chapter_id, id);
CREATE INDEX dav_trash_policy ON dav_trash (policy_id);
CREATE INDEX dav_trash_removed ON dav_trash (removed);
COMMENT ON TABLE dav_trash IS 'What was deleted and can be had back. Its node, with all below it, hangs on a root of kind "trash", under its number as its name.';
COMMENT ON COLUMN dav_trash.place_id IS 'The collection it was in; which may be in the trash too by now, or not be there any more.';
COMMENT ON COLUMN dav_trash.policy_id IS 'Whose levels held for it when it was deleted; as of dav_version.';
COMMENT ON COLUMN dav_trash.name IS 'What it was called.';
COMMENT ON COLUMN dav_trash.remover_id IS 'Who deleted it; of whom perhaps nothing else is left.';
COMMENT ON COLUMN dav_trash.by_rule IS 'Nobody did, but the retention rule of its folder.';

CREATE TABLE version_rule (
    node_id    int8 PRIMARY KEY REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    days       int4 NOT NULL CHECK (days BETWEEN 1 AND 36500),
    each       int4 NOT NULL CHECK (each BETWEEN 1 AND 10000)
);
CREATE INDEX version_rule_chapter ON version_rule (chapter_id);
COMMENT ON TABLE version_rule IS 'How long versions of what is in a folder are kept; it holds for all below that has no such row nearer by. Without any: the settings version_days, versions_each.';
COMMENT ON COLUMN version_rule.each IS 'Versions of one document.';

-- What was left to a chapter's rules, or to nobody while it was archived, has not been counted by versions_forget.
CREATE FUNCTION versions_uncounted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM chapterd.version_horizon;
    RETURN NULL;
END $$;
COMMENT ON FUNCTION versions_uncounted IS 'Has the versions of all documents counted once more.';
CREATE TRIGGER versions_uncounted AFTER DELETE ON version_rule FOR EACH STATEMENT EXECUTE FUNCTION versions_uncounted();
CREATE TRIGGER versions_uncounted AFTER UPDATE OF archived ON chapter FOR EACH STATEMENT EXECUTE FUNCTION versions_uncounted();

CREATE TABLE retention_rule (
    node_id    int8 PRIMARY KEY REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    months     int4 CHECK (months BETWEEN 1 AND 1200),
    since      text CHECK (since IN ('change', 'upload')),
    starts     timestamptz NOT NULL,
    CHECK ((months IS NULL) = (since IS NULL))
);
CREATE INDEX retention_rule_chapter ON retention_rule (chapter_id);
COMMENT ON TABLE retention_rule IS 'When documents of a folder go to the trash by themselves; it holds for all below that has no such row nearer by.';
COMMENT ON COLUMN retention_rule.months IS 'So long after that; NULL: no rule deletes anything here or below, whatever else there is.';
COMMENT ON COLUMN retention_rule.since IS 'What the months are counted from: dav_node.saved or created.';
COMMENT ON COLUMN retention_rule.starts IS 'Not before then, so that a rule that was not meant can be taken back.';

-- Of those whose link is opened nothing is kept but that it was.
CREATE TABLE share_link (
    id          int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id  int8 NOT NULL,
    node_id     int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    hash        bytea NOT NULL UNIQUE CHECK (length(hash) = 32),
    password    text,
    drop_box    bool NOT NULL,
    read_level  int2 NOT NULL,
    write_level int2 NOT NULL,
    purpose     text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 100),
    maker_id    int8,
    made        timestamptz NOT NULL DEFAULT now(),
    until       date NOT NULL,
    ended       timestamptz,
    paused      bool NOT NULL DEFAULT false,
    uses        int8 NOT NULL DEFAULT 0,
    used        date,
    files       int4 NOT NULL DEFAULT 0,
    bytes       int8 NOT NULL DEFAULT 0,
    seen        int4 NOT NULL DEFAULT 0,
    arrived     timestamptz
);
CREATE INDEX share_link_node ON share_link (node_id);
CREATE INDEX share_link_chapter ON share_link (chapter_id, id);
COMMENT ON TABLE share_link IS 'An address by which people without a login read a folder or document, or (a drop box) put files into a folder.';
COMMENT ON COLUMN share_link.hash IS 'SHA-256 of the token in the address, which is random and has 128 bit.';
COMMENT ON COLUMN share_link.password IS 'What has to be typed besides, as a slow hash (Argon2id); NULL: nothing.';
COMMENT ON COLUMN share_link.read_level IS 'The levels that held when it was made: what fewer people may read, or (a drop box) write, is closed to the link.';
COMMENT ON COLUMN share_link.purpose IS 'What it is for, in the words of who made it.';
COMMENT ON COLUMN share_link.maker_id IS 'A person, of whom perhaps nothing else is left: the link is the chapter''s.';
COMMENT ON COLUMN share_link.until IS 'The last day on which it works.';
COMMENT ON COLUMN share_link.paused IS 'It came back by a restore, when it may have been ended since: it works again when somebody has confirmed it.';
COMMENT ON COLUMN share_link.uses IS 'How often something was opened by it; used: on which day last, and no more than that.';
COMMENT ON COLUMN share_link.files IS 'How many files have arrived, and bytes of them; arrived: when the last one did.';
COMMENT ON COLUMN share_link.seen IS 'Of these files, how many somebody of the chapter has taken notice of.';

CREATE TABLE dav_lock (
    token      uuid PRIMARY KEY,
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8,
    holder_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    exclusive  bool NOT NULL,
    deep       bool NOT NULL,
    owner      text,
    expires    timestamptz NOT NULL
);
CREATE INDEX dav_lock_node ON dav_lock (node_id);
CREATE INDEX dav_lock_holder ON dav_lock (holder_id);
COMMENT ON TABLE dav_lock IS 'Write locks (RFC 4918, 6 and 7). Rows past their time do not count and are removed by a job.';
COMMENT ON COLUMN dav_lock.holder_id IS 'Whose login the token is valid with.';
COMMENT ON COLUMN dav_lock.deep IS 'Depth infinity.';
COMMENT ON COLUMN dav_lock.owner IS 'Inner XML of the owner element, as sent.';

-- ---------------------------------------------------------------- space

CREATE TABLE quota (
    chapter_id int8 PRIMARY KEY REFERENCES chapter,
    used       int8 NOT NULL DEFAULT 0,
    max        int8 NOT NULL CHECK (max >= 0)
);
COMMENT ON TABLE quota IS 'How much a chapter may store, and what it stored when deltas were last folded in. Logical bytes.';

-- Random ids: a lease that was lost in a crash of the server cannot be mistaken for a later one.
CREATE TABLE quota_lease (
    id         int8 PRIMARY KEY DEFAULT ('x' || left(replace(gen_random_uuid()::text, '-', ''), 15))::bit(60)::int8,
    chapter_id int8 NOT NULL,
    bytes      int8 NOT NULL CHECK (bytes >= 0),
    expires    timestamptz NOT NULL
);
CREATE INDEX quota_lease_chapter ON quota_lease (chapter_id);
COMMENT ON TABLE quota_lease IS 'Space set aside before it is written: for one upload, or for the small writes of one process.';

CREATE TABLE quota_delta (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL,
    lease_id   int8,
    bytes      int8 NOT NULL
);
CREATE INDEX quota_delta_chapter ON quota_delta (chapter_id);
COMMENT ON TABLE quota_delta IS 'What one write added or gave back; only inserted, so that writers do not wait for each other. Folded into quota by a job.';
COMMENT ON COLUMN quota_delta.lease_id IS 'The lease that covers it: until it is folded it counts instead of as much of the lease.';

-- An upload in several requests: webdav/upload.h.
CREATE TABLE upload (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL REFERENCES chapter,
    person_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    name       text NOT NULL UNIQUE,
    target     text NOT NULL,
    length     int8 NOT NULL CHECK (length >= 0),
    received   int8 NOT NULL DEFAULT 0 CHECK (received BETWEEN 0 AND length),
    parts      int4 NOT NULL DEFAULT 0,
    state      bytea NOT NULL,
    digest     bytea CHECK (length(digest) = 32),
    type       text,
    modified   timestamptz,
    if_match   text,
    if_none_match text,
    if_unmodified_since text,
    lease_id   int8,
    begun      timestamptz NOT NULL DEFAULT now(),
    expires    timestamptz NOT NULL,
    finished   timestamptz,
    etag       text
);
CREATE INDEX upload_chapter ON upload (chapter_id, person_id);
CREATE INDEX upload_expires ON upload (expires);
COMMENT ON TABLE upload IS 'A document that arrives in pieces, from its announcement to a day after it is complete. Left out of backups.';
COMMENT ON COLUMN upload.name IS 'Last part of its address, random. Only the person who began it is let in.';
COMMENT ON COLUMN upload.target IS 'The address of DAV that the document is to have.';
COMMENT ON COLUMN upload.received IS 'So many of its bytes are in the store, in upload_part.';
COMMENT ON COLUMN upload.state IS 'How far the SHA-256 of the whole is: base/hash.h.';
COMMENT ON COLUMN upload.digest IS 'What the hash of the whole must be, if the client said so.';
COMMENT ON COLUMN upload.modified IS 'When the document was last changed, as its client says.';
COMMENT ON COLUMN upload.if_match IS 'Preconditions, as in the header of that name, that must hold at the end, too.';
COMMENT ON COLUMN upload.lease_id IS 'The space that is set aside for it (quota_lease).';
COMMENT ON COLUMN upload.expires IS '-infinity: it has been ended; a job removes its pieces.';

CREATE TABLE upload_part (
    upload_id  int8 NOT NULL REFERENCES upload ON DELETE CASCADE,
    seq        int4 NOT NULL,
    chapter_id int8 NOT NULL,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    size       int8 NOT NULL,
    store      int2 NOT NULL CHECK (store IN (0, 1)),
    PRIMARY KEY (upload_id, seq)
);
CREATE INDEX upload_part_sha256 ON upload_part (sha256);
COMMENT ON TABLE upload_part IS 'The files of the store that the pieces of an unfinished upload are; they become those of its content (blob_part).';

CREATE TABLE job_run (
    name     text PRIMARY KEY,
    started  timestamptz NOT NULL,
    finished timestamptz,
    error    text
);
COMMENT ON TABLE job_run IS 'When each periodic job last ran.';

CREATE TABLE commit_mark (
    writer int8 PRIMARY KEY,
    serial int8 NOT NULL,
    fence  int8 NOT NULL DEFAULT 0,
    at     timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
COMMENT ON TABLE commit_mark IS 'The last transaction of each connection that wrote: what tells whether a COMMIT took place whose answer was lost.';
COMMENT ON COLUMN commit_mark.fence IS 'Transactions up to this one have been given up and may no longer commit.';
COMMENT ON COLUMN commit_mark.writer IS 'A random number a connection has for its lifetime.';

-- ---------------------------------------------------------------- what was done

-- No foreign keys but that of the chapter: an entry outlasts what it tells of, and the name of a person is looked up when
-- it is read, so that nothing of her is left in it when she is erased.
CREATE TABLE audit (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    at         timestamptz NOT NULL DEFAULT now(),
    chapter_id int8 REFERENCES chapter,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    hand       text NOT NULL CHECK (hand IN ('person', 'operator', 'service')),
    actor_id   int8,
    what       text NOT NULL CHECK (what ~ '^[a-z]+(-[a-z]+)*$' AND length(what) <= 40),
    kind       text NOT NULL CHECK (kind ~ '^[a-z]+(-[a-z]+)*$' AND length(kind) <= 40),
    object_id  int8,
    title      text CHECK (length(title) <= 200),
    about_id   int8,
    other      text CHECK (length(other) <= 200),
    role       int2 CHECK (role BETWEEN 2 AND 4),
    was_read   int2 CHECK (was_read BETWEEN 0 AND 9),
    was_write  int2 CHECK (was_write BETWEEN 0 AND 9),
    now_read   int2 CHECK (now_read BETWEEN 0 AND 9),
    now_write  int2 CHECK (now_write BETWEEN 0 AND 9),
    amount     int8,
    was_amount int8,
    until      date,
    reason     text CHECK (length(reason) <= 500),
    CHECK (num_nonnulls(chapter_id, person_id) <= 1),
    CHECK ((hand = 'person') = (actor_id IS NOT NULL))
);
CREATE INDEX audit_chapter ON audit (chapter_id, id);
CREATE INDEX audit_person ON audit (person_id, id) WHERE person_id IS NOT NULL;
CREATE INDEX audit_installation ON audit (id) WHERE chapter_id IS NULL AND person_id IS NULL;
CREATE INDEX audit_at ON audit (at);
COMMENT ON TABLE audit IS 'Who did what, in the transaction that did it. Only added to; who, what and when, never contents, passwords or addresses.';
COMMENT ON COLUMN audit.chapter_id IS 'Whose board reads it. Without chapter and person it concerns the whole installation, and every board reads it.';
COMMENT ON COLUMN audit.person_id IS 'It concerns this person alone: her devices. Goes when she is erased.';
COMMENT ON COLUMN audit.hand IS 'person: somebody signed in, actor_id; operator: whoever ran chapterctl; service: the daemon by itself.';
COMMENT ON COLUMN audit.actor_id IS 'A person, of whom perhaps nothing else is left.';
COMMENT ON COLUMN audit.what IS 'A word of the vocabulary of daemon/auth/audit.c.';
COMMENT ON COLUMN audit.kind IS 'What the object is: folder, group, chapter ...';
COMMENT ON COLUMN audit.title IS 'What the object was called; NULL for a person.';
COMMENT ON COLUMN audit.about_id IS 'The person whom it concerns: who was given a role, who left.';
COMMENT ON COLUMN audit.other IS 'Title of a second thing: the group that was let in, the setting that was changed.';
COMMENT ON COLUMN audit.amount IS 'Bytes, a count or minutes, as the word says; was_amount: before.';
COMMENT ON COLUMN audit.reason IS 'Why, in the words of who did it.';

-- The owner is held to it as well. What may go: entries past their time, and those of a person who is erased.
CREATE FUNCTION audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.at < now() - interval '90 days'
           OR (OLD.person_id IS NOT NULL AND NOT EXISTS (SELECT FROM chapterd.person WHERE id = OLD.person_id)) THEN
            RETURN OLD;
        END IF;
    END IF;
    RAISE EXCEPTION 'the audit log is only added to' USING ERRCODE = 'insufficient_privilege';
END $$;
COMMENT ON FUNCTION audit_keep IS 'Refuses to change the audit log, and to remove what is younger than 90 days.';
CREATE TRIGGER audit_keep BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION audit_keep();
CREATE TRIGGER audit_keep_all BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_keep();

CREATE FUNCTION audit_forget(days int4) RETURNS int8
LANGUAGE sql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
    WITH old AS (DELETE FROM audit WHERE at < now() - greatest(days, 91) * interval '1 day' RETURNING 1)
    SELECT count(*) FROM old
$$;
COMMENT ON FUNCTION audit_forget IS 'Removes entries older than so many days, at least 91, of all chapters; how many. The only way by which the daemon can.';
REVOKE ALL ON FUNCTION audit_forget FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_forget TO chapterd;

CREATE TABLE override (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL REFERENCES chapter,
    person_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    began      timestamptz NOT NULL DEFAULT now(),
    until      timestamptz NOT NULL,
    ended      timestamptz,
    CHECK (until > began)
);
CREATE INDEX override_person ON override (person_id) WHERE ended IS NULL;
COMMENT ON TABLE override IS 'A state admin looks into a chapter for a while; why stands in the audit log.';
COMMENT ON COLUMN override.ended IS 'She ended it herself before its time was over.';

-- Read by the owner, as roles_of is: it decides what the scope is good for.
CREATE FUNCTION overrides_of(who int8) RETURNS TABLE (chapter_id int8, until timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT o.chapter_id, max(o.until) FROM override o
      JOIN person p ON p.id = o.person_id AND p.state_admin AND p.gone IS NULL
      JOIN chapter c ON c.id = o.chapter_id AND c.archived IS NULL
     WHERE o.person_id = who AND o.ended IS NULL AND o.until > now()
     GROUP BY o.chapter_id ORDER BY o.chapter_id;
END $$;
COMMENT ON FUNCTION overrides_of IS 'The chapters that a state admin may look into at this moment, and until when.';
REVOKE ALL ON FUNCTION overrides_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION overrides_of TO chapterd;

-- ---------------------------------------------------------------- the second wall

CREATE FUNCTION owners() RETURNS int8[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('chapterd.scope', true), ''), '{}')::int8[] $$;
COMMENT ON FUNCTION owners IS 'Whose rows this transaction may touch: chapters, and the person with a minus before her number. Nobody''s when the query enter has not said so.';

CREATE FUNCTION scope() RETURNS int8[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT ARRAY(SELECT o FROM unnest(chapterd.owners()) AS o WHERE o > 0) $$;
COMMENT ON FUNCTION scope IS 'Chapters this transaction may touch.';

CREATE FUNCTION person() RETURNS int8 LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT -o FROM unnest(chapterd.owners()) AS o WHERE o < 0 LIMIT 1 $$;
COMMENT ON FUNCTION person IS 'The person whose own rows this transaction may touch.';

-- ---------------------------------------------------------------- space: reserve, note, fold

-- Committed use and what leases still hold, in one snapshot: a delta and the lease it draws on change sides together.
CREATE FUNCTION quota_state(chapter int8, OUT used int8, OUT held int8, OUT most int8) LANGUAGE plpgsql STABLE AS $$
#variable_conflict use_column
BEGIN
    WITH delta AS (
        SELECT lease_id, sum(bytes) AS all_bytes, sum(bytes) FILTER (WHERE bytes > 0) AS drawn
          FROM quota_delta WHERE chapter_id = chapter GROUP BY lease_id
    )
    SELECT (q.used + coalesce((SELECT sum(all_bytes) FROM delta), 0))::int8,
           (SELECT coalesce(sum(greatest(l.bytes - coalesce(d.drawn, 0), 0)), 0)
              FROM quota_lease l LEFT JOIN delta d ON d.lease_id = l.id
             WHERE l.chapter_id = chapter AND l.expires > now() - interval '2 minutes')::int8,
           q.max
      INTO used, held, most
      FROM quota q WHERE q.chapter_id = chapter;
END $$;
COMMENT ON FUNCTION quota_state IS 'Bytes a chapter uses, bytes set aside beyond that, and its limit.';

-- Runs in a transaction of its own without waiting for the flush: the row is locked for microseconds. A lease that a
-- crash of the server forgets is noticed by whoever draws on it.
CREATE FUNCTION quota_take(chapter int8, need int8, wish int8, seconds int4, dead int8[], back_lease int8, back int8)
RETURNS TABLE (lease int8, granted int8) LANGUAGE plpgsql AS $$
DECLARE
    s record;
    room int8;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    PERFORM FROM quota WHERE chapter_id = chapter FOR NO KEY UPDATE;
    DELETE FROM quota_lease WHERE id = ANY (dead);
    UPDATE quota_lease SET bytes = greatest(bytes - back, 0) WHERE id = back_lease;
    SELECT * INTO s FROM quota_state(chapter);
    room := s.most - s.used - s.held;
    IF room IS NULL OR room < need THEN
        RETURN;
    END IF;
    granted := greatest(need, least(wish, room / 16));
    INSERT INTO quota_lease (chapter_id, bytes, expires) VALUES (chapter, granted, now() + make_interval(secs => seconds))
        RETURNING id INTO lease;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION quota_take IS 'Sets space aside: `need` bytes, up to `wish` when there is plenty; no row when there is not enough. Before that removes the leases in `dead` and shrinks one by what its holder gives back.';

-- Called in the transaction that writes; locks nothing that another writer needs.
CREATE FUNCTION quota_note(chapter int8, lease int8, delta int8) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF chapter IS NULL OR delta = 0 THEN
        RETURN;
    ELSIF delta < 0 THEN
        INSERT INTO quota_delta (chapter_id, bytes) VALUES (chapter, delta);
        RETURN;
    END IF;
    INSERT INTO quota_delta (chapter_id, lease_id, bytes)
    SELECT chapter, lease, delta FROM quota_lease l WHERE l.id = lease AND l.chapter_id = chapter AND l.expires > now();
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
END $$;
COMMENT ON FUNCTION quota_note IS 'Notes what a write adds or gives back. LOST_RACE: the lease that should cover it does not exist (any more).';

CREATE FUNCTION upload_begin(chapter int8, who int8, called text, place text, bytes int8, hash bytea, wanted bytea, media text,
    stamp timestamptz, matching text, none_matching text, unmodified text, lease int8, seconds int4, most_person int4, most_chapter int4)
RETURNS TABLE (refused int4, id int8, expires timestamptz) LANGUAGE plpgsql AS $$
#variable_conflict use_column
DECLARE
    ours int8;
    mine int8;
BEGIN
    PERFORM pg_advisory_xact_lock(5, chapter::int4);
    SELECT count(*), count(*) FILTER (WHERE u.person_id = who) INTO ours, mine
      FROM upload u WHERE u.chapter_id = chapter AND u.finished IS NULL AND u.expires > now();
    refused := CASE WHEN mine >= most_person THEN 1 WHEN ours >= most_chapter THEN 2 ELSE 0 END;
    IF refused = 0 THEN
        INSERT INTO upload (chapter_id, person_id, name, target, length, state, digest, type, modified, if_match, if_none_match,
                            if_unmodified_since, lease_id, expires)
        VALUES (chapter, who, called, place, bytes, hash, wanted, media, stamp, matching, none_matching, unmodified,
                nullif(lease, 0), now() + make_interval(secs => seconds))
        RETURNING upload.id, upload.expires INTO id, expires;
        UPDATE quota_lease q SET expires = upload_begin.expires WHERE q.id = lease;
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION upload_begin IS 'Notes an upload, whose lease lives as long. refused 1: this person, 2: the chapter has as many unfinished ones as may be.';

CREATE FUNCTION quota_fold() RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    c int8;
    n int8;
    folded int8 := 0;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    FOR c IN SELECT chapter_id FROM quota_delta UNION
             SELECT chapter_id FROM quota_lease WHERE expires < now() - interval '2 minutes' ORDER BY 1
    LOOP
        PERFORM FROM quota WHERE chapter_id = c FOR NO KEY UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        DELETE FROM quota_lease WHERE chapter_id = c AND expires < now() - interval '2 minutes';
        WITH d AS (
            DELETE FROM quota_delta WHERE chapter_id = c RETURNING lease_id, bytes
        ), l AS (
            UPDATE quota_lease q SET bytes = greatest(q.bytes - drawn, 0)
              FROM (SELECT lease_id, sum(bytes)::int8 AS drawn FROM d WHERE bytes > 0 GROUP BY lease_id) s WHERE q.id = s.lease_id
        ), u AS (
            UPDATE quota SET used = used + (SELECT coalesce(sum(bytes), 0) FROM d) WHERE chapter_id = c
        )
        SELECT count(*) INTO n FROM d;
        folded := folded + n;
    END LOOP;
    RETURN folded;
END $$;
COMMENT ON FUNCTION quota_fold IS 'Adds up the deltas and forgets leases past their time, for the chapters of the scope.';

-- ---------------------------------------------------------------- the tree: paths

-- Becomes part of the query that calls it, and costs what is written here each time: a sort, a join for the chapter would be a
-- fifth more. next_key is a column of its own because a sum or a subscript in the join is not leakproof: under row-level
-- security it would not reach the index.
CREATE FUNCTION node_walk(slug text, root_kind text, keys text[])
RETURNS TABLE (id int8, root_id int8, policy_id int8, chapter_id int8, person_id int8, kind text, collection bool, name text,
    display text, type text, etag text, size int8, created timestamptz, modified timestamptz, changed xid8, blob_id int8, depth int4)
LANGUAGE sql STABLE AS $$
    WITH RECURSIVE walk AS (
        SELECT n.id, n.root_id, n.policy_id, n.chapter_id, n.person_id, n.kind, n.collection, n.name, n.display, n.type, n.etag,
               n.size, n.created, n.modified, n.changed, n.blob_id, 0 AS depth, keys[1] AS next_key
          FROM dav_node n
         WHERE n.id = CASE WHEN node_walk.slug <> '' THEN (
                   SELECT r.id FROM dav_node r WHERE r.chapter_id = (SELECT c.id FROM chapter c WHERE c.slug = node_walk.slug AND c.archived IS NULL)
                      AND r.kind = root_kind AND r.parent_id IS NULL AND NOT r.gone)
               ELSE (SELECT r.id FROM dav_node r WHERE r.person_id = (SELECT person()) AND r.kind = root_kind AND r.parent_id IS NULL AND NOT r.gone) END
        UNION ALL
        SELECT n.id, n.root_id, n.policy_id, n.chapter_id, n.person_id, n.kind, n.collection, n.name, n.display, n.type, n.etag,
               n.size, n.created, n.modified, n.changed, n.blob_id, w.depth + 1, keys[w.depth + 2]
          FROM walk w CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.parent_id = w.id AND d.name_key = w.next_key AND NOT d.gone OFFSET 0) n
    )
    SELECT w.id, w.root_id, w.policy_id, w.chapter_id, w.person_id, w.kind, w.collection, w.name, w.display, w.type, w.etag,
           w.size, w.created, w.modified, w.changed, w.blob_id, w.depth
      FROM walk w
$$;
COMMENT ON FUNCTION node_walk IS 'The nodes along a path of a chapter, or (slug empty) of the person of the scope, the root at depth 0; in any order.';

-- ---------------------------------------------------------------- the tree: changes

-- Raises what the daemon takes for "another transaction was faster": the request is run again and sees how things are now.
CREATE FUNCTION lost_race() RETURNS int8 LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'somebody else was faster' USING ERRCODE = 'CD001';
END $$;
COMMENT ON FUNCTION lost_race IS 'Ends the transaction with SQLSTATE CD001; never returns.';

-- Documents are moved and deleted under the shared tree lock. Whoever found one has decided by the levels of the place where it was.
CREATE FUNCTION node_hold(node int8, parent int8, key text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM FROM dav_node n WHERE n.id = node AND n.parent_id = parent AND n.name_key = key AND NOT n.gone FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
END $$;
COMMENT ON FUNCTION node_hold IS 'A member stays where it was found until the end of the transaction; LOST_RACE when it is not there any more.';

CREATE FUNCTION blob_parts_keep(blob int8, chapter int8, person int8, part_hashes text[], part_sizes int8[], part_stores int8[])
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO blob_part (blob_id, seq, chapter_id, person_id, sha256, size, store)
    SELECT blob, p.seq, chapter, person, decode(p.hash, 'hex'), p.size, p.store
      FROM unnest(part_hashes, part_sizes, part_stores) WITH ORDINALITY AS p (hash, size, store, seq);
END $$;
COMMENT ON FUNCTION blob_parts_keep IS 'The files of the store that make up a content.';

CREATE FUNCTION blob_known(chapter int8, person int8, hash bytea, content bytea) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    b record;
BEGIN
    IF chapter IS NOT NULL THEN
        SELECT id, bytes IS NULL AS outside INTO b FROM blob WHERE chapter_id = chapter AND sha256 = hash;
    ELSE
        -- people have no tree lock: the row itself keeps the sweep away (people_contents_sweep)
        SELECT id, bytes IS NULL AS outside INTO b FROM blob WHERE person_id = person AND sha256 = hash FOR KEY SHARE;
    END IF;
    IF b.id IS NULL THEN
        PERFORM lost_race();
    ELSIF b.outside AND content IS NOT NULL THEN
        UPDATE blob SET bytes = content WHERE id = b.id;
        DELETE FROM blob_part WHERE blob_id = b.id;
    END IF;
    RETURN b.id;
END $$;
COMMENT ON FUNCTION blob_known IS 'The row of a content that there is already; LOST_RACE when there is none. content not NULL: from now on it is in the row.';

CREATE FUNCTION blob_keep(chapter int8, person int8, hash bytea, length int8, content bytea, part_hashes text[], part_sizes int8[],
    part_stores int8[])
RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    b int8;
BEGIN
    INSERT INTO blob (chapter_id, person_id, sha256, size, bytes) VALUES (chapter, person, hash, length, content)
        ON CONFLICT DO NOTHING RETURNING id INTO b;
    IF NOT FOUND THEN
        RETURN blob_known(chapter, person, hash, content);
    ELSIF content IS NULL THEN
        PERFORM blob_parts_keep(b, chapter, person, part_hashes, part_sizes, part_stores);
    END IF;
    RETURN b;
END $$;
COMMENT ON FUNCTION blob_keep IS 'The row of a content, made if need be. content NULL: its parts are in the store.';

-- Part of the statements that call it. As noise_name() in webdav/noise.c, which says what these are.
CREATE FUNCTION noise_name(name text) RETURNS bool LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN name ~ '^[.~]' OR lower(right(name, 4)) IN ('.tmp', 's.db', '.ini') -- nearly no name is looked at any further
                THEN name ~* '^(?:\._|~\$|\.ds_store$|thumbs\.db$|desktop\.ini$|\.~lock\..*#$|(?:~wr[a-z][0-9]{4}|~df[0-9a-f]+|ppt[0-9a-f]+|[0-9a-f]{8}|lu[0-9a-z]{6,})\.tmp$|\.(?:goutputstream-|fuse_hidden|nfs)[0-9a-z]+$|\..*\.sw[op]$)'
                ELSE false END
$$;
COMMENT ON FUNCTION noise_name IS 'Is it what programs call files that they leave for themselves? Nobody looks for those.';

-- Few statements and none nested: a small file costs little more than these. Whoever takes the name at the same time makes
-- the unique index complain.
CREATE FUNCTION file_write(node int8, seen text, parent int8, called text, key text, what text, media text, tag text, stamp timestamptz,
    hash bytea, length int8, content bytea, part_hashes text[], part_sizes int8[], part_stores int8[], lease int8, who int8,
    sitting int4)
RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    chapter int8;
    person int8;
    delta int8 := length;
    b int8;
    made int8;
    old record;
    same bool;
BEGIN
    INSERT INTO blob (chapter_id, person_id, sha256, size, bytes)
    SELECT p.chapter_id, p.person_id, hash, length, content FROM dav_node p WHERE p.id = parent
        ON CONFLICT DO NOTHING RETURNING id, chapter_id, person_id INTO b, chapter, person;
    IF NOT FOUND THEN
        SELECT p.chapter_id, p.person_id INTO chapter, person FROM dav_node p WHERE p.id = parent;
        b := blob_known(chapter, person, hash, content);
    ELSIF content IS NULL THEN
        PERFORM blob_parts_keep(b, chapter, person, part_hashes, part_sizes, part_stores);
    END IF;
    IF node = 0 THEN
        INSERT INTO dav_node (root_id, parent_id, chapter_id, person_id, policy_id, kind, collection, noise, name, name_key, type, etag, blob_id, size, modified, writer_id)
        SELECT p.root_id, parent, p.chapter_id, p.person_id, p.policy_id, what, false, noise_name(called), called, key, media, tag, b, length, coalesce(stamp, now()), who
          FROM dav_node p WHERE p.id = parent AND p.collection AND NOT p.gone
        RETURNING id INTO made;
        IF NOT FOUND THEN
            PERFORM lost_race();
        END IF;
    ELSE
        made := node;
        SELECT n.* INTO old FROM dav_node n WHERE n.id = node AND n.parent_id = parent AND n.name_key = key AND NOT n.gone FOR NO KEY UPDATE;
        IF NOT FOUND OR old.etag IS DISTINCT FROM seen THEN
            PERFORM lost_race();
        END IF;
        same := old.blob_id = b OR (sitting > 0 AND old.writer_id = who AND old.saved > now() - make_interval(secs => sitting));
        IF sitting IS NOT NULL AND old.size > 0 AND NOT same THEN
            INSERT INTO dav_version (node_id, chapter_id, person_id, policy_id, blob_id, size, type, writer_id, modified)
            VALUES (node, chapter, person, old.policy_id, old.blob_id, old.size, old.type, old.writer_id, old.modified);
        ELSE
            delta := length - old.size;
        END IF;
        UPDATE dav_node n SET blob_id = b, size = length, etag = tag, type = media, modified = coalesce(stamp, now()),
               writer_id = CASE WHEN same THEN n.writer_id ELSE who END, saved = CASE WHEN same THEN n.saved ELSE now() END,
               changed = pg_current_xact_id() WHERE n.id = node;
    END IF;
    IF chapter IS NULL OR delta = 0 THEN
        RETURN made;
    ELSIF delta < 0 THEN
        INSERT INTO quota_delta (chapter_id, bytes) VALUES (chapter, delta);
        RETURN made;
    END IF;
    INSERT INTO quota_delta (chapter_id, lease_id, bytes)
    SELECT chapter, lease, delta FROM quota_lease l WHERE l.id = lease AND l.chapter_id = chapter AND l.expires > now();
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    RETURN made;
END $$;
COMMENT ON FUNCTION file_write IS 'Content of a member of parent: of node, if that is still there under this name and has the entity tag seen, or (node 0) of a new one. LOST_RACE also when the lease does not cover it. What it held becomes a version, unless `who` saved it in the same sitting (so many seconds; NULL: never).';

CREATE FUNCTION version_restore(node int8, seen text, version int8, who int8, lease int8) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    old record;
    v record;
BEGIN
    SELECT * INTO old FROM dav_node n WHERE n.id = node AND NOT n.gone FOR NO KEY UPDATE;
    IF NOT FOUND OR old.etag IS DISTINCT FROM seen THEN
        PERFORM lost_race();
    END IF;
    SELECT d.*, b.sha256 INTO v FROM dav_version d JOIN blob b ON b.id = d.blob_id WHERE d.id = version AND d.node_id = node;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    IF v.blob_id = old.blob_id THEN
        RETURN;
    END IF;
    IF old.size > 0 THEN
        INSERT INTO dav_version (node_id, chapter_id, person_id, policy_id, blob_id, size, type, writer_id, modified)
        VALUES (node, old.chapter_id, old.person_id, old.policy_id, old.blob_id, old.size, old.type, old.writer_id, old.modified);
    END IF;
    UPDATE dav_node n SET blob_id = v.blob_id, size = v.size, type = v.type, etag = left(encode(v.sha256, 'hex'), 32), modified = now(),
           writer_id = who, saved = now(), changed = pg_current_xact_id() WHERE n.id = node;
    PERFORM quota_note(old.chapter_id, lease, v.size);
END $$;
COMMENT ON FUNCTION version_restore IS 'A document holds again what it held before; what it holds now becomes a version, however short it was there.';

-- Looks only at documents that got a version since the last time (an hour earlier: what was then being written), unless `each`
-- was another then.
CREATE FUNCTION versions_forget(days int4, each int4, most int4) RETURNS int8 LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    since timestamptz := coalesce((SELECT h.seen FROM version_horizon h WHERE h.kept = each), '-infinity');
    n int8;
BEGIN
    WITH old AS MATERIALIZED (
        SELECT id FROM dav_version v WHERE replaced < now() - make_interval(days => days)
           AND NOT EXISTS (SELECT FROM version_rule r WHERE r.chapter_id = v.chapter_id) ORDER BY replaced LIMIT most
    ), many AS MATERIALIZED (
        SELECT v.id
          FROM (SELECT DISTINCT n.node_id FROM dav_version n
                 WHERE n.replaced >= since AND NOT EXISTS (SELECT FROM version_rule r WHERE r.chapter_id = n.chapter_id)) d
         CROSS JOIN LATERAL (SELECT o.id FROM dav_version o WHERE o.node_id = d.node_id ORDER BY o.id DESC OFFSET each) v LIMIT most
    ), forgotten AS (
        DELETE FROM dav_version WHERE id IN (SELECT id FROM old UNION SELECT id FROM many ORDER BY 1 LIMIT most) RETURNING chapter_id, size
    ), freed AS (
        INSERT INTO quota_delta (chapter_id, bytes)
        SELECT chapter_id, -sum(size) FROM forgotten WHERE chapter_id IS NOT NULL GROUP BY chapter_id
    )
    SELECT count(*) INTO n FROM forgotten;
    IF n < most THEN
        INSERT INTO version_horizon AS h (seen, kept) VALUES (now() - interval '1 hour', each)
            ON CONFLICT (one) DO UPDATE SET seen = excluded.seen, kept = excluded.kept;
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION versions_forget IS 'Removes up to `most` versions that were overwritten so many days ago, or are not among the last `each` of their document, of chapters without rules of their own; how many.';

-- Folders are walked from the roots, with the rule that holds in each; that of the trash has none.
CREATE FUNCTION versions_forget_by_rule(chapter int8, days int4, each int4, most int4) RETURNS int8 LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n int8;
BEGIN
    WITH RECURSIVE folder AS (
        SELECT d.id, coalesce(r.days, versions_forget_by_rule.days) AS days, coalesce(r.each, versions_forget_by_rule.each) AS each
          FROM dav_node d LEFT JOIN version_rule r ON r.node_id = d.id
         WHERE d.chapter_id = chapter AND d.parent_id IS NULL AND NOT d.gone
        UNION ALL
        SELECT c.id, coalesce(r.days, f.days), coalesce(r.each, f.each)
          FROM folder f
         CROSS JOIN LATERAL (SELECT d.id FROM dav_node d WHERE d.parent_id = f.id AND d.collection AND NOT d.gone OFFSET 0) c
          LEFT JOIN version_rule r ON r.node_id = c.id
    ), version AS (
        SELECT v.id, v.replaced < now() - make_interval(days => f.days) OR v.nth > f.each AS goes
          FROM folder f
         CROSS JOIN LATERAL (SELECT d.id FROM dav_node d WHERE d.parent_id = f.id AND NOT d.collection AND NOT d.gone OFFSET 0) m
         CROSS JOIN LATERAL (SELECT o.id, o.replaced, row_number() OVER (ORDER BY o.id DESC) AS nth
                               FROM dav_version o WHERE o.node_id = m.id OFFSET 0) v
    ), forgotten AS (
        DELETE FROM dav_version WHERE id = ANY (ARRAY(SELECT id FROM version WHERE goes LIMIT most)) RETURNING size
    ), freed AS (
        INSERT INTO quota_delta (chapter_id, bytes) SELECT chapter, -sum(size) FROM forgotten HAVING count(*) > 0
    )
    SELECT count(*) INTO n FROM forgotten;
    RETURN n;
END $$;
COMMENT ON FUNCTION versions_forget_by_rule IS 'The same for a chapter whose folders have rules; days and each hold where there is none.';

-- A collection with levels of its own gets a policy of its own.
CREATE FUNCTION collection_make(parent int8, called text, key text, what text, label text, read_level int2, write_level int2)
RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    up record;
    made int8;
BEGIN
    SELECT * INTO up FROM dav_node p WHERE p.id = parent AND p.collection AND NOT p.gone;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    IF read_level IS NOT NULL THEN
        INSERT INTO dav_policy (chapter_id, person_id, read_level, write_level)
        VALUES (up.chapter_id, up.person_id, read_level, write_level) RETURNING id INTO up.policy_id;
    END IF;
    INSERT INTO dav_node (root_id, parent_id, chapter_id, person_id, policy_id, kind, collection, name, name_key, display)
    VALUES (up.root_id, parent, up.chapter_id, up.person_id, up.policy_id, what, true, called, key, label)
        ON CONFLICT (parent_id, name_key) WHERE NOT gone DO NOTHING RETURNING id INTO made;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    IF read_level IS NOT NULL THEN
        UPDATE dav_policy p SET node_id = made WHERE p.id = up.policy_id;
    END IF;
    RETURN made;
END $$;
COMMENT ON FUNCTION collection_make IS 'A new collection in parent; levels NULL: those of the parent.';

CREATE FUNCTION root_make(chapter int8, what text, read_level int2, write_level int2) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    policy int8;
    made int8 := nextval('dav_node_id_seq');
BEGIN
    INSERT INTO dav_policy (chapter_id, node_id, read_level, write_level) VALUES (chapter, made, read_level, write_level)
        RETURNING id INTO policy;
    INSERT INTO dav_node (id, root_id, chapter_id, policy_id, kind, collection, name, name_key)
    OVERRIDING SYSTEM VALUE SELECT made, made, chapter, policy, what, true, c.slug, c.slug FROM chapter c WHERE c.id = chapter;
    RETURN made;
END $$;
COMMENT ON FUNCTION root_make IS 'The root of one kind of tree of a chapter.';

-- Nobody gets to see in a version or in the trash what she could not see when it was in its place.
CREATE FUNCTION policy_keep(policy int8) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    kept int8;
BEGIN
    IF NOT EXISTS (SELECT FROM dav_version WHERE policy_id = policy) AND NOT EXISTS (SELECT FROM dav_trash WHERE policy_id = policy) THEN
        RETURN;
    END IF;
    INSERT INTO dav_policy (chapter_id, person_id, read_level, write_level)
    SELECT chapter_id, person_id, read_level, write_level FROM dav_policy WHERE id = policy RETURNING id INTO kept;
    INSERT INTO policy_grant (policy_id, group_id, chapter_id, rights)
    SELECT kept, group_id, chapter_id, rights FROM policy_grant WHERE policy_id = policy;
    UPDATE dav_version SET policy_id = kept WHERE policy_id = policy;
    UPDATE dav_trash SET policy_id = kept WHERE policy_id = policy;
END $$;
COMMENT ON FUNCTION policy_keep IS 'Before levels change: what was replaced or deleted under them keeps them, in a policy that no collection has.';

-- One row when the collection has levels of its own already; otherwise all below that inherits gets the new ones.
CREATE FUNCTION levels_set(node int8, new_read int2, new_write int2, groups int8[], rights int2[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n record;
    above int8;
    policy int8;
    old_groups int8[];
BEGIN
    SELECT d.id, d.parent_id, d.chapter_id, d.person_id, d.policy_id, p.node_id, p.read_level, p.hidden_from INTO n
      FROM dav_node d JOIN dav_policy p ON p.id = d.policy_id WHERE d.id = node AND d.collection AND NOT d.gone FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    SELECT u.policy_id INTO above FROM dav_node u WHERE u.id = n.parent_id;
    old_groups := ARRAY(SELECT g.group_id FROM policy_grant g WHERE g.policy_id = n.policy_id);
    IF new_read IS NULL THEN
        policy := coalesce(above, n.policy_id);
        SELECT p.read_level INTO new_read FROM dav_policy p WHERE p.id = policy;
    ELSIF n.node_id = node THEN
        policy := n.policy_id;
        PERFORM policy_keep(policy);
        UPDATE dav_policy SET read_level = new_read, write_level = new_write WHERE id = policy;
        DELETE FROM policy_grant WHERE policy_id = policy;
    ELSE
        INSERT INTO dav_policy (chapter_id, person_id, node_id, read_level, write_level)
        VALUES (n.chapter_id, n.person_id, node, new_read, new_write) RETURNING id INTO policy;
    END IF;
    IF policy IS DISTINCT FROM above THEN
        INSERT INTO policy_grant (policy_id, group_id, chapter_id, rights)
        SELECT policy, g.id, g.chapter_id, t.r FROM unnest(groups, rights) AS t (id, r) JOIN local_group g ON g.id = t.id
         WHERE g.chapter_id = n.chapter_id;
    END IF;
    IF policy <> n.policy_id THEN
        WITH RECURSIVE below AS (
            SELECT node AS id
            UNION ALL
            SELECT c.id FROM below b CROSS JOIN LATERAL (
                SELECT d.id FROM dav_node d WHERE d.parent_id = b.id AND NOT d.gone AND d.policy_id = n.policy_id OFFSET 0) c
        )
        UPDATE dav_node d SET policy_id = policy FROM below WHERE d.id = below.id;
    END IF;
    IF new_read > n.read_level AND policy IS DISTINCT FROM above THEN
        UPDATE dav_policy SET hidden = pg_current_xact_id(), hidden_from = least(n.hidden_from, n.read_level) WHERE id = policy;
    END IF;
    UPDATE dav_node SET changed = pg_current_xact_id() WHERE id = node;
    PERFORM rights_stamp(ARRAY(SELECT DISTINCT m.person_id FROM local_group_member m WHERE m.group_id = ANY (old_groups || groups)), '{}');
END $$;
COMMENT ON FUNCTION levels_set IS 'Who may read and write a collection: its own levels and grants to groups, or (NULL) those of the collection above. Needs the tree lock for itself alone.';

-- Folders alone are walked, by an index that holds only them; a folder's members follow from it. LATERAL with OFFSET 0 here and
-- below: one folder after the other is looked up. A join is free to read the whole table for it, and would, made while it is small.
CREATE FUNCTION folders_below(node int8) RETURNS SETOF int8 LANGUAGE plpgsql STABLE ROWS 20
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    WITH RECURSIVE folder AS (
        SELECT id FROM dav_node WHERE id = node AND collection
        UNION ALL
        SELECT c.id FROM folder f
         CROSS JOIN LATERAL (SELECT d.id FROM dav_node d WHERE d.parent_id = f.id AND d.collection AND NOT d.gone OFFSET 0) c
    )
    SELECT id FROM folder;
END $$;
COMMENT ON FUNCTION folders_below IS 'A collection and all collections below it, living ones.';

CREATE FUNCTION size_below(node int8) RETURNS int8 LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN (SELECT coalesce(sum(m.size), 0)::int8
      FROM folders_below(node) f CROSS JOIN LATERAL (SELECT d.size FROM dav_node d WHERE d.parent_id = f AND NOT d.gone OFFSET 0) m);
END $$;
COMMENT ON FUNCTION size_below IS 'Bytes of all members of a collection, however deep.';

CREATE FUNCTION versions_below(node int8) RETURNS int8 LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN (SELECT coalesce(sum(v.size), 0)::int8
      FROM (SELECT node AS id
             UNION ALL
            SELECT m.id FROM folders_below(node) f
             CROSS JOIN LATERAL (SELECT d.id FROM dav_node d WHERE d.parent_id = f AND NOT d.collection AND NOT d.gone OFFSET 0) m) n
     CROSS JOIN LATERAL (SELECT d.size FROM dav_version d WHERE d.node_id = n.id OFFSET 0) v);
END $$;
COMMENT ON FUNCTION versions_below IS 'Bytes of the versions of a node and of all documents below it.';

CREATE FUNCTION quota_uses(chapter int8, OUT used int8, OUT most int8, OUT versions int8, OUT trash int8) LANGUAGE sql STABLE AS $$
    SELECT s.used, s.most, (SELECT coalesce(sum(v.size), 0) FROM dav_version v WHERE v.chapter_id = chapter)::int8,
           (SELECT coalesce(sum(n.size + CASE WHEN n.collection THEN size_below(n.id) ELSE 0 END), 0)
              FROM dav_trash t JOIN dav_node n ON n.id = t.node_id WHERE t.chapter_id = chapter)::int8
      FROM quota_state(chapter) s
$$;
COMMENT ON FUNCTION quota_uses IS 'Bytes a chapter uses, its limit, and how much of the bytes earlier versions and the trash are (without versions in it).';

CREATE FUNCTION tree_below(node int8, most int8) RETURNS TABLE (policy_id int8, members int8) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT b.policy_id, count(*)
      FROM (SELECT m.policy_id FROM folders_below(node) f
             CROSS JOIN LATERAL (SELECT d.policy_id FROM dav_node d WHERE d.parent_id = f AND NOT d.gone OFFSET 0) m LIMIT most) b
     GROUP BY b.policy_id;
END $$;
COMMENT ON FUNCTION tree_below IS 'The policies in force below a collection and how many members have each; counts no further than most.';

-- It goes as by a MOVE, into a tree that has no address: deleting a folder costs the same whatever is in it.
CREATE FUNCTION node_trash(node int8, seen text, who int8) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n record;
    bin int8;
BEGIN
    SELECT * INTO n FROM dav_node WHERE id = node AND parent_id IS NOT NULL AND NOT gone FOR NO KEY UPDATE;
    IF NOT FOUND OR n.etag IS DISTINCT FROM seen THEN
        PERFORM lost_race();
    ELSIF n.noise THEN
        PERFORM node_remove(node, seen);
        RETURN;
    END IF;
    SELECT id INTO bin FROM dav_node d WHERE d.chapter_id = n.chapter_id AND d.kind = 'trash' AND d.parent_id IS NULL AND NOT d.gone;
    IF NOT FOUND THEN
        bin := root_make(n.chapter_id, 'trash', 9::int2, 9::int2);
    END IF;
    UPDATE dav_node SET parent_id = bin, name = node::text, name_key = node::text, changed = pg_current_xact_id() WHERE id = node;
    DELETE FROM dav_node WHERE parent_id = n.parent_id AND name_key = n.name_key AND gone AND NOT collection;
    INSERT INTO dav_node (root_id, parent_id, chapter_id, policy_id, kind, collection, name, name_key, gone, gone_at)
    VALUES (n.root_id, n.parent_id, n.chapter_id, n.policy_id, n.kind, false, n.name, n.name_key, true, now());
    INSERT INTO dav_trash (node_id, chapter_id, place_id, policy_id, name, remover_id)
    VALUES (node, n.chapter_id, n.parent_id, n.policy_id, n.name, who);
END $$;
COMMENT ON FUNCTION node_trash IS 'Deletes a node of a chapter with all below it, if it still has the entity tag seen, so that it can be restored; noise for good.';

CREATE FUNCTION heirs_follow(node int8, was int8, becomes int8) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    WITH RECURSIVE below AS (
        SELECT c.id FROM dav_node c WHERE c.parent_id = node AND NOT c.gone AND c.policy_id = was
        UNION ALL
        SELECT c.id FROM below b CROSS JOIN LATERAL (
            SELECT d.id FROM dav_node d WHERE d.parent_id = b.id AND NOT d.gone AND d.policy_id = was OFFSET 0) c
    )
    UPDATE dav_node d SET policy_id = becomes, changed = pg_current_xact_id() FROM below WHERE d.id = below.id;
END $$;
COMMENT ON FUNCTION heirs_follow IS 'What lies below a collection and inherits its levels gets those of its new place.';

CREATE FUNCTION trash_restore(node int8, to_parent int8, called text, key text) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n record;
    p record;
    own bool;
BEGIN
    DELETE FROM dav_trash WHERE node_id = node;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    SELECT * INTO STRICT n FROM dav_node WHERE id = node FOR NO KEY UPDATE;
    SELECT * INTO p FROM dav_node WHERE id = to_parent AND collection AND NOT gone AND root_id = n.root_id;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    own := EXISTS (SELECT FROM dav_policy WHERE id = n.policy_id AND node_id = node);
    UPDATE dav_node SET parent_id = to_parent, name = called, name_key = key, changed = pg_current_xact_id(),
           policy_id = CASE WHEN own THEN n.policy_id ELSE p.policy_id END
     WHERE id = node;
    IF n.collection AND NOT own AND p.policy_id <> n.policy_id THEN
        PERFORM heirs_follow(node, n.policy_id, p.policy_id);
    END IF;
END $$;
COMMENT ON FUNCTION trash_restore IS 'Takes a node out of the trash to a free name in a collection of its tree. What inherits its levels gets those of the new place. Needs the tree lock for itself alone.';

CREATE FUNCTION trash_purge(node int8) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    n record;
    freed int8;
BEGIN
    DELETE FROM dav_trash WHERE node_id = node;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    SELECT * INTO STRICT n FROM dav_node WHERE id = node FOR UPDATE;
    freed := n.size + CASE WHEN n.collection THEN size_below(node) ELSE 0 END + versions_below(node);
    IF n.collection THEN
        DELETE FROM dav_property WHERE node_id = node;
        UPDATE dav_node SET gone = true, gone_at = now(), display = NULL WHERE id = node;
    ELSE
        DELETE FROM dav_node WHERE id = node;
    END IF;
    PERFORM quota_note(n.chapter_id, NULL, -freed);
    RETURN freed;
END $$;
COMMENT ON FUNCTION trash_purge IS 'Ends what is in the trash for good; its bytes. What lies below a collection is buried by a job.';

CREATE FUNCTION trash_empty(days int4, most int4) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    old int8;
    n int8 := 0;
BEGIN
    FOR old IN SELECT node_id FROM dav_trash WHERE removed < now() - make_interval(days => days) ORDER BY removed LIMIT most FOR UPDATE SKIP LOCKED
    LOOP
        PERFORM trash_purge(old);
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION trash_empty IS 'Purges up to `most` of what has been in the trash for so many days; how many.';

CREATE FUNCTION retention_due(node int8, months int4, since text, most int4)
RETURNS TABLE (id int8, etag text, policy_id int8, name text, path text, size int8, at timestamptz) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH RECURSIVE up AS (
        SELECT d.id, d.parent_id FROM dav_node d WHERE d.id = node AND NOT d.gone
        UNION ALL
        SELECT d.id, d.parent_id FROM up CROSS JOIN LATERAL (SELECT * FROM dav_node o WHERE o.id = up.parent_id OFFSET 0) d
    ), folder AS (
        SELECT node AS id, ''::text AS path
         WHERE NOT EXISTS (SELECT FROM up JOIN retention_rule r ON r.node_id = up.id AND r.months IS NULL)
        UNION ALL
        SELECT c.id, f.path || c.name || '/'
          FROM folder f
         CROSS JOIN LATERAL (SELECT d.id, d.name FROM dav_node d WHERE d.parent_id = f.id AND d.collection AND NOT d.gone OFFSET 0) c
         WHERE NOT EXISTS (SELECT FROM retention_rule r WHERE r.node_id = c.id)
    )
    SELECT m.id, m.etag, m.policy_id, m.name, f.path, m.size, CASE since WHEN 'upload' THEN m.created ELSE m.saved END
      FROM folder f
     CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.parent_id = f.id AND NOT d.collection AND NOT d.gone AND NOT d.noise OFFSET 0) m
     WHERE CASE since WHEN 'upload' THEN m.created ELSE m.saved END < now() - make_interval(months => months)
       AND NOT EXISTS (SELECT FROM dav_lock l WHERE l.node_id = m.id AND l.expires > now())
     LIMIT most;
END $$;
COMMENT ON FUNCTION retention_due IS 'What a rule of a folder would delete now, at most so many: documents of it and of folders below without a rule of their own, which were saved (since change) or made (upload) so many months ago and are not locked. Nothing where it, or a folder above, is marked so that nothing is deleted.';

CREATE FUNCTION retention_step(rule int8, most int4) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    due record;
    n int8 := 0;
BEGIN
    FOR due IN SELECT d.id, d.etag FROM retention_rule r CROSS JOIN LATERAL retention_due(r.node_id, r.months, r.since, most) d
                WHERE r.node_id = rule AND r.months IS NOT NULL AND r.starts <= now()
    LOOP
        PERFORM node_trash(due.id, due.etag, NULL);
        UPDATE dav_trash SET by_rule = true WHERE node_id = due.id;
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION retention_step IS 'Has the rule of a folder put up to `most` documents into the trash; how many.';

CREATE FUNCTION place_of(collection int8, tree text) RETURNS text LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
    WITH RECURSIVE up AS (
        SELECT d.id, d.parent_id, d.kind, ''::text AS path, d.name FROM dav_node d WHERE d.id = place_of.collection AND NOT d.gone
        UNION ALL
        SELECT p.id, p.parent_id, p.kind, u.name || '/' || u.path, p.name
          FROM up u CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.id = u.parent_id AND NOT d.gone OFFSET 0) p
    )
    SELECT path FROM up WHERE parent_id IS NULL AND kind = tree
$$;
COMMENT ON FUNCTION place_of IS 'The names that lead to a living collection from the root of its tree, each with a slash behind it; NULL: it is deleted, or lies in what is.';

-- What lies below is out of reach at once and buried by a job: deleting a folder costs the same whatever is in it.
CREATE FUNCTION node_remove(node int8, seen text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n record;
    freed int8;
BEGIN
    SELECT * INTO n FROM dav_node WHERE id = node AND NOT gone FOR NO KEY UPDATE;
    IF NOT FOUND OR n.etag IS DISTINCT FROM seen THEN
        PERFORM lost_race();
    END IF;
    freed := n.size + CASE WHEN n.collection THEN size_below(node) ELSE 0 END + versions_below(node);
    DELETE FROM dav_node WHERE parent_id = n.parent_id AND name_key = n.name_key AND gone AND NOT collection;
    DELETE FROM dav_property WHERE node_id = node;
    DELETE FROM dav_version WHERE node_id = node;
    UPDATE dav_node SET gone = true, gone_at = now(), changed = pg_current_xact_id(), blob_id = NULL, writer_id = NULL, size = 0,
           etag = NULL, type = NULL, display = NULL WHERE id = node;
    PERFORM quota_note(n.chapter_id, NULL, -freed);
END $$;
COMMENT ON FUNCTION node_remove IS 'Deletes a node for good, if it still has the entity tag seen, with all below it.';

CREATE FUNCTION noise_expire(chapter int8, days int4, most int4) RETURNS int8 LANGUAGE plpgsql AS $$
DECLARE
    old record;
    n int8 := 0;
BEGIN
    FOR old IN SELECT d.id, d.etag FROM dav_node d
                WHERE d.noise AND NOT d.gone AND d.chapter_id = chapter AND d.saved < now() - make_interval(days => days)
                  AND NOT EXISTS (SELECT FROM dav_lock l WHERE l.node_id = d.id AND l.expires > now())
                ORDER BY d.saved LIMIT most FOR NO KEY UPDATE SKIP LOCKED
    LOOP
        PERFORM node_remove(old.id, old.etag);
        n := n + 1;
    END LOOP;
    RETURN n;
END $$;
COMMENT ON FUNCTION noise_expire IS 'Removes up to `most` files of a chapter that programs left for themselves so many days ago and that are not locked; how many.';

-- Two steps, since the name must be free before the heir can have it.
CREATE FUNCTION node_retire(node int8, seen text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n record;
BEGIN
    SELECT * INTO n FROM dav_node WHERE id = node AND NOT collection AND NOT gone FOR NO KEY UPDATE;
    IF NOT FOUND OR n.etag IS DISTINCT FROM seen THEN
        PERFORM lost_race();
    END IF;
    DELETE FROM dav_node WHERE parent_id = n.parent_id AND name_key = n.name_key AND gone AND NOT collection;
    DELETE FROM dav_property WHERE node_id = node;
    UPDATE dav_node SET gone = true, gone_at = now(), changed = pg_current_xact_id() WHERE id = node;
END $$;
COMMENT ON FUNCTION node_retire IS 'Frees the name of a document, if it still has the entity tag seen, for the one that takes its place: node_succeed in the same transaction.';

CREATE FUNCTION node_succeed(old int8, heir int8, who int8, sitting int4) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    o record;
    h record;
    same bool;
BEGIN
    SELECT * INTO STRICT o FROM dav_node WHERE id = old AND gone;
    SELECT * INTO STRICT h FROM dav_node WHERE id = heir AND NOT gone;
    UPDATE dav_version SET node_id = heir WHERE node_id = old;
    UPDATE share_link SET node_id = heir WHERE node_id = old;
    same := o.blob_id = h.blob_id OR (sitting > 0 AND o.writer_id = who AND h.created >= o.saved
                                      AND o.saved > now() - make_interval(secs => sitting));
    IF sitting IS NOT NULL AND o.size > 0 AND NOT same THEN
        INSERT INTO dav_version (node_id, chapter_id, person_id, policy_id, blob_id, size, type, writer_id, modified)
        VALUES (heir, o.chapter_id, o.person_id, o.policy_id, o.blob_id, o.size, o.type, o.writer_id, o.modified);
    ELSE
        PERFORM quota_note(o.chapter_id, NULL, -o.size);
    END IF;
    IF same THEN
        UPDATE dav_node SET writer_id = o.writer_id, saved = o.saved WHERE id = heir;
    END IF;
    UPDATE dav_node SET blob_id = NULL, writer_id = NULL, size = 0, etag = NULL, type = NULL, display = NULL WHERE id = old;
END $$;
COMMENT ON FUNCTION node_succeed IS 'The document that has taken the name of a retired one gets its versions, its links and, as one more version, its content; not that of the same sitting, when the heir has been written since it began: programs save like that.';

-- Deepest first, so that what is left still hangs together.
CREATE FUNCTION node_bury(grave int8, most int4) RETURNS int8 LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n int8;
BEGIN
    WITH RECURSIVE below AS (
        SELECT c.id, c.collection, 1 AS depth FROM dav_node c WHERE c.parent_id = grave
        UNION ALL
        SELECT c.id, c.collection, b.depth + 1 FROM below b
         CROSS JOIN LATERAL (SELECT d.id, d.collection FROM dav_node d WHERE d.parent_id = b.id OFFSET 0) c WHERE b.collection
    )
    DELETE FROM dav_node WHERE id IN (SELECT id FROM below ORDER BY depth DESC LIMIT most);
    GET DIAGNOSTICS n = ROW_COUNT;
    IF n < most THEN
        DELETE FROM dav_node g WHERE g.id = grave AND EXISTS (SELECT FROM dav_node b WHERE b.id = g.parent_id AND b.kind = 'trash');
        UPDATE dav_node SET collection = false WHERE id = grave;
    END IF;
    RETURN n;
END $$;
COMMENT ON FUNCTION node_bury IS 'Removes up to `most` rows below a deleted collection; how many it found.';

CREATE FUNCTION node_move(node int8, seen text, to_parent int8, called text, key text) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n record;
    p record;
    inherits bool;
BEGIN
    SELECT * INTO n FROM dav_node WHERE id = node AND NOT gone FOR NO KEY UPDATE;
    IF NOT FOUND OR n.etag IS DISTINCT FROM seen THEN
        PERFORM lost_race();
    END IF;
    SELECT * INTO p FROM dav_node WHERE id = to_parent AND collection AND NOT gone;
    IF NOT FOUND OR p.root_id <> n.root_id OR (n.collection AND EXISTS (
        WITH RECURSIVE up AS (
            SELECT id, parent_id FROM dav_node WHERE id = to_parent
            UNION ALL
            SELECT a.id, a.parent_id FROM up CROSS JOIN LATERAL (SELECT d.id, d.parent_id FROM dav_node d WHERE d.id = up.parent_id OFFSET 0) a
        )
        SELECT FROM up WHERE id = node))
    THEN
        PERFORM lost_race();
    END IF;
    inherits := n.policy_id = (SELECT policy_id FROM dav_node WHERE id = n.parent_id);
    UPDATE dav_node SET parent_id = to_parent, name = called, name_key = key, changed = pg_current_xact_id(), noise = n.noise AND noise_name(called),
           policy_id = CASE WHEN inherits THEN p.policy_id ELSE n.policy_id END
     WHERE id = node;
    DELETE FROM dav_node WHERE parent_id = n.parent_id AND name_key = n.name_key AND gone AND NOT collection;
    IF n.parent_id <> to_parent OR n.name_key <> key THEN
        INSERT INTO dav_node (root_id, parent_id, chapter_id, person_id, policy_id, kind, collection, name, name_key, gone, gone_at)
        VALUES (n.root_id, n.parent_id, n.chapter_id, n.person_id, n.policy_id, n.kind, false, n.name, n.name_key, true, now());
    END IF;
    IF inherits AND n.collection AND p.policy_id <> n.policy_id THEN
        PERFORM heirs_follow(node, n.policy_id, p.policy_id);
    END IF;
END $$;
COMMENT ON FUNCTION node_move IS 'Renames a node or hangs it elsewhere in its tree, where the name must be free. What inherits its levels gets those of the new place.';

-- A copy takes the levels of its place. A collection inside with levels of its own that fewer may read keeps them.
CREATE FUNCTION node_copy(node int8, to_parent int8, called text, key text, deep bool, OUT id int8, OUT bytes int8) LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
#variable_conflict use_column
DECLARE
    p record;
    old_policies int8[] := '{}';
    new_policies int8[] := '{}';
    own record;
BEGIN
    SELECT d.id, d.root_id, d.chapter_id, d.person_id, d.policy_id, l.read_level, l.write_level INTO p
      FROM dav_node d JOIN dav_policy l ON l.id = d.policy_id WHERE d.id = to_parent AND d.collection AND NOT d.gone;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    FOR own IN
        SELECT DISTINCT l.id, l.read_level, l.write_level
          FROM folders_below(node) f CROSS JOIN LATERAL (SELECT * FROM dav_node d WHERE d.id = f OFFSET 0) c
          JOIN dav_policy l ON l.id = c.policy_id
         WHERE (deep OR f = node) AND l.read_level > p.read_level
           AND c.policy_id IS DISTINCT FROM (SELECT u.policy_id FROM dav_node s JOIN dav_node u ON u.id = s.parent_id WHERE s.id = node)
    LOOP
        old_policies := old_policies || own.id;
        INSERT INTO dav_policy (chapter_id, person_id, read_level, write_level)
        VALUES (p.chapter_id, p.person_id, own.read_level, greatest(own.write_level, own.read_level)) RETURNING dav_policy.id INTO own.id;
        new_policies := new_policies || own.id;
    END LOOP;
    WITH RECURSIVE folder AS (
        SELECT s.id, nextval('dav_node_id_seq') AS new_id, to_parent AS new_parent, s.collection AND deep AS inside
          FROM dav_node s WHERE s.id = node AND NOT s.gone
        UNION ALL
        SELECT c.id, nextval('dav_node_id_seq'), f.new_id, true
          FROM folder f CROSS JOIN LATERAL (
               SELECT d.id FROM dav_node d WHERE d.parent_id = f.id AND d.collection AND NOT d.gone OFFSET 0) c WHERE f.inside
    ), source AS MATERIALIZED (
        SELECT f.new_id, f.new_parent, d.* FROM folder f CROSS JOIN LATERAL (SELECT * FROM dav_node o WHERE o.id = f.id OFFSET 0) d
        UNION ALL
        SELECT nextval('dav_node_id_seq'), f.new_id, m.*
          FROM folder f CROSS JOIN LATERAL (
               SELECT * FROM dav_node o WHERE o.parent_id = f.id AND NOT o.collection AND NOT o.gone OFFSET 0) m WHERE f.inside
    ), made AS (
        INSERT INTO dav_node (id, root_id, parent_id, chapter_id, person_id, policy_id, kind, collection, noise, name, name_key,
                              display, type, etag, blob_id, size, modified, writer_id)
        OVERRIDING SYSTEM VALUE
        SELECT s.new_id, p.root_id, s.new_parent, p.chapter_id, p.person_id,
               coalesce(new_policies[array_position(old_policies, s.policy_id)], p.policy_id), s.kind, s.collection,
               CASE WHEN s.id = node THEN NOT s.collection AND noise_name(called) ELSE s.noise END, CASE WHEN s.id = node THEN called ELSE s.name END, CASE WHEN s.id = node THEN key ELSE s.name_key END,
               s.display, s.type, s.etag, s.blob_id, s.size, s.modified, s.writer_id
          FROM source s
        RETURNING dav_node.id, dav_node.parent_id, dav_node.size
    ), properties AS (
        INSERT INTO dav_property (node_id, ns, name, chapter_id, person_id, value, lang)
        SELECT s.new_id, d.ns, d.name, p.chapter_id, p.person_id, d.value, d.lang
          FROM source s CROSS JOIN LATERAL (SELECT * FROM dav_property o WHERE o.node_id = s.id OFFSET 0) d
    ), owners AS (
        UPDATE dav_policy n SET node_id = s.new_id FROM source s JOIN dav_policy o ON o.id = s.policy_id AND o.node_id = s.id
         WHERE n.id = new_policies[array_position(old_policies, s.policy_id)]
    )
    SELECT max(m.id) FILTER (WHERE m.parent_id = to_parent), coalesce(sum(m.size), 0) INTO id, bytes FROM made m;
    IF id IS NULL THEN
        PERFORM lost_race();
    END IF;
END $$;
COMMENT ON FUNCTION node_copy IS 'Copies a node to a free name in a collection; deep: with all below it. Contents are shared. The caller notes the bytes.';

-- Contents are shared inside one owner only: a copy to another chapter gets rows of its own for them.
CREATE FUNCTION blobs_adopt(node int8) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    o record;
    b record;
BEGIN
    SELECT chapter_id, person_id INTO STRICT o FROM dav_node WHERE id = node;
    FOR b IN
        SELECT d.id AS node_id, c.sha256, c.size, c.bytes,
               (SELECT array_agg(encode(sha256, 'hex') ORDER BY seq) FROM blob_part WHERE blob_id = c.id) AS part_hashes,
               (SELECT array_agg(size ORDER BY seq) FROM blob_part WHERE blob_id = c.id) AS part_sizes,
               (SELECT array_agg(store::int8 ORDER BY seq) FROM blob_part WHERE blob_id = c.id) AS part_stores
          FROM dav_node d JOIN blob c ON c.id = d.blob_id
         WHERE d.id = ANY (ARRAY(SELECT node UNION ALL
                                 SELECT m.id FROM folders_below(node) f
                                  CROSS JOIN LATERAL (SELECT d.id FROM dav_node d WHERE d.parent_id = f OFFSET 0) m))
    LOOP
        UPDATE dav_node SET blob_id = blob_keep(o.chapter_id, o.person_id, b.sha256, b.size, b.bytes, b.part_hashes, b.part_sizes, b.part_stores)
         WHERE id = b.node_id;
    END LOOP;
END $$;
COMMENT ON FUNCTION blobs_adopt IS 'Gives the nodes of a copy contents of their own owner; the files of the store have been shared before.';


DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['dav_policy', 'blob', 'blob_part', 'dav_node', 'dav_property', 'dav_version', 'dav_lock'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        -- one comparison, one list: every statement prepares it anew for each table
        EXECUTE format('CREATE POLICY scope ON %I USING (coalesce(chapter_id, -person_id) = ANY ((SELECT chapterd.owners())::int8[]))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['quota', 'quota_lease', 'quota_delta', 'dav_trash', 'role_grant', 'override', 'local_group', 'local_group_member',
                             'policy_grant', 'upload', 'upload_part', 'share_link', 'version_rule', 'retention_rule'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (chapter_id = ANY ((SELECT chapterd.owners())::int8[]))', t);
    END LOOP;
    -- What concerns the whole installation is read with any scope, but not without one.
    ALTER TABLE audit ENABLE ROW LEVEL SECURITY;
    CREATE POLICY scope ON audit FOR SELECT USING (chapter_id = ANY ((SELECT chapterd.scope())::int8[])
        OR person_id = (SELECT chapterd.person())
        OR (chapter_id IS NULL AND person_id IS NULL AND (SELECT cardinality(chapterd.scope())) > 0));
    CREATE POLICY added ON audit FOR INSERT WITH CHECK (chapter_id = ANY ((SELECT chapterd.scope())::int8[])
        OR person_id = (SELECT chapterd.person())
        OR (chapter_id IS NULL AND person_id IS NULL));
END $$;

-- ---------------------------------------------------------------- links

-- Who comes by a link has no scope yet: it is that of the link. One place says which links work.
CREATE FUNCTION share_of(token bytea) RETURNS TABLE (id int8, slug text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT l.id, c.slug FROM share_link l JOIN chapter c ON c.id = l.chapter_id AND c.archived IS NULL
     WHERE l.hash = token AND l.ended IS NULL AND l.until >= current_date AND NOT l.paused
       AND coalesce(c.settings ->> 'share', 'board') <> 'nobody';
END $$;
COMMENT ON FUNCTION share_of IS 'The link with this hash of its token and the chapter it is of, as long as it works; whether what it opens is still there and open to it is another question.';
REVOKE ALL ON FUNCTION share_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION share_of TO chapterd;

-- ---------------------------------------------------------------- mail

ALTER TABLE installation ADD mail_key bytea NOT NULL DEFAULT sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'));
COMMENT ON COLUMN installation.mail_key IS 'Key of the hashes of addresses and of the links by which one asks for no more mail. Kept by a restore, so that both go on working.';

CREATE TABLE mail (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    purpose    text NOT NULL CHECK (purpose ~ '^[a-z][a-z-]{1,29}$'),
    again      bool NOT NULL,
    sender     text NOT NULL,
    reply_to   text,
    subject    text NOT NULL,
    body       text NOT NULL,
    method     text,
    calendar   bytea,
    language   text NOT NULL,
    made       timestamptz NOT NULL DEFAULT now(),
    CHECK ((chapter_id IS NULL) <> (person_id IS NULL)),
    CHECK ((method IS NULL) = (calendar IS NULL))
);
CREATE INDEX mail_person ON mail (person_id) WHERE person_id IS NOT NULL;
COMMENT ON TABLE mail IS 'What is to be told, once however many receive it. Belongs to the chapter or the person in whose name it is sent; goes with its last row in mail_queue.';
COMMENT ON COLUMN mail.purpose IS 'What for: a name of mail/purpose.c. Of this one can ask for no more.';
COMMENT ON COLUMN mail.again IS 'Is sent again when a process died over it and nobody knows whether it has left. Otherwise such a row is set aside as unsure.';
COMMENT ON COLUMN mail.sender IS 'The name before the address of the installation.';
COMMENT ON COLUMN mail.method IS 'That of the calendar object (RFC 6047), such as REQUEST.';
COMMENT ON COLUMN mail.calendar IS 'An iCalendar object that goes with the text, as it is sent.';

CREATE TABLE mail_queue (
    id          int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    mail_id     int8 NOT NULL REFERENCES mail ON DELETE CASCADE,
    chapter_id  int8,
    person_id   int8,
    receiver_id int8 REFERENCES person ON DELETE CASCADE,
    address     text NOT NULL CHECK (length(address) BETWEEN 3 AND 254),
    name        text NOT NULL,
    mark        bytea NOT NULL CHECK (length(mark) = 16),
    message_id  uuid NOT NULL DEFAULT gen_random_uuid(),
    state       text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sending', 'unsure', 'failed')),
    next_try    timestamptz NOT NULL,
    expires     timestamptz NOT NULL,
    tries       int4 NOT NULL DEFAULT 0,
    since       timestamptz NOT NULL DEFAULT now(),
    problem     text,
    CHECK ((chapter_id IS NULL) <> (person_id IS NULL))
);
CREATE INDEX mail_queue_waiting ON mail_queue (next_try, id) WHERE state = 'waiting';
CREATE INDEX mail_queue_expires ON mail_queue (expires) WHERE state = 'waiting';
CREATE INDEX mail_queue_since ON mail_queue (since) WHERE state <> 'waiting';
CREATE INDEX mail_queue_mail ON mail_queue (mail_id);
CREATE INDEX mail_queue_receiver ON mail_queue (receiver_id) WHERE receiver_id IS NOT NULL;
COMMENT ON TABLE mail_queue IS 'Who is still to receive a mail. A row goes when the relay has taken the mail; those that failed, and those of which nobody knows, two weeks later. Left out of backups: nothing is sent twice.';
COMMENT ON COLUMN mail_queue.chapter_id IS 'As of mail; so person_id.';
COMMENT ON COLUMN mail_queue.receiver_id IS 'Somebody of ours; NULL: an outsider.';
COMMENT ON COLUMN mail_queue.mark IS 'Keyed hash of the address, as in mail_optout.';
COMMENT ON COLUMN mail_queue.message_id IS 'Part of its Message-ID: the same at each try, so that a second copy can be told from another mail.';
COMMENT ON COLUMN mail_queue.state IS 'sending: a process has it, or died over it; unsure: perhaps it was delivered, it is not sent again by itself; failed: refused for good, or too late.';
COMMENT ON COLUMN mail_queue.expires IS 'Is given up then.';
COMMENT ON COLUMN mail_queue.since IS 'When it came into this state.';
COMMENT ON COLUMN mail_queue.problem IS 'Why it is not delivered yet, or failed: the numbers of the answer ("450 4.2.0") or a word. Never what the server wrote, which may name people.';

CREATE TABLE mail_once (
    hash       bytea PRIMARY KEY,
    chapter_id int8,
    person_id  int8,
    outside    bool NOT NULL,
    made       timestamptz NOT NULL DEFAULT now(),
    until      date NOT NULL,
    CHECK ((chapter_id IS NULL) <> (person_id IS NULL))
);
CREATE INDEX mail_once_made ON mail_once ((coalesce(chapter_id, -person_id)), made);
CREATE INDEX mail_once_until ON mail_once (until);
COMMENT ON TABLE mail_once IS 'What has been queued, by keyed hash of what and to whom: so it goes to each once, and what a chapter sends in a day is counted.';
COMMENT ON COLUMN mail_once.outside IS 'To somebody who is not one of ours.';
COMMENT ON COLUMN mail_once.until IS 'Is forgotten after this day.';

CREATE TABLE mail_optout (
    hash       bytea NOT NULL CHECK (length(hash) = 16),
    chapter_id int8 NOT NULL DEFAULT 0,
    person_id  int8 NOT NULL DEFAULT 0,
    purpose    text NOT NULL,
    made       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (hash, chapter_id, person_id, purpose)
);
COMMENT ON TABLE mail_optout IS 'Who wants no more mail of this purpose from this chapter or person (the other is 0). No wall: it holds keyed hashes, and who asks for it has no login.';
COMMENT ON COLUMN mail_optout.hash IS 'Of the address, keyed with installation.mail_key: nobody can be read out of it.';

CREATE TABLE mail_count (
    chapter_id int8 NOT NULL DEFAULT 0,
    person_id  int8 NOT NULL DEFAULT 0,
    day        date NOT NULL DEFAULT current_date,
    purpose    text NOT NULL,
    outcome    text NOT NULL CHECK (outcome IN ('sent', 'failed', 'unsure')),
    n          int4 NOT NULL,
    PRIMARY KEY (day, chapter_id, person_id, purpose, outcome)
);
COMMENT ON TABLE mail_count IS 'What has become of mails: numbers by day, owner (the other is 0) and purpose, no people. Kept for 400 days.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['mail', 'mail_queue', 'mail_once', 'mail_count'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (coalesce(nullif(chapter_id, 0), -person_id) = ANY ((SELECT chapterd.owners())::int8[]))', t);
    END LOOP;
END $$;

-- In a transaction of whoever has something to tell, so that the mail is sent if and only if that happens.
CREATE FUNCTION mail_add(chapter int8, person int8, what text, resend bool, from_name text, reply text, about text, words text,
    way text, object bytea, lang text, start timestamptz, expire_days int4, once_days int4, day_most int4, outside_most int4,
    addresses text[], names text[], people int8[], marks text[], hashes text[])
RETURNS TABLE (queued int8, stopped int8, before int8, beyond int8) LANGUAGE plpgsql AS $$
#variable_conflict use_variable
DECLARE
    m int8;
    today int8;
    today_outside int8;
    fresh text[];
BEGIN
    SELECT count(*), count(*) FILTER (WHERE o.outside) INTO today, today_outside
      FROM mail_once o WHERE coalesce(o.chapter_id, -o.person_id) = coalesce(chapter, -person) AND o.made >= current_date;
    WITH receiver AS (
        SELECT DISTINCT ON (t.hash) t.hash, t.p <= 0 AS outside, t.nth,
               EXISTS (SELECT FROM mail_optout x WHERE x.hash = decode(t.mark, 'hex') AND x.chapter_id = coalesce(chapter, 0)
                          AND x.person_id = coalesce(person, 0) AND x.purpose = what) AS has_stopped,
               EXISTS (SELECT FROM mail_once o WHERE o.hash = decode(t.hash, 'hex') AND o.until >= current_date) AS was_before
          FROM unnest(people, marks, hashes) WITH ORDINALITY AS t (p, mark, hash, nth) ORDER BY t.hash, t.nth
    ), ranked AS (
        SELECT r.*, count(*) FILTER (WHERE NOT r.has_stopped AND NOT r.was_before) OVER w AS rank,
               count(*) FILTER (WHERE NOT r.has_stopped AND NOT r.was_before AND r.outside) OVER w AS rank_outside
          FROM receiver r WINDOW w AS (ORDER BY r.nth)
    ), judged AS (
        SELECT r.*, NOT r.has_stopped AND NOT r.was_before AS wanted,
               today + r.rank <= day_most AND (NOT r.outside OR today_outside + r.rank_outside <= outside_most) AS fits
          FROM ranked r
    ), noted AS (
        INSERT INTO mail_once AS o (hash, chapter_id, person_id, outside, until)
        SELECT decode(j.hash, 'hex'), chapter, person, j.outside, current_date + once_days FROM judged j WHERE j.wanted AND j.fits
            ON CONFLICT (hash) DO UPDATE SET made = now(), until = excluded.until WHERE o.until < current_date
        RETURNING encode(o.hash, 'hex') AS hash
    )
    SELECT array_agg(n.hash), (SELECT count(*) FROM judged j WHERE j.has_stopped), (SELECT count(*) FROM judged j WHERE j.wanted AND NOT j.fits)
      INTO fresh, stopped, beyond FROM noted n;
    queued := coalesce(cardinality(fresh), 0);
    before := (SELECT count(DISTINCT h) FROM unnest(hashes) h) - queued - stopped - beyond;
    IF queued > 0 THEN
        INSERT INTO mail (chapter_id, person_id, purpose, again, sender, reply_to, subject, body, method, calendar, language)
        VALUES (chapter, person, what, resend, from_name, reply, about, words, way, object, lang) RETURNING mail.id INTO m;
        INSERT INTO mail_queue (mail_id, chapter_id, person_id, receiver_id, address, name, mark, next_try, expires)
        SELECT DISTINCT ON (t.hash) m, chapter, person, nullif(abs(t.p), 0), t.address, t.called, decode(t.mark, 'hex'), start, start + make_interval(days => expire_days)
          FROM unnest(addresses, names, people, marks, hashes) AS t (address, called, p, mark, hash) WHERE t.hash = ANY (fresh);
    END IF;
    RETURN NEXT;
END $$;
COMMENT ON FUNCTION mail_add IS 'Queues a mail to receivers (parallel arrays; people: 0 without an account, below zero an outsider with one), each once by its hash. Says how many are queued, have asked for no more of this purpose, have been told before, or are over a limit of the day.';

-- Whose turn it is, of all chapters and people: the thread that sends has no scope of anybody.
CREATE FUNCTION mail_take(patience int4) RETURNS TABLE (id int8, tries int4, chapter_id int8, person_id int8, purpose text, address text, name text,
    mark text, message_id text, sender text, reply_to text, subject text, body text, method text, calendar bytea, language text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
DECLARE
    taken int8;
BEGIN
    SELECT q.id INTO taken FROM mail_queue q WHERE q.state = 'waiting' AND q.next_try <= now() AND q.expires > now()
     ORDER BY q.next_try, q.id LIMIT 1 FOR UPDATE SKIP LOCKED;
    IF taken IS NULL THEN
        PERFORM mail_tidy(patience);
        RETURN;
    END IF;
    UPDATE mail_queue q SET state = 'sending', since = now(), tries = q.tries + 1 WHERE q.id = taken;
    RETURN QUERY
    SELECT q.id, q.tries, q.chapter_id, q.person_id, m.purpose, q.address, q.name, encode(q.mark, 'hex'), q.message_id::text,
           m.sender, m.reply_to, m.subject, m.body, m.method, m.calendar, m.language
      FROM mail_queue q JOIN mail m ON m.id = q.mail_id WHERE q.id = taken;
END $$;
COMMENT ON FUNCTION mail_take IS 'The mail that has waited longest, marked as being sent; no row: none is due. Several may call it at once.';

CREATE FUNCTION mail_note(chapter int8, person int8, what text, how text, number int8) RETURNS void LANGUAGE sql AS $$
    INSERT INTO mail_count AS c (chapter_id, person_id, purpose, outcome, n) VALUES (coalesce(chapter, 0), coalesce(person, 0), what, how, number)
        ON CONFLICT (day, chapter_id, person_id, purpose, outcome) DO UPDATE SET n = c.n + excluded.n
$$;
COMMENT ON FUNCTION mail_note IS 'Counts what has become of mails.';

-- What a crash leaves: a row in the state sending for longer than any process tries. It may have been delivered.
CREATE FUNCTION mail_tidy(patience int4) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    lost record;
BEGIN
    FOR lost IN
        SELECT q.id, q.chapter_id, q.person_id, m.purpose, m.again, q.state FROM mail_queue q JOIN mail m ON m.id = q.mail_id
         WHERE (q.state = 'sending' AND q.since < now() - make_interval(secs => patience)) OR (q.state = 'waiting' AND q.expires <= now())
           FOR UPDATE OF q SKIP LOCKED LIMIT 1000
    LOOP
        UPDATE mail_queue SET since = now(), next_try = now(),
               state = CASE WHEN lost.state = 'waiting' THEN 'failed' WHEN lost.again THEN 'waiting' ELSE 'unsure' END,
               problem = CASE WHEN lost.state = 'waiting' THEN coalesce(problem, 'late') ELSE 'lost' END
         WHERE id = lost.id;
        IF lost.state = 'waiting' OR NOT lost.again THEN
            PERFORM mail_note(lost.chapter_id, lost.person_id, lost.purpose, CASE lost.state WHEN 'waiting' THEN 'failed' ELSE 'unsure' END, 1);
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION mail_tidy IS 'Sets aside what a process died over patience seconds ago, or queues it again where that is allowed; gives up what is too old.';
REVOKE ALL ON FUNCTION mail_tidy FROM PUBLIC;

CREATE FUNCTION mail_settle(taken int8, try_no int4, how text, why text, pause int4) RETURNS bool
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
DECLARE
    q record;
BEGIN
    SELECT r.mail_id, r.chapter_id, r.person_id, m.purpose, m.again INTO q FROM mail_queue r JOIN mail m ON m.id = r.mail_id
     WHERE r.id = taken AND r.tries = try_no AND r.state IN ('sending', 'unsure') FOR UPDATE OF r;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    IF how = 'sent' THEN
        DELETE FROM mail_queue WHERE id = taken;
        DELETE FROM mail WHERE id = q.mail_id AND NOT EXISTS (SELECT FROM mail_queue r WHERE r.mail_id = q.mail_id);
    ELSE
        UPDATE mail_queue SET problem = why, since = now(), next_try = now() + make_interval(secs => pause),
               tries = tries - CASE how WHEN 'relay' THEN 1 ELSE 0 END,
               state = CASE WHEN how IN ('later', 'relay') OR (how = 'unsure' AND q.again) THEN 'waiting' ELSE how END
         WHERE id = taken;
    END IF;
    IF how IN ('sent', 'failed') OR (how = 'unsure' AND NOT q.again) THEN
        PERFORM mail_note(q.chapter_id, q.person_id, q.purpose, how, 1);
    END IF;
    RETURN true;
END $$;
COMMENT ON FUNCTION mail_settle IS 'What has become of a mail that mail_take gave: sent, later, relay (the relay does not work; no try of its own), failed, unsure. False: it had been given up as lost, and somebody else has it.';

-- One function for all of it: those that get past the wall are few.
CREATE FUNCTION mail_tend(deed text) RETURNS TABLE (state text, purpose text, problem text, n int8, oldest timestamptz, next_try timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
#variable_conflict use_column
DECLARE
    done int8;
BEGIN
    IF deed = 'look' THEN
        RETURN QUERY
        SELECT q.state, m.purpose, q.problem, count(*), min(m.made), min(q.next_try)
          FROM mail_queue q JOIN mail m ON m.id = q.mail_id GROUP BY q.state, m.purpose, q.problem
        UNION ALL
        SELECT 'gone-' || c.outcome, c.purpose, NULL, sum(c.n), NULL, NULL FROM mail_count c
         WHERE c.day >= current_date - 6 GROUP BY c.outcome, c.purpose
        ORDER BY 1, 2, 3;
        RETURN;
    ELSIF deed = 'clear' THEN
        DELETE FROM mail_queue q WHERE q.state IN ('failed', 'unsure') AND q.since < now() - interval '14 days';
        GET DIAGNOSTICS done = ROW_COUNT;
        DELETE FROM mail m WHERE m.made < now() - interval '1 hour' AND NOT EXISTS (SELECT FROM mail_queue q WHERE q.mail_id = m.id);
        DELETE FROM mail_once o WHERE o.until < current_date;
        DELETE FROM mail_count c WHERE c.day < current_date - 400;
    ELSE
        UPDATE mail_queue q SET state = 'waiting', next_try = now(), since = now(), expires = greatest(q.expires, now() + interval '1 day')
         WHERE q.state = deed;
        GET DIAGNOSTICS done = ROW_COUNT;
    END IF;
    RETURN QUERY SELECT deed, '', NULL::text, done, NULL::timestamptz, NULL::timestamptz;
END $$;
COMMENT ON FUNCTION mail_tend IS 'For the operator, without addresses. look: how many mails of all chapters and people are in which state, and (gone-sent ...) what became of those of the last seven days. waiting, failed, unsure: those in that state are tried now; those that were given up get one more day. clear: removes what has been kept long enough, see the tables. The last two say how many in one row.';

REVOKE ALL ON FUNCTION mail_take, mail_settle, mail_tend, mail_note FROM PUBLIC;
GRANT EXECUTE ON FUNCTION mail_take, mail_settle, mail_tend TO chapterd;

-- ---------------------------------------------------------------- searching

-- What of the tree can be searched is made by a job: writers only leave their mark of change, which this index finds.
CREATE INDEX dav_node_file ON dav_node (changed) WHERE kind = 'file' AND NOT gone;

-- What is searched in is made of the contents: a backup leaves it out, and it is made anew after a restore.
CREATE TABLE document_text (
    blob_id    int8 PRIMARY KEY REFERENCES blob ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    tries      int2 NOT NULL DEFAULT 0,
    version    int4 NOT NULL DEFAULT 0,
    problem    text CHECK (problem IN ('kind', 'large', 'damaged', 'encrypted', 'bomb', 'killed')),
    body       text COMPRESSION lz4,
    CHECK (problem IS NULL OR body IS NULL)
);
CREATE INDEX document_text_waiting ON document_text (tries, blob_id) WHERE body IS NULL AND problem IS NULL;
CREATE INDEX document_text_problem ON document_text (version) WHERE problem NOT IN ('kind', 'large');
COMMENT ON TABLE document_text IS 'The text of a content, once however many documents have it; goes with it.';
COMMENT ON COLUMN document_text.tries IS 'How often it was begun to read it; after the third time it is left alone.';
COMMENT ON COLUMN document_text.version IS 'Of the extractor that tried: a newer one tries again what has a problem.';
COMMENT ON COLUMN document_text.problem IS 'Why it is not searchable. kind: has no text; bomb: unpacks to too much; killed: the extractor died or took too long.';
COMMENT ON COLUMN document_text.body IS 'By german_join. NULL without a problem: not read yet.';

CREATE TABLE document_picture (
    blob_id    int8 PRIMARY KEY REFERENCES blob ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    picture    bytea NOT NULL
);
ALTER TABLE document_picture ALTER picture SET STORAGE EXTERNAL; -- no packing of what is packed
COMMENT ON TABLE document_picture IS 'A content that is a picture, small enough for a list: made by the job that reads documents, goes with the content, left out of backups.';
COMMENT ON COLUMN document_picture.picture IS 'A JPEG without anything else that was in the file.';

CREATE TABLE document_index (
    node_id    int8 PRIMARY KEY REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8 NOT NULL,
    blob_id    int8,
    version    int4 NOT NULL,
    name       text NOT NULL,
    words      tsvector COMPRESSION lz4 NOT NULL
);
CREATE INDEX document_index_words ON document_index USING gin (words);
CREATE INDEX document_index_blob ON document_index (blob_id);
CREATE INDEX document_index_version ON document_index (version);
COMMENT ON TABLE document_index IS 'By which words a document is found. Says nothing about rights and places: those are looked up when it is found.';
COMMENT ON COLUMN document_index.blob_id IS 'The content whose words these are.';
COMMENT ON COLUMN document_index.version IS 'german_version() that made them.';
COMMENT ON COLUMN document_index.name IS 'The name whose words are among them.';
COMMENT ON COLUMN document_index.words IS 'Words of the name (weight A) and the text (D), parts of long words, and "#" with the number of the chapter.';

CREATE TABLE document_horizon (
    one  bool PRIMARY KEY DEFAULT true CHECK (one),
    seen xid8 NOT NULL
);
COMMENT ON TABLE document_horizon IS 'All documents changed by transactions before this one are in document_index. No row: nothing is.';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['document_text', 'document_picture', 'document_index'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (chapter_id = ANY ((SELECT chapterd.owners())::int8[]))', t);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA chapterd TO chapterd;
GRANT USAGE ON SEQUENCE dav_node_id_seq TO chapterd;
REVOKE INSERT, DELETE ON installation FROM chapterd;
REVOKE INSERT, UPDATE, DELETE ON migration FROM chapterd;
REVOKE UPDATE, DELETE ON audit FROM chapterd;
