package main

import (
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"callbook/db/sqlite"
	"callbook/internal/config"
	"callbook/internal/oncall"
)

var update = flag.Bool("update", false, "write what the documents quote from the program")

// builds is the folder in which the tests find the program, as callbook.
var builds string

// folderOfBuilds keeps and removes the folder around the tests.
type folderOfBuilds struct{ *testing.M }

// Run implements testscript.TestingM. The program of the tests is their own binary: called
// callbook, it is the program. Nothing is built or linked twice.
func (f folderOfBuilds) Run() int {
	var err error
	if builds, err = os.MkdirTemp("", "callbook-test-*"); err != nil {
		panic(err)
	}
	defer os.RemoveAll(builds)
	self, err := os.Executable()
	if err != nil {
		panic(err)
	}
	if err := os.Symlink(self, filepath.Join(builds, "callbook")); err != nil {
		panic(err)
	}
	return f.M.Run()
}

func TestMain(m *testing.M) {
	testscript.Main(folderOfBuilds{m}, map[string]func(){"callbook": main})
}

func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{Dir: "testdata", Setup: func(e *testscript.Env) error {
		e.Setenv("TMPDIR", e.WorkDir) // where --demo puts its folder
		return nil
	}, Cmds: map[string]func(*testscript.TestScript, bool, []string){"make-database": makeDatabase}})
}

// makeDatabase makes the database of a server that ran before.
func makeDatabase(ts *testscript.TestScript, _ bool, args []string) {
	scope := oncall.Scope{Region: "us-east-1", Account: "000000000000"}
	store, err := sqlite.Open(context.Background(), ts.MkAbs(filepath.Join(args[0], "callbook.db")), sqlite.Options{Scope: scope})
	ts.Check(err)
	ts.Check(store.Close())
}

// docsPath is the folder of the documents, from this folder.
const docsPath = "../../internal/docs/"

// TestSettingsTopicNamesEverySetting writes the table of the topic with -update, and else
// fails when it is not the program's.
func TestSettingsTopicNamesEverySetting(t *testing.T) {
	const file = docsPath + "operate/settings.md"
	const begin, end = "<!-- settings: make readme -->\n", "<!-- end of settings -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatalf("the topic has no place for the settings: %q and %q", begin, end)
	}
	var c config.Config
	want := before + begin + config.Table(c.Flags(os.Getenv)) + end + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(text) != want {
		t.Error("the settings table of the topic is not the program's: run make readme")
	}
}
