package sigv4

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// claim holds the parts of a signature as sent. All are present, but not yet checked.
type claim struct {
	algorithm     string
	credential    string // key ID, date, region, service and terminator, separated by slashes
	signedHeaders string // names, separated by semicolons
	signature     string
	date          string
	presigned     bool // the signature is in the query
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

// headerClaim parses "AWS4-HMAC-SHA256 Credential=…, SignedHeaders=…, Signature=…".
// Only one comma and an optional space separate the parts, because a more lenient
// parser would accept an altered header.
func headerClaim(authorization string) (claim, error) {
	algorithm, parts, _ := strings.Cut(authorization, " ")
	c := claim{algorithm: algorithm}
	for part := range strings.SplitSeq(parts, ",") {
		name, value, found := strings.Cut(strings.TrimPrefix(part, " "), "=")
		if !found {
			return claim{}, incomplete("Invalid key=value pair (missing equal-sign) in Authorization header (hashed with SHA-256 and encoded with Base64): '%s'.", headerHash(authorization))
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

// field returns the field for a parameter of the header, or nil for an unknown name.
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

// checkComplete fails with a message that names every missing part of the header form.
func (c claim) checkComplete(authorization string) error {
	var missingParts string
	if c.credential == "" {
		missingParts += "Authorization header requires 'Credential' parameter. "
	}
	if c.signature == "" {
		missingParts += "Authorization header requires 'Signature' parameter. "
	}
	if c.signedHeaders == "" {
		missingParts += "Authorization header requires 'SignedHeaders' parameter. "
	}
	if c.date == "" {
		missingParts += "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
	}
	if missingParts == "" {
		return nil
	}
	return incomplete("%s(Hashed with SHA-256 and encoded with Base64) Authorization=%s", missingParts, headerHash(authorization))
}

// headerHash returns the hash by which AWS quotes an Authorization header, which is
// sensitive.
func headerHash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// queryClaim parses a presigned URL. A repeated parameter counts as missing, because it
// is ambiguous.
func queryClaim(query url.Values) (claim, error) {
	var missingParts string
	for _, name := range [...]string{"X-Amz-Algorithm", "X-Amz-Credential", "X-Amz-Signature", "X-Amz-SignedHeaders", "X-Amz-Date"} {
		if len(query[name]) != 1 || query.Get(name) == "" {
			missingParts += "AWS query-string parameters must include '" + name + "'. "
		}
	}
	if missingParts != "" {
		return claim{}, incomplete("%sRe-examine the query-string parameters.", missingParts)
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

// headerNames returns the names of the signed headers. They must be sorted and unique:
// repeated names could make the canonical request much longer than the request. They
// must include Host and every X-Amz- header that was sent, because these determine
// what the request does.
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

// mustSign reports whether a header must be signed if it is sent. The SDK for PHP does
// not sign X-Amz-User-Agent. The date of a presigned URL is in its query.
func (c claim) mustSign(name string) bool {
	if name == "x-amz-user-agent" || name == "x-amz-date" && c.presigned {
		return false
	}
	return strings.HasPrefix(name, "x-amz-")
}
