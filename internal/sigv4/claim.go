package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// claim is a signature as the client wrote it down. All parts are there; whether
// they mean anything is not known yet.
type claim struct {
	algorithm     string
	credential    string // key id, date, region, service and terminator, between slashes
	signedHeaders string // names between semicolons
	signature     string
	date          string
	presigned     bool // it stood in the query
}

// parseClaim finds the signature in the Authorization header or in the query.
func parseClaim(header http.Header, query url.Values) (claim, error) {
	authorization := headerValue(header, "Authorization")
	if query.Has("X-Amz-Algorithm") {
		if authorization != "" {
			return claim{}, invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
		}
		return queryClaim(query)
	}
	if !strings.HasPrefix(authorization, "AWS4-") {
		return claim{}, missing()
	}
	c, err := headerClaim(authorization)
	if err != nil {
		return claim{}, err
	}
	if c.date = headerValue(header, "X-Amz-Date"); c.date == "" {
		c.date = headerValue(header, "Date")
	}
	return c, c.checkComplete(authorization)
}

// headerClaim reads "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
// Nothing but one comma, and a space where the client likes one, separates the
// parts: a reader that forgives more accepts an altered header.
func headerClaim(authorization string) (claim, error) {
	algorithm, parts, _ := strings.Cut(authorization, " ")
	c := claim{algorithm: algorithm}
	for part := range strings.SplitSeq(parts, ",") {
		name, value, found := strings.Cut(strings.TrimPrefix(part, " "), "=")
		if !found {
			return claim{}, incomplete("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", hashed(authorization))
		}
		field := c.field(name)
		if field == nil {
			continue
		}
		if *field != "" {
			return claim{}, incomplete("Authorization header has more than one '%s' parameter.", name)
		}
		*field = value
	}
	return c, nil
}

// field is where a part of the header with the given name goes; nil for a name
// that means nothing.
func (c *claim) field(name string) *string {
	switch name {
	case "Credential":
		return &c.credential
	case "SignedHeaders":
		return &c.signedHeaders
	case "Signature":
		return &c.signature
	}
	return nil
}

// checkComplete tells everything that the header form lacks at once.
func (c claim) checkComplete(authorization string) error {
	var lacks string
	if c.credential == "" {
		lacks += "Authorization header requires 'Credential' parameter. "
	}
	if c.signature == "" {
		lacks += "Authorization header requires 'Signature' parameter. "
	}
	if c.signedHeaders == "" {
		lacks += "Authorization header requires 'SignedHeaders' parameter. "
	}
	if c.date == "" {
		lacks += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	}
	if lacks == "" {
		return nil
	}
	return incomplete("%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s", lacks, hashed(authorization))
}

// hashed is how AWS quotes an Authorization header, which is halfway a secret.
func hashed(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// queryClaim reads a presigned URL. A parameter that is there twice counts as
// missing: which one is meant could not be told.
func queryClaim(query url.Values) (claim, error) {
	var lacks string
	for _, name := range [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if len(query[name]) != 1 || query.Get(name) == "" {
			lacks += "AWS query-string parameters must include '" + name + "'. "
		}
	}
	if lacks != "" {
		return claim{}, incomplete("%sRe-examine the query-string parameters.", lacks)
	}
	return claim{
		algorithm:     query.Get("X-Amz-Algorithm"),
		credential:    query.Get("X-Amz-Credential"),
		signedHeaders: query.Get("X-Amz-SignedHeaders"),
		signature:     query.Get("X-Amz-Signature"),
		date:          query.Get("X-Amz-Date"),
		presigned:     true,
	}, nil
}

// headerNames returns the names of the signed headers, in order and each once:
// a name that came back a thousand times would make a canonical request a
// thousand times as long as the request.
//
// Host must be among them, and every X-Amz- header that was sent, for they say
// what is to be done.
func (c claim) headerNames(header http.Header) ([]string, error) {
	names := strings.Split(c.signedHeaders, ";")
	last := ""
	for _, name := range names {
		if name <= last || name != strings.ToLower(name) {
			return nil, invalid("'SignedHeaders' must be in lower case, in order and without repetition, got '%s'.", c.signedHeaders)
		}
		last = name
	}
	signed := func(name string) bool {
		_, found := slices.BinarySearch(names, name)
		return found
	}
	if !signed("host") {
		return nil, invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for sent := range header {
		if name := strings.ToLower(sent); c.mustSign(name) && !signed(name) {
			return nil, invalid("'%s' must be a 'SignedHeader' in the AWS Authorization.", sent)
		}
	}
	return names, nil
}

// mustSign tells whether a header must be signed when it is sent. The SDK for PHP
// does not sign X-Amz-User-Agent. The date of a presigned URL stands in the URL.
func (c claim) mustSign(name string) bool {
	if name == "x-amz-user-agent" || name == "x-amz-date" && c.presigned {
		return false
	}
	return strings.HasPrefix(name, "x-amz-")
}
