// Package password keeps what people type to sign in: it decides which
// passwords are good enough, and turns them into strings that are safe to store.
// Argon2id is made to be costly, so the package also bounds how much of the
// machine it may take.
package password

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
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

// Hash returns the text's hash in the PHC string format, with a salt of its own.
// It does not judge how good the password is: Check does. It fails with a Refusal
// when the text cannot be a password at all, with ErrBusy, and with the error of a
// ctx that ends while it waits. A hash that has begun is finished.
func (h *Hasher) Hash(ctx context.Context, text string) (encoded string, err error) {
	plain, err := prepare(text)
	if err != nil {
		return "", err
	}
	err = h.inTurn(ctx, func() (err error) {
		encoded, err = argon2id.CreateHash(plain, &current)
		return err
	})
	return encoded, err
}

// Verify reports whether the text is the password of this hash. A text that cannot
// be a password is a wrong one, and no error. It fails with ErrEncoding when the
// string is not a hash within the limits of this package, and as Hash does.
func (h *Hasher) Verify(ctx context.Context, encoded, text string) (right bool, err error) {
	if _, err := decode(encoded); err != nil {
		return false, err
	}
	plain, err := prepare(text)
	if err != nil {
		return false, nil
	}
	err = h.inTurn(ctx, func() (err error) {
		right, err = argon2id.ComparePasswordAndHash(plain, encoded)
		return err
	})
	return right, err
}

// VerifyDummy takes as long as Verify does for a hash of today's parameters. A
// sign-in to an account that does not exist calls it, so that the time of the answer
// does not tell which accounts exist. It fails as Verify does.
func (h *Hasher) VerifyDummy(ctx context.Context, text string) error {
	_, err := h.Verify(ctx, dummy, text)
	return err
}

// inTurn waits until fewer hashes run than may run at once, and calls hash.
func (h *Hasher) inTurn(ctx context.Context, hash func() error) error {
	select {
	case h.admitted <- struct{}{}:
		defer func() { <-h.admitted }()
	default:
		return ErrBusy
	}
	if err := ctx.Err(); err != nil { // select would choose at random
		return err
	}
	select {
	case h.running <- struct{}{}:
		defer func() { <-h.running }()
	case <-ctx.Done():
		return ctx.Err()
	}
	return hash()
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
