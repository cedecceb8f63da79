package oncall

import (
	"strings"
	"unicode"
)

// HasVisible reports whether a text has a character that can be seen by itself: no space,
// control or format character, and no filler such as U+3164, which counts as a letter. A
// combining mark needs a base.
func HasVisible(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !isBlank(r)
	})
}

// NameOr returns a name, or another one in its place if it has no visible character.
func NameOr(name, other string) string {
	if HasVisible(name) {
		return name
	}
	return other
}

// isBlank reports whether a letter or symbol is drawn as nothing.
func isBlank(r rune) bool {
	return r == '\u2800' || r == '\U00013441' || r == '\U00013442' || r == '\U0001D159' || unicode.Is(unicode.L, r) && unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
}
