-- The outbox: see mail/mail.h and the comments of the tables.

-- mail_key: the key of hashes of addresses and of links to ask for no more
-- out  key bytea
SELECT mail_key FROM installation;

-- mail_add: queues a mail, to each receiver once
-- in   chapter int8?, person int8?, purpose text, again bool, sender text, reply_to text?, subject text, body text, method text?, calendar bytea?, language text, start timestamptz?, expire_days int4, once_days int4, day_most int4, outside_most int4, addresses text[], names text[], people int8[], marks text[], hashes text[]
-- out  queued int8, stopped int8, before int8, beyond int8
SELECT queued, stopped, before, beyond
  FROM mail_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12, now()), $13, $14, $15, $16, $17, $18, $19, $20, $21);

-- mail_take: the mail whose turn it is, marked as being sent
-- in   patience int4
-- out  id int8, tries int4, chapter int8?, person int8?, purpose text, address text, name text, mark text, message_id text, sender text, reply_to text?, subject text, body text, method text?, calendar bytea?, language text
SELECT id, tries, chapter_id, person_id, purpose, address, name, mark, message_id, sender, reply_to, subject, body, method, calendar, language
  FROM mail_take($1);

-- mail_settle: what has become of it
-- in   id int8, tries int4, outcome text, problem text?, pause int4
-- out  known bool
SELECT mail_settle($1, $2, $3, $4, $5);

-- mail_tend: what there is, for the operator; or what she wants done, and with how many it was
-- in   deed text
-- out  state text, purpose text, problem text?, n int8, oldest timestamptz?, next_try timestamptz?
SELECT state, purpose, problem, n, oldest, next_try FROM mail_tend($1);

-- mail_owner: in whose name mails are sent: a chapter, or else a person
-- in   chapter int8, person int8
-- out  name text
SELECT name FROM chapter WHERE id = $1 AND archived IS NULL
UNION ALL
SELECT name FROM person WHERE id = $2;

-- mail_stopped: has this address asked for no more?
-- in   mark text, chapter int8, person int8, purpose text
-- out  one int4
SELECT 1 FROM mail_optout WHERE hash = decode($1, 'hex') AND chapter_id = $2 AND person_id = $3 AND purpose = $4;

-- mail_stop: no more of this purpose to this address
-- in   mark text, chapter int8, person int8, purpose text
INSERT INTO mail_optout (hash, chapter_id, person_id, purpose) VALUES (decode($1, 'hex'), $2, $3, $4) ON CONFLICT DO NOTHING;

-- mail_allow: the opposite
-- in   mark text, chapter int8, person int8, purpose text
DELETE FROM mail_optout WHERE hash = decode($1, 'hex') AND chapter_id = $2 AND person_id = $3 AND purpose = $4;
