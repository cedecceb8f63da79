// Package sqlite keeps the store of package db in one SQLite file in WAL mode. It opens,
// creates, migrates, backs up and restores that file. It hides which files SQLite and
// Callbook keep beside it.
package sqlite

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"callbook/db"
)

// readers is the size of the read pool; a connection takes about 4 MB.
const readers = 4

// Store is a db.Store on a file.
type Store struct {
	*db.Store // nil until the file is open

	path   string
	pool   *sql.DB
	conns  []*sql.Conn // every one: the writer's, then the readers'
	closed sync.Once

	keyFile   string
	readOnly  bool
	exclusive bool // no other process may open the file; views run on the writer's connection
}

// Close waits for accepted updates and running views, then closes the file. After it View
// and Update fail with db.ErrClosed. Close fails with db.ErrDamaged when the database was
// found damaged. It then leaves the file open until the process ends, because closing it
// would fold in its log.
func (s *Store) Close() error {
	var err error
	s.closed.Do(func() {
		if s.Store != nil && s.Stop() && !s.readOnly {
			err = fmt.Errorf("%s: %w", s.path, db.ErrDamaged)
			return
		}
		err = s.disconnect()
	})
	return err
}

// disconnect closes every connection. The last one folds in the log.
func (s *Store) disconnect() (err error) {
	if s.Store != nil {
		err = s.Disconnect()
	} else {
		for _, c := range slices.Backward(s.conns) { // the pool closes idle connections only
			err = errors.Join(err, c.Close())
		}
	}
	return errors.Join(err, s.pool.Close())
}
