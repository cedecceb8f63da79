package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// CeremonyKind says what a ceremony is for. One for a registration is none for a
// sign-in.
type CeremonyKind string

// The ceremonies, each of which begins here, goes on elsewhere and comes back.
const (
	OpenIDSignIn        CeremonyKind = "openid_sign_in"
	PasskeySignIn       CeremonyKind = "passkey_sign_in"
	PasskeyRegistration CeremonyKind = "passkey_registration"
)

// CeremonyTTL is how long a ceremony may take.
const CeremonyTTL = 10 * time.Minute

// maxCeremonyBytes is how many bytes a ceremony may leave here.
const maxCeremonyBytes = 64 << 10

var errCeremonyData = errors.New("oncall: a ceremony has more data than is kept")

// BeginCeremony keeps what a ceremony needs when it comes back, and returns the
// token to come back with.
func (a *Accounts) BeginCeremony(ctx context.Context, kind CeremonyKind, data []byte) (string, error) {
	if len(data) > maxCeremonyBytes {
		return "", oncall.Fault(errCeremonyData)
	}
	token, now := oncall.NewToken(), a.Now()
	err := a.store.Update(ctx, func(q Queries) error {
		if err := a.Purge(q, now, purgeBatchSize); err != nil {
			return err
		}
		return q.InsertCeremony(oncall.TokenKey(token), kind, data, now.Add(CeremonyTTL))
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// TakeCeremony returns what a ceremony left, once. It fails with NotFound.
func (a *Accounts) TakeCeremony(ctx context.Context, kind CeremonyKind, token string) ([]byte, error) {
	now := a.Now()
	var data []byte
	err := a.store.Update(ctx, func(q Queries) (err error) {
		data, err = q.TakeCeremony(oncall.TokenKey(token), kind, now)
		if errors.Is(err, oncall.ErrMissing) {
			return &oncall.Error{Kind: oncall.NotFound, Message: "This took too long, or was finished already: begin again."}
		}
		return err
	})
	return data, err
}
