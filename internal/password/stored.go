package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"

	"github.com/alexedwards/argon2id"
)

// ErrEncoding says that a stored string is not a hash that this program makes: the
// row was damaged, or planted.
var ErrEncoding = errors.New("not an argon2id hash that this program makes")

// current is what new hashes cost: OWASP's Password Storage Cheat Sheet, the second
// of its equal choices for Argon2id. Memory is in KiB.
var current = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// maxParams bounds what a stored hash may cost, so that a planted row cannot take
// the machine. All of OWASP's choices are below it.
var maxParams = argon2id.Params{Memory: 64 * 1024, Iterations: 8, Parallelism: 4, SaltLength: 64, KeyLength: 64}

// minParams are the least that Argon2 takes. A sum of no bytes would be equal to
// that of every password.
var minParams = argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}

// dummy is a hash of today's parameters that no password has.
var dummy = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", current.Memory, current.Iterations, current.Parallelism,
	zeros(current.SaltLength), zeros(current.KeyLength))

func zeros(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }

// encodedForm is how this program writes a hash. The library also reads other
// spellings, such as signs, line ends and text behind a number.
var encodedForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=[1-9]\d*,t=[1-9]\d*,p=[1-9]\d*\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$`)

// decode returns the parameters of a stored hash within the limits. It fails with
// ErrEncoding.
func decode(encoded string) (argon2id.Params, error) {
	if !encodedForm.MatchString(encoded) {
		return argon2id.Params{}, ErrEncoding
	}
	p, _, _, err := argon2id.DecodeHash(encoded)
	if err != nil || !covers(*p, minParams) || !covers(maxParams, *p) || p.Memory < 8*uint32(p.Parallelism) { // KiB for each thread
		return argon2id.Params{}, ErrEncoding
	}
	return *p, nil
}

// covers reports whether no parameter of a is less than that of b.
func covers(a, b argon2id.Params) bool {
	return a.Memory >= b.Memory && a.Iterations >= b.Iterations && a.Parallelism >= b.Parallelism &&
		a.SaltLength >= b.SaltLength && a.KeyLength >= b.KeyLength
}

// NeedsRehash reports whether a stored string is anything but a hash of today's
// parameters. Such a hash has to be replaced when its password is next seen. No
// sign-in asks yet: the parameters have never changed.
func NeedsRehash(encoded string) bool {
	p, err := decode(encoded)
	return err != nil || p != current
}
