package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"

	"github.com/alexedwards/argon2id"
)

// ErrEncoding reports that a stored string is not a hash that this program makes: the
// row is damaged or was tampered with.
var ErrEncoding = errors.New("not an argon2id hash that this program makes")

// current are the parameters of new hashes: the second of the equivalent Argon2id
// settings in OWASP's Password Storage Cheat Sheet. Memory is in KiB.
var current = argon2id.Params{Memory: 19 * 1024, Iterations: 2, Parallelism: 1, SaltLength: 16, KeyLength: 32}

// maxParams limit the cost of a stored hash, so that a planted row cannot exhaust the
// machine. All of OWASP's settings are below them.
var maxParams = argon2id.Params{Memory: 64 * 1024, Iterations: 8, Parallelism: 4, SaltLength: 64, KeyLength: 64}

// minParams are the minimum that Argon2 accepts. An empty hash would match every
// password.
var minParams = argon2id.Params{Memory: 8, Iterations: 1, Parallelism: 1, SaltLength: 8, KeyLength: 16}

// dummy is a hash with the current parameters that matches no password.
var dummy = fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", current.Memory, current.Iterations, current.Parallelism,
	zeros(current.SaltLength), zeros(current.KeyLength))

func zeros(n uint32) string { return base64.RawStdEncoding.EncodeToString(make([]byte, n)) }

// encodedForm is the format in which this program writes a hash. The library also reads
// variants with signs, line breaks and text after a number.
var encodedForm = regexp.MustCompile(`^\$argon2id\$v=19\$m=[1-9]\d*,t=[1-9]\d*,p=[1-9]\d*\$[A-Za-z0-9+/]+\$[A-Za-z0-9+/]+$`)

// decode returns the parameters of a stored hash. It fails with ErrEncoding, also when
// they are outside minParams and maxParams.
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

// covers reports whether every parameter of a is at least that of b.
func covers(a, b argon2id.Params) bool {
	return a.Memory >= b.Memory && a.Iterations >= b.Iterations && a.Parallelism >= b.Parallelism &&
		a.SaltLength >= b.SaltLength && a.KeyLength >= b.KeyLength
}

// NeedsRehash reports whether a stored string is not a hash with the current
// parameters. A sign-in with its password should then replace it. No sign-in calls it
// yet, because the parameters have never changed.
func NeedsRehash(encoded string) bool {
	p, err := decode(encoded)
	return err != nil || p != current
}
