-- What a channel knows of the last code that was made for it.
ALTER TABLE channel ADD COLUMN code BLOB;              -- keyed hash of code, ARN and address; NULL: no code is good
ALTER TABLE channel ADD COLUMN code_key INTEGER;       -- id of the key of the hash
ALTER TABLE channel ADD COLUMN code_link BLOB;         -- SHA-256 of the token of the link that stands for the code
ALTER TABLE channel ADD COLUMN code_at INTEGER;        -- when it was made
ALTER TABLE channel ADD COLUMN code_by TEXT;           -- name of who asked for it
ALTER TABLE channel ADD COLUMN code_ends_at INTEGER;
ALTER TABLE channel ADD COLUMN code_tries INTEGER NOT NULL DEFAULT 0;
ALTER TABLE channel ADD COLUMN code_sends INTEGER NOT NULL DEFAULT 0; -- how many were made, one soon after the other
ALTER TABLE channel ADD COLUMN message TEXT;           -- id of the message it went out in; NULL: there was no code since the last change
CREATE UNIQUE INDEX channel_by_link ON channel (code_link) WHERE code_link IS NOT NULL;
CREATE UNIQUE INDEX channel_code_ends ON channel (code_ends_at, contact, id) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX channel_unproved ON channel (created_at, contact, id) WHERE activated_at IS NULL;

-- The outbox, and what became of what it held.
CREATE TABLE message (
  id         TEXT PRIMARY KEY NOT NULL,
  class      TEXT NOT NULL,
  kind       TEXT NOT NULL,
  type       TEXT NOT NULL CHECK (type IN ('SMS', 'VOICE', 'EMAIL')),
  contact    TEXT NOT NULL,    -- alias, or ''
  channel    TEXT NOT NULL,    -- id, or ''
  owner      TEXT NOT NULL,    -- id of the user it is for, or ''
  address    BLOB,             -- keyed hash of kind and canonical address; NULL: no limit counts it
  prefix     BLOB,             -- keyed hash of the number without its last four digits
  nth        INTEGER,          -- among all codes that limits count
  content    BLOB,             -- sealed; NULL once it is sent or dead
  state      TEXT NOT NULL,
  attempts   INTEGER NOT NULL,
  due_at     INTEGER,          -- when it is to be tried next, also if who tries it now should vanish
  ends_at    INTEGER NOT NULL,
  provider   TEXT NOT NULL,
  reference  TEXT NOT NULL,
  says       TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  forget_at  INTEGER,          -- NULL: never
  reported_at INTEGER          -- when the provider, or the person, last said what became of it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_due ON message (class, type, due_at, id) WHERE due_at IS NOT NULL;
CREATE UNIQUE INDEX message_by_channel ON message (contact, channel, id);
CREATE UNIQUE INDEX message_by_owner ON message (owner, id) WHERE owner <> '';
CREATE INDEX message_by_address ON message (address, created_at) WHERE address IS NOT NULL;
CREATE INDEX message_by_prefix ON message (prefix, created_at) WHERE prefix IS NOT NULL;
CREATE INDEX message_counted ON message (created_at, nth) WHERE nth IS NOT NULL;
CREATE UNIQUE INDEX message_nth ON message (nth) WHERE nth IS NOT NULL;
CREATE UNIQUE INDEX message_forget ON message (forget_at, id) WHERE forget_at IS NOT NULL;

CREATE TABLE receipt (
  message   TEXT NOT NULL REFERENCES message (id) ON DELETE CASCADE,
  nth       INTEGER NOT NULL,
  kind      TEXT NOT NULL CHECK (kind IN ('SENT', 'DELIVERED', 'READ', 'ERROR', 'STOP')),
  at        INTEGER NOT NULL,
  provider  TEXT NOT NULL,
  reference TEXT NOT NULL,
  says      TEXT NOT NULL,
  PRIMARY KEY (message, nth)
) STRICT, WITHOUT ROWID;

-- Numbers whose owners replied STOP, as keyed hashes.
CREATE TABLE stopped (
  address BLOB PRIMARY KEY NOT NULL,
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What providers said, by SHA-256, so that saying it again changes nothing.
CREATE TABLE heard (
  report  BLOB PRIMARY KEY NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX heard_ended ON heard (ends_at, report);

-- The new codes that somebody asked for all at once, and how far they have come.
CREATE TABLE resend (
  id          INTEGER PRIMARY KEY CHECK (id = 1),
  door        TEXT NOT NULL,
  principal   TEXT NOT NULL,
  actor       TEXT NOT NULL,
  role        TEXT NOT NULL,
  started_at  INTEGER NOT NULL,
  finished_at INTEGER,
  total       INTEGER NOT NULL,
  seen        INTEGER NOT NULL,
  sent        INTEGER NOT NULL,
  refused     INTEGER NOT NULL,
  created_at  INTEGER, -- of the last channel that was seen, with what follows; NULL: none was
  contact     TEXT NOT NULL,
  channel     TEXT NOT NULL
) STRICT;
