package wire

import (
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// maxDepth limits the nesting of a document. Documents of the model have at most 8 levels.
const maxDepth = 64

// scan refuses JSON that encoding/json would accept: too deep nesting, and unpaired
// surrogates, which encoding/json replaces.
func scan(body []byte) error {
	depth := 0
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '{', '[':
			if depth++; depth > maxDepth {
				return &Malformed{"The body is nested more than " + strconv.Itoa(maxDepth) + " deep."}
			}
		case '}', ']':
			depth--
		case '"':
			end, err := scanText(body, i+1)
			if err != nil {
				return err
			}
			i = end
		}
	}
	return nil
}

// scanText returns the end of the string that begins at i.
func scanText(body []byte, i int) (end int, err error) {
	for ; body[i] != '"'; i++ {
		if body[i] != '\\' {
			continue
		}
		i++
		if body[i] != 'u' {
			continue
		}
		first := escaped(body[i+1:])
		i += 4
		if !utf16.IsSurrogate(first) {
			continue
		}
		second := rune(utf8.RuneError)
		if body[i+1] == '\\' && body[i+2] == 'u' {
			second = escaped(body[i+3:])
		}
		if utf16.DecodeRune(first, second) == utf8.RuneError {
			return i, &Malformed{"A string in the body has an unpaired surrogate."}
		}
		i += 6
	}
	return i, nil
}

// escaped returns the code unit of a \u escape.
func escaped(digits []byte) rune {
	n, _ := strconv.ParseUint(string(digits[:4]), 16, 16) // the body is JSON
	return rune(n)
}
