package db

import (
	"time"

	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/audit"
	"callbook/internal/contacts"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// rooms are the rooms that tests of this package need. Package oncalltest has them for all
// others, and stands on this one.
type rooms struct {
	*access.Control
	*audit.Trail
	*keyring.Keyring
	*outbox.Outbox
	*account.Accounts
	*contacts.Directory
}

type roomOptions struct {
	Scope  oncall.Scope
	Now    func() time.Time
	Limits outbox.Limits
}

func newRooms(store Transactor, o roomOptions) *rooms {
	control := access.New(Of[access.Queries](store), access.Options{Scope: o.Scope, Now: o.Now})
	box := outbox.New(control, Of[outbox.Queries](store), outbox.Options{Limits: o.Limits})
	return &rooms{
		Control:   control,
		Trail:     audit.New(control, Of[audit.Queries](store)),
		Keyring:   keyring.New(control, Of[keyring.Queries](store)),
		Outbox:    box,
		Accounts:  account.New(control, Of[account.Queries](store), box, account.Options{}),
		Directory: contacts.New(control, Of[contacts.Queries](store), box, contacts.Options{}),
	}
}
