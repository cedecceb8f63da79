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

// keyFile implements keyring.KeyFile.
type keyFile struct{ store *Store }

// Hold locks a separate file, which stays. The key file itself is replaced at each change.
func (k keyFile) Hold() (func() error, error) {
	if k.store.Keys() == nil {
		return nil, k.explained(seal.ErrLocked)
	}
	lock, err := lockedfile.OpenFile(k.store.keyFile+".rotation.lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return lock.Close, nil
}

// Keys reads the file, because the ring may miss a recent change by another process.
func (k keyFile) Keys(p keyring.KeyPurpose) (ids []uint32, primary uint32, err error) {
	if k.store.Keys() == nil {
		return nil, 0, k.explained(seal.ErrLocked)
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
	return id, k.explained(err)
}

func (k keyFile) Promote(p keyring.KeyPurpose, id uint32) error {
	return k.explained(k.store.Keys().Promote(seal.Purpose(p), id))
}

func (k keyFile) Drop(p keyring.KeyPurpose, id uint32) error {
	return k.explained(k.store.Keys().Drop(seal.Purpose(p), id))
}

func (k keyFile) Lag() time.Duration { return seal.Lag }

// explained makes an oncall.Error of seal.ErrLocked.
func (k keyFile) explained(err error) error {
	if errors.Is(err, seal.ErrLocked) {
		return oncall.SealedError(errors.Join(k.store.Locked(), err))
	}
	return err
}
