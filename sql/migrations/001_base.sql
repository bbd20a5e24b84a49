-- The ground everything stands on: chapters, people, the tree of nodes, contents, space.
-- Run by chapterctl migrate as a role that may SET ROLE chapterd_owner; the daemon's role
-- "chapterd" owns nothing and gets only what is granted here.

CREATE SCHEMA chapterd AUTHORIZATION chapterd_owner;
SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;
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
    gone        timestamptz
);
CREATE UNIQUE INDEX person_uid ON person (lower(uid)) WHERE gone IS NULL;
COMMENT ON TABLE person IS 'Somebody who has signed in, or whom the directory names. Holds roles, owns next to nothing.';
COMMENT ON COLUMN person.directory_id IS 'entryUUID, or the attribute configured: the stable identity.';
COMMENT ON COLUMN person.uid IS 'Login name; may change. "~" and a number: somebody else has her former name, her new one is not known yet.';
COMMENT ON COLUMN person.refreshed IS 'Last time the directory confirmed her, to the day.';
COMMENT ON COLUMN person.state_admin IS 'In the group of state admins at the last look.';
COMMENT ON COLUMN person.gone IS 'No longer in the directory since: no access.';

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
    UNIQUE (chapter_id, person_id, role)
);
COMMENT ON TABLE role_grant IS 'A role given by the chapter itself rather than by the directory.';
COMMENT ON COLUMN role_grant.until IS 'Last day on which it holds; NULL: until revoked.';

CREATE TABLE session (
    id_hash   bytea PRIMARY KEY,
    person_id int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    created   timestamptz NOT NULL DEFAULT now(),
    used      timestamptz NOT NULL DEFAULT now(),
    expires   timestamptz NOT NULL
);
CREATE INDEX session_person ON session (person_id);
COMMENT ON TABLE session IS 'A browser that is signed in.';
COMMENT ON COLUMN session.id_hash IS 'SHA-256 of the cookie: who reads the table cannot sign in with it.';

CREATE UNLOGGED TABLE login_failure (
    bucket  bytea PRIMARY KEY,
    count   int4 NOT NULL,
    first   timestamptz NOT NULL DEFAULT now(),
    last    timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE login_failure IS 'Failed logins of the last minutes, by keyed hash of account and network; successes cost nothing.';

-- ---------------------------------------------------------------- who may what

-- Grants and memberships are read by the owner: whose they are is what decides the scope, so they come before it.
CREATE FUNCTION roles_of(who int8) RETURNS TABLE (chapter_id int8, role int2)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp AS $$
    WITH RECURSIVE own AS (
        SELECT g.chapter_id, g.role FROM chapter_group g JOIN person_group p USING (group_key)
         WHERE p.person_id = who
        UNION ALL
        SELECT r.chapter_id, r.role FROM role_grant r
         WHERE r.person_id = who AND (r.until IS NULL OR r.until >= current_date)
    ), up AS (
        SELECT c.id, c.parent_id, c.kind, c.members_go_up, o.role
          FROM own o JOIN chapter c ON c.id = o.chapter_id
         WHERE c.archived IS NULL
        UNION
        SELECT c.id, c.parent_id, c.kind, c.members_go_up, 2::int2
          FROM up u JOIN chapter c ON c.id = u.parent_id
         WHERE u.members_go_up AND u.kind <> 'network' AND c.kind <> 'network' AND c.archived IS NULL
    )
    SELECT id, max(role) FROM up GROUP BY id ORDER BY id
$$;
COMMENT ON FUNCTION roles_of IS 'Effective roles of a person: LDAP groups, grants, and membership (never board or chair) up the tree. Neither into nor out of a network, nothing from an archived chapter.';
REVOKE ALL ON FUNCTION roles_of FROM PUBLIC;
GRANT EXECUTE ON FUNCTION roles_of TO chapterd;

-- A login name belongs to whom the directory says now: whoever else has it is set aside under "~id"
-- until the directory is asked about her, and former names stay as aliases while nobody else has them.
CREATE FUNCTION people_refresh(ids text[], uids text[], names text[], mails text[], admins text[])
RETURNS TABLE (directory_id text, person_id int8) LANGUAGE plpgsql AS $$
#variable_conflict use_column
BEGIN
    IF EXISTS (
        SELECT FROM person p JOIN unnest(ids, uids, names, mails) AS n (id, uid, name, mail) ON p.directory_id = n.id
         WHERE (p.uid, p.name, p.mail, p.state_admin) IS DISTINCT FROM (n.uid, n.name, nullif(n.mail, ''), n.id = ANY (admins))
            OR p.gone IS NOT NULL OR p.refreshed < now() - interval '1 day')
    THEN
        PERFORM FROM person p
          WHERE p.directory_id = ANY (ids) OR lower(p.uid) IN (SELECT lower(u) FROM unnest(uids) u)
          ORDER BY p.id FOR UPDATE;
        INSERT INTO person_alias (uid, person_id)
        SELECT DISTINCT ON (lower(p.uid)) lower(p.uid), p.id FROM person p JOIN unnest(ids, uids) AS n (id, uid) ON p.directory_id = n.id
         WHERE lower(p.uid) <> lower(n.uid) AND p.uid NOT LIKE '~%'
            ON CONFLICT (uid) DO UPDATE SET person_id = excluded.person_id;
        DELETE FROM person_alias WHERE uid IN (SELECT lower(u) FROM unnest(uids) u);
        UPDATE person p SET uid = '~' || p.id FROM unnest(ids, uids) AS n (id, uid)
         WHERE p.gone IS NULL AND lower(p.uid) = lower(n.uid) AND p.directory_id <> n.id;
        UPDATE person p
           SET uid = CASE WHEN n.nth = 1 THEN n.uid ELSE '~' || p.id END, name = n.name, mail = nullif(n.mail, ''),
               state_admin = n.id = ANY (admins), refreshed = now(), gone = NULL
          FROM (SELECT t.id, t.uid, t.name, t.mail, row_number() OVER (PARTITION BY lower(t.uid) ORDER BY t.id) AS nth
                  FROM unnest(ids, uids, names, mails) AS t (id, uid, name, mail)) n
         WHERE p.directory_id = n.id
           AND ((p.uid, p.name, p.mail, p.state_admin) IS DISTINCT FROM (n.uid, n.name, nullif(n.mail, ''), n.id = ANY (admins))
                OR p.gone IS NOT NULL OR p.refreshed < now() - interval '1 day');
    END IF;
    RETURN QUERY SELECT p.directory_id, p.id FROM person p WHERE p.directory_id = ANY (ids);
END $$;
COMMENT ON FUNCTION people_refresh IS 'What the directory says of people, for those of them who are known; writes only what differs. admins: the ids among them who are state admins.';

CREATE FUNCTION groups_refresh(people int8[], pair_person int8[], pair_key text[]) RETURNS void LANGUAGE sql AS $$
    DELETE FROM person_group g
     WHERE g.person_id = ANY (people)
       AND (NOT EXISTS (SELECT FROM unnest(pair_person, pair_key) AS n (person, key) WHERE n.person = g.person_id AND n.key = g.group_key)
            OR NOT EXISTS (SELECT FROM chapter_group c WHERE c.group_key = g.group_key));
    INSERT INTO person_group (person_id, group_key)
    SELECT DISTINCT n.person, n.key FROM unnest(pair_person, pair_key) AS n (person, key)
     WHERE n.key IN (SELECT group_key FROM chapter_group)
        ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION groups_refresh IS 'The LDAP groups of these people, as pairs; keeps those that mean something to a chapter.';

CREATE FUNCTION person_login(entry text, login text, called text, address text, admin bool, groups text[]) RETURNS int8
LANGUAGE plpgsql AS $$
DECLARE
    me int8;
BEGIN
    IF NOT EXISTS (SELECT FROM person WHERE directory_id = entry) THEN
        INSERT INTO person (directory_id, uid, name) VALUES (entry, '~' || entry, called) ON CONFLICT (directory_id) DO NOTHING;
    END IF;
    SELECT person_id INTO STRICT me FROM people_refresh(ARRAY[entry], ARRAY[login], ARRAY[called], ARRAY[coalesce(address, '')],
        CASE WHEN admin THEN ARRAY[entry] ELSE '{}' END);
    PERFORM groups_refresh(ARRAY[me], array_fill(me, ARRAY[cardinality(groups)]), groups);
    RETURN me;
END $$;
COMMENT ON FUNCTION person_login IS 'Somebody has signed in and this is what the directory says of her; gives her id.';

CREATE FUNCTION rights_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('chapterd_rights', CASE
        WHEN TG_TABLE_NAME IN ('chapter', 'chapter_group') THEN ''
        WHEN TG_TABLE_NAME = 'person' THEN to_jsonb(NEW) ->> 'id'
        WHEN TG_OP = 'DELETE' THEN to_jsonb(OLD) ->> 'person_id'
        ELSE to_jsonb(NEW) ->> 'person_id' END);
    RETURN NULL;
END $$;
COMMENT ON FUNCTION rights_changed IS 'Tells every process that what it remembers of rights is old: of one person (her id), or of all (empty).';
CREATE TRIGGER rights_changed AFTER UPDATE OF parent_id, kind, members_go_up, archived ON chapter
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON chapter_group
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON person_group
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER INSERT OR UPDATE OR DELETE ON role_grant
    FOR EACH ROW EXECUTE FUNCTION rights_changed();
CREATE TRIGGER rights_changed AFTER UPDATE OF state_admin, gone ON person
    FOR EACH ROW WHEN ((OLD.state_admin, OLD.gone) IS DISTINCT FROM (NEW.state_admin, NEW.gone)) EXECUTE FUNCTION rights_changed();

-- ---------------------------------------------------------------- the tree

CREATE TABLE dav_policy (
    id          int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id  int8 REFERENCES chapter,
    person_id   int8 REFERENCES person ON DELETE CASCADE,
    read_level  int2 NOT NULL CHECK (read_level BETWEEN 0 AND 9),
    write_level int2 NOT NULL CHECK (write_level BETWEEN 0 AND 9 AND write_level >= read_level),
    CHECK (num_nonnulls(chapter_id, person_id) = 1)
);
COMMENT ON TABLE dav_policy IS 'Who may read and write a collection and everything below it that has no policy of its own.';
COMMENT ON COLUMN dav_policy.read_level IS 'Least role: 0 public, 1 federation, 2 member, 3 board, 4 chair, 9 nobody.';

CREATE TABLE blob (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 REFERENCES chapter,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    size       int8 NOT NULL CHECK (size >= 0),
    bytes      bytea COMPRESSION lz4,
    key_id     int4,
    touched    timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(chapter_id, person_id) = 1),
    CHECK (bytes IS NULL OR length(bytes) = size)
);
CREATE UNIQUE INDEX blob_chapter ON blob (chapter_id, sha256) WHERE chapter_id IS NOT NULL;
CREATE UNIQUE INDEX blob_person ON blob (person_id, sha256) WHERE person_id IS NOT NULL;
COMMENT ON TABLE blob IS 'A content by its hash; shared inside one chapter or person only.';
COMMENT ON COLUMN blob.bytes IS 'The content itself when it is small; otherwise it is in the store, see blob_part.';
COMMENT ON COLUMN blob.key_id IS 'Reserved for encryption at rest.';
COMMENT ON COLUMN blob.touched IS 'Last time somebody stored it: unreferenced ones are swept 7 days after.';

CREATE TABLE blob_part (
    blob_id    int8 NOT NULL REFERENCES blob ON DELETE CASCADE,
    seq        int4 NOT NULL,
    chapter_id int8 REFERENCES chapter,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    size       int8 NOT NULL,
    store      int2 NOT NULL DEFAULT 0,
    PRIMARY KEY (blob_id, seq)
);
CREATE INDEX blob_part_sha256 ON blob_part (sha256);
COMMENT ON TABLE blob_part IS 'The files of the store that make up a content.';
COMMENT ON COLUMN blob_part.store IS '0: the disk.';

CREATE TABLE dav_node (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    root_id    int8 NOT NULL,
    parent_id  int8 REFERENCES dav_node,
    chapter_id int8 REFERENCES chapter,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    policy_id  int8 NOT NULL REFERENCES dav_policy,
    kind       text NOT NULL,
    collection bool NOT NULL,
    name       text NOT NULL,
    name_key   text NOT NULL,
    type       text,
    etag       text,
    blob_id    int8 REFERENCES blob,
    size       int8 NOT NULL DEFAULT 0,
    created    timestamptz NOT NULL DEFAULT now(),
    modified   timestamptz NOT NULL DEFAULT now(),
    changed    xid8 NOT NULL DEFAULT pg_current_xact_id(),
    gone       bool NOT NULL DEFAULT false,
    gone_at    timestamptz,
    CHECK (num_nonnulls(chapter_id, person_id) = 1),
    CHECK (gone = (gone_at IS NOT NULL))
);
CREATE UNIQUE INDEX dav_node_name ON dav_node (parent_id, name_key) WHERE NOT gone;
CREATE UNIQUE INDEX dav_node_root ON dav_node (chapter_id, kind) WHERE parent_id IS NULL AND NOT gone AND chapter_id IS NOT NULL;
CREATE INDEX dav_node_changed ON dav_node (parent_id, changed);
CREATE INDEX dav_node_root_changed ON dav_node (root_id, changed);
CREATE INDEX dav_node_blob ON dav_node (blob_id) WHERE blob_id IS NOT NULL;
CREATE INDEX dav_node_gone ON dav_node (gone_at) WHERE gone;
COMMENT ON TABLE dav_node IS 'The tree: one row a folder, document, calendar, event, contact, wiki page. Narrow: bodies, locks and properties hang on it.';
COMMENT ON COLUMN dav_node.root_id IS 'The root of its tree: its own id for a root.';
COMMENT ON COLUMN dav_node.policy_id IS 'Whose levels hold here: its own policy or that of the nearest collection above with one.';
COMMENT ON COLUMN dav_node.kind IS 'Name of the dav_kind that serves it.';
COMMENT ON COLUMN dav_node.name IS 'As the client sent it.';
COMMENT ON COLUMN dav_node.name_key IS 'Normal form C of the name: unique among the living of one parent.';
COMMENT ON COLUMN dav_node.etag IS 'Changes with the content; NULL on a collection.';
COMMENT ON COLUMN dav_node.changed IS 'Transaction of the last change that a sync report must tell; see the sync tokens in webdav/README.';
COMMENT ON COLUMN dav_node.gone IS 'A tombstone: deleted or moved away. Keeps the name only.';

CREATE TABLE dav_property (
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    ns         text NOT NULL,
    name       text NOT NULL,
    chapter_id int8 REFERENCES chapter,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    value      text NOT NULL,
    lang       text,
    PRIMARY KEY (node_id, ns, name)
);
COMMENT ON TABLE dav_property IS 'Dead properties: what clients invent (RFC 4918, 4.1).';
COMMENT ON COLUMN dav_property.value IS 'Inner XML that stands alone.';

CREATE TABLE dav_lock (
    token      uuid PRIMARY KEY,
    node_id    int8 NOT NULL REFERENCES dav_node ON DELETE CASCADE,
    chapter_id int8 REFERENCES chapter,
    holder_id  int8 NOT NULL REFERENCES person ON DELETE CASCADE,
    person_id  int8 REFERENCES person ON DELETE CASCADE,
    exclusive  bool NOT NULL,
    deep       bool NOT NULL,
    owner      text,
    expires    timestamptz NOT NULL
);
CREATE INDEX dav_lock_node ON dav_lock (node_id);
CREATE INDEX dav_lock_holder ON dav_lock (holder_id);
CREATE INDEX dav_lock_expires ON dav_lock (expires);
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

CREATE TABLE quota_lease (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL REFERENCES chapter,
    bytes      int8 NOT NULL CHECK (bytes >= 0),
    expires    timestamptz NOT NULL
);
CREATE INDEX quota_lease_chapter ON quota_lease (chapter_id);
COMMENT ON TABLE quota_lease IS 'Space set aside before a body is taken: for one upload, or for the small writes of one process.';

CREATE TABLE quota_delta (
    id         int8 PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    chapter_id int8 NOT NULL REFERENCES chapter,
    lease_id   int8,
    bytes      int8 NOT NULL
);
CREATE INDEX quota_delta_chapter ON quota_delta (chapter_id);
COMMENT ON TABLE quota_delta IS 'What one write added or gave back; only inserted, so that writers do not wait for each other. Folded into quota by a job.';
COMMENT ON COLUMN quota_delta.lease_id IS 'The lease that covers it: it counts as part of the lease until that is folded.';

CREATE TABLE job_run (
    name     text PRIMARY KEY,
    started  timestamptz NOT NULL,
    finished timestamptz,
    error    text
);
COMMENT ON TABLE job_run IS 'When each periodic job last ran.';

-- ---------------------------------------------------------------- the second wall

CREATE FUNCTION scope() RETURNS int8[] LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT coalesce(nullif(current_setting('chapterd.scope', true), ''), '{}')::int8[] $$;
COMMENT ON FUNCTION scope IS 'Chapters this transaction may touch; none when nobody said so.';

CREATE FUNCTION person() RETURNS int8 LANGUAGE sql STABLE PARALLEL SAFE AS
$$ SELECT nullif(current_setting('chapterd.person', true), '')::int8 $$;
COMMENT ON FUNCTION person IS 'The person whose own rows this transaction may touch.';

-- The chapters of the scope are locked in the order of their ids, so that two requests cannot wait for each other.
CREATE FUNCTION enter(slugs text, who int8, lock int4) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    ids int8[];
    c int8;
BEGIN
    IF slugs = '*' THEN
        SELECT array_agg(id ORDER BY id) INTO ids FROM chapter WHERE archived IS NULL;
    ELSIF slugs <> '' THEN
        SELECT array_agg(id ORDER BY id) INTO ids FROM chapter
         WHERE slug = ANY (string_to_array(slugs, ',')) AND archived IS NULL;
    END IF;
    PERFORM set_config('chapterd.scope', coalesce(ids, '{}')::text, true),
            set_config('chapterd.person', CASE WHEN who > 0 THEN who::text ELSE '' END, true);
    IF lock > 0 AND ids IS NOT NULL THEN
        FOREACH c IN ARRAY ids LOOP
            IF lock = 1 THEN
                PERFORM pg_advisory_xact_lock_shared(1, c::int4);
            ELSE
                PERFORM pg_advisory_xact_lock(1, c::int4);
            END IF;
        END LOOP;
    END IF;
END $$;
COMMENT ON FUNCTION enter IS 'First statement of every transaction: sets the scope and takes the tree locks (0 none, 1 shared, 2 exclusive).';

DO $$
DECLARE
    t text;
BEGIN
    FOREACH t IN ARRAY ARRAY['dav_policy', 'blob', 'blob_part', 'dav_node', 'dav_property', 'dav_lock'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (chapter_id = ANY ((SELECT chapterd.scope())::int8[])'
                       ' OR person_id = (SELECT chapterd.person()))', t);
    END LOOP;
    FOREACH t IN ARRAY ARRAY['quota', 'quota_lease', 'quota_delta', 'role_grant'] LOOP
        EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
        EXECUTE format('CREATE POLICY scope ON %I USING (chapter_id = ANY ((SELECT chapterd.scope())::int8[]))', t);
    END LOOP;
END $$;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA chapterd TO chapterd;
REVOKE INSERT, DELETE ON installation FROM chapterd;
REVOKE INSERT, UPDATE, DELETE ON migration FROM chapterd;
