package oncall

import (
	"strings"
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// sameAddress is the oracle of the fuzz target: a canonical form has no case and is
// composed, and the local part of the text has the same letters.
func sameAddress(canonical, text string) bool {
	local, _, _ := strings.Cut(canonical, "@")
	given := text[:strings.LastIndexByte(text, '@')]
	plain := func(s string) string {
		return strings.NewReplacer("\u0307", "", "ı", "i").Replace(norm.NFD.String(cases.Fold().String(norm.NFD.String(s))))
	}
	return canonical == strings.ToLower(canonical) && norm.NFC.IsNormalString(local) && plain(local) == plain(strings.TrimSpace(given))
}

func TestOneAddressHasOneCanonicalForm(t *testing.T) {
	for _, same := range [][]string{
		{"josé@example.org", "jose\u0301@example.org", "JOSE\u0301@EXAMPLE.ORG", "JosÉ@Example.org"},
		{"ångström@example.org", "\u212bngström@example.org", "A\u030angstro\u0308m@example.org"},
		{"kim@example.org", "\u212aim@example.org", "KIM@example.org"},
		{"ω@example.org", "\u2126@example.org", "Ω@example.org"},
		{"한국@example.org", "\u1112\u1161\u11ab\u1100\u116e\u11a8@example.org"},
		{"nguyễn@example.org", "nguye\u0302\u0303n@example.org", "NGUYỄN@example.org"},
		{"γιώργος@example.org", "ΓΙΏΡΓΟΣ@example.org", "γιώργοσ@example.org"},
		{"straße@example.org", "STRAẞE@example.org"},
		{"ana@straße.example", "ana@STRAẞE.example", "ana@xn--strae-oqa.example"},
		{"\u1fb3@example.org", "\u03b1\u0345@example.org", "\u1fbc@example.org"}, // the mark alone folds to a letter
		{"ipek@example.org", "İpek@example.org", "I\u0307PEK@example.org", "i\u0307pek@example.org", "IPEK@example.org"},
		{"ana@bücher.example", "ana@BÜCHER.example", "ana@bu\u0308cher.example", "ana@xn--bcher-kva.example", "ana@XN--BCHER-KVA.example"},
		{"ana@i\u0307.example", "ana@\u0130.example"},
		{"ana@ｅxample.org", "ana@example.org"},
		{"ǰ@example.org", "J\u030c@example.org"},
	} {
		want := ""
		for _, text := range same {
			for _, door := range []bool{true, false} {
				got, refusal := AddressInput{Type: Email, Text: text, Typed: door}.Parse()
				if refusal != nil {
					t.Errorf("%q is refused: %s", text, refusal.Message)
					continue
				}
				if want == "" {
					want = got.Canonical
				}
				if got.Canonical != want || got.Given != text {
					t.Errorf("%q: got %q, given %q, want %q as for %q", text, got.Canonical, got.Given, want, same[0])
				}
				if form, ok := CanonicalEmail(text); !ok || form != want {
					t.Errorf("CanonicalEmail(%q): got %q, %t, want %q", text, form, ok, want)
				}
			}
		}
	}
}

func TestOtherMailboxesStayOthers(t *testing.T) {
	for _, pair := range [][2]string{
		{"strasse@example.org", "straße@example.org"},
		{"mike@example.org", "mıke@example.org"},
		{"jose@example.org", "josé@example.org"},
		{"ana@example.org", "an\u0430@example.org"},
		{"ana@strasse.example", "ana@straße.example"},
		{"fi@example.org", "ﬁ@example.org"},
		{"a.na@example.org", "ana@example.org"},
		{"ana+1@example.org", "ana@example.org"},
	} {
		one, _ := CanonicalEmail(pair[0])
		other, _ := CanonicalEmail(pair[1])
		if one == other {
			t.Errorf("%q and %q are both %q", pair[0], pair[1], one)
		}
	}
}

func TestLookAlikeAddressesAreWarnedAbout(t *testing.T) {
	for text, want := range map[string]struct{ scripts, suggestion string }{
		"ana@gm\u0430il.com":           {"Cyrillic and Latin", "ana@gmail.com"},
		"ana@GM\u0410IL.com":           {"Cyrillic and Latin", "ana@gmail.com"},
		"ana@xn--gmil-63d.com":         {"Cyrillic and Latin", "ana@gmail.com"},
		"ana@g\u03bfogle.com":          {"Greek and Latin", "ana@google.com"},
		"ana@\u0578utlook.com":         {"Armenian and Latin", "ana@outlook.com"},
		"ana@ex\u0430mple.co.uk":       {"Cyrillic and Latin", "ana@example.co.uk"},
		"ana@mail.p\u0430ypal.com":     {"Cyrillic and Latin", "ana@mail.paypal.com"},
		"ana@почтаmail.example":        {"Cyrillic and Latin", ""},
		"ana@почтаδοκιμή.example":      {"Cyrillic and Greek", ""},
		"\u0430na@example.org":         {"Cyrillic and Latin", "ana@example.org"},
		"ana.s\u0456lva@example.org":   {"Cyrillic and Latin", "ana.silva@example.org"},
		"ana@ไทยthai.example":          {"Latin and Thai", ""},
		"ana@例えμ\u03b1.example":        {"Greek and Han and Hiragana", ""},
		"ana@gmail.com":                {},
		"ana@bücher.example":           {},
		"ana@почта.рф":                 {},
		"ana@почта.example":            {},
		"ana@аррӏе.com":                {}, // wholly Cyrillic
		"ana@δοκιμή.example":           {},
		"ana@例え.jp":                    {},
		"ana@メール例え123.example":         {},
		"ana@tokyoタワーの例.example":       {},
		"ana@한국abc.example":            {},
		"ana@台灣ㄅabc.example":           {},
		"ana@ไทย.example":              {},
		"иван@example.org":             {},
		"иван.smith@example.org":       {},
		"用户123@example.org":            {},
		"jose\u0301@example.org":       {},
		"ana@123-\u0433\u0430.example": {},
	} {
		got, refusal := AddressInput{Type: Email, Text: text, Typed: true}.Parse()
		if refusal != nil {
			t.Errorf("%q is refused: %s", text, refusal.Message)
			continue
		}
		found := ""
		suggestion := ""
		for _, w := range got.Warnings {
			if w.Reason == MixedScripts {
				found, suggestion = w.Message, w.Suggestion
			}
		}
		message := ""
		if want.scripts != "" {
			message = "This address mixes " + want.scripts + " letters in one word, as look-alike addresses do: type it again, letter by letter."
		}
		if found != message || suggestion != want.suggestion {
			t.Errorf("%q: got %q, suggestion %q, want %q, %q", text, found, suggestion, message, want.suggestion)
		}
		if wired, refusal := (AddressInput{Type: Email, Text: text}).Parse(); refusal != nil || len(wired.Warnings) > 0 {
			t.Errorf("%q through the API: got %+v, %+v", text, wired.Warnings, refusal)
		}
	}
}

func TestHyphensInADomain(t *testing.T) {
	both(t, []addressCase{
		{"", Email, "ana@ab--cd.example.com", "", "ana@ab--cd.example.com", "", ""},
		{"", Email, "ana@r3---sn-abc.example", "", "ana@r3---sn-abc.example", "", ""},
		{"", Email, "ana@a--b.example", "", "ana@a--b.example", "", ""},
		{"", Email, "ana@AB--CD.example.com", "", "ana@ab--cd.example.com", "", ""},
		{"", Email, "ana@mail.ab--cd.co.uk", "", "ana@mail.ab--cd.co.uk", "", ""},
		{"", Email, "ana@bü--cher.example", "", "ana@xn--b--cher-n2a.example", "", ""},
		{"", Email, "ana@ab--cd.bücher.example", "", "ana@ab--cd.xn--bcher-kva.example", "", ""},
		{"", Email, "ana@xn--bcher-kva.example", "", "ana@xn--bcher-kva.example", "", ""},

		{"", Email, "ana@xn--a.example", "", "", NoDomain, sayNoDomain("xn--a.example")},
		{"", Email, "ana@xn--.example", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@xn--abc-.example", "", "", NotPlain, sayMisplaced},
		{"", Email, "ana@xn--zzzzzzzzzzzz.example", "", "", NoDomain, sayNoDomain("xn--zzzzzzzzzzzz.example")},
		{"", Email, "ana@a.-b.example", "", "", NoDomain, sayNoDomain("a.-b.example")},
		{"", Email, "ana@a.b-.example", "", "", NoDomain, sayNoDomain("a.b-.example")},
		{"", Email, "ana@ü-.example", "", "", NotPlain, sayMisplaced},
	})
}

func TestBlankLettersAreNoEmailAddress(t *testing.T) {
	both(t, []addressCase{
		{"", Email, "\u3164@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "an\u3164a@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana\u2800@example.org", "", "", NotPlain, sayRetype},
		{"", Email, "ana@exam\u115fple.org", "", "", NotPlain, sayRetype},
	})
}
