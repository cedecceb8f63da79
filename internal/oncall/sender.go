package oncall

import (
	"regexp"
	"slices"
	"strings"
)

// senderForm is a phone number as providers name the sender of a message.
var senderForm = regexp.MustCompile(`^(?i:(?:whatsapp|rcs|sms|mms|tel):)?\+?([1-9][0-9]{6,14})$`)

// olderForms are pairs of patterns of numbers that reach the same line: as it is written
// now, and as some carriers still report it. $1 is what both share.
var olderForms = []struct {
	now, older         *regexp.Regexp
	asWritten, asOlder string
}{
	// Mexico dropped the 1 of mobile numbers in 2019.
	{regexp.MustCompile(`^\+52([2-9][0-9]{9})$`), regexp.MustCompile(`^\+521([2-9][0-9]{9})$`), "+52$1", "+521$1"},
	// Argentina writes mobile numbers with a 9 internationally, and without it at home.
	{regexp.MustCompile(`^\+549([1-9][0-9]{9})$`), regexp.MustCompile(`^\+54([1-8][0-9]{9})$`), "+549$1", "+54$1"},
	// Brazil put a ninth digit before mobile numbers by 2016. They began with 6 to 9.
	{regexp.MustCompile(`^\+55([1-9][1-9])9([6-9][0-9]{7})$`), regexp.MustCompile(`^\+55([1-9][1-9])([6-9][0-9]{7})$`), "+55${1}9$2", "+55$1$2"},
}

// SenderNumbers returns the canonical numbers of the line from which a provider says that a
// message came: the number itself first, then its older or newer form where its country has
// changed the form of mobile numbers. It returns none if the sender is no phone number, for
// example a short code.
func SenderNumbers(from string) []string {
	found := senderForm.FindStringSubmatch(strings.Map(visible, strings.TrimSpace(from)))
	if found == nil || !strings.Contains(from, "+") && !strings.Contains(from, ":") {
		return nil
	}
	numbers := []string{"+" + found[1]}
	parsed, refusal := AddressInput{Type: SMS, Text: numbers[0], AllowCostly: true}.Parse()
	if refusal == nil && parsed.Canonical != numbers[0] {
		numbers = slices.Insert(numbers, 0, parsed.Canonical)
	}
	for _, n := range slices.Clone(numbers) {
		for _, f := range olderForms {
			for _, other := range []string{f.now.ReplaceAllString(n, f.asOlder), f.older.ReplaceAllString(n, f.asWritten)} {
				if !slices.Contains(numbers, other) {
					numbers = append(numbers, other)
				}
			}
		}
	}
	return numbers
}

// MaskedSender returns the sender of a message masked: a phone number as Address.Masked
// does, anything else as dots.
func MaskedSender(from string) string {
	numbers := SenderNumbers(from)
	if len(numbers) == 0 {
		return "•••"
	}
	return maskPhone(numbers[0])
}
