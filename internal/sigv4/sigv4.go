// Package sigv4 verifies AWS Signature Version 4 as AWS's JSON services do, and returns
// the access key that signed a request. It reads signatures from the header and from
// the query, and words its refusals as AWS does. It does not check what the key may do.
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

// ErrUnknownKey is the error of Verifier.Secret for an access key that does not exist
// or may not be used.
var ErrUnknownKey = errors.New("there is no such access key")

const (
	algorithm  = "AWS4-HMAC-SHA256"
	terminator = "aws4_request"
)

// defaultTolerance is the tolerance of AWS's JSON services.
const defaultTolerance = 5 * time.Minute

// Verifier verifies signatures. It may be copied, and is safe for concurrent use if Now
// and Secret are.
type Verifier struct {
	Region, Service string           // the scope that a credential must have
	Tolerance       time.Duration    // the maximum clock difference in both directions; zero: 5 minutes
	Now             func() time.Time // not nil
	// Secret returns the secret of an access key, or ErrUnknownKey. The ID is any text
	// without a slash, as the client sent it. Not nil.
	Secret func(ctx context.Context, accessKeyID string) (secret string, err error)
}

// Verify returns the ID of the access key that signed r over body. body must be as
// received, before any Content-Encoding is decoded, and the headers, the host and the
// URL of r must be unchanged.
//
// A refusal is an *Error for the first of these checks that fails: a signature is
// present, it is complete, its date is within the tolerance, it covers the required
// headers, its scope is this region and service, its key is known, and it matches.
// Temporary credentials count as an unknown key. Any other error comes from Secret.
//
// The body is always signed: UNSIGNED-PAYLOAD is refused.
//
// X-Amz-Expires is signed but ignored, as in AWS's services other than S3: a signed URL
// is valid as long as a signed header. Within that time a request can be replayed, and
// the caller must make this harmless.
func (v Verifier) Verify(ctx context.Context, r *http.Request, body []byte) (accessKeyID string, err error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return "", invalid("The query string contains a syntax error.")
	}
	c, s, names, err := v.readClaim(r.Header, query)
	if err != nil {
		return "", err
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

// VerifyClaim makes those checks of Verify that need no body: a signature is present and
// complete, its date is within the tolerance, it covers the required headers, its scope is this
// region and service, and its key is known. It does not check the signature itself. It fails
// as Verify does.
func (v Verifier) VerifyClaim(ctx context.Context, r *http.Request) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return invalid("The query string contains a syntax error.")
	}
	_, s, _, err := v.readClaim(r.Header, query)
	if err != nil {
		return err
	}
	_, err = v.Secret(ctx, s.accessKeyID)
	switch {
	case errors.Is(err, ErrUnknownKey):
		return unrecognized()
	case err != nil:
		return fmt.Errorf("secret of an access key: %w", err)
	}
	return nil
}

// readClaim reads the signature of a request and checks all of it that needs no key.
func (v Verifier) readClaim(header http.Header, query url.Values) (claim, scope, []string, error) {
	c, err := parseClaim(header, query)
	if err != nil {
		return claim{}, scope{}, nil, err
	}
	s, names, err := v.checkClaim(c, header)
	if err != nil {
		return claim{}, scope{}, nil, err
	}
	if header.Values("X-Amz-Security-Token") != nil || query.Has("X-Amz-Security-Token") {
		return claim{}, scope{}, nil, unrecognized() // Callbook issues no temporary credentials.
	}
	return c, s, names, nil
}

// checkClaim checks the date, the signed headers, the algorithm and the scope. It
// returns the scope and the names of the signed headers.
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

// parseDate parses the date of the header X-Amz-Date or Date, or of the query.
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

// basicFormat is the ISO 8601 basic format.
const basicFormat = "20060102T150405Z"

func (v Verifier) checkDate(signedAt time.Time) error {
	tolerance := v.Tolerance
	if tolerance == 0 {
		tolerance = defaultTolerance
	}
	now := v.Now().UTC().Truncate(time.Second) // as the messages show it
	if earliest := now.Add(-tolerance); signedAt.Before(earliest) {
		return invalid("Signature expired: %s is now earlier than %s (%s - %s.)",
			signedAt.Format(basicFormat), earliest.Format(basicFormat), now.Format(basicFormat), formatTolerance(tolerance))
	}
	if latest := now.Add(tolerance); signedAt.After(latest) {
		return invalid("Signature not yet current: %s is still later than %s (%s + %s.)",
			signedAt.Format(basicFormat), latest.Format(basicFormat), now.Format(basicFormat), formatTolerance(tolerance))
	}
	return nil
}

func formatTolerance(d time.Duration) string {
	if d%time.Minute == 0 {
		return fmt.Sprintf("%d min", d/time.Minute)
	}
	return fmt.Sprintf("%d sec", d/time.Second)
}

// scope is the scope of a valid signature.
type scope struct {
	accessKeyID     string
	date            string // the day of signedAt, as 20060102
	region, service string
	signedAt        time.Time
}

// parseScope parses the credential and checks its date, region, service and terminator.
// The error names all that are wrong.
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
