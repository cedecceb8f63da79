package db

import (
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
