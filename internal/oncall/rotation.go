package oncall

import (
	"slices"
	"sort"
	"time"
)

// Rotation is who takes turns, and when. Its shifts before a change stay as they were, so
// it is a list of revisions.
type Rotation struct {
	ARN       ARN
	Name      string
	Revisions []Revision // at least one, in the order in which they came into force
}

// Revision is the configuration of a rotation from one change to the next.
type Revision struct {
	RotationConfig
	Anchor time.Time // when its first turn begins
	Phase  int       // index of the member who is first in the first turn
	From   time.Time // in force from this time until that of the next revision
}

// RotationConfig is what people and programs write about a rotation.
type RotationConfig struct {
	Members    []string // ARNs of contacts in the order of their turns; in a preview any text
	Zone       string   // IANA name
	Start      time.Time
	Recurrence Recurrence
}

// NewRevision returns the first revision of a rotation that is created now. It is in
// force from its start, which may be past; without a start, from the second of now.
func NewRevision(c RotationConfig, now time.Time) Revision {
	from := c.Start
	if from.IsZero() {
		from = now.Truncate(time.Second)
	}
	return Revision{RotationConfig: c, Anchor: from, From: from}
}

// Current returns the configuration that was written last. It may come into force later.
func (r Rotation) Current() RotationConfig { return r.Revisions[len(r.Revisions)-1].RotationConfig }

// grid is the endless sequence of turns of a revision. Turn j begins where the turn
// before it ends. The first turn begins at the anchor, the others at their hand-off.
type grid struct {
	clock    *wallClock
	unit     cycle
	handOffs []handOff
	every    int    // units between two units with hand-offs
	together int    // people on call at a time
	hours    []span // the covered parts of a week; nil if all is covered

	members []string
	phase   int

	anchor time.Time
	unit0  int // the unit of the last hand-off at or before the anchor
	first  int // number of the first turn: the index of that hand-off

	counted []int // how many of the first i turns of a period count; nil if all turns do
}

// grid returns the turns of a revision, whose zone and recurrence are valid.
func (r Revision) grid() grid {
	zone, _ := LoadZone(r.Zone)
	g := grid{clock: &wallClock{zone: zone}, every: r.Recurrence.RecurrenceMultiplier, together: r.Recurrence.NumberOfOnCalls,
		hours: r.Recurrence.coverage(), members: r.Members, phase: r.Phase, anchor: r.Anchor}
	g.unit, g.handOffs = r.Recurrence.handOffs()
	g.unit0, g.first = g.lastHandOff(g.anchor)
	g.counted = g.countPeriod()
	return g
}

// unitOf returns the number of the day, the week or the month of a wall clock time.
func (g grid) unitOf(w wall) int {
	switch g.unit {
	case weekly:
		return floorDiv(w.day()+mondayOffset, 7)
	case monthly:
		date := time.Unix(int64(w)*60, 0).UTC()
		return date.Year()*12 + int(date.Month()) - 1
	case daily:
	}
	return w.day()
}

// mondayOffset is how many days after a Monday 1970-01-01 was.
const mondayOffset = 3

// wallOf returns the wall clock time of a hand-off in a unit. A hand-off on a day that
// the month does not have is on its last day, and never before an earlier one.
func (g grid) wallOf(unit, i int) wall {
	h := g.handOffs[i]
	switch g.unit {
	case weekly:
		return wall((unit*7-mondayOffset+h.day)*minutesPerDay + h.minute)
	case monthly:
		first := time.Date(floorDiv(unit, 12), time.Month(floorMod(unit, 12)+1), 1, 0, 0, 0, 0, time.UTC)
		days := first.AddDate(0, 1, -1).Day()
		latest := 0
		for _, h := range g.handOffs[:i+1] {
			latest = max(latest, min(h.day, days-1)*minutesPerDay+h.minute)
		}
		return wall(first.Unix()/60) + wall(latest)
	case daily:
	}
	return wall(unit*minutesPerDay + h.minute)
}

// lastHandOff returns the unit and the index of the last hand-off at or before a time,
// counting every unit.
func (g grid) lastHandOff(t time.Time) (unit, i int) {
	now := g.unitOf(g.clock.at(t))
	q := len(g.handOffs)
	later := sort.Search(3*q, func(n int) bool { return g.clock.first(g.wallOf(now-1+n/q, n%q)).After(t) })
	return now - 1 + (later-1)/q, (later - 1) % q
}

// turnWall returns the wall clock time at which a turn begins.
func (g grid) turnWall(j int) wall {
	if j == g.first {
		return g.clock.at(g.anchor)
	}
	q := len(g.handOffs)
	return g.wallOf(g.unit0+floorDiv(j, q)*g.every, floorMod(j, q))
}

// start returns when a turn begins.
func (g grid) start(j int) time.Time {
	if j <= g.first {
		return g.anchor
	}
	return g.clock.first(g.turnWall(j))
}

// turnAt returns the turn at a time, or the first turn if the time is before it. Of turns
// without length at that time, it returns the one after them.
func (g grid) turnAt(t time.Time) int {
	q := len(g.handOffs)
	lowest := (floorDiv(g.unitOf(g.clock.at(t))-g.unit0, g.every) - 1) * q
	later := sort.Search(3*q, func(n int) bool { return g.start(lowest + n).After(t) })
	return max(g.first, lowest+later-1)
}

// Who is on call in a turn. The members take turns in blocks of those who are on call
// together. A turn without a covered minute does not count, so that nobody spends a turn
// on a weekend that is not covered. Monthly turns always count.

// countPeriod returns how many turns before each turn of a period count.
func (g grid) countPeriod() []int {
	if g.hours == nil || g.unit == monthly {
		return nil
	}
	period := len(g.handOffs)
	if g.unit == daily {
		period *= 7 / gcd(g.every, 7)
	}
	counted := make([]int, 1, period+1)
	q := len(g.handOffs)
	for j := range period {
		from := g.wallOf(g.unit0+j/q*g.every, j%q)
		to := g.wallOf(g.unit0+(j+1)/q*g.every, (j+1)%q)
		counted = append(counted, counted[j])
		if g.covered(from, to) {
			counted[j+1]++
		}
	}
	return counted
}

func (g grid) covered(from, to wall) bool {
	sinceMonday := mondayOffset * minutesPerDay
	return covers(g.hours, int(from)+sinceMonday, int(to)+sinceMonday)
}

func gcd(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

// before returns how many of the turns 0 to j-1 count, as if the first turn were whole.
func (g grid) before(j int) int {
	period := len(g.counted) - 1
	return floorDiv(j, period)*g.counted[period] + g.counted[floorMod(j, period)]
}

// ordinal returns how many turns before this one count: 0 for the first turn.
func (g grid) ordinal(j int) int {
	switch {
	case j == g.first:
		return 0
	case g.counted == nil:
		return j - g.first
	}
	n := g.before(j) - g.before(g.first+1)
	if g.covered(g.turnWall(g.first), g.turnWall(g.first+1)) {
		n++
	}
	return n
}

// order returns the members from the first one of a turn on.
func (g grid) order(j int) []string {
	first := (g.phase + g.ordinal(j)*g.together) % len(g.members)
	return slices.Concat(g.members[first:], g.members[:first])
}

// onCall returns who is on call in a turn, the primary first.
func (g grid) onCall(j int) []string {
	return unique(g.order(j)[:min(g.together, len(g.members))])
}
