package oncall

import "time"

// CodeQueries is the part of Queries about activation codes. Codes themselves are
// never stored: what is kept is a keyed hash of the code, the channel's ARN and
// its canonical address. The sentences here are what dbtest checks.
type CodeQueries interface {
	// SetCode makes c.Code the code of the channel, in the place of the one
	// before, with the hash of its digits and the key of its link, and writes
	// DeferredAt. It changes no version. Without digits no code is good. It fails
	// with Sealed.
	SetCode(c Channel) error
	// UpdateCode writes Tries and Sends and, unless c.Code.Good, forgets the hash
	// and the link. It changes no version.
	UpdateCode(c Channel) error
	// CountCodeTry adds one to the Tries of a channel's code and returns how many
	// there are then, or ErrMissing. It changes no version.
	CountCodeTry(alias, id string) (tries int, err error)
	// CodeIs reports whether digits are those of the channel's code, and takes as
	// long for right ones as for wrong ones. It fails with Sealed.
	CodeIs(c Channel, digits string) (bool, error)
	// ChannelByLink returns the channel whose code has the link with this key, or
	// ErrMissing.
	ChannelByLink(key []byte) (Channel, error)
	// EndedCodes returns up to limit channels whose code is good and has ended at
	// a time, those that ended first.
	EndedCodes(at time.Time, limit int) ([]Channel, error)
	// NextCodeEnd returns when the next code that is good ends; zero: there is
	// none.
	NextCodeEnd() (time.Time, error)
	// Unproved returns up to limit channels that are not active, by creation, the
	// oldest first, after a place.
	Unproved(after ChannelPlace, limit int) ([]Channel, error)
	// CountUnproved returns how many channels are not active, and does not count
	// beyond most.
	CountUnproved(most int) (int, error)
}

// ChannelPlace is a place in the channels by creation; the zero ChannelPlace is
// the start.
type ChannelPlace struct {
	CreatedAt time.Time
	Alias, ID string
}

// Sent is how many messages a limit has counted, and when the oldest of them was
// made, by which the limit frees the next one.
type Sent struct {
	Count  int
	Oldest time.Time
}

// Window is a time that begins after After and ends with Until.
type Window struct{ After, Until time.Time }

// MessageQueries is the part of Queries about the outbox.
type MessageQueries interface {
	// InsertMessage stores a message and its content, sealed. Limits count it by
	// the canonical address, unless that is "".
	InsertMessage(m Message, canonical string) error
	// Message returns a message without its content, or ErrMissing.
	Message(id string) (Message, error)
	// ClaimMessages returns up to limit messages of a class and a type that are due
	// at a time, with their contents, by id: those that were due first. Each has one
	// attempt more, and is due again at until, which was set at now. One that a key has
	// sealed which is not there is Locked and has no content. A content that is gone or
	// was altered comes empty. It fails with Sealed when there is no key for one.
	ClaimMessages(c Class, t ChannelType, now, until time.Time, limit int) ([]Message, error)
	// NextDue returns when the next message of a class and a type is due; zero: none
	// is.
	NextDue(c Class, t ChannelType) (time.Time, error)
	// PullForward moves DueAt and SetAt of every message that waits back by what b.Moves
	// says for its SetAt, and returns how many moved.
	PullForward(b SetBack) (int, error)
	// UpdateMessage writes what became of a message: State, DueAt, Provider, ReportedAt,
	// Reference, Says. A message that waits also gets SetAt. Any other loses its content.
	UpdateMessage(m Message) error
	// Uncount makes limits forget a message.
	Uncount(id string) error
	// MessagesOf returns up to limit messages about a channel, the greatest id, which
	// is the newest, first.
	MessagesOf(alias, channel string, limit int) ([]Message, error)
	// MessagesFor returns up to limit messages for a user, likewise; for no user,
	// none.
	MessagesFor(user string, limit int) ([]Message, error)
	// ForgetMessages says when the messages about a channel are forgotten, takes
	// those that wait out of the outbox, and removes their contents.
	ForgetMessages(alias, channel string, at time.Time) error

	// SentTo returns what was sent of a kind to a canonical address in a time, and
	// does not count beyond most: then Oldest is that of the newest most.
	SentTo(k MessageKind, canonical string, in Window, most int) (Sent, error)
	// SentNear is SentTo for all codes to numbers that share all but the last four
	// digits with this one.
	SentNear(canonical string, in Window, most int) (Sent, error)
	// SentSince returns how many messages limits have counted since the first in a
	// time, at a cost that does not grow with them: one that Uncount took from between
	// others is counted still.
	SentSince(in Window) (Sent, error)

	// InsertReceipt stores a receipt behind those that the message has.
	InsertReceipt(r Receipt) error
	// Receipts returns the receipts of a message in the order in which they came.
	Receipts(message string) ([]Receipt, error)

	// Stop notes that nothing is to be sent to a canonical number as a text
	// message, or that it may be again. It reports whether that is new.
	Stop(canonical string, stop bool, at time.Time) (bool, error)
	// Stopped reports whether nothing is to be sent to a canonical number.
	Stopped(canonical string) (bool, error)
	// Hear reports whether something is heard for the first time, and remembers
	// it until ends.
	Hear(report []byte, ends time.Time) (bool, error)

	// SetResend writes the job of sending new codes to many, of which there is
	// one at a time.
	SetResend(r Resend) error
	// Resend returns the job, or ErrMissing.
	Resend() (Resend, error)
}
