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

// Queries are the queries of every room. Only a Transactor that wraps a store and the test
// suite of a store use all of them.
type Queries interface {
	contacts.Queries
	account.Queries
	audit.Queries
	keyring.Queries
	transfer.Queries
}

// Transactor runs functions in transactions, as access.Store does. It is a *Store, or wraps
// one in a test.
type Transactor interface {
	View(ctx context.Context, fn func(Queries) error) error
	Update(ctx context.Context, fn func(Queries) error) error
}

// Queries has the methods of every room. A missing one fails here at compile time and not in
// Of.
var (
	_ contacts.Queries = Queries(nil)
	_ account.Queries  = Queries(nil)
	_ audit.Queries    = Queries(nil)
	_ keyring.Queries  = Queries(nil)
	_ transfer.Queries = Queries(nil)
	_ access.Queries   = Queries(nil)
)

// Of returns the store as one room sees it.
func Of[Q any](t Transactor) access.Store[Q] { return part[Q]{t} }

type part[Q any] struct{ whole Transactor }

func (p part[Q]) View(ctx context.Context, fn func(Q) error) error {
	return p.whole.View(ctx, func(q Queries) error { return fn(any(q).(Q)) })
}

func (p part[Q]) Update(ctx context.Context, fn func(Q) error) error {
	return p.whole.Update(ctx, func(q Queries) error { return fn(any(q).(Q)) })
}
