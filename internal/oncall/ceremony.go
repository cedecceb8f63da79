package oncall

import (
	"context"
	"errors"
	"time"
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

// CeremonyKeep is how long a ceremony may take.
const CeremonyKeep = 10 * time.Minute

// mostCeremonyData is how many bytes a ceremony may leave here.
const mostCeremonyData = 64 << 10

var errCeremonyData = errors.New("oncall: a ceremony has more data than is kept")

// BeginCeremony keeps what a ceremony needs when it comes back, and returns the
// token to come back with.
func (s *Service) BeginCeremony(ctx context.Context, kind CeremonyKind, data []byte) (string, error) {
	if len(data) > mostCeremonyData {
		return "", Fault(errCeremonyData)
	}
	token, now := newToken(), s.Now()
	err := s.update(ctx, func(q Queries) error {
		if err := s.purge(q, now, swept); err != nil {
			return err
		}
		return q.InsertCeremony(keyOf(token), kind, data, now.Add(CeremonyKeep))
	})
	if err != nil {
		return "", err
	}
	return token, nil
}

// TakeCeremony returns what a ceremony left, once. It fails with NotFound.
func (s *Service) TakeCeremony(ctx context.Context, kind CeremonyKind, token string) ([]byte, error) {
	now := s.Now()
	var data []byte
	err := s.update(ctx, func(q Queries) (err error) {
		data, err = q.TakeCeremony(keyOf(token), kind, now)
		if errors.Is(err, ErrMissing) {
			return &Error{Kind: NotFound, Message: "This took too long, or was finished already: begin again."}
		}
		return err
	})
	return data, err
}
