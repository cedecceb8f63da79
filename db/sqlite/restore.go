package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	sqlite3 "modernc.org/sqlite/lib"

	"callbook/db"
	"callbook/internal/seal"
)

// ErrKeyFile is returned when the key file does not have the keys of a backup.
var ErrKeyFile = errors.New("the key file does not open this backup")

// Restored is the result of Restore.
type Restored struct {
	Saved
	Before string // the file with the previous database; "": there was none
}

// Restore replaces the database at path by a copy of a backup and keeps the previous one
// beside it. The backup may be of an older version and of any owner. Restore fails with
// ErrInUse while another process has the database open, with ErrKeyFile unless the key file
// has every key of the backup, with ErrNotPlain, and with the errors of Open. Then nothing is
// changed.
func Restore(ctx context.Context, path, file string, o Options) (Restored, error) {
	r := restoration{path: path, now: time.Now, link: os.Link, onStep: func(string) {}}
	return r.run(ctx, file, o)
}

// restoration is a Restore in progress.
//
// The new database is complete and on the disk, under a temporary name, before anything is
// changed. SQLite first makes the old database one plain file. This succeeds only while no
// other process has it open, and it leaves no log that could be taken for one of the new
// database. From then on a lock keeps other processes out. The old file gets a second name,
// and one rename gives its first name to the new file. A process that is killed between two
// steps leaves the old or the new database complete. The old one may then have two names until
// the next Restore. A process that opens the old file meanwhile and waits for the lock cannot
// write to it afterwards, because SQLite finds that it has moved.
type restoration struct {
	path   string
	now    func() time.Time
	link   func(old, new string) error
	onStep func(step string) // called after each step
}

func (r restoration) run(ctx context.Context, file string, o Options) (done Restored, err error) {
	if o.KeyFile == "" {
		o.KeyFile = KeyFile(r.path)
	}
	if err := errors.Join(checkKeyFile(r.path, o.KeyFile), checkOther(r.path, file), CheckCopy(file)); err != nil {
		return done, err
	}
	saved, err := verify(ctx, file)
	if err != nil {
		return done, err
	}
	if err := checkKeyID(saved.KeyFile, o); err != nil {
		return done, err
	}
	if err := prepareFolder(r.path); err != nil {
		return done, err
	}
	old, err := hold(ctx, r.path)
	if err != nil {
		return done, fmt.Errorf("%s: %w", r.path, err)
	}
	defer func() { err = errors.Join(err, old.release()) }()
	r.onStep("held")
	fresh, err := startCopy(r.path)
	if err != nil {
		return done, err
	}
	defer fresh.end()
	if done.Saved, err = fresh.fill(ctx, file); err != nil {
		return done, err
	}
	if err := checkKeys(ctx, fresh.file, done.KeyFile, o); err != nil {
		return done, err
	}
	r.onStep("copied")
	done.Before, err = r.replace(old, fresh)
	return done, err
}

// checkOther refuses to restore a database from itself.
func checkOther(path, file string) error {
	info, err := os.Stat(file)
	if err != nil {
		return err
	}
	if old, err := os.Stat(path); err == nil && os.SameFile(old, info) {
		return fmt.Errorf("%s is the database itself", file)
	}
	return nil
}

// checkKeyID fails unless the key file is the one that a backup names.
func checkKeyID(id string, o Options) error {
	if id == "" {
		return nil
	}
	_, err := loadKeys(o.KeyFile, id, o.Now)
	if err != nil {
		err = fmt.Errorf("%w, which needs the one with the id %s: put that in its place, or name it with --key-file: %w", ErrKeyFile, id, err)
	}
	return err
}

// checkKeys fails unless the key file has every key that has sealed a value of a database. An
// altered value does not keep a backup from being restored.
func checkKeys(ctx context.Context, file, id string, o Options) error {
	if id == "" {
		return nil
	}
	s, err := Open(ctx, file, Options{ReadOnly: true, KeyFile: o.KeyFile, Now: o.Now})
	if err != nil {
		return err
	}
	var first error
	_, err = s.OpenAll(ctx, func(err error) {
		if first == nil && !errors.Is(err, seal.ErrAltered) && !errors.Is(err, seal.ErrNotSealed) {
			first = err
		}
	})
	if err = errors.Join(err, s.Close()); err == nil && first != nil {
		err = fmt.Errorf("%w: keys were changed after it was made: name the copy of the key file from its time with --key-file: %w", ErrKeyFile, first)
	}
	return err
}

// replace keeps the old database under another name, which it returns, and gives its name to
// the new one.
func (r restoration) replace(old *held, fresh copying) (before string, err error) {
	aside := r.path + ".before-restore-" + stamp(r.now())
	if old.exists {
		before = aside
		err := r.link(r.path, aside)
		if err != nil && !errors.Is(err, fs.ErrExist) {
			err = old.copyTo(r.path, aside) // a file system without links
		}
		if err != nil {
			return "", err
		}
		r.onStep("kept")
	}
	if !old.exists {
		if err := checkAbsent(r.path); err != nil {
			return before, err
		}
	}
	if !old.plain {
		if err := keepBeside(r.path, aside); err != nil {
			return before, err
		}
		r.onStep("cleared")
	}
	// The second name must be on the disk before the first one is reused.
	if err := syncFolder(filepath.Dir(r.path)); err != nil {
		return before, err
	}
	if old.exists {
		err = os.Rename(fresh.file, r.path)
	} else {
		err = fresh.place(r.path) // fails if a server has just started
	}
	if err != nil {
		return before, err
	}
	r.onStep("placed")
	return before, syncFolder(filepath.Dir(r.path))
}

// checkAbsent fails with ErrInUse when a server has just started and created the file. The log
// beside it is then that server's.
func checkAbsent(path string) error {
	_, err := os.Lstat(path)
	switch {
	case err == nil:
		return ErrInUse
	case errors.Is(err, fs.ErrNotExist):
		return nil
	}
	return err
}

// keepBeside renames the log beside a database that SQLite cannot read or that is gone. It may
// hold data to rescue, and the new database must not find it.
func keepBeside(path, aside string) error {
	for _, suffix := range []string{"-wal", "-journal"} {
		if err := os.Rename(path+suffix, aside+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	if err := os.Remove(path + "-shm"); err != nil && !errors.Is(err, fs.ErrNotExist) { // an index of the log
		return err
	}
	return nil
}

// held is a database that no other process has open or can open.
type held struct {
	exists  bool
	plain   bool // SQLite can read it, and nothing lies beside it
	release func() error
}

// hold does not wait for other processes. It fails with ErrInUse, and with ErrForeign for the
// database of another program.
func hold(ctx context.Context, path string) (*held, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return &held{release: func() error { return nil }}, nil
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, ErrNotDatabase
	}
	if err := errors.Join(checkOwner(info, os.Geteuid()), checkWritable(path)); err != nil {
		return nil, err
	}
	err = ErrNotDatabase
	if info.Size() > 1 { // SQLite takes a smaller file for an empty database, and removes its log
		var h *held
		if h, err = holdPlain(ctx, path); err == nil {
			return h, nil
		}
	}
	if !errors.Is(err, ErrNotDatabase) && !errors.Is(err, db.ErrDamaged) {
		return nil, err
	}
	release, err := lockFile(path)
	return &held{exists: true, release: release}, err
}

// holdPlain lets SQLite fold the log into the database and remove it, then locks the database.
func holdPlain(ctx context.Context, path string) (_ *held, err error) {
	pool, err := sql.Open(driverName, dsn(path, "rw"))
	if err != nil {
		return nil, err
	}
	c, err := pool.Conn(ctx)
	if err != nil {
		return nil, errors.Join(explainUnreadable(err), pool.Close())
	}
	h := &held{exists: true, plain: true, release: func() error { return errors.Join(c.Close(), pool.Close()) }}
	if err := lockPlain(ctx, c); err != nil {
		return nil, errors.Join(err, h.release())
	}
	return h, nil
}

func lockPlain(ctx context.Context, c *sql.Conn) error {
	if _, _, err := schemaVersion(ctx, c, nil); err != nil && !errors.Is(err, ErrNewer) {
		return inUse(err)
	}
	for _, text := range []string{"PRAGMA journal_mode = DELETE", "BEGIN EXCLUSIVE"} {
		if _, err := c.ExecContext(ctx, text); err != nil {
			return inUse(err)
		}
	}
	var mode string
	err := c.QueryRowContext(ctx, "PRAGMA journal_mode").Scan(&mode)
	if err == nil && mode != "delete" {
		err = ErrInUse // another process came between, and the lock does not keep out readers
	}
	return err
}

func inUse(err error) error {
	if code := codeOf(err); code == sqlite3.SQLITE_BUSY || code == sqlite3.SQLITE_LOCKED {
		return ErrInUse
	}
	return explainUnreadable(err)
}

// copyTo copies the file byte by byte to a new one. SQLite cannot copy it while it is locked.
func (h *held) copyTo(path, to string) error {
	c, err := startCopy(to)
	if err != nil {
		return err
	}
	defer c.end()
	in, err := os.Open(path) // #nosec G304 -- the operator names the folder
	if err != nil {
		return err
	}
	release := h.release
	h.release = func() error { return errors.Join(release(), in.Close()) } // an earlier close would end the lock
	out, err := os.OpenFile(c.file, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	if err = errors.Join(err, out.Sync(), out.Close()); err != nil {
		return err
	}
	return c.place(to)
}
