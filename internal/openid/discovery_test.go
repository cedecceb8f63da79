package openid_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callbook/internal/openid"
	"callbook/internal/openid/openidtest"
)

func TestProviderThatIsDownIsTriedAgain(t *testing.T) {
	p := openidtest.New(t)
	const document = "/.well-known/openid-configuration"
	tries := 0
	p.Answer[document] = func(w http.ResponseWriter, _ *http.Request) { tries++; w.WriteHeader(503) }
	c := p.Client()
	for range 3 {
		if _, _, err := c.Start(t.Context()); kindOf(err) != "unreachable" {
			t.Errorf("it fails with %v", err)
		}
	}
	if tries != 1 {
		t.Errorf("%d requests within one pause", tries)
	}
	delete(p.Answer, document)
	p.Now = func() time.Time { return openidtest.Noon.Add(5 * time.Second) }
	if _, _, err := c.Start(t.Context()); err != nil {
		t.Errorf("after the pause it fails with %v", err)
	}
}

func TestDiscoveryIsAskedForOnce(t *testing.T) {
	p := openidtest.New(t)
	c := p.Client()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, _, err := c.Start(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := p.Asked.Load(); n != 1 {
		t.Errorf("it was asked for %d times", n)
	}
}

func TestDiscoveryIsNotBelievedBlindly(t *testing.T) {
	for name, document := range map[string]map[string]any{
		"other issuer":      {"issuer": "https://other.example"},
		"token in the open": {"token_endpoint": "http://idp.example/token"},
		"keys in the open":  {"jwks_uri": "http://idp.example/keys"},
		"page of a script":  {"authorization_endpoint": "javascript:alert(1)"},
		"no keys":           {"jwks_uri": ""},
	} {
		p := openidtest.New(t)
		p.Discovery = document
		if _, _, err := p.Client().Start(t.Context()); kindOf(err) != "unreachable" {
			t.Errorf("%s: it fails with %v", name, err)
		}
	}
}

func TestFailuresOfTheProviderAreTold(t *testing.T) {
	status := func(n int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(n) }
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"keys": [], "x": "` + strings.Repeat("x", 1<<20) + `"}`))
	}
	elsewhere := func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
	}
	for name, test := range map[string]struct {
		path   string
		answer http.HandlerFunc
		want   string
	}{
		"token: out of order": {"/token", status(500), "unreachable"},
		"token: too often":    {"/token", status(429), "unreachable"},
		"token: endless":      {"/token", endless, "unreachable"},
		"token: redirected":   {"/token", elsewhere, "refused"},
		"token: not allowed":  {"/token", status(403), "refused"},
		"keys: out of order":  {"/keys", status(500), "unreachable"},
		"keys: not there":     {"/keys", status(404), "unreachable"},
		"keys: endless":       {"/keys", endless, "unreachable"},
		"keys: redirected":    {"/keys", elsewhere, "unreachable"},
		"token: long refusal": {"/token", func(w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(403)
			_, _ = w.Write([]byte(strings.Repeat("x", 100<<10)))
		}, "refused"},
	} {
		_, err := outcome(t, func(p *openidtest.Provider) {
			p.Answer[test.path] = test.answer
			p.Answer["/elsewhere"] = func(http.ResponseWriter, *http.Request) { t.Errorf("%s: and followed", name) }
		})
		if got := kindOf(err); got != test.want || len(err.Error()) > 600 {
			t.Errorf("%s: it fails with %q (%.600v), want %q", name, got, err, test.want)
		}
	}
}

func TestOtherClientSecretIsRefused(t *testing.T) {
	if _, err := outcome(t, func(p *openidtest.Provider) { p.Secret = "changed" }); kindOf(err) != "refused" {
		t.Errorf("it fails with %v", err)
	}
}

func TestSecretIsSentOnceAsTheProviderLikesIt(t *testing.T) {
	for want, methods := range map[string][]string{"header": nil, "form": {"client_secret_post"}} {
		p := openidtest.New(t)
		p.Methods = methods
		c := p.Client()
		ceremony, query := openidtest.Begin(t, c)
		if _, err := c.Finish(t.Context(), ceremony, query); err != nil || p.Style != want {
			t.Errorf("it was sent in the %s (%v), want the %s", p.Style, err, want)
		}
	}
}

// silent is a provider that takes requests and never answers.
type silent struct{}

func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestSilentProviderIsGivenTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, err := openid.New(openid.Options{Issuer: "https://idp.example", ClientID: "x", RedirectURL: openidtest.BackTo, HTTPClient: &http.Client{Transport: silent{}}})
		if err != nil {
			t.Fatal(err)
		}
		impatient, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		begun := time.Now()
		failed := make(chan error)
		go func() { _, _, err := c.Start(t.Context()); failed <- err }()
		synctest.Wait()
		if _, _, err := c.Start(impatient); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("who goes away waits for %v: %v", time.Since(begun), err)
		}
		if err := <-failed; kindOf(err) != "unreachable" || time.Since(begun) != 10*time.Second {
			t.Errorf("after %v: %v", time.Since(begun), err)
		}
	})
}
