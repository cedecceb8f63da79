package sigv4

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// decoy replaces the secret of an unknown key, so that the response takes as long as
// for a known key. It is as long as AWS's secrets.
const decoy = "0000000000000000000000000000000000000000"

// checkSignature checks the signature of the canonical request with the secret of the
// key.
func (v Verifier) checkSignature(ctx context.Context, s scope, signature, request string) error {
	secret, err := v.Secret(ctx, s.accessKeyID)
	unknown := errors.Is(err, ErrUnknownKey)
	if err != nil && !unknown {
		return fmt.Errorf("secret of an access key: %w", err)
	}
	if unknown {
		secret = decoy
	}
	// The text is compared, not the decoded bytes: upper-case hexadecimal is refused.
	matches := hmac.Equal([]byte(s.sign(secret, request)), []byte(signature))
	if unknown {
		return unrecognized()
	}
	if !matches {
		return invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// sign returns the hexadecimal signature of a canonical request.
func (s scope) sign(secret, request string) string {
	text := strings.Join([]string{
		algorithm,
		s.signedAt.Format(basicFormat),
		s.date + "/" + s.region + "/" + s.service + "/" + terminator,
		hexHash([]byte(request)),
	}, "\n")
	return hex.EncodeToString(sum(s.dayKey(secret), text))
}

// dayKey derives the signing key for one day. It is not cached, because deriving it takes
// a few microseconds, and a cache would have to follow every change of a secret.
func (s scope) dayKey(secret string) []byte {
	key := sum([]byte("AWS4"+secret), s.date)
	for _, part := range [...]string{s.region, s.service, terminator} {
		key = sum(key, part)
	}
	return key
}

func hexHash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// sum returns the HMAC-SHA256 of text.
func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // a hash returns no error
	return h.Sum(nil)
}
