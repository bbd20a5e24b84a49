-- German text for searching: one place for whatever searches in what people have written.
-- Run by chapterctl migrate each time, after the migrations: what stands here replaces what was there.
--
-- A text is joined (line ends, soft hyphens), kept like that, and shown like that. To be found it is folded: forms of
-- gender, spellings, accents. Its words are the stems of PostgreSQL's german configuration and, for compounds, the
-- parts of long words: "+befragung" stands for a word that ends in that. Nothing here reads a table.

SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;

CREATE OR REPLACE FUNCTION german_version() RETURNS int4 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT 1 $$;
COMMENT ON FUNCTION german_version IS 'Goes up when the same text gives other words: what was indexed by an older version is indexed again.';

-- A word is joined when it goes on in small letters ("Jugend-\n12 verband", with a line number), not before "und" or
-- "oder" ("Vor-\nund Nachteile"). Before a capital the hyphen stays ("Nordrhein-\nWestfalen").
CREATE OR REPLACE FUNCTION german_join(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT regexp_replace(regexp_replace(regexp_replace(regexp_replace(
               normalize(said, NFKC),
               '\u00AD[ \t]*\r?\n[ \t]*|[\u00AD\u200B-\u200F\u2060\uFEFF\uE000\uE001]', '', 'g'),
               '[\u2010\u2011]', '-', 'g'),
               '([[:alpha:]])-[ \t]*\r?\n[ \t]*(?:[0-9]{1,5}[ \t]+)?(?!(?:und|oder|bzw|sowie|bis)\M)([[:lower:]])', '\1\2', 'g'),
               '([[:alpha:]]-)[ \t]*\r?\n[ \t]*(?:[0-9]{1,5}[ \t]+)?([[:upper:]])', '\1\2', 'g')
$$;
COMMENT ON FUNCTION german_join IS 'A text as people read it: one form of each character, words whole that were divided at the ends of lines.';

-- The order counts: "SchülerInnen" can be told from "Schülerinnen" only before letters become small. No (?<=...) or (?<!...) of
-- more than one letter: PostgreSQL looks through the text from its beginning for each, which takes minutes for a long one.
CREATE OR REPLACE FUNCTION german_fold(joined text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    t text := joined;
BEGIN
    t := regexp_replace(t, '([[:lower:]])Innen(?![[:upper:]])', '\1', 'g');
    t := regexp_replace(t, '([[:lower:]]{3})In\M', '\1', 'g');
    t := lower(t);
    -- Schüler*innen :innen _innen /innen /-innen \*innen (innen) ·innen 'innen; Schüler*innenrat; jede*r, Beamt*e, eine:n
    t := regexp_replace(t, '([[:alpha:]])(?:\\?[*:_·•’'']|/-?|-/)inn?(?:en)?(?=[[:alpha:]]|\M)', '\1', 'g');
    t := regexp_replace(t, '([[:alpha:]])\(inn?(?:en)?\)', '\1', 'g');
    t := regexp_replace(t, '([[:alpha:]]{2})\\?[*:_·•](?:r|n|s|m|e|en|er|em|es|frau|frauen)\M', '\1', 'g');
    -- und/oder, satzung_neu.odt; not 12.03.2024
    t := regexp_replace(t, '(?<=[[:alpha:]])[./_](?=[[:alnum:]])|(?<=[[:digit:]])[./_](?=[[:alpha:]])', ' ', 'g');
    -- Beschluesse, Strasse
    t := replace(t, 'ß', 'ss');
    t := regexp_replace(t, '(?<![aeq])ue', 'ü', 'g');
    t := replace(replace(t, 'ae', 'ä'), 'oe', 'ö');
    IF t ~ '[áàâãåāéèêëēęíìîïīóòôõōøúùûūýÿçćčñńśšşžźżłğ]' THEN
        t := translate(t, 'áàâãåāéèêëēęíìîïīóòôõōøúùûūýÿçćčñńśšşžźżłğ', 'aaaaaaeeeeeeiiiiioooooouuuuyycccnnssszzzlg');
    END IF;
    -- Schülerinnen, Schülerin; not beginnen, gewinnen, Termin, Berlin: those carry a mark meanwhile, which no joined text has
    t := regexp_replace(t, '(beg|gew|ents|bes|ges|vers|nachs|entr|verr|zerr|ger)i(nnen\M)', U&'\\1\E000\\2', 'g');
    t := regexp_replace(t, '([[:alpha:]]{3}[bcdfghjklmnpqrstvwxz])innen\M', '\1', 'g');
    t := replace(t, U&'\E000', 'i');
    t := regexp_replace(t, '([[:alpha:]]{2}(?:er|or|eur|ist|ent|ant|ert|et|at|ot|og|oss|eg|ärzt|amt|und|änd))in\M', '\1', 'g');
    RETURN t;
END $$;
COMMENT ON FUNCTION german_fold IS 'A joined text, or a question, in the one form in which they are compared. Keeps quotation marks and minus signs.';

CREATE OR REPLACE FUNCTION german_plain(folded text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT translate(folded, 'äöü', 'aou')
$$;
COMMENT ON FUNCTION german_plain IS 'Without umlauts, as stems are.';

-- A part begins after three letters at least, has four, and begins as German syllables do. Nearly all words stand alone between
-- spaces, and are many times in a text: those are told first. What is longer than 60 letters is cut, without {8,60}, which
-- PostgreSQL takes fifty times as long for as for +.
CREATE OR REPLACE FUNCTION german_parts(folded text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
BEGIN
    IF folded !~ '[[:alpha:]]{8}' THEN
        RETURN '';
    END IF;
    RETURN (
        WITH piece AS MATERIALIZED (
            SELECT s.piece, length(s.piece) <= 60 AND s.piece ~ '^[[:alpha:]]*$' AS whole
              FROM (SELECT DISTINCT rtrim(p, '.,;:!?') AS piece FROM string_to_table(replace(folded, chr(10), ' '), ' ') p) s
             WHERE length(s.piece) >= 8
        ), word AS (
            SELECT german_plain(p.piece) AS word FROM piece p WHERE p.whole
             UNION
            SELECT german_plain(substr(m[1], i, 60)) FROM piece p CROSS JOIN LATERAL regexp_matches(p.piece, '[[:alpha:]]+', 'g') m
             CROSS JOIN LATERAL generate_series(1, length(m[1]) - 7, 60) i WHERE NOT p.whole
        )
        SELECT array_to_tsvector(coalesce(array_agg('+' || substr(w.word, i)), '{}'))
          FROM word w
         CROSS JOIN LATERAL generate_series(1, length(w.word) - 3) i
         WHERE i = 1
            OR (i > 3 AND substr(w.word, i, 4) ~ '^(?:[bcdfghjklmnpqrstvwxyz]?[aeiouy]|[cpst]h|sch[aeioulmnrwt]|sp[aeioulr]|st[aeiour]|[bdfgkptv]r|[bcfgkp]l|[gk]n|pf|qu|zw|schw|sc|sk|sl|sm)'));
END $$;
COMMENT ON FUNCTION german_parts IS 'What a compound can be found by, each with a plus sign: the long words themselves and their ends.';

CREATE OR REPLACE FUNCTION german_words(joined text, weight "char") RETURNS tsvector LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    folded text := german_fold(joined);
BEGIN
    LOOP
        BEGIN
            RETURN setweight(to_tsvector('pg_catalog.german', folded), weight) || german_parts(folded);
        EXCEPTION WHEN program_limit_exceeded THEN
            folded := left(folded, length(folded) / 2);
        END;
    END LOOP;
END $$;
COMMENT ON FUNCTION german_words IS 'By which a joined text is found. Of one with more words than an index takes, the beginning.';

-- What a long word is looked for by inside others: its stem, unless so little is left that it is in many.
CREATE OR REPLACE FUNCTION german_key(word text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    stem text := (ts_lexize('pg_catalog.german_stem', word))[1];
    plain text := german_plain(word);
BEGIN
    IF length(stem) >= 6 THEN
        RETURN stem;
    END IF;
    RETURN coalesce(substring(plain from '^(.{4,}?)(?:en|e|n|s)$'), plain);
END $$;
COMMENT ON FUNCTION german_key IS 'The beginning of the parts that mean a word, of one word that has been folded.';

CREATE OR REPLACE FUNCTION german_query(said text) RETURNS tsquery LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    folded text := german_fold(german_join(left(said, 400)));
    asked text := websearch_to_tsquery('pg_catalog.german', folded)::text;
    word text;
    stem text;
BEGIN
    FOR word IN SELECT DISTINCT m[1] FROM regexp_matches(folded, '[[:alpha:]]{4,60}', 'g') m LIMIT 32 LOOP
        stem := (ts_lexize('pg_catalog.german_stem', word))[1];
        CONTINUE WHEN stem IS NULL;
        asked := regexp_replace(asked, format('(?<!!|> )''%s''(?! <)', stem),
            format('( ''%s'' | ''+%s'':* )', stem, german_key(word)), 'g');
    END LOOP;
    RETURN asked::tsquery;
END $$;
COMMENT ON FUNCTION german_query IS 'What somebody typed: words, "one after the other", or, -without. A word of four letters also finds compounds with it, but neither in quotation marks nor behind a minus sign. Empty when nothing is left to look for.';

CREATE OR REPLACE FUNCTION german_pattern(said text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT string_agg(CASE WHEN length(k.key) >= 4 THEN '[[:alpha:]]*' ELSE '\m' END
               || replace(replace(replace(replace(k.key, 'ss', '(?:ss|ß)'), 'a', '(?:ae|[aäáàâ])'), 'o', '(?:oe|[oöóô])'), 'u', '(?:ue|[uüúû])')
               || CASE WHEN length(k.key) >= 4 THEN '[[:alpha:]]*' ELSE '(?:e[mnrs]?|n|s)?\M' END, '|' ORDER BY length(k.key) DESC, k.key)
      FROM (SELECT DISTINCT german_key(m[1]) AS key
              FROM regexp_matches(regexp_replace(german_fold(german_join(left(said, 400))), '(?:^|\s)-(?:"[^"]*"|\S+)', ' ', 'g'),
                       '[[:alnum:]]{2,60}', 'g') m
             WHERE ts_lexize('pg_catalog.german_stem', m[1]) <> '{}' LIMIT 32) k
$$;
COMMENT ON FUNCTION german_pattern IS 'A regular expression for the words of a question as they stand in a joined text. NULL: there are none.';

CREATE OR REPLACE FUNCTION german_snippet(joined text, pattern text) RETURNS text LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    body text := left(joined, 200000);
    place int4 := coalesce(regexp_instr(body, pattern, 1, 1, 0, 'i'), 0);
    piece text := substr(body, greatest(place - 100, 1), 260);
BEGIN
    IF place > 101 THEN
        piece := '… ' || regexp_replace(piece, '^\S{0,40}\s+', '');
    END IF;
    IF length(body) > greatest(place - 100, 1) + 260 THEN
        piece := regexp_replace(piece, '\s+\S{0,40}$', '') || ' …';
    END IF;
    piece := btrim(regexp_replace(piece, '\s+', ' ', 'g'));
    RETURN CASE WHEN pattern IS NULL THEN piece ELSE regexp_replace(piece, '(' || pattern || ')', U&'\E000\\1\E001', 'gi') END;
END $$;
COMMENT ON FUNCTION german_snippet IS 'Some 260 characters of a joined text around the first word that fits, such words between U+E000 and U+E001, which no joined text contains. Plain text: to be escaped.';
