package oncall

import (
	"slices"
	"time"
)

// ChannelChanges lists the fields of a channel before and after a change. The zero
// Channel stands for a channel that does not exist.
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

// ActivationState says whether a code has proved that messages reach the person.
type ActivationState string

// The states. In the API, Active is ACTIVATED and both others are NOT_ACTIVATED.
const (
	Active       ActivationState = "active"
	NotActivated ActivationState = "not_activated"
	Deferred     ActivationState = "deferred" // no code is sent until someone requests one
)

// Channel is one way to reach a person.
type Channel struct {
	ARN           ARN
	ID            string // the last part of the ARN
	Alias         string // of the contact it belongs to
	Name          string // need not be unique
	Type          ChannelType
	Mask          string    // the masked address
	Address       Address   // in the clear while it is being stored; otherwise zero
	DeferredAt    time.Time // when activation was deferred; zero if it was not
	ActivatedAt   time.Time // when a code proved the address; zero while the channel is not active
	DeactivatedAt time.Time // when it was last deactivated; zero if not since it was last active
	ReaddressedAt time.Time // when the address last changed; zero if never
	StoppedAt     time.Time // when the person replied STOP; zero if not, or START since
	RefusedAt     time.Time // when a reply said that this is a wrong number; zero if none did since the last code
	Code          Code      // the newest code
	Version       int64     // 1 at first, one more with each change
	CreatedAt     time.Time
	UpdatedAt     time.Time
}

// Label returns the name of the channel, or the alias of its contact if the name has no
// visible character.
func (c Channel) Label() string { return NameOr(c.Name, c.Alias) }

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

// Objected reports whether the person asked for no messages, or said that the number is
// wrong.
func (c Channel) Objected() bool { return !c.StoppedAt.IsZero() || !c.RefusedAt.IsZero() }

// MaxChannels is how many channels a contact may have.
const MaxChannels = 100

// NewChannel is the input of CreateChannel.
type NewChannel struct {
	Contact ARN         `field:"contact" validate:"required,max=2048,arn"`
	Name    string      `field:"name" validate:"required,max=255,name"`
	Type    ChannelType `field:"type" validate:"required,oneof=SMS VOICE EMAIL"`
	Address string      `field:"address" validate:"max=320"`
	Country string      // as in AddressInput
	Defer   bool        // send no code until someone requests one
	Accept  []string    // the warnings that the person has accepted (FieldError.Accept)
	Token   string      `field:"token" validate:"max=2048,token"` // if empty, the creation is not idempotent
}

// Parse returns the address and every rule that the new channel breaks.
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

// HasField reports whether one of the errors is about this field.
func HasField(fields []FieldError, f Field) bool {
	return slices.ContainsFunc(fields, func(e FieldError) bool { return e.Field == f })
}

// Request describes the creation.
func (in NewChannel) Request(by Actor, address AddressCheck) Request {
	return NewRequest(by, "CreateContactChannel", in.Token, in.Contact, in.Name, in.Type, address.Given, in.Defer)
}

// WithArticle returns the channel type in words with its article, such as "an SMS".
func WithArticle(t ChannelType) string {
	switch t {
	case SMS:
		return "an SMS"
	case Voice:
		return "a voice"
	}
	return "an email"
}

// ChannelChange is the input of UpdateChannel. A nil member is not changed.
type ChannelChange struct {
	Channel ARN
	Name    *string  `field:"name" validate:"omitempty,min=1,max=255,name"`
	Address *string  `field:"address" validate:"omitempty,max=320"`
	Country string   // as in NewChannel
	Accept  []string // as in NewChannel
	Version int64    // the version that the caller saw; 0 accepts any
}

// WithoutSecrets returns the channel without its address, code and link in the clear.
func (c Channel) WithoutSecrets() Channel {
	c.Address = Address{}
	c.Code.Digits, c.Code.Link = "", ""
	return c
}

// Check returns every rule that the change breaks, except those about the address. They
// depend on the type of the channel.
func (in ChannelChange) Check(door Door) []FieldError {
	fields := check(in)
	if in.Name != nil {
		fields = append(fields, checkLetters(door, FieldName, *in.Name)...)
	}
	return fields
}

// WantsCode reports whether someone should send a new code because the last one is no
// longer good. A code that a provider could not deliver does not count: the next one
// would fail too. Neither does a channel whose owner replied STOP, or that it is a wrong
// number: somebody has to ask the person first.
func (c Channel) WantsCode(now time.Time) bool {
	if c.Objected() {
		return false
	}
	switch c.Code.State(now) {
	case CodeExpired, CodeBurnt, CodeRefused:
		return c.State() == NotActivated
	case CodeFailed:
		return c.State() == NotActivated && c.Code.Sends == 0 // no provider was tried
	}
	return false
}
