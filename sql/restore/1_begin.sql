-- Before what pg_restore makes of the dump: one transaction with it, so that there is all of it or nothing.
BEGIN;
SET LOCAL statement_timeout = 0;
SET LOCAL lock_timeout = '10s';
SET LOCAL idle_in_transaction_session_timeout = 0;
SET LOCAL client_min_messages = warning;

-- An installation without content is in nobody's way; chapterctl has looked before, and this is the last look.
DO $$
DECLARE
    used bool := false;
BEGIN
    IF to_regclass('chapterd.migration') IS NOT NULL THEN
        SELECT EXISTS (SELECT FROM chapterd.chapter) OR EXISTS (SELECT FROM chapterd.person)
            OR EXISTS (SELECT FROM chapterd.dav_node) INTO used;
    END IF;
    IF used THEN
        RAISE EXCEPTION 'somebody has begun to use this database';
    END IF;
END $$;
DROP SCHEMA IF EXISTS chapterd CASCADE;
DROP TABLE IF EXISTS chapterd_restore.moved;
CREATE SCHEMA chapterd AUTHORIZATION chapterd_owner;
SET LOCAL ROLE chapterd_owner;
GRANT USAGE ON SCHEMA chapterd TO chapterd;
