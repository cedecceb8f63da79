package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// Identity is a person's verified identity at a provider of identities.
type Identity struct {
	Issuer        string
	Subject       string // unique within the issuer; never reused for another person
	Email         string
	EmailVerified bool
	Name          string      // may be empty
	Role          oncall.Role // the role of the person's groups, or ""
}

// MaxIdentityLen is the longest Issuer and Subject together, in bytes. The limit keeps the
// rows of an index small enough.
const MaxIdentityLen = 2048

// ExternalUser returns the user of an identity: the user linked to it, otherwise the user
// with the same verified email, otherwise a new user. It sets the role of the identity,
// except for the last admin. It fails with Denied: Stranger if the identity has no role or
// may not be linked, and records that. It also returns a disabled user. SignInAs refuses that one.
func (a *Accounts) ExternalUser(ctx context.Context, by oncall.Actor, in Identity) (oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.SignIn, ""); err != nil {
		return oncall.User{}, err
	}
	u, err := a.externalUser(ctx, by, in)
	if oncall.ReasonOf(err) != oncall.Stranger {
		return u, err
	}
	_, shown := accountName(in.Email)
	return u, errors.Join(err, a.recordRefusedSignIn(ctx, by, oncall.ByOpenID, func(Queries) (oncall.ARN, error) { return a.Scope().User(shown), nil }))
}

// externalUser is ExternalUser without the entry of a refusal.
func (a *Accounts) externalUser(ctx context.Context, by oncall.Actor, in Identity) (oncall.User, error) {
	if len(checkRole(in.Role)) > 0 {
		return oncall.User{}, stranger("None of your groups has a role in Callbook: ask an admin for one.")
	}
	if len(in.Issuer)+len(in.Subject) > MaxIdentityLen {
		return oncall.User{}, stranger("Your name at the sign-in service is too long: ask an admin.")
	}
	now := a.Now()
	var u oncall.User
	err := a.store.Update(ctx, func(q Queries) error {
		before, err := q.UserByIdentity(in.Issuer, in.Subject)
		if errors.Is(err, oncall.ErrMissing) {
			before, err = a.linkIdentity(q, by, in, now)
		}
		if err != nil {
			return err
		}
		u, err = a.mapRole(q, by, before, in.Role, now)
		return err
	})
	if err != nil {
		return oncall.User{}, err
	}
	return u, nil
}

func stranger(message string) *oncall.Error {
	return &oncall.Error{Kind: oncall.Denied, Reason: oncall.Stranger, Message: message}
}

// linkIdentity links an identity to the user with its email, or to a new user. It refuses
// an unverified email, because anyone could claim it.
func (a *Accounts) linkIdentity(q Queries, by oncall.Actor, in Identity, now time.Time) (oncall.User, error) {
	fresh, fields := a.parseUser(NewUser{Email: in.Email, Role: in.Role})
	if !in.EmailVerified || in.Issuer == "" || in.Subject == "" || len(fields) > 0 {
		return oncall.User{}, stranger("The sign-in service does not vouch for your email address: ask an admin for an invitation.")
	}
	if len(checkUserName(in.Name)) == 0 { // an invalid name is dropped, not refused
		fresh.Name = in.Name
	}
	u, err := q.UserByEmail(fresh.Canonical)
	if errors.Is(err, oncall.ErrMissing) {
		u, err = fresh, a.insertUser(q, fresh, "", oncall.Request{})
		if err == nil {
			err = a.Record(q, fresh.Actor(by), oncall.SignIn, a.Scope().User(fresh.Email), userChanges(oncall.User{}, fresh)...)
		}
	}
	if err != nil {
		return oncall.User{}, err
	}
	ok, err := q.InsertIdentity(in.Issuer, in.Subject, u.ID, now)
	if err == nil && !ok {
		// The address may have passed to another person. The account must not.
		err = stranger("Another account of the sign-in service is linked to your email address: ask an admin.")
	}
	if err != nil {
		return oncall.User{}, err
	}
	if err := q.DeleteLinks(u.ID); err != nil { // the user no longer needs the invitation
		return oncall.User{}, err
	}
	return u, a.Record(q, u.Actor(by), oncall.SignIn, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldSignInMethod, After: "linked to " + in.Issuer})
}

// mapRole gives a user the role of the identity. The last admin stays admin.
func (a *Accounts) mapRole(q Queries, by oncall.Actor, before oncall.User, r oncall.Role, now time.Time) (oncall.User, error) {
	u := before
	u.Role = r
	if r == before.Role {
		return before, nil
	}
	u.UpdatedAt = now
	err := saveUser(q, before, u)
	if oncall.ReasonOf(err) == oncall.LastAdmin {
		return before, nil
	}
	if err != nil {
		return oncall.User{}, err
	}
	u.Version++
	return u, a.Record(q, before.Actor(by), oncall.SignIn, a.Scope().User(u.Email), userChanges(before, u)...)
}
