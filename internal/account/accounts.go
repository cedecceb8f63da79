// Package account decides who comes in: users, what they sign in with, and access keys.
//
// A user signs in by a password, a passkey or a provider of identities and gets a session.
// A program signs each request with an access key. What is handed out (the token of a
// session, of a link, of a ceremony) is random and stored as its SHA-256. The last admin who
// can sign in stays one.
//
// Passwords are hashed between two transactions. What the second one finds may differ from
// what the first one saw, and the second one decides.
package account

import (
	"callbook/internal/access"
	"callbook/internal/outbox"
)

// Accounts holds the users and access keys. It is safe for concurrent use.
type Accounts struct {
	*access.Control
	store     access.Store[Queries]
	outbox    *outbox.Outbox
	passwords Passwords
	mails     bool
}

// Options are what an installation decides.
type Options struct {
	// Passwords hashes what people sign in with; nil cannot, so that nobody can
	// sign in with a password or set one.
	Passwords Passwords
	// Mails says that links for users go out by email. Otherwise they are handed to
	// whoever asked for them.
	Mails bool
}

// New returns the accounts in a store.
func New(control *access.Control, store access.Store[Queries], box *outbox.Outbox, o Options) *Accounts {
	a := &Accounts{Control: control, store: access.Classified(store), outbox: box, passwords: o.Passwords, mails: o.Mails}
	if a.passwords == nil {
		a.passwords = noPasswords{}
	}
	return a
}
