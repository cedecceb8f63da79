// Package password decides which passwords are strong enough, and hashes them for
// storage. Argon2id is costly by design, so the package also limits how many hashes
// run at the same time.
package password

import (
	"context"
	"errors"
	"unicode/utf8"

	"github.com/alexedwards/argon2id"
	"golang.org/x/text/secure/precis"
)

// MaxBytes is the maximum length of a password as it is typed.
const MaxBytes = 1024

// ErrBusy reports that the queue of hashes is full. A caller may try again after a few
// seconds.
var ErrBusy = errors.New("too many passwords are being checked at this moment")

// queueLength is how many hashes may wait for each one that runs. A hash takes about
// 100 ms, so the last one waits about 2 s.
const queueLength = 16

// Hasher hashes passwords and limits how many hashes run at the same time: each takes
// 19 MiB and one processor for about 0.1 s. It is safe for concurrent use.
type Hasher struct {
	admitted chan struct{} // running and waiting
	running  chan struct{}
}

// New returns a Hasher that runs at most maxConcurrent hashes at the same time, and at
// least one.
func New(maxConcurrent int) *Hasher {
	maxConcurrent = max(maxConcurrent, 1)
	return &Hasher{
		admitted: make(chan struct{}, maxConcurrent*(1+queueLength)),
		running:  make(chan struct{}, maxConcurrent),
	}
}

// Hash returns the hash of the text in the PHC string format, with a new random salt.
// It does not check the strength, which Check does. It fails with a Refusal when the
// text cannot be a password, with ErrBusy, and with the error of a ctx that ends while
// the call waits. A hash that has started is finished.
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

// Verify reports whether the text is the password of this hash. A text that cannot be
// a password is a wrong password, not an error. It fails with ErrEncoding when encoded
// is not a hash within the limits of this package, with ErrBusy, and with the error of
// a ctx that ends while the call waits.
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

// VerifyDummy takes as long as Verify with the current parameters. A sign-in to an
// account that does not exist calls it, so that the response time does not reveal
// which accounts exist. It fails as Verify does.
func (h *Hasher) VerifyDummy(ctx context.Context, text string) error {
	_, err := h.Verify(ctx, dummy, text)
	return err
}

// inTurn waits for a free slot and calls hash.
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

// prepare normalizes the text by the OpaqueString profile of RFC 8265, so that a
// password is the same on every keyboard: it applies NFC and replaces every kind of
// space by U+0020. It does not apply NFKC, which would merge characters that people
// typed on purpose. Control characters and unassigned code points are refused.
func prepare(text string) (string, error) {
	if len(text) > MaxBytes {
		return "", Refusal("Use a shorter password: this one is longer than 1024 bytes.")
	}
	plain, err := precis.OpaqueString.String(text)
	if err != nil || !utf8.ValidString(text) { // the profile lets broken UTF-8 through
		return "", Refusal("Use letters, digits, spaces and punctuation only: this password is empty or contains a character that is not allowed, such as a tab.")
	}
	return plain, nil
}
