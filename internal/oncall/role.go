package oncall

// Role is what somebody is trusted with. Each role may do all that those before
// it may. The zero Role may do nothing.
type Role string

// The roles, the least first.
const (
	Viewer  Role = "viewer"  // sees who can be reached; addresses masked
	Manager Role = "manager" // keeps contacts and channels, sees an address on request
	Admin   Role = "admin"   // users, access keys, settings, the export of the audit trail
)

// Anyone is in the place of a role where an operation takes none: what leads to a
// role, and away from it. Nobody has it.
const Anyone Role = "anyone"

// Roles returns every role, the least first.
func Roles() []Role { return []Role{Viewer, Manager, Admin} }

// rank is a role's place among the roles; that of no role is 0.
func (r Role) rank() int {
	for i, role := range Roles() {
		if r == role {
			return i + 1
		}
	}
	return 0
}

// Covers reports whether a role may do all that another one may.
func (r Role) Covers(other Role) bool { return r.rank() > 0 && r.rank() >= other.rank() }
