// Package sigv4 decides who signed a request with AWS Signature Version 4, as
// a service that speaks JSON does. It hides both forms of a signature (header
// and query), the canonical request and AWS's sentences. What the key may do
// is not its business.
//
// The algorithm is AWS's, for services other than S3:
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
package sigv4

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// ErrUnknownKey is what Verifier.Secret returns for an access key that does not
// exist or may not be used.
var ErrUnknownKey = errors.New("there is no such access key")

// algorithm and terminator are the only ones there are.
const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
)

// defaultTolerance is that of AWS's JSON services.
const defaultTolerance = 5 * time.Minute

// Verifier holds what a signature is checked against. It has no state: it may be
// copied, and used by many goroutines when Now and Secret may be.
type Verifier struct {
	Region, Service string           // what the credential must be scoped to
	Tolerance       time.Duration    // how far the clocks may differ, both ways; zero means 5 minutes
	Now             func() time.Time // never nil
	// Secret returns the secret of an access key, or ErrUnknownKey. The id is as
	// the client sent it: any text without a slash. Never nil.
	Secret func(ctx context.Context, accessKeyID string) (secret string, err error)
}

// Verify returns the access key id that signed r over body, which is the body as
// it was received: before any Content-Encoding is undone. The headers, the host
// and the URL of r must still be those of the client, too.
//
// A refusal is an *Error. The checks stop at the first that fails: a signature
// is present, complete, of this time, covers the headers that it must, is scoped
// to this region and service, is by a known key, and matches. Temporary
// credentials are no known key. Any other error is one of Secret, and says
// nothing about the request.
//
// The body is always part of what was signed: UNSIGNED-PAYLOAD is refused.
//
// X-Amz-Expires is signed but not obeyed, as by AWS's services other than S3: a
// signed URL lives as long as a signed header. A request may be sent again
// within that time; to make this harmless is the caller's business.
func (v Verifier) Verify(ctx context.Context, r *http.Request, body []byte) (accessKeyID string, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", invalid("The query string contains a syntax error.")
	}
	c, err := parseClaim(r.Header, query)
	if err != nil {
		return "", err
	}
	s, names, err := v.checkClaim(c, r.Header)
	if err != nil {
		return "", err
	}
	if r.Header.Values("X-Amz-Security-Token") != nil || query.Has("X-Amz-Security-Token") {
		return "", unrecognized() // Callbook issues no temporary credentials.
	}
	if c.presigned {
		delete(query, "X-Amz-Signature")
	}
	hash := hexHash(body)
	if err := v.checkSignature(ctx, s, c.signature, canonicalRequest(r, query, names, hash)); err != nil {
		return "", err
	}
	if sent := headerValue(r.Header, "X-Amz-Content-Sha256"); sent != "" && sent != hash {
		return "", invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return s.accessKeyID, nil
}

// checkClaim refuses what is not for here and now, and returns what the signature
// is good for and the names of the headers that it covers.
func (v Verifier) checkClaim(c claim, header http.Header) (scope, []string, error) {
	signedAt, err := parseDate(c.date)
	if err != nil {
		return scope{}, nil, err
	}
	if err := v.checkDate(signedAt); err != nil {
		return scope{}, nil, err
	}
	names, err := c.headerNames(header)
	if err != nil {
		return scope{}, nil, err
	}
	if c.algorithm != algorithm {
		return scope{}, nil, incomplete("Unsupported AWS 'algorithm': '%s' (only %s for now).", c.algorithm, algorithm)
	}
	s, err := v.parseScope(c.credential, signedAt)
	return s, names, err
}

// parseDate reads what the header X-Amz-Date or Date, or the query, says.
func parseDate(s string) (time.Time, error) {
	for _, form := range [...]string{basicFormat, http.TimeFormat} {
		if len(s) != len(form) { // time.Parse would let fractions of a second pass
			continue
		}
		if t, err := time.Parse(form, s); err == nil {
			return t, nil
		}
	}
	return time.Time{}, incomplete("Date must be in ISO-8601 'basic format'. Got '%s'. See http://en.wikipedia.org/wiki/ISO_8601", s)
}

// basicFormat is ISO 8601's without separators.
const basicFormat = "20060102T150405Z"

func (v Verifier) checkDate(signedAt time.Time) error {
	tolerance := v.Tolerance
	if tolerance == 0 {
		tolerance = defaultTolerance
	}
	now := v.Now().UTC().Truncate(time.Second) // to the second, as the sentences show it
	if earliest := now.Add(-tolerance); signedAt.Before(earliest) {
		return invalid("Signature expired: %s is now earlier than %s (%s - %s.)",
			signedAt.Format(basicFormat), earliest.Format(basicFormat), now.Format(basicFormat), inWords(tolerance))
	}
	if latest := now.Add(tolerance); signedAt.After(latest) {
		return invalid("Signature not yet current: %s is still later than %s (%s + %s.)",
			signedAt.Format(basicFormat), latest.Format(basicFormat), now.Format(basicFormat), inWords(tolerance))
	}
	return nil
}

func inWords(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d sec", d/time.Second)
}

// scope is what a signature is good for, all of it as the verifier wants it.
type scope struct {
	accessKeyID     string
	date            string // the day of signedAt, as 20060102
	region, service string
	signedAt        time.Time
}

// parseScope reads the credential, and refuses one for another day, place or
// service. It tells all that is wrong at once.
func (v Verifier) parseScope(credential string, signedAt time.Time) (scope, error) {
	parts := strings.Split(credential, "/")
	if len(parts) != 5 {
		return scope{}, incomplete("Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term, got '%s'", credential)
	}
	s := scope{accessKeyID: parts[0], date: signedAt.Format("20060102"), region: v.Region, service: v.Service, signedAt: signedAt}
	var wrong []string
	if parts[2] != s.region {
		wrong = append(wrong, fmt.Sprintf("Credential should be scoped to a valid region, not '%s'.", parts[2]))
	}
	if parts[3] != s.service {
		wrong = append(wrong, fmt.Sprintf("Credential should be scoped to correct service: '%s'.", s.service))
	}
	if parts[4] != terminator {
		wrong = append(wrong, fmt.Sprintf("Credential should be scoped with a valid terminator: '%s', not '%s'.", terminator, parts[4]))
	}
	if parts[1] != s.date {
		wrong = append(wrong, fmt.Sprintf("Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '%s' != '%s', from '%s'.",
			parts[1], s.date, signedAt.Format(basicFormat)))
	}
	if wrong != nil {
		return scope{}, invalid("%s", strings.Join(wrong, " "))
	}
	return s, nil
}
