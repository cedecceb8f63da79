package account

import (
	"context"
	"errors"
	"time"

	"callbook/internal/oncall"
)

// CeremonyKind is the purpose of a ceremony. A ceremony continues in the user's device or
// at a provider and then returns to Callbook.
type CeremonyKind string

// The ceremonies.
const (
	OpenIDSignIn        CeremonyKind = "openid_sign_in"
	PasskeySignIn       CeremonyKind = "passkey_sign_in"
	PasskeyRegistration CeremonyKind = "passkey_registration"
)

// CeremonyTTL is how long a ceremony may take.
const CeremonyTTL = 10 * time.Minute

// maxCeremonyBytes limits the stored data of a ceremony.
const maxCeremonyBytes = 64 << 10

var errCeremonyData = errors.New("account: the data of a ceremony is too long")

// BeginCeremony stores the data of a ceremony for CeremonyTTL and returns the token for
// TakeCeremony. It fails with Internal if the data is longer than 64 KiB.
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

// TakeCeremony removes a ceremony and returns its data. It fails with NotFound if the
// ceremony has ended, was taken already or is of another kind.
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
