-- From here on addresses are sealed by a key file, whose id the database keeps,
-- and what changes is on record.
CREATE TABLE sealed_installation (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  scope     TEXT NOT NULL,     -- what every ARN handed out begins with
  key_file  TEXT NOT NULL,     -- id of the only key file that opens this database
  -- Addresses are found by keyed hashes. Both columns are written while the key
  -- changes; one is read.
  index_a   INTEGER,           -- id of the key of channel.index_a; NULL: not in use
  index_b   INTEGER,
  index_now TEXT NOT NULL CHECK (index_now IN ('a', 'b')),
  scrubbed_at INTEGER          -- since when no plain address of an older version is left in the file
) STRICT;

CREATE TABLE sealed_channel (
  contact        TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  id             TEXT NOT NULL,
  name           TEXT NOT NULL,
  type           TEXT NOT NULL CHECK (type IN ('SMS', 'VOICE', 'EMAIL')),
  address        BLOB NOT NULL, -- sealed
  mask           TEXT NOT NULL, -- what of it may be read without the key
  index_a        BLOB,          -- keyed hash of the canonical address
  index_b        BLOB,
  deferred_at    INTEGER,
  activated_at   INTEGER,
  deactivated_at INTEGER,
  readdressed_at INTEGER,
  version        INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  request        BLOB,          -- the idempotency row that made it
  PRIMARY KEY (contact, id),
  CHECK (index_a IS NOT NULL OR index_b IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- Who changed what. A row is written once; its MAC covers it and the one before.
CREATE TABLE audit (
  seq       INTEGER PRIMARY KEY,
  at        INTEGER NOT NULL,
  door      TEXT NOT NULL,
  principal TEXT NOT NULL,
  actor     TEXT NOT NULL,
  operation TEXT NOT NULL,
  outcome   TEXT NOT NULL,
  resource  TEXT NOT NULL,
  contact   TEXT NOT NULL,     -- alias of the contact it concerns, or ''
  changes   TEXT NOT NULL,     -- JSON, addresses masked
  request   TEXT NOT NULL,
  client    TEXT NOT NULL,
  key       INTEGER NOT NULL,  -- id of the key of the MAC
  mac       BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX audit_by_contact ON audit (contact, seq);
CREATE UNIQUE INDEX audit_by_actor ON audit (actor, seq);
CREATE UNIQUE INDEX audit_by_operation ON audit (operation, seq);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_is_not_shortened BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
