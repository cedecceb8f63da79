package oncall

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxSearchWords bounds how many words of a search count, the longest first.
const maxSearchWords = 8

// SearchWords returns the words of a search in order, without those that another
// one begins with anyway.
func SearchWords(search string) []string {
	all := Words(search) // in order: what begins with a word follows it
	words := slices.DeleteFunc(slices.Clone(all), func(w string) bool {
		next, _ := slices.BinarySearch(all, w+"\x00")
		return next < len(all) && strings.HasPrefix(all[next], w)
	})
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	words = words[:min(len(words), maxSearchWords)]
	slices.Sort(words)
	return words
}

// maxWordBytes bounds a search word, in bytes; what lies beyond tells nobody apart.
const maxWordBytes = 64

// foldings are the letters that Unicode does not take apart into a base letter
// and a mark, with what people type for them.
var foldings = strings.NewReplacer("ß", "ss", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "æ", "ae", "œ", "oe", "þ", "th", "ı", "i", "ħ", "h", "ς", "σ")

// fold makes two spellings of a name alike: lower case, without marks. Letters
// such as ℂ become capitals only when they are taken apart.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ToLower(s)))
	return foldings.Replace(s)
}

// Words returns the words under which a text is found: folded, without
// separators, each once, in order.
func Words(text string) []string {
	words := textWords(text)
	slices.Sort(words)
	return slices.Compact(words)
}

// textWords returns the words of a text as they come.
func textWords(text string) []string {
	words := strings.FieldsFunc(fold(strings.ToValidUTF8(text, " ")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
	for i, w := range words {
		words[i] = cut(w)
	}
	return words
}

// cut shortens a word to maxWordBytes without breaking a letter.
func cut(w string) string {
	if len(w) <= maxWordBytes {
		return w
	}
	return strings.ToValidUTF8(w[:maxWordBytes], "")
}

// maxIndexedWords is how many words of a contact are searched. It bounds what a
// contact costs; no name has as many.
const maxIndexedWords = 12

// AliasFrom makes an alias of a name: "Zoë Müller" becomes zoe-muller. It
// returns "" for a name without a Latin letter or digit.
func AliasFrom(name string) string {
	parts := strings.FieldsFunc(fold(strings.ToValidUTF8(name, "")), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	alias := strings.Join(parts, "-")
	if len(alias) > 250 {
		alias = strings.Trim(alias[:250], "-")
	}
	return alias
}
