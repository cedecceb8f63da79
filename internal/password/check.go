package password

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/trustelem/zxcvbn"
)

// MinLength is the least number of characters (code points) of a password.
const MinLength = 12

// Refusal is why a text is not taken as a password: a sentence for the person
// who chose it, which repeats nothing of it.
type Refusal string

func (r Refusal) Error() string { return string(r) }

// The refusals of passwords that are long enough.
const (
	refuseRepeated Refusal = "Choose another password: this one is a few characters again and again."
	refuseAbout    Refusal = "Choose another password: without your name, your address and the name of this site, this one is quickly guessed."
	refuseCommon   Refusal = "Choose another password: this one is among the first that are tried, being made of common passwords, names, dates or rows of keys. Three or four unrelated words are good."
)

// leastGuesses is how many guesses a password must withstand. zxcvbn calls 10⁸
// safe behind a slow hash; ten times that also refuses a common password in a
// script whose words it does not know, with digits behind it.
const leastGuesses = 1e9

// judged is how many characters are looked at: the time that zxcvbn takes grows
// faster than the length, and a password that withstands by its first 32
// characters needs no more.
const judged = 32

// Check returns nil for a good password and else a Refusal. about is what is
// known of the person and the place (an email address, a name, the name of the
// program): a password must be good without it.
//
// Strength is zxcvbn's judgement: it knows 47,000 common passwords, names and
// words, their usual disguises, dates, rows of keys and sequences.
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
	if guesses(runes, words) < leastGuesses {
		return refuseCommon
	}
	if rest := without(runes, words); len(rest) < len(runes) && guesses(rest, nil) < leastGuesses {
		return refuseAbout
	}
	return nil
}

// guesses estimates after how many tries a guesser finds the password.
func guesses(runes []rune, words []string) float64 {
	return zxcvbn.PasswordStrength(string(runes[:min(len(runes), judged)]), words).Guesses
}

// period returns the length of the least beginning that, repeated at least once
// and cut to length, gives the whole; the length of the whole where none does.
func period(runes []rune) int {
	border := make([]int, len(runes)) // of each beginning, as in Knuth, Morris and Pratt
	for i, k := 1, 0; i < len(runes); i++ {
		for k > 0 && runes[i] != runes[k] {
			k = border[k-1]
		}
		if runes[i] == runes[k] {
			k++
		}
		border[i] = k
	}
	least := len(runes) - border[len(runes)-1]
	if 2*least > len(runes) {
		return len(runes)
	}
	return least
}

// wordsOf returns the words of three letters and more, in lower case, the
// longest first.
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

// without takes the words out, in whatever case they are written.
func without(runes []rune, words []string) []rune {
	rest := strings.ToLower(string(runes))
	for _, word := range words {
		rest = strings.ReplaceAll(rest, word, "")
	}
	return []rune(rest)
}
