package oncall

import (
	"slices"
	"time"
)

// ChannelChanges lists what differs between two states of a channel; the zero Channel
// is one that is not there.
func ChannelChanges(before, after Channel) []AuditChange {
	mask := after.Mask
	if mask == before.Mask && after.Address.Canonical != before.Address.Canonical {
		mask += " (another one)"
	}
	return []AuditChange{
		Change(FieldName, before.Name, after.Name), Change(FieldType, string(before.Type), string(after.Type)),
		Change(FieldAddress, before.Mask, mask), Change(FieldState, before.stateWord(), after.stateWord()),
	}
}

func (c Channel) stateWord() string {
	if c.ID == "" {
		return ""
	}
	return string(c.State())
}

// ChannelType says how a channel reaches a person.
type ChannelType string

// The channel types of the service model.
const (
	SMS   ChannelType = "SMS"
	Voice ChannelType = "VOICE"
	Email ChannelType = "EMAIL"
)

// ActivationState says whether anything proves that a channel arrives.
type ActivationState string

// The states. At the API Active is ACTIVATED and both others NOT_ACTIVATED.
const (
	Active       ActivationState = "active"
	NotActivated ActivationState = "not_activated"
	Deferred     ActivationState = "deferred" // not activated, and no code leaves until one is asked for
)

// Channel is one way to reach a person.
type Channel struct {
	ARN           ARN
	ID            string // the last part of the ARN
	Alias         string // of the contact it belongs to
	Name          string // need not be unique
	Type          ChannelType
	Mask          string    // of the address: enough to recognise it, too little to use it
	Address       Address   // in the clear where it is about to be stored; else zero
	DeferredAt    time.Time // when activation was put off; zero: it was not
	ActivatedAt   time.Time // when a code proved the address; zero: not yet, or no longer
	DeactivatedAt time.Time // when it was last deactivated; zero: not since it was last active
	ReaddressedAt time.Time // when the address last changed; zero: never
	Code          Code      // the last one that was made
	Version       int64     // 1 at first, one more with each change
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// State returns the channel's activation state.
func (c Channel) State() ActivationState {
	switch {
	case !c.ActivatedAt.IsZero():
		return Active
	case !c.DeferredAt.IsZero():
		return Deferred
	}
	return NotActivated
}

// MaxChannels is how many channels a contact may have.
const MaxChannels = 100

// NewChannel is the input of CreateChannel.
type NewChannel struct {
	Contact ARN         `field:"contact" validate:"required,max=2048,arn"`
	Name    string      `field:"name" validate:"required,max=255,name"`
	Type    ChannelType `field:"type" validate:"required,oneof=SMS VOICE EMAIL"`
	Address string      `field:"address" validate:"max=320"`
	Country string      // ISO 3166 code in which a person's national number is read; empty: none
	Defer   bool        // no code is to leave until one is asked for
	Accept  []string    // the warnings the person has seen and accepted (FieldError.Accept)
	Token   string      `field:"token" validate:"max=2048,token"` // empty: not idempotent
}

// Parse returns the address and everything the rules refuse in a new channel,
// all at once.
func (in NewChannel) Parse(door Door, rules AddressRules) (AddressCheck, []FieldError) {
	fields := append(check(in), checkLetters(door, FieldName, in.Name)...)
	if in.Type != SMS && in.Type != Voice && in.Type != Email || HasField(fields, FieldAddress) {
		return AddressCheck{}, fields
	}
	address, refusal := rules.Input(door, in.Type, in.Address, in.Country).Parse()
	if refusal != nil {
		fields = append(fields, *refusal)
	}
	return address, fields
}

func HasField(fields []FieldError, f Field) bool {
	return slices.ContainsFunc(fields, func(e FieldError) bool { return e.Field == f })
}

// Request describes the creation.
func (in NewChannel) Request(by Actor, address AddressCheck) Request {
	return NewRequest(by, "CreateContactChannel", in.Token, in.Contact, in.Name, in.Type, address.Given, in.Defer)
}

func WithArticle(t ChannelType) string {
	switch t {
	case SMS:
		return "an SMS"
	case Voice:
		return "a voice"
	}
	return "an email"
}

// ChannelChange is the input of UpdateChannel. A nil member stays as it is.
type ChannelChange struct {
	Channel ARN
	Name    *string  `field:"name" validate:"omitempty,min=1,max=255,name"`
	Address *string  `field:"address" validate:"omitempty,max=320"`
	Country string   // as in NewChannel
	Accept  []string // as in NewChannel
	Version int64    // the version the change was made from; 0: whatever is stored
}

// WithoutSecrets is a channel without its address in the clear.
func (c Channel) WithoutSecrets() Channel {
	c.Address = Address{}
	c.Code.Digits, c.Code.Link = "", ""
	return c
}

// Check returns what the rules refuse in a change, but for the address, which
// waits for the channel: only that knows its type.
func (in ChannelChange) Check(door Door) []FieldError {
	fields := check(in)
	if in.Name != nil {
		fields = append(fields, checkLetters(door, FieldName, *in.Name)...)
	}
	return fields
}

// WantsCode reports whether a channel has had a code that is no longer good, but
// for one that a provider could not deliver: another would go the same way.
func (c Channel) WantsCode(now time.Time) bool {
	switch c.Code.State(now) {
	case CodeExpired, CodeBurnt, CodeRefused:
		return c.State() == NotActivated
	case CodeFailed:
		return c.State() == NotActivated && c.Code.Sends == 0 // nothing has left
	}
	return false
}
