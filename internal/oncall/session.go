package oncall

import (
	"time"
)

// How long a session lasts without use, and in all.
const (
	SessionIdleTTL = 12 * time.Hour
	SessionMaxTTL  = 7 * 24 * time.Hour
)

// SignInMethod is how a user signed in.
type SignInMethod string

// The sign-in methods.
const (
	ByPassword SignInMethod = "password"
	ByPasskey  SignInMethod = "passkey"
	ByOpenID   SignInMethod = "openid"
	ByLink     SignInMethod = "link" // set-up, invitation or reset
)

// ProofTTL is how long after a proof of identity a session may do what an open session
// alone may not.
const ProofTTL = 5 * time.Minute

// IsProved reports whether the user has proved to be the one within the given time. A proof
// by a clock that was ahead counts as none.
func (s Session) IsProved(now time.Time, within time.Duration) bool {
	return Elapsed(s.ProvedAt, now) < within
}

// DeviceTTL is how long a browser is known after the last sign-in, and MaxDevices is how
// many browsers of a user are known.
const (
	DeviceTTL  = 180 * 24 * time.Hour
	MaxDevices = 20
)

// Device is a browser that has signed in to a user's account. One cookie may stand for
// several accounts.
type Device struct {
	ID        string // under which its failed sign-ins are counted; it outlives the cookie
	Key       []byte // of the token in its cookie
	User      string // the id
	CreatedAt time.Time
	EndsAt    time.Time
}

// Session is one signed-in browser.
type Session struct {
	Key       []byte // of the token in its cookie
	User      string // the id
	Method    SignInMethod
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time // the earlier of the idle and the absolute limit
	ProvedAt  time.Time // when the user last proved to be the one, by signing in or later
}

// EndsIfUsed returns the new end of the session if it is used now.
func (s Session) EndsIfUsed(now time.Time) time.Time {
	end := s.CreatedAt.Add(SessionMaxTTL)
	if idle := now.Add(SessionIdleTTL); idle.Before(end) {
		return idle
	}
	return end
}
