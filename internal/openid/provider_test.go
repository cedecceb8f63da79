package openid_test

import (
	"crypto"
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

const (
	clientID     = "callbook"
	clientSecret = "the secret of the client"
	backTo       = "http://localhost:8080/sign-in/openid/back"
)

// noon is when every test begins.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// sale is a code that the provider has given out.
type sale struct{ challenge, nonce string }

// idp is a provider on this machine. It is honest; what a test assigns makes it
// otherwise.
type idp struct {
	*httptest.Server
	t       *testing.T
	key     *ecdsa.PrivateKey
	codes   map[string]sale
	secret  string
	clock   time.Time
	asked   atomic.Int32 // for the discovery document
	methods []string     // how the secret may be sent
	style   string       // how it was sent

	discovery map[string]any              // laid over the document
	claims    func(map[string]any)        // changes a token before it is signed
	signed    func(string) string         // changes a token after
	sign      func(payload []byte) string // instead of signing
	answer    map[string]http.HandlerFunc // instead of a path's own
}

func newProvider(t *testing.T) *idp {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p := &idp{t: t, key: key, codes: map[string]sale{}, secret: clientSecret, clock: noon, answer: map[string]http.HandlerFunc{}}
	p.Server = httptest.NewServer(http.HandlerFunc(p.serve))
	t.Cleanup(p.Close)
	return p
}

// client returns a Client of this provider whose clock is the provider's.
func (p *idp) client(change ...func(*openid.Options)) *openid.Client {
	p.t.Helper()
	o := openid.Options{
		Issuer: p.URL, ClientID: clientID, ClientSecret: clientSecret, RedirectURL: backTo,
		Scopes: []string{"email", "profile"}, GroupsClaim: "groups", Now: func() time.Time { return p.clock },
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

func (p *idp) serve(w http.ResponseWriter, r *http.Request) {
	if instead := p.answer[r.URL.Path]; instead != nil {
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
		p.json(w, 200, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: p.key.Public(), KeyID: "first", Algorithm: "ES256", Use: "sig"}}})
	default:
		http.NotFound(w, r)
	}
}

func (p *idp) json(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

func (p *idp) describe(w http.ResponseWriter) {
	p.asked.Add(1)
	document := map[string]any{
		"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
	}
	if p.methods != nil {
		document["token_endpoint_auth_methods_supported"] = p.methods
	}
	for name, value := range p.discovery {
		document[name] = value
	}
	p.json(w, 200, document)
}

// authorize is the provider's page, where the person says yes at once.
func (p *idp) authorize(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	for name, want := range map[string]string{"response_type": "code", "client_id": clientID, "redirect_uri": backTo, "code_challenge_method": "S256", "scope": "openid email profile"} {
		if got := q.Get(name); got != want {
			p.t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	code := rand.Text()
	p.codes[code] = sale{challenge: q.Get("code_challenge"), nonce: q.Get("nonce")}
	back := url.Values{"code": {code}, "state": {q.Get("state")}}
	http.Redirect(w, r, backTo+"?"+back.Encode(), http.StatusSeeOther)
}

// trade gives an ID token for a code, once.
func (p *idp) trade(w http.ResponseWriter, r *http.Request) {
	id, secret, basic := r.BasicAuth()
	p.style = "header"
	if !basic {
		id, secret, p.style = r.PostFormValue("client_id"), r.PostFormValue("client_secret"), "form"
	} else if unescaped, err := url.QueryUnescape(secret); err == nil {
		secret = unescaped
	}
	code := r.PostFormValue("code")
	sold, ok := p.codes[code]
	delete(p.codes, code)
	switch {
	case id != clientID || secret != p.secret:
		p.json(w, 401, map[string]string{"error": "invalid_client"})
	case !ok || oauth2.S256ChallengeFromVerifier(r.PostFormValue("code_verifier")) != sold.challenge:
		p.json(w, 400, map[string]string{"error": "invalid_grant"})
	default:
		p.json(w, 200, map[string]any{"access_token": "opaque", "token_type": "Bearer", "id_token": p.token(sold.nonce)})
	}
}

func (p *idp) token(nonce string) string {
	claims := map[string]any{
		"iss": p.URL, "sub": "ana-1", "aud": clientID, "nonce": nonce, "iat": p.clock.Unix(), "exp": p.clock.Add(time.Minute).Unix(),
		"email": "ana@example.org", "email_verified": true, "name": "Ana López", "groups": []string{"oncall", "everyone"},
	}
	if p.claims != nil {
		p.claims(claims)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		p.t.Error(err)
	}
	if p.sign != nil {
		return p.sign(payload)
	}
	token := signedBy(p.t, jose.ES256, p.key, "first", payload)
	if p.signed != nil {
		return p.signed(token)
	}
	return token
}

func signedBy(t *testing.T, algorithm jose.SignatureAlgorithm, key any, id string, payload []byte) string {
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

// visit goes where a sign-in sends the browser, and returns with the query that
// the browser brings back.
func visit(t *testing.T, address string) url.Values {
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

// begin starts a sign-in and lets the person say yes.
func begin(t *testing.T, c *openid.Client) (openid.Ceremony, url.Values) {
	t.Helper()
	address, ceremony, err := c.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return ceremony, visit(t, address)
}

func otherKey(t *testing.T) crypto.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
