package oncall_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/internal/oncall"
)

// rotationCase is a golden case of testdata/rotations.json. Times are RFC 3339.
type rotationCase struct {
	ID        string
	Title     string
	Kind      string
	Rotation  *rotationInput
	Rotations []rotationInput
	Created   time.Time
	Overrides []struct {
		StartTime, EndTime, CreateTime, DeleteTime time.Time
		NewContactIds                              []string
	}
	Updates []struct {
		At         time.Time
		ContactIds []string
		TimeZoneId *string
		StartTime  *time.Time
		Recurrence *oncall.Recurrence
	}
	Range  [2]time.Time
	Expect [][]any
	Now    [][2]any
	Gaps   [][2]time.Time
}

type rotationInput struct {
	ContactIds []string
	TimeZoneId string
	StartTime  *time.Time
	Recurrence oncall.Recurrence
}

func (in rotationInput) rotation(created time.Time) oncall.Rotation {
	c := oncall.RotationConfig{Members: in.ContactIds, Zone: in.TimeZoneId, Recurrence: in.Recurrence}
	if in.StartTime != nil {
		c.Start = *in.StartTime
	}
	return oncall.Rotation{Revisions: []oncall.Revision{oncall.NewRevision(c, created)}}
}

func (c rotationCase) overrides() []oncall.Override {
	var all []oncall.Override
	for i, o := range c.Overrides {
		all = append(all, oncall.Override{ID: fmt.Sprint(i), Start: o.StartTime, End: o.EndTime, Members: o.NewContactIds, CreatedAt: o.CreateTime, DeletedAt: o.DeleteTime})
	}
	return all
}

func TestGoldenRotations(t *testing.T) {
	text, err := os.ReadFile("testdata/rotations.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []rotationCase
	if err := json.Unmarshal(text, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		t.Run(c.ID, func(t *testing.T) {
			switch c.Kind {
			case "shifts", "preview":
				c.checkShifts(t)
			case "schedule":
				c.checkSchedule(t)
			default:
				t.Fatalf("%s: unknown kind %s", c.Title, c.Kind)
			}
		})
	}
}

func (c rotationCase) checkShifts(t *testing.T) {
	r := c.Rotation.rotation(c.Created)
	for _, u := range c.Updates {
		r = r.Changed(oncall.RotationChange{Members: u.ContactIds, Zone: u.TimeZoneId, Start: u.StartTime, Recurrence: u.Recurrence}, u.At)
	}
	var got, want []string
	for s := range r.Shifts(c.overrides(), c.Range[0], c.Range[1]) {
		got = append(got, shiftText(s))
	}
	for _, e := range c.Expect {
		row, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, string(row))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: got\n%s\nwant\n%s", c.Title, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// shiftText writes a shift like a row of the golden cases.
func shiftText(s oncall.Shift) string {
	row := []any{s.Start.UTC(), s.End.UTC(), append([]string{}, s.Members...), "REGULAR"}
	if s.Override != nil {
		row[3] = "OVERRIDDEN"
		row = append(row, s.Replaced)
	}
	text, _ := json.Marshal(row)
	return string(text)
}

func (c rotationCase) checkSchedule(t *testing.T) {
	var schedule []oncall.Duty
	for _, r := range c.Rotations {
		schedule = append(schedule, oncall.Duty{Rotation: r.rotation(c.Created)})
	}
	for _, now := range c.Now {
		at, err := time.Parse(time.RFC3339, now[0].(string))
		if err != nil {
			t.Fatal(err)
		}
		if got := oncall.People(oncall.OnCall(schedule, at)); fmt.Sprint(got) != fmt.Sprint(now[1]) {
			t.Errorf("%s: on call at %s: got %v, want %v", c.Title, at, got, now[1])
		}
	}
	var got [][2]time.Time
	for _, g := range oncall.Gaps(schedule, c.Range[0], c.Range[1]) {
		got = append(got, [2]time.Time{g.Start.UTC(), g.End.UTC()})
	}
	if fmt.Sprint(got) != fmt.Sprint(c.Gaps) {
		t.Errorf("%s: gaps: got %v, want %v", c.Title, got, c.Gaps)
	}
}
