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
	if file := os.Getenv(draftVariable); file != "" {
		os.Exit(draftUntilKilled(file))
	}
	if path := os.Getenv(rotateVariable); path != "" {
		os.Exit(rotateUntilKilled(path))
	}
	goleak.VerifyTestMain(m)
}
