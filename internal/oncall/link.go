package oncall

import (
	"time"
)

// LinkKind says what a link is for.
type LinkKind string

// What links are for.
const (
	ForSetUp      LinkKind = "set_up"     // make the first admin
	ForInvitation LinkKind = "invitation" // set the first password
	ForReset      LinkKind = "reset"      // set another password
)

// DeadLink is the reason of a NotFound for a link.
const DeadLink Reason = "dead_link"

// OneTimeLink is a link as it is stored. It is good once, and only the newest of
// a user.
type OneTimeLink struct {
	Key    []byte // of its token
	Kind   LinkKind
	User   string // the id; empty for setting up
	EndsAt time.Time
}
