package transfer_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// looks returns the changes of each entry about a file.
func looks(t *testing.T, w *oncalltest.World) []string {
	t.Helper()
	var found []string
	for _, e := range oncalltest.Entries(t, w) {
		if e.Operation == oncall.ImportBook {
			found = append(found, fmt.Sprint(e.Changes))
		}
	}
	return found
}

// A check of a file tells whose an address is, as a look-up does. Its entry says of how many.
func TestEntryOfADryRunHoldsTheNumberOfSharedAddresses(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	bob := oncalltest.AddPerson(t, w, "bob")
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Address: "+12065550100"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: bob, Type: oncall.Email, Address: "bob@example.org"})
	var guesses strings.Builder
	for n := range 1000 {
		fmt.Fprintf(&guesses, "p-%d,SMS,m,+1206555%04d\n", n, n)
	}
	const first = "alias,type,channel,address\n"
	for _, c := range []struct{ text, rows, existing, shared string }{
		{"", "0", "0", "0"},
		{"ana,SMS,m,+12065550101\nbob,SMS,m,+12065550100\n", "2", "1", "0"},
		{"ana,SMS,m,+12065550100\nana,VOICE,m,+1 206 555 0100\nben,EMAIL,m,Bob@example.org\n", "3", "0", "2"},
		{"ana,SMS,m,+12065550101\nben,SMS,m,+12065550101\n", "2", "0", "0"}, // only within the file
		{"NO,SMS,m,+12065550100\n", "1", "0", "0"},                          // refused, and so tells nothing
		{guesses.String(), "1000", "0", "1"},
	} {
		before := len(looks(t, w))
		imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, first+c.text)
		want := []string{fmt.Sprintf("[{state  looked at} {rows  %s} {rows_there_already  %s} {shared_addresses  %s}]", c.rows, c.existing, c.shared)}
		oncalltest.Same(t, c.text[:min(len(c.text), 80)], want, looks(t, w)[before:])
	}
}

// The entry is there however the check ends, before anybody sees its results.
func TestEveryEndOfADryRunIsOnRecord(t *testing.T) {
	stop := errors.New("stop")
	const text = "alias,type,channel,address\nana,SMS,m,+12065550100\n"
	for name, each := range map[string]func(halt func()) error{
		"a failure": func(func()) error { return stop },
		"a stop":    func(halt func()) error { halt(); return nil },
		"a panic":   func(func()) error { panic("in the middle") },
	} {
		w := oncalltest.New(t).WithManager(t)
		oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "bob"), Address: "+12065550100"})
		ctx, halt := context.WithCancel(t.Context())
		func() {
			defer func() { _ = recover() }()
			_, _ = w.Import(ctx, oncalltest.Manager, transfer.Import{File: importFile(t, text), DryRun: true}, func(transfer.RowResult) error { return each(halt) })
		}()
		halt()
		oncalltest.Same(t, name, []string{"[{state  looked at} {rows  1} {rows_there_already  0} {shared_addresses  1}]"}, looks(t, w))
	}
	w := oncalltest.New(t).WithManager(t)
	_, err := w.Import(t.Context(), oncalltest.Manager, transfer.Import{File: importFile(t, text+strings.Repeat("x", 1<<20)), DryRun: true}, func(transfer.RowResult) error { return nil })
	if oncall.KindOf(err) != oncall.Invalid || len(looks(t, w)) != 1 {
		t.Errorf("a file that cannot be read to its end: %v, %v", err, looks(t, w))
	}
}

// readOnlyStore refuses to write.
type readOnlyStore struct{ db.Transactor }

func (readOnlyStore) Update(context.Context, func(db.Queries) error) error {
	return oncall.UnavailableError(oncall.DiskFull, errors.New("full"))
}

func TestResultsWithoutAnEntryAreNotShown(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "bob"), Address: "+12065550100"})
	rooms := oncalltest.NewRooms(readOnlyStore{w.Store}, oncalltest.Options{Scope: oncalltest.Scope, Now: w.Clock.Now})
	j, _ := newJob(t, rooms.Importer)
	s := checkFile(t, j, "alias,type,channel,address\nana,SMS,m,+12065550100\ncy,,,\n")
	if s.Phase != transfer.EndedEarly || s.Count.Rows != 2 || len(s.Problems) > 0 || len(s.Others) > 0 || !strings.Contains(s.Failure, "disk of Callbook is full") {
		t.Errorf("got %+v", s)
	}
}

// Guessing the number of a known contact stops after as many numbers as it may have.
func TestRowsThatGuessTheNumberOfOneContactAreRefused(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "bob"), Address: "+12065550399"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "cy"), Address: "+12065550350"})
	var text strings.Builder
	text.WriteString("alias,type,channel,address\n")
	for n := 200; n < 400; n++ {
		fmt.Fprintf(&text, "bob,SMS,m,+1206555%04d\n", n)
	}
	text.WriteString("bob,SMS,m,+12065550200\n")
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, text.String())
	oncalltest.Same(t, "count", transfer.Count{Rows: 201, Adding: 99, Existing: 1, Refused: 101, Channels: 99}, count)
	for n, line := range got[100:200] {
		if !strings.Contains(line, " bob is refused; ") {
			t.Errorf("row %d tells %q", n+101, line)
		}
	}
	oncalltest.Same(t, "entry", "[{state  looked at} {rows  201} {rows_there_already  1} {shared_addresses  0}]", looks(t, w)[0])
	got, _ = imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, strings.ReplaceAll(text.String(), "bob", "dee"))
	if !strings.HasPrefix(got[199], "201 dee is refused; : A contact has at most 100 channels") {
		t.Errorf("got %q", got[199])
	}
}

func TestContactWithEveryChannelOfAFileIsCompared(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	var text strings.Builder
	text.WriteString("alias,type,channel,address\n")
	for n := range oncall.MaxChannels {
		fmt.Fprintf(&text, "ana,EMAIL,m,ana%d@example.org\n", n)
	}
	imported(t, w, oncalltest.Manager, transfer.Import{}, text.String())
	twice := text.String() + strings.TrimPrefix(text.String(), "alias,type,channel,address\n")
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, twice+"ana,EMAIL,m,more@example.org\n")
	oncalltest.Same(t, "count", transfer.Count{Rows: 201, Existing: 200, Refused: 1}, count)
}

func TestFileWithMoreRowsThanMayBeIsCutAndSaysSo(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const rows = 1000
	for _, line := range []string{"p-%d,,,\n", "NOT %d,,,\n", "\"%d\n", "ana,,,%.0d\n", "p-%d,EMAIL,m,p@example.org\n"} {
		var text strings.Builder
		text.WriteString("alias,type,channel,address\n")
		for n := range rows {
			fmt.Fprintf(&text, line, n)
		}
		text.WriteString(",,,\n\n")
		for limit, more := range map[int]string{rows: "", rows + 1: "b,,,\n", 500: "b,,,\n"} {
			var count transfer.Count
			in := transfer.Import{File: importFile(t, text.String()+more), DryRun: true, MaxRows: limit}
			count, err := w.Import(t.Context(), oncalltest.Manager, in, func(transfer.RowResult) error { return nil })
			if limit >= rows && (err != nil || count.Rows != rows+len(more)/5) {
				t.Errorf("%q: at most %d: %d rows, %v", line, limit, count.Rows, err)
			}
			if limit == 500 && (oncall.KindOf(err) != oncall.Invalid || count.Rows != 500 || err.Error() !=
				"This file has more than 500 rows, and this page takes at most 500. The rows after them were not looked at. Split the file, or use callbook import, which takes any number of rows.") {
				t.Errorf("%q: at most %d: %d rows, %v", line, limit, count.Rows, err)
			}
		}
	}
}

// The rows of an export count too.
func TestExportWithMoreRowsThanMayBeIsCut(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	text := strings.Repeat(`{"alias":"ana","type":"PERSONAL","channels":[{"type":"EMAIL","name":"m","address":"a@example.org"}]}`+"\n", 300)
	in := transfer.Import{File: importFile(t, "\n\n"+text), DryRun: true, MaxRows: 500}
	count, err := w.Import(t.Context(), oncalltest.Manager, in, func(transfer.RowResult) error { return nil })
	if oncall.KindOf(err) != oncall.Invalid || count.Rows != 500 || !strings.HasPrefix(err.Error(), "This file has more than 500 rows") {
		t.Errorf("%d rows, %v", count.Rows, err)
	}
}

func TestLineOfAnExportWithTooManyChannelsIsRefused(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	line := func(n int) string {
		channel := `{"type":"EMAIL","name":"m","address":"a@example.org"}`
		return `{"alias":"ana","type":"PERSONAL","channels":[` + strings.TrimSuffix(strings.Repeat(channel+",", n), ",") + "]}\n"
	}
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, "\n"+line(101)+line(100)+
		`{"alias":"bo","type":"PERSONAL","channels":null}`+"\n"+`{"alias":"cy","type":"PERSONAL","channels":7}`+"\n"+`{"alias":"dee","type":"PERSONAL","channels":[7]}`+"\n")
	oncalltest.Same(t, "count", transfer.Count{Rows: 105, Adding: 3, Existing: 99, Refused: 3, Contacts: 2, Channels: 1}, count)
	oncalltest.Same(t, "first", "2  is refused; : This line holds more than 100 channels, and a contact has at most 100.", got[0])
	oncalltest.Same(t, "last", []string{"4 bo adds the contact", "5  is refused; : This line is not a contact of an export.", "6  is refused; : This line is not a contact of an export."}, got[len(got)-3:])
}
