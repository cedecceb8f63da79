package db

import (
	"bytes"
	"errors"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// Locked returns why no address can be read and nothing can be changed: the key file is
// missing, or is not the one that this database was created with. Nil: the keys are there.
func (s *Store) Locked() error { return s.locked }

// Keys returns the keys of the database, or nil if it is locked.
func (s *Store) Keys() *seal.Ring { return s.ring }

// locked wraps an error of package seal for the caller. It covers an altered value too,
// because the message for people fits both.
func (q *queries) locked(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, seal.ErrLocked) {
		err = errors.Join(q.conn.locked, err)
	}
	return oncall.SealedError(err)
}

// seal encrypts a value for the place where it will be stored. It refuses while the key file
// is missing or replaced: once the keys in memory are gone, the value could not be opened.
func (q *queries) seal(plain []byte, table, column, row string) ([]byte, error) {
	if err := q.conn.ring.Health(); err != nil && q.conn.ring != nil {
		return nil, oncall.KeyFileMissingError(err)
	}
	sealed, err := q.conn.ring.Seal(plain, seal.Place{Table: table, Column: column, Row: row})
	return sealed, q.locked(err)
}

// sealedBlock is the multiple to which JSON is padded before it is sealed. Otherwise the length
// of a sealed value would tell that of the address in it.
const sealedBlock = 64

// padded adds spaces to JSON, which mean nothing there, up to a multiple of sealedBlock.
func padded(plain []byte) []byte {
	missing := (sealedBlock - len(plain)%sealedBlock) % sealedBlock
	return append(plain, bytes.Repeat([]byte{' '}, missing)...)
}

// open decrypts a value that seal has encrypted.
func (q *queries) open(sealed []byte, table, column, row string) ([]byte, error) {
	plain, err := q.conn.ring.Open(sealed, seal.Place{Table: table, Column: column, Row: row})
	return plain, q.locked(err)
}

// fingerprint returns a keyed hash of the content of a request.
func (q *queries) fingerprint(label string, data []byte) ([]byte, error) {
	sum, err := q.conn.ring.Sum(seal.Fingerprints, label, data)
	return sum.MAC[:], q.locked(err)
}

const selectIndexKey = `SELECT index_key FROM installation WHERE id = 1`

// indexKey returns the id of the key of the address index. It is read once in a transaction.
func (q *queries) indexKey() (uint32, error) {
	if q.conn.indexKey == 0 {
		if err := q.row(selectIndexKey, nil, &q.conn.indexKey); err != nil {
			return 0, err
		}
	}
	return q.conn.indexKey, nil
}

// addressHash returns the keyed hash by which an address is found.
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
