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

// Session is one signed-in browser.
type Session struct {
	Key       []byte // of the token in its cookie
	User      string // the id
	Method    SignInMethod
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time // the earlier of the idle and the absolute limit
}

// EndsIfUsed returns the new end of the session if it is used now.
func (s Session) EndsIfUsed(now time.Time) time.Time {
	end := s.CreatedAt.Add(SessionMaxTTL)
	if idle := now.Add(SessionIdleTTL); idle.Before(end) {
		return idle
	}
	return end
}
