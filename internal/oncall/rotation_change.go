package oncall

import (
	"reflect"
	"slices"
	"time"
)

// RotationChange is the input of UpdateRotation. A nil member is not changed.
type RotationChange struct {
	Members    []string
	Zone       *string
	Start      *time.Time
	Recurrence *Recurrence
}

// apply returns the configuration after the change.
func (in RotationChange) apply(c RotationConfig) RotationConfig {
	if in.Members != nil {
		c.Members = in.Members
	}
	if in.Zone != nil {
		c.Zone = *in.Zone
	}
	if in.Start != nil {
		c.Start = *in.Start
	}
	if in.Recurrence != nil {
		c.Recurrence = *in.Recurrence
	}
	return c
}

// Changed returns the rotation after a change at a time. Shifts before that time stay.
//   - A configuration that is not yet in force is replaced.
//   - With a start that differs from the stored one, the rotation begins anew at that
//     start, with the first member; until then the old configuration counts.
//   - Otherwise whoever is on call stays until the next hand-off, and the members after
//     them in the new list follow. If the new list does not have them, the next member of
//     the old order who is in it takes over at once.
//
// If nothing changes, the rotation has no new revision.
func (r Rotation) Changed(in RotationChange, at time.Time) Rotation {
	last := r.Revisions[len(r.Revisions)-1]
	next := Revision{RotationConfig: in.apply(last.RotationConfig)}
	restart := !next.Start.Equal(last.Start)
	switch {
	case reflect.DeepEqual(next.RotationConfig, last.RotationConfig):
		return r
	case last.From.After(at):
		next.Anchor = last.Anchor
		if restart {
			next.Anchor = next.Start
		}
		next.From = later(at, next.Anchor)
		r.Revisions = r.Revisions[:len(r.Revisions)-1]
	case restart:
		next.Anchor, next.From = next.Start, later(at, next.Start)
	default:
		next = last.continued(next.RotationConfig, at)
	}
	if n := len(r.Revisions); n > 0 && r.Revisions[n-1].From.Equal(next.From) {
		r.Revisions = r.Revisions[:n-1]
	}
	r.Revisions = append(slices.Clip(slices.Clone(r.Revisions)), next)
	return r
}

// continued returns the revision that takes over within a turn, with the member who is on
// call or next.
func (r Revision) continued(c RotationConfig, at time.Time) Revision {
	old := r.grid()
	j := old.turnAt(at)
	next := Revision{RotationConfig: c, Anchor: old.start(j), From: at}
	g := next.grid()
	first := 0
	for _, m := range old.order(j) {
		if i := slices.Index(c.Members, m); i >= 0 {
			first = i
			break
		}
	}
	next.Phase = floorMod(first-g.ordinal(g.turnAt(at))*g.together, len(c.Members))
	return next
}
