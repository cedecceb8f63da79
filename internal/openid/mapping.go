package openid

import (
	"fmt"
	"slices"
	"strings"
)

// Mapping maps a provider's groups to roles. The zero Mapping maps none.
type Mapping struct {
	roles []string       // from the lowest to the highest
	rank  map[string]int // group → index of its role in roles
}

// ParseMapping parses text such as oncall-admins=admin,oncall=manager. roles are the
// allowed roles, from the lowest to the highest. Spaces around names are ignored, and
// names are case-sensitive. A group name contains neither "=" nor a comma. Empty text
// gives a Mapping without groups.
func ParseMapping(text string, roles ...string) (Mapping, error) {
	m := Mapping{roles: roles, rank: map[string]int{}}
	if strings.TrimSpace(text) == "" {
		return m, nil
	}
	for pair := range strings.SplitSeq(text, ",") {
		group, role, found := strings.Cut(pair, "=")
		if !found {
			return Mapping{}, fmt.Errorf("%q is not of the form group=role, such as oncall=manager", pair)
		}
		group, role = strings.TrimSpace(group), strings.TrimSpace(role)
		rank := slices.Index(roles, role)
		if rank < 0 {
			return Mapping{}, fmt.Errorf("%q gives the role %q, which is not one of %s", pair, role, strings.Join(roles, ", "))
		}
		if _, twice := m.rank[group]; twice || group == "" {
			return Mapping{}, fmt.Errorf("%q has an empty group, or one that is already mapped", pair)
		}
		m.rank[group] = rank
	}
	return m, nil
}

// Role returns the highest role of the groups, or "" when none of them is mapped.
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
