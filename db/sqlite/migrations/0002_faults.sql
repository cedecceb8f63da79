-- When somebody looked up an address, or compared one with those of other contacts: for the
-- limit of look-ups. A look-up that finds a contact is in the audit trail too.
CREATE TABLE address_lookup (
  principal TEXT NOT NULL,
  at        INTEGER NOT NULL,
  id        TEXT NOT NULL,
  PRIMARY KEY (principal, at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX address_lookup_ended ON address_lookup (at, principal, id);


-- Replies: what people answered, and how often they were answered.

ALTER TABLE channel ADD COLUMN stopped_at INTEGER; -- when the person replied STOP; NULL: not, or START since
ALTER TABLE channel ADD COLUMN refused_at INTEGER; -- when a reply said that the number is wrong; NULL: none did since the last code
CREATE UNIQUE INDEX channel_objected ON channel (created_at, contact, id) WHERE stopped_at IS NOT NULL OR refused_at IS NOT NULL;
UPDATE channel SET stopped_at = (SELECT coalesce(m.reported_at, m.created_at) FROM message m WHERE m.id = channel.message)
WHERE type = 'SMS' AND activated_at IS NULL AND message IN (SELECT id FROM message WHERE reason = 'replied_stop');

-- Automatic answers to numbers, as keyed hashes, which a limit counts for an hour.
CREATE TABLE answer (
  address BLOB NOT NULL,
  at      INTEGER NOT NULL,
  id      TEXT NOT NULL,
  PRIMARY KEY (address, at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX answer_ended ON answer (at, address, id);


-- Sign-in

-- The browsers that have signed in to an account. Each has a count of failed
-- sign-ins of its own, so that nobody else can delay it. One cookie may stand for
-- several accounts.
CREATE TABLE device (
  id         TEXT PRIMARY KEY NOT NULL, -- under which its failures are counted; it outlives the cookie
  token      BLOB NOT NULL,             -- SHA-256 of the cookie
  owner      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX device_by_token ON device (token, owner);
CREATE UNIQUE INDEX device_by_owner ON device (owner, ends_at, id);
CREATE UNIQUE INDEX device_ended ON device (ends_at, id);

-- sign_in_failure.name was a SHA-256, from which an address can be guessed. It is
-- a keyed hash now. The old counts cannot be carried over.
DELETE FROM sign_in_failure;

-- When the person last proved who they are, to do what an open session alone may
-- not do.
ALTER TABLE session ADD COLUMN proved_at INTEGER NOT NULL DEFAULT 0;
UPDATE session SET proved_at = created_at;

-- Who made an access key: the id of the user, '' for the command line, and the
-- name as it was then.
ALTER TABLE access_key ADD COLUMN maker TEXT NOT NULL DEFAULT '';
ALTER TABLE access_key ADD COLUMN maker_name TEXT NOT NULL DEFAULT '';
UPDATE access_key SET
  maker = coalesce((SELECT CASE WHEN a.door = 'browser' THEN a.principal ELSE '' END FROM audit a
    WHERE a.operation = 'CreateAccessKey' AND a.outcome = 'done' AND a.resource LIKE '%:access-key/' || access_key.id ORDER BY a.seq DESC LIMIT 1), ''),
  maker_name = coalesce((SELECT a.actor FROM audit a
    WHERE a.operation = 'CreateAccessKey' AND a.outcome = 'done' AND a.resource LIKE '%:access-key/' || access_key.id ORDER BY a.seq DESC LIMIT 1), '');


-- Messages

-- Limits count the test messages of the whole installation.
CREATE INDEX message_tests ON message (created_at) WHERE kind = 'test' AND address IS NOT NULL;


-- Addresses

-- The version of the form in which email addresses are compared: 1 is that of 0001. A
-- program that knows a later one renews channel.address_hash and users.canonical.
ALTER TABLE installation ADD COLUMN address_form INTEGER NOT NULL DEFAULT 1;
