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
