-- Who may sign in. (user is a reserved word in PostgreSQL.)
CREATE TABLE users (
  id           TEXT PRIMARY KEY NOT NULL,
  email        TEXT NOT NULL,
  canonical    TEXT NOT NULL, -- of the email, without regard to case
  name         TEXT NOT NULL,
  role         TEXT NOT NULL CHECK (role IN ('viewer', 'manager', 'admin')),
  password     TEXT,          -- hashed; NULL: none
  handle       BLOB NOT NULL, -- by which a passkey knows the user
  signed_in_at INTEGER,
  disabled_at  INTEGER,
  version      INTEGER NOT NULL,
  created_at   INTEGER NOT NULL,
  updated_at   INTEGER NOT NULL,
  request      BLOB           -- the idempotency row that made it
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX users_by_email ON users (canonical);
CREATE INDEX users_by_role ON users (role, disabled_at, id);

-- Who a user is to a provider of identities.
CREATE TABLE identity (
  issuer     TEXT NOT NULL,
  subject    TEXT NOT NULL,
  owner      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (issuer, subject)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX identity_by_owner ON identity (owner, issuer);

-- Links that were handed over. Of tokens, here and below, the SHA-256 is kept.
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

-- Tries to sign in that count against an account or a network address, whose
-- SHA-256 is the name.
CREATE TABLE attempt (
  name     BLOB PRIMARY KEY NOT NULL,
  tries    INTEGER NOT NULL,
  tried_at INTEGER NOT NULL,
  ends_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX attempt_ended ON attempt (ends_at, name);

CREATE TABLE passkey (
  id         BLOB PRIMARY KEY NOT NULL,
  owner      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  name       TEXT NOT NULL,
  credential TEXT NOT NULL, -- JSON: a public key and its counter
  created_at INTEGER NOT NULL,
  used_at    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX passkey_by_owner ON passkey (owner, created_at, id);

-- What a sign-in or a registration that has begun needs when it comes back.
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
  secret      BLOB NOT NULL, -- sealed
  created_at  INTEGER NOT NULL,
  used_at     INTEGER,
  disabled_at INTEGER,
  request     BLOB           -- the idempotency row that made it
) STRICT, WITHOUT ROWID;
