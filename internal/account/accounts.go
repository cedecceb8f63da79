// Package account manages users, their ways to sign in, sessions and access keys.
//
// A user signs in by a password, a passkey or a provider of identities and gets a session.
// A program signs each request with an access key. The tokens of sessions, links and
// ceremonies are random, and only their SHA-256 is stored. The last admin who can sign in
// cannot be removed.
//
// Passwords are hashed between two transactions, because hashing is slow. The second
// transaction checks again whatever the first one read.
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

// Options are the settings of an installation.
type Options struct {
	// Passwords hashes passwords. If it is nil, no one can sign in with a password or
	// set one.
	Passwords Passwords
	// Mails reports that links can be sent to users by email. Otherwise the actor who
	// makes a link has to pass it on.
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
