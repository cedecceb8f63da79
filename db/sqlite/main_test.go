package sqlite

import (
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// killed is what a process waits for that is to be killed. It comes never, but a timer is
// behind it: without cgo, Go ends a process in which nothing can happen any more.
var killed = time.NewTimer(24 * time.Hour).C

// TestMain lets the test binary be the process that TestKill… kills.
func TestMain(m *testing.M) {
	if path := os.Getenv(crashVariable); path != "" {
		os.Exit(writeUntilKilled(path))
	}
	if step := os.Getenv(restoreVariable); step != "" {
		os.Exit(restoreUntil(step))
	}
	if file := os.Getenv(copyVariable); file != "" {
		os.Exit(copyUntilKilled(file))
	}
	if path := os.Getenv(rotateVariable); path != "" {
		os.Exit(rotateUntilKilled(path))
	}
	goleak.VerifyTestMain(m)
}
