package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/urfave/cli/v3"

	"callbook/internal/config"
)

// documents returns what the documents and the README say, by file.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files := []string{"../../README.md"}
	err := filepath.WalkDir(docsPath, func(name string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(name, ".md") {
			files = append(files, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = strings.ReplaceAll(string(text), "\\\n", " ")
	}
	return texts
}

// flagsOf returns the flags of a command and of those below it.
func flagsOf(cmd *cli.Command) []string {
	var names []string
	for _, f := range cmd.Flags {
		names = append(names, f.Names()...)
	}
	for _, sub := range cmd.Commands {
		names = append(names, flagsOf(sub)...)
	}
	return names
}

var (
	calls    = regexp.MustCompile("(?m)(?:^|[ `(/])callbook ([a-z][^\n`|]*)")
	flags    = regexp.MustCompile(`(?:^|\s)--([a-z][a-z0-9-]*)`)
	quoted   = regexp.MustCompile("`--([a-z][a-z0-9-]*)[^`]*`")
	variable = regexp.MustCompile(`CALLBOOK_[A-Z_]*[A-Z]`)
)

// TestDocumentsNameCommandsAndFlagsThatExist looks at each call of callbook in the
// documents, at each flag within a sentence, and at each variable.
func TestDocumentsNameCommandsAndFlagsThatExist(t *testing.T) {
	root := command(func(string) string { return "" }, nil, nil, nil)
	all := append(flagsOf(root), "version", "help")
	var c config.Config
	var variables []string
	for _, s := range config.Settings(c.Flags(func(string) string { return "" })) {
		variables = append(variables, s.Variable)
	}
	found := 0
	for name, text := range documents(t) {
		for _, m := range calls.FindAllStringSubmatch(text, -1) {
			found += checkCall(t, name, root, m[1])
		}
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(all, m[1]) && m[1] != "endpoint-url" && m[1] != "openid-" {
				t.Errorf("%s names the flag --%s, which no command has", name, m[1])
			}
		}
		for _, v := range variable.FindAllString(text, -1) {
			if !slices.Contains(variables, v) {
				t.Errorf("%s names the variable %s, which is no setting", name, v)
			}
		}
	}
	if found < 40 {
		t.Errorf("only %d calls of callbook were found", found)
	}
}

// checkCall holds a call in a document against the command line, and returns 1 when
// there is such a command.
func checkCall(t *testing.T, file string, root *cli.Command, call string) int {
	t.Helper()
	call, _, _ = strings.Cut(call, "#")
	words := strings.Fields(call)
	at := root
	for len(words) > 0 {
		next := at.Command(words[0])
		if next == nil {
			break
		}
		at, words = next, words[1:]
	}
	if at == root {
		if first := words[0]; first != "completion" && !prose[first] {
			t.Errorf("%s: there is no command in %q", file, "callbook "+call)
		}
		return 0
	}
	for _, m := range flags.FindAllStringSubmatch(call, -1) {
		if !slices.Contains(flagsOf(at), m[1]) {
			t.Errorf("%s: callbook %s has no flag --%s", file, at.Name, m[1])
		}
	}
	return 1
}

// prose are words that follow the name where it is a user, an image or a service.
var prose = map[string]bool{"callbook": true, "litestream": true, "contacts": true}
