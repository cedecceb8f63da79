package terminal_test

import (
	"io"
	"os"
	"testing"

	"callbook/internal/terminal"
)

// On a terminal even CSV is escaped.
func TestTerminalIsRecognised(t *testing.T) {
	file, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	safe := terminal.NewWriter(file)
	if !terminal.Is(file) || !terminal.Is(safe) || terminal.Exact(safe) != io.Writer(safe) {
		t.Error("a terminal is not recognised")
	}
}
