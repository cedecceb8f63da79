package passkey_test

import (
	"errors"
	"testing"

	"callbook/internal/passkey"
	"callbook/internal/passkey/passkeytest"
)

// stage is a desk with a ceremony of each kind, and the device of its user.
type stage struct {
	*desk
	dev                  *passkeytest.Device
	options, making      []byte
	signIn, registration []byte
}

func newStage(t testing.TB) *stage {
	t.Helper()
	d, dev := registered(t)
	s := &stage{desk: d, dev: dev}
	var err1, err2 error
	s.options, s.signIn, err1 = d.BeginSignIn()
	s.making, s.registration, err2 = d.BeginRegistration(d.user)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	return s
}

// found finds the user whatever is asked for.
func (s *stage) found(_, _ []byte) (passkey.User, error) { return s.user, nil }

// The seeds answer to other challenges: nothing that grows from them is right.
func FuzzResponse(f *testing.F) {
	s := newStage(f)
	s.dev.Challenge = "AAAA"
	f.Add(s.dev.Register(s.making))
	f.Add(s.dev.SignIn(s.options))
	f.Add([]byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"attestationObject":"oA","clientDataJSON":"e30"}}`))
	f.Fuzz(func(t *testing.T, response []byte) {
		if made, err := s.FinishRegistration(s.user, s.registration, response); !errors.Is(err, passkey.ErrInvalid) {
			t.Errorf("registered %+v, %v", made, err)
		}
		if used, err := s.FinishSignIn(s.signIn, response, s.found); !errors.Is(err, passkey.ErrInvalid) {
			t.Errorf("signed in %+v, %v", used, err)
		}
	})
}

// What a device says lies deeper, in base64 and CBOR, under client data that are
// right. Anybody may register what they like; nobody signs in without the key.
func FuzzDevice(f *testing.F) {
	s := newStage(f)
	f.Add([]byte("\xa0"), s.dev.Data(passkeytest.Present|passkeytest.Verified), []byte("0"))
	f.Add([]byte("\xa3cfmtdnonegattStmt\xa0hauthData\x58\x25"), s.dev.Data(passkeytest.Present|passkeytest.Verified|passkeytest.Attested, make([]byte, 20)...), []byte{0x30, 6, 2, 1, 1, 2, 1, 1})
	f.Fuzz(func(t *testing.T, attestation, data, signature []byte) {
		dev := *s.dev
		dev.T = t
		dev.More = map[string]any{"attestationObject": passkeytest.Encode(attestation), "authenticatorData": passkeytest.Encode(data), "signature": passkeytest.Encode(signature)}
		if made, err := s.FinishRegistration(s.user, s.registration, dev.Register(s.making)); (err == nil) != (len(made.ID) > 0) {
			t.Errorf("registered %+v, %v", made, err)
		}
		if used, err := s.FinishSignIn(s.signIn, dev.SignIn(s.options), s.found); !errors.Is(err, passkey.ErrInvalid) {
			t.Errorf("signed in %+v, %v", used, err)
		}
	})
}
