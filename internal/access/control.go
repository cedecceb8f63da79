package access

import (
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"callbook/internal/oncall"
)

// Control is shared by every room of an installation. It checks roles, writes the audit
// trail, and provides the clock and the scope of ARNs. It is safe for concurrent use.
type Control struct {
	store Store[Queries]
	scope oncall.Scope
	rules oncall.AddressRules
	now   func() time.Time
	newID func() string

	purgeFrom atomic.Int64 // nothing is purged before this time, in microseconds of Unix time
}

// Options are the settings of an installation. Tests also set the clock and the ids.
type Options struct {
	// Scope must pass Scope.Check.
	Scope oncall.Scope
	// Rules decide which phone numbers are accepted.
	Rules oncall.AddressRules
	// Now is the clock; nil is the system's.
	Now func() time.Time
	// NewID returns a new id; nil makes UUIDs of version 7, which keep new rows
	// together on disk.
	NewID func() string
}

// New returns the control of a store.
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

// Scope returns the scope of every ARN of this installation.
func (c *Control) Scope() oncall.Scope { return c.scope }

// AddressRules returns the rules by which this installation accepts phone numbers.
func (c *Control) AddressRules() oncall.AddressRules { return c.rules }

// Now returns the current time in UTC, truncated to microseconds as a store keeps it.
func (c *Control) Now() time.Time { return c.now().UTC().Truncate(time.Microsecond) }

// NewID returns a new id for a row.
func (c *Control) NewID() string { return c.newID() }
