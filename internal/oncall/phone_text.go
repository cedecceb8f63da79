package oncall

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

var (
	wireForm  = regexp.MustCompile(`^\+[0-9]+$`)
	typedForm = regexp.MustCompile(`^[(\[ ]*\+?[0-9 .()/\-\[\]]*$`)
	// extensionForm only explains why a number does not match.
	commaGroups   = regexp.MustCompile(`[0-9],[0-9]+,[0-9]`)
	extensionForm = regexp.MustCompile(`(?i)[0-9 )\]][ ;,]*(x|ext|ext\.|extn|extension|durchwahl|poste|interno|anexo|доб|доб\.|#|;|,)[ .:=]*[0-9]+#?$`)
)

// decimalForms are the decimals that a spreadsheet makes of a phone number. A dot between
// groups of digits is a separator, as in 0171.1234567 and 01.23.45.67.00. A decimal is:
// plain digits with one dot and one or two digits or only zeros after it; any text with one
// dot and one or two zeros after it; nine digits or more before one dot; five digits or more before such an end; groups of
// thousands before another sign.
var decimalForms = regexp.MustCompile(`^\+?[0-9]+(\.[0-9]{1,2}|[.,]0+)$` +
	`|^\+?[0-9]{9,}\.[0-9]+$` +
	`|^[^.,]*[.,]0{1,2}$` +
	`|[0-9]{5}[.,]0{1,2}$` +
	`|^[+\-]?[0-9]{1,3}([,'’][0-9]{3})+\.[0-9]{1,2}$` +
	`|^[+\-]?[0-9]{1,3}([.'’][0-9]{3})+,[0-9]{1,2}$`)

// besideDot are spaces beside the last dot or comma.
var besideDot = regexp.MustCompile(` *([.,]) *`)

// powerForm is a number that a spreadsheet has shortened, as in 4.91701E+11.
var powerForm = regexp.MustCompile(`^[+\-]?[0-9]+([.,][0-9]*)?[eE][+\-]?[0-9]+$`)

// betweenNumbers separates two numbers in one text. A slash may stand within a number.
var betweenNumbers = regexp.MustCompile(`(?i)[;,|&+\n]|\b(?:or|and|oder|und|ou|et|o|y|e)\b`)

// minNumberDigits is the length from which a part of a text counts as a number of its own.
const minNumberDigits = 6

// plainNumber returns the digits of the text, after a + if it begins with + or 00. It
// refuses full-width digits, letters, extensions and tel:, which the parser accepts but
// a dialler does not.
func (e AddressInput) plainNumber() (string, *FieldError) {
	if refusal := e.checkText(); refusal != nil {
		return "", refusal
	}
	plain := digits(e.Text)
	if rest, ok := strings.CutPrefix(plain, "00"); ok && e.Typed {
		plain = "+" + rest
	}
	switch {
	case !strings.HasPrefix(plain, "+") && e.Country == "":
		return "", refuse(NotInternational, "Start with + and the country code, for example "+e.example()+", or choose the country.")
	case e.Country != "" && !supported(e.Country):
		return "", &FieldError{Field: FieldCountry, Reason: NotOneOf, Message: "Choose a country from the list."}
	}
	return plain, nil
}

// checkText refuses a text that is not one phone number and nothing else.
func (e AddressInput) checkText() *FieldError {
	text, form := e.Text, wireForm
	if e.Typed {
		text, form = tidyNumber(text), typedForm
	}
	switch {
	case text == "":
		return refuse(Required, "Enter the phone number, starting with + and the country code, for example "+e.example()+".")
	case powerForm.MatchString(text):
		return refuse(Spreadsheet, "A spreadsheet has shortened this phone number and lost digits of it: write all its digits as text, for example "+e.example()+".")
	case decimalForms.MatchString(besideDot.ReplaceAllString(text, "$1")):
		return refuse(Spreadsheet, "A spreadsheet has made a decimal of this phone number: write its digits as text, without a decimal point, for example "+e.example()+".")
	case form.MatchString(text):
		return nil
	case e.Typed && strings.ContainsFunc(text, breaksLine):
		return refuse(TwoNumbers, "Write one phone number on one line: a line break or a tab stands between these digits.")
	case holdsTwoNumbers(text):
		return refuse(TwoNumbers, "Write one phone number only: another one needs a channel of its own.")
	case extensionForm.MatchString(text) && !commaGroups.MatchString(text):
		return refuse(Extension, "An extension cannot be dialled: use a number that reaches the person directly.")
	case e.Typed:
		return refuse(NotPlain, "Write the phone number with the digits 0 to 9 only, for example "+e.example()+".")
	}
	return refuse(NotPlain, "Write the phone number as + and the digits 0 to 9 only, for example "+e.example()+".")
}

func (e AddressInput) example() string {
	if e.Typed {
		return "+1 500 555 0199"
	}
	return "+15005550199"
}

// tidyNumber cleans a copied number: it removes invisible marks, and white space around it,
// and replaces typographic dashes and spaces. A line break or a tab within it stays, because
// what follows it may be another number.
func tidyNumber(text string) string {
	text = strings.TrimFunc(text, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) })
	return strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Cf, r):
			return -1
		case unicode.Is(unicode.Zs, r):
			return ' '
		case unicode.Is(unicode.Pd, r), r == '−':
			return '-'
		}
		return r
	}, text)
}

// breaksLine reports whether a character is white space but no space.
func breaksLine(r rune) bool { return unicode.IsSpace(r) && !unicode.Is(unicode.Zs, r) }

func holdsTwoNumbers(text string) bool {
	numbers := 0
	for _, part := range betweenNumbers.Split(text, -1) {
		if len(digits(part)) >= minNumberDigits {
			numbers++
		}
	}
	return numbers > 1
}

func digits(text string) string {
	return strings.Map(func(r rune) rune {
		if r == '+' || (r >= '0' && r <= '9') {
			return r
		}
		return -1
	}, text)
}

// endingForm takes the digits after the last slash, or in brackets at the end, apart from
// the number before them.
var endingForm = regexp.MustCompile(`^(.*[0-9)\]])[ .\-]*(?:/[ /\-]*([0-9][^/]*)|[(\[]+([^()\[\]]*[0-9][^()\[\]]*)[)\]]*)[ .\-]*$`)

// withoutEnding returns the number before digits that may be an extension or the end of
// another number, as in 030 12345/46 and 030 12345 (46), or "". A slash or brackets around
// an ordinary group of digits are none, as in 030/12345678, +1/500/555/0199.
func (e AddressInput) withoutEnding() string {
	head, plain := tidyNumber(e.Text), ""
	for {
		parts := endingForm.FindStringSubmatch(head)
		if parts == nil || !e.endsWithin(parts[1], digits(parts[2]+parts[3])) {
			return plain
		}
		head = parts[1]
		alone := e
		alone.Text = head
		before, refusal := alone.plainNumber()
		if refusal != nil {
			return plain
		}
		_, canonical, refusal := alone.parseNumber(before)
		if refusal != nil {
			return plain
		}
		plain = canonical
	}
}

// endsWithin reports whether a number ends with head, so that the digits after it may be
// something else.
func (e AddressInput) endsWithin(head, ending string) bool {
	e.Text = head
	plain, refusal := e.plainNumber()
	if refusal != nil {
		return false
	}
	number, canonical, refusal := e.parseNumber(plain)
	if refusal != nil || phonenumbers.IsPossibleNumberWithReason(number) != phonenumbers.IS_POSSIBLE {
		return false
	}
	groups := strings.FieldsFunc(head, func(r rune) bool { return r < '0' || r > '9' })
	code, national := splitCallingCode(canonical)
	if strings.HasPrefix(plain, "+") && "+"+groups[0] == code {
		groups = groups[1:]
	}
	if len(groups) < 2 && len(national) < 7 {
		return len(ending) < 3 // 05022/123: the head is an area code
	}
	if strings.Trim(head, "+0123456789/") == "" && strings.Contains(head, "/") && len(ending) >= len(groups[len(groups)-1]) {
		return false // slashes stand between all groups of digits
	}
	return phonenumbers.IsValidNumber(number) || !e.validWith(plain+ending)
}

// validWith reports whether a number is in an assigned range.
func (e AddressInput) validWith(plain string) bool {
	number, _, refusal := e.parseNumber(plain)
	return refusal == nil && phonenumbers.IsValidNumber(number)
}
