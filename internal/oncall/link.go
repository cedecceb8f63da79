package oncall

import (
	"time"
)

// LinkKind says what a link is for.
type LinkKind string

// The kinds of link.
const (
	ForSetUp      LinkKind = "set_up"     // create the first admin
	ForInvitation LinkKind = "invitation" // set the first password
	ForReset      LinkKind = "reset"      // set another password
)

// DeadLink is the reason of a NotFound for a link that is used, replaced or expired.
const DeadLink Reason = "dead_link"

// OneTimeLink is a stored link. It works once. A new link replaces the user's older ones.
type OneTimeLink struct {
	Key    []byte // of its token
	Kind   LinkKind
	User   string // the id; empty for setting up
	EndsAt time.Time
}
