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
-- out  n int4
SELECT document_index_renew()

-- document_index_clear: of documents that have been deleted
DELETE FROM document_index i USING dav_node n WHERE n.id = i.node_id AND n.gone

-- document_text_again: a newer extractor tries what an older one could not read
-- in   version int4
-- out  done int4
SELECT 1 FROM document_text_again($1)

-- document_text_waiting: contents that are to be read, those first that nobody has begun to read
-- in   most int4
-- out  blob int8, chapter int8, tries int2, size int8, sha256 bytea, bytes bytea?
SELECT blob_id, chapter_id, tries, size, sha256, bytes FROM document_text_waiting($1)

-- document_text: what has been read of a content
-- in   blob int8
-- out  problem text?, body text?
SELECT problem, body FROM document_text WHERE blob_id = $1

-- document_picture_keep: the small picture of a content
-- in   blob int8, picture bytea
INSERT INTO document_picture (blob_id, chapter_id, picture) SELECT b.id, b.chapter_id, $2 FROM blob b WHERE b.id = $1
    ON CONFLICT (blob_id) DO UPDATE SET picture = excluded.picture

-- document_picture: the small picture of a content
-- in   blob int8
-- out  picture bytea
SELECT picture FROM document_picture WHERE blob_id = $1

-- document_pictures: those of some documents that have one
-- in   nodes int8[]
-- out  node int8
SELECT n.id FROM dav_node n JOIN document_picture p ON p.blob_id = n.blob_id WHERE n.id = ANY ($1)

-- document_text_tried: notes that it is begun to read contents (1), so that what takes the daemon with it is left alone in the end; or was not, after all (-1)
-- in   blobs int8[], times int4
-- out  done int4
SELECT 1 FROM document_text_tried($1, $2)

-- document_text_keep: the texts of contents, or why there is none ('': there is one); their documents are found by them from now on
-- in   blobs int8[], version int4, problems text[], bodies text[]
-- out  done int4
SELECT 1 FROM document_text_keep($1, $2, $3, $4)
