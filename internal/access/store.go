package access

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// Store runs functions inside transactions. Q is the part of the store that the function
// sees, valid only until the function returns.
type Store[Q any] interface {
	// View runs fn over one unchanging snapshot. fn must not write.
	View(ctx context.Context, fn func(Q) error) error

	// Update runs fn and commits what it wrote before it returns nil: the
	// writes then survive kill -9 and a power cut. When fn returns an error or
	// panics, nothing it wrote remains. fn may be run more than once, so it
	// must be repeatable and have no effect outside the queries. The end of
	// ctx is honoured only before fn starts. Updates of all processes on one
	// store run one after another, and each sees all that were acknowledged
	// before it began.
	Update(ctx context.Context, fn func(Q) error) error
}

// Classified returns a store whose errors are all *oncall.Error: what nobody has
// classified becomes Internal, with a sentence that tells nothing of the cause.
func Classified[Q any](s Store[Q]) Store[Q] { return classified[Q]{s} }

type classified[Q any] struct{ Store[Q] }

func (s classified[Q]) View(ctx context.Context, fn func(Q) error) error {
	return Classify(s.Store.View(ctx, fn))
}

func (s classified[Q]) Update(ctx context.Context, fn func(Q) error) error {
	return Classify(s.Store.Update(ctx, fn))
}

// Classify returns err when it is an *oncall.Error or nil, and else an Internal one.
func Classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*oncall.Error](err); ok {
		return err
	}
	return oncall.Fault(err)
}

// Queries is what this room asks a store. Channels and contacts come without their ARNs.
// The sentences here are what dbtest checks.
type Queries interface {
	// Contact returns one contact, or ErrMissing.
	Contact(alias string) (oncall.Contact, error)
	// Channel returns one channel, or ErrMissing.
	Channel(alias, id string) (oncall.Channel, error)
	// User returns one user, or ErrMissing.
	User(id string) (oncall.User, error)
	// AccessKey returns one access key, or ErrMissing.
	AccessKey(id string) (oncall.AccessKey, error)

	// Remember records that a request creates a resource, unless the same door,
	// operation, principal and token are remembered already: then it changes
	// nothing and returns what they created. A remembered token is forgotten a
	// day after its resource was deleted, and not before.
	Remember(r oncall.Request, resource oncall.ARN, at time.Time) (oncall.Memory, error)

	// Record adds an entry at the end of the audit trail. Its number, key and MAC
	// are given here. It fails with Sealed when there is no key.
	Record(e oncall.Entry) error
	// Entries returns up to in.Limit entries that match, the newest first.
	Entries(in oncall.AuditQuery) ([]oncall.Entry, error)

	// FailedSignIns returns what counts against a name at the given time: the zero
	// FailedSignIns when nothing does.
	FailedSignIns(name []byte, at time.Time) (FailedSignIns, error)
	// CountFailedSignIn counts one more attempt against a name. It is forgotten
	// FailedSignInTTL after the last one. One at a time before the last is one more, too.
	CountFailedSignIn(name []byte, at time.Time) error
	// ForgiveFailedSignIn takes one attempt back, without going below none.
	ForgiveFailedSignIn(name []byte) error
	// ForgiveFailedSignIns takes all attempts back.
	ForgiveFailedSignIns(name []byte) error

	// DeleteExpired removes up to limit each of the links, sessions, failed sign-ins,
	// ceremonies, remembered callbacks, hours of address access, and messages with
	// their receipts, whose time has ended, those that ended first.
	DeleteExpired(at time.Time, limit int) error
	// WriteHeartbeat replaces the time that it wrote before.
	WriteHeartbeat(at time.Time) error
}
