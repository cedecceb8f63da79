package contacts

import (
	"callbook/internal/access"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// follower tells the directory what became of its messages.
type follower struct{ *Directory }

// Settled writes what follows for a contact from what became of its code.
func (f follower) Settled(q outbox.Queries, m oncall.Message) error {
	if m.Alias == "" || m.Kind != oncall.CodeMessage {
		return nil
	}
	return access.IgnoreMissing(f.updateReachability(own(q), m.Alias))
}

// Uncounted ends a code that never left: nobody can enter it, and the next one need not
// wait.
func (f follower) Uncounted(q outbox.Queries, m oncall.Message) error {
	if m.Channel == "" {
		return nil
	}
	c, err := q.Channel(m.Alias, m.Channel)
	if err != nil || c.Code.Message != m.ID {
		return access.IgnoreMissing(err)
	}
	c.Code.Sends = 0
	c.Code = c.Code.Ended()
	return own(q).UpdateCode(c)
}

// Stopped is the STOP that a provider reports for a message instead of handing
// on the reply.
func (f follower) Stopped(q outbox.Queries, by oncall.Actor, m oncall.Message) error {
	if m.Channel == "" || m.Type != oncall.SMS {
		return nil
	}
	address, err := own(q).Address(m.Alias, m.Channel)
	if err != nil {
		return access.IgnoreMissing(err)
	}
	return f.stop(own(q), by, oncall.SenderNumbers(address.Canonical), true)
}

// own is what this room asks of the transaction that the outbox is in. A store hands every
// room the same queries: that they are all of them is checked where package db is compiled.
func own(q outbox.Queries) Queries { return q.(Queries) }
