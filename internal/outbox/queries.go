package outbox

import (
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// Sent is how many messages a limit has counted, and when the oldest of them was
// made, by which the limit frees the next one.
type Sent struct {
	Count  int
	Oldest time.Time
}

// Queries is what this room asks a store. The sentences here are what dbtest checks.
type Queries interface {
	access.Queries

	// InsertMessage stores a message and its content, sealed. Limits count it by
	// the canonical address, unless that is "". Those of the installation count it only if
	// it is Limited.
	InsertMessage(m oncall.Message, canonical string) error
	// Message returns a message without its content, or ErrMissing.
	Message(id string) (oncall.Message, error)
	// ClaimMessages returns up to limit messages of a queue and a type that are due
	// at a time, with their contents, by id: those that were due first. Each has one
	// attempt more, and is due again at until, which was set at now. One that a key has
	// sealed which is not there is Locked and has no content. A content that is gone or
	// was altered comes empty. It fails with Sealed when there is no key for one.
	ClaimMessages(c oncall.Queue, t oncall.ChannelType, now, until time.Time, limit int) ([]oncall.Message, error)
	// NextDue returns when the next message of a queue and a type is due; zero: none
	// is.
	NextDue(c oncall.Queue, t oncall.ChannelType) (time.Time, error)
	// PullForward moves DueAt and SetAt of every message that waits back by what b.Moves
	// says for its SetAt, and returns how many moved.
	PullForward(b oncall.SetBack) (int, error)
	// UpdateMessage writes what became of a message: State, DueAt, Provider, ReportedAt,
	// Reference, Reason, FailureReason. A message that waits also gets SetAt. Any other
	// loses its content.
	UpdateMessage(m oncall.Message) error
	// ExcludeFromLimits makes limits forget a message.
	ExcludeFromLimits(id string) error

	// SentTo returns what was sent of a kind to a canonical address in a time, and
	// does not count beyond limit: then Oldest is that of the newest ones, up to limit.
	SentTo(k oncall.MessageKind, canonical string, in oncall.Window, limit int) (Sent, error)
	// SentToPrefix is SentTo for all limited messages to numbers that share all but the last
	// four digits with this one.
	SentToPrefix(canonical string, in oncall.Window, limit int) (Sent, error)
	// TestsSent is SentTo for all test messages, wherever they went.
	TestsSent(in oncall.Window, limit int) (Sent, error)
	// SentSince returns how many limited messages there are since the first in an hour and
	// since the first in a day, at a cost that does not grow with them: one that
	// ExcludeFromLimits took from between others is counted still.
	SentSince(hour, day oncall.Window) (inHour, inDay Sent, err error)

	// InsertReceipt stores a receipt behind those that the message has.
	InsertReceipt(r oncall.Receipt) error
	// Receipts returns the receipts of a message in the order in which they came.
	Receipts(message string) ([]oncall.Receipt, error)

	// Stopped returns since when nothing is to be sent to a canonical number as a text
	// message; zero: it may be.
	Stopped(canonical string) (time.Time, error)
	// InsertAnswer records an automatic answer to a canonical number.
	InsertAnswer(id, canonical string, at time.Time) error
	// AnswersTo returns how many automatic answers went to a canonical number in a time,
	// and does not count beyond limit.
	AnswersTo(canonical string, in oncall.Window, limit int) (int, error)
	// RememberCallback reports whether something from outside comes for the first time, and
	// remembers it until ends.
	RememberCallback(callback []byte, ends time.Time) (bool, error)
}
