package oncall

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// longestWord bounds a search word, in bytes; what lies beyond tells nobody apart.
const longestWord = 64

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

// cut shortens a word to longestWord without breaking a letter.
func cut(w string) string {
	if len(w) <= longestWord {
		return w
	}
	return strings.ToValidUTF8(w[:longestWord], "")
}

// maxIndexedWords is how many words of a contact are searched. It bounds what a
// contact costs; no name has as many.
const maxIndexedWords = 12

// Words returns the words by which a contact is found, in order: the first
// twelve of its alias and display name.
func (c Contact) Words() []string {
	var words []string
	for _, w := range textWords(c.Alias + " " + c.DisplayName) {
		if len(words) < maxIndexedWords && !slices.Contains(words, w) {
			words = append(words, w)
		}
	}
	slices.Sort(words)
	return words
}

// aliasFrom makes an alias of a name: "Zoë Müller" becomes zoe-muller. It
// returns "" for a name without a Latin letter or digit.
func aliasFrom(name string) string {
	parts := strings.FieldsFunc(fold(strings.ToValidUTF8(name, "")), func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < '0' || r > '9')
	})
	alias := strings.Join(parts, "-")
	if len(alias) > 250 {
		alias = strings.Trim(alias[:250], "-")
	}
	return alias
}

// freeAlias makes an alias of a name that no contact has: with -2, -3 and so on
// where it must, or "" after ten tries.
func freeAlias(name string, taken func(string) (bool, error)) (string, error) {
	base := aliasFrom(name)
	if base == "" {
		return "", nil
	}
	for n := 1; n <= 10; n++ {
		alias := base
		if n > 1 {
			alias += "-" + strconv.Itoa(n)
		}
		is, err := taken(alias)
		if err != nil || !is {
			return alias, err
		}
	}
	return "", nil
}
