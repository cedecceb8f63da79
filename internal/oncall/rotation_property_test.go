package oncall_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"callbook/internal/oncall"
)

// drawnZones have changes of an hour, of half an hour and of two, at midnight, in the
// south and the north, and a day that Apia skipped.
var drawnZones = []string{"UTC", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Beirut", "America/Santiago",
	"Antarctica/Troll", "Africa/Casablanca", "America/Nuuk", "Asia/Kathmandu", "Pacific/Apia"}

// drawnStarts have anchors before and during changes, and the skipped day.
var drawnStarts = []string{"2026-03-01T00:00:00Z", "2026-09-20T00:00:00Z", "2011-12-10T00:00:00Z", "2027-01-25T00:00:00Z", "2028-02-20T00:00:00Z"}

func drawTime(t *rapid.T, label string) oncall.HandOffTime {
	// Few minutes, so that hand-offs, windows and changes of the clock often meet.
	return oncall.HandOffTime{HourOfDay: rapid.SampledFrom([]int{0, 1, 2, 3, 9, 17, 23}).Draw(t, label+" hour"), MinuteOfHour: rapid.SampledFrom([]int{0, 15, 30}).Draw(t, label+" minute")}
}

func drawRecurrence(t *rapid.T, members int) oncall.Recurrence {
	r := oncall.Recurrence{NumberOfOnCalls: rapid.IntRange(1, members).Draw(t, "together"), RecurrenceMultiplier: rapid.IntRange(1, 4).Draw(t, "every")}
	kind := rapid.IntRange(0, 2).Draw(t, "kind")
	for i := range rapid.IntRange(1, 3).Draw(t, "hand-offs") {
		at := drawTime(t, fmt.Sprint("hand-off ", i))
		switch kind {
		case 0:
			r.DailySettings = append(r.DailySettings, at)
		case 1:
			r.WeeklySettings = append(r.WeeklySettings, oncall.WeeklySetting{DayOfWeek: rapid.SampledFrom(oncall.Weekdays()).Draw(t, "day"), HandOffTime: at})
		default:
			r.MonthlySettings = append(r.MonthlySettings, oncall.MonthlySetting{DayOfMonth: rapid.SampledFrom([]int{1, 15, 28, 29, 30, 31}).Draw(t, "date"), HandOffTime: at})
		}
	}
	if rapid.Bool().Draw(t, "covered") {
		r.ShiftCoverages = map[oncall.Weekday][]oncall.CoverageWindow{}
		for i := range rapid.IntRange(1, 8).Draw(t, "windows") {
			day := rapid.SampledFrom(oncall.Weekdays()).Draw(t, "window day")
			r.ShiftCoverages[day] = append(r.ShiftCoverages[day], oncall.CoverageWindow{Start: drawTime(t, fmt.Sprint("from ", i)), End: drawTime(t, fmt.Sprint("to ", i))})
		}
	}
	return r
}

func drawConfig(t *rapid.T) oncall.RotationConfig {
	start, _ := time.Parse(time.RFC3339, rapid.SampledFrom(drawnStarts).Draw(t, "month"))
	members := []string{"A", "B", "C", "D", "E"}[:rapid.IntRange(1, 5).Draw(t, "members")]
	return oncall.RotationConfig{Members: members, Zone: rapid.SampledFrom(drawnZones).Draw(t, "zone"),
		Start: start.Add(time.Duration(rapid.IntRange(0, 20*24*4).Draw(t, "start")) * 15 * time.Minute), Recurrence: drawRecurrence(t, len(members))}
}

func drawOverrides(t *rapid.T, near time.Time) []oncall.Override {
	var all []oncall.Override
	for i := range rapid.IntRange(0, 3).Draw(t, "overrides") {
		at := func(label string) time.Time {
			return near.Add(time.Duration(rapid.IntRange(0, 30*24*4).Draw(t, label)) * 15 * time.Minute)
		}
		o := oncall.Override{ID: fmt.Sprint(i), Start: at("from"), Members: rapid.SampledFrom([][]string{{}, {"A"}, {"X", "B"}}).Draw(t, "who"), CreatedAt: at("made")}
		o.End = o.Start.Add(time.Duration(rapid.IntRange(2, 400).Draw(t, "length")) * 15 * time.Minute)
		if rapid.Bool().Draw(t, "deleted") {
			o.DeletedAt = at("deletion")
		}
		all = append(all, o)
	}
	return all
}

// minutes is an independent calculation of shifts: it looks at every minute of a time,
// and at every day of its calendar, one after the other.
type minutes struct {
	from   time.Time
	walls  []int64 // what the wall clock shows in each minute, in minutes since 1970
	latest []int64 // the largest of walls up to each minute
}

func minutesOf(zone string, from time.Time, days int) minutes {
	loc, _ := time.LoadLocation(zone)
	m := minutes{from: from}
	for i := range days * 24 * 60 {
		t := from.Add(time.Duration(i) * time.Minute).In(loc)
		shown := time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), 0, 0, time.UTC).Unix() / 60
		m.walls = append(m.walls, shown)
		if i > 0 {
			shown = max(shown, m.latest[i-1])
		}
		m.latest = append(m.latest, shown)
	}
	return m
}

// first returns the index of the first minute in which the clock shows w or later.
func (m minutes) first(w int64) int {
	i, _ := slices.BinarySearch(m.latest, w)
	return i
}

// turn is a hand-off of the oracle.
type turn struct {
	unit  int
	wall  int64
	index int
}

// handOffs walks through the days, and lists the hand-offs of each.
func (m minutes) handOffs(r oncall.Recurrence) []turn {
	var all []turn
	last := m.latest[len(m.latest)-1] - 2*24*60
	monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC)
	for day := time.Unix(m.walls[0]*60, 0).UTC().Truncate(24*time.Hour).AddDate(0, 0, 2); day.Unix()/60 < last; day = day.AddDate(0, 0, 1) {
		var walls []int64
		add := func(at oncall.HandOffTime) {
			walls = append(walls, day.Unix()/60+int64(at.HourOfDay)*60+int64(at.MinuteOfHour))
		}
		unit := int(day.Sub(monday).Hours() / 24)
		for _, s := range r.DailySettings {
			add(s)
		}
		for _, s := range r.WeeklySettings {
			unit = int(day.Sub(monday).Hours()/24) / 7
			if slices.Index(oncall.Weekdays(), s.DayOfWeek) == (int(day.Weekday())+6)%7 {
				add(s.HandOffTime)
			}
		}
		lastOfMonth := day.AddDate(0, 0, 1).Day() == 1
		for _, s := range r.MonthlySettings {
			unit = day.Year()*12 + int(day.Month())
			if s.DayOfMonth == day.Day() || lastOfMonth && s.DayOfMonth > day.Day() {
				add(s.HandOffTime)
			}
		}
		all = append(all, m.turns(unit, sorted(r, day, walls))...)
	}
	return all
}

// sorted orders the hand-offs of a day. On the last day of a month, those of missing days
// come after the day's own, and none before an earlier one.
func sorted(r oncall.Recurrence, day time.Time, walls []int64) []int64 {
	if len(r.MonthlySettings) == 0 {
		slices.Sort(walls)
		return slices.Compact(walls)
	}
	settings := slices.Clone(r.MonthlySettings)
	slices.SortFunc(settings, func(a, b oncall.MonthlySetting) int {
		return (a.DayOfMonth-b.DayOfMonth)*10000 + (a.HandOffTime.HourOfDay-b.HandOffTime.HourOfDay)*60 + a.HandOffTime.MinuteOfHour - b.HandOffTime.MinuteOfHour
	})
	settings = slices.Compact(settings)
	lastOfMonth := day.AddDate(0, 0, 1).Day() == 1
	walls = nil
	for _, s := range settings {
		if s.DayOfMonth != day.Day() && !(lastOfMonth && s.DayOfMonth > day.Day()) {
			continue
		}
		w := day.Unix()/60 + int64(s.HandOffTime.HourOfDay)*60 + int64(s.HandOffTime.MinuteOfHour)
		if n := len(walls); n > 0 {
			w = max(w, walls[n-1])
		}
		walls = append(walls, w)
	}
	return walls
}

func (m minutes) turns(unit int, walls []int64) []turn {
	var all []turn
	for _, w := range walls {
		all = append(all, turn{unit, w, m.first(w)})
	}
	return all
}

// covered marks the minutes in some window, and the minutes of a week that are in one.
func (m minutes) covered(r oncall.Recurrence) (is []bool, week [7 * 24 * 60]bool) {
	is = make([]bool, len(m.walls))
	for i := range is {
		is[i] = len(r.ShiftCoverages) == 0
	}
	monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC).Unix() / 60
	for d, name := range oncall.Weekdays() {
		for _, w := range r.ShiftCoverages[name] {
			from := int64(d*24*60 + w.Start.HourOfDay*60 + w.Start.MinuteOfHour)
			length := int64(w.End.HourOfDay*60+w.End.MinuteOfHour-w.Start.HourOfDay*60-w.Start.MinuteOfHour+24*60-1)%(24*60) + 1
			for i := from; i < from+length; i++ {
				week[i%(7*24*60)] = true
			}
			for at := monday + from + (m.walls[0]-monday)/(7*24*60)*(7*24*60) - 7*24*60; at < m.latest[len(m.latest)-1]; at += 7 * 24 * 60 {
				for i := m.first(at); i < m.first(at+length); i++ {
					is[i] = true
				}
			}
		}
	}
	return is, week
}

func (m minutes) at(i int) time.Time { return m.from.Add(time.Duration(i) * time.Minute) }

// shifts returns the shifts of a rotation with one revision, minute by minute.
func (m minutes) shifts(c oncall.RotationConfig, overrides []oncall.Override) []oncall.Shift {
	handOffs := m.handOffs(c.Recurrence)
	anchor := int(c.Start.Sub(m.from) / time.Minute)
	begun := 0
	for i, h := range handOffs {
		if h.index <= anchor {
			begun = i
		}
	}
	turns := []turn{{handOffs[begun].unit, m.walls[anchor], anchor}}
	for _, h := range handOffs[begun+1:] {
		if (h.unit-turns[0].unit)%c.Recurrence.RecurrenceMultiplier == 0 {
			turns = append(turns, h)
		}
	}
	turns = append(turns, turn{0, m.latest[len(m.latest)-1], len(m.walls)}) // the last turn has no end here
	is, week := m.covered(c.Recurrence)
	var all []oncall.Shift
	served := 0
	for j := range len(turns) - 1 {
		var who []string
		for k := range c.Recurrence.NumberOfOnCalls {
			who = append(who, c.Members[(served*c.Recurrence.NumberOfOnCalls+k)%len(c.Members)])
		}
		all = append(all, m.cut(turns[j].index, turns[j+1].index, is, overrides, who)...)
		if len(c.Recurrence.MonthlySettings) > 0 || len(c.Recurrence.ShiftCoverages) == 0 || anyMinute(week, turns[j].wall, turns[j+1].wall) {
			served++
		}
	}
	return all
}

func anyMinute(week [7 * 24 * 60]bool, from, to int64) bool {
	monday := time.Date(1970, 1, 5, 0, 0, 0, 0, time.UTC).Unix() / 60
	for w := from; w < to; w++ {
		if week[(w-monday)%int64(len(week))] {
			return true
		}
	}
	return false
}

// cut returns the shifts of a turn: runs of covered minutes with one winner.
func (m minutes) cut(from, to int, is []bool, overrides []oncall.Override, who []string) []oncall.Shift {
	winner := func(i int) int {
		best := -1
		for k, o := range overrides {
			t := m.at(i)
			if t.Before(o.Start) || t.Before(o.CreatedAt) || !t.Before(o.End) || !o.DeletedAt.IsZero() && !t.Before(o.DeletedAt) {
				continue
			}
			if best < 0 || !o.CreatedAt.Before(overrides[best].CreatedAt) {
				best = k
			}
		}
		return best
	}
	var all []oncall.Shift
	for i := from; i < to; {
		if !is[i] {
			i++
			continue
		}
		begin, by := i, winner(i)
		for i < to && is[i] && winner(i) == by {
			i++
		}
		s := oncall.Shift{Start: m.at(begin), End: m.at(i), Members: who}
		if by >= 0 {
			s.Override, s.Members, s.Replaced = &overrides[by], overrides[by].Members, who
		}
		all = append(all, s)
	}
	return all
}

func TestShiftsAreThoseOfEachMinute(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		overrides := drawOverrides(t, c.Start)
		const back, days = 40, 105
		m := minutesOf(c.Zone, c.Start.AddDate(0, 0, -back), days)
		r := oncall.Rotation{Revisions: []oncall.Revision{oncall.NewRevision(c, time.Time{})}}
		end := c.Start.AddDate(0, 0, 60)
		var got, want []string
		for s := range r.Shifts(overrides, c.Start, end) {
			s.End = earliest(s.End, end)
			got = append(got, shiftText(s))
		}
		for _, s := range m.shifts(c, overrides) {
			if s.End = earliest(s.End, end); s.Start.Before(end) {
				want = append(want, shiftText(s))
			}
		}
		if !slices.Equal(got, want) {
			t.Fatalf("%+v\n%+v\ngot  %v\nwant %v", c, overrides, got, want)
		}
	})
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func TestEveryQueryReturnsTheSameShifts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		overrides := drawOverrides(t, c.Start)
		r := drawChanges(t, c)
		all := slices.Collect(r.Shifts(overrides, c.Start, c.Start.AddDate(0, 0, 90)))
		for i, s := range all {
			if i > 0 && all[i-1].End.After(s.Start) {
				t.Fatalf("%s overlaps %s", shiftText(all[i-1]), shiftText(s))
			}
			at := s.Start.Add(time.Duration(rapid.Int64Range(0, int64(s.End.Sub(s.Start))-1).Draw(t, "moment")))
			if now, ok := r.OnCall(overrides, at); !ok || shiftText(now) != shiftText(s) {
				t.Fatalf("at %s: got %s %t, want %s", at, shiftText(now), ok, shiftText(s))
			}
		}
		if len(all) > 1 {
			cut := rapid.IntRange(0, len(all)-2).Draw(t, "cut")
			rest := slices.Collect(r.Shifts(overrides, all[cut].End, c.Start.AddDate(0, 0, 90)))
			if texts(rest) != texts(all[cut+1:]) {
				t.Fatalf("after %s: got %s, want %s", all[cut].End, texts(rest), texts(all[cut+1:]))
			}
		}
	})
}

func texts(shifts []oncall.Shift) string {
	var all []string
	for _, s := range shifts {
		all = append(all, shiftText(s))
	}
	return fmt.Sprint(all)
}

func drawChanges(t *rapid.T, c oncall.RotationConfig) oncall.Rotation {
	r := oncall.Rotation{Revisions: []oncall.Revision{oncall.NewRevision(c, time.Time{})}}
	at := c.Start
	for range rapid.IntRange(0, 3).Draw(t, "changes") {
		at = at.Add(time.Duration(rapid.IntRange(0, 20*24*4).Draw(t, "change")) * 15 * time.Minute)
		r = r.Changed(drawChange(t, at, r.Current()), at)
	}
	return r
}

func drawChange(t *rapid.T, at time.Time, c oncall.RotationConfig) oncall.RotationChange {
	var in oncall.RotationChange
	if rapid.Bool().Draw(t, "members change") {
		in.Members = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A", "B", "C", "D", "E", "N", "M"}), c.Recurrence.NumberOfOnCalls, 7, rapid.ID).Draw(t, "new members")
	}
	if rapid.Bool().Draw(t, "zone changes") {
		in.Zone = new(rapid.SampledFrom(drawnZones).Draw(t, "new zone"))
	}
	if rapid.Bool().Draw(t, "recurrence changes") {
		n := len(c.Members)
		if in.Members != nil {
			n = len(in.Members)
		}
		in.Recurrence = new(drawRecurrence(t, n))
	}
	if rapid.IntRange(0, 3).Draw(t, "start changes") == 0 {
		in.Start = new(at.Add(time.Duration(rapid.IntRange(-100, 500).Draw(t, "new start")) * time.Hour))
	}
	return in
}

// A change moves nobody's past shift, and whoever is on call stays if they can.
func TestChangeKeepsThePastAndWhoIsOnCall(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := drawConfig(t)
		before := drawChanges(t, c)
		at := c.Start.AddDate(0, 0, rapid.IntRange(61, 90).Draw(t, "day")).Add(time.Duration(rapid.IntRange(0, 95).Draw(t, "quarter")) * 15 * time.Minute)
		change := drawChange(t, at, before.Current())
		after := before.Changed(change, at)
		for s := range before.Shifts(nil, c.Start, at) {
			if now, ok := after.OnCall(nil, s.Start); !ok || !slices.Equal(now.Members, s.Members) || !now.Start.Equal(s.Start) {
				t.Fatalf("the change at %s of a past shift %s: %s", at, shiftText(s), shiftText(now))
			}
		}
		old, ok1 := before.OnCall(nil, at)
		now, ok2 := after.OnCall(nil, at)
		if !ok1 || !ok2 || change.Start != nil || before.Revisions[len(before.Revisions)-1].From.After(at) {
			return
		}
		if slices.Contains(after.Current().Members, old.Members[0]) && now.Members[0] != old.Members[0] {
			t.Fatalf("at %s: %v was on call, and after the change %v is", at, old.Members, now.Members)
		}
	})
}

func TestWallClockTimesKeepTheirOrder(t *testing.T) {
	c := oncall.RotationConfig{Members: []string{"A", "B"}, Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for _, zone := range drawnZones {
		for quarter := range 24 * 4 {
			c.Zone = zone
			c.Recurrence = oncall.Recurrence{DailySettings: []oncall.HandOffTime{{HourOfDay: quarter / 4, MinuteOfHour: quarter % 4 * 15}}, NumberOfOnCalls: 1, RecurrenceMultiplier: 1}
			r := oncall.Rotation{Revisions: []oncall.Revision{oncall.NewRevision(c, c.Start)}}
			end, turns := c.Start, 0
			for s := range r.Shifts(nil, c.Start, c.Start.AddDate(2, 0, 0)) {
				if !s.Start.Equal(end) {
					t.Fatalf("%s %v: a shift ends at %s, the next begins at %s", zone, c.Recurrence.DailySettings, end, s.Start)
				}
				if want := c.Members[turns%2]; s.Members[0] != want {
					t.Fatalf("%s %v: %s is on call from %s, want %s", zone, c.Recurrence.DailySettings, s.Members, s.Start, want)
				}
				end, turns = s.End, turns+1
			}
		}
	}
}

// A page of shifts in 2050 costs what one of today costs.
func BenchmarkShifts(b *testing.B) {
	text := oncall.Recurrence{DailySettings: []oncall.HandOffTime{{HourOfDay: 9}}, NumberOfOnCalls: 2, RecurrenceMultiplier: 1,
		ShiftCoverages: map[oncall.Weekday][]oncall.CoverageWindow{"MON": {{Start: oncall.HandOffTime{HourOfDay: 8}, End: oncall.HandOffTime{HourOfDay: 18}}}, "FRI": {{Start: oncall.HandOffTime{HourOfDay: 8}, End: oncall.HandOffTime{HourOfDay: 18}}}}}
	c := oncall.RotationConfig{Members: []string{"A", "B", "C", "D", "E"}, Zone: "Europe/Berlin", Start: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), Recurrence: text}
	r := oncall.Rotation{Revisions: []oncall.Revision{oncall.NewRevision(c, c.Start)}}
	for _, year := range []int{2026, 2050} {
		b.Run(fmt.Sprint("year=", year), func(b *testing.B) {
			from := time.Date(year, 6, 1, 0, 0, 0, 0, time.UTC)
			for b.Loop() {
				n := 0
				for range r.Shifts(nil, from, from.AddDate(20, 0, 0)) {
					if n++; n == 1024 {
						break
					}
				}
			}
		})
	}
}
