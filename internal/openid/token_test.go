package openid_test

import (
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"callbook/internal/openid"
	"callbook/internal/openid/openidtest"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"
)

// outcome signs somebody in with what the change makes of the provider.
func outcome(t *testing.T, change func(*openidtest.Provider)) (openid.Identity, error) {
	t.Helper()
	p := openidtest.New(t)
	change(p)
	c := p.Client()
	ceremony, query := openidtest.Begin(t, c)
	return c.Finish(t.Context(), ceremony, query)
}

// set returns a change of one claim; nil takes it out.
func set(name string, value any) func(*openidtest.Provider) {
	return func(p *openidtest.Provider) {
		p.Claims = func(claims map[string]any) {
			claims[name] = value
			if value == nil {
				delete(claims, name)
			}
		}
	}
}

func TestTokenThatProvesNothingIsRefused(t *testing.T) {
	hs256 := func(key []byte) func(*openidtest.Provider) {
		return func(p *openidtest.Provider) {
			p.Sign = func(payload []byte) string { return openidtest.SignedBy(t, jose.HS256, key, "first", payload) }
		}
	}
	resigned := func(id string) func(*openidtest.Provider) {
		return func(p *openidtest.Provider) {
			p.Sign = func(payload []byte) string {
				return openidtest.SignedBy(t, jose.ES256, openidtest.NewKey(t), id, payload)
			}
		}
	}
	for name, change := range map[string]func(*openidtest.Provider){
		"other nonce":             set("nonce", "other"),
		"no nonce":                set("nonce", nil),
		"other audience":          set("aud", "another-program"),
		"no audience":             set("aud", nil),
		"several audiences":       set("aud", []string{openidtest.ClientID, "another-program"}),
		"other authorized party":  set("azp", "another-program"),
		"expired":                 set("exp", openidtest.Noon.Add(-time.Second).Unix()),
		"no expiry":               set("exp", nil),
		"not yet":                 set("nbf", openidtest.Noon.Add(time.Hour).Unix()),
		"other issuer":            set("iss", "https://other.example"),
		"no issuer":               set("iss", nil),
		"no subject":              set("sub", nil),
		"empty subject":           set("sub", ""),
		"endless subject":         set("sub", strings.Repeat("x", 256)),
		"groups that are numbers": set("groups", []int{1, 2}),
		"groups that are a map":   set("groups", map[string]bool{"oncall": true}),
		"other key":               resigned("first"),
		"other key, other id":     resigned("second"),
		"other key, no id":        resigned(""),
		"client secret as key":    hs256([]byte(openidtest.ClientSecret + strings.Repeat("\x00", 8))),
		"public key as secret": func(p *openidtest.Provider) {
			public, err := x509.MarshalPKIXPublicKey(p.Key.Public())
			if err != nil {
				t.Fatal(err)
			}
			hs256(public)(p)
		},
		"no signature": func(p *openidtest.Provider) {
			p.Sign = func(payload []byte) string {
				encode := base64.RawURLEncoding.EncodeToString
				return encode([]byte(`{"alg":"none"}`)) + "." + encode(payload) + "."
			}
		},
		"changed after signing": func(p *openidtest.Provider) {
			p.Signed = func(token string) string {
				parts := strings.Split(token, ".")
				payload, _ := base64.RawURLEncoding.DecodeString(parts[1])
				parts[1] = base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(payload), "ana-1", "bob-1", 1)))
				return strings.Join(parts, ".")
			}
		},
		"no token":    func(p *openidtest.Provider) { p.Signed = func(string) string { return "" } },
		"not a token": func(p *openidtest.Provider) { p.Signed = func(string) string { return "a.b.c" } },
	} {
		if got, err := outcome(t, change); kindOf(err) != "invalid" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

func TestOtherAlgorithmIsRefusedBeforeTheKeysAreAskedFor(t *testing.T) {
	_, err := outcome(t, func(p *openidtest.Provider) {
		p.Sign = func(payload []byte) string {
			return openidtest.SignedBy(t, jose.HS256, []byte(strings.Repeat("x", 32)), "first", payload)
		}
		p.Answer["/keys"] = func(http.ResponseWriter, *http.Request) { t.Error("the keys were asked for") }
	})
	if kindOf(err) != "invalid" {
		t.Errorf("it fails with %v", err)
	}
}

func TestTokensThatAreWrittenOtherwiseAreTaken(t *testing.T) {
	for name, test := range map[string]struct {
		change func(map[string]any)
		want   func(*openid.Identity)
	}{
		"one group as a string": {func(c map[string]any) { c["groups"] = "oncall" }, func(i *openid.Identity) { i.Groups = []string{"oncall"} }},
		"no groups":             {func(c map[string]any) { delete(c, "groups") }, func(i *openid.Identity) { i.Groups = nil }},
		"groups of null":        {func(c map[string]any) { c["groups"] = nil }, func(i *openid.Identity) { i.Groups = nil }},
		"verified as a string":  {func(c map[string]any) { c["email_verified"] = "true" }, func(*openid.Identity) {}},
		"not verified":          {func(c map[string]any) { c["email_verified"] = "false" }, func(i *openid.Identity) { i.EmailVerified = false }},
		"verified by a number":  {func(c map[string]any) { c["email_verified"] = 1 }, func(i *openid.Identity) { i.EmailVerified = false }},
		"nothing but a subject": {func(c map[string]any) {
			for _, name := range []string{"email", "email_verified", "name", "groups"} {
				delete(c, name)
			}
		}, func(i *openid.Identity) { *i = openid.Identity{Issuer: i.Issuer, Subject: i.Subject} }},
		"several audiences, for our use": {func(c map[string]any) {
			c["aud"], c["azp"] = []string{"other", openidtest.ClientID}, openidtest.ClientID
		}, func(*openid.Identity) {}},
	} {
		got, err := outcome(t, func(p *openidtest.Provider) { p.Claims = test.change })
		want := openid.Identity{Issuer: got.Issuer, Subject: "ana-1", Email: "ana@example.org", EmailVerified: true, Name: "Ana López", Groups: []string{"oncall", "everyone"}}
		test.want(&want)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestNewKeyOfTheProviderIsFetched(t *testing.T) {
	p := openidtest.New(t)
	c := p.Client()
	for range 2 {
		ceremony, query := openidtest.Begin(t, c)
		if _, err := c.Finish(t.Context(), ceremony, query); err != nil {
			t.Fatal(err)
		}
		p.Key = openidtest.New(t).Key
	}
}
