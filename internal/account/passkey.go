package account

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// maxPasskeyIDBytes is the limit of WebAuthn.
const maxPasskeyIDBytes = 1023

// AddPasskey adds a passkey to the actor's user and sets its times. The caller has verified
// it, in a ceremony that RequireProof has let begin in the session. It fails with Denied,
// Denied: NotProved, Invalid, and Conflict: TooMany, Duplicate.
func (a *Accounts) AddPasskey(ctx context.Context, by oncall.Actor, session string, p oncall.Passkey) (oncall.Passkey, error) {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return oncall.Passkey{}, err
	}
	p.Name, p.CreatedAt, p.UsedAt = strings.TrimSpace(p.Name), a.Now(), time.Time{}
	if fields := checkPasskey(p); len(fields) > 0 {
		return oncall.Passkey{}, oncall.InvalidError(fields...)
	}
	err := a.store.Update(ctx, func(q Queries) error {
		u, err := a.own(q, by)
		if err != nil {
			return err
		}
		if err := requireProof(q, by, session, p.CreatedAt, oncall.ProofTTL+CeremonyTTL); err != nil {
			return err
		}
		p.User = u.ID
		if err := insertPasskey(q, p); err != nil {
			return err
		}
		return a.Record(q, by, oncall.UseAccount, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldPasskey, After: p.Name})
	})
	if err != nil {
		return oncall.Passkey{}, err
	}
	return p, nil
}

func insertPasskey(q Queries, p oncall.Passkey) error {
	own, err := q.Passkeys(p.User)
	if err != nil {
		return err
	}
	if len(own) >= oncall.MaxPasskeys {
		return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.TooMany, Message: "You have 10 passkeys, which is the limit: first delete one that you no longer use."}
	}
	ok, err := q.InsertPasskey(p)
	if err == nil && !ok {
		return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.Duplicate, Message: "This passkey is registered already: use it, or register another one."}
	}
	return err
}

// checkPasskey returns every rule that a new passkey breaks.
func checkPasskey(p oncall.Passkey) []oncall.FieldError {
	fields := checkUserName(p.Name)
	if p.Name == "" {
		fields = []oncall.FieldError{{Field: oncall.FieldName, Reason: oncall.Required, Message: "Enter a name for the passkey, for example Ana's phone."}}
	}
	if len(p.ID) == 0 || len(p.ID) > maxPasskeyIDBytes || len(p.Credential) == 0 {
		fields = append(fields, oncall.FieldError{Field: oncall.FieldPasskey, Reason: oncall.Pattern, Message: "Your device did not create a usable passkey: try another device."})
	}
	return fields
}

// Passkeys returns the actor's passkeys by creation, the oldest first. It fails with Denied
// and NotFound.
func (a *Accounts) Passkeys(ctx context.Context, by oncall.Actor) ([]oncall.Passkey, error) {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return nil, err
	}
	var list []oncall.Passkey
	err := a.store.View(ctx, func(q Queries) error {
		u, err := a.own(q, by)
		if err != nil {
			return err
		}
		list, err = q.Passkeys(u.ID)
		return err
	})
	return list, err
}

// DeletePasskey deletes one of the actor's passkeys. It fails with Denied and NotFound.
func (a *Accounts) DeletePasskey(ctx context.Context, by oncall.Actor, id []byte) error {
	if err := a.PermitOn(ctx, by, oncall.UseAccount, ""); err != nil {
		return err
	}
	return a.store.Update(ctx, func(q Queries) error {
		u, err := a.own(q, by)
		if err != nil {
			return err
		}
		return a.deletePasskey(q, by, oncall.UseAccount, u, id)
	})
}

// deletePasskey deletes a passkey of a user and records it.
func (a *Accounts) deletePasskey(q Queries, by oncall.Actor, op oncall.Operation, u oncall.User, id []byte) error {
	own, err := q.Passkeys(u.ID)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(own, func(p oncall.Passkey) bool { return bytes.Equal(p.ID, id) })
	if i < 0 {
		return passkeyMissing()
	}
	if _, err := q.DeletePasskey(u.ID, id); err != nil {
		return err
	}
	return a.Record(q, by, op, a.Scope().User(u.Email), oncall.AuditChange{Field: oncall.FieldPasskey, Before: own[i].Name})
}

// UserPasskeys returns the passkeys of any user, as Passkeys does. It fails with Denied and
// NotFound.
func (a *Accounts) UserPasskeys(ctx context.Context, by oncall.Actor, user string) ([]oncall.Passkey, error) {
	if err := a.PermitOn(ctx, by, oncall.ListUsers, ""); err != nil {
		return nil, err
	}
	var list []oncall.Passkey
	err := a.store.View(ctx, func(q Queries) error {
		u, err := a.user(q, user)
		if err != nil {
			return err
		}
		list, err = q.Passkeys(u.ID)
		return err
	})
	return list, err
}

// DeleteUserPasskey deletes a passkey of any user. It fails with Denied and NotFound.
func (a *Accounts) DeleteUserPasskey(ctx context.Context, by oncall.Actor, user string, id []byte) error {
	if err := a.PermitOn(ctx, by, oncall.UpdateUser, ""); err != nil {
		return err
	}
	return a.store.Update(ctx, func(q Queries) error {
		u, err := a.user(q, user)
		if err != nil {
			return err
		}
		return a.deletePasskey(q, by, oncall.UpdateUser, u, id)
	})
}

// deletePasskeys deletes every passkey of a user.
func deletePasskeys(q Queries, user string) error {
	list, err := q.Passkeys(user)
	if err != nil {
		return err
	}
	for _, p := range list {
		if _, err := q.DeletePasskey(user, p.ID); err != nil {
			return err
		}
	}
	return nil
}

func passkeyMissing() *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Message: "This passkey does not exist, or was deleted."}
}

// PasskeyUser returns the user with this passkey, and all of the user's passkeys. It fails
// with Denied: NoSignIn if there is no such user, the handle is another user's, or the user
// is disabled.
func (a *Accounts) PasskeyUser(ctx context.Context, id, handle []byte) (oncall.User, []oncall.Passkey, error) {
	var u oncall.User
	var list []oncall.Passkey
	err := a.store.View(ctx, func(q Queries) (err error) {
		if u, err = q.UserByPasskey(id); err != nil {
			return err
		}
		if !bytes.Equal(u.Handle, handle) || !u.DisabledAt.IsZero() {
			return oncall.ErrMissing
		}
		list, err = q.Passkeys(u.ID)
		return err
	})
	if errors.Is(err, oncall.ErrMissing) {
		err = &oncall.Error{Kind: oncall.Denied, Reason: oncall.NoSignIn, Message: "This did not sign you in: use another passkey, or your password."}
	}
	if err != nil {
		return oncall.User{}, nil, err
	}
	return u, list, nil
}

// UsePasskey stores the credential of a passkey after a sign-in, with its new counter, and
// the time of use. It fails with NotFound.
func (a *Accounts) UsePasskey(ctx context.Context, id, credential []byte) error {
	now := a.Now()
	return a.store.Update(ctx, func(q Queries) error {
		ok, err := q.UpdatePasskey(id, credential, now)
		if err == nil && !ok {
			return passkeyMissing()
		}
		return err
	})
}
