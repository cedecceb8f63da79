package oncall

import (
	"strings"
	"testing"
)

// The sentences that several rows expect.
const (
	sayBare      = "Write the address alone, without a name, quotes, brackets or spaces, for example ana@example.org."
	sayRetype    = "Type the email address again: it contains a character that cannot be printed."
	sayMisplaced = "Check the email address for a dot or another character in the wrong place: it should look like ana@example.org."
	sayOneAt     = "Write the email address with one @ only, for example ana@example.org."
	sayNoIP      = "Write a domain after the @, not an IP address, for example ana@example.org."
	sayDomain    = "Write the whole domain after the @, for example ana@example.org."
	say320       = "Use an address of at most 320 characters."
	say64        = "Use at most 64 characters before the @, or fewer when they have accents or are not Latin."
)

func sayNoDomain(domain string) string {
	return domain + " is not a valid domain: check the part after the @."
}

func TestEmailAddresses(t *testing.T) {
	local64 := strings.Repeat("a", 64)
	label63 := strings.Repeat("b", 63)
	domain253 := strings.Repeat(label63+".", 3) + strings.Repeat("b", 57) + ".org"
	both(t, []addressCase{
		{"", Email, "ana@example.org", "", "ana@example.org", "", ""},
		{"", Email, "Ana.Silva@Example.ORG", "", "ana.silva@example.org", "", ""},
		{"", Email, "ana+oncall@mail.example.co.uk", "", "ana+oncall@mail.example.co.uk", "", ""},
		{"", Email, "o'neil_#!%&*/=?^`{|}~-@example.org", "", "o'neil_#!%&*/=?^`{|}~-@example.org", "", ""},
		{"", Email, "1@1.example", "", "1@1.example", "", ""},
		{"", Email, "ana@bücher.example", "", "ana@xn--bcher-kva.example", "", ""},
		{"", Email, "ana@BÜCHER.example", "", "ana@xn--bcher-kva.example", "", ""},
		{"", Email, "ana@xn--bcher-kva.example", "", "ana@xn--bcher-kva.example", "", ""},
		{"", Email, "用户@例え.jp", "", "用户@xn--r8jz45g.jp", "", ""},
		{"", Email, "ÄNNE@example.org", "", "änne@example.org", "", ""},
		{"", Email, local64 + "@example.org", "", local64 + "@example.org", "", ""},
		{"", Email, strings.Repeat("é", 32) + "@example.org", "", strings.Repeat("é", 32) + "@example.org", "", ""},
		{"", Email, local64 + "@" + domain253, "", local64 + "@" + domain253, "", ""},
		{"", Email, "ana@" + label63 + ".org", "", "ana@" + label63 + ".org", "", ""},

		{"", Email, "", "", "", Required, "Enter the email address, for example ana@example.org."},
		{"", Email, local64 + "a@example.org", "", "", TooLong, say64},
		{"", Email, strings.Repeat("é", 33) + "@example.org", "", "", TooLong, say64},
		{"", Email, strings.Repeat("Ⱥ", 32) + "@example.org", "", "", TooLong, say64}, // longer in lower case
		{"", Email, "ana@" + domain253 + ".cc", "", "", NoDomain, sayNoDomain(domain253 + ".cc")},
		{"", Email, local64 + "@" + label63 + "b.org", "", "", NoDomain, sayNoDomain(label63 + "b.org")},
		{"", Email, "ana@" + strings.Repeat("b", 312) + ".org", "", "", NoDomain, sayNoDomain(strings.Repeat("b", 312) + ".org")}, // 320
		{"", Email, "ana@" + strings.Repeat("b", 313) + ".org", "", "", TooLong, say320},                                          // 321
		{"", Email, strings.Repeat("é", 309) + "@example.org", "", "", TooLong, say320},                                           // 321 characters
		{"", Email, "ana", "", "", NotPlain, "Write the email address with an @, for example ana@example.org."},
		{"", Email, "+15005550199", "", "", NotPlain, "Write the email address with an @, for example ana@example.org."},
		{"", Email, "@example.org", "", "", NotPlain, "Write the part before the @ too, for example ana@example.org."},
		{"", Email, "@", "", "", NotPlain, "Write the part before the @ too, for example ana@example.org."},
		{"", Email, "ana@", "", "", NoDomain, sayDomain},
		{"", Email, "ana@example", "", "", NoDomain, sayDomain},
		{"", Email, "ana@localhost", "", "", NoDomain, sayDomain},
		{"", Email, "ana@[192.0.2.1]", "", "", NoDomain, sayNoIP},
		{"", Email, "ana@[IPv6:2001:db8::1]", "", "", NoDomain, sayNoIP},
		{"", Email, "ana@192.0.2.1", "", "", NoDomain, sayNoIP},
		{"", Email, "ana@2001:db8::1", "", "", NoDomain, sayNoIP},
		{"", Email, "ana@example.123", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@@example.org", "", "", NotPlain, sayOneAt},
		{"", Email, "ana@bob@example.org", "", "", NotPlain, sayOneAt},
		{"", Email, "ana@example.org.", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@.example.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@example..org", "", "", NotPlain, sayMisplaced},
		{"", Email, ".ana@example.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana.@example.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "a..na@example.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@-example.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@exa_mple.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@xn--a.org", "", "", NoDomain, sayNoDomain("xn--a.org")},
		{"", Email, "ana\\@example.org", "", "", NotPlain, sayMisplaced},
		{"", Email, "Ana Silva <ana@example.org>", "", "", NotBare, sayBare},
		{"", Email, "<ana@example.org>", "", "", NotBare, sayBare},
		{"", Email, "mailto:ana@example.org", "", "", NotBare, sayBare},
		{"", Email, "\"ana silva\"@example.org", "", "", NotBare, sayBare},
		{"", Email, "ana(work)@example.org", "", "", NotBare, sayBare},
		{"", Email, "ana@example.org (Ana)", "", "", NotBare, sayBare},
		{"", Email, "ana@example.org, bob@example.org", "", "", NotBare, sayBare},
		{"", Email, "ana@example.org;bob@example.org", "", "", NotBare, sayBare},
		{"", Email, "ana silva@example.org", "", "", NotBare, sayBare},
		{"", Email, "ana@exam ple.org", "", "", NotBare, sayBare},
		{"", Email, "ana@example.org\r\nBcc: eve@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\n@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\t@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\x00@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\x7f@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\u0085@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\u2028@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\u202e@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\u200b@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\xff@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\ufffd@example.org", "", "", NotPlain, sayRetype},
	})
}

func TestBrowserTrimsEmailAddresses(t *testing.T) {
	runAddresses(t, []addressCase{
		{typed, Email, " ana@example.org\n", "", "ana@example.org", "", ""},
		{typed, Email, "\u202aana@example.org\u202c", "", "ana@example.org", "", ""},
		{typed, Email, "\u00a0ana@example.org\u200b", "", "ana@example.org", "", ""},
		{wire, Email, " ana@example.org", "", "", NotBare, sayBare},
		{wire, Email, "ana@example.org\n", "", "", NotPlain, sayRetype},
		{wire, Email, "\u202aana@example.org\u202c", "", "", NotPlain, sayRetype},
	})
}

func TestMisspeltDomainsAreCorrectedAndNeighboursAreNot(t *testing.T) {
	for domain, want := range map[string]string{
		"gmial.com":          "gmail.com",
		"gmai.com":           "gmail.com",
		"gmaill.com":         "gmail.com",
		"gnail.com":          "gmail.com",
		"gmail.co":           "gmail.com",
		"gmail.con":          "gmail.com",
		"gmial.cmo":          "gmail.com",
		"GMIAL.com":          "gmail.com",
		"hotnail.com":        "hotmail.com",
		"hotmial.com":        "hotmail.com",
		"outlok.com":         "outlook.com",
		"yaho.com":           "yahoo.com",
		"yhaoo.com":          "yahoo.com",
		"iclod.com":          "icloud.com",
		"protonmial.com":     "protonmail.com",
		"t-onlin.de":         "t-online.de",
		"hotmail.co.uj":      "hotmail.co.uk",
		"example.con":        "example.com",
		"example.ogr":        "example.org",
		"bücher.con":         "bücher.com",
		"gmail.com":          "",
		"googlemail.com":     "",
		"ymail.com":          "",
		"mail.com":           "",
		"email.com":          "",
		"cloud.com":          "",
		"love.com":           "",
		"gmx.de":             "",
		"gmx.net":            "",
		"gmx.us":             "",
		"outlook.co":         "outlook.com",
		"gmail.cm":           "gmail.com",
		"hotmail.be":         "",
		"hotmail.se":         "",
		"hotmail.gr":         "",
		"outlook.dk":         "",
		"outlook.ie":         "",
		"yahoo.ca":           "",
		"yahoo.co.jp":        "",
		"yahoo.com.br":       "",
		"fastmail.fm":        "",
		"proton.me":          "",
		"posteo.net":         "",
		"example.org":        "",
		"mail.gmail.example": "",
	} {
		e := AddressInput{Type: Email, Text: "Ana@" + domain, Typed: true}
		got, refusal := e.Parse()
		if refusal != nil {
			t.Errorf("%q is refused: %s", e.Text, refusal.Message)
			continue
		}
		if want == "" {
			if len(got.Warnings) > 0 {
				t.Errorf("%q: got %q, want no warning", e.Text, got.Warnings[0].Message)
			}
			continue
		}
		if len(got.Warnings) != 1 {
			t.Errorf("%q: got %d warnings, want one for %s", e.Text, len(got.Warnings), want)
			continue
		}
		w := got.Warnings[0]
		if w.Suggestion != "Ana@"+want || w.Message != "Did you mean Ana@"+want+"?" || w.Reason != Misspelt || w.Accept != "misspelt:"+got.Canonical {
			t.Errorf("%q: got %+v, want a suggestion of %s", e.Text, w, want)
		}
		e.Typed = false
		if got, _ := e.Parse(); len(got.Warnings) > 0 {
			t.Errorf("%q through the API: got warnings %+v, want none", e.Text, got.Warnings)
		}
	}
}

func TestEmailMaskKeepsFirstLetterAndDomain(t *testing.T) {
	for canonical, want := range map[string]string{
		"ana@example.org":            "a•••@example.org",
		"an@example.org":             "a•••@example.org",
		"a@example.org":              "•••@example.org",
		"用户@xn--r8jz45g.jp":          "用•••@例え.jp",
		"用@example.org":              "•••@example.org",
		"ana@xn--bcher-kva.example":  "a•••@bücher.example",
		"ana@xn--99zzz9zz99.example": "a•••@xn--99zzz9zz99.example",
	} {
		if got := (Address{Canonical: canonical}).Masked(); got != want {
			t.Errorf("mask of %q: got %q, want %q", canonical, got, want)
		}
	}
}
