package db

import (
	"context"

	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/audit"
	"callbook/internal/contacts"
	"callbook/internal/keyring"
	"callbook/internal/transfer"
)

// Queries is everything that the rooms ask of a store. Only a Transactor that stands before
// a store, and the suite that checks one, have to know all of it.
type Queries interface {
	contacts.Queries
	account.Queries
	audit.Queries
	keyring.Queries
	transfer.Queries
}

// Transactor runs functions inside transactions, as access.Store does. It is a *Store, or
// what stands before one in a test.
type Transactor interface {
	View(ctx context.Context, fn func(Queries) error) error
	Update(ctx context.Context, fn func(Queries) error) error
}

// A room's queries are a part of all queries. A method that is missing fails here, where
// the compiler sees it, and not in Of.
var (
	_ contacts.Queries = Queries(nil)
	_ account.Queries  = Queries(nil)
	_ audit.Queries    = Queries(nil)
	_ keyring.Queries  = Queries(nil)
	_ transfer.Queries = Queries(nil)
	_ access.Queries   = Queries(nil)
)

// Of returns a room's part of a store.
func Of[Q any](t Transactor) access.Store[Q] { return part[Q]{t} }

type part[Q any] struct{ whole Transactor }

func (p part[Q]) View(ctx context.Context, fn func(Q) error) error {
	return p.whole.View(ctx, func(q Queries) error { return fn(any(q).(Q)) })
}

func (p part[Q]) Update(ctx context.Context, fn func(Q) error) error {
	return p.whole.Update(ctx, func(q Queries) error { return fn(any(q).(Q)) })
}
