-- With the rows in place and before indexes and constraints: what must not come back as it was.

-- No token that a client was ever given means anything here (0.2 of the plan: another cluster counts its
-- transactions anew), so every client lists what there is once, by a new epoch.
UPDATE chapterd.installation SET epoch = DEFAULT, login_key = DEFAULT;

-- Marks of change are numbers of the old cluster's transactions. Tombstones are only of use to old tokens; those
-- of folders stay until what lies below them is buried.
-- What hangs on one goes with it here: the constraints that would see to that are not there yet.
DO $$
DECLARE
    t text;
BEGIN
    FOR t IN
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
         WHERE n.nspname = 'chapterd' AND c.relkind = 'r' AND a.attname = 'node_id' AND NOT a.attisdropped AND c.relname <> 'dav_policy'
    LOOP
        EXECUTE 'DELETE FROM ' || t || ' WHERE node_id IN (SELECT id FROM chapterd.dav_node WHERE gone AND NOT collection)';
    END LOOP;
END $$;
DELETE FROM chapterd.dav_node WHERE gone AND NOT collection;
UPDATE chapterd.dav_node SET changed = pg_current_xact_id(), sync_floor = NULL;
-- No client has a token from before: what has been hidden since then is named to nobody.
UPDATE chapterd.dav_policy SET hidden = NULL, hidden_from = NULL WHERE hidden IS NOT NULL;
UPDATE chapterd.person SET rights_changed = NULL WHERE rights_changed IS NOT NULL;

-- Where the store's files are now.
UPDATE chapterd.blob_part p SET store = m.store FROM chapterd_restore.moved m
 WHERE p.sha256 = decode(m.sha256, 'hex') AND CASE m.kind WHEN 'c' THEN p.chapter_id ELSE p.person_id END = m.owner;

-- A link may have been ended, or got another address, since the backup: each works again when somebody of the chapter has
-- said so.
UPDATE chapterd.share_link SET paused = true WHERE ended IS NULL;
UPDATE chapterd.calendar_feed SET paused = true WHERE ended IS NULL;

-- Every board reads that this happened, and that what came after the backup is lost.
INSERT INTO chapterd.audit (hand, what, kind, other) VALUES ('operator', 'restored', 'chapter', :'backup');

-- What belonged to the moment: sessions, locks (RFC 4918, 6.6: a client must expect them to vanish, and is
-- told so by 412 instead of writing over what is older than it thinks), leases, marks of connections; and links
-- that work once, since they may have been used by now; unfinished uploads, whose pieces no backup holds;
-- mails that waited, some of which have been sent by now; and what is searched in, which a job makes anew. A backup leaves them out; should one have them, they go.
DO $$
DECLARE
    t text;
BEGIN
    FOR t IN
        SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'chapterd' AND c.relkind = 'r'
           AND (c.relpersistence = 'u'
                OR c.relname IN ('session', 'form_once', 'device_setup', 'dav_lock', 'quota_lease', 'commit_mark', 'job_run', 'invitation', 'document_text',
                             'document_index', 'document_horizon', 'document_picture', 'upload', 'upload_part', 'mail', 'mail_queue', 'calendar_import',
                             'calendar_import_item'))
    LOOP
        EXECUTE 'TRUNCATE ' || t;
    END LOOP;
END $$;
