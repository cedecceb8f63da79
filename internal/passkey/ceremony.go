package passkey

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// ceremony is the state that the server keeps between Begin and Finish.
type ceremony struct {
	Kind    string               `json:"kind"`
	Expires time.Time            `json:"expires"`
	Session webauthn.SessionData `json:"session"`
}

const (
	registration = "registration"
	signIn       = "sign-in"
)

// BeginRegistration starts the registration of a passkey for a signed-in user. It
// returns the options for PublicKeyCredential.parseCreationOptionsFromJSON, and the
// ceremony, which the caller keeps on the server and deletes at the first Finish,
// even if that fails. A device that already holds one of the user's passkeys does not
// create a second one. It fails with ErrUnusable.
func (s *Site) BeginRegistration(u User) (options, begun []byte, err error) {
	if s.unusable != nil {
		return nil, nil, s.unusable
	}
	known := webauthn.Credentials(account{u}.WebAuthnCredentials()).CredentialDescriptors()
	creation, session, err := s.library.BeginRegistration(account{u}, webauthn.WithExclusions(known),
		webauthn.WithCredentialParameters(webauthn.CredentialParametersRecommendedL3()))
	if err != nil {
		return nil, nil, fmt.Errorf("begin a passkey registration: %w", err)
	}
	return s.begin(registration, creation.Response, session)
}

// FinishRegistration returns the passkey that the browser created for this user. Its
// Name is empty. The caller stores it and refuses an ID that already exists. It fails
// with ErrUnusable, ErrCeremony and ErrInvalid.
func (s *Site) FinishRegistration(u User, begun, response []byte) (Credential, error) {
	session, err := s.session(registration, begun, response)
	if err != nil {
		return Credential{}, err
	}
	if !bytes.Equal(session.UserID, u.Handle) {
		return Credential{}, fmt.Errorf("%w: it belongs to another user", ErrCeremony)
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return Credential{}, invalid(err)
	}
	made, err := s.library.CreateCredential(account{u}, session, parsed)
	if err != nil {
		return Credential{}, invalid(err)
	}
	return newCredential(made, s.now()), nil
}

// BeginSignIn starts a sign-in without naming a user: the passkey on the device tells
// who signs in. It returns the options for
// PublicKeyCredential.parseRequestOptionsFromJSON, and the ceremony, which the caller
// keeps and deletes like that of BeginRegistration. It fails with ErrUnusable.
func (s *Site) BeginSignIn() (options, begun []byte, err error) {
	if s.unusable != nil {
		return nil, nil, s.unusable
	}
	assertion, session, err := s.library.BeginDiscoverableLogin()
	if err != nil {
		return nil, nil, fmt.Errorf("begin a sign-in by passkey: %w", err)
	}
	return s.begin(signIn, assertion.Response, session)
}

// Used is the result of a sign-in: the user and the passkey that signed them in.
type Used struct {
	UserHandle []byte
	Credential Credential // the caller stores it in place of the one that find returned

	// CloneWarning reports that the signature counter did not increase, so the passkey
	// may have been copied. SignCount then keeps the old value. The signature is valid,
	// and the caller decides. The safe choice is to refuse.
	CloneWarning bool
}

// FinishSignIn verifies the browser's response and returns the user and the passkey.
// find returns the user with this handle and all their passkeys, which include
// credentialID. Its error is returned unchanged. FinishSignIn also fails with
// ErrUnusable, ErrCeremony and ErrInvalid.
func (s *Site) FinishSignIn(begun, response []byte, find func(userHandle, credentialID []byte) (User, error)) (Used, error) {
	session, err := s.session(signIn, begun, response)
	if err != nil {
		return Used{}, err
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return Used{}, invalid(err)
	}
	var found User
	var notFound error
	_, used, err := s.library.ValidatePasskeyLogin(func(id, handle []byte) (webauthn.User, error) {
		found, notFound = find(handle, id)
		return account{found}, notFound
	}, session, parsed)
	if notFound != nil {
		return Used{}, notFound
	}
	if err != nil {
		return Used{}, invalid(err)
	}
	at := slices.IndexFunc(found.Credentials, func(c Credential) bool { return bytes.Equal(c.ID, used.ID) })
	return Used{
		UserHandle:   found.Handle,
		Credential:   found.Credentials[at].update(used),
		CloneWarning: used.Authenticator.CloneWarning,
	}, nil
}

// begin encodes the options for the browser and the ceremony for the server.
func (s *Site) begin(kind string, options any, session *webauthn.SessionData) ([]byte, []byte, error) {
	forBrowser, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey options: %w", err)
	}
	forUs, err := json.Marshal(ceremony{Kind: kind, Expires: s.now().Add(ceremonyTTL), Session: *session})
	if err != nil {
		return nil, nil, fmt.Errorf("passkey ceremony: %w", err)
	}
	return forBrowser, forUs, nil
}

// session decodes a ceremony, and checks its kind, its expiry and the size of the
// response.
func (s *Site) session(kind string, begun, response []byte) (webauthn.SessionData, error) {
	if s.unusable != nil {
		return webauthn.SessionData{}, s.unusable
	}
	var c ceremony
	if err := json.Unmarshal(begun, &c); err != nil || c.Kind != kind {
		return webauthn.SessionData{}, fmt.Errorf("%w: no %s was started", ErrCeremony, kind)
	}
	if !s.now().Before(c.Expires) {
		return webauthn.SessionData{}, fmt.Errorf("%w: it took too long", ErrCeremony)
	}
	if len(response) > MaxResponseBytes {
		return webauthn.SessionData{}, fmt.Errorf("%w: it has %d bytes", ErrInvalid, len(response))
	}
	return c.Session, nil
}

// invalid wraps an error of the library together with its DevInfo, which names the
// cause.
func invalid(err error) error {
	var e *protocol.Error
	if errors.As(err, &e) && e.DevInfo != "" {
		return fmt.Errorf("%w: %w: %.300s", ErrInvalid, err, e.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
