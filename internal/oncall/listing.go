package oncall

import "context"

// AliasQuery is the input of ContactsByAlias.
type AliasQuery struct {
	Prefix string      `field:"alias" validate:"omitempty,max=255,alias"`                            // of the alias; empty: every one
	Type   ContactType `field:"type" validate:"omitempty,oneof=PERSONAL ESCALATION ONCALL_SCHEDULE"` // empty: every one
	After  string      // AliasPage.Next of the page before; empty: the first page
	Limit  int         // 1 to 1024; 0 means 50
}

// check returns what the rules refuse.
func (in AliasQuery) check() []FieldError { return check(in) }

// AliasPage is one page of contacts by alias.
type AliasPage struct {
	Contacts []Contact
	Next     string // opaque; empty on the last page
}

// aliasStart is what its token holds: the last contact of the page before.
type aliasStart struct {
	Alias string `json:"alias"`
}

// ContactsByAlias returns a page of contacts of every type, by alias, without their
// plans. A page
// survives inserts and deletes between pages, as those of Contacts do. It fails
// with Invalid for a prefix that no alias has, a limit out of range or a token it
// did not make.
func (s *Service) ContactsByAlias(ctx context.Context, by Actor, in AliasQuery) (AliasPage, error) {
	var page AliasPage
	if err := s.permit(ctx, by, ListContacts, ""); err != nil {
		return page, err
	}
	if fields := in.check(); len(fields) > 0 {
		return page, invalid(fields...)
	}
	from, err := openPageToken(in.After, func(a aliasStart) bool { return isAlias(a.Alias) })
	if err != nil {
		return page, err
	}
	limit, err := pageLimit(in.Limit, "contacts")
	if err != nil {
		return page, err
	}
	err = s.view(ctx, func(q Queries) (err error) {
		page.Contacts, err = q.ContactsByAlias(in.Prefix, in.Type, from.Alias, limit+1)
		return err
	})
	if len(page.Contacts) > limit {
		page.Contacts = page.Contacts[:limit]
		page.Next = pageToken(aliasStart{page.Contacts[limit-1].Alias})
	}
	for i, c := range page.Contacts {
		page.Contacts[i].ARN = s.scope.Contact(c.Alias)
	}
	return page, err
}
