package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"callbook/db/oncalltest"
)

func TestVersionSaysWhatIsKnown(t *testing.T) {
	end := ", " + runtime.Version() + ")"
	clone := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.1-0.20261125030000-0123456789ab+dirty"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "0123456789abcdef"}, {Key: "vcs.modified", Value: "true"}}}
	for want, c := range map[string]struct {
		said build
		info *debug.BuildInfo
	}{
		"(devel) (commit unknown":                 {build{}, &debug.BuildInfo{}},
		"1.2.0 (commit fedcba987654":              {build{"1.2.0", "fedcba9876543210", false}, clone},
		"1.2.0 (commit abc":                       {build{"1.2.0", "abc", false}, &debug.BuildInfo{}},
		"1.2.0 (commit 0123456789ab with changes": {build{release: "1.2.0"}, clone},
		"1.2.0 (commit fedcba987654 with changes": {build{"1.2.0", "fedcba9876543210", true}, &debug.BuildInfo{}},
		"1.2.1-0.20261125030000-0123456789ab+dirty (commit 0123456789ab with changes": {build{}, clone},
	} {
		if got := describe(c.said, recorded(c.info)); got != want+end {
			t.Errorf("%+v: %q, want %q", c.said, got, want+end)
		}
	}
}

// TestBuildersFlagsReachTheVersion holds the names that internal/packaging/flags
// gives to the linker against those of this package.
func TestBuildersFlagsReachTheVersion(t *testing.T) {
	oncalltest.Slow(t)
	flags := exec.Command("sh", "../../internal/packaging/flags")
	flags.Env = append(os.Environ(), "VERSION=9.8.7", "COMMIT=0123456789abcdef0123")
	out, err := flags.Output()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "callbook")
	if out, err := exec.Command("go", "build", "-ldflags", strings.TrimSpace(string(out)), "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	want := "9.8.7 (commit 0123456789ab, " + runtime.Version() + ")\n"
	for arg, want := range map[string]string{"version": "callbook " + want, "--version": "callbook version " + want} {
		if got, err := exec.Command(path, arg).Output(); err != nil || string(got) != want {
			t.Errorf("callbook %s: %q, %v; want %q", arg, got, err, want)
		}
	}
}
