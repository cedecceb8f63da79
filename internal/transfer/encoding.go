package transfer

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// saveAsUTF8 ends the refusal of a file that is not in UTF-8.
const saveAsUTF8 = ": in a spreadsheet, save the table as “CSV UTF-8”, then choose that file."

// byteOrderMark is what many programs write before a text in UTF-8.
const byteOrderMark = "\ufeff"

// utf16OrUTF32 names the encoding of a file whose characters have two or four bytes each, by
// its beginning; "": it is another one.
func utf16OrUTF32(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return "UTF-32"
	case bytes.HasPrefix(head, []byte("\xff\xfe")), bytes.HasPrefix(head, []byte("\xfe\xff")):
		return "UTF-16"
	}
	const sample = 64 // the first line is ASCII, so where a zero stands tells the encoding
	head = head[:min(len(head), sample)/4*4]
	var zeros [4]int
	for i, b := range head {
		if b == 0 {
			zeros[i%4]++
		}
	}
	var zero [4]bool // whether most bytes at this place of four are zero
	for i, n := range zeros {
		zero[i] = 2*n > len(head)/4
	}
	switch zero {
	case [4]bool{false, true, false, true}, [4]bool{true, false, true, false}:
		return "UTF-16"
	case [4]bool{false, true, true, true}, [4]bool{true, true, true, false}:
		return "UTF-32"
	}
	return ""
}

// otherEncoding names the encoding that a text which is not in UTF-8 probably has, for the
// inside of a sentence; "": unknown.
func otherEncoding(text string) string {
	high := 0
	for i := range len(text) {
		switch c := text[i]; {
		case c == 0, strings.IndexByte("\x81\x8d\x8f\x90\x9d", c) >= 0: // Windows-1252 does not have them
			return ""
		case c >= utf8.RuneSelf:
			high++
		}
	}
	if high > len(text)/2 && len(text) > 4 { // of Latin letters, few have accents
		return ""
	}
	return " but probably in Windows-1252, in which Excel saves what it calls “CSV”"
}

// names of invisible characters that files have.
var invisibleNames = map[rune]string{
	'\t': "tab", '\n': "line break", 0: "null", '\ufeff': "byte order mark", '\u200b': "zero width space", '\u200c': "zero width non-joiner",
	'\u200d': "zero width joiner", '\u2060': "word joiner", '\u00ad': "soft hyphen", '\u200e': "left-to-right mark", '\u200f': "right-to-left mark",
	'\u202a': "left-to-right embedding", '\u202c': "pop directional formatting", '\u3164': "Hangul filler",
}

// blankLetters are characters that are shown as a blank or not at all, though Unicode calls
// them letters, marks or symbols.
const blankLetters = "\u034f\u115f\u1160\u2800\u3164\uffa0"

// invisible names the first character of a text that cannot be seen, as in "U+FEFF (byte
// order mark)". It returns "" if there is none.
func invisible(text string) string {
	i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) || strings.ContainsRune(blankLetters, r) })
	if i < 0 {
		return ""
	}
	r, _ := utf8.DecodeRuneInString(text[i:])
	if name := invisibleNames[r]; name != "" {
		return fmt.Sprintf("%U (%s)", r, name)
	}
	return fmt.Sprintf("%U", r)
}
