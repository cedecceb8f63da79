package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"reflect"
	"time"

	"modernc.org/sqlite"

	"callbook/db"
)

// Saved is what a database holds, as far as it tells a copy from another one.
type Saved struct {
	Size    int64 // in bytes
	Version int
	db.Contents
}

// holds reports whether two databases hold the same. Their sizes do not tell:
// what lies beside a database does not count.
func (s Saved) holds(other Saved) bool {
	s.Size, other.Size = 0, 0
	return reflect.DeepEqual(s, other)
}

// Backup copies the database at path, of this version or an older one, to a new
// file of mode 0600, while other processes may write to it. The copy is of one
// moment after the call, is verified, and is one plain file. Backup fails with
// ErrExists where there is a file already, and leaves nothing behind when it
// fails; what one that was killed has left the next one to the same file removes. The
// key file is not copied.
func Backup(ctx context.Context, path, file string) (Saved, error) {
	if err := inspect(ctx, path, Options{MustExist: true, ReadOnly: true}); err != nil {
		return Saved{}, fmt.Errorf("%s: %w", path, err)
	}
	return save(ctx, path, file)
}

// save copies a database to a new file.
func save(ctx context.Context, from, to string) (Saved, error) {
	c, err := startCopy(to)
	if err != nil {
		return Saved{}, err
	}
	defer c.end()
	if _, err := os.Lstat(to); err == nil { // said before the work; what decides is that link fails
		return Saved{}, fmt.Errorf("%s: %w", to, ErrExists)
	}
	saved, err := c.fill(ctx, from)
	if err != nil {
		return Saved{}, err
	}
	if err := c.place(to); err != nil {
		return Saved{}, err
	}
	return saved, syncFolder(filepath.Dir(to))
}

// copyBatchPages is after how many pages a copy looks whether it is to go on.
const copyBatchPages = 1024

// copyTo copies a database into an empty file and makes that one plain file which
// is on the disk. The copy is that of one transaction, which in write-ahead logging
// keeps nobody from writing: without it a copy would begin anew with each write of
// another process.
func copyTo(ctx context.Context, c *sql.Conn, file string) (saved Saved, err error) {
	if _, err := c.ExecContext(ctx, "BEGIN"); err != nil {
		return saved, err
	}
	defer func() {
		_, err2 := c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		err = errors.Join(err, err2)
	}()
	if saved, err = summary(ctx, c); err != nil {
		return saved, err
	}
	err = c.Raw(func(conn any) error {
		return copyPages(ctx, conn, dsn(file, "rw", "journal_mode(OFF)", "synchronous(OFF)"))
	})
	if err != nil {
		return saved, err
	}
	return saved, settle(ctx, file)
}

func copyPages(ctx context.Context, conn any, to string) error {
	b, err := conn.(interface {
		NewBackup(string) (*sqlite.Backup, error)
	}).NewBackup(to)
	if err != nil {
		return err
	}
	for more := true; more && err == nil; {
		if more, err = b.Step(copyBatchPages); err == nil {
			err = ctx.Err()
		}
	}
	return errors.Join(err, b.Finish())
}

// settle ends the write-ahead logging that a copy has from its original, so that
// it is complete without a file beside it, and brings it to the disk.
func settle(ctx context.Context, file string) error {
	pool, err := sql.Open(driverName, dsn(file, "rw", "synchronous(OFF)"))
	if err != nil {
		return err
	}
	var mode string
	err = pool.QueryRowContext(ctx, "PRAGMA journal_mode = DELETE").Scan(&mode)
	if err = errors.Join(err, pool.Close()); err != nil || mode != "delete" {
		return errors.Join(err, fmt.Errorf("the copy keeps its log in a file beside it (journal mode %s)", mode))
	}
	f, err := os.OpenFile(file, os.O_RDWR, 0) // #nosec G304 -- the temporary file of above
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// verify reads a whole database and returns what it holds. It fails with
// db.ErrDamaged and the like.
func verify(ctx context.Context, file string) (saved Saved, err error) {
	err = reading(ctx, file, func(c *sql.Conn) error {
		if saved, err = summary(ctx, c); err != nil {
			return err
		}
		var says string
		if err := c.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&says); err != nil {
			return err
		}
		if says != "ok" {
			return fmt.Errorf("%w: %s", db.ErrDamaged, says)
		}
		return nil
	})
	return saved, err
}

// readingName names a database to who only reads it. Where there is a log, as beside
// a server and after one that was killed, mode ro keeps the last one to close it from
// folding it in. Where there is none, SQLite would leave files behind in that mode.
func readingName(path string) string {
	mode := "rw"
	if _, err := os.Stat(path + "-wal"); err == nil {
		mode = "ro"
	}
	return dsn(path, mode, "busy_timeout(5000)", "query_only(ON)", "temp_store(MEMORY)")
}

// CheckCopy fails with ErrNotPlain for a copy that is more than one file: to read it
// would be to change it.
func CheckCopy(file string) error {
	for _, suffix := range []string{"-wal", "-shm", "-journal"} {
		_, err := os.Lstat(file + suffix)
		if err == nil {
			return fmt.Errorf("%s: %w: %s%s belongs to it. If it is in use, or was when it was killed, leave it where it is: callbook check --data and callbook backup --data "+
				"take its folder. Of a copy, copy all its files into an empty folder, as callbook.db and callbook.db%s, and make one plain file of them with "+
				"callbook backup --data and that folder; nothing was changed", file, ErrNotPlain, file, suffix, suffix)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// reading runs a function on a connection that only reads.
func reading(ctx context.Context, path string, fn func(*sql.Conn) error) error {
	info, err := os.Stat(path) // SQLite would only say that it cannot open the file
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s: %w", path, ErrNotDatabase)
	}
	pool, err := sql.Open(driverName, readingName(path))
	if err != nil {
		return err
	}
	defer pool.Close()
	c, err := pool.Conn(ctx)
	if err == nil {
		err = fn(c)
		_ = c.Close() // to the pool, which closes it
	}
	if err = damage(err); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// summary returns what a database holds.
func summary(ctx context.Context, c *sql.Conn) (s Saved, err error) {
	if s.Version, _, err = schemaVersion(ctx, c, nil); err != nil {
		return s, err
	}
	if s.Version == 0 {
		return s, ErrNoDatabase
	}
	row := c.QueryRowContext(ctx, `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`)
	if err := row.Scan(&s.Size); err != nil {
		return s, err
	}
	s.Contents, err = db.ReadContents(ctx, c)
	return s, err
}

// backUpBeforeMigration saves a database, while nobody writes to it, as it is before it is
// brought to a version. Where a start before this one has saved it and then
// failed, that copy is kept. A copy of another state keeps its data under a longer
// name: the older version was in use again.
func backUpBeforeMigration(ctx context.Context, path string, version int, log *slog.Logger) error {
	to := fmt.Sprintf("%s.before-v%d", path, version)
	info, err := os.Lstat(to)
	if err == nil {
		same, err := isCopyOf(ctx, to, path)
		if err != nil {
			return err
		}
		if same {
			log.Info("the database is brought to a newer version; the copy from before is there already", "copy", to, "version", version)
			return nil
		}
		if err := os.Rename(to, to+"-"+stamp(info.ModTime())); err != nil {
			return err
		}
	}
	saved, err := save(ctx, path, to)
	if err == nil {
		log.Info("the database is brought to a newer version; a copy of it was made before", "copy", to, "from", saved.Version, "version", version)
	}
	return err
}

// isCopyOf reports whether a file is a sound copy of what a database holds now.
func isCopyOf(ctx context.Context, file, path string) (bool, error) {
	var now Saved
	err := reading(ctx, path, func(c *sql.Conn) (err error) {
		now, err = summary(ctx, c)
		return err
	})
	if err != nil {
		return false, err
	}
	kept, err := verify(ctx, file)
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	return err == nil && kept.holds(now), nil
}

// stamp writes a time as a part of the name of a file.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000Z") }
