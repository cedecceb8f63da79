package account

import (
	"context"
	"errors"
	"strings"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// UserChange is the input of UpdateUser. A nil member is not changed.
type UserChange struct {
	User     string // the id
	Name     *string
	Role     *oncall.Role
	Disabled *bool
	Version  int64 // the version that the caller saw; 0 accepts any

	// DisableKeys also disables the access keys that the user made.
	DisableKeys bool
}

// check returns every rule that the change breaks.
func (in UserChange) check() []oncall.FieldError {
	var fields []oncall.FieldError
	if in.Name != nil {
		fields = checkUserName(strings.TrimSpace(*in.Name))
	}
	if in.Role != nil {
		fields = append(fields, checkRole(*in.Role)...)
	}
	return fields
}

// apply returns the changed user.
func (in UserChange) apply(u oncall.User, now time.Time) oncall.User {
	if in.Name != nil {
		u.Name = strings.TrimSpace(*in.Name)
	}
	if in.Role != nil {
		u.Role = *in.Role
	}
	if in.Disabled != nil && *in.Disabled == u.DisabledAt.IsZero() {
		u.DisabledAt = time.Time{}
		if *in.Disabled {
			u.DisabledAt = now
		}
	}
	return u
}

// UpdateUser changes a user and returns the new state. A new role applies from the next
// request. A disabled user is signed out everywhere. It writes nothing if no value differs.
// It fails with Denied, Invalid, NotFound, Conflict: LastAdmin, and Conflict: Stale if a
// value differs and Version is not the stored one.
func (a *Accounts) UpdateUser(ctx context.Context, by oncall.Actor, in UserChange) (oncall.User, error) {
	if err := a.PermitOn(ctx, by, oncall.UpdateUser, ""); err != nil {
		return oncall.User{}, err
	}
	if fields := in.check(); len(fields) > 0 {
		return oncall.User{}, oncall.InvalidError(fields...)
	}
	now := a.Now()
	var u oncall.User
	err := a.store.Update(ctx, func(q Queries) error {
		before, err := a.user(q, in.User)
		if err != nil {
			return err
		}
		u = in.apply(before, now)
		if in.DisableKeys {
			if err := a.disableKeysOf(q, by, u.ID, now); err != nil {
				return err
			}
		}
		if len(oncall.ChangedFields(userChanges(before, u)...)) == 0 {
			return nil
		}
		if in.Version != 0 && in.Version != before.Version {
			return access.Stale("user")
		}
		u.UpdatedAt = now
		if err := saveUser(q, before, u); err != nil {
			return err
		}
		u.Version++
		return a.recordUser(q, by, oncall.UpdateUser, before, u)
	})
	if err != nil {
		return oncall.User{}, err
	}
	return u, nil
}

// saveUser stores a changed user and signs a disabled one out. It fails with Conflict:
// LastAdmin and Stale.
func saveUser(q Queries, before, u oncall.User) error {
	if before.CanAdminister() && !u.CanAdminister() {
		if err := requireOtherAdministrator(q, before); err != nil {
			return err
		}
	}
	ok, err := q.UpdateUser(u)
	switch {
	case err != nil:
		return err
	case !ok:
		return access.Stale("user")
	}
	if u.DisabledAt.IsZero() {
		return nil
	}
	if err := dropMail(q, u.ID, oncall.UserDisabled); err != nil {
		return err
	}
	return errors.Join(q.DeleteSessions(u.ID, nil), q.DeleteDevices(u.ID, nil))
}

// requireOtherAdministrator returns Conflict: LastAdmin if no other user can administer.
func requireOtherAdministrator(q Queries, u oncall.User) error {
	ok, err := q.OtherAdministrator(u.ID)
	if err == nil && !ok {
		return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.LastAdmin,
			Message: "This is the last admin who can sign in: first make somebody else an admin."}
	}
	return err
}

// UserDeletion is the input of DeleteUser.
type UserDeletion struct {
	User        string // the id
	DisableKeys bool   // also disable the access keys that the user made
}

// DeleteUser deletes a user with all sessions. It fails with Denied, NotFound and Conflict:
// LastAdmin.
func (a *Accounts) DeleteUser(ctx context.Context, by oncall.Actor, in UserDeletion) error {
	if err := a.PermitOn(ctx, by, oncall.DeleteUser, ""); err != nil {
		return err
	}
	now := a.Now()
	return a.store.Update(ctx, func(q Queries) error {
		u, err := a.user(q, in.User)
		if err != nil {
			return err
		}
		if u.CanAdminister() {
			if err := requireOtherAdministrator(q, u); err != nil {
				return err
			}
		}
		if err := dropMail(q, u.ID, oncall.UserDeleted); err != nil {
			return err
		}
		if in.DisableKeys {
			if err := a.disableKeysOf(q, by, u.ID, now); err != nil {
				return err
			}
		}
		if _, err := q.DeleteUser(u.ID, now); err != nil {
			return err
		}
		return a.recordUser(q, by, oncall.DeleteUser, u, oncall.User{})
	})
}
