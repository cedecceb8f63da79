-- For programs: contacts by type, and which addresses they have seen.
CREATE UNIQUE INDEX contact_by_type ON contact (type, alias);

-- That a program saw addresses of a contact in an hour, and that it is on record.
CREATE TABLE seen (
  contact   TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  principal TEXT NOT NULL,
  hour      INTEGER NOT NULL, -- when it begins
  PRIMARY KEY (contact, principal, hour)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX seen_ended ON seen (hour, contact, principal);

-- What programs keep with a contact.
CREATE TABLE contact_tag (
  contact TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  key     TEXT NOT NULL,
  value   TEXT NOT NULL,
  PRIMARY KEY (contact, key)
) STRICT, WITHOUT ROWID;

-- Resource policies, which grant nothing here.
CREATE TABLE contact_policy (
  contact TEXT PRIMARY KEY NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  policy  TEXT NOT NULL -- JSON, as it came
) STRICT;
