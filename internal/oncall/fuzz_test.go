package oncall

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/nyaruka/phonenumbers"
)

// canonicalNumber is the form of E.164, with the shortest number of any country.
var canonicalNumber = regexp.MustCompile(`^\+[1-9][0-9]{5,14}$`)

func FuzzTypedPhone(f *testing.F) {
	for _, text := range []string{"+1 500 555 0199", "(+49) (0)30 / 123456", "0044 20 7946 0958", "00", "+44 0 0 0 20 79460958", "tel:+1", "\u202a+1\u202c", "+54 11 15 2345 6789", "3012345678.0", "+43 1 5123\n4512", "12345/46", "+43 1 5123 (4512)",
		"4915123456789", "3911234567", "0491 5123456", "+375 8105261733", "+52 1 55 1234 5678", "4.91701E+11", "+1/500/555/0199", "(030) 12345678"} {
		f.Add(text, "", false)
		f.Add(text, "GB", true)
		f.Add(text, "DE", false)
	}
	f.Fuzz(func(t *testing.T, text, country string, costly bool) {
		fuzzPhone(t, AddressInput{Type: SMS, Text: text, Country: country, Typed: true, AllowCostly: costly})
	})
}

func FuzzWirePhone(f *testing.F) {
	for _, text := range []string{"+15005550199", "+12065550100", "+15551234567", "+4400207946095", "+390669821234", "+870773111632", "+49" + strings.Repeat("0", 13), "+3758105261733", "+4402079460958", "+5215512345678", "+54111523456789", "+5501511912345678"} {
		f.Add(text, false)
		f.Add(text, true)
	}
	f.Fuzz(func(t *testing.T, text string, costly bool) {
		got := fuzzPhone(t, AddressInput{Type: Voice, Text: text, AllowCostly: costly})
		if got.Canonical != "" && (got.Given != text || text[0] != '+' || strings.Trim(text[1:], "0123456789") != "") {
			t.Errorf("%q is accepted and returned as %q", text, got.Given)
		}
	})
}

// fuzzPhone checks the invariants of every number.
func fuzzPhone(t *testing.T, e AddressInput) AddressCheck {
	got, refusal := e.Parse()
	if refusal != nil {
		sound(t, e.Text, refusal)
		return AddressCheck{}
	}
	if !canonicalNumber.MatchString(got.Canonical) {
		t.Fatalf("%q is stored as %q, which is not E.164", e.Text, got.Canonical)
	}
	number, err := phonenumbers.Parse(got.Canonical, "")
	if err != nil || phonenumbers.Format(number, phonenumbers.E164) != got.Canonical {
		t.Errorf("%q is stored as %q, which is parsed as %v, %v", e.Text, got.Canonical, number, err)
	}
	if !keepsDigits(e, got.Canonical) {
		t.Errorf("%q (country %q, typed %t) is stored as %q, with other digits", e.Text, e.Country, e.Typed, got.Canonical)
	}
	for _, door := range []bool{true, false} {
		again := AddressInput{Type: e.Type, Text: got.Canonical, Typed: door, AllowCostly: e.AllowCostly}
		second, refusal := again.Parse()
		if refusal != nil || second.Canonical != got.Canonical || second.Given != got.Canonical {
			t.Errorf("%q is stored as %q, which is parsed as %+v, %+v", e.Text, got.Canonical, second, refusal)
		}
	}
	if e.Typed {
		fuzzShown(t, e, got)
	}
	for _, w := range got.Warnings {
		sound(t, e.Text, &w)
	}
	hides(t, got.Canonical, got.Masked())
	return got
}

// fuzzShown checks that the shown number is the stored one.
func fuzzShown(t *testing.T, e AddressInput, got AddressCheck) {
	if got.Shown == "" || digits(got.Shown) != got.Canonical {
		t.Errorf("%q is stored as %q and shown as %q", e.Text, got.Canonical, got.Shown)
	}
}

func FuzzEmail(f *testing.F) {
	for _, text := range []string{"ana@example.org", "Ana@BÜCHER.example", "ana@gmial.con", "用户@例え.jp", "ana@a。b", "ana@192.0.2.1", "K@ﬀ.org", "ana@xn--bcher-kva.example",
		"\"a b\"@example.org", "ana@example.org\r\nBcc: x@example.org", "ana@[::1]", strings.Repeat("Ⱥ", 32) + "@example.org", "Ω@ß.example", "jose\u0301@example.org", "İPEK@example.org", "ΓΙΏΡΓΟΣ@example.org", "ana@gm\u0430il.com", "ana@xn--gmil-63d.com", "ana@ab--cd.example.com",
		"\u0430na@example.org", "ana@メール例.example", "STRAẞE@example.org", "a\u0345\u0301@example.org", "ana@\u0130.example"} {
		f.Add(text, true)
		f.Add(text, false)
	}
	f.Fuzz(func(t *testing.T, text string, typed bool) {
		e := AddressInput{Type: Email, Text: text, Typed: typed}
		got, refusal := e.Parse()
		if refusal != nil {
			sound(t, text, refusal)
			return
		}
		for _, address := range []string{got.Given, got.Canonical} {
			parsed, err := mail.ParseAddress(address)
			if err != nil || parsed.Address != address || parsed.Name != "" || strings.Count(address, "@") != 1 {
				t.Errorf("%q is stored as %q, which net/mail parses as %v, %v", text, address, parsed, err)
			}
		}
		if !typed && got.Given != text || !sameAddress(got.Canonical, text) || utf8.RuneCountInString(got.Canonical) > MaxEmailLen {
			t.Errorf("%q is stored as %+v", text, got.Address)
		}
		for _, again := range []string{got.Canonical, got.Given} {
			second, refusal := AddressInput{Type: Email, Text: again}.Parse()
			if refusal != nil || second.Canonical != got.Canonical {
				t.Errorf("%q is stored as %q, which is parsed as %q, %+v", text, again, second.Canonical, refusal)
			}
		}
		for _, w := range got.Warnings {
			sound(t, text, &w)
			if w.Suggestion == "" {
				continue
			}
			if second, refusal := (AddressInput{Type: Email, Text: w.Suggestion, Typed: true}).Parse(); refusal != nil || len(second.Warnings) > 0 {
				t.Errorf("%q is corrected to %q, which gets %+v, %+v", text, w.Suggestion, second.Warnings, refusal)
			}
		}
		hides(t, got.Canonical, got.Masked())
	})
}

func FuzzARN(f *testing.F) {
	scope := Scope{Region: "us-east-1", Account: "000000000000"}
	for _, arn := range []string{arnOfAna, arnOfChannel, "ana", "", arnOfChannel + "/1", arnOfAna + "/", arnOfAna + "\n", "arn:aws-cn:ssm-contacts:cn-north-1:1:contact/ana",
		strings.ToUpper(arnOfAna), strings.Replace(arnOfChannel, "/ana/", "/ANA/", 1)} {
		f.Add(arn)
	}
	f.Fuzz(func(t *testing.T, text string) {
		arn := ARN(text)
		alias, isContact := scope.ContactAlias(arn)
		if isContact && (scope.Contact(alias) != arn || len(arn) <= maxARNLen && arn.malformed() != "") {
			t.Errorf("%q is parsed as the contact %q", text, alias)
		}
		of, id, isChannel := scope.ChannelID(arn)
		if isChannel && (scope.Channel(of, id) != arn || len(arn) <= maxARNLen && arn.malformed() != "") {
			t.Errorf("%q is parsed as the channel %q of %q", text, id, of)
		}
		if isContact && !IsAlias(alias) || isChannel && (!IsAlias(of) || !IsChannelID(id)) {
			t.Errorf("%q is parsed as %q, %q, %q", text, alias, of, id)
		}
		if isContact && isChannel {
			t.Errorf("%q is both a contact and a channel", text)
		}
		if reason := arn.malformed(); reason != "" && sentences[FieldContact][reason] == "" {
			t.Errorf("%q: no sentence for %q", text, reason)
		}
	})
}

func FuzzWords(f *testing.F) {
	for _, text := range []string{"Zoë Müller-Łęcka", "ℂarl ﬀ Ⅷ ½", "ΠΑΠΑΔΟΠΟΥΛΟΣ παπαδόπουλος", "İstanbul ıI", "ẞß", "李小龍", "\xff\x00", strings.Repeat("é", 100), "ﷺ", "ΐ ŉ ǰ"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words := Words(text)
		if !slices.IsSorted(words) || len(slices.Compact(slices.Clone(words))) != len(words) {
			t.Errorf("%q has the words %q", text, words)
		}
		for _, w := range words {
			if w == "" || len(w) > maxWordBytes || !utf8.ValidString(w) {
				t.Errorf("%q has the word %q", text, w)
			}
			if again := Words(w); len(again) != 1 || again[0] != w {
				t.Errorf("%q has the word %q, whose own words are %q", text, w, again)
			}
		}
		if upper := Words(strings.ToUpper(text)); utf8.ValidString(text) && !slices.Equal(upper, words) && !strings.ContainsAny(text, "ıŉ") && plainCase(text) {
			t.Errorf("%q has the words %q, and in capitals %q", text, words, upper)
		}
		if found := SearchWords(text); len(found) > maxSearchWords {
			t.Errorf("search for %q has %d words", text, len(found))
		}
		alias := AliasFrom(text)
		if alias != "" && (!IsAlias(alias) || len(alias) > 250 || strings.Trim(alias, "-") != alias || AliasFrom(alias) != alias) {
			t.Errorf("%q becomes the alias %q", text, alias)
		}
	})
}

// plainCase reports whether a text survives conversion to capitals and back, except its case.
func plainCase(text string) bool {
	lower, back := strings.ToLower(text), strings.ToLower(strings.ToUpper(text))
	return lower == back
}

// sound checks that a refusal or warning is complete.
func sound(t *testing.T, text string, f *FieldError) {
	t.Helper()
	if f.Field == "" || f.Reason == "" || f.Message == "" || !utf8.ValidString(f.Message) || strings.ContainsFunc(f.Message, unicode.IsControl) {
		t.Errorf("%q: got %+v", text, f)
	}
}

// hides checks that a mask reveals no hidden part of the address.
func hides(t *testing.T, canonical, mask string) {
	t.Helper()
	local, _, isEmail := strings.Cut(canonical, "@")
	if !isEmail {
		local = strings.TrimLeft(canonical, "+")
	}
	if !strings.Contains(mask, "•••") || len(local) > 1 && strings.Contains(digits(mask), canonical) || isEmail && len(local) > 1 && strings.Contains(mask, local+"@") {
		t.Errorf("mask of %q is %q", canonical, mask)
	}
	if shown := len(digits(mask)) - len("+"); !isEmail && shown > len(local)-2 {
		t.Errorf("mask of %q is %q, which hides fewer than two digits", canonical, mask)
	}
}
