package access

import (
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"callbook/internal/oncall"
)

// Control is what every room of one installation shares: who may do what, the record of
// it, the clock, and the names that ARNs begin with. It is safe for concurrent use.
type Control struct {
	store Store[Queries]
	scope oncall.Scope
	rules oncall.AddressRules
	now   func() time.Time
	newID func() string

	purgeFrom atomic.Int64 // nothing is purged before this time, in microseconds of Unix time
}

// Options are what an installation decides, and what a test holds still.
type Options struct {
	// Scope begins every ARN. It must pass Scope.Check.
	Scope oncall.Scope
	// Rules say which numbers are accepted.
	Rules oncall.AddressRules
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// NewID makes the last part of a channel's ARN; nil makes UUIDs of version
	// 7, which keep new rows together on disk.
	NewID func() string
}

// New returns the control over a store.
func New(store Store[Queries], o Options) *Control {
	c := &Control{store: Classified(store), scope: o.Scope, rules: o.Rules, now: o.Now, newID: o.NewID}
	if c.now == nil {
		c.now = time.Now
	}
	if c.newID == nil {
		c.newID = func() string { return uuid.Must(uuid.NewV7()).String() }
	}
	return c
}

// Scope returns what every ARN of this installation begins with.
func (c *Control) Scope() oncall.Scope { return c.scope }

// AddressRules returns which numbers this installation accepts.
func (c *Control) AddressRules() oncall.AddressRules { return c.rules }

// Now returns the time by the clock of this installation, to the microsecond that a store
// keeps.
func (c *Control) Now() time.Time { return c.now().UTC().Truncate(time.Microsecond) }

// NewID returns a new id for a row that has no name of its own.
func (c *Control) NewID() string { return c.newID() }
