-- Contacts: what is known of a card without reading it (RFC 6352).

SET LOCAL ROLE chapterd_owner;
SET LOCAL search_path = chapterd;

CREATE TABLE card (
    node_id       int8 PRIMARY KEY REFERENCES dav_node ON DELETE CASCADE,
    collection_id int8 NOT NULL,
    chapter_id    int8,
    person_id     int8,
    uid           text NOT NULL,
    uid_hash      text NOT NULL GENERATED ALWAYS AS (md5(uid)) STORED,
    name          text NOT NULL,
    org           text NOT NULL,
    email         text NOT NULL,
    phone         text NOT NULL,
    is_group      bool NOT NULL,
    says          text NOT NULL,
    CHECK (num_nonnulls(chapter_id, person_id) = 1)
);
CREATE UNIQUE INDEX card_uid ON card (collection_id, uid_hash);
COMMENT ON TABLE card IS 'What is known of a contact without reading it: derived from its card, which stays as it was sent.';
COMMENT ON COLUMN card.uid IS 'By which programs know it again.';
COMMENT ON COLUMN card.uid_hash IS 'Of the uid, since a program may make a long one. A column, since an index on md5(uid) is of no use behind a policy: md5 is not leakproof.';
COMMENT ON COLUMN card.name IS 'As lists show it.';
COMMENT ON COLUMN card.email IS 'The first address; empty: none. So org and phone.';
COMMENT ON COLUMN card.is_group IS 'It has members instead of being somebody.';
COMMENT ON COLUMN card.says IS 'The words it is found by on pages, as RFC 5051 compares texts.';
ALTER TABLE card ENABLE ROW LEVEL SECURITY;
CREATE POLICY scope ON card USING (coalesce(chapter_id, -person_id) = ANY ((SELECT chapterd.owners())::int8[]));
GRANT SELECT, INSERT, UPDATE, DELETE ON card TO chapterd;

CREATE FUNCTION card_set(book int8, key text, its_uid text, its_name text, its_org text, its_email text, its_phone text, groups bool, words text)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    n record;
BEGIN
    SELECT d.id, d.chapter_id, d.person_id INTO n FROM dav_node d WHERE d.parent_id = book AND d.name_key = key AND NOT d.gone;
    IF NOT FOUND THEN
        PERFORM lost_race();
    END IF;
    INSERT INTO card (node_id, collection_id, chapter_id, person_id, uid, name, org, email, phone, is_group, says)
    VALUES (n.id, book, n.chapter_id, n.person_id, its_uid, its_name, its_org, its_email, its_phone, groups, words)
        ON CONFLICT (node_id) DO UPDATE SET uid = excluded.uid, name = excluded.name, org = excluded.org, email = excluded.email,
                                            phone = excluded.phone, is_group = excluded.is_group, says = excluded.says;
END $$;
COMMENT ON FUNCTION card_set IS 'What is known of the card with this name in an address book. LOST_RACE when it is not there.';

CREATE FUNCTION card_copy(node int8, to_collection int8, key text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c card;
BEGIN
    SELECT * INTO c FROM card WHERE node_id = node;
    PERFORM card_set(to_collection, key, c.uid, c.name, c.org, c.email, c.phone, c.is_group, c.says);
END $$;
COMMENT ON FUNCTION card_copy IS 'What is known of a card holds for its copy, too.';
