package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// ErrOtherKeyFile says that a key file stands where one is to be made, and is
// not that of this database.
var ErrOtherKeyFile = errors.New("there is a key file of another database: move it away, or name another with --key-file")

// KeyFile returns where the key file of a database is unless something else is
// said: beside its folder and not in it, so that a copy of the folder opens
// nothing.
func KeyFile(path string) string {
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil || filepath.Dir(folder) == folder {
		return "" // nothing is beside it
	}
	return folder + ".key"
}

// ErrKeyFilePlace says that the key file would lie among the data that it opens.
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

// pending marks a key file whose database is not made yet.
func pending(file string) string { return file + ".pending" }

// Locked returns why no address can be read and nothing be changed: the key file
// is missing, or not the one that this database was made with. Nil: it is there.
func (s *Store) Locked() error { return s.locked }

// Keys returns the keys of the database, or nil where it is locked.
func (s *Store) Keys() *seal.Ring { return s.ring }

// openKeys finds the keys of a database, and makes them for a new one. A
// database that has keys never gets others.
func (s *Store) openKeys(ctx context.Context, c *sql.Conn, o Options) error {
	kept, err := keptKeys(ctx, c, o.later)
	file := o.KeyFile
	switch {
	case err != nil:
		return err
	case kept != "":
		s.ring, s.locked = loadKeys(file, kept, o.Now)
		return nil
	case o.MustExist: // what another process makes is not done yet
		return ErrNoDatabase
	}
	if err := markPending(file); err != nil {
		return err
	}
	s.ring, err = seal.Create(file, o.Now)
	if !errors.Is(err, fs.ErrExist) {
		return err
	}
	return s.adoptKeys(ctx, c, o)
}

// markPending says that a key file is about to be made. One that is there and
// not marked belongs to a database, or to one that another process has just made.
func markPending(file string) error {
	_, err := os.Stat(file)
	if err == nil {
		return nil
	}
	return os.WriteFile(pending(file), nil, 0o600)
}

// adoptKeys takes a key file that stands where one was to be made: another
// process is making this database too, or one was stopped before it was done.
// The key file of any other database is left alone.
func (s *Store) adoptKeys(ctx context.Context, c *sql.Conn, o Options) (err error) {
	if s.ring, err = seal.Load(o.KeyFile, o.Now); err != nil {
		return err
	}
	_, settled := os.Stat(pending(o.KeyFile)) // before the database is asked: who removes the mark has written there first
	kept, err := keptKeys(ctx, c, o.later)
	if err == nil && kept != s.ring.ID() && settled != nil {
		err = fmt.Errorf("%s: %w", o.KeyFile, ErrOtherKeyFile)
	}
	return err
}

// keptKeys returns the id of the key file of a database; "": it has none yet.
func keptKeys(ctx context.Context, c *sql.Conn, later []string) (id string, err error) {
	version, _, err := standing(ctx, c, later)
	if err != nil || version == 0 {
		return "", err
	}
	err = c.QueryRowContext(ctx, `SELECT key_file FROM installation WHERE id = 1`).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		err = unused(ctx, c)
	}
	return id, err
}

// unused fails for a database that has lost the row that names its key file: it
// holds what other keys would not open.
func unused(ctx context.Context, c *sql.Conn) error {
	var used bool
	err := c.QueryRowContext(ctx, `SELECT `+handedOut).Scan(&used)
	if err == nil && used {
		return fmt.Errorf("%w: it does not say which key file opens it", ErrDamaged)
	}
	return err
}

func loadKeys(file, id string, now func() time.Time) (*seal.Ring, error) {
	ring, err := seal.Load(file, now)
	if err == nil && ring.ID() != id {
		return nil, fmt.Errorf("%s: %w", file, seal.ErrOtherFile)
	}
	return ring, err
}

// locked makes the error of what cannot be done without the right key. Only a
// value that was altered is another matter, and the sentence fits it too.
func (q *queries) locked(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, seal.ErrLocked) {
		err = errors.Join(q.conn.locked, err)
	}
	return oncall.SealedError(err)
}

// seal encrypts a value for the place where it will be stored. It refuses while
// the key file is away or another one: what it sealed would be lost with the
// file, when the keys that are in memory are gone.
func (q *queries) seal(plain []byte, table, column, row string) ([]byte, error) {
	if err := q.conn.ring.Health(); err != nil && q.conn.ring != nil {
		return nil, oncall.KeyFileMissingError(err)
	}
	sealed, err := q.conn.ring.Seal(plain, seal.Place{Table: table, Column: column, Row: row})
	return sealed, q.locked(err)
}

// open decrypts a value of seal's.
func (q *queries) open(sealed []byte, table, column, row string) ([]byte, error) {
	plain, err := q.conn.ring.Open(sealed, seal.Place{Table: table, Column: column, Row: row})
	return plain, q.locked(err)
}

// fingerprint is a keyed hash of what a request says of itself.
func (q *queries) fingerprint(label string, data []byte) ([]byte, error) {
	sum, err := q.conn.ring.Sum(seal.Fingerprints, label, data)
	return sum.MAC[:], q.locked(err)
}

const selectIndexKey = `SELECT index_key FROM installation WHERE id = 1`

// indexKey returns the id of the key by which addresses are found. It is read
// once in a transaction.
func (q *queries) indexKey() (uint32, error) {
	if q.conn.indexKey == 0 {
		if err := q.row(selectIndexKey, nil, &q.conn.indexKey); err != nil {
			return 0, err
		}
	}
	return q.conn.indexKey, nil
}

// addressHash returns the hash by which an address is found.
func (q *queries) addressHash(canonical string) ([]byte, error) {
	key, err := q.indexKey()
	if err != nil {
		return nil, err
	}
	return q.hashWith(key, canonical)
}

func (q *queries) hashWith(key uint32, canonical string) ([]byte, error) {
	sum, err := q.conn.ring.SumWith(seal.Index, key, "address", []byte(canonical))
	return sum.MAC[:], q.locked(err)
}
