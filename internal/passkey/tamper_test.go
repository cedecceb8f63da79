package passkey_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"callbook/internal/passkey"
	"callbook/internal/passkey/passkeytest"
)

// lies are what both ceremonies must not believe, each a change of one thing.
var lies = map[string]func(*passkeytest.Device){
	"other origin":        func(dev *passkeytest.Device) { dev.Origin = "http://localhost:9090" },
	"other scheme":        func(dev *passkeytest.Device) { dev.Origin = "https://localhost:8080" },
	"origin below":        func(dev *passkeytest.Device) { dev.Origin = "http://evil.localhost:8080" },
	"no origin":           func(dev *passkeytest.Device) { dev.Origin = "" },
	"other rp id":         func(dev *passkeytest.Device) { dev.RPID = "example.org" },
	"other challenge":     func(dev *passkeytest.Device) { dev.Challenge = passkeytest.Encode(make([]byte, 32)) },
	"other ceremony":      func(dev *passkeytest.Device) { dev.Kind = "payment.get" },
	"user not verified":   func(dev *passkeytest.Device) { dev.Flags &^= passkeytest.Verified },
	"user not present":    func(dev *passkeytest.Device) { dev.Flags &^= passkeytest.Present },
	"impossible backup":   func(dev *passkeytest.Device) { dev.Flags |= passkeytest.BackedUp },
	"client data missing": func(dev *passkeytest.Device) { dev.More = map[string]any{"clientDataJSON": ""} },
	"client data changed": func(dev *passkeytest.Device) {
		dev.More = map[string]any{"clientDataJSON": passkeytest.Encode([]byte(`{}`))}
	},
}

func TestRegistrationBelievesNoLie(t *testing.T) {
	own := map[string]func(*passkeytest.Device){
		"attestation missing": func(dev *passkeytest.Device) { dev.More = map[string]any{"attestationObject": ""} },
		"attestation cut off": func(dev *passkeytest.Device) {
			dev.More = map[string]any{"attestationObject": passkeytest.Encode([]byte{0xa3, 0x63})}
		},
		"answer of a sign-in": func(dev *passkeytest.Device) { dev.Kind = "webauthn.get" },
		"endless id":          func(dev *passkeytest.Device) { dev.ID = bytes.Repeat([]byte("x"), 1100) },
	}
	for _, all := range []map[string]func(*passkeytest.Device){lies, own} {
		for name, lie := range all {
			d, dev := newDesk(t), passkeytest.NewDevice(t, origin)
			options, begun, err := d.BeginRegistration(d.user)
			if err != nil {
				t.Fatal(err)
			}
			lie(dev)
			if got, err := d.FinishRegistration(d.user, begun, dev.Register(options)); !errors.Is(err, passkey.ErrInvalid) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

func TestSignInBelievesNoLie(t *testing.T) {
	own := map[string]func(*passkeytest.Device){
		"other key":            func(dev *passkeytest.Device) { dev.Key = passkeytest.NewDevice(dev.T, origin).Key },
		"answer to be a maker": func(dev *passkeytest.Device) { dev.Kind = "webauthn.create" },
		"no user handle":       func(dev *passkeytest.Device) { dev.More = map[string]any{"userHandle": ""} },
		"no signature":         func(dev *passkeytest.Device) { dev.More = map[string]any{"signature": ""} },
		"authenticator changed": func(dev *passkeytest.Device) {
			dev.More = map[string]any{"authenticatorData": passkeytest.Encode(dev.Data(passkeytest.Present|passkeytest.Verified, 0))}
		},
		"count not signed": func(dev *passkeytest.Device) {
			other := *dev
			other.Count = 99
			dev.More = map[string]any{"authenticatorData": passkeytest.Encode(other.Data(passkeytest.Present | passkeytest.Verified))}
		},
	}
	for _, all := range []map[string]func(*passkeytest.Device){lies, own} {
		for name, lie := range all {
			d, dev := registered(t)
			options, begun, err := d.BeginSignIn()
			if err != nil {
				t.Fatal(err)
			}
			lie(dev)
			if got, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); !errors.Is(err, passkey.ErrInvalid) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

func TestUnknownPasskeyIsTheCallersError(t *testing.T) {
	for name, change := range map[string]func(*passkeytest.Device){
		"other id":     func(dev *passkeytest.Device) { dev.ID = []byte("other") },
		"other handle": func(dev *passkeytest.Device) { dev.Handle = []byte("other") },
	} {
		d, dev := registered(t)
		options, begun, _ := d.BeginSignIn()
		change(dev)
		if _, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); !errors.Is(err, errNobody) || errors.Is(err, passkey.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPasskeyOpensNoOtherAccount(t *testing.T) {
	d, dev := registered(t)
	bob := passkey.User{Handle: []byte("handle of bob"), Name: "bob@example.org"}
	for name, found := range map[string]passkey.User{
		"somebody else with her passkey": {Handle: bob.Handle, Credentials: d.user.Credentials},
		"herself without it":             {Handle: d.user.Handle},
		"nobody":                         {},
	} {
		options, begun, _ := d.BeginSignIn()
		if got, err := d.FinishSignIn(begun, dev.SignIn(options), func(_, _ []byte) (passkey.User, error) { return found, nil }); !errors.Is(err, passkey.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	options, begun, _ := d.BeginRegistration(d.user)
	if _, err := d.FinishRegistration(bob, begun, passkeytest.NewDevice(t, origin).Register(options)); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("another user's registration fails with %v", err)
	}
}

func TestAnswerIsGoodForItsOwnCeremonyAlone(t *testing.T) {
	d, dev := registered(t)
	options, _, _ := d.BeginSignIn()
	answer := dev.SignIn(options)
	_, later, _ := d.BeginSignIn()
	if _, err := d.FinishSignIn(later, answer, d.find); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("an answer again fails with %v", err)
	}
	made, registration, _ := d.BeginRegistration(d.user)
	if _, err := d.FinishSignIn(registration, dev.SignIn(made), d.find); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a registration's ceremony fails a sign-in with %v", err)
	}
	_, signIn, _ := d.BeginSignIn()
	if _, err := d.FinishRegistration(d.user, signIn, passkeytest.NewDevice(t, origin).Register(made)); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a sign-in's ceremony fails a registration with %v", err)
	}
	for _, begun := range []string{"", "{}", "null", "x"} {
		if _, err := d.FinishSignIn([]byte(begun), answer, d.find); !errors.Is(err, passkey.ErrCeremony) {
			t.Errorf("ceremony %q fails with %v", begun, err)
		}
	}
}

func TestCeremonyEndsAfterFiveMinutes(t *testing.T) {
	d, dev := registered(t)
	options, begun, _ := d.BeginSignIn()
	making, registration, _ := d.BeginRegistration(d.user)
	other := passkeytest.NewDevice(t, origin)
	d.clock = noon.Add(5 * time.Minute)
	if _, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a sign-in fails with %v", err)
	}
	if _, err := d.FinishRegistration(d.user, registration, other.Register(making)); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a registration fails with %v", err)
	}
	d.clock = noon.Add(5*time.Minute - time.Second)
	if _, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); err != nil {
		t.Errorf("a second earlier a sign-in fails with %v", err)
	}
	if _, err := d.FinishRegistration(d.user, registration, other.Register(making)); err != nil {
		t.Errorf("a second earlier a registration fails with %v", err)
	}
}

func TestEndlessAnswerIsNotRead(t *testing.T) {
	d, dev := registered(t)
	options, begun, _ := d.BeginSignIn()
	padded := append(dev.SignIn(options), strings.Repeat(" ", passkey.MaxResponseBytes)...)
	if _, err := d.FinishSignIn(begun, padded, d.find); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("a sign-in fails with %v", err)
	}
	making, registration, _ := d.BeginRegistration(d.user)
	padded = append(passkeytest.NewDevice(t, origin).Register(making), strings.Repeat(" ", passkey.MaxResponseBytes)...)
	if _, err := d.FinishRegistration(d.user, registration, padded); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("a registration fails with %v", err)
	}
}
