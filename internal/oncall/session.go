package oncall

import (
	"time"
)

// How long a session lasts without being used, and at most.
const (
	SessionIdleTTL = 12 * time.Hour
	SessionMaxTTL  = 7 * 24 * time.Hour
)

// SignInMethod is how somebody signed in.
type SignInMethod string

// The ways.
const (
	ByPassword SignInMethod = "password"
	ByPasskey  SignInMethod = "passkey"
	ByOpenID   SignInMethod = "openid"
	ByLink     SignInMethod = "link" // set-up, invitation or reset
)

// Session is one browser that is signed in.
type Session struct {
	Key       []byte // of the token in its cookie
	User      string // the id
	Method    SignInMethod
	CreatedAt time.Time
	SeenAt    time.Time
	EndsAt    time.Time // by the idle or the absolute limit, whichever comes first
}

// EndsIfUsed returns when a session ends that is used now.
func (s Session) EndsIfUsed(now time.Time) time.Time {
	end := s.CreatedAt.Add(SessionMaxTTL)
	if idle := now.Add(SessionIdleTTL); idle.Before(end) {
		return idle
	}
	return end
}
