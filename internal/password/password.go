// Package password keeps what people type to sign in: it decides which
// passwords are good enough, and turns them into strings that are safe to store.
// Argon2id is made to be costly, so the package also bounds how much of the
// machine it may take.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"errors"
	"unicode/utf8"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/secure/precis"
)

// MaxBytes is the longest text that is hashed, as it is typed.
const MaxBytes = 1024

// ErrBusy says that so many hashes are waiting already that this one was not
// begun. It passes by itself within seconds.
var ErrBusy = errors.New("too many passwords are being checked at this moment")

// queueLength is how many may wait for each one that runs: about 2 s of waiting
// where a hash takes 100 ms.
const queueLength = 16

// Hasher hashes passwords, so many at once and no more: each takes 19 MiB and
// one processor for about 0.1 s. Its methods may be called at the same time.
type Hasher struct {
	admitted chan struct{} // those that run and those that wait
	running  chan struct{}
}

// New returns a Hasher that runs this many hashes at once, at least one.
func New(atOnce int) *Hasher {
	atOnce = max(atOnce, 1)
	return &Hasher{
		admitted: make(chan struct{}, atOnce*(1+queueLength)),
		running:  make(chan struct{}, atOnce),
	}
}

// Hash returns the text's hash as a PHC string, with a salt of its own. It does
// not look at how good the password is: that is Check. It fails with a Refusal
// where the text cannot be a password at all, with ErrBusy, and with the error
// of a ctx that ends while it waits; a hash that has begun is finished.
func (h *Hasher) Hash(ctx context.Context, text string) (string, error) {
	plain, err := prepare(text)
	if err != nil {
		return "", err
	}
	hashed := phc{cost: current, salt: make([]byte, saltSize)}
	_, _ = rand.Read(hashed.salt) // never fails: the process ends instead
	hashed.sum, err = h.sum(ctx, plain, hashed.salt, current, sumSize)
	if err != nil {
		return "", err
	}
	return hashed.String(), nil
}

// Verify reports whether the text is the password of this PHC string. A text
// that cannot be a password is a wrong one, and no error. It fails with
// ErrEncoding where the string is none that Hash makes, and as Hash does.
func (h *Hasher) Verify(ctx context.Context, encoded, text string) (bool, error) {
	stored, err := parsePHC(encoded)
	if err != nil {
		return false, err
	}
	plain, err := prepare(text)
	if err != nil {
		return false, nil
	}
	sum, err := h.sum(ctx, plain, stored.salt, stored.cost, uint32(len(stored.sum)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(sum, stored.sum) == 1, nil
}

// Pretend does what Verify does for a hash of today's cost, and finds nothing: a
// sign-in to an account that does not exist calls it, so that its answer takes
// as long as that of one that does. It fails as Verify does.
func (h *Hasher) Pretend(ctx context.Context, text string) error {
	plain, err := prepare(text)
	if err != nil {
		return nil
	}
	_, err = h.sum(ctx, plain, make([]byte, saltSize), current, sumSize)
	return err
}

// sum waits for its turn and hashes.
func (h *Hasher) sum(ctx context.Context, plain string, salt []byte, c cost, size uint32) ([]byte, error) {
	select {
	case h.admitted <- struct{}{}:
		defer func() { <-h.admitted }()
	default:
		return nil, ErrBusy
	}
	if err := ctx.Err(); err != nil { // select would choose at random
		return nil, err
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(plain), salt, c.time, c.memory, c.threads, size), nil
}

// prepare returns the text as it is hashed: RFC 8265's OpaqueString profile,
// which is NFC with every kind of space made the plain one, so that one password
// typed on two keyboards is one. NFC and not NFKC, for that takes the difference
// between characters that people typed on purpose. Control characters and code
// points that mean nothing are refused.
func prepare(text string) (string, error) {
	if len(text) > MaxBytes {
		return "", Refusal("Use a shorter password: this one is longer than 1024 bytes.")
	}
	plain, err := precis.OpaqueString.String(text)
	if err != nil || !utf8.ValidString(text) { // the profile lets broken UTF-8 through
		return "", Refusal("Use letters, digits, spaces and punctuation only: this password is empty or holds a character that cannot be typed, such as a tab.")
	}
	return plain, nil
}
