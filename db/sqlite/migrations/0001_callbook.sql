-- Times are microseconds since 1970 in UTC. A flag is a time: NULL means not yet.
-- Of a token the SHA-256 is kept and never the token itself. An address is kept
-- sealed by the key file, with a mask that may be shown and a keyed hash to find
-- it by.

-- What this database is.
CREATE TABLE installation (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  scope     TEXT NOT NULL,     -- what every ARN handed out begins with
  key_file  TEXT NOT NULL,     -- id of the only key file that opens this database
  index_key INTEGER NOT NULL   -- id of the key of channel.address_hash
) STRICT;

-- Written to see whether writing is possible.
CREATE TABLE heartbeat (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

-- The answer to a repeated request. Tokens and parameters are hashed.
CREATE TABLE idempotency (
  request     BLOB PRIMARY KEY NOT NULL,
  parameters  BLOB NOT NULL,
  resource    TEXT NOT NULL,
  created_at  INTEGER NOT NULL,
  released_at INTEGER          -- when the resource was deleted
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_released ON idempotency (released_at) WHERE released_at IS NOT NULL;


-- Contacts

CREATE TABLE contact (
  alias        TEXT PRIMARY KEY NOT NULL,
  -- A contact that is deleted and made again has the alias of before and another
  -- id. So a table that means this contact, and not whoever has its name, refers
  -- to the id.
  id           TEXT NOT NULL,  -- a UUID of version 7, which is never shown
  display_name TEXT NOT NULL,
  type         TEXT NOT NULL CHECK (type IN ('PERSONAL', 'ESCALATION', 'ONCALL_SCHEDULE')),
  plan         TEXT NOT NULL,  -- JSON
  reachability TEXT NOT NULL,
  version      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  request      BLOB            -- the idempotency row that made it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_by_id ON contact (id);
CREATE UNIQUE INDEX contact_by_reachability ON contact (reachability, alias);
CREATE UNIQUE INDEX contact_by_type ON contact (type, alias);

-- The words by which a contact is found, in the order of the list.
CREATE TABLE contact_word (
  reachability TEXT NOT NULL,
  word         TEXT NOT NULL,
  contact      TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  PRIMARY KEY (reachability, word, contact)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_word_by_contact ON contact_word (contact, word);

-- How many contacts have each reachability, so that no page counts them.
CREATE TABLE contact_count (
  reachability TEXT PRIMARY KEY NOT NULL,
  contacts     INTEGER NOT NULL CHECK (contacts >= 0)
) STRICT, WITHOUT ROWID;

CREATE TABLE contact_tag (
  contact TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  PRIMARY KEY (contact, key)
) STRICT, WITHOUT ROWID;

-- Resource policies, which grant nothing here.
CREATE TABLE contact_policy (
  contact TEXT PRIMARY KEY NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  policy  TEXT NOT NULL        -- JSON, as it came
) STRICT;

-- That a program has read addresses of a contact in an hour and that this is in
-- the audit trail.
CREATE TABLE address_access (
  contact   TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  principal TEXT NOT NULL,
  hour      INTEGER NOT NULL,  -- when it begins
  PRIMARY KEY (contact, principal, hour)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX address_access_ended ON address_access (hour, contact, principal);

CREATE TABLE channel (
  contact        TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  id             TEXT NOT NULL,
  name           TEXT NOT NULL,
  type           TEXT NOT NULL CHECK (type IN ('SMS', 'VOICE', 'EMAIL')),
  address        BLOB NOT NULL, -- sealed
  mask           TEXT NOT NULL, -- the part of the address that may be shown
  address_hash   BLOB NOT NULL, -- keyed hash of the canonical address
  deferred_at    INTEGER,
  activated_at   INTEGER,
  deactivated_at INTEGER,
  readdressed_at INTEGER,
  version        INTEGER NOT NULL,
  created_at     INTEGER NOT NULL,
  updated_at     INTEGER NOT NULL,
  request        BLOB,          -- the idempotency row that made it
  -- The last code that was made for the channel.
  code           BLOB,          -- keyed hash of code, ARN and address; NULL: no code is good
  code_key       INTEGER,       -- id of the key of the hash
  code_link      BLOB,          -- SHA-256 of the token of the link that stands for the code
  code_at        INTEGER,       -- when it was made
  code_by        TEXT,          -- name of the person who asked for it
  code_ends_at   INTEGER,
  code_tries     INTEGER NOT NULL DEFAULT 0,
  code_sends     INTEGER NOT NULL DEFAULT 0, -- how many were made, one soon after the other
  message        TEXT,          -- id of the message with the code; NULL: there was no code since the last change
  PRIMARY KEY (contact, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX channel_by_address ON channel (address_hash, contact, type);
CREATE UNIQUE INDEX channel_by_link ON channel (code_link) WHERE code_link IS NOT NULL;
CREATE UNIQUE INDEX channel_code_ends ON channel (code_ends_at, contact, id) WHERE code IS NOT NULL;
CREATE UNIQUE INDEX channel_inactive ON channel (created_at, contact, id) WHERE activated_at IS NULL;


-- Messages

-- The outbox, and what became of each message.
CREATE TABLE message (
  id          TEXT PRIMARY KEY NOT NULL,
  queue       TEXT NOT NULL,
  kind        TEXT NOT NULL,
  type        TEXT NOT NULL CHECK (type IN ('SMS', 'VOICE', 'EMAIL')),
  contact     TEXT NOT NULL,   -- alias, or ''
  channel     TEXT NOT NULL,   -- id, or ''
  owner       TEXT NOT NULL,   -- id of the user it is for, or ''
  address     BLOB,            -- keyed hash of kind and canonical address; NULL: no limit counts it
  prefix      BLOB,            -- keyed hash of the number without its last four digits
  nth         INTEGER,         -- among all codes that limits count
  content     BLOB,            -- sealed; NULL once it is sent or given up
  state       TEXT NOT NULL,
  attempts    INTEGER NOT NULL,
  due_at      INTEGER,         -- when to try next, also if the process that tries now vanishes
  set_at      INTEGER NOT NULL, -- when due_at was written, by the clock of that moment
  ends_at     INTEGER NOT NULL,
  provider    TEXT NOT NULL,
  reference   TEXT NOT NULL,
  reason      TEXT NOT NULL,   -- why it is not sent or has failed, or ''
  failure     TEXT NOT NULL,   -- the same in words
  created_at  INTEGER NOT NULL,
  forget_at   INTEGER,         -- NULL: never
  reported_at INTEGER          -- when the provider, or the person, last said what became of it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX message_due ON message (queue, type, due_at, id) WHERE due_at IS NOT NULL;
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
  detail    TEXT NOT NULL,
  PRIMARY KEY (message, nth)
) STRICT, WITHOUT ROWID;

-- Numbers whose owners replied STOP, as keyed hashes.
CREATE TABLE stopped (
  address BLOB PRIMARY KEY NOT NULL,
  at      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Reports of providers, by SHA-256, so that a repeated one changes nothing.
CREATE TABLE callback (
  report  BLOB PRIMARY KEY NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX callback_ended ON callback (ends_at, report);

-- The job that sends new codes to many channels, and how far it has come.
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
  created_at  INTEGER,         -- with contact and channel the last channel that was looked at; NULL: none was
  contact     TEXT NOT NULL,
  channel     TEXT NOT NULL
) STRICT;


-- Users and programs

-- The people who may sign in. (user is a reserved word in PostgreSQL.)
CREATE TABLE users (
  id           TEXT PRIMARY KEY NOT NULL,
  email        TEXT NOT NULL,
  canonical    TEXT NOT NULL,  -- of the email, without regard to case
  name         TEXT NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('viewer', 'manager', 'admin')),
  password     TEXT,           -- hashed; NULL: none
  handle       BLOB NOT NULL,  -- by which a passkey knows the user
  signed_in_at INTEGER,
  disabled_at  INTEGER,
  version      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  request      BLOB            -- the idempotency row that made it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_email ON users (canonical);
CREATE INDEX users_by_role ON users (role, disabled_at, id);

-- The user for whom a provider of identities vouches.
CREATE TABLE identity (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  owner      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_by_owner ON identity (owner, issuer);

-- One-time links.
CREATE TABLE link (
  token   BLOB PRIMARY KEY NOT NULL,
  kind    TEXT NOT NULL CHECK (kind IN ('set_up', 'invitation', 'reset')),
  owner   TEXT REFERENCES users (id) ON DELETE CASCADE, -- NULL: there is no user yet
  ends_at INTEGER NOT NULL,
  CHECK ((owner IS NULL) = (kind = 'set_up'))
) STRICT, WITHOUT ROWID;
CREATE INDEX link_by_owner ON link (owner);
CREATE INDEX link_ended ON link (ends_at, token);

CREATE TABLE session (
  token      BLOB PRIMARY KEY NOT NULL,
  owner      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  how        TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  seen_at    INTEGER NOT NULL,
  ends_at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX session_by_owner ON session (owner);
CREATE INDEX session_ended ON session (ends_at, token);

-- Failed sign-ins that count against an account or a network address, whose
-- SHA-256 is the name.
CREATE TABLE sign_in_failure (
  name     BLOB PRIMARY KEY NOT NULL,
  tries    INTEGER NOT NULL,
  tried_at INTEGER NOT NULL,
  ends_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sign_in_failure_ended ON sign_in_failure (ends_at, name);

CREATE TABLE passkey (
  id         BLOB PRIMARY KEY NOT NULL,
  owner      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  credential TEXT NOT NULL,    -- JSON: a public key and its counter
  created_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_by_owner ON passkey (owner, created_at, id);

-- The state of a sign-in or a registration between its two requests.
CREATE TABLE ceremony (
  token   BLOB PRIMARY KEY NOT NULL,
  kind    TEXT NOT NULL,
  data    BLOB NOT NULL,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ceremony_ended ON ceremony (ends_at, token);

CREATE TABLE access_key (
  id          TEXT PRIMARY KEY NOT NULL,
  name        TEXT NOT NULL,
  role        TEXT NOT NULL CHECK (role IN ('viewer', 'manager', 'admin')),
  secret      BLOB NOT NULL,   -- sealed
  created_at  INTEGER NOT NULL,
  used_at     INTEGER,
  disabled_at INTEGER,
  request     BLOB             -- the idempotency row that made it
) STRICT, WITHOUT ROWID;


-- The audit trail

-- Who changed what. A row is written once. Its MAC covers it and the MAC of the
-- row before, so that none can be changed, removed or put in unseen.
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
