// Package keyring replaces the keys that encrypt stored values and the keys of the address
// index.
package keyring

import "callbook/internal/access"

// Keyring replaces the keys of a store. It is safe for concurrent use.
type Keyring struct {
	*access.Control
	store access.Store[Queries]
}

// New returns the keyring of a store.
func New(control *access.Control, store access.Store[Queries]) *Keyring {
	return &Keyring{Control: control, store: access.Classified(store)}
}

// Queries are the queries of this room. Package dbtest and the tests of rekeying check this
// contract.
type Queries interface {
	access.Queries

	// Reseal seals values with the primary key: up to limit values after a row that are
	// sealed with another key. It returns the last row and the number of values, which
	// is less than limit at the end. It changes no version. It fails with Sealed if a
	// value cannot be decrypted.
	Reseal(after SealedRow, limit int) (last SealedRow, n int, err error)

	// IndexKey returns the id of the key of the address index.
	IndexKey() (uint32, error)
	// RotateIndex computes the address index anew with a key, and returns the number of
	// addresses. Its duration grows with that number. It fails with Sealed if an address
	// cannot be decrypted or the key does not exist.
	RotateIndex(key uint32) (int, error)
}
