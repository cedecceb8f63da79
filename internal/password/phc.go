package password

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// ErrEncoding says that a stored string is not a hash of ours: the row was
// damaged, or planted.
var ErrEncoding = errors.New("not an argon2id hash that this program makes")

// cost is what a hash takes: memory in KiB, passes over it, and threads.
type cost struct {
	memory  uint32
	time    uint32
	threads uint8
}

// current is what new hashes cost: OWASP's Password Storage Cheat Sheet, the
// second of its equal choices for Argon2id.
var current = cost{memory: 19 * 1024, time: 2, threads: 1}

// most bounds what a stored hash may cost, so that a planted row cannot take the
// machine. All of OWASP's choices are below it.
var most = cost{memory: 64 * 1024, time: 8, threads: 4}

const (
	saltSize = 16
	sumSize  = 32
	maxSize  = 64 // of a stored salt or sum
)

// phc is a hash as the Password Hashing Competition's string format has it:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<sum>.
type phc struct {
	cost
	salt, sum []byte
}

var phcBase64 = base64.RawStdEncoding.Strict()

func (p phc) String() string {
	return fmt.Sprintf("$argon2id$v=19$m=%d,t=%d,p=%d$%s$%s", p.memory, p.time, p.threads,
		phcBase64.EncodeToString(p.salt), phcBase64.EncodeToString(p.sum))
}

// parsePHC accepts exactly what String writes, of a cost within bounds. It fails
// with ErrEncoding.
func parsePHC(text string) (phc, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 {
		return phc{}, ErrEncoding
	}
	p, err := parseCost(parts[3])
	if err != nil {
		return phc{}, err
	}
	salt, saltErr := phcBase64.DecodeString(parts[4])
	sum, sumErr := phcBase64.DecodeString(parts[5])
	if saltErr != nil || sumErr != nil || !sized(salt, 8) || !sized(sum, 16) {
		return phc{}, ErrEncoding
	}
	parsed := phc{cost: p, salt: salt, sum: sum}
	if parsed.String() != text { // another algorithm or version, a number such as 02, a line end
		return phc{}, ErrEncoding
	}
	return parsed, nil
}

func sized(b []byte, least int) bool { return len(b) >= least && len(b) <= maxSize }

// parseCost reads m=…,t=…,p=… in this order.
func parseCost(text string) (cost, error) {
	parts := strings.Split(text, ",")
	if len(parts) != 3 {
		return cost{}, ErrEncoding
	}
	memory, ok1 := parseNumber(parts[0], "m=", most.memory)
	time, ok2 := parseNumber(parts[1], "t=", most.time)
	threads, ok3 := parseNumber(parts[2], "p=", uint32(most.threads))
	if !ok1 || !ok2 || !ok3 || memory < 8*threads { // argon2 takes 8 KiB for each thread at least
		return cost{}, ErrEncoding
	}
	return cost{memory: memory, time: time, threads: uint8(threads)}, nil
}

func parseNumber(text, name string, most uint32) (uint32, bool) {
	digits, found := strings.CutPrefix(text, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), found && err == nil && n >= 1 && n <= uint64(most)
}

// NeedsRehash reports whether a stored string is anything but a hash of today's
// cost, and so is to be replaced when its password is next seen. No sign-in asks
// yet: the cost has never changed.
func NeedsRehash(encoded string) bool {
	stored, err := parsePHC(encoded)
	return err != nil || stored.cost != current || len(stored.salt) != saltSize || len(stored.sum) != sumSize
}
