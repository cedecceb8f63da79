package oncall

import (
	"time"
)

// AccessKey is the key with which a program signs its requests.
type AccessKey struct {
	ID         string // in the clear in every request
	Name       string // need not be unique
	Role       Role
	Maker      string // the id of the user who made it; "" for the command line, or if it is unknown
	MakerName  string // the maker's name at that time; "" if it is unknown
	CreatedAt  time.Time
	UsedAt     time.Time // to the minute; zero if it was never used
	DisabledAt time.Time // zero if it is enabled
}
