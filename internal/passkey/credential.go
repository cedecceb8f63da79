package passkey

import (
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// Credential is one passkey. The database stores it as JSON. It contains no secret,
// because the private key never leaves the device.
type Credential struct {
	ID         []byte    `json:"id"` // unique among the passkeys of all users
	PublicKey  []byte    `json:"public_key"`
	SignCount  uint32    `json:"sign_count"` // zero: the device does not count signatures
	Transports []string  `json:"transports,omitempty"`
	AAGUID     []byte    `json:"aaguid,omitempty"` // the model of the authenticator, 16 bytes, often zero
	Name       string    `json:"name"`             // chosen by the user; empty until the caller sets it
	Created    time.Time `json:"created"`

	// UserVerified reports whether the device verified its user, by PIN or biometrics, at
	// the last ceremony.
	UserVerified bool `json:"user_verified"`
	// BackupEligible reports whether the passkey may be synced between devices. It never
	// changes: a sign-in with another value is refused.
	BackupEligible bool `json:"backup_eligible"`
	BackedUp       bool `json:"backed_up"` // it was synced at the last sign-in
}

// User is the user whose passkeys a ceremony concerns.
type User struct {
	Handle      []byte // 1 to 64 random bytes that never change; the device stores them
	Name        string // identifies the account to the user: the email address
	DisplayName string
	Credentials []Credential
}

// account adapts a User to the library's interface.
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

// record converts a passkey to the library's type.
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

// update returns the passkey with the values that a ceremony may change.
func (c Credential) update(r *webauthn.Credential) Credential {
	c.SignCount = r.Authenticator.SignCount
	c.UserVerified = r.Flags.UserVerified
	c.BackupEligible = r.Flags.BackupEligible
	c.BackedUp = r.Flags.BackupState
	return c
}

// newCredential converts a passkey that was created at the time now.
func newCredential(r *webauthn.Credential, now time.Time) Credential {
	c := Credential{ID: r.ID, PublicKey: r.PublicKey, AAGUID: r.Authenticator.AAGUID, Created: now.UTC()}
	for _, t := range r.Transport {
		c.Transports = append(c.Transports, string(t))
	}
	return c.update(r)
}
