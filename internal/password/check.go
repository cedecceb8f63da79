package password

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

// MinLength is the minimum length of a password in characters (code points).
const MinLength = 12

// Refusal is the reason why a password is not accepted: a sentence for the person
// who chose it. It quotes no part of the password.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// The refusals of passwords that are long enough.
const (
	refuseRepeated Refusal = "Choose another password: this one repeats a few characters."
	refuseAbout    Refusal = "Choose another password: this one is easy to guess from your name, your address or the name of this site."
	refuseCommon   Refusal = "Choose another password: this one consists of common passwords, names, dates or keyboard rows, so it is easy to guess. Three or four unrelated words make a good one."
)

// minGuesses is the number of guesses that a password must withstand. zxcvbn calls
// 10⁸ safe with a slow hash. Ten times that also refuses a common password in a
// script that zxcvbn does not know, followed by digits.
const minGuesses = 1e9

// maxScoredRunes is the number of characters that zxcvbn scores. Its time grows faster
// than the length, and a password whose first 32 characters are strong is strong.
const maxScoredRunes = 32

// Check returns nil for a strong password, and otherwise a Refusal. about holds texts
// that an attacker knows, such as the person's name and email address and the name of
// the program. A password must also be strong without their words.
//
// zxcvbn estimates the strength. It knows 47,000 common passwords, names and words,
// their usual disguises, dates, keyboard rows and sequences.
func Check(text string, about ...string) error {
	plain, err := prepare(text)
	if err != nil {
		return err
	}
	runes := []rune(plain)
	if len(runes) < MinLength {
		return Refusal(fmt.Sprintf("Use at least %d characters: this password has %d.", MinLength, len(runes)))
	}
	if period(runes) < MinLength {
		return refuseRepeated
	}
	words := wordsOf(about)
	if guesses(runes, words) < minGuesses {
		return refuseCommon
	}
	if rest := without(runes, words); len(rest) < len(runes) && guesses(rest, nil) < minGuesses {
		return refuseAbout
	}
	return nil
}

// guesses estimates how many guesses find the password.
func guesses(runes []rune, words []string) float64 {
	return zxcvbn.PasswordStrength(string(runes[:min(len(runes), maxScoredRunes)]), words).Guesses
}

// period returns the length of the shortest prefix that, written at least twice and cut
// to length, gives the whole text. Without such a prefix it returns the text's length.
func period(runes []rune) int {
	border := make([]int, len(runes)) // of each prefix: the failure function of Knuth, Morris and Pratt
	for i, k := 1, 0; i < len(runes); i++ {
		for k > 0 && runes[i] != runes[k] {
			k = border[k-1]
		}
		if runes[i] == runes[k] {
			k++
		}
		border[i] = k
	}
	shortest := len(runes) - border[len(runes)-1]
	if 2*shortest > len(runes) {
		return len(runes)
	}
	return shortest
}

// wordsOf returns the words of at least three characters in lower case, longest first.
func wordsOf(about []string) []string {
	var words []string
	for _, text := range about {
		words = append(words, strings.FieldsFunc(strings.ToLower(text), func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		})...)
	}
	words = slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < 3 })
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}

// without removes the words, ignoring case.
func without(runes []rune, words []string) []rune {
	rest := strings.ToLower(string(runes))
	for _, word := range words {
		rest = strings.ReplaceAll(rest, word, "")
	}
	return []rune(rest)
}
