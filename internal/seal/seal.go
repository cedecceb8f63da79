// Package seal keeps secrets out of the database. A value that must be read again is sealed
// for the one place where it is stored. A value that must only be compared becomes a keyed
// hash. The package hides the key file, the cryptography (tink) and the change of keys under a
// running server.
package seal

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"
)

// Purpose is what keys are used for. Each purpose has its own keys. The primary one seals and
// hashes new values. The others read old values.
type Purpose string

// The purposes. Only Addresses seals. The others hash.
const (
	Addresses    Purpose = "addresses"    // every sealed field, delivery addresses first
	Index        Purpose = "index"        // search for an exact address, and duplicates
	Fingerprints Purpose = "fingerprints" // requests seen before
	Audit        Purpose = "audit"        // the chain of the audit trail
	Codes        Purpose = "codes"        // activation codes and links
)

// purposes are all purposes. A key file has keys for exactly these.
var purposes = []Purpose{Addresses, Index, Fingerprints, Audit, Codes}

// The errors of a Ring or a key file. No error of this package contains any part of a key or of
// a sealed value.
var (
	ErrLocked     = errors.New("there is no key")
	ErrMissing    = errors.New("there is no key file")
	ErrExposed    = errors.New("the key file can be read or changed by others; it must have mode 0600")
	ErrMalformed  = errors.New("this is not a key file of this version of Callbook")
	ErrOtherFile  = errors.New("the key file was replaced by another one")
	ErrNotOwner   = errors.New("the key file belongs to another user")
	ErrUnknownKey = errors.New("the key file has no such key")
	ErrPrimaryKey = errors.New("the primary key cannot be dropped")
	ErrNotSealed  = errors.New("this is not a sealed value")
	ErrAltered    = errors.New("this sealed value was altered, or was sealed for another place")
)

// Lag is how long a running Ring may use the old keys after another process has changed the
// file.
const Lag = time.Second

// Place is where a sealed value is stored. A value that was sealed for one place cannot be
// opened for another. Errors contain the place.
type Place struct {
	Table, Column string
	Row           string // the row's id, which never changes
}

// binding returns the associated data that binds a value to its place. Every part follows its
// length, so that no two places share a binding.
func (p Place) binding() []byte {
	b := make([]byte, 0, 12+len(p.Table)+len(p.Column)+len(p.Row))
	for _, part := range [...]string{p.Table, p.Column, p.Row} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(part)))
		b = append(b, part...)
	}
	return b
}

func (p Place) String() string { return fmt.Sprintf("%s.%s of %s", p.Table, p.Column, p.Row) }

// A sealed value begins with the byte 1 and the id of the key, big endian:
// https://developers.google.com/tink/wire-format#tink_output_prefix
const (
	prefixSize = 5
	prefixByte = 1
)

func prefixOf(keyID uint32) []byte {
	return binary.BigEndian.AppendUint32([]byte{prefixByte}, keyID)
}

// SealedBy returns the id of the key that sealed a value. It fails with ErrNotSealed for a
// value that is too short or has another first byte.
func SealedBy(sealed []byte) (uint32, error) {
	if len(sealed) < prefixSize || sealed[0] != prefixByte {
		return 0, ErrNotSealed
	}
	return binary.BigEndian.Uint32(sealed[1:]), nil
}
