package sqlite

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// modernc.org/sqlite is a translation of C that runs on modernc.org/libc, and is
// tested with one version of it only (https://gitlab.com/cznic/sqlite/-/issues/177).
func TestLibcIsTheOneThatSQLiteWasBuiltFor(t *testing.T) {
	var versions [2]string
	for i, module := range []string{"", "modernc.org/sqlite"} {
		args := []string{"list", "-m", "-f", "{{.GoMod}}"}
		if module != "" {
			args = append(args, module)
		}
		out, err := exec.CommandContext(t.Context(), "go", args...).Output()
		if err != nil {
			t.Fatalf("go %s: %v", strings.Join(args, " "), err)
		}
		versions[i] = required(t, strings.TrimSpace(string(out)), "modernc.org/libc")
	}
	if versions[0] != versions[1] || versions[0] == "" {
		t.Errorf("modernc.org/libc: go.mod has %q, modernc.org/sqlite asks for %q", versions[0], versions[1])
	}
}

// required returns the version of a module that a go.mod file asks for.
func required(t *testing.T, file, module string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := modfile.ParseLax(file, data, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range parsed.Require {
		if r.Mod.Path == module {
			return r.Mod.Version
		}
	}
	return ""
}
