package contacts

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// CreateContact adds a contact and returns its ARN. It fails with Invalid, and
// with Conflict when the alias is taken or the token stands for something else.
// The same token with the same input returns the same ARN and adds nothing.
func (d *Directory) CreateContact(ctx context.Context, by oncall.Actor, in oncall.NewContact) (oncall.ARN, error) {
	if err := d.PermitOn(ctx, by, oncall.CreateContact, ""); err != nil {
		return "", err
	}
	if fields := in.Check(by.Door); len(fields) > 0 {
		return "", oncall.InvalidError(fields...)
	}
	now := d.Now()
	arn := d.Scope().Contact(in.Alias)
	asked := in.Request(by)
	err := d.store.Update(ctx, func(q Queries) error {
		first, err := access.Remember(q, asked, arn, now)
		if err != nil || first != "" {
			arn = firstOr(first, arn)
			return err
		}
		return d.AddContact(q, by, in, asked, now)
	})
	if err != nil {
		return "", err
	}
	return arn, nil
}

// AddContact stores a valid contact and records it. It fails with Conflict when the alias
// is taken.
func (d *Directory) AddContact(q Queries, by oncall.Actor, in oncall.NewContact, asked oncall.Request, now time.Time) error {
	c := oncall.Contact{Alias: in.Alias, ID: d.NewID(), DisplayName: in.DisplayName, Type: in.Type, Plan: in.Plan,
		Version: 1, CreatedAt: now, UpdatedAt: now}
	if in.Type == oncall.Personal {
		c.Reachability = oncall.Unreachable
	}
	arn := d.Scope().Contact(in.Alias)
	ok, err := q.InsertContact(c, asked)
	switch {
	case err != nil:
		return err
	case !ok:
		return aliasTaken(arn, in.Alias)
	}
	if err := q.SetTags(c.Alias, in.Tags); err != nil {
		return err
	}
	return d.Record(q, by, oncall.CreateContact, arn, oncall.Change(oncall.FieldDisplayName, "", c.DisplayName),
		oncall.Change(oncall.FieldType, "", string(c.Type)), oncall.Change(oncall.FieldPlan, "", c.Plan.Summary()),
		oncall.Change(oncall.FieldTags, "", oncall.SummarizeTags(in.Tags)))
}

func firstOr(first, arn oncall.ARN) oncall.ARN {
	if first != "" {
		return first
	}
	return arn
}

func aliasTaken(arn oncall.ARN, alias string) *oncall.Error {
	message := "Another contact has the alias " + alias + ": choose a different one."
	return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.AliasTaken, Resource: arn, Message: message,
		Fields: []oncall.FieldError{{Field: oncall.FieldAlias, Reason: oncall.AliasTaken, Message: message}}}
}

// CheckContact returns what CreateContact would refuse, and suggests a free alias; "" for
// a name without a letter to make one of. It changes nothing.
func (d *Directory) CheckContact(ctx context.Context, by oncall.Actor, in oncall.NewContact) (suggestion string, fields []oncall.FieldError, err error) {
	if err := d.PermitOn(ctx, by, oncall.CreateContact, ""); err != nil {
		return "", nil, err
	}
	fields = in.Check(by.Door)
	err = d.store.View(ctx, func(q Queries) error {
		taken := func(alias string) (bool, error) {
			_, err := q.Contact(alias)
			if errors.Is(err, oncall.ErrMissing) {
				return false, nil
			}
			return err == nil, err
		}
		if oncall.IsAlias(in.Alias) {
			isTaken, err := taken(in.Alias)
			if err != nil {
				return err
			}
			if isTaken {
				fields = append(fields, aliasTaken("", in.Alias).Fields...)
			}
		}
		suggestion, err = freeAlias(in.DisplayName, taken)
		return err
	})
	return suggestion, fields, err
}

// Contact returns one contact. It fails with NotFound, and with Invalid for a
// program that gives no ARN at all.
func (d *Directory) Contact(ctx context.Context, by oncall.Actor, arn oncall.ARN) (oncall.Contact, error) {
	var c oncall.Contact
	if err := d.Admit(ctx, by, oncall.GetContact, oncall.FieldContact, arn); err != nil {
		return c, err
	}
	err := d.store.View(ctx, func(q Queries) (err error) {
		c, err = d.contact(q, arn)
		return err
	})
	return c, err
}

func (d *Directory) contact(q Queries, arn oncall.ARN) (oncall.Contact, error) {
	alias, ok := d.Scope().ContactAlias(arn)
	if !ok {
		return oncall.Contact{}, oncall.NotFoundError("Contact", arn)
	}
	c, err := q.Contact(alias)
	if errors.Is(err, oncall.ErrMissing) {
		return oncall.Contact{}, oncall.NotFoundError("Contact", arn)
	}
	c.ARN = arn
	return c, err
}

// UpdateContact changes a contact and returns it. A change without effect writes nothing,
// so a second click gets the answer of the first. It fails with Invalid, with NotFound,
// and with Conflict: Stale when there is something to change and Version is not the
// stored one.
func (d *Directory) UpdateContact(ctx context.Context, by oncall.Actor, in oncall.ContactChange) (oncall.Contact, error) {
	if err := d.Admit(ctx, by, oncall.UpdateContact, oncall.FieldContact, in.Contact); err != nil {
		return oncall.Contact{}, err
	}
	if fields := in.Check(by.Door); len(fields) > 0 {
		return oncall.Contact{}, oncall.InvalidError(fields...)
	}
	now := d.Now()
	var c oncall.Contact
	err := d.store.Update(ctx, func(q Queries) error {
		before, err := d.contact(q, in.Contact)
		if err != nil {
			return err
		}
		c = before
		if err := c.Apply(in); err != nil || reflect.DeepEqual(c, before) {
			return err
		}
		if in.Version != 0 && in.Version != before.Version {
			return access.Stale("contact")
		}
		c.UpdatedAt = now
		ok, err := q.UpdateContact(c)
		switch {
		case err != nil:
			return err
		case !ok:
			return access.Stale("contact")
		}
		c.Version++
		return d.Record(q, by, oncall.UpdateContact, in.Contact, oncall.Change(oncall.FieldDisplayName, before.DisplayName, c.DisplayName),
			oncall.Change(oncall.FieldPlan, before.Plan.Summary(), c.Plan.Summary()))
	})
	return c, err
}

// DeleteContact deletes a contact with its channels, tags and policy. Plans
// elsewhere that name it keep the ARN. It fails as Contact does.
func (d *Directory) DeleteContact(ctx context.Context, by oncall.Actor, arn oncall.ARN) error {
	if err := d.Admit(ctx, by, oncall.DeleteContact, oncall.FieldContact, arn); err != nil {
		return err
	}
	now := d.Now()
	return d.store.Update(ctx, func(q Queries) error {
		c, err := d.contact(q, arn)
		if err != nil {
			return err
		}
		channels, err := q.Channels(c.Alias)
		if err != nil {
			return err
		}
		gone, err := d.kept(q, c)
		if err != nil {
			return err
		}
		if _, err := q.DeleteContact(c.Alias, now); err != nil {
			return err
		}
		for _, ch := range channels { // each deleted channel has its own entry
			if err := q.ForgetMessages(ch.Alias, ch.ID, now.Add(outbox.MessageTTL)); err != nil {
				return err
			}
			if err := d.Record(q, by, oncall.DeleteContactChannel, d.Scope().Channel(ch.Alias, ch.ID), oncall.ChannelChanges(ch, oncall.Channel{})...); err != nil {
				return err
			}
		}
		return d.Record(q, by, oncall.DeleteContact, arn, gone...)
	})
}

// kept is what is kept of a contact, as changes by which it is gone.
func (d *Directory) kept(q Queries, c oncall.Contact) ([]oncall.AuditChange, error) {
	tags, err := q.Tags(c.Alias)
	if err != nil {
		return nil, err
	}
	policy, err := q.Policy(c.Alias)
	if err != nil && !errors.Is(err, oncall.ErrMissing) {
		return nil, err
	}
	return []oncall.AuditChange{oncall.Change(oncall.FieldDisplayName, c.DisplayName, ""), oncall.Change(oncall.FieldType, string(c.Type), ""), oncall.Change(oncall.FieldPlan, c.Plan.Summary(), ""),
		oncall.Change(oncall.FieldTags, oncall.SummarizeTags(tags), ""), oncall.Change(oncall.FieldPolicy, policySummary(policy), "")}, nil
}

// freeAlias makes an unused alias from a name, with -2, -3 and so on if needed. It
// returns "" after ten tries.
func freeAlias(name string, taken func(string) (bool, error)) (string, error) {
	base := oncall.AliasFrom(name)
	if base == "" {
		return "", nil
	}
	for n := 1; n <= 10; n++ {
		alias := base
		if n > 1 {
			alias += "-" + strconv.Itoa(n)
		}
		isTaken, err := taken(alias)
		if err != nil || !isTaken {
			return alias, err
		}
	}
	return "", nil
}
