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
