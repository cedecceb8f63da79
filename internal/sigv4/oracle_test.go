package sigv4

import (
	"net/http"
	"strings"
	"testing"
)

// shapes are requests that clients may send. Each is signed by the AWS SDK, written and
// read by net/http, and must verify.
var shapes = []struct {
	name, method, url, body string
	header                  http.Header
}{
	{name: "a call", method: "POST", url: "http://127.0.0.1:8080/", body: `{"ContactId":"x"}`,
		header: http.Header{"Content-Type": {"application/x-amz-json-1.1"}, "X-Amz-Target": {"SSMContacts.GetContact"}}},
	{name: "empty body", method: "POST", url: "http://127.0.0.1:8080/"},
	{name: "no path", method: "POST", url: "http://127.0.0.1:8080"},
	{name: "large body", method: "POST", url: "http://127.0.0.1:8080/", body: strings.Repeat("x", 1<<20)},
	{name: "binary body", method: "POST", url: "http://127.0.0.1:8080/", body: "\x1f\x8b\x00\xff\r\n"},
	{name: "port of the scheme", method: "POST", url: "http://oncall.example:80/", body: "{}"},
	{name: "no port", method: "POST", url: "https://oncall.example/", body: "{}"},
	{name: "IPv6", method: "POST", url: "http://[::1]:8080/", body: "{}"},
	{name: "GET", method: "GET", url: "http://127.0.0.1:8080/"},
	{name: "path", method: "POST", url: "http://127.0.0.1:8080/a/b~c_d-e.f/", body: "{}"},
	{name: "escaped path", method: "POST", url: "http://127.0.0.1:8080/a%20b/%E1%88%B4/c%2Fd/e+f/(g)!*'/h:i@j", body: "{}"},
	{name: "needlessly escaped path", method: "POST", url: "http://127.0.0.1:8080/%41%7e", body: "{}"},
	{name: "query", method: "POST", url: "http://127.0.0.1:8080/?b=2&a=1&b=1&A=3&a-b=4&ab=5", body: "{}"},
	{name: "empty values", method: "POST", url: "http://127.0.0.1:8080/?a&b=&=c", body: "{}"},
	{name: "escaped query", method: "POST", url: "http://127.0.0.1:8080/?a%20b=c+d&%E1%88%B4=%2F%3F&e=f%3Dg&~=*", body: "{}"},
	{name: "spaces in headers", method: "POST", url: "http://127.0.0.1:8080/", body: "{}",
		header: http.Header{"My-Header": {`  a   b  "c    d"   `}}},
	{name: "repeated headers", method: "POST", url: "http://127.0.0.1:8080/", body: "{}",
		header: http.Header{"My-Header": {"b", " a  c ", "", "b"}}},
	{name: "odd headers", method: "POST", url: "http://127.0.0.1:8080/", body: "{}",
		header: http.Header{"X-Empty": {""}, "X-Umlaut": {"grün"}, "X-Tab": {"a\t\tb"}, "X-Comma": {"a,b;c=d"}}},
	{name: "hash of the body", method: "POST", url: "http://127.0.0.1:8080/", body: "{}",
		header: http.Header{"X-Amz-Content-Sha256": {hexHash([]byte("{}"))}}},
}

func TestWhatTheSDKSignsIsAccepted(t *testing.T) {
	for _, shape := range shapes {
		t.Run(shape.name, func(t *testing.T) {
			build := func() *http.Request {
				r, err := http.NewRequest(shape.method, shape.url, strings.NewReader(shape.body))
				if err != nil {
					t.Fatal(err)
				}
				if shape.header != nil {
					r.Header = shape.header.Clone()
				}
				return r
			}
			r := build()
			sign(t, r, shape.body, now)
			r, body := received(t, r)
			accepts(t, "in the header", verifier(now), r, body)

			r, body = received(t, presign(t, build(), shape.body, now))
			accepts(t, "in the query", verifier(now), r, body)
		})
	}
}

func TestUnsignedHeadersMayChange(t *testing.T) {
	r := newRequest(t, "{}")
	r.Header.Set("User-Agent", "aws-cli")
	sign(t, r, "{}", now)
	r.Header.Set("User-Agent", "a proxy")
	r.Header.Set("X-Forwarded-For", "192.0.2.1")
	r.Header.Set("X-Amzn-Trace-Id", "Root=1")
	r.Header.Set("X-Amz-User-Agent", "aws-sdk-php")
	accepts(t, "other unsigned headers", verifier(now), r, []byte("{}"))
}
