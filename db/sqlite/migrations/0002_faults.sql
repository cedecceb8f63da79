-- Addresses that somebody compared with those of other contacts and found on none. They
-- count against the limit of look-ups. A comparison that finds a contact is in the audit trail.
CREATE TABLE address_check (
  principal TEXT NOT NULL,
  at        INTEGER NOT NULL,
  id        TEXT NOT NULL,
  PRIMARY KEY (principal, at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX address_check_ended ON address_check (at, principal, id);


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
