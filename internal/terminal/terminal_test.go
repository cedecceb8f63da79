package terminal_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"callbook/internal/terminal"
)

func TestUnsafeCharactersAreEscaped(t *testing.T) {
	for text, want := range map[string]string{
		"Ana Silva":                      "Ana Silva",
		"Zoë 王 שלום é ▲ “x”…":            "Zoë 王 שלום é ▲ “x”…",
		"\x1b[31mana":                    `\u001b[31mana`,
		"\x1b]0;title\x07":               `\u001b]0;title\u0007`,
		"a\rb\x08c\x7f":                  `a\u000db\u0008c\u007f`,
		"\u009b31mana":                   `\u009b31mana`,
		"user\u202Egnp.exe":              `user\u202egnp.exe`,
		"\u2066a\u2069\u200f\u061c":      `\u2066a\u2069\u200f\u061c`,
		"a\u2028b\u2029c":                `a\u2028b\u2029c`,
		"a\u200bb\u200dc\u00add\ufeff":   `a\u200bb\u200dc\u00add\ufeff`,
		"\U000E0041\U000E0001":           `\udb40\udc41\udb40\udc01`,
		"\ue000\uf8ff":                   `\ue000\uf8ff`,
		"\x9b31m\xff":                    "\ufffd31m\ufffd",
		"no-break\u00a0space\u3000":      "no-break\u00a0space\u3000",
		"\x00":                           `\u0000`,
		`\u001b is no control character`: `\u001b is no control character`,
	} {
		if got := terminal.Escape(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		var b strings.Builder
		if n, err := terminal.NewWriter(&b).Write([]byte(text)); n != len(text) || err != nil || b.String() != want {
			t.Errorf("%q: written as %q, %d of %d bytes, %v, want %q", text, b.String(), n, len(text), err, want)
		}
	}
}

func TestLineBreaksAreEscapedWithinALine(t *testing.T) {
	const text = "line 2: ana\n\tline 3: bo\n"
	if got, want := terminal.Escape(text), `line 2: ana\u000a\u0009line 3: bo\u000a`; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	var b strings.Builder
	if _, err := io.WriteString(terminal.NewWriter(&b), text); err != nil || b.String() != text {
		t.Errorf("got %q, %v, want it unchanged", b.String(), err)
	}
}

// What is printed is safe, in however many pieces it is written, and JSON keeps its meaning.
func TestNothingUnsafeIsPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.OneOf(rapid.Rune(), rapid.RuneFrom(nil, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp), rapid.RuneFrom(nil, unicode.L))
		text := rapid.StringOf(runes).Draw(t, "text")
		raw := rapid.SliceOf(rapid.Byte()).Draw(t, "raw")
		line, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		whole := append(append(append(raw, '\n'), line...), '\n')
		var b bytes.Buffer
		w := terminal.NewWriter(&b)
		for rest := whole; len(rest) > 0; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			if written, err := w.Write(rest[:n]); written != n || err != nil {
				t.Fatalf("%d of %d bytes, %v", written, n, err)
			}
			rest = rest[n:]
		}
		for _, r := range b.String() {
			if r != '\n' && r != '\t' && !unicode.IsGraphic(r) {
				t.Fatalf("%q is printed as %q, which holds %U", whole, b.String(), r)
			}
		}
		if !utf8.Valid(b.Bytes()) {
			t.Fatalf("%q is printed as %q", whole, b.String())
		}
		lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
		var again string
		if err := json.Unmarshal([]byte(lines[len(lines)-1]), &again); err != nil || again != text {
			t.Fatalf("the JSON of %q is read as %q, %v", text, again, err)
		}
		if escaped := terminal.Escape(text); strings.ContainsFunc(escaped, func(r rune) bool { return !unicode.IsGraphic(r) }) {
			t.Fatalf("%q is escaped as %q", text, escaped)
		}
	})
}

func TestFailureOfAWriterIsReturned(t *testing.T) {
	broken := errors.New("broken")
	r, w := io.Pipe()
	r.CloseWithError(broken)
	if n, err := terminal.NewWriter(w).Write([]byte("x")); n != 0 || !errors.Is(err, broken) {
		t.Errorf("got %d, %v", n, err)
	}
	if _, err := io.Copy(terminal.NewWriter(io.Discard), iotest.OneByteReader(strings.NewReader("é\x1b"))); err != nil {
		t.Error(err)
	}
}

// CSV that goes into a file has no escapes. A file is no terminal, and neither is a buffer.
func TestFilesGetExactBytes(t *testing.T) {
	file, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, behind := range []io.Writer{file, new(bytes.Buffer)} {
		safe := terminal.NewWriter(behind)
		if terminal.Is(safe) || terminal.Is(behind) || terminal.Exact(safe) != behind || terminal.Exact(behind) != behind || terminal.Unescaped(safe) != behind {
			t.Errorf("%T is taken for a terminal", behind)
		}
	}
}
