package oncall

import (
	"time"
)

// User is somebody who may sign in.
type User struct {
	ID          string
	Email       string // as it was typed
	Canonical   string // of the email, by which it is unique without regard to case
	Name        string // may be empty
	Role        Role
	HasPassword bool      // an invited user has none yet
	Handle      []byte    // 32 random bytes by which a passkey knows the user
	SignedInAt  time.Time // the last time; zero: never yet
	DisabledAt  time.Time // zero: may sign in
	Version     int64     // 1 at first, one more with each change of name, role or DisabledAt
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// CanAdminister reports whether a user can sign in and keep the users: the last one
// stays. An admin who has been invited and never came is none.
func (u User) CanAdminister() bool {
	return u.Role == Admin && u.DisabledAt.IsZero() && u.HasCredentials()
}

// HasCredentials reports whether a user has more than an invitation.
func (u User) HasCredentials() bool { return u.HasPassword || !u.SignedInAt.IsZero() }

// Actor is a user who asks, in a request that came in like this one.
func (u User) Actor(by Actor) Actor {
	by.Principal, by.Name, by.Role = u.ID, u.Email, u.Role
	return by
}

func (u User) StateWord() string {
	if u.ID == "" {
		return ""
	}
	return StateWord(!u.DisabledAt.IsZero())
}

func StateWord(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}
