package packaging_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// clone is a repository with this folder's describe in it, and nothing else.
type clone struct {
	t      *testing.T
	folder string
}

func newClone(t *testing.T) clone {
	t.Helper()
	c := clone{t, t.TempDir()}
	c.copyScripts(c.folder)
	c.run("git", "init", "-q")
	c.run("git", "add", ".")
	c.run("git", "commit", "-q", "-m", "Begin")
	return c
}

func (c clone) copyScripts(root string) {
	c.t.Helper()
	folder := filepath.Join(root, "internal", "packaging")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		c.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "describe"), []byte(read(c.t, "describe")), 0o644); err != nil {
		c.t.Fatal(err)
	}
}

// run runs a command in the clone, under the time and the name of nobody.
func (c clone) run(name string, args ...string) string {
	c.t.Helper()
	out, err := c.try(nil, name, args...)
	if err != nil {
		c.t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
	return out
}

func (c clone) try(environment []string, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Dir = c.folder
	for _, e := range os.Environ() {
		if variable, _, _ := strings.Cut(e, "="); !strings.HasPrefix(variable, "GIT_") && variable != "VERSION" && variable != "COMMIT" && variable != "CHANGES" && variable != "SOURCE_DATE_EPOCH" {
			cmd.Env = append(cmd.Env, e)
		}
	}
	for _, who := range []string{"AUTHOR", "COMMITTER"} {
		cmd.Env = append(cmd.Env, "GIT_"+who+"_NAME=a", "GIT_"+who+"_EMAIL=a@example.org", "GIT_"+who+"_DATE=2026-11-25T05:00:00+0200")
	}
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1")
	cmd.Env = append(cmd.Env, environment...)
	out, err := cmd.CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// is checks what describe says against a pattern.
func (c clone) is(want string, environment ...string) {
	c.t.Helper()
	got, err := c.try(environment, "sh", "internal/packaging/describe")
	if err != nil || !regexp.MustCompile("^"+want+"$").MatchString(got) {
		c.t.Errorf("said %q (%v), want %s", got, err, want)
	}
}

func TestVersionIsTheTagOrFollowsIt(t *testing.T) {
	c := newClone(t)
	const commit = ` COMMIT=[0-9a-f]{40} CHANGES= SOURCE_DATE_EPOCH=1795575600`
	c.is(`VERSION=0\.0\.0\+git20261125030000\.g[0-9a-f]{12}` + commit)
	c.run("git", "tag", "later") // no version
	c.run("git", "tag", "-a", "-m", "v", "v1.2.0-rc1")
	c.is(`VERSION=1\.2\.0-rc1` + commit)
	c.run("git", "commit", "-q", "--allow-empty", "-m", "Go on")
	c.is(`VERSION=1\.2\.0-rc1\+1\.g[0-9a-f]{12}` + commit)
	c.is(`VERSION=7\.8`+commit, "VERSION=7.8")

	worktree := clone{t, filepath.Join(t.TempDir(), "other")}
	c.run("git", "worktree", "add", "-q", worktree.folder)
	worktree.is(`VERSION=1\.2\.0-rc1\+1\.g[0-9a-f]{12}` + commit)

	if err := os.WriteFile(filepath.Join(c.folder, "new"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c.is(`VERSION=1\.2\.0-rc1\+1\.g[0-9a-f]{12}\.changed COMMIT=[0-9a-f]{40} CHANGES=yes SOURCE_DATE_EPOCH=1795575600`)
}

func TestVersionOutsideOfACloneIsWhatIsSaid(t *testing.T) {
	c := newClone(t)
	inside := clone{t, filepath.Join(c.folder, "vendored")} // in somebody else's repository
	inside.copyScripts(inside.folder)
	inside.is(`VERSION= COMMIT= CHANGES= SOURCE_DATE_EPOCH=`)
	inside.is(`VERSION=1\.2\.0 COMMIT=abc CHANGES=yes SOURCE_DATE_EPOCH=7`, "VERSION=1.2.0", "COMMIT=abc", "CHANGES=yes", "SOURCE_DATE_EPOCH=7")
	if got, err := inside.try([]string{"VERSION=1; touch x"}, "sh", "internal/packaging/describe"); err == nil {
		t.Errorf("said %q", got)
	}
}
