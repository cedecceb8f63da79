package oncall

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewToken returns 32 random bytes in URL-safe base64, for a cookie or a link.
func NewToken() string { return base64.RawURLEncoding.EncodeToString(RandomBytes(32)) }

// TokenKey returns the hash by which a token is stored. A token is random, so a fast hash
// is safe.
func TokenKey(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// RandomBytes returns n bytes from the cryptographic random source.
func RandomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never returns an error: the process crashes instead
	return b
}
