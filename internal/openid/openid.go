// Package openid signs people in through an OpenID Connect provider: the authorization
// code flow with PKCE, state and nonce. It verifies the provider's response, and hides
// discovery, keys and retries.
package openid

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// The kinds of failure of a sign-in. Each error of Start and Finish is exactly one of
// them, and wraps the cause for the log.
var (
	// ErrDenied: the person or the provider declined the sign-in.
	ErrDenied = errors.New("the sign-in was declined at the provider")
	// ErrState: the response belongs to no current sign-in. The sign-in was started in
	// another browser or has expired, or the response is forged.
	ErrState = errors.New("the provider's response belongs to no current sign-in")
	// ErrUnreachable: the provider does not respond, or its response is no OpenID Connect.
	// A later attempt may succeed.
	ErrUnreachable = errors.New("the provider cannot be reached")
	// ErrRefused: the provider refuses this program's requests. The settings here or at
	// the provider are wrong.
	ErrRefused = errors.New("the provider refuses this program's request")
	// ErrInvalid: the response does not identify the person. The code was used before, or
	// the token is for another audience, expired, or not signed by the provider.
	ErrInvalid = errors.New("the provider's response is not valid")
)

// fault is one of the errors above with its cause. The cause may quote the provider's
// whole response, so Error cuts it to a length for a log line.
type fault struct{ kind, cause error }

func (f fault) Error() string {
	cause := f.cause.Error()
	return f.kind.Error() + ": " + cause[:min(len(cause), 500)]
}

func (f fault) Unwrap() []error { return []error{f.kind, f.cause} }

func failed(kind error, format string, a ...any) error {
	return fault{kind, fmt.Errorf(format, a...)}
}

// Options are the settings of a Client.
type Options struct {
	Issuer       string // exactly as the provider writes it; https, or http on this machine
	ClientID     string
	ClientSecret string   // empty: a public client, protected by PKCE alone
	RedirectURL  string   // where the provider sends the browser back to
	Scopes       []string // "openid" is always added
	GroupsClaim  string   // the claim of the ID token that lists groups; empty: no groups

	HTTPClient *http.Client     // only its Transport is used; nil: http.DefaultTransport
	Now        func() time.Time // nil: time.Now
}

// Client signs people in through one provider. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client
	now     func() time.Time

	lock        chan struct{} // guards the fields below; unlike a mutex, waiting can be cancelled
	discovered  *provider     // nil until discovery has succeeded
	retryAt     time.Time     // the earliest time of the next discovery
	lastFailure error
}

// New returns a Client. It sends no request, so the provider may be down. It fails with
// all mistakes in the options, joined.
func New(o Options) (*Client, error) {
	var mistakes []error
	if !isSecure(o.Issuer) {
		mistakes = append(mistakes, fmt.Errorf("the issuer %q is neither an https URL nor on this machine", o.Issuer))
	}
	if !isSecure(o.RedirectURL) {
		mistakes = append(mistakes, fmt.Errorf("the redirect URL %q is neither an https URL nor on this machine", o.RedirectURL))
	}
	if o.ClientID == "" {
		mistakes = append(mistakes, errors.New("the client id is empty"))
	}
	if len(mistakes) > 0 {
		return nil, errors.Join(mistakes...)
	}
	if !slices.Contains(o.Scopes, oidc.ScopeOpenID) {
		o.Scopes = append([]string{oidc.ScopeOpenID}, o.Scopes...)
	}
	c := &Client{options: o, http: newHTTPClient(o.HTTPClient), now: o.Now, lock: make(chan struct{}, 1)}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// isSecure reports whether secrets may be sent to a URL: it is https or on this machine.
func isSecure(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	return u.Scheme == "https" || (u.Scheme == "http" && local)
}

// Ceremony is the state of a sign-in that has started. The caller keeps it on the
// server, bound to the browser, and deletes it at the first Finish, even if that fails.
// The zero Ceremony matches no response.
type Ceremony struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // the PKCE code verifier
	Expires  time.Time `json:"expires"`
}

// ceremonyTTL is how long a person may stay at the provider.
const ceremonyTTL = 15 * time.Minute

// Start starts a sign-in. It returns the provider's URL to which the browser must go,
// and the ceremony for Finish. It fails with ErrUnreachable.
func (c *Client) Start(ctx context.Context) (string, Ceremony, error) {
	p, err := c.provider(ctx)
	if err != nil {
		return "", Ceremony{}, err
	}
	begun := Ceremony{
		State:    rand.Text(),
		Nonce:    rand.Text(),
		Verifier: oauth2.GenerateVerifier(),
		Expires:  c.now().Add(ceremonyTTL),
	}
	address := p.oauth.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier))
	return address, begun, nil
}
