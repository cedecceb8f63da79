package oncall

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxSearchWords limits the words of a search. The longest ones are used.
const maxSearchWords = 8

// SearchWords returns the words of a search in order, without words that are the prefix
// of another one.
func SearchWords(search string) []string {
	all := Words(search) // sorted, so that a word follows its prefix
	words := slices.DeleteFunc(slices.Clone(all), func(w string) bool {
		next, _ := slices.BinarySearch(all, w+"\x00")
		return next < len(all) && strings.HasPrefix(all[next], w)
	})
	slices.SortStableFunc(words, func(a, b string) int { return len(b) - len(a) })
	words = words[:min(len(words), maxSearchWords)]
	slices.Sort(words)
	return words
}

// maxWordBytes is the longest search word. The rest of a longer word is ignored.
const maxWordBytes = 64

// foldings replaces letters that Unicode does not decompose into a base letter and a mark.
var foldings = strings.NewReplacer("ß", "ss", "ø", "o", "đ", "d", "ð", "d", "ł", "l", "æ", "ae", "œ", "oe", "þ", "th", "ı", "i", "ħ", "h", "ς", "σ")

// fold returns a text in lower case and without marks. It lowers the case again after
// decomposing, because letters such as ℂ only then become capitals.
func fold(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return unicode.ToLower(r)
	}, norm.NFKD.String(strings.ToLower(s)))
	return foldings.Replace(s)
}

// Words returns the search words of a text: folded, sorted and without duplicates.
func Words(text string) []string {
	words := textWords(text)
	slices.Sort(words)
	return slices.Compact(words)
}

// textWords returns the folded words of a text in the order of the text.
func textWords(text string) []string {
	words := strings.FieldsFunc(fold(strings.ToValidUTF8(text, " ")), func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsNumber(r)
	})
	for i, w := range words {
		words[i] = cut(w)
	}
	return words
}

// cut shortens a word to maxWordBytes without splitting a character.
func cut(w string) string {
	if len(w) <= maxWordBytes {
		return w
	}
	return strings.ToValidUTF8(w[:maxWordBytes], "")
}

// maxIndexedWords limits the words in the index per contact. Real names have fewer.
const maxIndexedWords = 12

// AliasFrom returns an alias for a name: "Zoë Müller" becomes zoe-muller. It returns ""
// for a name without a Latin letter or digit.
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
