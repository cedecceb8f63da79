package oncall

import (
	"strings"
)

// Address is where a channel delivers to.
type Address struct {
	Given     string // as it came, byte for byte
	Canonical string // what is compared and counted: E.164, or the email address in lower case
}

// Destination is what is sent to and shown to those who may see it: the E.164
// number, or the email address as it came, whose capitals are its owner's to
// judge.
func (a Address) Destination() string {
	if strings.Contains(a.Canonical, "@") {
		return a.Given
	}
	return a.Canonical
}

// Masked returns the address with enough left to recognise it and too little to
// use it: +1 ••• ••• 0199, a•••@example.org.
func (a Address) Masked() string {
	if local, domain, ok := strings.Cut(a.Canonical, "@"); ok {
		return maskEmail(local, domain)
	}
	return maskPhone(a.Canonical)
}

// AddressCheck is what is known of a delivery address before it is stored.
type AddressCheck struct {
	Address
	Shown    string       // in the form in which people read it
	Country  string       // of a phone number, in English; empty where no single one has it
	Line     Line         // of a phone number
	Warnings []FieldError // what a person should know first; each can be accepted
}

// AddressRules are what an installation allows of numbers.
type AddressRules struct {
	// AllowCostly accepts premium-rate, shared-cost, satellite and global
	// premium numbers, which are refused otherwise.
	AllowCostly bool
	// Countries are the ISO 3166 codes of those whose numbers are accepted; empty:
	// of every one.
	Countries []string
}

// Input returns an address as it came through a door. Only a person's may be a
// national number, in the country chosen.
func (r AddressRules) Input(door Door, t ChannelType, text, country string) AddressInput {
	e := AddressInput{Type: t, Text: text, Typed: door == Browser, AllowCostly: r.AllowCostly, Countries: r.Countries}
	if e.Typed {
		e.Country = country
	}
	return e
}

// AddressInput is an address on its way in.
type AddressInput struct {
	Type        ChannelType
	Text        string
	Country     string   // ISO 3166 code a national number is read in; empty: none
	Typed       bool     // by a person, who may write spaces, brackets and a leading 00
	AllowCostly bool     // numbers that cost extra are allowed
	Countries   []string // ISO 3166 codes of the countries whose numbers are allowed; empty: every one
}

// Parse returns the address, or the one rule that refuses it.
func (e AddressInput) Parse() (AddressCheck, *FieldError) {
	if e.Type == Email {
		return parseEmail(e)
	}
	return parsePhone(e)
}

// The reasons for which an address is refused or warned about.
const (
	NotPlain         Reason = "not_plain"         // characters that do not belong
	NotInternational Reason = "not_international" // no + and country code
	UnknownCountry   Reason = "unknown_country"
	TooShort         Reason = "too_short"
	NotPossible      Reason = "not_possible" // no number of that country has this length
	LocalOnly        Reason = "local_only"
	Extension        Reason = "extension"
	Costly           Reason = "costly"    // premium rate, shared cost, satellite
	Elsewhere        Reason = "elsewhere" // of a country that is not allowed
	NotBare          Reason = "not_bare"  // more than the address itself
	NoDomain         Reason = "no_domain"

	Unassigned Reason = "unassigned" // warning: in no assigned range
	NoTexts    Reason = "no_texts"   // warning: a line that takes no text messages
	Shared     Reason = "shared"     // warning: also on another contact
	Misspelt   Reason = "misspelt"   // warning: close to a well-known domain
)

func refuse(reason Reason, message string) *FieldError {
	return &FieldError{Field: FieldAddress, Reason: reason, Message: message}
}

// warn makes a warning that is accepted for this address only.
func warn(reason Reason, canonical, message string) FieldError {
	return FieldError{Field: FieldAddress, Reason: reason, Message: message, Accept: string(reason) + ":" + canonical}
}

// SharedWith warns of an address that another contact has.
func SharedWith(alias string, t ChannelType, canonical string) FieldError {
	what := "This number"
	if t == Email {
		what = "This address"
	}
	return warn(Shared, canonical, what+" is also on the contact "+alias+".")
}
