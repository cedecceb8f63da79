package oncall

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
)

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

// MostChannels is how many channels a contact may have.
const MostChannels = 100

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

// parse returns the address and everything the rules refuse in a new channel,
// all at once.
func (in NewChannel) parse(door Door, rules AddressRules) (AddressCheck, []FieldError) {
	fields := append(check(in), checkLetters(door, FieldName, in.Name)...)
	if in.Type != SMS && in.Type != Voice && in.Type != Email || hasField(fields, FieldAddress) {
		return AddressCheck{}, fields
	}
	address, refusal := rules.input(door, in.Type, in.Address, in.Country).parse()
	if refusal != nil {
		fields = append(fields, *refusal)
	}
	return address, fields
}

func hasField(fields []FieldError, f Field) bool {
	return slices.ContainsFunc(fields, func(e FieldError) bool { return e.Field == f })
}

// CreateChannel adds a channel to a contact, not activated, and returns its ARN.
// The same token with the same input returns the same ARN and adds nothing. It
// fails with Invalid (also for a contact that does not exist, as the service
// model has no other error for it, and for a person's address with warnings not
// accepted) and with Conflict: Duplicate or TokenReused.
func (s *Service) CreateChannel(ctx context.Context, by Actor, in NewChannel) (ARN, error) {
	if err := s.permit(ctx, by, CreateContactChannel, ""); err != nil {
		return "", err
	}
	address, fields := in.parse(by.Door, s.rules)
	if len(fields) > 0 {
		return "", invalid(fields...)
	}
	alias, ok := s.scope.contactAlias(in.Contact)
	if !ok {
		return "", contactMissing(in.Contact)
	}
	now := s.Now()
	id := s.newID()
	own := s.scope.Channel(alias, id)
	asked := in.request(by, address)
	var arn ARN
	err := s.update(ctx, func(q Queries) error {
		first, err := remember(q, asked, own, now)
		arn = firstOr(first, own)
		if err != nil || first != "" {
			return err
		}
		return s.addChannel(q, by, in, address, &Channel{ARN: own, ID: id, Alias: alias, CreatedAt: now}, asked)
	})
	if err != nil {
		return "", err
	}
	s.nudge(nil, ActivationClass, in.Type)
	return arn, nil
}

// request describes the creation.
func (in NewChannel) request(by Actor, address AddressCheck) Request {
	return request(by, "CreateContactChannel", in.Token, in.Contact, in.Name, in.Type, address.Given, in.Defer)
}

// addChannel stores a channel that the rules allow, puts it on record and, unless
// activation is deferred, sends its first code. c says which it is and when it is
// added, and then all that it is. It fails as CreateChannel does.
func (s *Service) addChannel(q Queries, by Actor, in NewChannel, address AddressCheck, c *Channel, asked Request) error {
	c.Name, c.Type, c.Address, c.Mask = in.Name, in.Type, address.Address, address.Masked()
	c.Version, c.UpdatedAt = 1, c.CreatedAt
	if in.Defer {
		c.DeferredAt = c.CreatedAt
	}
	host, err := roomFor(q, c.Alias, in.Contact)
	if err != nil {
		return err
	}
	if err := s.insertChannel(q, by, c, host, asked); err != nil {
		return err
	}
	if err := s.heed(q, by, address, c.Alias, in.Accept); err != nil {
		return err
	}
	return s.record(q, by, CreateContactChannel, c.ARN, changesOf(Channel{}, *c)...)
}

// insertChannel stores a new channel and, unless activation is deferred, sends
// its first code.
func (s *Service) insertChannel(q Queries, by Actor, c *Channel, host Host, asked Request) error {
	var m Message
	var err error
	if c.DeferredAt.IsZero() {
		if m, _, err = s.draft(q, by, c, c.Address.Canonical, host.Name, c.CreatedAt); err != nil {
			return err
		}
	}
	existing, err := q.InsertChannel(*c, asked)
	if err != nil {
		return err
	}
	if existing != "" {
		return s.duplicate(*c, existing)
	}
	if m.ID == "" {
		return nil
	}
	m.Content.To = c.Address.Destination()
	if err := s.post(q, m, c.Address.Canonical); err != nil {
		return err
	}
	if host.Reachability == Unreachable && c.Code.Out(c.CreatedAt) {
		return q.SetReachability(c.Alias, Waiting)
	}
	return nil
}

// fieldsOf takes the fields out of an Invalid error, so that a check can show
// them beside others; any other error stays one.
func fieldsOf(err error) ([]FieldError, error) {
	if err != nil && KindOf(err) == Invalid {
		return FieldErrors(err), nil
	}
	return nil, err
}

// roomFor returns the contact of a new channel, and refuses one that may not have
// one more.
func roomFor(q Queries, alias string, contact ARN) (Host, error) {
	host, err := q.ChannelHost(alias)
	switch {
	case errors.Is(err, ErrMissing):
		return host, contactMissing(contact)
	case err != nil:
		return host, err
	}
	return host, host.room(contact)
}

// room refuses a channel for a contact that may not have one more.
func (h Host) room(contact ARN) error {
	switch {
	case h.Type != Personal:
		return invalid(FieldError{Field: FieldContact, Reason: Unfitting,
			Message: "Add the channel to a PERSONAL contact: " + string(contact) + " is of another type."})
	case h.Channels >= MostChannels:
		return invalid(FieldError{Field: FieldContact, Reason: Range,
			Message: "A contact has at most " + strconv.Itoa(MostChannels) + " channels: first delete one that is no longer used."})
	}
	return nil
}

// Host is what of a contact decides what becomes of a new channel.
type Host struct {
	Type         ContactType
	Name         string // as Contact.Name
	Reachability Reachability
	Channels     int // how many it has
}

func contactMissing(contact ARN) *Error {
	return invalid(FieldError{Field: FieldContact, Reason: Unfitting,
		Message: "Invalid value provided - Contact not found: " + string(contact)})
}

func (s *Service) duplicate(c Channel, existing string) *Error {
	message := "This contact already has " + article(c.Type) + " channel with this address: use that one, or enter another address."
	return &Error{Kind: Conflict, Reason: Duplicate, Resource: s.scope.Channel(c.Alias, existing), Message: message,
		Fields: []FieldError{{Field: FieldAddress, Reason: Duplicate, Message: message}}}
}

func article(t ChannelType) string {
	switch t {
	case SMS:
		return "an SMS"
	case Voice:
		return "a voice"
	}
	return "an email"
}

// Channels returns a contact and its channels, by creation, as one snapshot. It
// fails as Contact does.
func (s *Service) Channels(ctx context.Context, by Actor, contact ARN) (Contact, []Channel, error) {
	var c Contact
	var channels []Channel
	if err := s.admit(ctx, by, GetContact, FieldContact, contact); err != nil {
		return c, nil, err
	}
	err := s.view(ctx, func(q Queries) (err error) {
		if c, err = s.contact(q, contact); err != nil {
			return err
		}
		channels, err = q.Channels(c.Alias)
		return err
	})
	return c, s.named(channels), err
}

// named gives channels their ARNs.
func (s *Service) named(channels []Channel) []Channel {
	for i, c := range channels {
		channels[i].ARN = s.scope.Channel(c.Alias, c.ID)
	}
	return channels
}

// ChannelDetail is a channel in its surroundings, as one snapshot.
type ChannelDetail struct {
	Channel
	Contact Contact
	Active  int       // how many of the contact's channels are active, this one included
	AlsoAt  []Channel // up to 10 channels of other contacts with the same address
}

// Channel returns one channel with what it takes to judge it. It fails with
// NotFound, and with Invalid for a program that gives no ARN at all.
func (s *Service) Channel(ctx context.Context, by Actor, arn ARN) (ChannelDetail, error) {
	var detail ChannelDetail
	if err := s.admit(ctx, by, GetContact, FieldChannel, arn); err != nil {
		return detail, err
	}
	err := s.view(ctx, func(q Queries) (err error) {
		if detail.Channel, err = s.channel(q, arn); err != nil {
			return err
		}
		if detail.Contact, err = s.contact(q, s.scope.Contact(detail.Alias)); err != nil {
			return err
		}
		if detail.Active, err = countActive(q, detail.Alias); err != nil {
			return err
		}
		detail.AlsoAt, err = q.ChannelsBeside(detail.Alias, detail.ID, 10)
		detail.AlsoAt = s.named(detail.AlsoAt)
		return err
	})
	return detail, err
}

func (s *Service) channel(q Queries, arn ARN) (Channel, error) {
	alias, id, ok := s.scope.channelID(arn)
	if !ok {
		return Channel{}, notFound("Contact channel", arn)
	}
	c, err := q.Channel(alias, id)
	if errors.Is(err, ErrMissing) {
		return Channel{}, notFound("Contact channel", arn)
	}
	c.ARN = arn
	return c, err
}

func countActive(q Queries, alias string) (int, error) {
	channels, err := q.Channels(alias)
	active := 0
	for _, c := range channels {
		if c.State() == Active {
			active++
		}
	}
	return active, err
}

// RevealAddress returns the delivery address of a channel in the clear, and puts
// on record who saw it. It fails as Channel does, and with Sealed.
func (s *Service) RevealAddress(ctx context.Context, by Actor, arn ARN) (Address, error) {
	var address Address
	if err := s.admit(ctx, by, GetContactChannel, FieldChannel, arn); err != nil {
		return address, err
	}
	err := s.update(ctx, func(q Queries) error {
		c, err := s.channel(q, arn)
		if err != nil {
			return err
		}
		if address, err = q.Address(c.Alias, c.ID); err != nil {
			return err
		}
		return s.record(q, by, GetContactChannel, arn)
	})
	if err != nil {
		return Address{}, err // never shown without being on record
	}
	return address, nil
}
