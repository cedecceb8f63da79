package seal

import (
	"crypto/hmac"
	"crypto/sha256"
)

// HashKey makes keyed hashes by the key that the first version kept in its
// database. The zero HashKey is not usable.
type HashKey struct{ key []byte }

// HashKeyFrom returns the key with these bytes, which the caller must not change.
func HashKeyFrom(key []byte) HashKey { return HashKey{key: key} }

// Sum returns the 32-byte HMAC-SHA256 of data. The purpose keeps hashes of
// equal data apart: equal sums mean equal purpose and equal data.
func (k HashKey) Sum(purpose string, data []byte) []byte {
	mac := hmac.New(sha256.New, k.key)
	mac.Write([]byte(purpose))
	mac.Write([]byte{0})
	mac.Write(data)
	return mac.Sum(nil)
}
