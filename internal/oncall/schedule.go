package oncall

import (
	"slices"
	"time"
)

// Duty is a rotation of a schedule with its overrides.
type Duty struct {
	Rotation  Rotation
	Overrides []Override
}

// OnDuty is the shift of one rotation of a schedule at a time.
type OnDuty struct {
	Rotation ARN
	Shift    Shift
}

// OnCall returns the shifts of a schedule's rotations at a time, in their order. A
// rotation whose hours do not cover the time has none.
func OnCall(schedule []Duty, at time.Time) []OnDuty {
	var now []OnDuty
	for _, d := range schedule {
		if s, ok := d.Rotation.OnCall(d.Overrides, at); ok {
			now = append(now, OnDuty{d.Rotation.ARN, s})
		}
	}
	return now
}

// People returns everybody who is on call, each once, in the order in which they are
// paged.
func People(now []OnDuty) []string {
	var all []string
	for _, d := range now {
		all = append(all, d.Shift.Members...)
	}
	return unique(all)
}

// GapReason is the reason for a gap.
type GapReason string

// The reasons, the first that holds.
const (
	NoRotation    GapReason = "no_rotation"
	EmptyOverride GapReason = "empty_override" // an override puts nobody on call
	NotStarted    GapReason = "not_started"    // no rotation has begun
	NotCovered    GapReason = "not_covered"    // outside the hours of all rotations
)

// Gap is a time in which a schedule has nobody on call.
type Gap struct {
	Start, End time.Time
	Reason     GapReason
}

// Gaps returns the times in [from, to) in which a schedule has nobody on call.
func Gaps(schedule []Duty, from, to time.Time) []Gap {
	staffed, empty := staffing(schedule, from, to)
	var gaps []Gap
	covered := from
	for _, s := range append(staffed, Shift{Start: to, End: to}) {
		if covered.Before(s.Start) {
			gaps = append(gaps, Gap{covered, s.Start, gapReason(schedule, empty, covered, s.Start)})
		}
		covered = later(covered, s.End)
	}
	return gaps
}

// staffing returns the shifts in [from, to), cut to it: those with people, by their
// start, and those with nobody.
func staffing(schedule []Duty, from, to time.Time) (staffed, empty []Shift) {
	for _, d := range schedule {
		for s := range d.Rotation.Shifts(d.Overrides, from, to) {
			s.Start, s.End = later(s.Start, from), earlier(s.End, to)
			if len(s.Members) == 0 {
				empty = append(empty, s)
				continue
			}
			staffed = append(staffed, s)
		}
	}
	slices.SortStableFunc(staffed, func(a, b Shift) int { return a.Start.Compare(b.Start) })
	return staffed, empty
}

func gapReason(schedule []Duty, empty []Shift, from, to time.Time) GapReason {
	switch {
	case len(schedule) == 0:
		return NoRotation
	case slices.ContainsFunc(empty, func(s Shift) bool { return s.Start.Before(to) && s.End.After(from) }):
		return EmptyOverride
	case !slices.ContainsFunc(schedule, func(d Duty) bool { return d.Rotation.Revisions[0].From.Before(to) }):
		return NotStarted
	}
	return NotCovered
}
