package oncall

import (
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

// Reachability says whether a person can be paged now.
type Reachability string

// The values. Contacts that are not a person have the zero Reachability.
const (
	Unreachable Reachability = "unreachable" // no channel is active, and no code is out
	Waiting     Reachability = "waiting"     // no channel is active, and a code is out
	Reachable   Reachability = "reachable"   // at least one channel is active
)

// Reachabilities returns every value in the order of the contact list. People who
// cannot be reached come first.
func Reachabilities() []Reachability { return []Reachability{Unreachable, Waiting, Reachable, ""} }

// Contact is a person, an escalation plan or an on-call schedule that can be paged.
type Contact struct {
	ARN          ARN
	Alias        string // unique; never changes
	ID           string // a UUID of version 7, never shown; a contact created again under its alias gets a new one
	DisplayName  string // may be empty
	Type         ContactType
	Plan         Plan
	Reachability Reachability
	Version      int64 // 1 at first, one more with each change
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Name returns the display name, or the alias if the display name has no visible character.
func (c Contact) Name() string { return NameOr(c.DisplayName, c.Alias) }

// NewContact is the input of CreateContact.
type NewContact struct {
	Alias       string      `field:"alias" validate:"required,max=255,alias"`
	DisplayName string      `field:"display_name" validate:"max=255,name"`
	Type        ContactType `field:"type" validate:"required,oneof=PERSONAL ESCALATION ONCALL_SCHEDULE"`
	Plan        Plan        `field:"plan"`
	Tags        []Tag       `field:"tags" validate:"max=50,dive"`     // in any order
	Token       string      `field:"token" validate:"max=2048,token"` // if empty, the creation is not idempotent
}

// Check returns every rule that the new contact breaks.
func (in NewContact) Check(door Door) []FieldError {
	fields := append(check(in), checkLetters(door, FieldDisplayName, in.DisplayName)...)
	return slices.Concat(fields, in.Plan.check(in.Type), checkDuplicateKeys(in.Tags))
}

// Request describes the creation. Empty tags are left out of the parameters, so that
// tokens stored before Callbook had tags still match.
func (in NewContact) Request(by Actor) Request {
	parameters := []any{in.Alias, in.DisplayName, in.Type, in.Plan}
	if len(in.Tags) > 0 {
		parameters = append(parameters, SortTags(in.Tags))
	}
	return NewRequest(by, "CreateContact", in.Token, parameters...)
}

// ContactChange is the input of UpdateContact. A nil member is not changed.
type ContactChange struct {
	Contact     ARN
	DisplayName *string `field:"display_name" validate:"omitempty,max=255,name"`
	Plan        *Plan   `field:"plan"`
	Version     int64   // the version that the caller saw; 0 accepts any
}

// Check returns every rule that the change breaks for any contact.
func (in ContactChange) Check(door Door) []FieldError {
	fields := check(in)
	if in.DisplayName != nil {
		fields = append(fields, checkLetters(door, FieldDisplayName, *in.DisplayName)...)
	}
	return fields
}

// Apply changes the contact in memory. It fails with Invalid if the new plan does not fit
// the type of the contact.
func (c *Contact) Apply(in ContactChange) error {
	if in.DisplayName != nil {
		c.DisplayName = *in.DisplayName
	}
	if in.Plan != nil {
		c.Plan = *in.Plan
	}
	if fields := c.Plan.check(c.Type); in.Plan != nil && len(fields) > 0 {
		return InvalidError(fields...)
	}
	return nil
}

// AliasQuery is the input of ContactsByAlias.
type AliasQuery struct {
	Prefix string      `field:"alias" validate:"omitempty,max=255,alias"`                            // of the alias; empty matches all
	Type   ContactType `field:"type" validate:"omitempty,oneof=PERSONAL ESCALATION ONCALL_SCHEDULE"` // empty matches all
	After  string      // AliasList.Next of the page before; empty for the first page
	Limit  int         // 1 to 1024; 0 means 50
}

// Check returns every rule that the query breaks.
func (in AliasQuery) Check() []FieldError { return check(in) }

// Words returns the words by which a search finds the contact, in order: the first
// twelve of its alias and display name.
func (c Contact) Words() []string {
	var words []string
	for _, w := range textWords(c.Alias + " " + c.DisplayName) {
		if len(words) < maxIndexedWords && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return words
}
