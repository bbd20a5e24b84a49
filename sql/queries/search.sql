-- Searching in documents. See sql/functions/search.sql.

-- documents_found: documents of a chapter that have these words, best first; one more than are shown when there are more. level, grants: what may be read there; folder: names below the root; types: patterns
-- in   chapter int8, level int2, grants int8[], said text, folder text[], types text[], since text?, till text?, zone text, writer text, most int4, skip int4, shown int4
-- out  policy int8, read_level int2, write_level int2, name text, folder text, size int8, modified timestamptz, writer text?, by_box bool, problem text?, snippet text
SELECT policy_id, read_level, write_level, name, array_to_string(folders, '/'), size, modified, written_by, by_box, problem, snippet
  FROM documents_found($1, $2, $3, $4, $5, $6, $7::date, $8::date, $9, $10, $11, $12, $13)

-- document_index_step: indexes documents that are new or have changed; how many
-- in   most int4
-- out  n int4
SELECT document_index_step($1)

-- document_index_patience: what follows works through texts and may take longer than a request
-- out  timeout text
SELECT set_config('statement_timeout', '20s', true)

-- document_index_renew: words of texts that came with a new document, or that an older version of the functions has made: some at a time; how many
-- out  n int8
WITH old AS (
    SELECT i.node_id, i.blob_id FROM document_index i WHERE i.version < german_version() ORDER BY i.version LIMIT 50
), few AS (
    SELECT s.node_id, s.body
      FROM (SELECT o.node_id, t.body, row_number() OVER w AS nth, sum(pg_column_size(t.body)) OVER w AS weight
              FROM old o LEFT JOIN document_text t ON t.blob_id = o.blob_id WINDOW w AS (ORDER BY o.node_id)) s
     WHERE s.nth = 1 OR s.weight < 100000
), made AS (
    UPDATE document_index i SET words = document_words(i.chapter_id, i.name, s.body), version = german_version()
      FROM few s WHERE s.node_id = i.node_id RETURNING 1
)
SELECT count(*) FROM made

-- document_index_clear: of documents that have been deleted
DELETE FROM document_index i USING dav_node n WHERE n.id = i.node_id AND n.gone

-- document_text_again: a newer extractor tries what an older one could not read
-- in   version int4
UPDATE document_text SET problem = NULL, tries = 0 WHERE problem NOT IN ('kind', 'large') AND version < $1

-- document_text_waiting: contents that are to be read
-- in   most int4
-- out  blob int8, chapter int8, tries int2, size int8, sha256 bytea, bytes bytea?
SELECT t.blob_id, t.chapter_id, t.tries, b.size, b.sha256, b.bytes FROM document_text t JOIN blob b ON b.id = t.blob_id
 WHERE t.body IS NULL AND t.problem IS NULL ORDER BY t.blob_id LIMIT $1

-- document_text: what has been read of a content
-- in   blob int8
-- out  problem text?, body text?
SELECT problem, body FROM document_text WHERE blob_id = $1

-- document_text_begin: notes that it is begun to read a content, so that one that takes the daemon with it is left alone in the end
-- in   blob int8
UPDATE document_text SET tries = tries + 1 WHERE blob_id = $1

-- document_text_keep: the text of a content, or why there is none; its documents are found by it from now on
-- in   blob int8, version int4, problem text?, body text?
WITH kept AS (
    UPDATE document_text SET version = $2, problem = $3, body = german_join($4) WHERE blob_id = $1 RETURNING blob_id, body
)
UPDATE document_index i SET words = document_words(i.chapter_id, i.name, k.body), version = german_version()
  FROM kept k WHERE i.blob_id = k.blob_id
