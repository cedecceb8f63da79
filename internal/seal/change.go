package seal

import (
	"fmt"
	"slices"

	"github.com/tink-crypto/tink-go/v2/keyset"
)

// AddKey adds a new key for p to the file and returns its id. The key is not primary. Other
// processes learn of it within Lag, or when they meet its id.
//
// AddKey, Promote and Drop may be called while a server runs. They wait for another process
// that changes the file. The folder of the file must be writable. They fail with ErrNotOwner
// when the file belongs to another user, with ErrOtherFile when it is no longer the one that
// was loaded, and with the errors of Load.
func (r *Ring) AddKey(p Purpose) (uint32, error) {
	var id uint32
	err := r.change(p, func(m *keyset.Manager, _ *keyset.Handle) (err error) {
		id, err = addKey(m, p)
		return err
	})
	return id, err
}

// Promote makes a key of p the primary one. A running server may use the previous primary key
// for another Lag. Promote fails with ErrUnknownKey.
func (r *Ring) Promote(p Purpose, keyID uint32) error {
	return r.change(p, func(m *keyset.Manager, h *keyset.Handle) error {
		if !slices.Contains(idsOf(h), keyID) {
			return fmt.Errorf("%w: %s %d", ErrUnknownKey, p, keyID)
		}
		return m.SetPrimary(keyID)
	})
}

// Drop removes a key of p for good. Values that it sealed are lost. Before, check in a write
// transaction that no value needs the key. The transaction must begin at least Lag after
// another key was promoted, because a running server may use the key until then. Drop fails
// with ErrPrimaryKey and ErrUnknownKey.
func (r *Ring) Drop(p Purpose, keyID uint32) error {
	return r.change(p, func(m *keyset.Manager, h *keyset.Handle) error {
		if !slices.Contains(idsOf(h), keyID) {
			return fmt.Errorf("%w: %s %d", ErrUnknownKey, p, keyID)
		}
		if first, err := h.Primary(); err != nil || first.KeyID() == keyID {
			return fmt.Errorf("%w: %s %d", ErrPrimaryKey, p, keyID)
		}
		return m.Delete(keyID)
	})
}

// change edits the keys of one purpose in the file and loads the result.
func (r *Ring) change(p Purpose, edit func(*keyset.Manager, *keyset.Handle) error) error {
	if _, err := r.set(p); err != nil {
		return err
	}
	err := rewrite(r.path, r.id, func(f *file) error {
		h := f.sets[p]
		m := keyset.NewManagerFromHandle(h)
		if err := edit(m, h); err != nil {
			return err
		}
		var err error
		f.sets[p], err = m.Handle()
		return err
	})
	if err != nil {
		return fmt.Errorf("key file %s: %w", r.path, err)
	}
	r.reload()
	return nil
}
