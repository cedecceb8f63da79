-- The words a contact is found by, and its pairs of words, in the order of the
-- list. first is '' for a word, and for a pair a beginning of its earlier word.
DROP TABLE contact_word;
CREATE TABLE contact_term (
  reachability TEXT NOT NULL,
  first        TEXT NOT NULL,
  word         TEXT NOT NULL,
  contact      TEXT NOT NULL REFERENCES contact (alias) ON DELETE CASCADE,
  PRIMARY KEY (reachability, first, word, contact)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX contact_term_by_contact ON contact_term (contact, first, word);
