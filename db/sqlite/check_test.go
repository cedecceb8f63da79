package sqlite

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"callbook/db"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

// wrongsIn returns what a check finds wrong.
func wrongsIn(t *testing.T, s *Store) (list []string) {
	t.Helper()
	err := s.Check(t.Context(), func(f db.Finding) error {
		for _, problem := range f.Problems {
			list = append(list, f.About+": "+problem)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestCheckFindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		do   []string
		want string
	}{
		"nothing":        {nil, ""},
		"a mask":         {[]string{"UPDATE channel SET mask = '+1 ••• ••• 0142' WHERE contact = 'ben'"}, "masks and hashes of addresses: channel ben/"},
		"a hash":         {[]string{"UPDATE channel SET address_hash = zeroblob(32) WHERE contact = 'ben'"}, "masks and hashes of addresses: channel ben/"},
		"a role":         {[]string{"UPDATE users SET role = 'admin'"}, "roles and states: user "},
		"a user":         {[]string{"UPDATE users SET disabled_at = 1"}, "roles and states: user "},
		"a new user":     {[]string{"INSERT INTO users SELECT 'x', 'eve', 'eve', name, 'admin', password, x'00', signed_in_at, disabled_at, version, created_at, updated_at, NULL FROM users"}, "roles and states: user x: no entry of the audit trail"},
		"no user":        {[]string{"DELETE FROM users", "DELETE FROM link"}, "roles and states: what entry "},
		"a key's role":   {[]string{"UPDATE access_key SET role = 'admin'"}, "roles and states: access key AKIA"},
		"a disabled key": {[]string{"UPDATE access_key SET disabled_at = 1"}, "roles and states: access key AKIA"},
		"no channel":     {[]string{"DELETE FROM channel WHERE contact = 'ben'"}, "roles and states: what entry "},
		"a deferral":     {[]string{"UPDATE channel SET deferred_at = 1 WHERE contact = 'ben'"}, "roles and states: channel ben/"},
		"a list":         {[]string{"UPDATE contact SET reachability = 'reachable' WHERE alias = 'ben'", "UPDATE contact_word SET reachability = 'reachable' WHERE contact = 'ben'", "UPDATE contact_count SET contacts = 1 WHERE reachability = 'waiting'", "INSERT INTO contact_count VALUES ('reachable', 1) ON CONFLICT (reachability) DO UPDATE SET contacts = 1"}, "roles and states: contact ben: whether it can be paged"},
		"no index":       {[]string{"DROP INDEX audit_by_actor"}, "tables, columns, indexes and triggers: index audit_by_actor is missing"},
		"an index":       {[]string{"CREATE INDEX x ON contact (plan)"}, "tables, columns, indexes and triggers: index x was added"},
		"another index":  {[]string{"DROP INDEX message_by_owner", "CREATE INDEX message_by_owner ON message (owner, id) WHERE owner <> ''"}, "tables, columns, indexes and triggers: index message_by_owner is not defined as"},
		"no trigger":     {[]string{"DROP TRIGGER audit_is_not_changed"}, "tables, columns, indexes and triggers: trigger audit_is_not_changed is missing"},
		"a trigger":      {[]string{"CREATE TRIGGER x AFTER INSERT ON users BEGIN UPDATE users SET role = 'admin'; END"}, "tables, columns, indexes and triggers: trigger x was added"},
		"a dead trigger": {[]string{"DROP TRIGGER audit_is_not_changed", "CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit WHEN 0 BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END"}, "tables, columns, indexes and triggers: trigger audit_is_not_changed is not defined as"},
		"a table":        {[]string{"CREATE TABLE x (a, b)"}, "tables, columns, indexes and triggers: table x was added"},
		"no table":       {[]string{"DROP TABLE heartbeat"}, "tables, columns, indexes and triggers: table heartbeat is missing"},
		"a view":         {[]string{"CREATE VIEW x AS SELECT 1"}, "tables, columns, indexes and triggers: view x was added"},
		"a column":       {[]string{"ALTER TABLE users ADD COLUMN x TEXT"}, "tables, columns, indexes and triggers: column users.x was added"},
		"no column":      {[]string{"ALTER TABLE receipt DROP COLUMN detail"}, "tables, columns, indexes and triggers: column receipt.detail is missing"},
		"another table":  {[]string{"DROP TABLE heartbeat", "CREATE TABLE heartbeat (id INTEGER PRIMARY KEY, at INTEGER NOT NULL) STRICT"}, "tables, columns, indexes and triggers: table heartbeat is not defined as"},
		"a reference":    {[]string{"UPDATE address_access SET contact = 'eve'"}, `references: address_access: 1 rows belong to contact "eve", which is not there`},
		"an address":     {[]string{"UPDATE channel SET address = zeroblob(60) WHERE contact = 'ben'"}, "encrypted values: opening channel.address of ben/"},
		"a moved value":  {[]string{"UPDATE channel SET address = (SELECT address FROM channel WHERE contact = 'ana' LIMIT 1) WHERE contact = 'ben'"}, "encrypted values: opening channel.address of ben/"},
		"a secret":       {[]string{"UPDATE access_key SET secret = x'00'"}, "encrypted values: opening access_key.secret of AKIA"},
		"a message":      {[]string{"UPDATE message SET content = x'00' WHERE id = (SELECT min(id) FROM message)"}, "encrypted values: opening message.content of "},
		"a key":          {[]string{"UPDATE installation SET index_key = 7"}, "encrypted values: addresses cannot be found: "},
		"a word":         {[]string{"DELETE FROM contact_word WHERE contact = 'ana' AND word = 'name'"}, "words to search by: contact ana: 1 are missing, 0 are not"},
		"another list":   {[]string{"UPDATE contact_word SET reachability = 'x' WHERE contact = 'ana' AND word = 'name'"}, "words to search by: contact ana: 0 are missing, 1 are not"},
		"a foreign word": {[]string{"UPDATE contact_word SET word = 'x' WHERE contact = 'ana' AND word = 'name'"}, "words to search by: contact ana: 1 are missing, 1 are not"},
		"a count":        {[]string{"UPDATE contact_count SET contacts = contacts + 1 WHERE reachability = 'waiting'"}, "counts of contacts: waiting: 3 are on record and 2 are there"},
		"no count":       {[]string{"DELETE FROM contact_count"}, "counts of contacts: "},
	} {
		t.Run(name, func(t *testing.T) {
			path := testPath(t)
			s, service := openKeyed(t, path)
			withAddresses(t, service)
			if _, _, err := service.InviteUser(t.Context(), keeper, account.NewUser{Email: "viewer@example.org", Role: oncall.Viewer}); err != nil {
				t.Fatal(err)
			}
			if _, _, err := service.CreateAccessKey(t.Context(), keeper, account.NewAccessKey{Name: "ci", Role: oncall.Manager}); err != nil {
				t.Fatal(err)
			}
			execute(t, path, append([]string{"INSERT INTO address_access (contact, principal, hour) VALUES ('ana', 'p', 1)"}, c.do...)...)
			got := wrongsIn(t, openCopy(t, path, s.keyFile))
			if c.want == "" && len(got) == 0 {
				return
			}
			if len(got) != 1 || c.want == "" || !strings.HasPrefix(got[0], c.want) {
				t.Errorf("got %q, want one thing: %q", got, c.want)
			}
			for _, plain := range known {
				if strings.Contains(strings.Join(got, ""), plain) {
					t.Errorf("%q tells the address %s", got, plain)
				}
			}
		})
	}
}

// An index that misses a row hides it from every search by that index.
func TestCheckFindsARowThatAnIndexMisses(t *testing.T) {
	for index, table := range map[string]string{"contact_by_type": "contact", "contact_by_id": "contact", "address_lookup_ended": "address_lookup"} {
		path := testPath(t)
		made(t, path, "ana")
		row := map[string]string{
			"contact":        "INSERT INTO contact SELECT 'ben', 'another', display_name, type, plan, reachability, version, created_at, updated_at, NULL FROM contact",
			"address_lookup": "INSERT INTO address_lookup VALUES ('p', 1, 'x')",
		}[table]
		execute(t, path, "PRAGMA writable_schema = ON",
			"UPDATE sqlite_schema SET sql = sql || ' WHERE 0' WHERE name = '"+index+"'", "PRAGMA writable_schema = RESET", row,
			"PRAGMA writable_schema = ON", "UPDATE sqlite_schema SET sql = replace(sql, ' WHERE 0', '') WHERE name = '"+index+"'", "PRAGMA writable_schema = RESET")
		got := wrongsIn(t, openCopy(t, path, KeyFile(path)))
		found := func(problem string) bool {
			return strings.HasPrefix(problem, "pages and indexes: ") && strings.Contains(problem, "missing from index "+index)
		}
		if !slices.ContainsFunc(got, found) {
			t.Errorf("%s misses a row of %s: got %q", index, table, got)
		}
	}
}

// The whole check goes on after a table that is gone.
func TestCheckOfAHalfSchemaReportsTheRest(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	execute(t, path, "DROP TABLE contact_word", "DROP TABLE users")
	got := wrongsIn(t, openCopy(t, path, KeyFile(path)))
	for _, want := range []string{"table contact_word is missing", "table users is missing", "words to search by: cannot be read", "roles and states: cannot be read"} {
		if !slices.ContainsFunc(got, func(s string) bool { return strings.Contains(s, want) }) {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// An active channel that nobody proved is what somebody needs who wants to be paged in the
// person's place.
func TestCheckFindsAnActivationThatNobodyMade(t *testing.T) {
	path := testPath(t)
	s, service := openKeyed(t, path)
	withAddresses(t, service)
	execute(t, path, "UPDATE channel SET activated_at = 1 WHERE contact = 'ben'")
	got := wrongsIn(t, openCopy(t, path, s.keyFile))
	if len(got) != 2 || !strings.Contains(got[0], "it is active, and entry") || !strings.Contains(got[1], "contact ben") {
		t.Errorf("got %q, want the channel and its contact", got)
	}
}

func TestAddressesOfOneLengthAreSealedAsAnother(t *testing.T) {
	path := testPath(t)
	s, service := openKeyed(t, path)
	withAddresses(t, service)
	lengths := map[int64]int{}
	for _, row := range rowsOf(t, s, "SELECT length(address) - 33 FROM channel") {
		lengths[row[0].(int64)]++
	}
	if want := map[int64]int{64: 4}; !maps.Equal(lengths, want) {
		t.Errorf("sealed lengths: got %v, want %v", lengths, want)
	}
	for _, row := range rowsOf(t, s, "SELECT length(content) - 33 FROM message") {
		if row[0].(int64)%64 != 0 {
			t.Errorf("the content of a message is %d bytes long", row[0])
		}
	}
}

func TestCheckFindsADamagedPageAndGoesOn(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	got := wrongsIn(t, openCopy(t, damaged(t, path), KeyFile(path)))
	if len(got) < 2 || !strings.HasPrefix(got[0], "pages and indexes: ") || !slices.ContainsFunc(got, func(s string) bool { return strings.HasPrefix(s, "words") }) {
		t.Errorf("got %q, want the page and what cannot be read without it", got)
	}
}

func TestCheckTellsOfAtMostTwentyAndOfHowManyMore(t *testing.T) {
	path := testPath(t)
	var aliases []string
	for n := range 25 {
		aliases = append(aliases, "a"+strings.Repeat("b", n))
	}
	made(t, path, aliases...)
	execute(t, path, "DELETE FROM contact_word")
	got := wrongsIn(t, openCopy(t, path, ""))
	if len(got) != 21 || got[20] != "words to search by: and 5 more" {
		t.Errorf("got %d: %q", len(got), got)
	}
}

func TestCheckReadsOnBehindAChunk(t *testing.T) {
	path := testPath(t)
	s := openTest(t, path)
	err := s.Update(t.Context(), func(q db.Queries) error {
		for n := range db.CheckBatchSize + 20 {
			alias := fmt.Sprintf("a%04d", n)
			err := insertOnce(alias)(q)
			c := oncall.Channel{Alias: alias, ID: "c", Type: oncall.Email, Name: "n", Address: oncall.Address{Canonical: "a@example.org"}}
			c.Mask = c.Address.Masked()
			if err == nil {
				_, err = q.InsertChannel(c, oncall.Request{})
			}
			if err == nil {
				err = q.Record(oncall.Entry{Outcome: oncall.Done, Resource: testScope.Channel(alias, "c"), Changes: oncall.ChangedFields(oncall.ChannelChanges(oncall.Channel{}, c)...)})
			}
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	execute(t, path, "UPDATE channel SET address = zeroblob(60) WHERE contact = 'a0519'", "DELETE FROM contact_word WHERE contact = 'a0519'")
	var counts []int64
	err = s.Check(t.Context(), func(f db.Finding) error { counts = append(counts, f.Count); return nil })
	all := int64(db.CheckBatchSize + 20)
	if counts[1] < 100 {
		t.Errorf("parts of the schema: %d", counts[1])
	}
	counts[1] = 0
	if want := []int64{-1, 0, -1, all, all, all, all, all}; err != nil || !slices.Equal(counts, want) {
		t.Errorf("looked at: got %v, %v, want %v", counts, err, want)
	}
	if got := wrongsIn(t, s); len(got) != 2 || !strings.Contains(got[0], "a0519/c") || !strings.Contains(got[1], "a0519") {
		t.Errorf("got %q, want the last channel and the last contact", got)
	}
}

func TestCheckWithoutTheKeyFileSaysSo(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	remove(t, KeyFile(path))
	got := wrongsIn(t, openCopy(t, path, ""))
	if len(got) != 1 || !strings.Contains(got[0], "there is no key file") {
		t.Errorf("got %q, want that there is no key file", got)
	}
}

func TestReadOnlyStoreChangesNothing(t *testing.T) {
	path := testPath(t)
	made(t, path, "ana")
	before := folder(t, path)
	s, err := Open(t.Context(), path, Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), insertOnce("ben")); err == nil {
		t.Error("Update: got no error")
	}
	wrongsIn(t, s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if after := folder(t, path); after["callbook.db"] != before["callbook.db"] || len(after) != len(before) {
		t.Errorf("files: got %v, want %v", after, before)
	}
}
