package passkey_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"callbook/internal/passkey"
)

// lies are what both ceremonies must not believe, each a change of one thing.
var lies = map[string]func(*device){
	"other origin":        func(dev *device) { dev.origin = "http://localhost:9090" },
	"other scheme":        func(dev *device) { dev.origin = "https://localhost:8080" },
	"origin below":        func(dev *device) { dev.origin = "http://evil.localhost:8080" },
	"no origin":           func(dev *device) { dev.origin = "" },
	"other rp id":         func(dev *device) { dev.rpID = "example.org" },
	"other challenge":     func(dev *device) { dev.challenge = encode(make([]byte, 32)) },
	"other ceremony":      func(dev *device) { dev.kind = "payment.get" },
	"user not verified":   func(dev *device) { dev.flags &^= verified },
	"user not present":    func(dev *device) { dev.flags &^= present },
	"impossible backup":   func(dev *device) { dev.flags |= backedUp },
	"client data missing": func(dev *device) { dev.more = map[string]any{"clientDataJSON": ""} },
	"client data changed": func(dev *device) { dev.more = map[string]any{"clientDataJSON": encode([]byte(`{}`))} },
}

func TestRegistrationBelievesNoLie(t *testing.T) {
	own := map[string]func(*device){
		"attestation missing": func(dev *device) { dev.more = map[string]any{"attestationObject": ""} },
		"attestation cut off": func(dev *device) { dev.more = map[string]any{"attestationObject": encode([]byte{0xa3, 0x63})} },
		"answer of a sign-in": func(dev *device) { dev.kind = "webauthn.get" },
		"endless id":          func(dev *device) { dev.id = bytes.Repeat([]byte("x"), 1100) },
	}
	for _, all := range []map[string]func(*device){lies, own} {
		for name, lie := range all {
			d, dev := newDesk(t), newDevice(t)
			options, begun, err := d.BeginRegistration(d.user)
			if err != nil {
				t.Fatal(err)
			}
			lie(dev)
			if got, err := d.FinishRegistration(d.user, begun, dev.register(options)); !errors.Is(err, passkey.ErrInvalid) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

func TestSignInBelievesNoLie(t *testing.T) {
	own := map[string]func(*device){
		"other key":            func(dev *device) { dev.key = newDevice(dev.t).key },
		"answer to be a maker": func(dev *device) { dev.kind = "webauthn.create" },
		"no user handle":       func(dev *device) { dev.more = map[string]any{"userHandle": ""} },
		"no signature":         func(dev *device) { dev.more = map[string]any{"signature": ""} },
		"authenticator changed": func(dev *device) {
			dev.more = map[string]any{"authenticatorData": encode(dev.data(present|verified, 0))}
		},
		"count not signed": func(dev *device) {
			other := *dev
			other.count = 99
			dev.more = map[string]any{"authenticatorData": encode(other.data(present | verified))}
		},
	}
	for _, all := range []map[string]func(*device){lies, own} {
		for name, lie := range all {
			d, dev := registered(t)
			options, begun, err := d.BeginSignIn()
			if err != nil {
				t.Fatal(err)
			}
			lie(dev)
			if got, err := d.FinishSignIn(begun, dev.signIn(options), d.find); !errors.Is(err, passkey.ErrInvalid) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
		}
	}
}

func TestUnknownPasskeyIsTheCallersError(t *testing.T) {
	for name, change := range map[string]func(*device){
		"other id":     func(dev *device) { dev.id = []byte("other") },
		"other handle": func(dev *device) { dev.handle = []byte("other") },
	} {
		d, dev := registered(t)
		options, begun, _ := d.BeginSignIn()
		change(dev)
		if _, err := d.FinishSignIn(begun, dev.signIn(options), d.find); !errors.Is(err, errNobody) || errors.Is(err, passkey.ErrInvalid) {
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
		if got, err := d.FinishSignIn(begun, dev.signIn(options), func(_, _ []byte) (passkey.User, error) { return found, nil }); !errors.Is(err, passkey.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	options, begun, _ := d.BeginRegistration(d.user)
	if _, err := d.FinishRegistration(bob, begun, newDevice(t).register(options)); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("another user's registration fails with %v", err)
	}
}

func TestAnswerIsGoodForItsOwnCeremonyAlone(t *testing.T) {
	d, dev := registered(t)
	options, _, _ := d.BeginSignIn()
	answer := dev.signIn(options)
	_, later, _ := d.BeginSignIn()
	if _, err := d.FinishSignIn(later, answer, d.find); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("an answer again fails with %v", err)
	}
	made, registration, _ := d.BeginRegistration(d.user)
	if _, err := d.FinishSignIn(registration, dev.signIn(made), d.find); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a registration's ceremony fails a sign-in with %v", err)
	}
	_, signIn, _ := d.BeginSignIn()
	if _, err := d.FinishRegistration(d.user, signIn, newDevice(t).register(made)); !errors.Is(err, passkey.ErrCeremony) {
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
	other := newDevice(t)
	d.clock = noon.Add(5 * time.Minute)
	if _, err := d.FinishSignIn(begun, dev.signIn(options), d.find); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a sign-in fails with %v", err)
	}
	if _, err := d.FinishRegistration(d.user, registration, other.register(making)); !errors.Is(err, passkey.ErrCeremony) {
		t.Errorf("a registration fails with %v", err)
	}
	d.clock = noon.Add(5*time.Minute - time.Second)
	if _, err := d.FinishSignIn(begun, dev.signIn(options), d.find); err != nil {
		t.Errorf("a second earlier a sign-in fails with %v", err)
	}
	if _, err := d.FinishRegistration(d.user, registration, other.register(making)); err != nil {
		t.Errorf("a second earlier a registration fails with %v", err)
	}
}

func TestEndlessAnswerIsNotRead(t *testing.T) {
	d, dev := registered(t)
	options, begun, _ := d.BeginSignIn()
	padded := append(dev.signIn(options), strings.Repeat(" ", passkey.MaxResponse)...)
	if _, err := d.FinishSignIn(begun, padded, d.find); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("a sign-in fails with %v", err)
	}
	making, registration, _ := d.BeginRegistration(d.user)
	padded = append(newDevice(t).register(making), strings.Repeat(" ", passkey.MaxResponse)...)
	if _, err := d.FinishRegistration(d.user, registration, padded); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("a registration fails with %v", err)
	}
}
