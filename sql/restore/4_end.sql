-- Last: the database is whole, and may be used.
SET LOCAL search_path = chapterd;
ANALYZE;
RESET ROLE;
DROP SCHEMA chapterd_restore CASCADE;
COMMIT;
