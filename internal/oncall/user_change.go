package oncall

import (
	"context"
	"strings"
	"time"
)

// UserChange is the input of UpdateUser. A nil member stays as it is.
type UserChange struct {
	User     string // the id
	Name     *string
	Role     *Role
	Disabled *bool
	Version  int64 // the version the change was made from; 0: whatever is stored
}

// check returns what the rules refuse in a change.
func (in UserChange) check() []FieldError {
	var fields []FieldError
	if in.Name != nil {
		fields = checkUserName(strings.TrimSpace(*in.Name))
	}
	if in.Role != nil {
		fields = append(fields, checkRole(*in.Role)...)
	}
	return fields
}

// changed returns the user with the change made.
func (in UserChange) changed(u User, now time.Time) User {
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

// UpdateUser changes a user and returns it as it now is. Another role counts
// from the next request; one who is disabled is signed out everywhere. What is
// stored already is not written again. It fails with Invalid, NotFound and
// Conflict: LastAdmin, and Stale when there is something to change and Version
// is not the stored one.
func (s *Service) UpdateUser(ctx context.Context, by Actor, in UserChange) (User, error) {
	if err := s.permit(ctx, by, UpdateUser, ""); err != nil {
		return User{}, err
	}
	if fields := in.check(); len(fields) > 0 {
		return User{}, invalid(fields...)
	}
	now := s.Now()
	var u User
	err := s.update(ctx, func(q Queries) error {
		was, err := s.user(q, in.User)
		if err != nil {
			return err
		}
		u = in.changed(was, now)
		if len(changedFields(userChanges(was, u)...)) == 0 {
			return nil
		}
		if in.Version != 0 && in.Version != was.Version {
			return stale("user")
		}
		u.UpdatedAt = now
		if err := saveUser(q, was, u); err != nil {
			return err
		}
		u.Version++
		return s.recordUser(q, by, UpdateUser, was, u)
	})
	if err != nil {
		return User{}, err
	}
	return u, nil
}

// saveUser stores a changed user, unless nobody were left to keep the users.
func saveUser(q Queries, was, u User) error {
	if was.Keeper() && !u.Keeper() {
		if err := anotherKeeper(q, was); err != nil {
			return err
		}
	}
	ok, err := q.UpdateUser(u)
	switch {
	case err != nil:
		return err
	case !ok:
		return stale("user")
	}
	if u.DisabledAt.IsZero() {
		return nil
	}
	if err := dropMail(q, u.ID, "the user is disabled"); err != nil {
		return err
	}
	return q.DeleteSessions(u.ID, nil)
}

// anotherKeeper refuses what would leave nobody to keep the users.
func anotherKeeper(q Queries, u User) error {
	ok, err := q.OtherKeeper(u.ID)
	if err == nil && !ok {
		return &Error{Kind: Conflict, Reason: LastAdmin,
			Message: "This is the last admin who can sign in: first make somebody else an admin."}
	}
	return err
}

// DeleteUser deletes a user, who is signed out everywhere. It fails with
// NotFound and with Conflict: LastAdmin.
func (s *Service) DeleteUser(ctx context.Context, by Actor, id string) error {
	if err := s.permit(ctx, by, DeleteUser, ""); err != nil {
		return err
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		u, err := s.user(q, id)
		if err != nil {
			return err
		}
		if u.Keeper() {
			if err := anotherKeeper(q, u); err != nil {
				return err
			}
		}
		if err := dropMail(q, id, "the user is gone"); err != nil {
			return err
		}
		if _, err := q.DeleteUser(id, now); err != nil {
			return err
		}
		return s.recordUser(q, by, DeleteUser, u, User{})
	})
}
