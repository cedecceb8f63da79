package oncall

import (
	"math"
	"time"
)

// A machine may start with a clock that is a month ahead and be corrected later. Times
// that were stored by the wrong clock must not delay anything afterwards. Compare a
// stored time with now only by Elapsed and LastWindow. Rows that wait for a time are
// moved with the clock: SetBack computes which rows, and by how much.

// MaxClockDrift is the largest difference between two clock readings that is ignored. It
// allows for small corrections of the clock and for transactions that overtake each
// other. A larger difference means that the clock was set.
const MaxClockDrift = time.Minute

// ClockJump returns by how much the wall clock was set, given the time that passed by
// the wall clock and by the monotonic clock. It is positive if the clock was set
// forward, and 0 within MaxClockDrift.
func ClockJump(wall, monotonic time.Duration) time.Duration {
	if jump := wall - monotonic; jump.Abs() > MaxClockDrift {
		return jump
	}
	return 0
}

// SetBack describes that the wall clock was set back. A row that waits for a time also
// stores when that time was set, by the clock of that moment.
type SetBack struct {
	Now time.Time // by the corrected clock
	// By is how far the clock was set back; 0 if unknown, as when the program starts.
	By time.Duration
	// Since is when the program started, by the wrong clock. Rows set since then move.
	// It is used only with By.
	Since time.Time
}

// From returns the earliest setting time of the rows that move. Rows set before it were
// set by a correct clock.
func (b SetBack) From() time.Time {
	switch {
	case b.By == 0:
		return b.Now.Add(MaxClockDrift + time.Microsecond)
	case b.Since.Before(b.Now):
		return b.Since
	}
	return b.Now.Add(time.Microsecond)
}

// Moves returns by how much a row that was set at this time moves back: both the time
// that it waits for and its setting time. It returns 0 if the row does not move. If By
// is unknown, the row waits from now as long as it would have waited when it was set.
func (b SetBack) Moves(setAt time.Time) time.Duration {
	switch {
	case setAt.Before(b.From()):
		return 0
	case b.By == 0:
		return setAt.Sub(b.Now)
	}
	return b.By
}

// longPast is the elapsed time of a stored time that cannot be right.
const longPast = time.Duration(math.MaxInt64)

// Elapsed returns the time from at to now. A time up to MaxClockDrift ahead counts as
// now. A time further ahead was stored before the clock was set back. It counts as long
// past, so that nothing waits for it.
func Elapsed(at, now time.Time) time.Duration {
	switch ago := now.Sub(at); {
	case ago >= 0:
		return ago
	case ago >= -MaxClockDrift:
		return 0
	}
	return longPast
}

// LastWindow returns the window that a limit counts: the last d before now. It includes
// times up to MaxClockDrift ahead. A time further ahead was stored before the clock was
// set back.
func LastWindow(now time.Time, d time.Duration) Window {
	return Window{After: now.Add(-d), Until: now.Add(MaxClockDrift)}
}

// Window is the time after After, up to and including Until.
type Window struct{ After, Until time.Time }
