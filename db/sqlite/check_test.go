package sqlite

import (
	"fmt"
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
			if err == nil {
				_, err = q.InsertChannel(oncall.Channel{Alias: alias, ID: "c", Type: oncall.Email, Name: "n", Address: oncall.Address{Canonical: "a@example.org"}}, oncall.Request{})
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
	if want := []int64{-1, -1, db.CheckBatchSize + 20, db.CheckBatchSize + 20, db.CheckBatchSize + 20}; err != nil || !slices.Equal(counts, want) {
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
