package oncall

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"
)

// MostPasskeys is how many passkeys a user may have.
const MostPasskeys = 10

// Passkey is a public key whose private one a device of the user keeps.
type Passkey struct {
	ID         []byte // chosen by the device
	User       string // the id
	Name       string // given by the user
	Credential []byte // JSON: the public key, its counter and flags
	CreatedAt  time.Time
	UsedAt     time.Time // zero: never yet
}

// longestPasskeyID is WebAuthn's limit, in bytes.
const longestPasskeyID = 1023

// AddPasskey adds a passkey of the actor's, verified by the caller; its user and
// times are set here. It fails with Invalid and with Conflict: TooMany, Duplicate.
func (s *Service) AddPasskey(ctx context.Context, by Actor, p Passkey) (Passkey, error) {
	if err := s.permit(ctx, by, UseAccount, ""); err != nil {
		return Passkey{}, err
	}
	p.Name, p.CreatedAt, p.UsedAt = strings.TrimSpace(p.Name), s.Now(), time.Time{}
	if fields := checkPasskey(p); len(fields) > 0 {
		return Passkey{}, invalid(fields...)
	}
	err := s.update(ctx, func(q Queries) error {
		u, err := s.own(q, by)
		if err != nil {
			return err
		}
		p.User = u.ID
		if err := insertPasskey(q, p); err != nil {
			return err
		}
		return s.record(q, by, UseAccount, s.scope.User(u.Email), AuditChange{Field: FieldPasskey, After: p.Name})
	})
	if err != nil {
		return Passkey{}, err
	}
	return p, nil
}

func insertPasskey(q Queries, p Passkey) error {
	own, err := q.Passkeys(p.User)
	if err != nil {
		return err
	}
	if len(own) >= MostPasskeys {
		return &Error{Kind: Conflict, Reason: TooMany, Message: "You have 10 passkeys, which is the most: first delete one that you no longer use."}
	}
	ok, err := q.InsertPasskey(p)
	if err == nil && !ok {
		return &Error{Kind: Conflict, Reason: Duplicate, Message: "This passkey is registered already: use it, or register another one."}
	}
	return err
}

// checkPasskey returns what the rules refuse in a new passkey.
func checkPasskey(p Passkey) []FieldError {
	fields := checkUserName(p.Name)
	if p.Name == "" {
		fields = []FieldError{{Field: FieldName, Reason: Required, Message: "Enter a name for the passkey, for example Ana's phone."}}
	}
	if len(p.ID) == 0 || len(p.ID) > longestPasskeyID || len(p.Credential) == 0 {
		fields = append(fields, FieldError{Field: FieldPasskey, Reason: Pattern, Message: "Your device did not make a passkey that can be used here: try another one."})
	}
	return fields
}

// Passkeys returns the actor's passkeys by creation, the oldest first.
func (s *Service) Passkeys(ctx context.Context, by Actor) ([]Passkey, error) {
	if err := s.permit(ctx, by, UseAccount, ""); err != nil {
		return nil, err
	}
	var list []Passkey
	err := s.view(ctx, func(q Queries) error {
		u, err := s.own(q, by)
		if err != nil {
			return err
		}
		list, err = q.Passkeys(u.ID)
		return err
	})
	return list, err
}

// DeletePasskey deletes a passkey of the actor's. It fails with NotFound.
func (s *Service) DeletePasskey(ctx context.Context, by Actor, id []byte) error {
	if err := s.permit(ctx, by, UseAccount, ""); err != nil {
		return err
	}
	return s.update(ctx, func(q Queries) error {
		u, err := s.own(q, by)
		if err != nil {
			return err
		}
		own, err := q.Passkeys(u.ID)
		if err != nil {
			return err
		}
		for _, p := range own {
			if !bytes.Equal(p.ID, id) {
				continue
			}
			if _, err := q.DeletePasskey(u.ID, id); err != nil {
				return err
			}
			return s.record(q, by, UseAccount, s.scope.User(u.Email), AuditChange{Field: FieldPasskey, Before: p.Name})
		}
		return passkeyMissing()
	})
}

// deletePasskeys removes every passkey of a user.
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

func passkeyMissing() *Error {
	return &Error{Kind: NotFound, Message: "There is no such passkey, or no longer."}
}

// PasskeyUser returns the user who has a passkey and, so the device says, this
// handle, with all of the user's passkeys. It fails with Denied: NoSignIn, also
// for a user who is disabled.
func (s *Service) PasskeyUser(ctx context.Context, id, handle []byte) (User, []Passkey, error) {
	var u User
	var list []Passkey
	err := s.view(ctx, func(q Queries) (err error) {
		if u, err = q.UserByPasskey(id); err != nil {
			return err
		}
		if !bytes.Equal(u.Handle, handle) || !u.DisabledAt.IsZero() {
			return ErrMissing
		}
		list, err = q.Passkeys(u.ID)
		return err
	})
	if errors.Is(err, ErrMissing) {
		err = &Error{Kind: Denied, Reason: NoSignIn, Message: "This did not sign you in: use another passkey, or your password."}
	}
	if err != nil {
		return User{}, nil, err
	}
	return u, list, nil
}

// UsePasskey stores what a sign-in changed in a passkey, its counter above all.
// It fails with NotFound.
func (s *Service) UsePasskey(ctx context.Context, id, credential []byte) error {
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		ok, err := q.UpdatePasskey(id, credential, now)
		if err == nil && !ok {
			return passkeyMissing()
		}
		return err
	})
}
