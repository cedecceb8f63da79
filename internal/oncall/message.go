package oncall

import (
	"time"
)

// MessageKind says what a message is about.
type MessageKind string

// What messages are about.
const (
	CodeMessage       MessageKind = "code"       // an activation code and, where links can be made, a link
	ChangeNotice      MessageKind = "notice"     // an address of the contact was changed for another one
	InvitationMessage MessageKind = "invitation" // a link by which a user sets the first password
	ResetMessage      MessageKind = "reset"      // a link by which a user sets another password
	TestMessage       MessageKind = "test"       // shows an admin that the deliverer works
)

// Queue says whose quota and queue a message has: a class never waits for
// another one.
type Queue string

// The classes.
const (
	ActivationQueue Queue = "activation" // codes, and notices of changed addresses
	AccountQueue    Queue = "account"    // what users and admins of Callbook get
)

// Queues returns every class.
func Queues() []Queue { return []Queue{AccountQueue, ActivationQueue} }

// ChannelTypes returns every type.
func ChannelTypes() []ChannelType { return []ChannelType{SMS, Voice, Email} }

// MessageState says how far a message has come.
type MessageState string

// The states. A message never goes back, but for a failure that a provider
// tells of after it took the message.
const (
	MessageWaiting   MessageState = "waiting"   // to be sent, for the first time or again
	MessageSent      MessageState = "sent"      // a provider took it
	MessageDelivered MessageState = "delivered" // it arrived
	MessageRead      MessageState = "read"
	MessageFailed    MessageState = "failed"  // given up, or the provider could not deliver it
	MessageDropped   MessageState = "dropped" // its code died before it was sent
	MessageRefused   MessageState = "refused" // never to be sent: a limit is reached
)

// MessageReason is why a message is not sent or has failed: programs decide by it, and
// pages say it in words.
type MessageReason string

// The reasons. The zero MessageReason: there is none.
const (
	ProviderFailed MessageReason = "provider_failed" // and said why
	NoProvider     MessageReason = "no_provider"     // nothing sends messages of this type
	LimitReached   MessageReason = "limit_reached"
	RepliedStop    MessageReason = "replied_stop"  // the person wants no text messages
	RepliedStart   MessageReason = "replied_start" // the person replied STOP, and START since
	CodeEnded      MessageReason = "code_ended"
	TimeOver       MessageReason = "time_over"  // there was no time left to send it
	Unreadable     MessageReason = "unreadable" // its content is gone or was altered
	LinkReplaced   MessageReason = "link_replaced"
	UserDisabled   MessageReason = "user_disabled"
	UserDeleted    MessageReason = "user_deleted"
)

// Words returns the reason in words, or "" when they depend on more than the reason.
func (r MessageReason) Words() string {
	switch r {
	case RepliedStop:
		return "the person replied STOP to this number, and first has to reply START"
	case RepliedStart:
		return "the person replied STOP, and START since: send a new code"
	case CodeEnded:
		return "its code was no longer good"
	case TimeOver:
		return "there was no time left to send it"
	case Unreadable:
		return "what it was to say cannot be read any more"
	case LinkReplaced:
		return "a newer link has taken its place"
	case UserDisabled:
		return "the user is disabled"
	case UserDeleted:
		return "the user is gone"
	case ProviderFailed, NoProvider, LimitReached:
	}
	return ""
}

// Message is something to be sent to one address, and what became of it.
type Message struct {
	ID            string // also what a provider may tell two sendings of one message by
	Queue         Queue
	Kind          MessageKind
	Type          ChannelType // the way it is sent
	Alias         string      // of the contact it concerns, or empty
	Channel       string      // id of the channel it concerns, or empty
	User          string      // id of the user it is for, or empty
	Locked        bool        // what it says cannot be opened by the keys that there are now
	Content       Content     // in the clear where it is about to be stored or sent; else zero
	State         MessageState
	Attempts      int           // how often it was tried to send it, the present one included
	DueAt         time.Time     // when it is to be tried next; zero: never
	SetAt         time.Time     // when DueAt was written, by the clock of that moment
	EndsAt        time.Time     // from when on it is not sent any more
	Provider      string        // what sent it, such as "SMTP"
	Reference     string        // by which the provider knows it
	ReportedAt    time.Time     // when the provider, or the person, last said what became of it; zero: never
	Reason        MessageReason // why it is not sent or has failed
	FailureReason string        // the same in words
	CreatedAt     time.Time
	ForgetAt      time.Time // when it is forgotten, with its receipts
}

// End moves a message to a state in which it no longer waits, for a reason.
func (m *Message) End(to MessageState, why MessageReason) {
	m.State, m.DueAt, m.Reason, m.FailureReason = to, time.Time{}, why, why.Words()
}

// Content is what a message says, before anybody puts it into words. It is kept,
// sealed, until the message is sent or dead.
type Content struct {
	To      string        `json:"to"`                 // E.164, or the email address as it came
	Name    string        `json:"name,omitempty"`     // of the contact or the user
	Asked   string        `json:"asked,omitempty"`    // who asked for it
	Channel string        `json:"channel,omitempty"`  // name of the channel that it concerns
	Code    string        `json:"code,omitempty"`     // six digits
	Token   string        `json:"token,omitempty"`    // of the link
	Mask    string        `json:"mask,omitempty"`     // of a notice: the address that is new
	GoodFor time.Duration `json:"good_for,omitempty"` // how long code and link were good when they were made
}

// ReceiptKind says what a receipt is about, in the words of the API.
type ReceiptKind string

// The kinds of the service model.
const (
	ReceiptSent      ReceiptKind = "SENT"
	ReceiptDelivered ReceiptKind = "DELIVERED"
	ReceiptRead      ReceiptKind = "READ"
	ReceiptError     ReceiptKind = "ERROR"
	ReceiptStop      ReceiptKind = "STOP"
)

// Receipt is one thing that became of a message.
type Receipt struct {
	Message   string
	Kind      ReceiptKind
	At        time.Time
	Provider  string
	Reference string // by which the provider knows the message
	Detail    string // the provider's error, in words
}

// Attempt is how it ended that a deliverer tried to send a message.
type Attempt struct {
	Provider      string
	Reference     string    // of what was sent
	FailureReason string    // why it was not sent, in words; empty: it was
	Next          time.Time // when to try again; zero: never
	Unsent        bool      // nothing has left, as there is no deliverer: no limit counts it
	Stopped       bool      // the person does not want text messages, says the provider
}

// Reason returns why nothing was sent.
func (a Attempt) Reason() MessageReason {
	switch {
	case a.FailureReason == "":
		return ""
	case a.Unsent:
		return NoProvider
	case a.Stopped:
		return RepliedStop
	}
	return ProviderFailed
}

// Report is what a provider says of a message after it took it.
type Report struct {
	Message   string // id
	Kind      ReceiptKind
	Provider  string
	Reference string
	Detail    string
}

// Reply is a text message that came back.
type Reply struct {
	From      string // E.164
	Text      string
	Reference string // by which the provider knows it: what came already is not heard again
}
