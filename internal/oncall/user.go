package oncall

import (
	"time"
)

// User is a person who may sign in.
type User struct {
	ID          string
	Email       string // as it was typed
	Canonical   string // the email in its canonical form; unique
	Name        string // may be empty
	Role        Role
	HasPassword bool      // false for an invited user
	Handle      []byte    // 32 random bytes by which a passkey identifies the user
	SignedInAt  time.Time // the last time; zero if never
	DisabledAt  time.Time // zero if the user is enabled
	Version     int64     // 1 at first, one more with each change of name, role or DisabledAt
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// CanAdminister reports whether a user can sign in and manage users. The last such user
// must stay. An admin who has not accepted the invitation does not count.
func (u User) CanAdminister() bool {
	return u.Role == Admin && u.DisabledAt.IsZero() && u.HasCredentials()
}

// HasCredentials reports whether a user has a password or has signed in before.
func (u User) HasCredentials() bool { return u.HasPassword || !u.SignedInAt.IsZero() }

// Actor returns the user as the actor of a request, with the door, request id and client
// of by.
func (u User) Actor(by Actor) Actor {
	by.Principal, by.Name, by.Role = u.ID, u.Email, u.Role
	return by
}

// StateWord returns "enabled" or "disabled", or "" for the zero User.
func (u User) StateWord() string {
	if u.ID == "" {
		return ""
	}
	return StateWord(!u.DisabledAt.IsZero())
}

// StateWord returns "enabled" or "disabled".
func StateWord(disabled bool) string {
	if disabled {
		return "disabled"
	}
	return "enabled"
}
