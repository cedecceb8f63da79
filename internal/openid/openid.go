// Package openid signs people in at an OpenID Connect provider: the code flow
// with PKCE, state and nonce. It decides whether what comes back proves who
// somebody is, and hides the provider's addresses, keys and failures.
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

// The ways in which a sign-in fails. Each error of Start and Finish is exactly
// one of them, and wraps the cause for the log.
var (
	// ErrDenied: the person, or the provider on their behalf, said no.
	ErrDenied = errors.New("the sign-in was declined at the provider")
	// ErrState: the answer belongs to no sign-in that is under way here. It was
	// begun in another browser, took too long, or was forged.
	ErrState = errors.New("the provider's answer belongs to no sign-in that is under way")
	// ErrUnreachable: the provider does not answer, or not as a provider does.
	// It may pass by itself.
	ErrUnreachable = errors.New("the provider cannot be reached")
	// ErrRefused: the provider does not take the requests of this program. The
	// settings here or there are wrong.
	ErrRefused = errors.New("the provider refuses this program's request")
	// ErrInvalid: what came back proves nothing: a used code, a token for
	// somebody else, expired, or not signed by the provider.
	ErrInvalid = errors.New("the provider's answer is not valid")
)

// fault is one of the errors above with its cause, which is cut to a length that
// suits a log: a provider's whole answer may be in it.
type fault struct{ kind, cause error }

func (f fault) Error() string {
	cause := f.cause.Error()
	return f.kind.Error() + ": " + cause[:min(len(cause), 500)]
}

func (f fault) Unwrap() []error { return []error{f.kind, f.cause} }

func failed(kind error, format string, a ...any) error {
	return fault{kind, fmt.Errorf(format, a...)}
}

// Options is what a provider and this program know of each other.
type Options struct {
	Issuer       string // exactly as the provider writes it; https, or http on this machine
	ClientID     string
	ClientSecret string   // empty: a public client, which PKCE alone protects
	RedirectURL  string   // where the provider sends people back to
	Scopes       []string // "openid" is always asked for
	GroupsClaim  string   // of the ID token; empty: no groups

	HTTPClient *http.Client     // its Transport is used; nil: the default one
	Now        func() time.Time // nil: time.Now
}

// Client signs people in at one provider. Its methods may be called at the same
// time.
type Client struct {
	options Options
	http    *http.Client
	now     func() time.Time

	lock     chan struct{} // holds one token; unlike a mutex it can be waited for with a context
	found    *provider     // nil until discovery has succeeded
	retryAt  time.Time     // no discovery before
	lastFail error
}

// New returns a Client. It sends nothing: the provider may be down. It fails with
// every mistake in the options at once.
func New(o Options) (*Client, error) {
	var mistakes []error
	if !trusted(o.Issuer) {
		mistakes = append(mistakes, fmt.Errorf("the issuer %q is neither an https address nor one of this machine", o.Issuer))
	}
	if !trusted(o.RedirectURL) {
		mistakes = append(mistakes, fmt.Errorf("the address to come back to, %q, is neither an https address nor one of this machine", o.RedirectURL))
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
	c := &Client{options: o, http: bounded(o.HTTPClient), now: o.Now, lock: make(chan struct{}, 1)}
	if c.now == nil {
		c.now = time.Now
	}
	return c, nil
}

// trusted reports whether secrets may be sent to an address: by https, or
// without leaving this machine.
func trusted(address string) bool {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	local := u.Hostname() == "localhost" || (ip != nil && ip.IsLoopback())
	return u.Scheme == "https" || (u.Scheme == "http" && local)
}

// Ceremony is what this program remembers of a sign-in that has begun. It is
// kept on the server, bound to the browser that began it, and forgotten with the
// first Finish, whatever comes of it. The zero Ceremony matches no answer.
type Ceremony struct {
	State    string    `json:"state"`
	Nonce    string    `json:"nonce"`
	Verifier string    `json:"verifier"` // of PKCE
	Expires  time.Time `json:"expires"`
}

// ceremonyLasts is how long a person may take at the provider.
const ceremonyLasts = 15 * time.Minute

// Start begins a sign-in: it returns the address at the provider where the
// browser has to go. It fails with ErrUnreachable.
func (c *Client) Start(ctx context.Context) (string, Ceremony, error) {
	p, err := c.provider(ctx)
	if err != nil {
		return "", Ceremony{}, err
	}
	begun := Ceremony{
		State:    rand.Text(),
		Nonce:    rand.Text(),
		Verifier: oauth2.GenerateVerifier(),
		Expires:  c.now().Add(ceremonyLasts),
	}
	address := p.oauth.AuthCodeURL(begun.State, oidc.Nonce(begun.Nonce), oauth2.S256ChallengeOption(begun.Verifier))
	return address, begun, nil
}
