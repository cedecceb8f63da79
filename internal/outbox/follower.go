package outbox

import "callbook/internal/oncall"

// Follower is a room that sent a message and has to know what becomes of it. Its methods
// run inside the transaction that changes the message, and an error undoes that change.
type Follower interface {
	// Settled is called when the state of a message has changed.
	Settled(q Queries, m oncall.Message) error
	// Stopped is called when a provider reports that the person a message went to wants
	// no text messages. by is the actor that brings the report.
	Stopped(q Queries, by oncall.Actor, m oncall.Message) error
	// Uncounted is called when a message has failed that never left, so that no limit
	// counts it any more.
	Uncounted(q Queries, m oncall.Message) error
}

// Follow makes f the follower of messages of these kinds. It is called while the rooms are
// put together, before the first message.
func (o *Outbox) Follow(f Follower, kinds ...oncall.MessageKind) {
	for _, k := range kinds {
		o.followers[k] = f
	}
}

// followerOf returns the follower of a message. Without one it returns a follower that does
// nothing.
func (o *Outbox) followerOf(m oncall.Message) Follower {
	if f, ok := o.followers[m.Kind]; ok {
		return f
	}
	return noFollower{}
}

type noFollower struct{}

func (noFollower) Settled(Queries, oncall.Message) error               { return nil }
func (noFollower) Stopped(Queries, oncall.Actor, oncall.Message) error { return nil }
func (noFollower) Uncounted(Queries, oncall.Message) error             { return nil }
