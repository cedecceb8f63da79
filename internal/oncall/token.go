package oncall

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// NewToken returns 32 random bytes as they are handed out, in a cookie or a
// link.
func NewToken() string { return base64.RawURLEncoding.EncodeToString(RandomBytes(32)) }

// TokenKey is what a token is stored by. A token is random, so that one hash is
// enough: there is nothing to guess.
func TokenKey(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

func RandomBytes(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: the process ends instead
	return b
}
