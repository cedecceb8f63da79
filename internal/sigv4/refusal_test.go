package sigv4

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

const (
	typeMissing      = "MissingAuthenticationTokenException"
	typeIncomplete   = "IncompleteSignatureException"
	typeInvalid      = "InvalidSignatureException"
	typeUnrecognized = "UnrecognizedClientException"
)

// An edit is a change to a valid request, with the refusal that it must cause.
type edit struct {
	name          string
	edit          func(r *http.Request)
	typ, sentence string
}

func authorization(old, new string) func(*http.Request) {
	return func(r *http.Request) {
		r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), old, new, 1))
	}
}

func set(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) { r.Header[http.CanonicalHeaderKey(name)] = values }
}

func remove(name string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Del(name) }
}

func query(name string, values ...string) func(*http.Request) {
	return func(r *http.Request) {
		q := r.URL.Query()
		q[name] = values
		r.URL.RawQuery = q.Encode()
	}
}

var headerEdits = []edit{
	{"no signature", remove("Authorization"), typeMissing, "Missing Authentication Token"},
	{"another scheme", set("Authorization", "Bearer abc"), typeMissing, "Missing Authentication Token"},
	{"nothing but the algorithm", set("Authorization", "AWS4-HMAC-SHA256"), typeIncomplete, "Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '"},
	{"no parts", set("Authorization", "AWS4-HMAC-SHA256 a=b"), typeIncomplete, "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter. Authorization header requires 'SignedHeaders' parameter. (Hashed with SHA-256 and encoded with Base64) Authorization="},
	{"no date", remove("X-Amz-Date"), typeIncomplete, "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. (Hashed"},
	{"no credential", authorization("Credential", "Credentials"), typeIncomplete, "Authorization header requires 'Credential' parameter. (Hashed"},
	{"empty signature", authorization("Signature=", "Signature=,x="), typeIncomplete, "Authorization header requires 'Signature' parameter. (Hashed"},
	{"two signatures", authorization("Signature=", "Signature=0, Signature="), typeIncomplete, "Authorization header has more than one 'Signature' parameter."},
	{"a spare comma", authorization(", ", ",, "), typeIncomplete, "Invalid key=value pair"},
	{"two headers", func(r *http.Request) { r.Header.Add("Authorization", r.Header.Get("Authorization")) }, typeIncomplete, "Authorization header has more than one 'SignedHeaders' parameter."},
	{"also in the query", query("X-Amz-Algorithm", algorithm), typeInvalid, "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header."},
	{"bad query", func(r *http.Request) { r.URL.RawQuery = "a=%zz" }, typeInvalid, "The query string contains a syntax error."},
	{"odd date", set("X-Amz-Date", "201"), typeIncomplete, "Date must be in ISO-8601 'basic format'. Got '201'. See http://en.wikipedia.org/wiki/ISO_8601"},
	{"date with a fraction", set("X-Amz-Date", "20261125T031500.5Z"), typeIncomplete, "Date must be"},
	{"two dates", set("X-Amz-Date", "20261125T031500Z", "20261125T031500Z"), typeIncomplete, "Date must be"},
	{"stale date", set("X-Amz-Date", "20261125T030000Z"), typeInvalid, "Signature expired: 20261125T030000Z is now earlier than 20261125T031000Z (20261125T031500Z - 5 min.)"},
	{"future date", set("X-Amz-Date", "20261125T032001Z"), typeInvalid, "Signature not yet current: 20261125T032001Z is still later than 20261125T032000Z (20261125T031500Z + 5 min.)"},
	{"host not signed", authorization("host;", ""), typeInvalid, "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."},
	{"target not signed", authorization(";x-amz-target", ""), typeInvalid, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."},
	{"date not signed", authorization(";x-amz-date", ""), typeInvalid, "'X-Amz-Date' must be a 'SignedHeader' in the AWS Authorization."},
	{"header added", set("X-Amz-Meta", "1"), typeInvalid, "'X-Amz-Meta' must be a 'SignedHeader' in the AWS Authorization."},
	{"host signed twice", authorization("host;", "host;host;"), typeInvalid, "'SignedHeaders' must be in lower case, in order and without repetition, got '"},
	{"headers out of order", authorization("content-length;content-type", "content-type;content-length"), typeInvalid, "'SignedHeaders' must be"},
	{"capitals", authorization("host;", "Host;"), typeInvalid, "'SignedHeaders' must be"},
	{"another algorithm", authorization(algorithm, "AWS4-HMAC-SHA25"), typeIncomplete, "Unsupported AWS 'algorithm': 'AWS4-HMAC-SHA25' (only AWS4-HMAC-SHA256 for now)."},
	{"four elements", authorization("/aws4_request", ""), typeIncomplete, "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got 'AKIDEXAMPLE/20261125/us-east-1/ssm-contacts'"},
	{"all of the scope", authorization("20261125/us-east-1/ssm-contacts/aws4_request", "x/y/z/t"), typeInvalid, "Credential should be scoped to a valid region, not 'y'. Credential should be scoped to correct service: 'ssm-contacts'. Credential should be scoped with a valid terminator: 'aws4_request', not 't'. Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: 'x' != '20261125', from '20261125T031500Z'."},
	{"unknown key", authorization(keyID, "AKIDUNKNOWN"), typeUnrecognized, "The security token included in the request is invalid."},
	{"temporary credentials", func(r *http.Request) {
		r.Header.Set("X-Amz-Security-Token", "x")
		authorization("x-amz-date;", "x-amz-date;x-amz-security-token;")(r)
	}, typeUnrecognized, "The security token included in the request is invalid."},
	{"another host", func(r *http.Request) { r.Host = "127.0.0.1:8081" }, typeInvalid, mismatch},
	{"another method", func(r *http.Request) { r.Method = "PUT" }, typeInvalid, mismatch},
	{"another path", func(r *http.Request) { r.URL.Path = "/x" }, typeInvalid, mismatch},
	{"another query", query("a", "b"), typeInvalid, mismatch},
	{"another target", set("X-Amz-Target", "SSMContacts.DeleteContact"), typeInvalid, mismatch},
	{"target twice", set("X-Amz-Target", "SSMContacts.GetContact", "SSMContacts.DeleteContact"), typeInvalid, mismatch},
	{"another second", set("X-Amz-Date", "20261125T031501Z"), typeInvalid, mismatch},
	{"another content type", set("Content-Type", "text/plain"), typeInvalid, mismatch},
	{"signed header removed", remove("Content-Type"), typeInvalid, mismatch},
}

func TestAlteredHeaderFormIsRefused(t *testing.T) {
	for _, e := range headerEdits {
		r := newRequest(t, "{}")
		sign(t, r, "{}", now)
		e.edit(r)
		refuses(t, e.name, verifier(now), r, []byte("{}"), e.typ, e.sentence)
	}
}

func TestAlteredQueryFormIsRefused(t *testing.T) {
	for _, e := range []edit{
		{"no parts", func(r *http.Request) { r.URL.RawQuery = "X-Amz-Algorithm" }, typeIncomplete, "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. AWS query-string parameters must include 'X-Amz-Date'. Re-examine the query-string parameters."},
		{"two signatures", query("X-Amz-Signature", "0", "1"), typeIncomplete, "AWS query-string parameters must include 'X-Amz-Signature'. Re-examine"},
		{"another algorithm", query("X-Amz-Algorithm", "AWS5"), typeIncomplete, "Unsupported AWS 'algorithm': 'AWS5'"},
		{"stale date", query("X-Amz-Date", "20261125T030000Z"), typeInvalid, "Signature expired: "},
		{"another credential", query("X-Amz-Credential", "AKIDUNKNOWN/20261125/us-east-1/ssm-contacts/aws4_request"), typeUnrecognized, ""},
		{"temporary credentials", query("X-Amz-Security-Token", "x"), typeUnrecognized, ""},
		{"another life", query("X-Amz-Expires", "604800"), typeInvalid, mismatch},
		{"another signature", query("X-Amz-Signature", strings.Repeat("0", 64)), typeInvalid, mismatch},
		{"another target", query("X-Amz-Target", "SSMContacts.DeleteContact"), typeInvalid, mismatch},
		{"header added", set("X-Amz-Target", "SSMContacts.DeleteContact"), typeInvalid, "'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization."},
	} {
		r := presign(t, newRequest(t, "{}"), "{}", now)
		e.edit(r)
		refuses(t, e.name, verifier(now), r, []byte("{}"), e.typ, e.sentence)
	}
}

func TestChangedBodyIsRefused(t *testing.T) {
	for _, changed := range []string{"", "{} ", "{", "[]"} {
		r := newRequest(t, "{}")
		sign(t, r, "{}", now)
		refuses(t, "in the header: "+changed, verifier(now), r, []byte(changed), typeInvalid, mismatch)
		r = presign(t, newRequest(t, "{}"), "{}", now)
		refuses(t, "in the query: "+changed, verifier(now), r, []byte(changed), typeInvalid, mismatch)
	}
}

func TestHashThatIsNotTheBodysIsRefused(t *testing.T) {
	for _, hash := range []string{"UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", hexHash(nil), strings.ToUpper(hexHash([]byte("{}")))} {
		r := newRequest(t, "{}")
		r.Header.Set("X-Amz-Content-Sha256", hash)
		sign(t, r, "{}", now)
		refuses(t, hash, verifier(now), r, []byte("{}"), typeInvalid, "The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
}

func TestClocksMayDifferByTheTolerance(t *testing.T) {
	for _, c := range []struct {
		tolerance, age time.Duration
		refusal        string
	}{
		{0, 5 * time.Minute, ""},
		{0, -5 * time.Minute, ""},
		{0, 5*time.Minute + time.Second, "Signature expired: "},
		{0, -5*time.Minute - time.Second, "Signature not yet current: "},
		{90 * time.Second, 91 * time.Second, "Signature expired: 20261125T031500Z is now earlier than 20261125T031501Z (20261125T031631Z - 90 sec.)"},
		{time.Hour, 59 * time.Minute, ""},
	} {
		r := newRequest(t, "{}")
		sign(t, r, "{}", now)
		v := verifier(now.Add(c.age + 999*time.Millisecond))
		v.Tolerance = c.tolerance
		if c.refusal == "" {
			accepts(t, c.age.String(), v, r, []byte("{}"))
			continue
		}
		refuses(t, c.age.String(), v, r, []byte("{}"), typeInvalid, c.refusal)
	}
}

func TestDateHeaderStandsIn(t *testing.T) {
	for _, form := range []string{http.TimeFormat, basicFormat} {
		r := newRequest(t, "{}")
		s := scope{date: "20261125", region: "us-east-1", service: "ssm-contacts", signedAt: now}
		r.Header.Set("Date", now.Format(form))
		names := []string{"date", "host", "x-amz-target"}
		signature := s.sign(secret, canonicalRequest(r, url.Values{}, names, hexHash([]byte("{}"))))
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261125/us-east-1/ssm-contacts/aws4_request,SignedHeaders=date;host;x-amz-target,Signature="+signature)
		accepts(t, form, verifier(now), r, []byte("{}"))
	}
}

func TestTheFirstCheckThatFailsSpeaks(t *testing.T) {
	r := newRequest(t, "{}")
	sign(t, r, "{}", now)
	broken := []edit{ // last check first
		{"signature", authorization("Signature=", "Signature=0"), typeInvalid, mismatch},
		{"key", authorization(keyID, "x"), typeUnrecognized, ""},
		{"scope", authorization("us-east-1", "eu-west-1"), typeInvalid, "Credential should be scoped to a valid region, not 'eu-west-1'."},
		{"date", set("X-Amz-Date", "20261125T030000Z"), typeInvalid, "Signature expired: "},
		{"completeness", authorization("SignedHeaders=", ""), typeIncomplete, ""},
		{"presence", remove("Authorization"), typeMissing, ""},
	}
	for _, e := range broken {
		e.edit(r)
		refuses(t, e.name, verifier(now), r, []byte("{}"), e.typ, e.sentence)
	}
}

func TestAnErrorOfTheSecretIsNoRefusal(t *testing.T) {
	r := newRequest(t, "{}")
	sign(t, r, "{}", now)
	v, broken := verifier(now), errors.New("the disk is gone")
	v.Secret = func(context.Context, string) (string, error) { return secret, broken }
	id, err := v.Verify(t.Context(), r, []byte("{}"))
	if _, refused := errors.AsType[*Error](err); id != "" || refused || !errors.Is(err, broken) {
		t.Errorf("got key %q, error %v, want %v", id, err, broken)
	}
}

func TestNoSecretIsAskedForWhatIsRefusedAnyway(t *testing.T) {
	for _, e := range headerEdits {
		r := newRequest(t, "{}")
		sign(t, r, "{}", now)
		e.edit(r)
		asked := false
		v := verifier(now)
		known := v.Secret
		v.Secret = func(ctx context.Context, id string) (string, error) { asked = true; return known(ctx, id) }
		_, _ = v.Verify(t.Context(), r, []byte("{}"))
		if want := e.name == "unknown key" || e.sentence == mismatch; asked != want {
			t.Errorf("%s: asked for a secret: %t, want %t", e.name, asked, want)
		}
	}
}

func TestAnUnknownKeyTakesAsMuchWorkAsAKnownOne(t *testing.T) {
	work := func(id string) float64 {
		r := newRequest(t, "{}")
		sign(t, r, "{}", now)
		authorization(keyID, id)(r)
		return testing.AllocsPerRun(10, func() { _, _ = verifier(now).Verify(t.Context(), r, []byte("{}")) })
	}
	if known, unknown := work(keyID), work("AKIDUNKNOWN"); unknown < known {
		t.Errorf("got %g allocations for an unknown key, want at least the %g for a known one", unknown, known)
	}
}
