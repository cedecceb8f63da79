package passkey

import (
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Credential is one passkey, as JSON in a column. It holds no secret: the
// private key never leaves the device.
type Credential struct {
	ID         []byte    `json:"id"` // unique among everybody's
	PublicKey  []byte    `json:"public_key"`
	SignCount  uint32    `json:"sign_count"` // zero: a device that does not count
	Transports []string  `json:"transports,omitempty"`
	AAGUID     []byte    `json:"aaguid,omitempty"` // the make of the device, 16 bytes, often zero
	Name       string    `json:"name"`             // given by its owner; empty until the caller sets it
	Created    time.Time `json:"created"`

	// UserVerified: the device made sure of its user when the passkey was made.
	UserVerified bool `json:"user_verified"`
	// BackupEligible: the passkey may be copied between its owner's devices. It
	// never changes; a sign-in that says otherwise is refused.
	BackupEligible bool `json:"backup_eligible"`
	BackedUp       bool `json:"backed_up"` // and it was, at the last sign-in
}

// User is somebody who has passkeys or gets one.
type User struct {
	Handle      []byte // 1 to 64 bytes, random, the same for good; a device keeps it and so tells who signs in
	Name        string // tells accounts apart: the email address
	DisplayName string
	Credentials []Credential
}

// account shows a User to the library.
type account struct{ User }

func (a account) WebAuthnID() []byte          { return a.Handle }
func (a account) WebAuthnName() string        { return a.Name }
func (a account) WebAuthnDisplayName() string { return a.DisplayName }

func (a account) WebAuthnCredentials() []webauthn.Credential {
	all := make([]webauthn.Credential, len(a.Credentials))
	for i, c := range a.Credentials {
		all[i] = c.record()
	}
	return all
}

// record returns what the library knows of a passkey.
func (c Credential) record() webauthn.Credential {
	r := webauthn.Credential{
		ID:        c.ID,
		PublicKey: c.PublicKey,
		Flags: webauthn.CredentialFlags{
			UserPresent:    true,
			UserVerified:   c.UserVerified,
			BackupEligible: c.BackupEligible,
			BackupState:    c.BackedUp,
		},
		Authenticator: webauthn.Authenticator{AAGUID: c.AAGUID, SignCount: c.SignCount},
	}
	for _, t := range c.Transports {
		r.Transport = append(r.Transport, protocol.AuthenticatorTransport(t))
	}
	return r
}

// update takes over from the library what a ceremony may change.
func (c Credential) update(r *webauthn.Credential) Credential {
	c.SignCount = r.Authenticator.SignCount
	c.UserVerified = r.Flags.UserVerified
	c.BackupEligible = r.Flags.BackupEligible
	c.BackedUp = r.Flags.BackupState
	return c
}

// newCredential returns a passkey that has just been made.
func newCredential(r *webauthn.Credential, now time.Time) Credential {
	c := Credential{ID: r.ID, PublicKey: r.PublicKey, AAGUID: r.Authenticator.AAGUID, Created: now.UTC()}
	for _, t := range r.Transport {
		c.Transports = append(c.Transports, string(t))
	}
	return c.update(r)
}
