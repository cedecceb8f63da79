package keyring

import (
	"context"
	"errors"
	"strconv"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// KeyPurpose is the purpose of keys in a key file.
type KeyPurpose string

// The purposes whose keys can be rotated.
const (
	AddressKeys KeyPurpose = "addresses" // encrypt addresses and secrets
	IndexKeys   KeyPurpose = "index"     // hash the addresses in the index
)

// KeyFile is the key file of a store. A running server reads the changes that RotateSeal
// makes.
type KeyFile interface {
	// Hold waits for other rotations to end and locks the file until release is called.
	// It fails with Sealed if there is no key.
	Hold() (release func() error, err error)
	// Keys returns the ids of the keys for a purpose, the oldest first, and the primary
	// one, which encrypts new values.
	Keys(KeyPurpose) (ids []uint32, primary uint32, err error)
	// Add adds a key. It is not used until it is promoted.
	Add(KeyPurpose) (uint32, error)
	// Promote makes a key the primary one.
	Promote(KeyPurpose, uint32) error
	// Drop removes a key for good.
	Drop(KeyPurpose, uint32) error
	// Lag is how long a server may use its old keys after a change.
	Lag() time.Duration
}

// SealedRow is a position in the walk over all sealed values. The zero SealedRow is the
// start.
type SealedRow struct {
	Column int // in the order of the store
	Row    string
}

// Rekey is the input of RotateSeal.
type Rekey struct {
	Keys       KeyFile
	Index      bool                                       // rotate IndexKeys instead of AddressKeys
	BatchSize  int                                        // rows per transaction; 0 means 200
	Wait       func(context.Context, time.Duration) error // nil waits by the system's clock
	OnProgress func(rows int)                             // called after each batch with the rows done so far; may be nil
}

// Rekeyed is the result of RotateSeal.
type Rekeyed struct {
	Key  uint32 // the id of the new key
	Rows int    // number of rows changed to the new key
}

// pauseBetweenBatches lets other writers in after each transaction. SQLite's write lock is
// not fair: it goes to the first process that asks while it is free, not to the one that
// has waited longest.
const pauseBetweenBatches = 20 * time.Millisecond

// rekeying is a running rotation.
type rekeying struct {
	*Keyring
	Rekey
	done Rekeyed
}

// RotateSeal replaces the key that encrypts, or with Index the key of the address index,
// and removes the old key. If it is interrupted, the next call finishes the rotation.
// Servers may run while the first key is replaced. While the key of the index is replaced,
// no other process may have the store open, because one transaction writes every channel.
// RotateSeal fails with Denied, and with Sealed if there is no key or a value cannot be
// decrypted.
func (k *Keyring) RotateSeal(ctx context.Context, by oncall.Actor, in Rekey) (done Rekeyed, err error) {
	if err := k.PermitOn(ctx, by, oncall.RotateSeal, ""); err != nil {
		return done, err
	}
	r := rekeying{Keyring: k, Rekey: in}
	if r.BatchSize == 0 {
		r.BatchSize = 200
	}
	if r.Wait == nil {
		r.Wait = waitFor
	}
	if in.Keys == nil {
		return done, oncall.SealedError(nil)
	}
	release, err := in.Keys.Hold()
	if err != nil {
		return done, access.Classify(err)
	}
	defer func() { err = access.Classify(errors.Join(err, release())) }()
	if in.Index {
		err = r.index(ctx, by)
	} else {
		err = r.addresses(ctx, by)
	}
	return r.done, err
}

func waitFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// addresses seals every value with a new key. If the file already has two keys, a rotation
// was interrupted, and the newer key is the new one.
func (r *rekeying) addresses(ctx context.Context, by oncall.Actor) error {
	ids, primary, err := r.Keys.Keys(AddressKeys)
	if err != nil {
		return err
	}
	fresh := ids[len(ids)-1]
	if len(ids) == 1 {
		if fresh, err = r.Keys.Add(AddressKeys); err != nil {
			return err
		}
	}
	r.done.Key = fresh
	if err := r.store.Update(ctx, func(q Queries) error { return r.begin(q, by, AddressKeys, ids[0], fresh) }); err != nil {
		return err
	}
	if primary != fresh {
		if err := r.Keys.Promote(AddressKeys, fresh); err != nil {
			return err
		}
	}
	// During this time a server may still seal with the old key. It is twice the lag,
	// because a server that is reading the file now may use the old keys once more.
	if err := r.Wait(ctx, 2*r.Keys.Lag()); err != nil {
		return err
	}
	for {
		n, err := r.resealAll(ctx)
		if err != nil {
			return err
		}
		if n > 0 {
			continue
		}
		// No value is sealed with the old key any more. A reader that began before may
		// still need it.
		if err := r.Wait(ctx, 2*r.Keys.Lag()); err != nil {
			return err
		}
		return r.dropOthers(AddressKeys)
	}
}

// begin records the rotation in the audit trail, before it changes anything.
func (r *rekeying) begin(q Queries, by oncall.Actor, p KeyPurpose, old, fresh uint32) error {
	word := func(id uint32) string { return string(p) + " " + strconv.FormatUint(uint64(id), 10) }
	return r.Record(q, by, oncall.RotateSeal, "", oncall.Change(oncall.FieldKey, word(old), word(fresh)))
}

// resealAll walks once over all sealed values and returns how many had another key. It
// pauses between its transactions.
func (r *rekeying) resealAll(ctx context.Context) (total int, err error) {
	var at SealedRow
	for {
		to, n := at, 0
		err := r.store.Update(ctx, func(q Queries) (err error) {
			to, n, err = q.Reseal(at, r.BatchSize)
			return err
		})
		if err != nil {
			return total, err
		}
		at, total = to, total+n
		if r.done.Rows += n; r.Rekey.OnProgress != nil && n > 0 {
			r.Rekey.OnProgress(r.done.Rows)
		}
		if n < r.BatchSize {
			return total, nil
		}
		if err := r.Wait(ctx, pauseBetweenBatches); err != nil {
			return total, err
		}
	}
}

// dropOthers removes every key but the primary one.
func (r *rekeying) dropOthers(p KeyPurpose) error {
	ids, primary, err := r.Keys.Keys(p)
	if err != nil {
		return err
	}
	for _, id := range ids {
		if id == primary {
			continue
		}
		if err := r.Keys.Drop(p, id); err != nil {
			return err
		}
	}
	return nil
}

// index computes the address index with a new key, in one transaction. If the file already
// has two keys, or the store does not use the newest one, a rotation was interrupted.
func (r *rekeying) index(ctx context.Context, by oncall.Actor) error {
	ids, _, err := r.Keys.Keys(IndexKeys)
	if err != nil {
		return err
	}
	var old uint32
	err = r.store.View(ctx, func(q Queries) (err error) {
		old, err = q.IndexKey()
		return err
	})
	if err != nil {
		return err
	}
	fresh := ids[len(ids)-1]
	if len(ids) == 1 && fresh == old {
		if fresh, err = r.Keys.Add(IndexKeys); err != nil {
			return err
		}
	}
	r.done.Key = fresh
	if err := r.reindex(ctx, by, old, fresh); err != nil {
		return err
	}
	if err := r.Keys.Promote(IndexKeys, fresh); err != nil {
		return err
	}
	return r.dropOthers(IndexKeys)
}

// reindex records the rotation and computes the index with the new key. If the index has
// the new key already, it only records.
func (r *rekeying) reindex(ctx context.Context, by oncall.Actor, old, fresh uint32) error {
	err := r.store.Update(ctx, func(q Queries) (err error) {
		if err := r.begin(q, by, IndexKeys, old, fresh); err != nil || old == fresh {
			return err
		}
		r.done.Rows, err = q.RotateIndex(fresh)
		return err
	})
	if err == nil && r.Rekey.OnProgress != nil {
		r.Rekey.OnProgress(r.done.Rows)
	}
	return err
}
