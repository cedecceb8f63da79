//go:build unix

package seal

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// folder returns the name and mode of every file beside path.
func folder(t *testing.T, path string) map[string]fs.FileMode {
	t.Helper()
	modes := map[string]fs.FileMode{}
	for _, e := range must(os.ReadDir(filepath.Dir(path)))(t) {
		modes[e.Name()] = must(e.Info())(t).Mode()
	}
	return modes
}

func TestCreateAndChangesLeaveOnlyPrivateFiles(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	r, _ := newRing(t)
	want := map[string]fs.FileMode{"callbook.key": 0o600, "callbook.key.lock": 0o600}
	if diff := cmp.Diff(want, folder(t, r.path)); diff != "" {
		t.Errorf("files after Create (-want +got):\n%s", diff)
	}
	_ = must(r.AddKey(Index))(t)
	if diff := cmp.Diff(want, folder(t, r.path)); diff != "" {
		t.Errorf("files after AddKey (-want +got):\n%s", diff)
	}
}

func TestCreateReplacesNothing(t *testing.T) {
	for name, occupy := range map[string]func(path string) error{
		"a key file":      func(path string) error { _, err := Create(path, nil); return err },
		"an empty file":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
		"a dead link":     func(path string) error { return os.Symlink("nowhere", path) },
		"an empty folder": func(path string) error { return os.Mkdir(path, 0o700) },
	} {
		path := filepath.Join(t.TempDir(), "k")
		if err := occupy(path); err != nil {
			t.Fatal(err)
		}
		before := must(os.Lstat(path))(t)
		_, err := Create(path, nil)
		wants(t, name, err, fs.ErrExist)
		after := must(os.Lstat(path))(t)
		if !os.SameFile(before, after) || before.Size() != after.Size() {
			t.Errorf("%s was replaced", name)
		}
		if _, err := os.Lstat(path + ".new"); err == nil {
			t.Errorf("%s: a draft with keys was left behind", name)
		}
	}
}

func TestOfManyCreatorsOneWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	var won atomic.Int32
	var creators sync.WaitGroup
	for range 8 {
		creators.Go(func() {
			if _, err := Create(path, nil); err == nil {
				won.Add(1)
			} else {
				wants(t, "a loser", err, fs.ErrExist)
			}
		})
	}
	creators.Wait()
	if won.Load() != 1 {
		t.Errorf("creators that won: got %d, want 1", won.Load())
	}
	_ = must(Load(path, nil))(t)
}

func TestAnInterruptedDraftIsReplaced(t *testing.T) {
	r, _ := newRing(t)
	draft := r.path + ".new"
	if err := os.WriteFile(draft, []byte("half"), 0o666); err != nil {
		t.Fatal(err)
	}
	foreign := must(os.Open(draft))(t)
	defer foreign.Close()
	_ = must(r.AddKey(Index))(t)
	if info := must(os.Stat(r.path))(t); info.Mode() != 0o600 {
		t.Errorf("the file has mode %v, want 0600", info.Mode())
	}
	if os.SameFile(must(foreign.Stat())(t), must(os.Stat(r.path))(t)) {
		t.Error("the file can be read by whoever had the draft open")
	}
}

func TestLoadSaysWhyAndMakesNothing(t *testing.T) {
	for name, c := range map[string]struct {
		make func(path string) error
		want error
	}{
		"missing":           {func(string) error { return nil }, ErrMissing},
		"no target":         {func(path string) error { return os.Symlink("nowhere", path) }, ErrMissing},
		"open to the group": {func(path string) error { return makeWithMode(path, 0o640) }, ErrExposed},
		"open to all":       {func(path string) error { return makeWithMode(path, 0o604) }, ErrExposed},
		"empty":             {func(path string) error { return os.WriteFile(path, nil, 0o600) }, ErrMalformed},
		"too long":          {func(path string) error { return makeWithSize(path, maxFileBytes+1) }, ErrMalformed},
		"a folder":          {func(path string) error { return os.Mkdir(path, 0o700) }, ErrMalformed},
		"a pipe":            {func(path string) error { return syscall.Mkfifo(path, 0o600) }, ErrMalformed},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "k")
			if err := c.make(path); err != nil {
				t.Fatal(err)
			}
			before := folder(t, path)
			r, err := Load(path, nil)
			if r != nil {
				t.Errorf("got a ring beside error %v", err)
			}
			wants(t, "Load", err, c.want)
			if err != nil && !strings.Contains(err.Error(), path) {
				t.Errorf("the error %q does not name %s", err, path)
			}
			if diff := cmp.Diff(before, folder(t, path)); diff != "" {
				t.Errorf("files (-before +after):\n%s", diff)
			}
		})
	}
}

// makeWithMode creates a good key file and then changes its mode.
func makeWithMode(path string, mode fs.FileMode) error {
	if _, err := Create(path, nil); err != nil {
		return err
	}
	return os.Chmod(path, mode)
}

// makeWithSize creates a good key file and fills it up with spaces.
func makeWithSize(path string, size int) error {
	_, err := Create(path, nil)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(data, bytes.Repeat([]byte(" "), size-len(data))...), 0o600)
}

func TestAFileOfTheLargestSizeIsRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "k")
	if err := makeWithSize(path, maxFileBytes); err != nil {
		t.Fatal(err)
	}
	_ = must(Load(path, nil))(t)
}

func TestAReadOnlyModeIsPrivate(t *testing.T) {
	r, _ := newRing(t)
	if err := os.Chmod(r.path, 0o400); err != nil {
		t.Fatal(err)
	}
	_ = second(t, r)
}

func TestOnlyTheOwnerChangesTheFile(t *testing.T) {
	r, _ := newRing(t)
	info := must(os.Stat(r.path))(t)
	if err := checkOwner(info, os.Geteuid()); err != nil {
		t.Errorf("the owner: got error %v", err)
	}
	wants(t, "another user", checkOwner(info, os.Geteuid()+1), ErrNotOwner)
}
