package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

func TestExampleOfTheDocumentsIsImported(t *testing.T) {
	text, err := os.ReadFile(docsPath + "operate/import-export.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- import example: a test imports it -->\n```csv\n")
	example, after, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the topic has no example of a file to import")
	}
	file, err := transfer.NewFile(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	w := oncalltest.New(t).WithManager(t)
	count, err := w.Import(t.Context(), oncalltest.Manager, transfer.Import{File: file}, func(v transfer.RowResult) error {
		if v.Outcome != transfer.Adds {
			t.Errorf("line %d %s: %v", v.Line, v.Prediction(), v.Fields)
		}
		return nil
	})
	if want := (transfer.Count{Rows: 4, Adding: 4, Contacts: 3, Channels: 3}); count != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", count, err, want)
	}
	for _, column := range transfer.Columns() {
		if !strings.Contains(after, "\n| `"+column+"` | ") {
			t.Errorf("the topic does not say what the column %s holds", column)
		}
	}
	page, err := os.ReadFile("../../views/import.go")
	if err != nil || !strings.Contains(string(page), "`"+example+"`") {
		t.Errorf("the page shows another example than the topic: %v", err)
	}
}

// whenAsked does something and then answers yes.
type whenAsked struct {
	do   func()
	done bool
}

// Read implements io.Reader.
func (w *whenAsked) Read(p []byte) (int, error) {
	if w.done {
		return 0, io.EOF
	}
	w.do()
	w.done = true
	return copy(p, "yes\n"), nil
}

func TestCommandAcceptsOnlyTheKindsOfWarningsThatItPrinted(t *testing.T) {
	data, service, _ := newFolder(t)
	file := filepath.Join(t.TempDir(), "people.csv")
	text := "alias,type,channel,address\nflo,EMAIL,mail,flo@gmial.com\ngus,SMS,mobile,+12065550100\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	stdin := &whenAsked{do: func() {
		_, err := service.CreateChannel(t.Context(), system, oncall.NewChannel{Contact: testScope.Contact("eve"), Name: "n", Type: oncall.SMS, Address: "+12065550100"})
		if err != nil {
			t.Error(err)
		}
	}}
	var out, errs bytes.Buffer
	err := run(t.Context(), []string{"callbook", "import", "--data", data, "--accept-warnings", file}, func(string) string { return "" }, stdin, &out, &errs)
	const want = "1 row is left out because of a kind of warning that was not printed before: import the file again to see it"
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
	if want := "Read: 2 rows. Added: 1 contacts, 1 channels. There already: 0 rows. With warnings: 1. Refused: 0.\n"; !strings.HasSuffix(out.String(), want) {
		t.Errorf("it says %q, want %q at the end", out.String(), want)
	}
	runs(t, "import", "--data", data, "--accept-warnings", "--yes", file)
}
