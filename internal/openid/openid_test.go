package openid_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"callbook/internal/openid"
	"callbook/internal/openid/openidtest"

	"github.com/google/go-cmp/cmp"
)

// kinds names the errors, of which each failure is exactly one.
var kinds = map[string]error{
	"denied": openid.ErrDenied, "state": openid.ErrState, "unreachable": openid.ErrUnreachable,
	"refused": openid.ErrRefused, "invalid": openid.ErrInvalid,
}

// kindOf returns the name of the error's kind.
func kindOf(err error) string {
	var found []string
	for name, kind := range kinds {
		if errors.Is(err, kind) {
			found = append(found, name)
		}
	}
	return strings.Join(found, " and ")
}

func TestPersonSignsIn(t *testing.T) {
	p := openidtest.New(t)
	c := p.Client()
	ceremony, query := openidtest.Begin(t, c)
	kept, err := json.Marshal(ceremony) // as the caller keeps it
	if err != nil {
		t.Fatal(err)
	}
	var begun openid.Ceremony
	if err := json.Unmarshal(kept, &begun); err != nil {
		t.Fatal(err)
	}
	got, err := c.Finish(t.Context(), begun, query)
	if err != nil {
		t.Fatal(err)
	}
	want := openid.Identity{Issuer: p.URL, Subject: "ana-1", Email: "ana@example.org", EmailVerified: true, Name: "Ana López", Groups: []string{"oncall", "everyone"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNothingOfTheCeremonyIsTheSameTwice(t *testing.T) {
	c := openidtest.New(t).Client()
	first, _ := openidtest.Begin(t, c)
	second, _ := openidtest.Begin(t, c)
	if first.State == second.State || first.Nonce == second.Nonce || first.Verifier == second.Verifier {
		t.Errorf("%+v and %+v", first, second)
	}
	if address, begun, _ := c.Start(t.Context()); strings.Contains(address, begun.Verifier) {
		t.Errorf("the verifier leaves in %s", address)
	}
}

func TestForgedAnswersAreRefused(t *testing.T) {
	const issuer = "ISSUER"
	for name, test := range map[string]struct {
		change func(query url.Values)
		want   string
	}{
		"other state":             {func(q url.Values) { q.Set("state", "other") }, "state"},
		"no state":                {func(q url.Values) { q.Del("state") }, "state"},
		"two states":              {func(q url.Values) { q.Add("state", "other") }, "state"},
		"other state, denied":     {func(q url.Values) { q.Set("state", "other"); q.Set("error", "access_denied") }, "state"},
		"other issuer":            {func(q url.Values) { q.Set("iss", "https://other.example") }, "invalid"},
		"empty issuer":            {func(q url.Values) { q.Set("iss", "") }, "invalid"},
		"other issuer, denied":    {func(q url.Values) { q.Set("iss", "https://other.example"); q.Set("error", "access_denied") }, "invalid"},
		"its own issuer":          {func(q url.Values) { q.Set("iss", issuer) }, ""},
		"denied":                  {func(q url.Values) { q.Set("error", "access_denied") }, "denied"},
		"out of order":            {func(q url.Values) { q.Set("error", "temporarily_unavailable") }, "unreachable"},
		"scope unknown":           {func(q url.Values) { q.Set("error", "invalid_scope") }, "refused"},
		"error without a name":    {func(q url.Values) { q.Set("error", "") }, "refused"},
		"no code":                 {func(q url.Values) { q.Del("code") }, "invalid"},
		"other code":              {func(q url.Values) { q.Set("code", "other") }, "invalid"},
		"long error is cut short": {func(q url.Values) { q.Set("error_description", strings.Repeat("x", 5000)); q.Set("error", "x") }, "refused"},
	} {
		p := openidtest.New(t)
		c := p.Client()
		ceremony, query := openidtest.Begin(t, c)
		test.change(query)
		if query.Get("iss") == issuer {
			query.Set("iss", p.URL)
		}
		_, err := c.Finish(t.Context(), ceremony, query)
		if got := kindOf(err); got != test.want {
			t.Errorf("%s: it fails with %q (%v), want %q", name, got, err, test.want)
		}
		if err != nil && len(err.Error()) > 600 {
			t.Errorf("%s: the error has %d bytes", name, len(err.Error()))
		}
	}
}

func TestProviderThatNamesItselfMustDoSo(t *testing.T) {
	p := openidtest.New(t)
	p.Discovery = map[string]any{"authorization_response_iss_parameter_supported": true}
	c := p.Client()
	ceremony, query := openidtest.Begin(t, c)
	if _, err := c.Finish(t.Context(), ceremony, query); kindOf(err) != "invalid" {
		t.Errorf("without iss it fails with %v", err)
	}
	query.Set("iss", p.URL)
	if _, err := c.Finish(t.Context(), ceremony, query); err != nil {
		t.Errorf("with iss it fails with %v", err)
	}
}

func TestCodeIsGoodOnce(t *testing.T) {
	c := openidtest.New(t).Client()
	ceremony, query := openidtest.Begin(t, c)
	if _, err := c.Finish(t.Context(), ceremony, query); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(t.Context(), ceremony, query); kindOf(err) != "invalid" {
		t.Errorf("the second time fails with %v", err)
	}
}

func TestStolenCodeOpensNoOtherSignIn(t *testing.T) {
	c := openidtest.New(t).Client()
	_, stolen := openidtest.Begin(t, c)
	ceremony, query := openidtest.Begin(t, c)
	query.Set("code", stolen.Get("code"))
	if _, err := c.Finish(t.Context(), ceremony, query); kindOf(err) != "invalid" {
		t.Errorf("it fails with %v", err)
	}
}

func TestCeremonyEnds(t *testing.T) {
	p := openidtest.New(t)
	c := p.Client()
	ceremony, query := openidtest.Begin(t, c)
	p.Now = func() time.Time { return openidtest.Noon.Add(15 * time.Minute) }
	if _, err := c.Finish(t.Context(), ceremony, query); kindOf(err) != "state" {
		t.Errorf("after 15 minutes it fails with %v", err)
	}
	p.Now = func() time.Time { return openidtest.Noon.Add(15*time.Minute - time.Second) }
	if _, err := c.Finish(t.Context(), ceremony, query); err != nil {
		t.Errorf("a second earlier it fails with %v", err)
	}
}

func TestZeroCeremonyMatchesNothing(t *testing.T) {
	c := openidtest.New(t).Client()
	_, query := openidtest.Begin(t, c)
	for _, state := range []string{"", query.Get("state")} {
		query.Set("state", state)
		if _, err := c.Finish(t.Context(), openid.Ceremony{Expires: openidtest.Noon.Add(time.Hour)}, query); kindOf(err) != "state" {
			t.Errorf("state %q fails with %v", state, err)
		}
	}
}

func TestMistakesInOptionsAreAllTold(t *testing.T) {
	_, err := openid.New(openid.Options{Issuer: "http://idp.example", RedirectURL: "/back"})
	want := []string{
		`the issuer "http://idp.example" is neither an https URL nor on this machine`,
		`the redirect URL "/back" is neither an https URL nor on this machine`,
		"the client id is empty",
	}
	if err == nil {
		t.Fatal("no mistake found")
	}
	if diff := cmp.Diff(want, strings.Split(err.Error(), "\n")); diff != "" {
		t.Error(diff)
	}
}
