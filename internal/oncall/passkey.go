package oncall

import (
	"time"
)

// MaxPasskeys is how many passkeys a user may have.
const MaxPasskeys = 10

// Passkey is a public key. A device of the user has the private key.
type Passkey struct {
	ID         []byte // chosen by the device
	User       string // the id
	Name       string // given by the user
	Credential []byte // JSON: the public key, its counter and flags
	CreatedAt  time.Time
	UsedAt     time.Time // zero if it was never used
}
