package oncall

import (
	"time"
)

// MessageKind says what a message is about.
type MessageKind string

// What messages are about.
const (
	CodeMessage       MessageKind = "code"       // an activation code and, where links can be made, a link
	ChangeNotice      MessageKind = "notice"     // an address of the contact was replaced
	InvitationMessage MessageKind = "invitation" // a link by which a user sets the first password
	ResetMessage      MessageKind = "reset"      // a link by which a user sets a new password
	TestMessage       MessageKind = "test"       // shows an admin that messages arrive
)

// Queue groups messages that wait together and share a quota. Queues never wait for each
// other.
type Queue string

// The queues.
const (
	ActivationQueue Queue = "activation" // codes, and notices of changed addresses
	AccountQueue    Queue = "account"    // messages to the users of Callbook
)

// Limited reports whether the limits of the installation count a message: those to a range
// of numbers, in an hour and in a day. They count what the activation queue carries, and
// tests. A queue that is not named here is free of them, so that no limit ever holds back a
// page.
func (m Message) Limited() bool { return m.Queue == ActivationQueue || m.Kind == TestMessage }

// Queues returns every queue.
func Queues() []Queue { return []Queue{AccountQueue, ActivationQueue} }

// ChannelTypes returns every channel type.
func ChannelTypes() []ChannelType { return []ChannelType{SMS, Voice, Email} }

// MessageState says how far the delivery of a message has come.
type MessageState string

// The states. A message never goes back to an earlier state. It can still fail after a
// provider accepted it.
const (
	MessageWaiting   MessageState = "waiting"   // waits for its first or next attempt
	MessageSent      MessageState = "sent"      // a provider accepted it
	MessageDelivered MessageState = "delivered" // it arrived
	MessageRead      MessageState = "read"
	MessageFailed    MessageState = "failed"  // no attempt is left, or the provider could not deliver it
	MessageDropped   MessageState = "dropped" // its code or link ended before it was sent
	MessageRefused   MessageState = "refused" // a limit kept it from being sent
)

// MessageReason is the stable reason why a message is not sent or failed. Pages show its
// Words.
type MessageReason string

// The reasons. The zero MessageReason means that there is none.
const (
	ProviderFailed MessageReason = "provider_failed" // FailureReason has its explanation
	NoProvider     MessageReason = "no_provider"     // nothing sends messages of this type
	LimitReached   MessageReason = "limit_reached"
	RepliedStop    MessageReason = "replied_stop"  // the person wants no text messages
	RepliedStart   MessageReason = "replied_start" // the person replied STOP, and START since
	CodeEnded      MessageReason = "code_ended"
	TimeOver       MessageReason = "time_over"  // there was no time left to send it
	Unreadable     MessageReason = "unreadable" // its content is missing or altered
	LinkReplaced   MessageReason = "link_replaced"
	UserDisabled   MessageReason = "user_disabled"
	UserDeleted    MessageReason = "user_deleted"
)

// Words returns the reason in words, or "" if the words depend on more than the reason.
func (r MessageReason) Words() string {
	switch r {
	case RepliedStop:
		return "the person replied STOP to this number and has to reply START first"
	case RepliedStart:
		return "the person replied STOP and then START: send a new code"
	case CodeEnded:
		return "its code was no longer good"
	case TimeOver:
		return "there was no time left to send it"
	case Unreadable:
		return "its content cannot be read any more"
	case LinkReplaced:
		return "a newer link replaced its link"
	case UserDisabled:
		return "the user is disabled"
	case UserDeleted:
		return "the user was deleted"
	case ProviderFailed, NoProvider, LimitReached:
	}
	return ""
}

// Message is a message to one address, with the state of its delivery.
type Message struct {
	ID            string // also the idempotency key of a provider that supports one
	Queue         Queue
	Kind          MessageKind
	Type          ChannelType // how it is sent
	Alias         string      // of the contact concerned, or empty
	Channel       string      // id of the channel concerned, or empty
	User          string      // id of the user addressed, or empty
	Locked        bool        // the keys at hand cannot decrypt its content
	Content       Content     // in the clear while it is being stored or sent; otherwise zero
	State         MessageState
	Attempts      int           // number of attempts to send it, including the current one
	DueAt         time.Time     // when the next attempt is due; zero if none is
	SetAt         time.Time     // when DueAt was stored, by the clock of that moment
	EndsAt        time.Time     // it is not sent after this time
	Provider      string        // the provider that sent it, such as "SMTP"
	Reference     string        // the provider's id of the message
	ReportedAt    time.Time     // when the provider or the person last reported on it; zero if never
	Reason        MessageReason // why it is not sent or failed
	FailureReason string        // the reason in words
	CreatedAt     time.Time
	ForgetAt      time.Time // when it is deleted, with its receipts
}

// Refuse ends a message before it was sent, because of a limit.
func (m *Message) Refuse(why MessageReason, detail string) {
	m.End(MessageRefused, why)
	m.FailureReason, m.EndsAt, m.Content = detail, m.CreatedAt, Content{}
}

// End sets a final state and its reason. The message no longer waits to be sent.
func (m *Message) End(to MessageState, why MessageReason) {
	m.State, m.DueAt, m.Reason, m.FailureReason = to, time.Time{}, why, why.Words()
}

// Content is the recipient of a message and the values in its text. It is stored sealed
// until the message is sent or ends.
type Content struct {
	To      string        `json:"to"`                 // E.164, or the email address as it came
	Name    string        `json:"name,omitempty"`     // of the contact or the user
	Asked   string        `json:"asked,omitempty"`    // name of the actor who requested it
	Channel string        `json:"channel,omitempty"`  // name of the channel concerned
	Code    string        `json:"code,omitempty"`     // six digits
	Token   string        `json:"token,omitempty"`    // of the link
	Mask    string        `json:"mask,omitempty"`     // in a notice, the new address, masked
	GoodFor time.Duration `json:"good_for,omitempty"` // lifetime of code and link
}

// ReceiptKind is the kind of a receipt, as the API names it.
type ReceiptKind string

// The kinds of the service model.
const (
	ReceiptSent      ReceiptKind = "SENT"
	ReceiptDelivered ReceiptKind = "DELIVERED"
	ReceiptRead      ReceiptKind = "READ"
	ReceiptError     ReceiptKind = "ERROR"
	ReceiptStop      ReceiptKind = "STOP"
)

// Receipt is one recorded event in the delivery of a message.
type Receipt struct {
	Message   string
	Kind      ReceiptKind
	At        time.Time
	Provider  string
	Reference string // the provider's id of the message
	Detail    string // the provider's error in words
}

// Attempt is the result of one attempt to send a message.
type Attempt struct {
	Provider      string
	Reference     string    // the provider's id of the message
	FailureReason string    // why it was not sent, in words; empty if it was sent
	Next          time.Time // when to try again; zero if never
	Unsent        bool      // there is no provider, so no limit counts the attempt
	Stopped       bool      // the provider reports that the person replied STOP
}

// Reason returns why the message was not sent, or "" if it was sent.
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

// Report is a provider's report on a message that it accepted.
type Report struct {
	Message   string // id
	Kind      ReceiptKind
	Provider  string
	Reference string
	Detail    string
}

// Reply is a text message that a person sent to Callbook.
type Reply struct {
	From      string // as the provider names the sender: see SenderNumbers
	Text      string
	OptOut    string // what the provider makes of it: STOP, START, HELP or ""
	Reference string // the provider's id of the reply, by which a repeated one is ignored
}
