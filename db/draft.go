package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// draft is a copy that does not have its name yet, and is empty at first. It is in a
// folder of its own, and so is all that SQLite puts beside it.
type draft struct {
	folder, file string
	release      func() error // of the lock that tells others that it is being written
}

// triedFolders is how often somebody else may take a new folder for a dead one.
const triedFolders = 100

func newDraft(of string) (draft, error) {
	for range triedFolders {
		d, err := openDraft(of)
		if !errors.Is(err, errTakenForDead) {
			return d, err
		}
	}
	return draft{}, errTakenForDead
}

var errTakenForDead = errors.New("another process removes the new draft each time")

// openDraft makes a draft and locks it: in the moment between the two somebody may
// take it for that of one who was killed.
func openDraft(of string) (draft, error) {
	folder, err := os.MkdirTemp(filepath.Dir(of), draftsOf(of)+"*")
	if err != nil {
		return draft{}, err
	}
	d := draft{folder: folder, file: filepath.Join(folder, "draft.db"), release: func() error { return nil }}
	lock := filepath.Join(folder, lockName)
	if err := touch(lock); errors.Is(err, fs.ErrNotExist) {
		return d, errTakenForDead
	} else if err != nil {
		return d, errors.Join(err, os.RemoveAll(folder))
	}
	release, err := lockDraft(lock)
	switch _, gone := os.Lstat(lock); {
	case err == nil && gone == nil:
		d.release = release
	case err == nil:
		return d, errors.Join(errTakenForDead, release())
	case errors.Is(err, ErrInUse), gone != nil:
		return d, errTakenForDead
	} // else there are no locks here, and nobody takes it for dead
	if err := touch(d.file); err != nil {
		d.remove()
		return d, err
	}
	return d, nil
}

// lockName is the file in the folder of a draft by whose lock it is known to be
// written.
const lockName = "lock"

// touch makes an empty file.
func touch(file string) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600) // #nosec G304 -- in the folder of a draft
	if err != nil {
		return err
	}
	return f.Close()
}

// draftsOf is how the names of the folders begin.
func draftsOf(file string) string { return filepath.Base(file) + ".draft-" }

// remove removes the draft. What is left is in nobody's way.
func (d draft) remove() {
	_ = os.Remove(d.file) // the lock file last: without it a draft is nobody's to remove
	_ = os.RemoveAll(d.folder)
	_ = d.release()
}

// removeDead removes the drafts of a file that no process holds. Where files cannot
// be locked it removes none.
func removeDead(of string) {
	entries, _ := os.ReadDir(filepath.Dir(of)) // the copy itself says what is wrong there
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), draftsOf(of)) {
			continue
		}
		d := draft{folder: filepath.Join(filepath.Dir(of), e.Name())}
		d.file = filepath.Join(d.folder, "draft.db")
		var err error
		if d.release, err = lockDraft(filepath.Join(d.folder, lockName)); err == nil {
			d.remove()
		} else if errors.Is(err, fs.ErrNotExist) {
			_ = os.Remove(d.folder) // only an empty one, of who was killed at once
		}
	}
}

// removeDrafts removes the drafts of those who were killed. Nobody may be at one.
func removeDrafts(of string) error {
	entries, err := os.ReadDir(filepath.Dir(of))
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), draftsOf(of)) {
			err = errors.Join(err, os.RemoveAll(filepath.Join(filepath.Dir(of), e.Name())))
		}
	}
	return err
}

// fill makes the draft a copy of a database and brings it to the disk. It fails
// unless the draft is sound and holds the same.
func (d draft) fill(ctx context.Context, from string) (Saved, error) {
	var want Saved
	err := reading(ctx, from, func(c *sql.Conn) (err error) {
		want, err = copyTo(ctx, c, d.file)
		return err
	})
	if err != nil {
		return Saved{}, err
	}
	got, err := verify(ctx, d.file)
	if err == nil && !got.holds(want) {
		err = fmt.Errorf("%w: the copy of it does not hold the same", ErrDamaged)
	}
	return got, err
}

// place gives the draft a name that nobody has.
func (d draft) place(to string) error {
	err := os.Link(d.file, to)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		if _, err = os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(d.file, to)
		}
		err = errors.Join(err, fs.ErrExist)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", to, ErrExists)
	}
	return err
}
