package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/alexedwards/argon2id"
)

const (
	salt16 = "AAAAAAAAAAAAAAAAAAAAAA"
	sum32  = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)

func TestPlantedHashIsRefusedBeforeItCosts(t *testing.T) {
	good := "$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + sum32
	if _, err := decode(good); err != nil {
		t.Fatal(err)
	}
	for name, encoded := range map[string]string{
		"nothing":               "",
		"plain text":            "mountain lamp river",
		"bcrypt":                "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":               strings.Replace(good, "argon2id", "argon2i", 1),
		"older version":         strings.Replace(good, "v=19", "v=16", 1),
		"no version":            strings.Replace(good, "$v=19", "", 1),
		"too much memory":       strings.Replace(good, "m=19456", "m=65537", 1),
		"memory beyond 32 bits": strings.Replace(good, "m=19456", "m=4294967297", 1),
		"too little memory":     strings.Replace(good, "m=19456", "m=7", 1),
		"no memory":             strings.Replace(good, "m=19456", "m=0", 1),
		"negative memory":       strings.Replace(good, "m=19456", "m=-1", 1),
		"too many passes":       strings.Replace(good, "t=2", "t=9", 1),
		"no pass":               strings.Replace(good, "t=2", "t=0", 1),
		"too many threads":      strings.Replace(good, "p=1", "p=5", 1),
		"threads beyond a byte": strings.Replace(good, "p=1", "p=257", 1),
		"no thread":             strings.Replace(good, "p=1", "p=0", 1),
		"leading zero":          strings.Replace(good, "t=2", "t=02", 1),
		"sign":                  strings.Replace(good, "t=2", "t=+2", 1),
		"other order":           strings.Replace(good, "m=19456,t=2", "t=2,m=19456", 1),
		"more parameters":       strings.Replace(good, "p=1", "p=1,keyid=1", 1),
		"short salt":            strings.Replace(good, salt16, "AAAAAAAA", 1),
		"long salt":             strings.Replace(good, salt16, strings.Repeat("A", 100), 1),
		"short sum":             strings.Replace(good, sum32, "AAAAAAAA", 1),
		"long sum":              strings.Replace(good, sum32, strings.Repeat("A", 1000), 1),
		"padding":               good + "=",
		"line end":              good + "\n",
		"line end inside":       strings.Replace(good, salt16, salt16[:4]+"\n"+salt16[4:], 1),
		"loose last bits":       good[:len(good)-1] + "B",
		"one part more":         good + "$",
	} {
		if _, err := New(1).Verify(t.Context(), encoded, "x"); !errors.Is(err, ErrEncoding) {
			t.Errorf("%s: %q fails with %v", name, encoded, err)
		}
	}
}

func FuzzStoredHash(f *testing.F) {
	f.Add("$argon2id$v=19$m=19456,t=2,p=1$" + salt16 + "$" + sum32)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAA")
	f.Add("$argon2id$v=19$m=,t=,p=$$")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := decode(text)
		if err != nil {
			return
		}
		_, salt, sum, err := argon2id.DecodeHash(text)
		if again := encode(p, salt, sum); again != text || err != nil || p.Memory > maxParams.Memory || p.Iterations > maxParams.Iterations || p.Parallelism > maxParams.Parallelism {
			t.Errorf("%q is taken as %s, %v", text, again, err)
		}
	})
}

// encode writes a hash as the library does.
func encode(p argon2id.Params, salt, sum []byte) string {
	in := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.Memory, p.Iterations, p.Parallelism, in(salt), in(sum))
}
