package passkey_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/internal/passkey"
	"callbook/internal/passkey/passkeytest"

	"github.com/google/go-cmp/cmp"
)

const origin = "http://localhost:8080"

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// desk is a Site with a settable clock and one user.
type desk struct {
	*passkey.Site
	clock time.Time
	user  passkey.User
}

func newDesk(t testing.TB) *desk {
	d := &desk{clock: noon, user: passkey.User{Handle: []byte("handle of ana"), Name: "ana@example.org", DisplayName: "Ana López"}}
	site, err := passkey.New(passkey.Options{Origin: origin, DisplayName: "Callbook", Now: func() time.Time { return d.clock }})
	if err != nil {
		t.Fatal(err)
	}
	d.Site = site
	return d
}

// registered returns a desk whose user has the passkey of the device.
func registered(t testing.TB) (*desk, *passkeytest.Device) {
	t.Helper()
	d, dev := newDesk(t), passkeytest.NewDevice(t, origin)
	options, begun, err := d.BeginRegistration(d.user)
	if err != nil {
		t.Fatal(err)
	}
	made, err := d.FinishRegistration(d.user, begun, dev.Register(options))
	if err != nil {
		t.Fatal(err)
	}
	made.Name = "Ana's phone"
	d.user.Credentials = []passkey.Credential{made}
	return d, dev
}

// find finds the one user, after their passkeys have been in the database.
func (d *desk) find(handle, id []byte) (passkey.User, error) {
	if string(handle) != string(d.user.Handle) || string(id) != string(d.user.Credentials[0].ID) {
		return passkey.User{}, errNobody
	}
	column, err := json.Marshal(d.user.Credentials)
	if err != nil {
		return passkey.User{}, err
	}
	stored := d.user
	return stored, json.Unmarshal(column, &stored.Credentials)
}

var errNobody = errors.New("nobody has this passkey")

func TestPersonSignsInByPasskey(t *testing.T) {
	d, dev := registered(t)
	want := passkey.Credential{
		ID: dev.ID, PublicKey: d.user.Credentials[0].PublicKey, Transports: []string{"internal", "hybrid"},
		AAGUID: make([]byte, 16), Name: "Ana's phone", Created: noon, UserVerified: true,
	}
	if diff := cmp.Diff(want, d.user.Credentials[0]); diff != "" {
		t.Errorf("registered: %s", diff)
	}
	options, begun, err := d.BeginSignIn()
	if err != nil {
		t.Fatal(err)
	}
	dev.Count = 7
	want.SignCount = 7
	used, err := d.FinishSignIn(begun, dev.SignIn(options), d.find)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(passkey.Used{UserHandle: d.user.Handle, Credential: want}, used); diff != "" {
		t.Errorf("used: %s", diff)
	}
}

func TestRegistrationAsksForWhatSignInNeeds(t *testing.T) {
	d, dev := registered(t)
	text, _, err := d.BeginRegistration(d.user)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "challenge")
	want := map[string]any{
		"rp":                     map[string]any{"id": "localhost", "name": "Callbook"},
		"user":                   map[string]any{"id": passkeytest.Encode(d.user.Handle), "name": "ana@example.org", "displayName": "Ana López"},
		"timeout":                300000.0,
		"attestation":            "none",
		"authenticatorSelection": map[string]any{"residentKey": "required", "requireResidentKey": true, "userVerification": "required"},
		"excludeCredentials":     []any{map[string]any{"id": passkeytest.Encode(dev.ID), "type": "public-key", "transports": []any{"internal", "hybrid"}}},
		"pubKeyCredParams": []any{
			map[string]any{"type": "public-key", "alg": -8.0}, map[string]any{"type": "public-key", "alg": -7.0}, map[string]any{"type": "public-key", "alg": -257.0},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestSignInAsksNobodyInParticular(t *testing.T) {
	d, _ := registered(t)
	text, _, err := d.BeginSignIn()
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	delete(got, "challenge")
	if diff := cmp.Diff(map[string]any{"rpId": "localhost", "timeout": 300000.0, "userVerification": "required"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCountGoingBackIsTold(t *testing.T) {
	d, dev := registered(t)
	d.user.Credentials[0].SignCount = 7
	for count, want := range map[uint32]struct {
		clone bool
		kept  uint32
	}{6: {true, 7}, 7: {true, 7}, 0: {true, 7}, 8: {false, 8}} {
		options, begun, _ := d.BeginSignIn()
		dev.Count = count
		used, err := d.FinishSignIn(begun, dev.SignIn(options), d.find)
		if err != nil || used.CloneWarning != want.clone || used.Credential.SignCount != want.kept {
			t.Errorf("%d after 7: %v, kept %d, %v", count, used.CloneWarning, used.Credential.SignCount, err)
		}
	}
}

func TestDeviceThatDoesNotCountIsNoClone(t *testing.T) {
	d, dev := registered(t)
	options, begun, _ := d.BeginSignIn()
	if used, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); err != nil || used.CloneWarning {
		t.Errorf("%v, %v", used.CloneWarning, err)
	}
}

func TestBackupIsFollowedAndItsKindIsFixed(t *testing.T) {
	d, dev := newDesk(t), passkeytest.NewDevice(t, origin)
	dev.Flags |= passkeytest.BackupEligible
	options, begun, _ := d.BeginRegistration(d.user)
	made, err := d.FinishRegistration(d.user, begun, dev.Register(options))
	if err != nil || !made.BackupEligible || made.BackedUp {
		t.Fatalf("%+v, %v", made, err)
	}
	d.user.Credentials = []passkey.Credential{made}

	dev.Flags |= passkeytest.BackedUp
	options, begun, _ = d.BeginSignIn()
	if used, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); err != nil || !used.Credential.BackedUp {
		t.Errorf("%+v, %v", used, err)
	}
	dev.Flags &^= passkeytest.BackupEligible | passkeytest.BackedUp
	options, begun, _ = d.BeginSignIn()
	if _, err := d.FinishSignIn(begun, dev.SignIn(options), d.find); !errors.Is(err, passkey.ErrInvalid) {
		t.Errorf("a passkey of another kind fails with %v", err)
	}
}

func TestPasskeysNeedANameAndAnEncryptedWay(t *testing.T) {
	for address, want := range map[string]string{
		"https://callbook.example.org":           "",
		"https://callbook.example.org:8443/base": "",
		"http://localhost:8080":                  "",
		"http://callbook.localhost":              "",
		"http://127.0.0.1:8080":                  "127.0.0.1 is an IP address, and passkeys need a host name, such as localhost",
		"https://192.0.2.7":                      "192.0.2.7 is an IP address, and passkeys need a host name, such as localhost",
		"https://[::1]:8443":                     "::1 is an IP address, and passkeys need a host name, such as localhost",
		"http://callbook.example.org":            "it is not reached by https",
		"https://callbook":                       "callbook is not a valid host name", // the library wants a dot in it
		"https://call..book":                     "call..book is not a valid host name",
	} {
		site, err := passkey.New(passkey.Options{Origin: address, DisplayName: "Callbook"})
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		err = site.Usable()
		if want == "" && err == nil {
			continue
		}
		if !errors.Is(err, passkey.ErrUnusable) || !strings.Contains(err.Error(), want) || want == "" {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
		_, _, err1 := site.BeginSignIn()
		_, _, err2 := site.BeginRegistration(passkey.User{Handle: []byte("x")})
		_, err3 := site.FinishSignIn(nil, nil, nil)
		_, err4 := site.FinishRegistration(passkey.User{}, nil, nil)
		if got := []error{err1, err2, err3, err4}; slices.ContainsFunc(got, func(e error) bool { return !errors.Is(e, passkey.ErrUnusable) }) {
			t.Errorf("%s: %v", address, got)
		}
	}
	for _, address := range []string{"", "localhost:8080", "callbook.example.org", "ftp://callbook.example.org", "https://", "://"} {
		if _, err := passkey.New(passkey.Options{Origin: address}); err == nil {
			t.Errorf("%q is taken", address)
		}
	}
}

func TestImpliedPortIsNoPartOfTheOrigin(t *testing.T) {
	site, err := passkey.New(passkey.Options{Origin: "https://Callbook.example.org:443/", DisplayName: "Callbook"})
	if err != nil {
		t.Fatal(err)
	}
	dev := passkeytest.NewDevice(t, origin)
	dev.RPID, dev.Origin = "callbook.example.org", "https://callbook.example.org"
	user := passkey.User{Handle: []byte("x"), Name: "ana@example.org"}
	options, begun, _ := site.BeginRegistration(user)
	if _, err := site.FinishRegistration(user, begun, dev.Register(options)); err != nil {
		t.Error(err)
	}
}
