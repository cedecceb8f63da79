package oncall

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// advice is a mistake that is often made with the numbers of a country, and how to write
// them instead.
type advice struct {
	form   *regexp.Regexp // of the plain digits
	meant, // the number that was meant, with the groups of form
	hint string // what to do, as the end of a sentence, with the groups of form
}

var advices = []advice{
	{regexp.MustCompile(`^\+52(1|01|04[45])([0-9]{10})$`), "+52$2", "leave out the $1 after +52, which is no longer dialled"},
	{regexp.MustCompile(`^\+549([0-9]{2})15([0-9]{8})$`), "+549$1$2", "leave out the 15 after the area code"},
	{regexp.MustCompile(`^\+549([0-9]{3})15([0-9]{7})$`), "+549$1$2", "leave out the 15 after the area code"},
	{regexp.MustCompile(`^\+549([0-9]{4})15([0-9]{6})$`), "+549$1$2", "leave out the 15 after the area code"},
	{regexp.MustCompile(`^\+540?([0-9]{2})15([0-9]{8})$`), "+549$1$2", "leave out the 15, and write a 9 before the area code"},
	{regexp.MustCompile(`^\+540?([0-9]{3})15([0-9]{7})$`), "+549$1$2", "leave out the 15, and write a 9 before the area code"},
	{regexp.MustCompile(`^\+540?([0-9]{4})15([0-9]{6})$`), "+549$1$2", "leave out the 15, and write a 9 before the area code"},
	{regexp.MustCompile(`^\+5415([0-9]{8})$`), "+54911$1", "leave out the 15, and write 9 and the area code, for example 9 11"},
	{regexp.MustCompile(`^\+550?[1-9][0-9]([1-9][0-9][0-9]{8,9})$`), "+55$1", "leave out the code of the telephone company after +55"},
	{regexp.MustCompile(`^\+55([1-9][0-9])([6-9][0-9]{7})$`), "+55${1}9$2", "mobile numbers in Brazil have a 9 after the area code"},
	{regexp.MustCompile(`^\+39([124-9][0-9]{5,10})$`), "+390$1", "fixed lines in Italy keep the 0 of their area code"},
	{regexp.MustCompile(`^\+390(3[0-9]{8,9})$`), "+39$1", "mobile numbers in Italy have no 0 after +39: leave it out"},
	{regexp.MustCompile(`^\+8([3-9][0-9]{9})$`), "+7$1", "write +7 in place of the 8"},
	{regexp.MustCompile(`^\+3758(?:0)?([1-9][0-9]{8})$`), "+375$1", "leave out the 8 after +375, which is dialled only within Belarus"},
}

// adviceFor returns what to do about plain digits with + that make no known number, and the
// number that was probably meant. Both are "" if nothing better is known.
func adviceFor(text string) (hint, number string) {
	for _, a := range advices {
		at := a.form.FindStringSubmatchIndex(text)
		if at == nil {
			continue
		}
		meant := string(a.form.ExpandString(nil, a.meant, text, at))
		if valid(meant) {
			return string(a.form.ExpandString(nil, a.hint, text, at)), meant
		}
	}
	code, national := splitCallingCode(text)
	if twice := "+" + national; code != "" && strings.HasPrefix(twice, code) && valid(twice) {
		return "the country code stands there twice", twice
	}
	return "", ""
}

func valid(e164 string) bool {
	number, err := phonenumbers.Parse(e164, "")
	return err == nil && phonenumbers.IsValidNumber(number) && phonenumbers.Format(number, phonenumbers.E164) == e164
}

// explained returns a refusal with what is known about its cause.
func (e AddressInput) explained(text string, refusal *FieldError) *FieldError {
	if head := e.withoutEnding(); head != "" {
		refusal = refuse(TwoNumbers, "Write one phone number only: the digits at the end, after the slash or in brackets, "+
			"may be an extension or the end of another number.")
		refusal.Suggestion = head
		return refusal
	}
	plain := text
	if !strings.HasPrefix(text, "+") {
		text = "+" + strconv.Itoa(phonenumbers.GetCountryCodeForRegion(e.Country)) + text
	}
	hint, number := adviceFor(text)
	if number == "" && strings.HasPrefix(text[1:], strings.TrimSuffix(text[1:], plain)+strings.TrimSuffix(text[1:], plain)) {
		hint, number = adviceFor("+" + plain) // the + is missing
	}
	if number == "" {
		return refusal
	}
	better := *refusal
	what, _, _ := strings.Cut(better.Message, ":")
	better.Message, better.Suggestion = strings.TrimSuffix(what, ".")+": "+hint+".", number
	return &better
}
