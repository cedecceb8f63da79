// Package outbox sends messages at least once, and knows what became of them.
//
// A message is put into the outbox by the transaction of the change that causes it, and
// leaves it when it was sent, was given up, or is no longer needed. A dispatcher claims
// messages for the time of a lease and records how each attempt ended. When the lease is
// over a message is due again, so that it is sent at least once. What a provider says
// afterwards comes in any order and more than once.
//
// Limits count messages by keyed hashes of addresses, which outlive a channel but not the
// day. The room that posted a message learns what became of it as its Follower, in the same
// transaction.
package outbox

import (
	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Outbox holds the messages to be sent. It is safe for concurrent use.
type Outbox struct {
	*access.Control
	store     access.Store[Queries]
	limits    Limits
	onPosted  func(oncall.Queue, oncall.ChannelType)
	onReport  func(oncall.Message, oncall.MessageState)
	followers map[oncall.MessageKind]Follower
}

// Options are what an installation decides.
type Options struct {
	// Limits bound how many codes are sent.
	Limits Limits
	// OnPosted is called after something was put into the outbox; it may be nil.
	OnPosted func(oncall.Queue, oncall.ChannelType)
	// OnReport is called after a provider's report moved a message to a state and that
	// was committed; it may be nil.
	OnReport func(oncall.Message, oncall.MessageState)
}

// New returns the outbox in a store.
func New(control *access.Control, store access.Store[Queries], o Options) *Outbox {
	return &Outbox{Control: control, store: access.Classified(store), limits: o.Limits,
		onPosted: o.OnPosted, onReport: o.OnReport, followers: map[oncall.MessageKind]Follower{}}
}
