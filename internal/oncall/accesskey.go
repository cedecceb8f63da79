package oncall

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"
)

// AccessKey is what a program signs its requests with.
type AccessKey struct {
	ID         string // in the clear in every request
	Name       string // need not be unique
	Role       Role
	CreatedAt  time.Time
	UsedAt     time.Time // to the minute; zero: never yet
	DisabledAt time.Time // zero: may be used
}

// keyNameForm is IAM's for the name of a user: it is the last part of the ARN by
// which a refusal names who asks.
var keyNameForm = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// newKeyID makes an id in the form of AWS's: SDKs and scanners know it.
func newKeyID() string {
	return "AKIA" + base32.StdEncoding.EncodeToString(randomBytes(10))
}

// newKeySecret makes a secret in the form of AWS's: 240 random bits.
func newKeySecret() string { return base64.StdEncoding.EncodeToString(randomBytes(30)) }

// NewAccessKey is the input of CreateAccessKey.
type NewAccessKey struct {
	Name  string
	Role  Role
	Token string // of idempotency; empty: none
}

// check returns what the rules refuse in a new access key.
func (in NewAccessKey) check() []FieldError {
	var fields []FieldError
	switch {
	case in.Name == "":
		fields = append(fields, FieldError{Field: FieldName, Reason: Required, Message: "Enter a name for the access key, for example ci."})
	case len(in.Name) > 64:
		fields = append(fields, FieldError{Field: FieldName, Reason: TooLong, Message: "Use at most 64 characters for the name of an access key."})
	case !keyNameForm.MatchString(in.Name):
		fields = append(fields, FieldError{Field: FieldName, Reason: Pattern,
			Message: "Use only the letters a to z and A to Z, digits and the characters _ + = , . @ - in the name of an access key."})
	}
	fields = append(fields, checkRole(in.Role)...)
	return append(fields, checkToken(in.Token)...)
}

// CreateAccessKey makes an access key and its secret, which only this answer
// has. The same idempotency token with the same input returns the same key, and
// "" for the secret: who has lost the first answer deletes the key and makes
// another. It fails with Invalid, with Conflict: TokenReused, and with Sealed
// where secrets cannot be encrypted.
func (s *Service) CreateAccessKey(ctx context.Context, by Actor, in NewAccessKey) (AccessKey, string, error) {
	if err := s.permit(ctx, by, CreateAccessKey, ""); err != nil {
		return AccessKey{}, "", err
	}
	if fields := in.check(); len(fields) > 0 {
		return AccessKey{}, "", invalid(fields...)
	}
	fresh := AccessKey{ID: newKeyID(), Name: in.Name, Role: in.Role, CreatedAt: s.Now()}
	secret := newKeySecret()
	asked := request(by, string(CreateAccessKey), in.Token, in.Name, in.Role)
	var k AccessKey
	err := s.update(ctx, func(q Queries) error {
		k = fresh
		arn := s.scope.AccessKey(k.ID)
		first, err := remember(q, asked, arn, k.CreatedAt)
		if err != nil {
			return err
		}
		if first != "" {
			k, err = s.accessKey(q, strings.TrimPrefix(string(first), string(s.scope.AccessKey(""))))
			return err
		}
		if err := q.InsertAccessKey(k, secret, asked); err != nil {
			return err
		}
		return s.record(q, by, CreateAccessKey, arn,
			AuditChange{Field: FieldName, After: k.Name}, AuditChange{Field: FieldRole, After: string(k.Role)})
	})
	switch {
	case err != nil:
		return AccessKey{}, "", err
	case k.ID != fresh.ID:
		return k, "", nil
	}
	return k, secret, nil
}

func (s *Service) accessKey(q Queries, id string) (AccessKey, error) {
	k, err := q.AccessKey(id)
	if errors.Is(err, ErrMissing) {
		return AccessKey{}, s.keyMissing(id)
	}
	return k, err
}

func (s *Service) keyMissing(id string) *Error {
	return &Error{Kind: NotFound, Message: "There is no such access key, or no longer.", Resource: s.scope.AccessKey(id)}
}

// AccessKeys returns every access key by name and creation, as one snapshot.
func (s *Service) AccessKeys(ctx context.Context, by Actor) ([]AccessKey, error) {
	if err := s.permit(ctx, by, ListAccessKeys, ""); err != nil {
		return nil, err
	}
	const atOnce = 100
	var all []AccessKey
	err := s.view(ctx, func(q Queries) error {
		for after := ""; ; after = all[len(all)-1].ID {
			some, err := q.AccessKeys(after, atOnce)
			all = append(all, some...)
			if err != nil || len(some) < atOnce {
				return err
			}
		}
	})
	slices.SortFunc(all, func(x, y AccessKey) int {
		if c := strings.Compare(x.Name, y.Name); c != 0 {
			return c
		}
		return x.CreatedAt.Compare(y.CreatedAt)
	})
	return all, err
}

// AccessKeyChange is the input of UpdateAccessKey.
type AccessKeyChange struct {
	ID       string
	Disabled bool
}

// UpdateAccessKey disables an access key or enables it again, and returns it as
// it now is. It fails with NotFound.
func (s *Service) UpdateAccessKey(ctx context.Context, by Actor, in AccessKeyChange) (AccessKey, error) {
	if err := s.permit(ctx, by, UpdateAccessKey, s.scope.AccessKey(in.ID)); err != nil {
		return AccessKey{}, err
	}
	now := s.Now()
	var k AccessKey
	err := s.update(ctx, func(q Queries) (err error) {
		if k, err = s.accessKey(q, in.ID); err != nil || in.Disabled != k.DisabledAt.IsZero() {
			return err
		}
		k.DisabledAt = time.Time{}
		if in.Disabled {
			k.DisabledAt = now
		}
		if err := q.SetAccessKeyDisabled(k.ID, k.DisabledAt); err != nil {
			return err
		}
		return s.record(q, by, UpdateAccessKey, s.scope.AccessKey(k.ID),
			AuditChange{Field: FieldState, Before: stateWord(!in.Disabled), After: stateWord(in.Disabled)})
	})
	if err != nil {
		return AccessKey{}, err
	}
	return k, nil
}

// DeleteAccessKey deletes an access key. It fails with NotFound.
func (s *Service) DeleteAccessKey(ctx context.Context, by Actor, id string) error {
	if err := s.permit(ctx, by, DeleteAccessKey, s.scope.AccessKey(id)); err != nil {
		return err
	}
	now := s.Now()
	return s.update(ctx, func(q Queries) error {
		k, err := s.accessKey(q, id)
		if err != nil {
			return err
		}
		if _, err := q.DeleteAccessKey(id, now); err != nil {
			return err
		}
		return s.record(q, by, DeleteAccessKey, s.scope.AccessKey(id),
			AuditChange{Field: FieldName, Before: k.Name}, AuditChange{Field: FieldRole, Before: string(k.Role)})
	})
}

// AccessKeySecret returns who signs with an access key, and its secret to verify
// the signature with. It fails with Denied: Unknown when there is no such key or
// it is disabled, and with Sealed when the secret cannot be decrypted.
func (s *Service) AccessKeySecret(ctx context.Context, id string) (Actor, string, error) {
	var k AccessKey
	var secret string
	err := s.view(ctx, func(q Queries) (err error) {
		if k, err = q.AccessKey(id); err != nil {
			return err
		}
		if !k.DisabledAt.IsZero() {
			return ErrMissing
		}
		secret, err = q.AccessKeySecret(id)
		return err
	})
	if errors.Is(err, ErrMissing) {
		err = &Error{Kind: Denied, Reason: Unknown, Message: "There is no access key with this id that may be used."}
	}
	if err != nil {
		return Actor{}, "", err
	}
	return Actor{Door: API, Principal: k.ID, Name: k.Name, Role: k.Role}, secret, nil
}

// keyUsedEach is how often the use of an access key is written down.
const keyUsedEach = time.Minute

// UseAccessKey writes down that an access key was used, at most once a minute.
// One that is gone in the meantime is no error.
func (s *Service) UseAccessKey(ctx context.Context, id string) error {
	now := s.Now()
	var k AccessKey
	err := s.view(ctx, func(q Queries) (err error) {
		k, err = q.AccessKey(id)
		return err
	})
	if errors.Is(err, ErrMissing) {
		return nil
	}
	if err != nil || Elapsed(k.UsedAt, now) < keyUsedEach {
		return err
	}
	return s.update(ctx, func(q Queries) error { return q.SetAccessKeyUsed(id, now) })
}
