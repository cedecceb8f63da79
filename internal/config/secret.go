package config

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/urfave/cli/v3"
)

// maxSecretBytes is how many bytes of a secret's file are read at most.
const maxSecretBytes = 64 << 10

// Secret is a setting that nobody else may see: given itself, or by the file that
// holds it. It is printed as dots.
type Secret struct {
	name string // of the flag
	text string
	file string
}

// secretFlag is the setting of a secret itself: its value is not to be shown.
type secretFlag struct{ *cli.StringFlag }

// flags returns the two settings of a secret.
func (s *Secret) flags(name, usage string, getenv func(string) string) []cli.Flag {
	s.name = name
	text := textFlags(getenv)
	return []cli.Flag{
		secretFlag{text(&s.text, name, "", usage+"; other users of this machine see flags, so prefer the variable or the file")},
		text(&s.file, name+"-file", "", "`FILE` that holds the value of --"+name+", and nothing else"),
	}
}

// part is the secret as one of several settings that go together.
func (s Secret) part() part {
	return part{fmt.Sprintf("--%s or --%[1]s-file", s.name), s.Given()}
}

// Given reports whether there is a secret.
func (s Secret) Given() bool { return s.text != "" || s.file != "" }

// Read returns the secret, or "" where none is given. A line's end after it is
// not part of it.
func (s Secret) Read() (string, error) {
	switch {
	case s.file == "":
		return s.text, nil
	case s.text != "":
		return "", fmt.Errorf("--%s and --%s-file are two ways to say the same: give one", s.name, s.name)
	}
	text, err := readAtMost(s.file, maxSecretBytes+3) // an end of a line, and one byte too many
	if err != nil {
		return "", fmt.Errorf("--%s-file: %w", s.name, err)
	}
	secret := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
	if secret == "" || len(secret) > maxSecretBytes || strings.ContainsAny(secret, "\r\n\x00") {
		return "", fmt.Errorf("--%s-file: %s does not hold one line and nothing else", s.name, s.file)
	}
	return secret, nil
}

// readAtMost reads the first bytes of a file, which may have no end: /dev/zero has none.
func readAtMost(path string, most int64) ([]byte, error) {
	file, err := os.Open(path) // #nosec G304 -- whoever runs the program names it
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, most))
}

func (s Secret) check() error {
	_, err := s.Read()
	return err
}

// String hides the secret.
func (s Secret) String() string {
	if s.Given() {
		return "•••"
	}
	return ""
}

// GoString hides the secret.
func (s Secret) GoString() string { return s.String() }
