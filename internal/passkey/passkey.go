// Package passkey signs people in by a key that their device keeps: WebAuthn with
// discoverable credentials and user verification. Nobody types a name, and the
// device asks for its PIN, finger or face. The package hides the protocol: what
// comes from the browser and goes to it are bytes.
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

// The ways in which a ceremony fails, beside the errors of the caller's own.
var (
	// ErrUnusable: browsers offer no passkeys at this address. Usable says why.
	ErrUnusable = errors.New("passkeys do not work at this address")
	// ErrCeremony: the answer belongs to no ceremony that is under way: it took
	// too long, or is one of another kind or for another person.
	ErrCeremony = errors.New("the passkey belongs to no ceremony that is under way")
	// ErrInvalid: the answer proves nothing. The cause is for the log.
	ErrInvalid = errors.New("the passkey's answer is not valid")
)

// MaxResponse is the longest answer of a browser that is read, in bytes. Usual
// ones have 1 to 2 KiB.
const MaxResponse = 64 << 10

// ceremonyLasts is how long a person may take; the browser is told as well.
const ceremonyLasts = 5 * time.Minute

// Options is where and as what this program is known.
type Options struct {
	Origin      string           // the public URL; what follows the host does not count
	DisplayName string           // of this program, as the browser may show it
	Now         func() time.Time // nil: time.Now
}

// Site is this program as the party that passkeys are made for. Passkeys are
// bound to the host name of its origin for good: under another name they are
// worth nothing. Its methods may be called at the same time.
type Site struct {
	library  *webauthn.WebAuthn
	now      func() time.Time
	unusable error
}

// New returns the Site of an origin. It fails where that is no http or https
// address. An address at which browsers offer no passkeys is none of its
// failures: see Usable.
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
	timeout := webauthn.TimeoutConfig{Timeout: ceremonyLasts, TimeoutUVD: ceremonyLasts}
	s.library, err = webauthn.New(&webauthn.Config{
		RPID:          strings.ToLower(u.Hostname()),
		RPDisplayName: o.DisplayName,
		RPOrigins:     []string{u.Scheme + "://" + u.Host},
		// No statement of who made the device: it would be one more thing to keep.
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:        protocol.ResidentKeyRequirementRequired,
			RequireResidentKey: protocol.ResidentKeyRequired(),
			UserVerification:   protocol.VerificationRequired,
		},
		Timeouts: webauthn.TimeoutsConfig{Login: timeout, Registration: timeout},
		// Some password managers answer what nobody asked. Nothing here reads it.
		ExtensionsUnsolicitedOutputPolicy: protocol.UnsolicitedOutputPolicyIgnore,
	})
	return s, err
}

// Usable returns nil where browsers offer passkeys, and else an ErrUnusable with
// a sentence for people: pages then show nothing of passkeys. A browser takes
// them by https at a host name, and by http at localhost; never at a number such
// as 127.0.0.1, of which nobody can own a key.
func (s *Site) Usable() error { return s.unusable }

func unusable(u *url.URL) error {
	host := strings.ToLower(u.Hostname())
	local := host == "localhost" || strings.HasSuffix(host, ".localhost")
	switch {
	case net.ParseIP(host) != nil || strings.Contains(host, ":"):
		return fmt.Errorf("%w: %s is a number, and passkeys need a name, such as localhost", ErrUnusable, host)
	case u.Scheme == "http" && !local:
		return fmt.Errorf("%w: it is not reached by https", ErrUnusable)
	}
	if err := protocol.ValidateRPID(host); err != nil {
		return fmt.Errorf("%w: %s is not the name of a host: %w", ErrUnusable, host, err)
	}
	return nil
}
