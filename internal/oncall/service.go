package oncall

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/google/uuid"
)

// Service holds the operations. It is safe for concurrent use.
type Service struct {
	store      Store
	scope      Scope
	now        func() time.Time
	rules      AddressRules
	limits     Limits
	mails      bool
	newID      func() string
	newCode    func() string
	passwords  Passwords
	posted     func(Class, ChannelType)
	reported   func(Message, MessageState)
	candidates int
	purgeFrom  atomic.Int64 // nothing is purged before this time, in microseconds of Unix time
}

// Options are what an installation decides, and what a test holds still.
type Options struct {
	// Scope begins every ARN. It must pass Scope.Check.
	Scope Scope
	// AllowCostly accepts premium-rate, shared-cost, satellite and global
	// premium numbers, which are refused otherwise.
	AllowCostly bool
	// Countries are the ISO 3166 codes of those whose numbers are accepted; empty:
	// of every one.
	Countries []string
	// Limits bound how many codes are sent.
	Limits Limits
	// Mails says that links for users go out by email. Else they are handed to
	// whoever asked for them.
	Mails bool
	// Posted is told when something was put into the outbox; nil: nobody is.
	Posted func(Class, ChannelType)
	// Reported is told how far a message has come by the word of its provider, once
	// that is on the disk; nil: nobody is.
	Reported func(Message, MessageState)
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// NewID makes the last part of a channel's ARN; nil makes UUIDs of version
	// 7, which keep new rows together on disk.
	NewID func() string
	// NewCode makes six digits; nil makes them from a cryptographic source.
	NewCode func() string
	// Passwords hashes what people sign in with; nil cannot, so that nobody can
	// sign in with a password or set one.
	Passwords Passwords
	// Candidates is how many words of the index a search looks at for one page of
	// contacts; 0: 1000.
	Candidates int
}

// New returns the operations over a store.
func New(store Store, o Options) *Service {
	s := &Service{store: store, scope: o.Scope, rules: AddressRules{AllowCostly: o.AllowCostly, Countries: o.Countries}, limits: o.Limits, mails: o.Mails,
		now: o.Now, newID: o.NewID, newCode: o.NewCode, passwords: o.Passwords, posted: o.Posted, reported: o.Reported,
		candidates: o.Candidates}
	if s.now == nil {
		s.now = time.Now
	}
	if s.newID == nil {
		s.newID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	if s.newCode == nil {
		s.newCode = newCode
	}
	if s.passwords == nil {
		s.passwords = noPasswords{}
	}
	if s.candidates == 0 {
		s.candidates = maxCandidates
	}
	return s
}

// Scope returns what every ARN of this installation begins with.
func (s *Service) Scope() Scope { return s.scope }

// Now returns the time by the Service's clock, to the microsecond that a store
// keeps.
func (s *Service) Now() time.Time { return s.now().UTC().Truncate(time.Microsecond) }

// view runs fn over one snapshot.
func (s *Service) view(ctx context.Context, fn func(Queries) error) error {
	return classify(s.store.View(ctx, fn))
}

// update runs fn in one durable transaction.
func (s *Service) update(ctx context.Context, fn func(Queries) error) error {
	return classify(s.store.Update(ctx, fn))
}

// classify makes an *Error of every failure: what nobody has classified is
// Internal, with a sentence that tells nothing of the cause.
func classify(err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return Fault(err)
}
