-- What this database is: made at the first start.
CREATE TABLE installation (
  id           INTEGER PRIMARY KEY CHECK (id = 1),
  scope        TEXT NOT NULL, -- what every ARN handed out begins with
  fingerprints BLOB NOT NULL  -- key of the hashes in idempotency
) STRICT;

CREATE TABLE contact (
  alias        TEXT PRIMARY KEY NOT NULL,
  display_name TEXT NOT NULL,
  type         TEXT NOT NULL CHECK (type IN ('PERSONAL', 'ESCALATION', 'ONCALL_SCHEDULE')),
  plan         TEXT NOT NULL,
  reachability TEXT NOT NULL,
  version      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  request      BLOB            -- the idempotency row that made it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_by_reachability ON contact (reachability, alias);

-- The words a contact is found by, in the order of the list.
CREATE TABLE contact_word (
  reachability TEXT NOT NULL,
  word         TEXT NOT NULL,
  contact      TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  PRIMARY KEY (reachability, word, contact)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_word_by_contact ON contact_word (contact, word);

-- How many contacts there are of each reachability, so that nobody counts them.
CREATE TABLE contact_count (
  reachability TEXT PRIMARY KEY NOT NULL,
  contacts     INTEGER NOT NULL CHECK (contacts >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE channel (
  contact        TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  id             TEXT NOT NULL,
  name           TEXT NOT NULL,
  type           TEXT NOT NULL CHECK (type IN ('SMS', 'VOICE', 'EMAIL')),
  address        TEXT NOT NULL,
  canonical      TEXT NOT NULL,
  deferred_at    INTEGER,
  activated_at   INTEGER,
  deactivated_at INTEGER,
  readdressed_at INTEGER,
  version        INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  request        BLOB,         -- the idempotency row that made it
  PRIMARY KEY (contact, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX channel_by_address ON channel (canonical, contact, type);

-- What a repeated request is answered with. Tokens and parameters are hashed.
CREATE TABLE idempotency (
  request     BLOB PRIMARY KEY NOT NULL,
  parameters  BLOB NOT NULL,
  resource    TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  released_at INTEGER          -- when the resource was deleted
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_released ON idempotency (released_at) WHERE released_at IS NOT NULL;
