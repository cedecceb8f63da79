package main

import (
	"callbook/db"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/audit"
	"callbook/internal/config"
	"callbook/internal/contacts"
	"callbook/internal/keyring"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/internal/transfer"
)

// rooms are the operations over one store.
type rooms struct {
	*access.Control
	*audit.Trail
	*keyring.Keyring
	*outbox.Outbox
	*account.Accounts
	*contacts.Directory
	*transfer.Importer
}

// roomOptions are the options of every room that has some.
type roomOptions struct {
	access   access.Options
	outbox   outbox.Options
	account  account.Options
	contacts contacts.Options
}

// rules are what the settings say of numbers.
func rules(c config.Config) oncall.AddressRules {
	return oncall.AddressRules{AllowCostly: c.AllowCostly, Countries: c.Countries()}
}

// limits are what the settings say of how many messages leave.
func limits(c config.Config) outbox.Limits {
	return outbox.Limits{PerHour: c.CodesPerHour, PerPrefix: c.CodesPerPrefix, PerDay: c.MessagesPerDay}
}

// newRooms puts the rooms together, from the ground up: this is the wiring diagram.
func newRooms(store db.Transactor, o roomOptions) *rooms {
	control := access.New(db.Of[access.Queries](store), o.access)
	box := outbox.New(control, db.Of[outbox.Queries](store), o.outbox)
	directory := contacts.New(control, db.Of[contacts.Queries](store), box, o.contacts)
	return &rooms{
		Control:   control,
		Trail:     audit.New(control, db.Of[audit.Queries](store)),
		Keyring:   keyring.New(control, db.Of[keyring.Queries](store)),
		Outbox:    box,
		Accounts:  account.New(control, db.Of[account.Queries](store), box, o.account),
		Directory: directory,
		Importer:  transfer.New(control, db.Of[transfer.Queries](store), box, directory),
	}
}
