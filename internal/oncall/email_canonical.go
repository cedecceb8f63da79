package oncall

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// domains maps domain names as lookups do (UTS 46). It accepts hyphens in the third and
// fourth place of a label: only xn-- is reserved, and that is checked when it is decoded.
var domains = idna.New(idna.MapForLookup(), idna.BidiRule(), idna.CheckHyphens(false))

// ASCIIDomain returns a domain name in the form that DNS and mail servers use. It reports
// false for a text that cannot be the domain of an email address.
func ASCIIDomain(domain string) (string, bool) {
	// A capital ẞ is ß, as in UTS 46 since version 15.1: the tables here still make ss of it.
	ascii, err := domains.ToASCII(strings.ReplaceAll(domain, "ẞ", "ß"))
	return ascii, err == nil && isDomain(ascii)
}

// readableDomain returns a domain in ASCII with the letters that it stands for.
func readableDomain(ascii string) string {
	if readable, err := domains.ToUnicode(ascii); err == nil {
		return readable
	}
	return ascii
}

// isDomain reports whether a domain in ASCII has at least two labels, labels of a length
// that DNS allows, without a hyphen at either end, and a last label that is not a number.
// It leaves the other characters to package idna.
func isDomain(ascii string) bool {
	labels := strings.Split(ascii, ".")
	for _, label := range labels {
		if label == "" || len(label) > maxLabelBytes {
			return false
		}
	}
	for label := range strings.SplitSeq(readableDomain(ascii), ".") {
		if strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") {
			return false
		}
	}
	last := labels[len(labels)-1]
	return strings.Trim(last, "0123456789") != "" && len(labels) > 1 && len(ascii) <= maxDomainBytes
}

// CanonicalEmail returns the form by which email addresses are compared and looked up: the
// local part composed and without case, and the domain in ASCII. It reports false for a text
// without a domain. It does not check the local part.
func CanonicalEmail(text string) (string, bool) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", false
	}
	domain, ok := ASCIIDomain(text[at+1:])
	return withoutCase(text[:at]) + "@" + domain, ok
}

// withoutCase returns a text in Unicode's composed form (NFC) and without case. Letters fold
// one to one, so that ς is σ and ẞ is ß, but ß is not ss: those may be two mailboxes. A dot
// above an i goes, because lower case makes İ an i with a dot in some programs and without
// one in others.
func withoutCase(text string) string {
	folded := strings.Map(foldCase, norm.NFC.String(text))
	return norm.NFC.String(strings.ReplaceAll(norm.NFC.String(folded), "i\u0307", "i"))
}

// foldCase folds one character. The dotless ı stays apart from i, though both have the
// capital I in some language.
func foldCase(r rune) rune {
	if unicode.SimpleFold(r) == r {
		return unicode.ToLower(r) // İ, and what has no case
	}
	return unicode.ToLower(unicode.ToUpper(r))
}

// mixedScripts returns the scripts of the first word that mixes scripts as no language
// does, or nil (the profile "highly restrictive" of UTS 39). It allows Latin letters beside
// Japanese, Chinese and Korean ones.
func mixedScripts(words []string) []string {
	for _, word := range words {
		if scripts := scriptsOf(word); len(scripts) > 1 && !slices.ContainsFunc(usedTogether, func(together []string) bool {
			return !slices.ContainsFunc(scripts, func(s string) bool { return !slices.Contains(together, s) })
		}) {
			return scripts
		}
	}
	return nil
}

var usedTogether = [][]string{
	{"Latin", "Han", "Hiragana", "Katakana"},
	{"Latin", "Han", "Bopomofo"},
	{"Latin", "Han", "Hangul"},
}

// scriptsOf returns the scripts of a word, sorted. Digits and marks are of none.
func scriptsOf(word string) []string {
	var scripts []string
	for _, r := range word {
		if s := scriptOf(r); s != "" && !slices.Contains(scripts, s) {
			scripts = append(scripts, s)
		}
	}
	slices.Sort(scripts)
	return scripts
}

func scriptOf(r rune) string {
	if unicode.In(r, unicode.Common, unicode.Inherited) {
		return ""
	}
	if unicode.Is(unicode.Latin, r) {
		return "Latin"
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return strings.ReplaceAll(name, "_", " ")
		}
	}
	return ""
}

// lettersOf splits a local part at everything that is no letter and no mark.
func lettersOf(local string) []string {
	return strings.FieldsFunc(local, func(r rune) bool { return !unicode.In(r, unicode.L, unicode.M) })
}

// lookAlikes are letters of other scripts that look like a Latin one.
var lookAlikes = map[rune]rune{
	'а': 'a', 'е': 'e', 'ѕ': 's', 'і': 'i', 'ј': 'j', 'о': 'o', 'р': 'p', 'с': 'c', 'у': 'y', 'х': 'x', 'һ': 'h', 'ԁ': 'd', 'ԛ': 'q', 'ԝ': 'w', 'ѵ': 'v', 'ӏ': 'l',
	'α': 'a', 'γ': 'y', 'ι': 'i', 'κ': 'k', 'ν': 'v', 'ο': 'o', 'ρ': 'p', 'τ': 't', 'υ': 'u', 'χ': 'x', 'ω': 'w',
	'օ': 'o', 'ս': 'u', 'ո': 'n', 'հ': 'h', 'ց': 'g', 'զ': 'q', 'յ': 'j',
}

// inLatin replaces the letters that look like a Latin one.
func inLatin(text string) string {
	return strings.Map(func(r rune) rune {
		if latin, ok := lookAlikes[unicode.ToLower(r)]; ok {
			return latin
		}
		return r
	}, text)
}
