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
	requestTimeout         = 10 * time.Second // includes reading the body
	maxResponseBytes       = 512 << 10
	discoveryRetryInterval = 5 * time.Second // after a failed discovery
)

// signingAlgorithms are the accepted algorithms of ID tokens: those with a public key.
// HS256 would use the client secret as the signing key, and "none" does not sign.
var signingAlgorithms = []string{
	oidc.RS256, oidc.RS384, oidc.RS512, oidc.PS256, oidc.PS384, oidc.PS512,
	oidc.ES256, oidc.ES384, oidc.ES512, oidc.EdDSA,
}

// provider is the result of discovery.
type provider struct {
	oauth       oauth2.Config
	keys        oidc.KeySet
	algorithms  []string
	sendsIssuer bool // it adds iss to its responses (RFC 9207)
}

// metadata holds the fields of the discovery document that go-oidc does not export.
type metadata struct {
	Keys        string   `json:"jwks_uri"`
	Algorithms  []string `json:"id_token_signing_alg_values_supported"`
	AuthMethods []string `json:"token_endpoint_auth_methods_supported"`
	SendsIssuer bool     `json:"authorization_response_iss_parameter_supported"`
}

// provider returns the result of discovery, which runs once. After a failure, a call
// retries it once discoveryRetryInterval has passed. Calls before that get the same
// ErrUnreachable without a request.
func (c *Client) provider(ctx context.Context) (*provider, error) {
	select {
	case c.lock <- struct{}{}:
		defer func() { <-c.lock }()
	case <-ctx.Done():
		return nil, failed(ErrUnreachable, "waiting for discovery: %w", ctx.Err())
	}
	if c.discovered != nil {
		return c.discovered, nil
	}
	if c.now().Before(c.retryAt) {
		return nil, c.lastFailure
	}
	// A caller who cancels must not make discovery fail for the others.
	p, err := c.discover(context.WithoutCancel(ctx))
	if err != nil {
		c.retryAt, c.lastFailure = c.now().Add(discoveryRetryInterval), fault{ErrUnreachable, err}
		return nil, c.lastFailure
	}
	c.discovered = p
	return p, nil
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
		if !isSecure(address) {
			return nil, fmt.Errorf("discovery: the URL %q is neither https nor on this machine", address)
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
		keys:        oidc.NewRemoteKeySet(ctx, m.Keys),
		algorithms:  m.algorithms(),
		sendsIssuer: m.SendsIssuer,
	}, nil
}

// authStyle returns how to send the client secret. By default oauth2 tries both styles,
// and the first attempt uses up the code.
func (m metadata) authStyle(secret string) oauth2.AuthStyle {
	basic := len(m.AuthMethods) == 0 || slices.Contains(m.AuthMethods, "client_secret_basic")
	if secret == "" || !basic {
		return oauth2.AuthStyleInParams
	}
	return oauth2.AuthStyleInHeader
}

// algorithms returns the accepted algorithms that the provider supports. The default is
// RS256, which every provider must support.
func (m metadata) algorithms() []string {
	var accepted []string
	for _, a := range m.Algorithms {
		if slices.Contains(signingAlgorithms, a) {
			accepted = append(accepted, a)
		}
	}
	if accepted == nil {
		return []string{oidc.RS256}
	}
	return accepted
}

// newHTTPClient returns a client for requests to the provider, limited in time and
// size. It follows no redirects, because a redirected request would carry the client
// secret to another server.
func newHTTPClient(given *http.Client) *http.Client {
	transport := http.DefaultTransport
	if given != nil && given.Transport != nil {
		transport = given.Transport
	}
	return &http.Client{
		Timeout:       requestTimeout,
		Transport:     limitedTransport{transport},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// errUnexpectedStatus reports a response whose HTTP status means a failed provider.
var errUnexpectedStatus = errors.New("unexpected status")

type limitedTransport struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper. It turns the status of a failed provider into
// an error, so that callers can tell a failure from a refusal.
func (t limitedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests || (r.Method == http.MethodGet && response.StatusCode != http.StatusOK) {
		_ = response.Body.Close()
		return nil, fmt.Errorf("%w %s", errUnexpectedStatus, response.Status)
	}
	response.Body = http.MaxBytesReader(nil, response.Body, maxResponseBytes)
	return response, nil
}
