package keyring

import (
	"context"
	"errors"
	"strconv"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// KeyPurpose says what keys of a key file are for.
type KeyPurpose string

// The purposes whose keys can be changed for new ones.
const (
	AddressKeys KeyPurpose = "addresses" // they seal addresses and secrets
	IndexKeys   KeyPurpose = "index"     // by them addresses are found
)

// KeyFile is the key file of a store, as far as RotateSeal changes it. A server
// that runs meanwhile takes the changes up.
type KeyFile interface {
	// Hold waits until nobody else rotates, and keeps others waiting until the
	// function that it returns is called. It fails with Sealed when there is no
	// key.
	Hold() (release func() error, err error)
	// Keys returns the ids of the keys for a purpose, the oldest first, and which
	// of them makes what is new.
	Keys(KeyPurpose) (ids []uint32, primary uint32, err error)
	// Add adds a key. It makes nothing until Promote names it.
	Add(KeyPurpose) (uint32, error)
	Promote(KeyPurpose, uint32) error
	// Drop removes a key for good.
	Drop(KeyPurpose, uint32) error
	// Lag is how long a server may go on with the keys as they were before a
	// change.
	Lag() time.Duration
}

// SealedRow is a place in the walk over everything that is sealed. The zero
// SealedRow is its start.
type SealedRow struct {
	Column int // in the order of the store
	Row    string
}

// Rekey is the input of RotateSeal.
type Rekey struct {
	Keys       KeyFile
	Index      bool                                       // the keys by which addresses are found; else those that seal
	BatchSize  int                                        // how many rows one transaction changes; 0 means 200
	Wait       func(context.Context, time.Duration) error // nil waits by the system's clock
	OnProgress func(rows int)                             // is called with how many rows are done so far; may be nil
}

// Rekeyed is what RotateSeal has done.
type Rekeyed struct {
	Key  uint32 // the id of the new key
	Rows int    // how many rows it was brought to
}

// pauseBetweenBatches is how long a rotation leaves the database to others after each of
// its transactions: SQLite hands the right to write to whoever asks when it is
// free, and not to who has waited the longest.
const pauseBetweenBatches = 20 * time.Millisecond

// rekeying is a rotation under way.
type rekeying struct {
	*Keyring
	Rekey
	done Rekeyed
}

// RotateSeal changes the key that seals, or the one by which addresses are found,
// for a new one, and removes the old one. It may be interrupted anywhere: another
// call finishes what was begun. Servers go on while the key that seals changes.
// While the other one changes no other process may have the store open, because
// one transaction then writes every channel. RotateSeal fails with Sealed when
// there is no key, and when a value cannot be opened.
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

// addresses brings everything that is sealed to a new key. A file that has two
// keys tells of a rotation that was interrupted: the newer key is the new one.
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
	// Until then a server may seal by the old key. Twice, because one that is
	// just looking at the file goes on with what it has.
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
		// One transaction has seen it all. A reader that began before may still need
		// the old key.
		if err := r.Wait(ctx, 2*r.Keys.Lag()); err != nil {
			return err
		}
		return r.dropOthers(AddressKeys)
	}
}

// begin puts the rotation on record, before anything is changed by it.
func (r *rekeying) begin(q Queries, by oncall.Actor, p KeyPurpose, old, fresh uint32) error {
	word := func(id uint32) string { return string(p) + " " + strconv.FormatUint(uint64(id), 10) }
	return r.Record(q, by, oncall.RotateSeal, "", oncall.Change(oncall.FieldKey, word(old), word(fresh)))
}

// resealAll goes once over everything that is sealed and returns how many values
// were of another key. It rests between its transactions.
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

// index makes every address found by a new key, in one transaction. A file that
// has two keys, or a store that uses another than the newest, tells of a rotation
// that was interrupted.
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

// reindex puts the rotation on record and changes the key of the index, unless
// only what follows was interrupted.
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
