// Package passkey signs users in with passkeys: WebAuthn with discoverable credentials
// and user verification. Users type no name, and the device asks for a PIN, a
// fingerprint or a face. Callers pass the browser's JSON through as bytes and need not
// know the protocol.
package passkey

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"
)

// The kinds of failure of a ceremony.
var (
	// ErrUnusable: browsers offer no passkeys at this address. Usable returns the reason.
	ErrUnusable = errors.New("passkeys do not work at this address")
	// ErrCeremony: the response belongs to no current ceremony. The ceremony expired, is
	// of another kind, or belongs to another user.
	ErrCeremony = errors.New("the passkey response belongs to no current ceremony")
	// ErrInvalid: the response is not valid. The cause is for the log.
	ErrInvalid = errors.New("the passkey response is not valid")
)

// MaxResponseBytes is the maximum size of a browser's response. Typical responses have
// 1 to 2 KiB.
const MaxResponseBytes = 64 << 10

// ceremonyTTL is how long a ceremony is valid. The browser gets it as its timeout.
const ceremonyTTL = 5 * time.Minute

// Options are the settings of a Site.
type Options struct {
	Origin      string           // the public URL; its path is ignored
	DisplayName string           // the name of this program, which the browser may show
	Now         func() time.Time // nil: time.Now
}

// Site is this program as a WebAuthn relying party. Passkeys are bound to the host name
// of its origin and do not work under another name. It is safe for concurrent use.
type Site struct {
	library  *webauthn.WebAuthn
	now      func() time.Time
	unusable error
}

// New returns the Site of an origin. It fails when the origin is not an http or https
// URL. It does not fail when browsers offer no passkeys there: see Usable.
func New(o Options) (*Site, error) {
	u, err := url.Parse(o.Origin)
	if err != nil || u.Hostname() == "" || (u.Scheme != "https" && u.Scheme != "http") {
		return nil, fmt.Errorf("the origin %q is not an address such as https://callbook.example.org", o.Origin)
	}
	s := &Site{now: o.Now, unusable: unusable(u)}
	if s.now == nil {
		s.now = time.Now
	}
	if s.unusable != nil {
		return s, nil
	}
	timeout := webauthn.TimeoutConfig{Timeout: ceremonyTTL, TimeoutUVD: ceremonyTTL}
	s.library, err = webauthn.New(&webauthn.Config{
		RPID:          strings.ToLower(u.Hostname()),
		RPDisplayName: o.DisplayName,
		RPOrigins:     []string{u.Scheme + "://" + u.Host},
		// Nothing here uses the manufacturer of a device.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Some password managers send extension outputs that were not requested.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	return s, err
}

// Usable returns nil when browsers offer passkeys at the origin, and otherwise an
// ErrUnusable with the reason, in words for users. Browsers offer passkeys by https at
// a host name and by http at localhost, but never at an IP address such as 127.0.0.1.
func (s *Site) Usable() error { return s.unusable }

func unusable(u *url.URL) error {
	host := strings.ToLower(u.Hostname())
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	switch {
	case net.ParseIP(host) != nil || strings.Contains(host, ":"):
		return fmt.Errorf("%w: %s is an IP address, and passkeys need a host name, such as localhost", ErrUnusable, host)
	case u.Scheme == "http" && !local:
		return fmt.Errorf("%w: it is not reached by https", ErrUnusable)
	}
	if err := protocol.ValidateRPID(host); err != nil {
		return fmt.Errorf("%w: %s is not a valid host name: %w", ErrUnusable, host, err)
	}
	return nil
}
