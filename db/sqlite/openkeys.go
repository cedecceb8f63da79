package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"callbook/db"
	"callbook/internal/seal"
)

// ErrOtherKeyFile is returned when the key file of another database is in the place where one
// must be created.
var ErrOtherKeyFile = errors.New("there is a key file of another database: move it away, or name another with --key-file")

// KeyFile returns the default path of the key file of a database. It is beside the data folder
// and not in it, so that a copy of the folder does not contain the keys.
func KeyFile(path string) string {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil || filepath.Dir(folder) == folder {
		return "" // no place is beside it
	}
	return folder + ".key"
}

// ErrKeyFilePlace is returned for a key file in the folder of the data that it opens.
var ErrKeyFilePlace = errors.New("the key file must not lie in the data folder, or a copy of the folder opens itself: name another place with --key-file")

// checkKeyFile refuses a key file in the folder of the database.
func checkKeyFile(path, file string) error {
	if file == "" {
		return ErrKeyFilePlace
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return err
	}
	if file, err = filepath.Abs(file); err != nil {
		return err
	}
	if inside, err := filepath.Rel(folder, file); err == nil && filepath.IsLocal(inside) {
		return ErrKeyFilePlace
	}
	return nil
}

// pending returns the file that marks a key file whose database is not created yet.
func pending(file string) string { return file + ".pending" }

// keys are the keys of a database, or the reason why it is locked.
type keys struct {
	ring   *seal.Ring // nil: locked
	locked error
}

// openKeys finds the keys of a database, or creates them for a new one. A database that has
// keys never gets others.
func openKeys(ctx context.Context, c *sql.Conn, o Options) (k keys, err error) {
	kept, err := storedKeys(ctx, c, o.later)
	file := o.KeyFile
	switch {
	case err != nil:
		return k, err
	case kept != "":
		k.ring, k.locked = loadKeys(file, kept, o.Now)
		return k, nil
	case o.MustExist: // another process is still creating it
		return k, ErrNoDatabase
	}
	if err := markPending(file); err != nil {
		return k, err
	}
	k.ring, err = seal.Create(file, o.Now)
	if errors.Is(err, fs.ErrExist) {
		k.ring, err = adoptKeys(ctx, c, o)
	}
	return k, err
}

// markPending marks a key file that is about to be created. An existing key file without the
// mark belongs to a database, which another process may have just created.
func markPending(file string) error {
	_, err := os.Stat(file)
	if err == nil {
		return nil
	}
	return os.WriteFile(pending(file), nil, 0o600)
}

// adoptKeys loads the key file that exists where one was to be created. Another process is
// creating this database too, or was stopped before it had finished. adoptKeys refuses the key
// file of any other database.
func adoptKeys(ctx context.Context, c *sql.Conn, o Options) (*seal.Ring, error) {
	ring, err := seal.Load(o.KeyFile, o.Now)
	if err != nil {
		return nil, err
	}
	_, settled := os.Stat(pending(o.KeyFile)) // before the database is read: the process that removes the mark writes to the database first
	kept, err := storedKeys(ctx, c, o.later)
	if err == nil && kept != ring.ID() && settled != nil {
		err = fmt.Errorf("%s: %w", o.KeyFile, ErrOtherKeyFile)
	}
	return ring, err
}

// storedKeys returns the id of the key file of a database; "": it has none yet.
func storedKeys(ctx context.Context, c *sql.Conn, later []string) (string, error) {
	version, _, err := schemaVersion(ctx, c, later)
	if err != nil || version == 0 {
		return "", err
	}
	return db.KeyFileID(ctx, c)
}

// loadKeys reads the key file with an id.
func loadKeys(file, id string, now func() time.Time) (*seal.Ring, error) {
	ring, err := seal.Load(file, now)
	if err == nil && ring.ID() != id {
		return nil, fmt.Errorf("%s: %w", file, seal.ErrOtherFile)
	}
	return ring, err
}
