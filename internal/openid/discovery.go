package openid

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	requestLasts = 10 * time.Second // of every request to the provider, its body included
	answerBytes  = 512 << 10        // of every answer
	retryPause   = 5 * time.Second  // after a discovery that failed
)

// signatures are the algorithms of ID tokens: those with a public key. HS256
// would make the client secret a signing key, and "none" is none.
var signatures = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// provider is what discovery found.
type provider struct {
	oauth      oauth2.Config
	keys       oidc.KeySet
	algorithms []string
	namesSelf  bool // it puts iss into its answers, as RFC 9207 has it
}

// metadata is the part of a discovery document that go-oidc does not hand out.
type metadata struct {
	Keys        string   `json:"jwks_uri"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	NamesSelf   bool     `json:"authorization_response_iss_parameter_supported"`
}

// provider returns what discovery found, once and for all. One that fails is
// tried again with the next call, but not at once: whoever comes in between gets
// the same ErrUnreachable without waiting for it.
func (c *Client) provider(ctx context.Context) (*provider, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, failed(ErrUnreachable, "waiting for discovery: %w", ctx.Err())
	}
	if c.found != nil {
		return c.found, nil
	}
	if c.now().Before(c.retryAt) {
		return nil, c.lastFail
	}
	// A caller who goes away takes nothing from those who wait.
	found, err := c.discover(context.WithoutCancel(ctx))
	if err != nil {
		c.retryAt, c.lastFail = c.now().Add(retryPause), fault{ErrUnreachable, err}
		return nil, c.lastFail
	}
	c.found = found
	return found, nil
}

func (c *Client) discover(ctx context.Context) (*provider, error) {
	ctx = oidc.ClientContext(ctx, c.http)
	discovered, err := oidc.NewProvider(ctx, c.options.Issuer)
	if err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	var m metadata
	if err := discovered.Claims(&m); err != nil {
		return nil, fmt.Errorf("discovery: %w", err)
	}
	endpoint := discovered.Endpoint()
	for _, address := range []string{endpoint.AuthURL, endpoint.TokenURL, m.Keys} {
		if !trusted(address) {
			return nil, fmt.Errorf("discovery: the address %q is neither https nor of this machine", address)
		}
	}
	endpoint.AuthStyle = m.authStyle(c.options.ClientSecret)
	return &provider{
		oauth: oauth2.Config{
			ClientID:     c.options.ClientID,
			ClientSecret: c.options.ClientSecret,
			Endpoint:     endpoint,
			RedirectURL:  c.options.RedirectURL,
			Scopes:       c.options.Scopes,
		},
		keys:       oidc.NewRemoteKeySet(ctx, m.Keys),
		algorithms: m.algorithms(),
		namesSelf:  m.NamesSelf,
	}, nil
}

// authStyle says how the client secret is sent. Left to itself, oauth2 tries
// both ways, and the first try uses up the code.
func (m metadata) authStyle(secret string) oauth2.AuthStyle {
	basic := len(m.AuthMethods) == 0 || slices.Contains(m.AuthMethods, "client_secret_basic")
	if secret == "" || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// algorithms are those that the provider names and that are good; RS256 is every
// provider's own.
func (m metadata) algorithms() []string {
	var good []string
	for _, a := range m.Algorithms {
		if slices.Contains(signatures, a) {
			good = append(good, a)
		}
	}
	if good == nil {
		return []string{oidc.RS256}
	}
	return good
}

// bounded returns a client for requests to the provider: limited in time and
// size, and going nowhere but where it is sent, for a redirected request would
// carry the client secret along.
func bounded(given *http.Client) *http.Client {
	transport := http.DefaultTransport
	if given != nil && given.Transport != nil {
		transport = given.Transport
	}
	return &http.Client{
		Timeout:       requestLasts,
		Transport:     limits{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// errAnswer is an HTTP status by which a provider says that it is out of order.
var errAnswer = errors.New("unexpected status")

type limits struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper. An answer that no caller could use is
// an error, so that a provider that fails is told from one that says no.
func (l limits) RoundTrip(r *http.Request) (*http.Response, error) {
	answer, err := l.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode >= 500 || answer.StatusCode == http.StatusTooManyRequests || (r.Method == http.MethodGet && answer.StatusCode != http.StatusOK) {
		_ = answer.Body.Close()
		return nil, fmt.Errorf("%w %s", errAnswer, answer.Status)
	}
	answer.Body = http.MaxBytesReader(nil, answer.Body, answerBytes)
	return answer, nil
}
