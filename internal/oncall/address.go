package oncall

import (
	"strconv"
	"strings"
	"time"
)

// Address is the delivery address of a channel.
type Address struct {
	Given     string // as it came, byte for byte
	Canonical string // for comparing and counting: E.164, or the canonical form of an email address
}

// Destination returns the form for sending and for showing: the E.164 number, or the
// email address as it came. A mail server may tell capitals apart.
func (a Address) Destination() string {
	if strings.Contains(a.Canonical, "@") {
		return a.Given
	}
	return a.Canonical
}

// Masked returns the address with its middle left out, so that it can be recognised but
// not used: +1 ••• ••• 0199, a•••@example.org.
func (a Address) Masked() string {
	if local, domain, ok := strings.Cut(a.Canonical, "@"); ok {
		return maskEmail(local, domain)
	}
	return maskPhone(a.Canonical)
}

// AddressCheck is the result of parsing a delivery address.
type AddressCheck struct {
	Address
	Shown    string       // formatted for people
	Country  string       // of a phone number, in English; empty if several countries share its code
	Line     Line         // of a phone number
	Warnings []FieldError // for the person who enters the address; each can be accepted
}

// AddressRules are the settings that decide which phone numbers are accepted.
type AddressRules struct {
	// AllowCostly accepts premium-rate, shared-cost, satellite and global
	// premium numbers, which are refused otherwise.
	AllowCostly bool
	// Countries are the ISO 3166 codes of the countries whose numbers are accepted.
	// If empty, all countries are.
	Countries []string
	// Brief leaves Shown and Country of an AddressCheck empty, which only a form shows. They
	// take a third of the time.
	Brief bool
}

// Input returns the input for Parse. The country counts only in the browser: programs
// give international numbers.
func (r AddressRules) Input(door Door, t ChannelType, text, country string) AddressInput {
	e := AddressInput{Type: t, Text: text, Typed: door == Browser, AllowCostly: r.AllowCostly, Countries: r.Countries, Brief: r.Brief}
	if e.Typed {
		e.Country = country
	}
	return e
}

// AddressInput is an address that has not been parsed yet.
type AddressInput struct {
	Type        ChannelType
	Text        string
	Country     string   // ISO 3166 code for a national number; if empty, none is accepted
	Typed       bool     // by a person, who may write spaces, brackets and a leading 00
	AllowCostly bool     // as in AddressRules
	Countries   []string // as in AddressRules
	Brief       bool     // as in AddressRules
}

// Parse returns the address, or the first rule that it breaks.
func (e AddressInput) Parse() (AddressCheck, *FieldError) {
	if e.Type == Email {
		return parseEmail(e)
	}
	return parsePhone(e)
}

// The reasons of a FieldError about an address: first the refusals, then the warnings.
const (
	NotPlain          Reason = "not_plain"         // characters that do not belong there
	NotInternational  Reason = "not_international" // no + and country code
	UnknownCountry    Reason = "unknown_country"
	TooShort          Reason = "too_short"
	NotPossible       Reason = "not_possible" // no number of that country has this length
	LocalOnly         Reason = "local_only"
	Extension         Reason = "extension"
	Costly            Reason = "costly"      // premium rate, shared cost, satellite
	CountryNotAllowed Reason = "elsewhere"   // the country is not allowed
	Spreadsheet       Reason = "spreadsheet" // a decimal or a power of ten
	TwoNumbers        Reason = "two_numbers" // or a number and a part of another one
	NotBare           Reason = "not_bare"    // a name, quotes or brackets around the address
	NoDomain          Reason = "no_domain"

	Unassigned   Reason = "unassigned"    // in no assigned range
	NoTexts      Reason = "no_texts"      // a line that takes no text messages
	Shared       Reason = "shared"        // also on another contact, or not compared with those of others
	Misspelt     Reason = "misspelt"      // one typing error away from a well-known domain
	MixedScripts Reason = "mixed_scripts" // letters of two scripts in one word
	LostPlus     Reason = "lost_plus"     // an international number without its +
	Ending       Reason = "ending"        // digits at the end that may belong to something else
)

// IsQuestion reports whether a warning asks which of two addresses is meant. A person
// answers it. An import must not choose.
func (f FieldError) IsQuestion() bool { return f.Reason == LostPlus || f.Reason == Ending }

func refuse(reason Reason, message string) *FieldError {
	return &FieldError{Field: FieldAddress, Reason: reason, Message: message}
}

// warn returns a warning that can be accepted for this address only.
func warn(reason Reason, canonical, message string) FieldError {
	return FieldError{Field: FieldAddress, Reason: reason, Message: message, Accept: string(reason) + ":" + canonical}
}

// SharedWith returns the warning about an address that another contact has too. An empty
// alias does not name the contact.
func SharedWith(alias string, t ChannelType, canonical string) FieldError {
	noun := "This number"
	if t == Email {
		noun = "This address"
	}
	if alias == "" {
		return warn(Shared, canonical, noun+" is also on another contact.")
	}
	return warn(Shared, canonical, noun+" is also on the contact "+alias+".")
}

// NotCompared returns the warning about an address that was not compared with those of other
// contacts, because the actor has checked too many. Accepting it accepts SharedWith too.
func NotCompared(canonical string, wait time.Duration) FieldError {
	seconds := strconv.Itoa(int((wait + time.Second - 1) / time.Second))
	return warn(Shared, canonical, "You checked many addresses within a minute, so this one was not compared with those of other contacts. Wait "+
		seconds+" s and check it again, or save it anyway.")
}
