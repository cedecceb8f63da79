package sigv4

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	signer "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

const (
	keyID  = "AKIDEXAMPLE"
	secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
)

// now is the time at which requests are signed.
var now = time.Date(2026, 11, 25, 3, 15, 0, 0, time.UTC)

// verifier returns a Verifier with one key and a fixed clock.
func verifier(at time.Time) Verifier {
	return Verifier{
		Region:  "us-east-1",
		Service: "ssm-contacts",
		Now:     func() time.Time { return at },
		Secret: func(_ context.Context, id string) (string, error) {
			if id != keyID {
				return "", ErrUnknownKey
			}
			return secret, nil
		},
	}
}

// newRequest returns an unsigned request as an SDK sends it.
func newRequest(t testing.TB, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequest("POST", "http://127.0.0.1:8080/", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", "SSMContacts.GetContact")
	return r
}

// sign signs r over body with the AWS SDK, in the header, at the given time.
func sign(t testing.TB, r *http.Request, body string, at time.Time) {
	t.Helper()
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	err := signer.NewSigner().SignHTTP(t.Context(), key, r, hexHash([]byte(body)), "ssm-contacts", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
}

// presign signs r over body with the AWS SDK, in the query, and returns the presigned
// request.
func presign(t testing.TB, r *http.Request, body string, at time.Time) *http.Request {
	t.Helper()
	key := aws.Credentials{AccessKeyID: keyID, SecretAccessKey: secret}
	uri, header, err := signer.NewSigner().PresignHTTP(t.Context(), key, r, hexHash([]byte(body)), "ssm-contacts", "us-east-1", at)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := http.NewRequest(r.Method, uri, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	signed.Host = header.Get("Host")
	header.Del("Host")
	signed.Header = header
	return signed
}

// received returns r and its body as a server reads them.
func received(t testing.TB, r *http.Request) (*http.Request, []byte) {
	t.Helper()
	var wire bytes.Buffer
	if err := r.Write(&wire); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadRequest(bufio.NewReader(&wire))
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(got.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got, body
}

// accepts fails the test unless v accepts r as signed by the known key.
func accepts(t testing.TB, what string, v Verifier, r *http.Request, body []byte) {
	t.Helper()
	if got, err := v.Verify(t.Context(), r, body); got != keyID || err != nil {
		t.Errorf("%s: got key %q, error %v, want %s", what, got, err, keyID)
	}
}

// refuses fails the test unless v refuses r with an exception of the given type whose
// message starts with message.
func refuses(t testing.TB, what string, v Verifier, r *http.Request, body []byte, typ, message string) {
	t.Helper()
	got, err := v.Verify(t.Context(), r, body)
	refusal, ok := errors.AsType[*Error](err)
	if !ok || got != "" {
		t.Errorf("%s: got key %q, error %v, want %s", what, got, err, typ)
		return
	}
	if refusal.Type != typ || !strings.HasPrefix(refusal.Message, message) {
		t.Errorf("%s: got\n%s: %s\nwant\n%s: %s", what, refusal.Type, refusal.Message, typ, message)
	}
}

const mismatch = "The request signature we calculated does not match the signature you provided."
