package db

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain lets the test binary be the process that TestKill… kills.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashVariable); path != "" {
		os.Exit(writeUntilKilled(path))
	}
	if step := os.Getenv(restoreVariable); step != "" {
		os.Exit(restoreUntil(step))
	}
	goleak.VerifyTestMain(m)
}
