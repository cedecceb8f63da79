package account

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"errors"
	"regexp"
	"slices"
	"strings"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// keyNameForm is IAM's pattern for user names. The name is the last part of the ARN by
// which AWS names the caller when it denies access.
var keyNameForm = regexp.MustCompile(`^[\w+=,.@-]{1,64}$`)

// newKeyID returns an id in the form of AWS, which SDKs and secret scanners recognise.
func newKeyID() string {
	return "AKIA" + base32.StdEncoding.EncodeToString(oncall.RandomBytes(10))
}

// newKeySecret returns a secret in the form of AWS: 240 random bits.
func newKeySecret() string { return base64.StdEncoding.EncodeToString(oncall.RandomBytes(30)) }

// NewAccessKey is the input of CreateAccessKey.
type NewAccessKey struct {
	Name  string
	Role  oncall.Role
	Token string // the idempotency token, or empty
}

// check returns every rule that the new access key breaks.
func (in NewAccessKey) check() []oncall.FieldError {
	var fields []oncall.FieldError
	switch {
	case in.Name == "":
		fields = append(fields, oncall.FieldError{Field: oncall.FieldName, Reason: oncall.Required, Message: "Enter a name for the access key, for example ci."})
	case len(in.Name) > 64:
		fields = append(fields, oncall.FieldError{Field: oncall.FieldName, Reason: oncall.TooLong, Message: "Use at most 64 characters for the name of an access key."})
	case !keyNameForm.MatchString(in.Name):
		fields = append(fields, oncall.FieldError{Field: oncall.FieldName, Reason: oncall.Pattern,
			Message: "Use only the letters a to z and A to Z, digits and the characters _ + = , . @ - in the name of an access key."})
	}
	fields = append(fields, checkRole(in.Role)...)
	return append(fields, oncall.CheckToken(in.Token)...)
}

// CreateAccessKey creates an access key and returns it with its secret. The secret cannot
// be read again later. The same idempotency token with the same input returns the same key,
// and "" for the secret. It fails with Denied, Invalid, Conflict: TokenReused, and with
// Sealed if the secret cannot be encrypted.
func (a *Accounts) CreateAccessKey(ctx context.Context, by oncall.Actor, in NewAccessKey) (oncall.AccessKey, string, error) {
	if err := a.PermitOn(ctx, by, oncall.CreateAccessKey, ""); err != nil {
		return oncall.AccessKey{}, "", err
	}
	if fields := in.check(); len(fields) > 0 {
		return oncall.AccessKey{}, "", oncall.InvalidError(fields...)
	}
	fresh := oncall.AccessKey{ID: newKeyID(), Name: in.Name, Role: in.Role, MakerName: oncall.Truncated(by.Name, oncall.MaxActorLen), CreatedAt: a.Now()}
	if by.Door == oncall.Browser {
		fresh.Maker = by.Principal
	}
	secret := newKeySecret()
	request := oncall.NewRequest(by, string(oncall.CreateAccessKey), in.Token, in.Name, in.Role)
	var k oncall.AccessKey
	err := a.store.Update(ctx, func(q Queries) error {
		k = fresh
		arn := a.Scope().AccessKey(k.ID)
		first, err := access.Remember(q, request, arn, k.CreatedAt)
		if err != nil {
			return err
		}
		if first != "" {
			k, err = a.accessKey(q, strings.TrimPrefix(string(first), string(a.Scope().AccessKey(""))))
			return err
		}
		if err := q.InsertAccessKey(k, secret, request); err != nil {
			return err
		}
		return a.Record(q, by, oncall.CreateAccessKey, arn,
			oncall.AuditChange{Field: oncall.FieldName, After: k.Name}, oncall.AuditChange{Field: oncall.FieldRole, After: string(k.Role)})
	})
	switch {
	case err != nil:
		return oncall.AccessKey{}, "", err
	case k.ID != fresh.ID:
		return k, "", nil
	}
	return k, secret, nil
}

func (a *Accounts) accessKey(q Queries, id string) (oncall.AccessKey, error) {
	k, err := q.AccessKey(id)
	if errors.Is(err, oncall.ErrMissing) {
		return oncall.AccessKey{}, a.keyMissing(id)
	}
	return k, err
}

func (a *Accounts) keyMissing(id string) *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Message: "There is no such access key, or no longer.", Resource: a.Scope().AccessKey(id)}
}

// AccessKeys returns every access key by name and creation, as one snapshot. It fails with
// Denied.
func (a *Accounts) AccessKeys(ctx context.Context, by oncall.Actor) ([]oncall.AccessKey, error) {
	if err := a.PermitOn(ctx, by, oncall.ListAccessKeys, ""); err != nil {
		return nil, err
	}
	var keys []oncall.AccessKey
	err := a.store.View(ctx, func(q Queries) (err error) {
		keys, err = allAccessKeys(q)
		return err
	})
	slices.SortFunc(keys, func(x, y oncall.AccessKey) int {
		if c := strings.Compare(x.Name, y.Name); c != 0 {
			return c
		}
		return x.CreatedAt.Compare(y.CreatedAt)
	})
	return keys, err
}

// allAccessKeys returns every access key by id.
func allAccessKeys(q Queries) (keys []oncall.AccessKey, err error) {
	for after := ""; ; after = keys[len(keys)-1].ID {
		batch, err := q.AccessKeys(after, listBatchSize)
		keys = append(keys, batch...)
		if err != nil || len(batch) < listBatchSize {
			return keys, err
		}
	}
}

// AccessKeysOf returns the access keys that a user made and that are enabled, by name and
// creation. It fails with Denied.
func (a *Accounts) AccessKeysOf(ctx context.Context, by oncall.Actor, user string) ([]oncall.AccessKey, error) {
	keys, err := a.AccessKeys(ctx, by)
	return slices.DeleteFunc(keys, func(k oncall.AccessKey) bool { return !isEnabledKeyOf(k, user) }), err
}

func isEnabledKeyOf(k oncall.AccessKey, user string) bool {
	return k.Maker == user && k.Maker != "" && k.DisabledAt.IsZero()
}

// disableKeysOf disables the access keys that a user made.
func (a *Accounts) disableKeysOf(q Queries, by oncall.Actor, user string, now time.Time) error {
	keys, err := allAccessKeys(q)
	if err != nil {
		return err
	}
	for _, k := range keys {
		if !isEnabledKeyOf(k, user) {
			continue
		}
		if err := a.disableKey(q, by, k, now); err != nil {
			return err
		}
	}
	return nil
}

// disableKey disables an access key at a time, or enables it at the zero time.
func (a *Accounts) disableKey(q Queries, by oncall.Actor, k oncall.AccessKey, at time.Time) error {
	if err := q.SetAccessKeyDisabled(k.ID, at); err != nil {
		return err
	}
	return a.Record(q, by, oncall.UpdateAccessKey, a.Scope().AccessKey(k.ID),
		oncall.AuditChange{Field: oncall.FieldState, Before: oncall.StateWord(at.IsZero()), After: oncall.StateWord(!at.IsZero())})
}

// AccessKeyChange is the input of UpdateAccessKey.
type AccessKeyChange struct {
	ID       string
	Disabled bool
}

// UpdateAccessKey disables or enables an access key and returns its new state. It fails
// with Denied and NotFound.
func (a *Accounts) UpdateAccessKey(ctx context.Context, by oncall.Actor, in AccessKeyChange) (oncall.AccessKey, error) {
	if err := a.PermitOn(ctx, by, oncall.UpdateAccessKey, a.Scope().AccessKey(in.ID)); err != nil {
		return oncall.AccessKey{}, err
	}
	now := a.Now()
	var k oncall.AccessKey
	err := a.store.Update(ctx, func(q Queries) (err error) {
		if k, err = a.accessKey(q, in.ID); err != nil || in.Disabled != k.DisabledAt.IsZero() {
			return err
		}
		k.DisabledAt = time.Time{}
		if in.Disabled {
			k.DisabledAt = now
		}
		return a.disableKey(q, by, k, k.DisabledAt)
	})
	if err != nil {
		return oncall.AccessKey{}, err
	}
	return k, nil
}

// DeleteAccessKey deletes an access key. It fails with Denied and NotFound.
func (a *Accounts) DeleteAccessKey(ctx context.Context, by oncall.Actor, id string) error {
	if err := a.PermitOn(ctx, by, oncall.DeleteAccessKey, a.Scope().AccessKey(id)); err != nil {
		return err
	}
	now := a.Now()
	return a.store.Update(ctx, func(q Queries) error {
		k, err := a.accessKey(q, id)
		if err != nil {
			return err
		}
		if _, err := q.DeleteAccessKey(id, now); err != nil {
			return err
		}
		return a.Record(q, by, oncall.DeleteAccessKey, a.Scope().AccessKey(id),
			oncall.AuditChange{Field: oncall.FieldName, Before: k.Name}, oncall.AuditChange{Field: oncall.FieldRole, Before: string(k.Role)})
	})
}

// AccessKeySecret returns the actor of an access key, and the secret that verifies its
// signatures. It fails with Denied: Unknown if the key does not exist or is disabled, and
// with Sealed if the secret cannot be decrypted.
func (a *Accounts) AccessKeySecret(ctx context.Context, id string) (oncall.Actor, string, error) {
	var k oncall.AccessKey
	var secret string
	err := a.store.View(ctx, func(q Queries) (err error) {
		if k, err = q.AccessKey(id); err != nil {
			return err
		}
		if !k.DisabledAt.IsZero() {
			return oncall.ErrMissing
		}
		secret, err = q.AccessKeySecret(id)
		return err
	})
	if errors.Is(err, oncall.ErrMissing) {
		err = &oncall.Error{Kind: oncall.Denied, Reason: oncall.Unknown, Message: "There is no access key with this id that may be used."}
	}
	if err != nil {
		return oncall.Actor{}, "", err
	}
	return oncall.Actor{Door: oncall.API, Principal: k.ID, Name: k.Name, Role: k.Role}, secret, nil
}

// keyUseInterval is the shortest time between two recorded uses of an access key.
const keyUseInterval = time.Minute

// UseAccessKey stores the time at which an access key was used, at most once a minute. It
// ignores a key that does not exist.
func (a *Accounts) UseAccessKey(ctx context.Context, id string) error {
	now := a.Now()
	var k oncall.AccessKey
	err := a.store.View(ctx, func(q Queries) (err error) {
		k, err = q.AccessKey(id)
		return err
	})
	if errors.Is(err, oncall.ErrMissing) {
		return nil
	}
	if err != nil || oncall.Elapsed(k.UsedAt, now) < keyUseInterval {
		return err
	}
	return a.store.Update(ctx, func(q Queries) error { return q.SetAccessKeyUsed(id, now) })
}
