-- What is known of contacts without reading their cards.

-- card_takes: the cards of an address book that have a UID or are that node
-- in   collection int8, uid text, node int8
-- out  node int8, name text, uid text
SELECT c.node_id, n.name, c.uid FROM card c JOIN dav_node n ON n.id = c.node_id
 WHERE c.collection_id = $1 AND (md5(c.uid) = md5($2) OR c.node_id = $3)

-- card_set: what is known of a card that has been written under this name_key
-- in   collection int8, name_key text, uid text, name text, org text, email text, phone text, is_group bool, says text
-- out  done int4
SELECT 1 FROM card_set($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- card_forget: it is removed
-- in   node int8
DELETE FROM card WHERE node_id = $1

-- card_move: it is in another address book of the same tree
-- in   node int8, collection int8
UPDATE card SET collection_id = $2 WHERE node_id = $1

-- card_copy: what is known of it holds for its copy of that name_key in an address book
-- in   node int8, to_collection int8, name_key text
-- out  done int4
SELECT 1 FROM card_copy($1, $2, $3)

-- card_page: contacts of an address book that have all of these words, as RFC 5051 compares texts, in the order of their names
-- in   collection int8, words text[], skip int8, most int4
-- out  file text, name text, org text, email text, phone text, is_group bool
SELECT n.name, c.name, c.org, c.email, c.phone, c.is_group FROM card c JOIN dav_node n ON n.id = c.node_id AND NOT n.gone
 WHERE c.collection_id = $1 AND NOT EXISTS (SELECT FROM unnest($2) AS w WHERE position(w IN c.says) = 0)
 ORDER BY c.says COLLATE "C", n.id OFFSET $3 LIMIT $4

-- card_count: how many card_page would give without its end
-- in   collection int8, words text[]
-- out  n int8
SELECT count(*) FROM card c WHERE c.collection_id = $1 AND NOT EXISTS (SELECT FROM unnest($2) AS w WHERE position(w IN c.says) = 0)

-- cards_by_uid: those of an address book that have one of these UIDs
-- in   collection int8, uids text[]
-- out  uid text, file text, name text
SELECT c.uid, n.name, c.name FROM card c JOIN dav_node n ON n.id = c.node_id AND NOT n.gone
 WHERE c.collection_id = $1 AND md5(c.uid) IN (SELECT md5(u) FROM unnest($2) AS u)
 ORDER BY c.says COLLATE "C", n.id
