package sqlite

import (
	"time"

	"callbook/db"
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

func newRooms(store db.Transactor, o roomOptions) *rooms {
	control := access.New(db.Of[access.Queries](store), access.Options{Scope: o.Scope, Now: o.Now})
	box := outbox.New(control, db.Of[outbox.Queries](store), outbox.Options{Limits: o.Limits})
	return &rooms{
		Control:   control,
		Trail:     audit.New(control, db.Of[audit.Queries](store)),
		Keyring:   keyring.New(control, db.Of[keyring.Queries](store)),
		Outbox:    box,
		Accounts:  account.New(control, db.Of[account.Queries](store), box, account.Options{}),
		Directory: contacts.New(control, db.Of[contacts.Queries](store), box, contacts.Options{}),
	}
}
