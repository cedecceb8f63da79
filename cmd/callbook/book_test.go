package main

import (
	"os"
	"strings"
	"testing"

	"callbook/internal/oncall"
	"callbook/internal/oncall/oncalltest"
)

func TestExampleOfTheReadmeIsImported(t *testing.T) {
	text, err := os.ReadFile(readmePath)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "<!-- import example: a test imports it -->\n```csv\n")
	example, after, ok := strings.Cut(rest, "```\n")
	if !ok {
		t.Fatal("the README has no example of a file to import")
	}
	file, err := oncall.NewImportFile(strings.NewReader(example))
	if err != nil {
		t.Fatal(err)
	}
	w := oncalltest.New(t)
	count, err := w.Import(t.Context(), oncalltest.Manager, oncall.Import{File: file}, func(v oncall.Verdict) error {
		if v.Outcome != oncall.Adds {
			t.Errorf("line %d %s: %v", v.Line, v.Says(), v.Fields)
		}
		return nil
	})
	if want := (oncall.ImportCount{Rows: 4, Adding: 4, Contacts: 3, Channels: 3}); count != want || err != nil {
		t.Errorf("got %+v, %v, want %+v", count, err, want)
	}
	for _, column := range oncall.ImportColumns() {
		if !strings.Contains(after, "\n| `"+column+"` | ") {
			t.Errorf("the README does not say what the column %s holds", column)
		}
	}
	page, err := os.ReadFile("../../views/import.go")
	if err != nil || !strings.Contains(string(page), "`"+example+"`") {
		t.Errorf("the page shows another example than the README: %v", err)
	}
}
