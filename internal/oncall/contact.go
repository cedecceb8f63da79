package oncall

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"time"
)

// ContactType says what a contact stands for.
type ContactType string

// The contact types of the service model. Only a personal contact has channels.
const (
	Personal       ContactType = "PERSONAL"
	Escalation     ContactType = "ESCALATION"
	OncallSchedule ContactType = "ONCALL_SCHEDULE"
)

// Reachability answers whether a person can be paged right now.
type Reachability string

// The answers. The zero Reachability is that of contacts which are no person.
const (
	Unreachable Reachability = "unreachable" // no channel is active, and no code is out
	Waiting     Reachability = "waiting"     // none is active, and a code is out
	Reachable   Reachability = "reachable"   // at least one channel is active
)

// Reachabilities returns every answer in the order of the list, which leads
// with the people who cannot be reached.
func Reachabilities() []Reachability { return []Reachability{Unreachable, Waiting, Reachable, ""} }

// Contact is who may be paged.
type Contact struct {
	ARN          ARN
	Alias        string // unique and unchanging
	ID           string // a UUID of version 7, never shown; a contact that is made again under an alias has another
	DisplayName  string // may be empty
	Type         ContactType
	Plan         Plan
	Reachability Reachability
	Version      int64 // 1 at first, one more with each change
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Name returns the display name, or the alias where there is none.
func (c Contact) Name() string {
	if c.DisplayName == "" {
		return c.Alias
	}
	return c.DisplayName
}

// NewContact is the input of CreateContact.
type NewContact struct {
	Alias       string      `field:"alias" validate:"required,max=255,alias"`
	DisplayName string      `field:"display_name" validate:"max=255,name"`
	Type        ContactType `field:"type" validate:"required,oneof=PERSONAL ESCALATION ONCALL_SCHEDULE"`
	Plan        Plan        `field:"plan"`
	Tags        []Tag       `field:"tags" validate:"max=50,dive"`     // in any order
	Token       string      `field:"token" validate:"max=2048,token"` // empty: not idempotent
}

// check returns everything the rules refuse in a new contact.
func (in NewContact) check(door Door) []FieldError {
	fields := append(check(in), checkLetters(door, FieldDisplayName, in.DisplayName)...)
	return slices.Concat(fields, in.Plan.check(in.Type), checkTwice(in.Tags))
}

// request describes the creation. Without tags its parameters are those that it
// had before there were any, so that tokens from then still stand for the same.
func (in NewContact) request(by Actor) Request {
	parameters := []any{in.Alias, in.DisplayName, in.Type, in.Plan}
	if len(in.Tags) > 0 {
		parameters = append(parameters, byKey(in.Tags))
	}
	return request(by, "CreateContact", in.Token, parameters...)
}

// CreateContact adds a contact and returns its ARN. It fails with Invalid, and
// with Conflict when the alias is taken or the token stands for something else.
// The same token with the same input returns the same ARN and adds nothing.
func (s *Service) CreateContact(ctx context.Context, by Actor, in NewContact) (ARN, error) {
	if err := s.permit(ctx, by, CreateContact, ""); err != nil {
		return "", err
	}
	if fields := in.check(by.Door); len(fields) > 0 {
		return "", invalid(fields...)
	}
	now := s.Now()
	arn := s.scope.Contact(in.Alias)
	asked := in.request(by)
	err := s.update(ctx, func(q Queries) error {
		first, err := remember(q, asked, arn, now)
		if err != nil || first != "" {
			arn = firstOr(first, arn)
			return err
		}
		return s.addContact(q, by, in, asked, now)
	})
	if err != nil {
		return "", err
	}
	return arn, nil
}

// addContact stores a contact that the rules allow, and puts it on record. It
// fails with Conflict when the alias is taken.
func (s *Service) addContact(q Queries, by Actor, in NewContact, asked Request, now time.Time) error {
	c := Contact{Alias: in.Alias, ID: s.newID(), DisplayName: in.DisplayName, Type: in.Type, Plan: in.Plan,
		Version: 1, CreatedAt: now, UpdatedAt: now}
	if in.Type == Personal {
		c.Reachability = Unreachable
	}
	arn := s.scope.Contact(in.Alias)
	ok, err := q.InsertContact(c, asked)
	switch {
	case err != nil:
		return err
	case !ok:
		return aliasTaken(arn, in.Alias)
	}
	if err := q.SetTags(c.Alias, in.Tags); err != nil {
		return err
	}
	return s.record(q, by, CreateContact, arn, change(FieldDisplayName, "", c.DisplayName),
		change(FieldType, "", string(c.Type)), change(FieldPlan, "", c.Plan.summary()),
		change(FieldTags, "", tagSummary(in.Tags)))
}

func firstOr(first, arn ARN) ARN {
	if first != "" {
		return first
	}
	return arn
}

func aliasTaken(arn ARN, alias string) *Error {
	message := "Another contact has the alias " + alias + ": choose a different one."
	return &Error{Kind: Conflict, Reason: AliasTaken, Resource: arn, Message: message,
		Fields: []FieldError{{Field: FieldAlias, Reason: AliasTaken, Message: message}}}
}

// CheckContact says what CreateContact would refuse in an alias and a name,
// field by field, and suggests an alias that is free; "" when the name has no
// letter to make one of. It changes nothing.
func (s *Service) CheckContact(ctx context.Context, by Actor, in NewContact) (suggestion string, fields []FieldError, err error) {
	if err := s.permit(ctx, by, CreateContact, ""); err != nil {
		return "", nil, err
	}
	fields = in.check(by.Door)
	err = s.view(ctx, func(q Queries) error {
		taken := func(alias string) (bool, error) {
			_, err := q.Contact(alias)
			if errors.Is(err, ErrMissing) {
				return false, nil
			}
			return err == nil, err
		}
		if isAlias(in.Alias) {
			is, err := taken(in.Alias)
			if err != nil {
				return err
			}
			if is {
				fields = append(fields, aliasTaken("", in.Alias).Fields...)
			}
		}
		suggestion, err = freeAlias(in.DisplayName, taken)
		return err
	})
	return suggestion, fields, err
}

// Contact returns one contact. It fails with NotFound, and with Invalid for a
// program that gives no ARN at all.
func (s *Service) Contact(ctx context.Context, by Actor, arn ARN) (Contact, error) {
	var c Contact
	if err := s.admit(ctx, by, GetContact, FieldContact, arn); err != nil {
		return c, err
	}
	err := s.view(ctx, func(q Queries) (err error) {
		c, err = s.contact(q, arn)
		return err
	})
	return c, err
}

func (s *Service) contact(q Queries, arn ARN) (Contact, error) {
	alias, ok := s.scope.contactAlias(arn)
	if !ok {
		return Contact{}, notFound("Contact", arn)
	}
	c, err := q.Contact(alias)
	if errors.Is(err, ErrMissing) {
		return Contact{}, notFound("Contact", arn)
	}
	c.ARN = arn
	return c, err
}

// ContactChange is the input of UpdateContact. A nil member stays as it is.
type ContactChange struct {
	Contact     ARN
	DisplayName *string `field:"display_name" validate:"omitempty,max=255,name"`
	Plan        *Plan   `field:"plan"`
	Version     int64   // the version the change was made from; 0: whatever is stored
}

// check returns what the rules refuse in a change, whichever contact it is of.
func (in ContactChange) check(door Door) []FieldError {
	fields := check(in)
	if in.DisplayName != nil {
		fields = append(fields, checkLetters(door, FieldDisplayName, *in.DisplayName)...)
	}
	return fields
}

// UpdateContact changes a contact and returns it as it now is. What is stored
// already is not written again, so a second click gets the answer of the first.
// It fails with Invalid, with NotFound, and with Conflict (Stale) when there is
// something to change and Version is not the stored one.
func (s *Service) UpdateContact(ctx context.Context, by Actor, in ContactChange) (Contact, error) {
	if err := s.admit(ctx, by, UpdateContact, FieldContact, in.Contact); err != nil {
		return Contact{}, err
	}
	if fields := in.check(by.Door); len(fields) > 0 {
		return Contact{}, invalid(fields...)
	}
	now := s.Now()
	var c Contact
	err := s.update(ctx, func(q Queries) error {
		was, err := s.contact(q, in.Contact)
		if err != nil {
			return err
		}
		c = was
		if err := c.apply(in); err != nil || reflect.DeepEqual(c, was) {
			return err
		}
		if in.Version != 0 && in.Version != was.Version {
			return stale("contact")
		}
		c.UpdatedAt = now
		ok, err := q.UpdateContact(c)
		switch {
		case err != nil:
			return err
		case !ok:
			return stale("contact")
		}
		c.Version++
		return s.record(q, by, UpdateContact, in.Contact, change(FieldDisplayName, was.DisplayName, c.DisplayName),
			change(FieldPlan, was.Plan.summary(), c.Plan.summary()))
	})
	return c, err
}

// apply makes a change in the contact. It fails with Invalid when its plan does not fit its type.
func (c *Contact) apply(in ContactChange) error {
	if in.DisplayName != nil {
		c.DisplayName = *in.DisplayName
	}
	if in.Plan != nil {
		c.Plan = *in.Plan
	}
	if fields := c.Plan.check(c.Type); in.Plan != nil && len(fields) > 0 {
		return invalid(fields...)
	}
	return nil
}

func stale(what string) *Error {
	return &Error{Kind: Conflict, Reason: Stale,
		Message: "Somebody else changed this " + what + " in the meantime: look at it as it is now, then save again."}
}

// DeleteContact deletes a contact with its channels, tags and policy. Plans
// elsewhere that name it keep the ARN. It fails as Contact does.
func (s *Service) DeleteContact(ctx context.Context, by Actor, arn ARN) error {
	if err := s.admit(ctx, by, DeleteContact, FieldContact, arn); err != nil {
		return err
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		c, err := s.contact(q, arn)
		if err != nil {
			return err
		}
		channels, err := q.Channels(c.Alias)
		if err != nil {
			return err
		}
		gone, err := s.kept(q, c)
		if err != nil {
			return err
		}
		if _, err := q.DeleteContact(c.Alias, now); err != nil {
			return err
		}
		for _, ch := range channels { // they go with it, and each is missed by somebody
			if err := q.ForgetMessages(ch.Alias, ch.ID, now.Add(messageKeep)); err != nil {
				return err
			}
			if err := s.record(q, by, DeleteContactChannel, s.scope.Channel(ch.Alias, ch.ID), changesOf(ch, Channel{})...); err != nil {
				return err
			}
		}
		return s.record(q, by, DeleteContact, arn, gone...)
	})
}

// kept is what is kept of a contact, as changes by which it is gone.
func (s *Service) kept(q Queries, c Contact) ([]AuditChange, error) {
	tags, err := q.Tags(c.Alias)
	if err != nil {
		return nil, err
	}
	policy, err := q.Policy(c.Alias)
	if err != nil && !errors.Is(err, ErrMissing) {
		return nil, err
	}
	return []AuditChange{change(FieldDisplayName, c.DisplayName, ""), change(FieldType, string(c.Type), ""), change(FieldPlan, c.Plan.summary(), ""),
		change(FieldTags, tagSummary(tags), ""), change(FieldPolicy, policySummary(policy), "")}, nil
}
