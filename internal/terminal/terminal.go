// Package terminal makes text safe for a terminal and for a log. Text from a file, a form
// or a program may hold characters that move the cursor, retitle the window, hide text or
// reverse its order.
//
// What is unsafe is written as JSON escapes it: \u001b. A line of JSON therefore keeps its
// meaning. Unsafe are all control characters and all invisible ones: C0, DEL, C1, the marks
// that set the direction of text, zero-width characters, U+2028 and U+2029.
package terminal

import (
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mattn/go-isatty"
)

// Escape returns a text for the inside of a line: with every unsafe character escaped,
// line breaks and tabs included.
func Escape(text string) string {
	if !strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsGraphic(r) }) && utf8.ValidString(text) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // a byte that is not UTF-8 is U+FFFD
		if unicode.IsGraphic(r) {
			b.WriteRune(r)
		} else {
			b.Write(appendEscape(nil, r))
		}
	}
	return b.String()
}

// appendEscape appends a character as JSON escapes it.
func appendEscape(to []byte, r rune) []byte {
	if high, low := utf16.EncodeRune(r); high != utf8.RuneError {
		return fmt.Appendf(to, `\u%04x\u%04x`, high, low)
	}
	return fmt.Appendf(to, `\u%04x`, r)
}

// Writer escapes the unsafe characters in what is written to it, except line breaks and
// tabs. It replaces bytes that are not UTF-8 by U+FFFD. It is safe for concurrent use.
type Writer struct {
	mu   sync.Mutex
	w    io.Writer
	rest []byte // the beginning of a character whose end was not written yet
	safe []byte // kept for its memory
}

// NewWriter returns a writer in front of another one.
func NewWriter(w io.Writer) *Writer { return &Writer{w: w} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := p
	if len(w.rest) > 0 {
		text = slices.Concat(w.rest, p)
	}
	w.safe = w.safe[:0]
	for utf8.FullRune(text) {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError:
			w.safe = utf8.AppendRune(w.safe, r)
		case unicode.IsGraphic(r), r == '\n', r == '\t':
			w.safe = append(w.safe, text[:size]...)
		default:
			w.safe = appendEscape(w.safe, r)
		}
		text = text[size:]
	}
	w.rest = slices.Clone(text)
	if _, err := w.w.Write(w.safe); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Is reports whether somebody reads what is written to w: w is a terminal, or a Writer in
// front of one.
func Is(w io.Writer) bool {
	file, ok := Unescaped(w).(*os.File)
	return ok && isatty.IsTerminal(file.Fd()) // /dev/null is a device too, and nobody reads it
}

// Unescaped returns the writer behind w if w is a Writer, otherwise w. It is for text that
// the program itself has made.
func Unescaped(w io.Writer) io.Writer {
	if safe, ok := w.(*Writer); ok {
		return safe.w
	}
	return w
}

// Exact returns a writer for a format that cannot escape characters, such as CSV: unless w
// is a terminal, every byte is written as it is.
func Exact(w io.Writer) io.Writer {
	if Is(w) {
		return w
	}
	return Unescaped(w)
}
