package sqlite

import (
	"errors"
	"os"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"

	"callbook/internal/keyring"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// KeyFile returns the key file of the database, for Keyring.RotateSeal.
func (s *Store) KeyFile() keyring.KeyFile { return keyFile{s} }

// keyFile changes keys in the words of the domain.
type keyFile struct{ store *Store }

// Hold locks a file of its own, which stays: the key file itself is replaced.
func (k keyFile) Hold() (func() error, error) {
	if k.store.Keys() == nil {
		return nil, k.told(seal.ErrLocked)
	}
	lock, err := lockedfile.OpenFile(k.store.keyFile+".rotation.lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return lock.Close, nil
}

// Keys reads the file itself: the ring may be behind what another process did
// just before.
func (k keyFile) Keys(p keyring.KeyPurpose) (ids []uint32, primary uint32, err error) {
	if k.store.Keys() == nil {
		return nil, 0, k.told(seal.ErrLocked)
	}
	now, err := loadKeys(k.store.keyFile, k.store.Keys().ID(), nil)
	if err != nil {
		return nil, 0, oncall.SealedError(err)
	}
	ids, err = now.KeyIDs(seal.Purpose(p))
	if err != nil {
		return nil, 0, err
	}
	primary, err = now.Primary(seal.Purpose(p))
	return ids, primary, err
}

func (k keyFile) Add(p keyring.KeyPurpose) (uint32, error) {
	id, err := k.store.Keys().AddKey(seal.Purpose(p))
	return id, k.told(err)
}

func (k keyFile) Promote(p keyring.KeyPurpose, id uint32) error {
	return k.told(k.store.Keys().Promote(seal.Purpose(p), id))
}

func (k keyFile) Drop(p keyring.KeyPurpose, id uint32) error {
	return k.told(k.store.Keys().Drop(seal.Purpose(p), id))
}

func (k keyFile) Lag() time.Duration { return seal.Lag }

// told makes an error of the domain of what says that there is no key.
func (k keyFile) told(err error) error {
	if errors.Is(err, seal.ErrLocked) {
		return oncall.SealedError(errors.Join(k.store.Locked(), err))
	}
	return err
}
