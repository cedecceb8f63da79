package oncall

import (
	"math"
	"slices"
	"time"
)

// notZones load in Go, but name no place, or have no daylight saving time: AWS documents
// that it does not support the latter.
var notZones = []string{"", "Local", "localtime", "posixrules", "Factory", "EST", "MST", "HST"}

// LoadZone returns the time zone of an IANA name such as Europe/Berlin. Names are
// case-sensitive. It reports false for a name that is not a zone of a rotation.
func LoadZone(name string) (*time.Location, bool) {
	if slices.Contains(notZones, name) {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// wall is a time on a wall clock, in minutes since 1970-01-01 00:00 on that clock.
type wall int

// day returns the number of days since 1970-01-01.
func (w wall) day() int { return floorDiv(int(w), minutesPerDay) }

// wallClock is the wall clock of a zone. It remembers a time without changes, because the
// rules of a zone are slow for years to come.
type wallClock struct {
	zone     *time.Location
	from, to int64 // seconds since 1970 between which the offset holds, with a margin
	offset   int64 // seconds east of UTC
}

// at returns what the clock shows at a time, without its seconds.
func (c *wallClock) at(t time.Time) wall {
	_, offset := t.In(c.zone).Zone()
	return wall(floorDiv(int(t.Unix())+offset, 60))
}

// first returns the first instant at which the clock shows a time or a later one. In the
// skipped hour of a change it is the instant of the change; in the repeated hour it is
// the first of the two. So a later wall clock time is never an earlier instant.
func (c *wallClock) first(w wall) time.Time {
	if s := int64(w)*60 - c.offset; c.from <= s && s < c.to {
		return time.Unix(s, 0).UTC()
	}
	t := w.in(c.zone)
	c.remember(t)
	return t.UTC()
}

// remember keeps the time around t in which the offset does not change. The margin is
// longer than any change, so that no time in it is skipped or repeated.
func (c *wallClock) remember(t time.Time) {
	const margin = 2 * 24 * 60 * 60
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	c.offset, c.from, c.to = int64(offset), math.MinInt64, math.MaxInt64
	if !start.IsZero() {
		c.from = start.Unix() + margin
	}
	if !end.IsZero() {
		c.to = end.Unix() - margin
	}
}

// in returns the first instant at which the clock of a zone shows a time or a later one.
func (w wall) in(zone *time.Location) time.Time {
	civil := time.Unix(int64(w)*60, 0).UTC()
	t := time.Date(civil.Year(), civil.Month(), civil.Day(), civil.Hour(), civil.Minute(), 0, 0, zone)
	_, offset := t.Zone()
	start, end := t.ZoneBounds()
	switch shown := t.Unix() + int64(offset); {
	case shown > civil.Unix(): // skipped, and time.Date used the offset before the change
		return start
	case shown < civil.Unix(): // skipped, and time.Date used the offset after the change
		return end
	}
	if !start.IsZero() {
		_, before := start.Add(-1).Zone()
		if p := t.Add(time.Duration(offset-before) * time.Second); p.Before(start) {
			return p // repeated, and this is the first time
		}
	}
	return t
}
