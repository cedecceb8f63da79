package oncall

import (
	"math"
	"time"
)

// A machine may start with a clock that is a month ahead and be corrected later. What
// was written by the wrong time must hold nothing up by the right one. Times that are
// compared with now go through Elapsed and LastWindow. Rows that wait for their time
// move with the clock: SetBack says which, and by how much.

// MaxClockDrift is how far a clock may be corrected, or two transactions may overtake
// each other, without being noticed. What differs by more is a clock that was set.
const MaxClockDrift = time.Minute

// ClockJump returns by how much the wall clock was set while this much time passed by
// it and by the monotonic clock: more than zero is forward. It returns 0 for what is
// within MaxClockDrift.
func ClockJump(wall, monotonic time.Duration) time.Duration {
	if jump := wall - monotonic; jump.Abs() > MaxClockDrift {
		return jump
	}
	return 0
}

// SetBack is a wall clock that was set back. Whatever waits for its time keeps when
// that time was set, by the clock of that moment.
type SetBack struct {
	Now time.Time // by the clock as it is now
	// By is how far the clock was set back; 0: nobody knows, as when a program starts.
	By time.Duration
	// Since is when the program started, by the clock as it was before: what was set
	// since then moves. It means nothing without By.
	Since time.Time
}

// From returns the earliest time of setting that moves: what was set before it was set
// by the right clock.
func (b SetBack) From() time.Time {
	switch {
	case b.By == 0:
		return b.Now.Add(MaxClockDrift + time.Microsecond)
	case b.Since.Before(b.Now):
		return b.Since
	}
	return b.Now.Add(time.Microsecond)
}

// Moves returns by how much what was set at this time moves back, the time that it
// waits for and the time of setting alike; 0: it does not move. Without By, it waits
// as long from now on as it was to wait when it was set.
func (b SetBack) Moves(setAt time.Time) time.Duration {
	switch {
	case setAt.Before(b.From()):
		return 0
	case b.By == 0:
		return setAt.Sub(b.Now)
	}
	return b.By
}

// longPast is how long ago something was when nobody knows.
const longPast = time.Duration(math.MaxInt64)

// Elapsed returns how long ago something was. A time up to MaxClockDrift ahead counts
// as now. One further ahead was written before the clock was set back: it counts as
// long past, so that nothing waits for it.
func Elapsed(at, now time.Time) time.Duration {
	switch ago := now.Sub(at); {
	case ago >= 0:
		return ago
	case ago >= -MaxClockDrift:
		return 0
	}
	return longPast
}

// LastWindow is the time of which limits count what happened. What is further ahead
// than MaxClockDrift was written before the clock was set back, and does not count.
func LastWindow(now time.Time, d time.Duration) Window {
	return Window{After: now.Add(-d), Until: now.Add(MaxClockDrift)}
}

// Window is a time that begins after After and ends with Until.
type Window struct{ After, Until time.Time }
