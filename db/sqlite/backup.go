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

// Saved describes a database or a copy of it.
type Saved struct {
	Size    int64 // in bytes
	Version int
	db.Contents
}

// holds reports whether two databases have the same version and contents. It ignores the
// size, which does not count the log.
func (s Saved) holds(other Saved) bool {
	s.Size, other.Size = 0, 0
	return reflect.DeepEqual(s, other)
}

// Backup copies the database at path, of this version or an older one, to a new file of
// mode 0600. Other processes may write to the database meanwhile. The copy is one plain,
// verified file with the contents of one moment after the call. Backup fails with ErrExists
// for a file that is there, and leaves nothing behind when it fails. It removes the temporary
// files of a killed Backup to the same file. The key file is not copied.
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
	if _, err := os.Lstat(to); err == nil { // an early answer: the link below decides
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

// copyBatchPages is how many pages are copied before the context is checked again.
const copyBatchPages = 1024

// copyTo copies a database into an empty file, which becomes one plain file on the disk. It
// copies in one transaction, which does not block writers in write-ahead logging. Without the
// transaction, each write of another process would restart the copy.
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
	return saved, makePlain(ctx, file)
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

// makePlain ends the write-ahead logging of a copy, so that it needs no file beside it, and
// syncs it to the disk.
func makePlain(ctx context.Context, file string) error {
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

// verify reads a whole database and describes it. It fails with db.ErrDamaged and the other
// reasons for which a file is not opened.
func verify(ctx context.Context, file string) (saved Saved, err error) {
	err = reading(ctx, file, func(c *sql.Conn) error {
		if saved, err = summary(ctx, c); err != nil {
			return err
		}
		var result string
		if err := c.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&result); err != nil {
			return err
		}
		if result != "ok" {
			return fmt.Errorf("%w: %s", db.ErrDamaged, result)
		}
		return nil
	})
	return saved, err
}

// readingName names a database for a process that only reads it. If there is a log, mode ro
// keeps SQLite from folding it in at the last close. A running server has a log, and a killed
// one leaves it. Without a log, SQLite would leave files behind in that mode.
func readingName(path string) string {
	mode := "rw"
	if _, err := os.Stat(path + "-wal"); err == nil {
		mode = "ro"
	}
	return dsn(path, mode, "busy_timeout(5000)", "query_only(ON)", "temp_store(MEMORY)")
}

// CheckCopy fails with ErrNotPlain for a copy that is more than one file. To read such a copy
// would change it.
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

// reading calls fn with a read-only connection.
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
	if err = explainUnreadable(err); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// summary describes a database without verifying it.
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

// backUpBeforeMigration copies a database before it is migrated to a version. Nobody writes to
// it meanwhile. A copy that an earlier, failed start has made is kept. If that copy has other
// contents, because the older version was in use again, it is renamed.
func backUpBeforeMigration(ctx context.Context, path string, version int, log *slog.Logger) error {
	to := fmt.Sprintf("%s.before-v%d", path, version)
	info, err := os.Lstat(to)
	if err == nil {
		same, err := isCopyOf(ctx, to, path)
		if err != nil {
			return err
		}
		if same {
			log.Info("database migration begins; its backup exists already", "copy", to, "version", version)
			return nil
		}
		if err := os.Rename(to, to+"-"+stamp(info.ModTime())); err != nil {
			return err
		}
	}
	saved, err := save(ctx, path, to)
	if err == nil {
		log.Info("database migration begins; backup made", "copy", to, "from", saved.Version, "version", version)
	}
	return err
}

// isCopyOf reports whether a file is a sound copy of the current contents of a database.
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

// stamp formats a time for the name of a file.
func stamp(t time.Time) string { return t.UTC().Format("20060102T150405.000Z") }
