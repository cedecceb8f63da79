package db

import (
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"callbook/internal/oncall"
)

// version1 copies a database that the first version wrote: its demonstration
// data, and what was sent to /contacts/new and /contacts/maria-1/channels/new by
// hand, all in testScope.
func version1(t *testing.T) (path string) {
	t.Helper()
	packed, err := os.Open("testdata/version1.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer packed.Close()
	content, err := gzip.NewReader(packed)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(content)
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "callbook.db")
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// newest is the version that this program writes.
func newest(t *testing.T) int {
	t.Helper()
	files, err := fs.Glob(migrations, "migrations/sqlite/*.sql")
	if err != nil {
		t.Fatal(err)
	}
	return len(files)
}

func TestSearchFindsContactsOfVersionOne(t *testing.T) {
	s := openTest(t, version1(t))
	service := oncall.New(s, oncall.Options{Scope: testScope})
	for search, want := range map[string]string{
		"akua": "akuam", "m ak": "akuam", "garcia maria": "maria-1", "carmen g del": "maria-1", "wide twelve": "", "one two eleven": "wide",
	} {
		page, err := service.Contacts(t.Context(), oncall.Actor{Door: oncall.Browser, Principal: "test", Name: "test", Role: oncall.Manager}, oncall.ContactQuery{Search: search})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, c := range page.Contacts {
			got += c.Alias
		}
		if got != want {
			t.Errorf("search for %q: got %q, want %q", search, got, want)
		}
	}
}

func TestContactOfVersionOneIsNotMadeAgain(t *testing.T) {
	s := openTest(t, version1(t))
	service := oncall.New(s, oncall.Options{Scope: testScope})
	by := oncall.Actor{Door: oncall.Browser, Principal: "local", Name: "local", Role: oncall.Manager}
	in := oncall.NewContact{Alias: "maria-1", DisplayName: "María del Carmen García", Type: oncall.Personal, Token: "m-1"}
	arn, err := service.CreateContact(t.Context(), by, in) // as it was sent to the first version, which knew no tags
	if err != nil || arn != testScope.Contact("maria-1") {
		t.Errorf("the old request again: got %s, %v, want the contact that it made", arn, err)
	}
	in.Tags = []oncall.Tag{{Key: "env", Value: "prod"}}
	if _, err := service.CreateContact(t.Context(), by, in); oncall.ReasonOf(err) != oncall.TokenReused {
		t.Errorf("the old request with a tag: got %v, want a conflict over its token", err)
	}
}

// plainOfVersion1 are the addresses that the database of the first version
// holds in the clear.
var plainOfVersion1 = []string{"+15005550199", "15005550199", "akua.mansa@example.org", "Maria.Garcia@Example.org", "maria.garcia@example.org", "+46313900601", "elif.yildiz"}

func TestAddressesOfVersionOneAreSealed(t *testing.T) {
	path := version1(t)
	for _, plain := range plainOfVersion1 {
		if !inFiles(t, path, plain) {
			t.Fatalf("the old database does not hold %s: this test proves nothing", plain)
		}
	}
	s, err := Open(t.Context(), path, Options{Scope: testScope})
	if err != nil {
		t.Fatal(err)
	}
	for _, plain := range plainOfVersion1 { // before anything is closed or checkpointed
		if inFiles(t, path, plain) {
			t.Errorf("%s is in the files of the new database", plain)
		}
	}
	service := oncall.New(s, oncall.Options{Scope: testScope})
	by := oncall.Actor{Door: oncall.Browser, Principal: "local", Name: "local", Role: oncall.Manager}
	in := oncall.NewChannel{Contact: testScope.Contact("maria-1"), Name: "MariaMail", Type: oncall.Email, Address: "Maria.Garcia@Example.org", Token: "c-2"}
	arn, err := service.CreateChannel(t.Context(), by, in) // as it was sent to the first version
	if err != nil {
		t.Fatalf("the old request again: got %v, want the channel that it made", err)
	}
	_, channels, err := service.Channels(t.Context(), by, in.Contact)
	if err != nil || len(channels) != 1 || channels[0].ARN != arn || channels[0].Mask != "m•••@example.org" {
		t.Errorf("channels: got %+v, %v", channels, err)
	}
	address, err := service.RevealAddress(t.Context(), by, arn)
	if err != nil || address != (oncall.Address{Given: "Maria.Garcia@Example.org", Canonical: "maria.garcia@example.org"}) {
		t.Errorf("address: got %+v, %v", address, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if inFiles(t, path, "Maria.Garcia@Example.org") {
		t.Error("an address is in the closed database")
	}
}

// inFiles reports whether a text is in the database, its log or its index.
func inFiles(t *testing.T, path, text string) bool {
	t.Helper()
	files, err := filepath.Glob(path + "*")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(content, []byte(text)) {
			return true
		}
	}
	return false
}
