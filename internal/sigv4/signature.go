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

// decoy stands in for the secret of a key that does not exist, so that the answer
// takes as long as for one that does. It is as long as AWS's secrets.
const decoy = "0000000000000000000000000000000000000000"

// checkSignature refuses a signature of the canonical request that the secret of
// the key does not make.
func (v Verifier) checkSignature(ctx context.Context, s scope, signature, request string) error {
	secret, err := v.Secret(ctx, s.accessKeyID)
	unknown := errors.Is(err, ErrUnknownKey)
	if err != nil && !unknown {
		return fmt.Errorf("secret of an access key: %w", err)
	}
	if unknown {
		secret = decoy
	}
	// Text is compared, not the bytes it stands for: in capitals it is another signature.
	matches := hmac.Equal([]byte(s.sign(secret, request)), []byte(signature))
	if unknown {
		return unrecognized()
	}
	if !matches {
		return invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
	}
	return nil
}

// sign returns the signature of a canonical request, in hexadecimal.
func (s scope) sign(secret, request string) string {
	text := strings.Join([]string{
		algorithm,
		s.signedAt.Format(basicFormat),
		s.date + "/" + s.region + "/" + s.service + "/" + terminator,
		hexHash([]byte(request)),
	}, "\n")
	return hex.EncodeToString(sum(s.dayKey(secret), text))
}

// dayKey derives the key that signs on one day, each time anew: that takes a few
// microseconds, and a cache would have to learn of every change of a secret.
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

// sum is HMAC-SHA256.
func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text)) // a hash returns no error
	return h.Sum(nil)
}
