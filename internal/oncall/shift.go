package oncall

import (
	"iter"
	"slices"
	"time"
)

// Shift is a time during which the same people are on call in a rotation.
type Shift struct {
	Start, End time.Time
	Members    []string // the primary first; empty if an override puts nobody on call
	Turn       int      // number of the turn within its revision
	Revision   int      // index of the revision
	// Override is the override that replaced the regular members; nil for a regular shift.
	Override *Override
	Replaced []string // the regular members, if there is an override
}

// Override replaces the people who are on call in a part of the covered hours.
type Override struct {
	ID         string
	Start, End time.Time
	Members    []string // empty: the override leaves a gap
	CreatedAt  time.Time
	DeletedAt  time.Time // zero if it was not deleted
}

// inForce returns the time in which the override counts. An override does not change
// what was before it was made, and its deletion does not change what was before that.
func (o Override) inForce() (from, to time.Time) {
	from, to = o.Start, o.End
	if o.CreatedAt.After(from) {
		from = o.CreatedAt
	}
	if !o.DeletedAt.IsZero() && o.DeletedAt.Before(to) {
		to = o.DeletedAt
	}
	return from, to
}

// Shifts returns the shifts that meet [from, to), whole and in order. They do not
// overlap. Time that is not covered has no shift. Of overrides that overlap, the one
// that was made last counts; of those made at the same time, the last of the list. The
// cost does not depend on how far the time is from the rotation's start.
func (r Rotation) Shifts(overrides []Override, from, to time.Time) iter.Seq[Shift] {
	return func(yield func(Shift) bool) {
		for piece := range r.regular(from) {
			if !piece.Start.Before(to) {
				return
			}
			for s := range piece.overridden(overrides) {
				if s.Start.Before(to) && s.End.After(from) && !yield(s) {
					return
				}
			}
		}
	}
}

// OnCall returns the shift at a time. It reports false if the time is not covered.
func (r Rotation) OnCall(overrides []Override, at time.Time) (Shift, bool) {
	for s := range r.Shifts(overrides, at, at.Add(1)) {
		return s, true
	}
	return Shift{}, false
}

// piece is a regular shift before overrides. It remembers whether a change of the
// rotation cut it, and not a hand-off or the end of the hours.
type piece struct {
	Shift
	cutStart, cutEnd bool
}

// regular returns the shifts without overrides whose end is after a time. A shift that a
// change of the rotation cut is one if the same people go on.
func (r Rotation) regular(after time.Time) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		var held *piece
		for p := range r.pieces(after) {
			if held != nil && held.cutEnd && p.cutStart && held.End.Equal(p.Start) && slices.Equal(held.Members, p.Members) {
				held.End, held.cutEnd = p.End, p.cutEnd
				continue
			}
			if held != nil && held.End.After(after) && !yield(*held) {
				return
			}
			held = &p
		}
		if held != nil && held.End.After(after) {
			yield(*held)
		}
	}
}

// pieces returns the parts of the turns that are covered and in force, from the turn at
// the given time on.
func (r Rotation) pieces(after time.Time) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		i, from := r.startOfTurn(after)
		for ; i < len(r.Revisions); i++ {
			for p := range r.piecesOf(i, from) {
				if !yield(p) {
					return
				}
			}
			if i+1 < len(r.Revisions) {
				from = r.Revisions[i+1].From
			}
		}
	}
}

// startOfTurn returns a revision, and a time in it, at which the turn at the given time
// had begun: changes that do not end a turn are passed over.
func (r Rotation) startOfTurn(t time.Time) (revision int, from time.Time) {
	i := len(r.Revisions) - 1
	for i > 0 && r.Revisions[i].From.After(t) {
		i--
	}
	for ; i > 0; i-- {
		rev := r.Revisions[i]
		g := rev.grid()
		if !g.start(g.turnAt(t)).Before(rev.From) {
			break
		}
		t = rev.From.Add(-1)
	}
	return i, t
}

// piecesOf returns the pieces of a revision from the turn at a time on, cut to the time
// in which the revision is in force.
func (r Rotation) piecesOf(revision int, after time.Time) iter.Seq[piece] {
	return func(yield func(piece) bool) {
		from, until := r.Revisions[revision].From, r.until(revision)
		g := r.Revisions[revision].grid()
		for j := g.turnAt(after); ; j++ {
			if !g.covered(g.turnWall(j), g.turnWall(j+1)) {
				continue
			}
			if !g.start(j).Before(until) {
				return
			}
			for s, e := range g.hoursOf(j, after) {
				p := piece{Shift: Shift{Start: later(s, from), End: earlier(e, until), Members: g.onCall(j), Turn: j, Revision: revision},
					cutStart: s.Before(from), cutEnd: e.After(until)}
				if p.Start.Before(p.End) && !yield(p) {
					return
				}
			}
		}
	}
}

// forever is later than any time that is asked for.
var forever = time.Unix(1<<50, 0)

// until returns when a revision was, or will be, replaced.
func (r Rotation) until(revision int) time.Time {
	if revision+1 < len(r.Revisions) {
		return r.Revisions[revision+1].From
	}
	return forever
}

// hoursOf returns the covered parts of a turn, from about a week before the given time on.
func (g grid) hoursOf(j int, after time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(start, end time.Time) bool) {
		start, end := g.start(j), g.start(j+1)
		if g.hours == nil {
			if start.Before(end) {
				yield(start, end)
			}
			return
		}
		var held [2]time.Time
		for from, to := range g.windows(j, after) {
			s, e := later(g.clock.first(from), start), earlier(g.clock.first(to), end)
			switch {
			case !s.Before(e): // in an hour that was skipped
			case s.Equal(held[1]): // the time between was skipped
				held[1] = e
			default:
				if !held[0].IsZero() && !yield(held[0], held[1]) {
					return
				}
				held = [2]time.Time{s, e}
			}
		}
		if !held[0].IsZero() {
			yield(held[0], held[1])
		}
	}
}

// windows returns the covered parts of the week on the wall clock that meet a turn.
func (g grid) windows(j int, after time.Time) iter.Seq2[wall, wall] {
	return func(yield func(from, to wall) bool) {
		begin, end := g.turnWall(j), g.turnWall(j+1)
		const sunday = mondayOffset * minutesPerDay
		for week := floorDiv(int(max(begin, g.clock.at(after)))+sunday, minutesPerWeek) - 1; ; week++ {
			monday := wall(week*minutesPerWeek - sunday)
			for _, h := range g.hours {
				from, to := monday+wall(h.from), monday+wall(h.to)
				if from >= end || to > begin && !yield(from, to) {
					return
				}
			}
		}
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// overridden cuts a regular shift by the overrides in force.
func (p piece) overridden(overrides []Override) iter.Seq[Shift] {
	return func(yield func(Shift) bool) {
		edges := p.edges(overrides)
		held := p.part(edges[0], winnerAt(overrides, edges[0]))
		for _, edge := range edges[1:] {
			held.End = edge
			next := winnerAt(overrides, edge)
			if edge.Before(p.End) && next == held.Override {
				continue
			}
			if !yield(held) {
				return
			}
			held = p.part(edge, next)
		}
	}
}

// edges returns the times in a shift at which an override begins or ends, in order, and
// its own start and end.
func (p piece) edges(overrides []Override) []time.Time {
	edges := []time.Time{p.Start, p.End}
	for _, o := range overrides {
		from, to := o.inForce()
		for _, edge := range []time.Time{from, to} {
			if edge.After(p.Start) && edge.Before(p.End) {
				edges = append(edges, edge)
			}
		}
	}
	slices.SortFunc(edges, time.Time.Compare)
	return slices.CompactFunc(edges, time.Time.Equal)
}

// winnerAt returns the override that counts at a time, or nil.
func winnerAt(overrides []Override, at time.Time) *Override {
	var winner *Override
	for i := range overrides {
		o := &overrides[i]
		from, to := o.inForce()
		if !at.Before(from) && at.Before(to) && (winner == nil || !o.CreatedAt.Before(winner.CreatedAt)) {
			winner = o
		}
	}
	return winner
}

// part returns the part of the shift that begins at a time under an override, or under none.
func (p piece) part(start time.Time, o *Override) Shift {
	s := p.Shift
	s.Start, s.Override = start, o
	if o != nil {
		s.Replaced, s.Members = s.Members, unique(o.Members)
	}
	return s
}

// unique returns the texts without repetitions, in the order of the first ones.
func unique(texts []string) []string {
	once := make([]string, 0, len(texts))
	for _, t := range texts {
		if !slices.Contains(once, t) {
			once = append(once, t)
		}
	}
	return once
}
