package contacts

import (
	"context"
	"fmt"
	"slices"

	"callbook/internal/oncall"
)

// Tags returns the tags of a contact, by key. It fails as Contact does, and with
// Invalid for the ARN of something that is no contact.
func (d *Directory) Tags(ctx context.Context, by oncall.Actor, contact oncall.ARN) ([]oncall.Tag, error) {
	if err := d.Admit(ctx, by, oncall.ListTagsForResource, oncall.FieldContact, contact); err != nil {
		return nil, err
	}
	if fields := oncall.OnlyContacts(contact); len(fields) > 0 {
		return nil, oncall.InvalidError(fields...)
	}
	var tags []oncall.Tag
	err := d.store.View(ctx, func(q Queries) (err error) {
		_, tags, err = d.ContactWithTags(q, contact)
		return err
	})
	return tags, err
}

// ContactWithTags returns a contact with its tags.
func (d *Directory) ContactWithTags(q Queries, arn oncall.ARN) (oncall.Contact, []oncall.Tag, error) {
	c, err := d.contact(q, arn)
	if err != nil {
		return c, nil, err
	}
	tags, err := q.Tags(c.Alias)
	return c, tags, err
}

// TagContact adds tags to a contact, and changes the values of existing ones. Unchanged
// tags are not written. It fails as Tags does, with Invalid, and with Limited: Quota when
// the contact would have more than MaxTags.
func (d *Directory) TagContact(ctx context.Context, by oncall.Actor, in oncall.TagChange) error {
	if err := d.Admit(ctx, by, oncall.TagResource, oncall.FieldContact, in.Contact); err != nil {
		return err
	}
	if fields := in.Check(); len(fields) > 0 {
		return oncall.InvalidError(fields...)
	}
	return d.store.Update(ctx, func(q Queries) error {
		c, was, err := d.ContactWithTags(q, in.Contact)
		if err != nil {
			return err
		}
		is := oncall.MergeTags(was, in.Tags)
		before, after := oncall.TagsNotIn(was, is), oncall.TagsNotIn(is, was)
		switch {
		case len(after) == 0:
			return nil
		case len(is) > oncall.MaxTags:
			return tooManyTags(in.Contact, len(is))
		}
		if err := q.SetTags(c.Alias, after); err != nil {
			return err
		}
		return d.Record(q, by, oncall.TagResource, in.Contact, oncall.Change(oncall.FieldTags, oncall.SummarizeTags(before), oncall.SummarizeTags(after)))
	})
}

func tooManyTags(contact oncall.ARN, n int) *oncall.Error {
	return &oncall.Error{Kind: oncall.Limited, Reason: oncall.Quota, Resource: contact,
		Message: fmt.Sprintf("A contact has at most %d tags, and with these it would have %d: remove some first.", oncall.MaxTags, n)}
}

// UntagContact removes the tags with these keys from a contact. Unknown keys are ignored.
// It fails as Tags does, and with Invalid for a malformed key.
func (d *Directory) UntagContact(ctx context.Context, by oncall.Actor, in oncall.TagRemoval) error {
	if err := d.Admit(ctx, by, oncall.UntagResource, oncall.FieldContact, in.Contact); err != nil {
		return err
	}
	if fields := in.Check(); len(fields) > 0 {
		return oncall.InvalidError(fields...)
	}
	return d.store.Update(ctx, func(q Queries) error {
		c, was, err := d.ContactWithTags(q, in.Contact)
		if err != nil {
			return err
		}
		gone := slices.DeleteFunc(was, func(t oncall.Tag) bool { return !slices.Contains(in.Keys, t.Key) })
		if len(gone) == 0 {
			return nil
		}
		if err := q.DeleteTags(c.Alias, oncall.TagKeys(gone)); err != nil {
			return err
		}
		return d.Record(q, by, oncall.UntagResource, in.Contact, oncall.Change(oncall.FieldTags, oncall.SummarizeTags(gone), ""))
	})
}
