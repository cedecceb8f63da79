package oncall

import (
	"time"
)

// AccessKey is what a program signs its requests with.
type AccessKey struct {
	ID         string // in the clear in every request
	Name       string // need not be unique
	Role       Role
	CreatedAt  time.Time
	UsedAt     time.Time // to the minute; zero: never yet
	DisabledAt time.Time // zero: may be used
}
