-- What is known of contacts without reading their cards.

-- card_takes: the cards of an address book that have a UID or are that node
-- in   collection int8, uid text, node int8
-- out  node int8, name text, uid text
SELECT c.node_id, n.name, c.uid
  FROM (SELECT k.node_id, k.uid FROM card k WHERE k.collection_id = $1 AND k.uid_hash = md5($2)
        UNION SELECT k.node_id, k.uid FROM card k WHERE k.node_id = $3 AND k.collection_id = $1) c
  JOIN dav_node n ON n.id = c.node_id

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
SELECT c.uid, n.name, c.name
  FROM unnest($2) AS w (uid)
 CROSS JOIN LATERAL (SELECT * FROM card k WHERE k.collection_id = $1 AND k.uid_hash = md5(w.uid) OFFSET 0) c
 CROSS JOIN LATERAL (SELECT d.name FROM dav_node d WHERE d.id = c.node_id AND NOT d.gone OFFSET 0) n
 ORDER BY c.says COLLATE "C", c.node_id
