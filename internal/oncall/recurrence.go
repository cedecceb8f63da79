package oncall

import (
	"cmp"
	"slices"
)

// Recurrence is when the shifts of a rotation change hands, who is on call in between,
// and during which hours. It is stored and returned exactly as it came: a nil list was
// left out, an empty list was given. One of the three lists of hand-offs is not empty.
type Recurrence struct {
	DailySettings        []HandOffTime                `json:"DailySettings,omitzero"`
	WeeklySettings       []WeeklySetting              `json:"WeeklySettings,omitzero"`
	MonthlySettings      []MonthlySetting             `json:"MonthlySettings,omitzero"`
	NumberOfOnCalls      int                          `json:"NumberOfOnCalls"`      // people on call at a time, at least 1
	RecurrenceMultiplier int                          `json:"RecurrenceMultiplier"` // days, weeks or months a shift lasts, at least 1
	ShiftCoverages       map[Weekday][]CoverageWindow `json:"ShiftCoverages,omitzero"`
}

// HandOffTime is a time on the wall clock of the rotation's zone.
type HandOffTime struct {
	HourOfDay    int `json:"HourOfDay"`
	MinuteOfHour int `json:"MinuteOfHour"`
}

// WeeklySetting is a hand-off on a day of the week.
type WeeklySetting struct {
	DayOfWeek   Weekday     `json:"DayOfWeek"`
	HandOffTime HandOffTime `json:"HandOffTime"`
}

// MonthlySetting is a hand-off on a day of the month. In a month without that day, it is
// on the last day.
type MonthlySetting struct {
	DayOfMonth  int         `json:"DayOfMonth"`
	HandOffTime HandOffTime `json:"HandOffTime"`
}

// CoverageWindow is a part of the week in which the rotation has people on call. It
// belongs to the day on which it starts. If End is not after Start, it ends on the next
// day; if they are equal, it lasts 24 hours.
type CoverageWindow struct {
	Start HandOffTime `json:"Start"`
	End   HandOffTime `json:"End"`
}

// Weekday is a day of the week, as the service model names it.
type Weekday string

// Weekdays returns the days of the week, Monday first.
func Weekdays() []Weekday { return []Weekday{"MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"} }

const (
	minutesPerDay  = 24 * 60
	minutesPerWeek = 7 * minutesPerDay
)

func (t HandOffTime) minutes() int { return t.HourOfDay*60 + t.MinuteOfHour }

// cycle is the unit in which hand-offs repeat.
type cycle int

const (
	daily cycle = iota
	weekly
	monthly
)

// handOff is a hand-off within a unit: on a day of the unit, counted from 0, at a minute
// of that day.
type handOff struct{ day, minute int }

// handOffs returns the unit of the recurrence and its hand-offs in order, each once.
func (r Recurrence) handOffs() (cycle, []handOff) {
	unit := daily
	var all []handOff
	for _, s := range r.DailySettings {
		all = append(all, handOff{0, s.minutes()})
	}
	for _, s := range r.WeeklySettings {
		unit = weekly
		all = append(all, handOff{slices.Index(Weekdays(), s.DayOfWeek), s.HandOffTime.minutes()})
	}
	for _, s := range r.MonthlySettings {
		unit = monthly
		all = append(all, handOff{s.DayOfMonth - 1, s.HandOffTime.minutes()})
	}
	slices.SortFunc(all, func(a, b handOff) int { return cmp.Or(a.day-b.day, a.minute-b.minute) })
	return unit, slices.Compact(all)
}

// span is a half-open interval of minutes of the week. It starts within the week that
// begins on Monday, and may end in the next one.
type span struct{ from, to int }

// coverage returns the covered parts of the week in order, without overlaps. Windows that
// touch are one, across Sunday and Monday too. It returns nil if the whole week is
// covered.
func (r Recurrence) coverage() []span {
	var spans []span
	for day, name := range Weekdays() {
		for _, w := range r.ShiftCoverages[name] {
			from, to := w.Start.minutes(), w.End.minutes()
			if to <= from {
				to += minutesPerDay
			}
			spans = append(spans, span{day*minutesPerDay + from, day*minutesPerDay + to})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return a.from - b.from })
	var merged []span
	for _, s := range spans {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return joinWeekEnd(merged)
}

// joinWeekEnd merges the last span with the first ones if it runs into the next week as
// far as they begin.
func joinWeekEnd(spans []span) []span {
	for len(spans) > 1 && spans[len(spans)-1].to >= spans[0].from+minutesPerWeek {
		last := &spans[len(spans)-1]
		last.to = max(last.to, spans[0].to+minutesPerWeek)
		spans = spans[1:]
	}
	if len(spans) == 1 && spans[0].to-spans[0].from >= minutesPerWeek {
		return nil
	}
	return spans
}

// covers reports whether any minute of [from, to) is covered. Both count the minutes of
// the wall clock since some Monday at 00:00.
func covers(spans []span, from, to int) bool {
	if spans == nil {
		return true
	}
	to -= from
	from = floorMod(from, minutesPerWeek)
	to += from
	if to-from >= minutesPerWeek {
		return true
	}
	for _, s := range spans {
		for week := -minutesPerWeek; week <= minutesPerWeek; week += minutesPerWeek {
			if from < s.to+week && s.from+week < to {
				return true
			}
		}
	}
	return false
}

func floorDiv(a, b int) int {
	if q := a / b; q*b <= a {
		return q
	}
	return a/b - 1
}

func floorMod(a, b int) int { return a - floorDiv(a, b)*b }
