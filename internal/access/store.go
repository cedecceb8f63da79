package access

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// Store runs functions inside transactions. Q is the set of queries that the function may
// use, valid only until the function returns.
type Store[Q any] interface {
	// View runs fn over one unchanging snapshot. fn must not write.
	View(ctx context.Context, fn func(Q) error) error

	// Update runs fn and commits its writes before it returns nil. The writes then
	// survive kill -9 and a power cut. If fn returns an error or panics, its writes are
	// rolled back. fn may run more than once, so it must be repeatable and have no effect
	// outside the queries. The end of ctx is honoured only before fn starts. Updates of
	// all processes on one store run one after another, and each sees every update that
	// returned before it began.
	Update(ctx context.Context, fn func(Q) error) error
}

// Classified returns a store whose errors are all *oncall.Error, by Classify.
func Classified[Q any](s Store[Q]) Store[Q] { return classified[Q]{s} }

type classified[Q any] struct{ Store[Q] }

func (s classified[Q]) View(ctx context.Context, fn func(Q) error) error {
	return Classify(s.Store.View(ctx, fn))
}

func (s classified[Q]) Update(ctx context.Context, fn func(Q) error) error {
	return Classify(s.Store.Update(ctx, fn))
}

// Classify returns err if it is nil or an *oncall.Error, otherwise an Internal error with
// err as its cause.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*oncall.Error](err); ok {
		return err
	}
	return oncall.Fault(err)
}

// Queries are the queries of this room. Package dbtest checks this contract. Channels and
// contacts are returned without their ARNs.
type Queries interface {
	// Contact returns one contact, or ErrMissing.
	Contact(alias string) (oncall.Contact, error)
	// Channel returns one channel, or ErrMissing.
	Channel(alias, id string) (oncall.Channel, error)
	// User returns one user, or ErrMissing.
	User(id string) (oncall.User, error)
	// AccessKey returns one access key, or ErrMissing.
	AccessKey(id string) (oncall.AccessKey, error)

	// Remember stores that a request creates a resource. If a request with the same
	// door, operation, principal and token is stored already, it changes nothing and
	// returns that one. A request is deleted a day after its resource, not earlier.
	Remember(r oncall.Request, resource oncall.ARN, at time.Time) (oncall.Memory, error)

	// Record adds an entry at the end of the audit trail and sets its number, key and
	// MAC. It fails with Sealed if the key is missing.
	Record(e oncall.Entry) error
	// Entries returns up to in.Limit entries that match, the newest first.
	Entries(in oncall.AuditQuery) ([]oncall.Entry, error)

	// FailedSignIns returns the attempts counted for a name at the given time, zero if
	// there are none. Of a name only a keyed hash is stored.
	FailedSignIns(name string, at time.Time) (FailedSignIns, error)
	// CountFailedSignIn counts one more attempt for a name, even at a time before the
	// last one. The count is deleted FailedSignInTTL after the last attempt.
	CountFailedSignIn(name string, at time.Time) error
	// UncountFailedSignIn takes back an attempt that was counted at a time, and the last
	// attempt is the one before again. If another attempt came in between, that one stays
	// the last. The count does not go below zero.
	UncountFailedSignIn(name string, at, before time.Time) error
	// ForgiveFailedSignIns subtracts n attempts, but not below zero.
	ForgiveFailedSignIns(name string, n int) error

	// DeleteExpired deletes expired links, sessions, devices, failed sign-ins, ceremonies,
	// remembered callbacks, hours of address access, and messages with their receipts:
	// up to limit of each, the earliest expired first.
	DeleteExpired(at time.Time, limit int) error
	// WriteHeartbeat stores the time of the last heartbeat.
	WriteHeartbeat(at time.Time) error
}
