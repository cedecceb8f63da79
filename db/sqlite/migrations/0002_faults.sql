-- Addresses that somebody compared with those of other contacts and found on none. They
-- count against the limit of look-ups. A comparison that finds a contact is in the audit trail.
CREATE TABLE address_check (
  principal TEXT NOT NULL,
  at        INTEGER NOT NULL,
  id        TEXT NOT NULL,
  PRIMARY KEY (principal, at, id)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX address_check_ended ON address_check (at, principal, id);
