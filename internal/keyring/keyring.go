// Package keyring replaces the keys by which stored values are sealed and found.
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

// Queries is what this room asks a store. The sentences here are what dbtest and the tests
// of rekeying check.
type Queries interface {
	access.Queries

	// Reseal goes on behind a place and seals anew, by the primary key, up to
	// limit values that another key has sealed. It returns where it stopped and
	// how many there were: fewer than limit when it came to the end. It changes no
	// version. It fails with Sealed when a value cannot be opened.
	Reseal(after SealedRow, limit int) (last SealedRow, n int, err error)

	// IndexKey returns the id of the key by which addresses are found.
	IndexKey() (uint32, error)
	// RotateIndex makes a key the one by which all addresses are found, and returns
	// how many there are. It takes as long as there are many. It fails with Sealed
	// when an address cannot be opened or there is no such key.
	RotateIndex(key uint32) (int, error)
}
