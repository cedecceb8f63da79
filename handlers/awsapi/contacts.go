package awsapi

import (
	"context"

	"callbook/handlers/awsapi/wire"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func createContact(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.CreateContactRequest) (out wire.CreateContactResult, err error) {
	arn, err := d.CreateContact(ctx, by, oncall.NewContact{Alias: in.Alias, DisplayName: value(in.DisplayName),
		Type: oncall.ContactType(in.Type), Plan: planOf(in.Plan), Tags: tagsOf(in.Tags), Token: value(in.IdempotencyToken)})
	out.ContactArn = string(arn)
	return out, err
}

func getContact(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.GetContactRequest) (out wire.GetContactResult, err error) {
	c, err := d.Contact(ctx, by, oncall.ARN(in.ContactId))
	return wire.GetContactResult{ContactArn: string(c.ARN), Alias: c.Alias, DisplayName: &c.DisplayName, Type: string(c.Type), Plan: wirePlan(c.Plan)}, err
}

func listContacts(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.ListContactsRequest) (out wire.ListContactsResult, err error) {
	page, err := d.ContactsByAlias(ctx, by, oncall.AliasQuery{Prefix: value(in.AliasPrefix), Type: oncall.ContactType(value(in.Type)),
		After: value(in.NextToken), Limit: value(in.MaxResults)})
	out = wire.ListContactsResult{Contacts: make([]wire.Contact, len(page.Contacts)), NextToken: orAbsent(page.Next)}
	for i, c := range page.Contacts {
		out.Contacts[i] = wire.Contact{ContactArn: string(c.ARN), Alias: c.Alias, DisplayName: &page.Contacts[i].DisplayName, Type: string(c.Type)}
	}
	return out, err
}

func updateContact(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.UpdateContactRequest) (out wire.UpdateContactResult, err error) {
	change := oncall.ContactChange{Contact: oncall.ARN(in.ContactId), DisplayName: in.DisplayName}
	if in.Plan != nil {
		plan := planOf(*in.Plan)
		change.Plan = &plan
	}
	_, err = d.UpdateContact(ctx, by, change)
	return out, err
}

func deleteContact(ctx context.Context, d *contacts.Directory, by oncall.Actor, in wire.DeleteContactRequest) (out wire.DeleteContactResult, err error) {
	return out, d.DeleteContact(ctx, by, oncall.ARN(in.ContactId))
}
