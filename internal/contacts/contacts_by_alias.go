package contacts

import (
	"context"

	"callbook/internal/oncall"
)

// AliasList is one page of contacts by alias.
type AliasList struct {
	Contacts []oncall.Contact
	Next     string // opaque; empty on the last page
}

// aliasStart is the content of a cursor: the last contact of the previous page.
type aliasStart struct {
	Alias string `json:"alias"`
}

// ContactsByAlias returns a page of contacts of every type by alias, without their plans.
// Inserts and deletes between pages neither skip nor repeat a contact. It fails with
// Invalid for an impossible prefix, a limit out of range or a malformed cursor.
func (d *Directory) ContactsByAlias(ctx context.Context, by oncall.Actor, in oncall.AliasQuery) (AliasList, error) {
	var page AliasList
	if err := d.PermitOn(ctx, by, oncall.ListContacts, ""); err != nil {
		return page, err
	}
	if fields := in.Check(); len(fields) > 0 {
		return page, oncall.InvalidError(fields...)
	}
	from, err := oncall.ParseCursor(in.After, func(a aliasStart) bool { return oncall.IsAlias(a.Alias) })
	if err != nil {
		return page, err
	}
	limit, err := oncall.PageSize(in.Limit, "contacts")
	if err != nil {
		return page, err
	}
	err = d.store.View(ctx, func(q Queries) (err error) {
		page.Contacts, err = q.ContactsByAlias(in.Prefix, in.Type, from.Alias, limit+1)
		return err
	})
	if len(page.Contacts) > limit {
		page.Contacts = page.Contacts[:limit]
		page.Next = oncall.Cursor(aliasStart{page.Contacts[limit-1].Alias})
	}
	for i, c := range page.Contacts {
		page.Contacts[i].ARN = d.Scope().Contact(c.Alias)
	}
	return page, err
}
