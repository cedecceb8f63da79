package openid

import (
	"fmt"
	"slices"
	"strings"
)

// Mapping says which role a provider's groups give. The zero Mapping gives none.
type Mapping struct {
	roles []string       // from the least to the highest
	rank  map[string]int // of a group's role in roles
}

// ParseMapping reads text such as oncall-admins=admin,oncall=manager, where roles
// names what may stand at the right, from the least to the highest. Spaces around
// names do not count, the case of letters does. A group's name holds neither "="
// nor a comma. Empty text is a Mapping that gives no role.
func ParseMapping(text string, roles ...string) (Mapping, error) {
	m := Mapping{roles: roles, rank: map[string]int{}}
	if strings.TrimSpace(text) == "" {
		return m, nil
	}
	for pair := range strings.SplitSeq(text, ",") {
		group, role, found := strings.Cut(pair, "=")
		if !found {
			return Mapping{}, fmt.Errorf("%q is not a group and a role, such as oncall=manager", pair)
		}
		group, role = strings.TrimSpace(group), strings.TrimSpace(role)
		rank := slices.Index(roles, role)
		if rank < 0 {
			return Mapping{}, fmt.Errorf("%q gives the role %q, which is not one of %s", pair, role, strings.Join(roles, ", "))
		}
		if _, twice := m.rank[group]; twice || group == "" {
			return Mapping{}, fmt.Errorf("%q names its group twice, or none", pair)
		}
		m.rank[group] = rank
	}
	return m, nil
}

// Role returns the highest role that one of the groups gives, and "" where none
// gives any.
func (m Mapping) Role(groups []string) string {
	highest := -1
	for _, g := range groups {
		if rank, ok := m.rank[g]; ok {
			highest = max(highest, rank)
		}
	}
	if highest < 0 {
		return ""
	}
	return m.roles[highest]
}
