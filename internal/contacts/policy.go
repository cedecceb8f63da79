package contacts

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"unicode/utf8"

	"callbook/internal/oncall"
)

// A contact may have a resource policy, by which AWS shares it with other
// accounts. Here a policy is stored and returned, so that programs find what they
// wrote, and grants nothing: who may do what is decided by roles alone.

// Policy returns the resource policy of a contact, byte for byte. It fails as
// Contact does, and with NotFound when there is none.
func (d *Directory) Policy(ctx context.Context, by oncall.Actor, contact oncall.ARN) (string, error) {
	if err := d.Admit(ctx, by, oncall.GetContactPolicy, oncall.FieldContact, contact); err != nil {
		return "", err
	}
	var policy string
	err := d.store.View(ctx, func(q Queries) error {
		c, err := d.contact(q, contact)
		if err != nil {
			return err
		}
		policy, err = q.Policy(c.Alias)
		if errors.Is(err, oncall.ErrMissing) {
			return oncall.NotFoundError("Contact policy", contact)
		}
		return err
	})
	return policy, err
}

// PutPolicy stores the resource policy of a contact. The same text again writes nothing.
// The content of a policy has no effect. It fails as Contact does, and with Invalid.
func (d *Directory) PutPolicy(ctx context.Context, by oncall.Actor, in oncall.PolicyChange) error {
	if err := d.Admit(ctx, by, oncall.PutContactPolicy, oncall.FieldContact, in.Contact); err != nil {
		return err
	}
	if fields := in.Check(); len(fields) > 0 {
		return oncall.InvalidError(fields...)
	}
	return d.store.Update(ctx, func(q Queries) error {
		c, err := d.contact(q, in.Contact)
		if err != nil {
			return err
		}
		before, err := q.Policy(c.Alias)
		switch {
		case err != nil && !errors.Is(err, oncall.ErrMissing):
			return err
		case before == in.Policy: // never "", which is no object
			return nil
		}
		if err := q.SetPolicy(c.Alias, in.Policy); err != nil {
			return err
		}
		return d.Record(q, by, oncall.PutContactPolicy, in.Contact, oncall.Change(oncall.FieldPolicy, policySummary(before), policySummary(in.Policy)))
	})
}

// policySummary tells two policies apart in the audit trail; "" is none.
func policySummary(policy string) string {
	if policy == "" {
		return ""
	}
	sum := sha256.Sum256([]byte(policy))
	return fmt.Sprintf("%d characters, sha256 %s", utf8.RuneCountInString(policy), hex.EncodeToString(sum[:8]))
}
