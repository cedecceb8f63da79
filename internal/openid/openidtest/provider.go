// Package openidtest is an OpenID Connect provider on this machine, for tests of
// what signs people in at one.
package openidtest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"callbook/internal/openid"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// What the provider and the program know of each other.
const (
	ClientID     = "callbook"
	ClientSecret = "the secret of the client"
	BackTo       = "http://localhost:8080/sign-in/openid/callback"
)

// Noon is when every test begins.
var Noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// sale is a code that the provider has given out.
type sale struct{ challenge, nonce string }

// Provider is a provider on this machine. It is honest; what a test assigns makes
// it otherwise.
type Provider struct {
	*httptest.Server
	BackTo  string // where it sends people
	Key     *ecdsa.PrivateKey
	Secret  string
	Now     func() time.Time
	Asked   atomic.Int32 // for the discovery document
	Methods []string     // how the secret may be sent
	Style   string       // how it was sent

	Discovery map[string]any              // laid over the document
	Claims    func(map[string]any)        // changes a token before it is signed
	Signed    func(string) string         // changes a token after
	Sign      func(payload []byte) string // instead of signing
	Answer    map[string]http.HandlerFunc // instead of a path's own

	t     testing.TB
	codes map[string]sale
}

// New returns a provider that ends with the test.
func New(t testing.TB) *Provider {
	p := &Provider{t: t, Key: NewKey(t), BackTo: BackTo, Secret: ClientSecret, Now: func() time.Time { return Noon },
		codes: map[string]sale{}, Answer: map[string]http.HandlerFunc{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// Client returns a Client of this provider whose clock is the provider's.
func (p *Provider) Client(change ...func(*openid.Options)) *openid.Client {
	p.t.Helper()
	o := openid.Options{
		Issuer: p.URL, ClientID: ClientID, ClientSecret: ClientSecret, RedirectURL: p.BackTo,
		Scopes: []string{"email", "profile"}, GroupsClaim: "groups", Now: func() time.Time { return p.Now() },
	}
	for _, c := range change {
		c(&o)
	}
	c, err := openid.New(o)
	if err != nil {
		p.t.Fatal(err)
	}
	return c
}

func (p *Provider) serve(w http.ResponseWriter, r *http.Request) {
	if instead := p.Answer[r.URL.Path]; instead != nil {
		instead(w, r)
		return
	}
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		p.describe(w)
	case "/authorize":
		p.authorize(w, r)
	case "/token":
		p.trade(w, r)
	case "/keys":
		p.json(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.Key.Public(), KeyID: "first", Algorithm: "ES256", Use: "sig"}}})
	default:
		http.NotFound(w, r)
	}
}

func (p *Provider) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *Provider) describe(w http.ResponseWriter) {
	p.Asked.Add(1)
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
	}
	if p.Methods != nil {
		document["token_endpoint_auth_methods_supported"] = p.Methods
	}
	for name, value := range p.Discovery {
		document[name] = value
	}
	p.json(w, 200, document)
}

// authorize is the provider's page, where the person says yes at once.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": ClientID, "redirect_uri": p.BackTo, "code_challenge_method": "S256", "scope": "openid email profile"} {
		if got := q.Get(name); got != want {
			p.t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	code := rand.Text()
	p.codes[code] = sale{challenge: q.Get("code_challenge"), nonce: q.Get("nonce")}
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	http.Redirect(w, r, p.BackTo+"?"+back.Encode(), http.StatusSeeOther)
}

// trade gives an ID token for a code, once.
func (p *Provider) trade(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	p.Style = "header"
	if !basic {
		id, secret, p.Style = r.PostFormValue("client_id"), r.PostFormValue("client_secret"), "form"
	} else if unescaped, err := url.QueryUnescape(secret); err == nil {
		secret = unescaped
	}
	code := r.PostFormValue("code")
	sold, ok := p.codes[code]
	delete(p.codes, code)
	switch {
	case id != ClientID || secret != p.Secret:
		p.json(w, 401, map[string]string{"error": "invalid_client"})
	case !ok || oauth2.S256ChallengeFromVerifier(r.PostFormValue("code_verifier")) != sold.challenge:
		p.json(w, 400, map[string]string{"error": "invalid_grant"})
	default:
		p.json(w, 200, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": p.token(sold.nonce)})
	}
}

func (p *Provider) token(nonce string) string {
	claims := map[string]any{
		"iss": p.URL, "sub": "ana-1", "aud": ClientID, "nonce": nonce, "iat": p.Now().Unix(), "exp": p.Now().Add(time.Minute).Unix(),
		"email": "ana@example.org", "email_verified": true, "name": "Ana López", "groups": []string{"oncall", "everyone"},
	}
	if p.Claims != nil {
		p.Claims(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	if p.Sign != nil {
		return p.Sign(payload)
	}
	token := SignedBy(p.t, jose.ES256, p.Key, "first", payload)
	if p.Signed != nil {
		return p.Signed(token)
	}
	return token
}

// SignedBy returns a payload as a token.
func SignedBy(t testing.TB, algorithm jose.SignatureAlgorithm, key any, id string, payload []byte) string {
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: algorithm, Key: jose.JSONWebKey{Key: key, KeyID: id}}, nil)
	if err != nil {
		t.Error(err)
		return ""
	}
	signature, err := signer.Sign(payload)
	if err != nil {
		t.Error(err)
		return ""
	}
	token, err := signature.CompactSerialize()
	if err != nil {
		t.Error(err)
	}
	return token
}

// Visit goes where a sign-in sends the browser, and returns with the query that
// the browser brings back.
func Visit(t testing.TB, address string) url.Values {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	_ = page.Body.Close()
	back, err := page.Location()
	if err != nil {
		t.Fatal(err)
	}
	return back.Query()
}

// Begin starts a sign-in and lets the person say yes.
func Begin(t testing.TB, c *openid.Client) (openid.Ceremony, url.Values) {
	t.Helper()
	address, ceremony, err := c.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ceremony, Visit(t, address)
}

// NewKey returns a key that signs tokens.
func NewKey(t testing.TB) *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
