package sigv4

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/http/httpguts"
)

// TestEveryChangedByteIsRefused replaces each byte of a valid Authorization header by
// every other byte.
func TestEveryChangedByteIsRefused(t *testing.T) {
	r := newRequest(t, "{}")
	sign(t, r, "{}", now)
	good := r.Header.Get("Authorization")
	v := verifier(now)
	for i := range len(good) {
		for b := range 256 {
			changed := []byte(good)
			if changed[i] == byte(b) {
				continue
			}
			changed[i] = byte(b)
			r.Header.Set("Authorization", string(changed))
			if _, refused := errors.AsType[*Error](second(v.Verify(t.Context(), r, []byte("{}")))); !refused {
				t.Fatalf("byte %d as %#x: %q is accepted", i, b, changed)
			}
		}
	}
}

func TestEveryRemovedByteOfASignedURLIsRefused(t *testing.T) {
	r := presign(t, newRequest(t, "{}"), "{}", now)
	good := r.URL.RawQuery
	for i := range len(good) {
		r.URL.RawQuery = good[:i] + good[i+1:]
		if _, refused := errors.AsType[*Error](second(verifier(now).Verify(t.Context(), r, []byte("{}")))); !refused {
			t.Errorf("%q is accepted", r.URL.RawQuery)
		}
	}
}

func second[A, B any](_ A, b B) B { return b }

// FuzzVerify looks for panics, and for unsigned requests that are accepted.
func FuzzVerify(f *testing.F) {
	r := newRequest(f, "{}")
	sign(f, r, "{}", now)
	good, date := r.Header.Get("Authorization"), r.Header.Get("X-Amz-Date")
	f.Add(good, date, "/", "", "127.0.0.1:8080", "{}")
	f.Add(good, "Wed, 25 Nov 2026 03:15:00 GMT", "/a/../b//", "a=b&a", "[::1]", "")
	f.Add("", "", "", presign(f, newRequest(f, "{}"), "{}", now).URL.RawQuery, "127.0.0.1:8080", "{}")
	f.Add("AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;;host, Signature==", date, "*", "%", "", "\x00")
	f.Fuzz(func(t *testing.T, authorization, date, path, query, host, body string) {
		r := newRequest(t, body)
		for name, value := range map[string]string{"Authorization": authorization, "X-Amz-Date": date} {
			if value != "" {
				r.Header[name] = []string{value}
			}
		}
		r.URL.Path, r.URL.RawQuery, r.Host = path, query, host
		id, err := verifier(now).Verify(t.Context(), r, []byte(body))
		if _, refused := errors.AsType[*Error](err); err != nil && !refused {
			t.Errorf("got error %v, want an *Error", err)
		}
		signed := id == keyID && host == "127.0.0.1:8080" && body == "{}"
		if err == nil && !signed {
			t.Errorf("accepted: key %q, %q %q %q %q %q %q", id, authorization, date, path, query, host, body)
		}
	})
}

func TestHeaderNamesCannotBeMultiplied(t *testing.T) {
	header := http.Header{"Aaaa": {"x"}}
	for _, names := range []string{"aaaa;aaaa;host", "AAAA;AAAa;aaaa;host", ";;host", "host;host"} {
		if got, err := (claim{algorithm: algorithm, signedHeaders: names}).headerNames(header); err == nil {
			t.Errorf("%q: got %q, want a refusal", names, got)
		}
	}
}

// FuzzSigned checks that a request signed by the AWS SDK is accepted with any path,
// query and header, and that a changed one is refused.
func FuzzSigned(f *testing.F) {
	for _, s := range shapes {
		if u, err := url.Parse(s.url); err == nil {
			f.Add(u.EscapedPath(), u.RawQuery, s.header.Get("My-Header"), s.body)
		}
	}
	f.Add("/a.b/..c/", "b=2&a=1&a=0&%41=+", " a  b ", "{}")
	f.Fuzz(func(t *testing.T, path, query, value, body string) {
		build := func() *http.Request {
			r, err := http.NewRequest(http.MethodPost, "http://127.0.0.1:8080/"+strings.TrimLeft(path, "/")+"?"+query, strings.NewReader(body))
			if err != nil || r.URL.Host != "127.0.0.1:8080" || r.URL.Fragment != "" || strings.Contains(query, "X-Amz-") {
				return nil
			}
			if _, err := url.ParseQuery(r.URL.RawQuery); err != nil || !httpguts.ValidHeaderFieldValue(value) {
				return nil
			}
			if p := r.URL.EscapedPath(); canonicalPath(p) != strings.ReplaceAll(escape(p), "%2F", "/") {
				return nil // the SDK for Go does not normalize dots and slashes, unlike AWS
			}
			r.Header["My-Header"] = []string{value}
			return r
		}
		r := build()
		if r == nil {
			return
		}
		sign(t, r, body, now)
		r, sent := received(t, r)
		accepts(t, "in the header", verifier(now), r, sent)
		r.Header.Set("My-Header", value+"x")
		if id, err := verifier(now).Verify(t.Context(), r, sent); err == nil {
			t.Errorf("another header than %q passes for %q", value, id)
		}
		r, sent = received(t, presign(t, build(), body, now))
		accepts(t, "in the query", verifier(now), r, sent)
		if id, err := verifier(now).Verify(t.Context(), r, append(sent, 'x')); err == nil {
			t.Errorf("another body than %q passes for %q", body, id)
		}
	})
}
