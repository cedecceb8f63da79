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

// ceremony is what this program remembers between the two halves.
type ceremony struct {
	Kind    string               `json:"kind"`
	Expires time.Time            `json:"expires"`
	Session webauthn.SessionData `json:"session"`
}

const (
	registration = "registration"
	signIn       = "sign-in"
)

// BeginRegistration begins to make a passkey for somebody who is signed in. It
// returns the options, for PublicKeyCredential.parseCreationOptionsFromJSON, and
// the ceremony, which the caller keeps on the server and forgets with the first
// Finish, whatever comes of it. A device that holds one of the user's passkeys
// already makes no second one. It fails with ErrUnusable.
func (s *Site) BeginRegistration(u User) (options, begun []byte, err error) {
	if s.unusable != nil {
		return nil, nil, s.unusable
	}
	known := webauthn.Credentials(account{u}.WebAuthnCredentials()).CredentialDescriptors()
	creation, session, err := s.library.BeginRegistration(account{u}, webauthn.WithExclusions(known),
		webauthn.WithCredentialParameters(webauthn.CredentialParametersRecommendedL3()))
	if err != nil {
		return nil, nil, fmt.Errorf("begin a passkey's registration: %w", err)
	}
	return s.begin(registration, creation.Response, session)
}

// FinishRegistration returns the passkey that the browser has made for this
// user, without a name. The caller stores it, and lets the database refuse an id
// that somebody has already. It fails with ErrCeremony and ErrInvalid.
func (s *Site) FinishRegistration(u User, begun, response []byte) (Credential, error) {
	session, err := s.session(registration, begun, response)
	if err != nil {
		return Credential{}, err
	}
	if !bytes.Equal(session.UserID, u.Handle) {
		return Credential{}, fmt.Errorf("%w: it was begun for another user", ErrCeremony)
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

// BeginSignIn begins a sign-in of nobody in particular: the device knows whose
// passkeys it holds. It returns the options, for
// PublicKeyCredential.parseRequestOptionsFromJSON, and the ceremony, which the
// caller treats as that of BeginRegistration. It fails with ErrUnusable.
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

// Used is a passkey that has just proved who somebody is.
type Used struct {
	UserHandle []byte
	Credential Credential // to be stored in place of what find returned

	// CloneWarning: the device counts fewer signatures than before, so that there
	// may be two of it. SignCount is then still the old one. The signature is
	// good all the same, and the caller decides; to refuse is the safe choice.
	CloneWarning bool
}

// FinishSignIn returns who signs in. find returns the user of a handle with all
// their passkeys, among them the one with this id; its error comes back as it
// is. FinishSignIn fails with ErrCeremony and ErrInvalid, too.
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

// begin writes down both halves of a ceremony.
func (s *Site) begin(kind string, options any, session *webauthn.SessionData) ([]byte, []byte, error) {
	forBrowser, err := json.Marshal(options)
	if err != nil {
		return nil, nil, fmt.Errorf("passkey options: %w", err)
	}
	forUs, err := json.Marshal(ceremony{Kind: kind, Expires: s.now().Add(ceremonyLasts), Session: *session})
	if err != nil {
		return nil, nil, fmt.Errorf("passkey ceremony: %w", err)
	}
	return forBrowser, forUs, nil
}

// session reads a ceremony that is of this kind and not over, and looks at the
// size of the answer to it.
func (s *Site) session(kind string, begun, response []byte) (webauthn.SessionData, error) {
	if s.unusable != nil {
		return webauthn.SessionData{}, s.unusable
	}
	var c ceremony
	if err := json.Unmarshal(begun, &c); err != nil || c.Kind != kind {
		return webauthn.SessionData{}, fmt.Errorf("%w: none of this kind was begun", ErrCeremony)
	}
	if !s.now().Before(c.Expires) {
		return webauthn.SessionData{}, fmt.Errorf("%w: it took too long", ErrCeremony)
	}
	if len(response) > MaxResponse {
		return webauthn.SessionData{}, fmt.Errorf("%w: it has %d bytes", ErrInvalid, len(response))
	}
	return c.Session, nil
}

// invalid keeps what the library says for developers, too; that is where the
// cause stands.
func invalid(err error) error {
	var said *protocol.Error
	if errors.As(err, &said) && said.DevInfo != "" {
		return fmt.Errorf("%w: %w: %.300s", ErrInvalid, err, said.DevInfo)
	}
	return fmt.Errorf("%w: %w", ErrInvalid, err)
}
