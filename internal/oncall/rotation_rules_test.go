package oncall_test

import (
	"slices"
	"testing"
	"time"

	"callbook/internal/oncall"
)

func utc(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04", text)
	if err != nil {
		panic(err)
	}
	return t
}

func at(hour, minute int) oncall.HandOffTime {
	return oncall.HandOffTime{HourOfDay: hour, MinuteOfHour: minute}
}

func dailyRotation(start string, members ...string) oncall.Rotation {
	return rotationOf(oncall.RotationConfig{Members: members, Zone: "UTC", Start: utc(start),
		Recurrence: oncall.Recurrence{DailySettings: []oncall.HandOffTime{at(9, 0)}, NumberOfOnCalls: 1, RecurrenceMultiplier: 1}})
}

func rotationOf(c oncall.RotationConfig) oncall.Rotation {
	return oncall.Rotation{Revisions: []oncall.Revision{oncall.NewRevision(c, time.Time{})}}
}

// starts lists when shifts begin, and with whom.
func starts(r oncall.Rotation, overrides []oncall.Override, from, to string) []string {
	var all []string
	for s := range r.Shifts(overrides, utc(from), utc(to)) {
		who := ""
		for _, m := range s.Members {
			who += " " + m
		}
		all = append(all, s.Start.UTC().Format("2006-01-02 15:04")+who)
	}
	return all
}

func wantStarts(t *testing.T, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestHandOffsOfMissingDaysKeepTheirOrder(t *testing.T) {
	r := rotationOf(oncall.RotationConfig{Members: []string{"A", "B", "C"}, Zone: "UTC", Start: utc("2027-01-30 17:00"),
		Recurrence: oncall.Recurrence{MonthlySettings: []oncall.MonthlySetting{{DayOfMonth: 30, HandOffTime: at(17, 0)}, {DayOfMonth: 31, HandOffTime: at(1, 0)}},
			NumberOfOnCalls: 1, RecurrenceMultiplier: 1}})
	// In February both are on the 28th, at 17:00: C's turn has no length.
	wantStarts(t, starts(r, nil, "2027-01-30 17:00", "2027-04-01 00:00"),
		"2027-01-30 17:00 A", "2027-01-31 01:00 B", "2027-02-28 17:00 A", "2027-03-30 17:00 B", "2027-03-31 01:00 C")
}

func TestRotationThatHasNotBegunMayBeginAtOnce(t *testing.T) {
	r := dailyRotation("2026-07-01 09:00", "A", "B")
	now, start := utc("2026-06-10 12:00"), utc("2026-06-01 09:00")
	r = r.Changed(oncall.RotationChange{Start: &start}, now)
	wantStarts(t, starts(r, nil, "2026-06-01 00:00", "2026-06-12 00:00"), "2026-06-10 12:00 B", "2026-06-11 09:00 A")
}

func TestChangeInTheSameInstantReplacesTheOneBefore(t *testing.T) {
	now := utc("2026-06-02 12:00")
	r := dailyRotation("2026-06-01 09:00", "A", "B").
		Changed(oncall.RotationChange{Members: []string{"B", "C"}}, now).
		Changed(oncall.RotationChange{Members: []string{"B", "D"}}, now)
	if n := len(r.Revisions); n != 2 {
		t.Errorf("got %d revisions, want 2", n)
	}
	wantStarts(t, starts(r, nil, "2026-06-01 12:00", "2026-06-04 00:00"), "2026-06-01 09:00 A", "2026-06-02 09:00 B", "2026-06-03 09:00 D")
}

func TestChangeToTheSameIsNone(t *testing.T) {
	r := dailyRotation("2026-06-01 09:00", "A", "B")
	if again := r.Changed(oncall.RotationChange{Members: []string{"A", "B"}, Recurrence: &r.Revisions[0].Recurrence}, utc("2026-06-02 12:00")); len(again.Revisions) != 1 {
		t.Errorf("got %d revisions, want 1", len(again.Revisions))
	}
}

func TestChangeLeavesTheGivenRotation(t *testing.T) {
	r := dailyRotation("2026-06-01 09:00", "A", "B")
	r.Changed(oncall.RotationChange{Members: []string{"C"}}, utc("2026-06-01 09:00"))
	wantStarts(t, starts(r, nil, "2026-06-01 10:00", "2026-06-02 00:00"), "2026-06-01 09:00 A")
}

func TestHoursThatMeetInASkippedHourAreOneShift(t *testing.T) {
	windows := []oncall.CoverageWindow{{Start: at(1, 0), End: at(2, 0)}, {Start: at(3, 0), End: at(4, 0)}}
	r := rotationOf(oncall.RotationConfig{Members: []string{"A"}, Zone: "America/New_York", Start: utc("2026-02-01 05:00"),
		Recurrence: oncall.Recurrence{WeeklySettings: []oncall.WeeklySetting{{DayOfWeek: "MON"}}, NumberOfOnCalls: 1, RecurrenceMultiplier: 1,
			ShiftCoverages: map[oncall.Weekday][]oncall.CoverageWindow{"SUN": windows}}})
	wantStarts(t, starts(r, nil, "2026-03-01 00:00", "2026-03-16 00:00"),
		"2026-03-01 06:00 A", "2026-03-01 08:00 A", "2026-03-08 06:00 A", "2026-03-15 05:00 A", "2026-03-15 07:00 A")
}

func TestOfOverridesMadeAtOnceTheLastCounts(t *testing.T) {
	o := func(from, to, who string) oncall.Override {
		return oncall.Override{Start: utc(from), End: utc(to), Members: []string{who, who}}
	}
	overrides := []oncall.Override{o("2026-06-01 10:00", "2026-06-01 20:00", "X"), o("2026-06-01 12:00", "2026-06-01 13:00", "Y")}
	wantStarts(t, starts(dailyRotation("2026-06-01 09:00", "A"), overrides, "2026-06-01 09:00", "2026-06-02 09:00"),
		"2026-06-01 09:00 A", "2026-06-01 10:00 X", "2026-06-01 12:00 Y", "2026-06-01 13:00 X", "2026-06-01 20:00 A")
}

func TestGapsSayWhyNobodyIsOnCall(t *testing.T) {
	hours := dailyRotation("2026-06-01 09:00", "A")
	hours.Revisions[0].Recurrence.ShiftCoverages = map[oncall.Weekday][]oncall.CoverageWindow{"MON": {{Start: at(0, 0), End: at(20, 0)}}, "TUE": {{Start: at(0, 0), End: at(20, 0)}}}
	short := dailyRotation("2026-06-01 11:00", "B")
	short.Revisions[0].Recurrence.ShiftCoverages = map[oncall.Weekday][]oncall.CoverageWindow{"MON": {{Start: at(11, 0), End: at(12, 0)}}}
	schedule := []oncall.Duty{{Rotation: hours, Overrides: []oncall.Override{{Start: utc("2026-06-02 10:00"), End: utc("2026-06-02 11:00")}}}, {Rotation: short}}
	want := []oncall.Gap{
		{Start: utc("2026-06-01 00:00"), End: utc("2026-06-01 09:00"), Reason: oncall.NotStarted},
		{Start: utc("2026-06-01 20:00"), End: utc("2026-06-02 00:00"), Reason: oncall.NotCovered},
		{Start: utc("2026-06-02 10:00"), End: utc("2026-06-02 11:00"), Reason: oncall.EmptyOverride},
		{Start: utc("2026-06-02 20:00"), End: utc("2026-06-03 00:00"), Reason: oncall.NotCovered},
	}
	if got := oncall.Gaps(schedule, utc("2026-06-01 00:00"), utc("2026-06-03 00:00")); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	none := []oncall.Gap{{Start: utc("2026-06-01 00:00"), End: utc("2026-06-03 00:00"), Reason: oncall.NoRotation}}
	if got := oncall.Gaps(nil, utc("2026-06-01 00:00"), utc("2026-06-03 00:00")); !slices.Equal(got, none) {
		t.Errorf("without a rotation: got %v, want %v", got, none)
	}
}

func TestNamesThatAreNoZones(t *testing.T) {
	for name, want := range map[string]bool{"Europe/Berlin": true, "UTC": true, "Etc/GMT": true, "America/Argentina/Buenos_Aires": true, "": false, " ": false, "Local": false,
		"localtime": false, "posixrules": false, "Factory": false, "EST": false, "MST": false, "HST": false, "PST": false, "europe/berlin": false, "../etc/passwd": false, "Mars/Olympus": false} {
		if zone, ok := oncall.LoadZone(name); ok != want || ok != (zone != nil) {
			t.Errorf("zone %q: got %t, want %t", name, ok, want)
		}
	}
}
