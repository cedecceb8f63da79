package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"callbook/db"
)

// copying is a copy in progress. Its temporary file is in the same folder as the final one and
// gets that name in the end. SQLite puts its own files beside it under longer names.
type copying struct {
	file   string
	unlock func() error
}

// startCopy creates the temporary file, which is empty and has mode 0600. It first removes the
// temporary files of killed copies to the same file, unless another process is copying into
// this folder.
func startCopy(to string) (copying, error) {
	unlock := shareFolder(filepath.Dir(to), func() { removeAll(temporaryOf(to)) })
	f, err := os.CreateTemp(filepath.Dir(to), filepath.Base(to)+temporary+"*")
	if err != nil {
		return copying{}, errors.Join(err, unlock())
	}
	return copying{f.Name(), unlock}, f.Close()
}

// temporary stands between the final name and the random part of a temporary name.
const temporary = ".tmp-"

// temporaryOf returns the temporary files of all copies to a file.
func temporaryOf(to string) (files []string) {
	entries, _ := os.ReadDir(filepath.Dir(to)) // the copy fails too, with a better error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), filepath.Base(to)+temporary) && e.Type().IsRegular() {
			files = append(files, filepath.Join(filepath.Dir(to), e.Name()))
		}
	}
	return files
}

func removeAll(files []string) {
	for _, file := range files {
		_ = os.Remove(file) // one that is left does no harm
	}
}

// end removes the temporary file, if it is still there, and SQLite's files beside it.
func (c copying) end() {
	removeAll([]string{c.file, c.file + "-wal", c.file + "-shm", c.file + "-journal"})
	_ = c.unlock()
}

// fill copies a database into the file and syncs it to the disk. It fails unless the copy is
// sound and has the same contents.
func (c copying) fill(ctx context.Context, from string) (Saved, error) {
	var want Saved
	err := reading(ctx, from, func(conn *sql.Conn) (err error) {
		want, err = copyTo(ctx, conn, c.file)
		return err
	})
	if err != nil {
		return Saved{}, err
	}
	got, err := verify(ctx, c.file)
	if err == nil && !got.holds(want) {
		err = fmt.Errorf("%w: the copy of it does not hold the same", db.ErrDamaged)
	}
	return got, err
}

// place renames the copy. It fails with ErrExists for a name that is taken.
func (c copying) place(to string) error {
	err := os.Link(c.file, to)
	if err != nil && !errors.Is(err, fs.ErrExist) { // a file system without links
		if _, err = os.Lstat(to); errors.Is(err, fs.ErrNotExist) {
			return os.Rename(c.file, to)
		}
		err = errors.Join(err, fs.ErrExist)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s: %w", to, ErrExists)
	}
	return err
}
