-- Searching in documents: keeping the index, and asking it. See german.sql for what makes words of a text.

SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;

CREATE OR REPLACE FUNCTION document_words(chapter int8, name text, body text) RETURNS tsvector LANGUAGE sql IMMUTABLE AS $$
    SELECT german_words(german_join(name), 'A')
        || german_words(coalesce(body, ''), 'D') || array_to_tsvector(ARRAY['#' || chapter])
$$;
COMMENT ON FUNCTION document_words IS 'What document_index.words holds of a document; body may be NULL.';

-- Runs as the owner: the comparison of marks would not reach the index under row-level security. What is still being
-- written is left for the next time, as in a sync report, so that nothing is missed that is committed late.
CREATE OR REPLACE FUNCTION document_index_step(most int4) RETURNS int4
LANGUAGE plpgsql SECURITY DEFINER SET search_path = chapterd, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    here xid8 := pg_snapshot_xmin(pg_current_snapshot());
    since xid8 := coalesce((SELECT seen FROM document_horizon), '0');
    last xid8;
    n int4;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    WITH found AS MATERIALIZED (
        SELECT d.id, d.chapter_id, d.blob_id, d.size, d.type, d.name, d.changed
          FROM dav_node d LEFT JOIN document_index x ON x.node_id = d.id
         WHERE d.changed >= since AND d.kind = 'file' AND NOT d.gone AND d.chapter_id IS NOT NULL AND d.blob_id IS NOT NULL AND NOT d.noise
           AND (x.node_id IS NULL OR x.blob_id IS DISTINCT FROM d.blob_id OR x.name <> d.name)
         ORDER BY d.changed LIMIT most FOR KEY SHARE OF d
    ), contents AS ( -- and of versions that were the document only between two looks: they may be compared
        INSERT INTO document_text AS t (blob_id, chapter_id, problem)
        SELECT DISTINCT ON (c.blob_id) c.blob_id, c.chapter_id,
               CASE WHEN c.type ~ '^(?:image|audio|video|font)/(?!svg|jpeg|png|gif|webp)' THEN 'kind' WHEN c.size > 64 * 1048576 THEN 'large' END
          FROM (SELECT f.blob_id, f.chapter_id, f.type, f.size FROM found f
                 UNION ALL
                SELECT v.blob_id, f.chapter_id, v.type, v.size
                  FROM found f CROSS JOIN LATERAL (
                       SELECT o.blob_id, o.type, o.size FROM dav_version o WHERE o.node_id = f.id ORDER BY o.id DESC LIMIT 5) v) c
         ORDER BY c.blob_id, 3 NULLS FIRST
            ON CONFLICT (blob_id) DO UPDATE SET problem = NULL -- only its name has said so
         WHERE t.problem = 'kind' AND t.version = 0 AND excluded.problem IS NULL
    ), kept AS ( -- the words of a text that is there already take their time: see document_index_renew
        INSERT INTO document_index AS i (node_id, chapter_id, blob_id, version, name, words)
        SELECT f.id, f.chapter_id, f.blob_id, CASE WHEN t.body IS NULL THEN german_version() ELSE 0 END, f.name,
               document_words(f.chapter_id, f.name, NULL)
          FROM found f LEFT JOIN document_text t ON t.blob_id = f.blob_id
            ON CONFLICT (node_id) DO UPDATE
           SET blob_id = excluded.blob_id, version = excluded.version, name = excluded.name, words = excluded.words
    )
    SELECT count(*), max(changed) INTO n, last FROM found;
    INSERT INTO document_horizon AS h (seen) VALUES (CASE WHEN n < most THEN here ELSE least(here, last) END)
        ON CONFLICT (one) DO UPDATE SET seen = excluded.seen WHERE h.seen <> excluded.seen;
    RETURN n;
END $$;
COMMENT ON FUNCTION document_index_step IS 'Indexes up to `most` documents that are new or have another name or content, and notes contents that are to be read; how many documents. Gives nobody anything to read.';
REVOKE ALL ON FUNCTION document_index_step FROM PUBLIC;
GRANT EXECUTE ON FUNCTION document_index_step TO chapterd;

-- What follows runs with the scope of the job. The settings: its connection keeps the plans it makes, perhaps made while there
-- was nothing to read all of.
CREATE OR REPLACE FUNCTION document_index_renew() RETURNS int4 LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    n int4;
BEGIN
    WITH old AS MATERIALIZED (
        SELECT i.node_id, i.blob_id FROM document_index i WHERE i.version < german_version() ORDER BY i.version LIMIT 50
    ), few AS (
        SELECT s.node_id, s.body
          FROM (SELECT o.node_id, t.body, row_number() OVER w AS nth, sum(pg_column_size(t.body)) OVER w AS weight
                  FROM old o LEFT JOIN document_text t ON t.blob_id = o.blob_id WINDOW w AS (ORDER BY o.node_id)) s
         WHERE s.nth = 1 OR s.weight < 100000
    )
    UPDATE document_index i SET words = document_words(i.chapter_id, i.name, s.body), version = german_version()
      FROM few s WHERE s.node_id = i.node_id;
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END $$;
COMMENT ON FUNCTION document_index_renew IS 'Makes words of texts that came with a new document, or that an older version of german.sql has made, some at a time; how many documents.';

CREATE OR REPLACE FUNCTION document_text_again(extractor int4) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off AS $$
BEGIN
    UPDATE document_text SET problem = NULL, tries = 0 WHERE problem NOT IN ('kind', 'large') AND version < extractor;
END $$;
COMMENT ON FUNCTION document_text_again IS 'What an older extractor could not read, this one will try.';

CREATE OR REPLACE FUNCTION document_text_waiting(most int4)
RETURNS TABLE (blob_id int8, chapter_id int8, tries int2, size int8, sha256 bytea, bytes bytea) LANGUAGE plpgsql STABLE
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    RETURN QUERY
    SELECT t.blob_id, t.chapter_id, t.tries, b.size, b.sha256, b.bytes
      FROM (SELECT w.blob_id, w.chapter_id, w.tries FROM document_text w
             WHERE w.body IS NULL AND w.problem IS NULL ORDER BY w.tries, w.blob_id LIMIT most) t
     CROSS JOIN LATERAL (SELECT c.size, c.sha256, c.bytes FROM blob c WHERE c.id = t.blob_id OFFSET 0) b
     ORDER BY t.tries, t.blob_id;
END $$;
COMMENT ON FUNCTION document_text_waiting IS 'Contents that are to be read, those first that nobody has begun to read.';

CREATE OR REPLACE FUNCTION document_text_tried(blobs int8[], times int4) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    UPDATE document_text t SET tries = t.tries + times WHERE t.blob_id = ANY (blobs);
END $$;
COMMENT ON FUNCTION document_text_tried IS 'Notes that it is begun to read contents (1), or was not, after all (-1).';

-- Waits for no flush, as all of this can be made again, and what follows from it goes into the same log later.
CREATE OR REPLACE FUNCTION document_text_keep(blobs int8[], extractor int4, problems text[], bodies text[]) RETURNS void LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    text_of text;
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    FOR n IN 1 .. cardinality(blobs) LOOP
        text_of := CASE WHEN problems[n] = '' THEN german_join(bodies[n]) END;
        UPDATE document_text t SET version = extractor, problem = nullif(problems[n], ''), body = text_of WHERE t.blob_id = blobs[n];
        IF text_of <> '' THEN
            UPDATE document_index i SET words = document_words(i.chapter_id, i.name, text_of), version = german_version()
             WHERE i.blob_id = blobs[n];
        END IF;
    END LOOP;
END $$;
COMMENT ON FUNCTION document_text_keep IS 'The texts of contents, or why there is none ('''': there is one). Their documents are found by them from now on.';

-- Row-level security would keep the question from the index, so this runs as the owner and draws both walls itself: the
-- chapter must be in the scope, and a collection is read up to a level, or by a grant; auth/access.c says which, and looks
-- again at what comes back. Ranks and paths are made of what may be read only.
CREATE OR REPLACE FUNCTION documents_found(chapter int8, level int2, grants int8[], said text, folder text[], types text[],
    since date, till date, zone text, writer text, most int4, skip int4, shown int4)
RETURNS TABLE (id int8, policy_id int8, read_level int2, write_level int2, name text, folders text[], size int8, modified timestamptz,
    written_by text, by_box bool, problem text, snippet text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = chapterd, pg_temp
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off AS $$
DECLARE
    asked tsquery := german_query(said);
    pattern text := german_pattern(said);
BEGIN
    IF numnode(asked) = 0 OR chapter <> ALL (scope()) THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH hit AS MATERIALIZED (
        SELECT d.id, d.policy_id, p.read_level, p.write_level, d.name, d.parent_id, d.size, d.modified, d.blob_id,
               coalesce(w.name, b.purpose) AS writer, b.id IS NOT NULL AS by_box,
               ts_rank(x.words, asked, 1) AS rank
          FROM (SELECT i.node_id, i.words FROM document_index i WHERE i.words @@ (quote_literal('#' || chapter)::tsquery && asked) OFFSET 0) x
          JOIN dav_node d ON d.id = x.node_id AND NOT d.gone AND d.chapter_id = chapter
          JOIN dav_policy p ON p.id = d.policy_id
          LEFT JOIN person w ON w.id = d.writer_id
          LEFT JOIN share_link b ON b.id = -d.writer_id AND b.chapter_id = d.chapter_id
         WHERE (p.read_level <= level OR p.id = ANY (grants))
           AND (cardinality(types) = 0 OR d.type LIKE ANY (types))
           AND (writer = '' OR strpos(lower(coalesce(w.name, b.purpose)), lower(writer)) > 0)
           AND NOT d.noise
           AND (since IS NULL OR (d.modified AT TIME ZONE zone)::date >= since)
           AND (till IS NULL OR (d.modified AT TIME ZONE zone)::date <= till)
         LIMIT most
    ), best AS MATERIALIZED (
        SELECT h.*, place.names
          FROM (SELECT * FROM hit ORDER BY hit.rank DESC, hit.id DESC) h
         CROSS JOIN LATERAL (
            WITH RECURSIVE up AS (
                SELECT a.parent_id, ARRAY[a.name] AS names, a.gone, a.kind FROM dav_node a WHERE a.id = h.parent_id
                UNION ALL
                SELECT a.parent_id, a.name || up.names, a.gone OR up.gone, a.kind
                  FROM up CROSS JOIN LATERAL (SELECT * FROM dav_node n WHERE n.id = up.parent_id OFFSET 0) a
            )
            SELECT up.names[2:] AS names FROM up WHERE up.parent_id IS NULL AND NOT up.gone AND up.kind = 'folder'
               AND up.names[2:cardinality(folder) + 1] = folder OFFSET 0) place
         ORDER BY h.rank DESC, h.id DESC LIMIT shown + 1 OFFSET skip
    )
    SELECT b.id, b.policy_id, b.read_level, b.write_level, b.name, b.names, b.size, b.modified, b.writer, b.by_box, t.problem,
           german_snippet(coalesce(t.body, ''), pattern)
      FROM (SELECT s.*, row_number() OVER (ORDER BY s.rank DESC, s.id DESC) AS nth FROM best s) b
      LEFT JOIN document_text t ON t.blob_id = b.blob_id
     ORDER BY b.nth;
END $$;
COMMENT ON FUNCTION documents_found IS 'Documents of a chapter of the scope with these words, best first: of `most` that were found and may be read a page of `shown`, and one row more when there are more. folder: names of folders below the root.';
REVOKE ALL ON FUNCTION documents_found FROM PUBLIC;
GRANT EXECUTE ON FUNCTION documents_found TO chapterd;
