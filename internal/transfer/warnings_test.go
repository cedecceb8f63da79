package transfer_test

import (
	"fmt"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// An import that accepts warnings accepts the kinds that the dry run has found, and no
// others.
func TestKindOfWarningThatTheDryRunDidNotFindIsNotAccepted(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,type,channel,address\n" +
		"ana,SMS,mobile,+447700900123\n" + // in no range in use
		"bo,SMS,mobile,+12065550100\n" +
		"dee,SMS,mobile,+12065550102\n"
	shown := shownKinds(t, w, oncalltest.Manager, text)
	oncalltest.Same(t, "kinds", []oncall.Reason{oncall.Unassigned}, shown)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "zoe"), Address: "+12065550100"}) // after the dry run
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: shown}, text)
	oncalltest.Same(t, "results", []string{
		"2 ana adds the contact and an SMS channel; address: This number is not in an assigned range: check it digit by digit. The number plan of Callbook (version 9.0.32) may be older than the number.",
		"3 bo is left out: the check of the file found no warning of this kind; address: This number is also on the contact zoe.",
		"4 dee adds the contact and an SMS channel",
	}, got)
	oncalltest.Same(t, "count", transfer.Count{Rows: 3, Adding: 2, Warned: 1, NewWarnings: 1, Contacts: 2, Channels: 2}, count)
	_, count = imported(t, w, oncalltest.Manager, transfer.Import{Accept: true}, text)
	oncalltest.Same(t, "after another dry run", transfer.Count{Rows: 3, Adding: 1, Existing: 2, Contacts: 1, Channels: 1}, count)
}

// A kind is accepted for the whole file: a row that gets such a warning after the dry
// run is added too. A row with a further kind is not.
func TestAcceptedKindCountsForEveryRow(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,name,type,channel,address\n" +
		"bo,,SMS,mobile,+12065550100\n" +
		"cy,,SMS,mobile,+12065550101\n" +
		"flo,Flo,SMS,mobile,+12065550101\n"
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "eve"), Address: "+12065550101"})
	shown := shownKinds(t, w, oncalltest.Manager, text)
	oncalltest.Same(t, "kinds", []oncall.Reason{oncall.Shared}, shown)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "zoe"), Address: "+12065550100"})
	if _, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "flo", DisplayName: "Florence", Type: oncall.Personal}); err != nil {
		t.Fatal(err)
	}
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: shown}, text)
	if count.Channels != 2 || count.NewWarnings != 1 || !strings.HasPrefix(got[0], "2 bo adds the contact and an SMS channel; address: This number is also on the contact zoe.") ||
		!strings.HasPrefix(got[2], "4 flo is left out: the check of the file found no warning of this kind;") {
		t.Errorf("got %q, %+v", got, count)
	}
}

func TestWarningsAreCountedByKind(t *testing.T) {
	var w transfer.Warnings
	shared, misspelt := oncall.FieldError{Reason: oncall.Shared}, oncall.FieldError{Reason: oncall.Misspelt}
	for _, v := range []transfer.RowResult{
		{Outcome: transfer.Warned, Fields: []oncall.FieldError{shared, shared}},
		{Outcome: transfer.Warned, Fields: []oncall.FieldError{misspelt, shared}},
		{Outcome: transfer.Adds, Fields: []oncall.FieldError{misspelt}},
		{Outcome: transfer.Refused, Fields: []oncall.FieldError{{Reason: oncall.Required}}},
	} {
		w.Add(v)
	}
	oncalltest.Same(t, "counts", transfer.Warnings{{Kind: oncall.Shared, Rows: 2}, {Kind: oncall.Misspelt, Rows: 2}}, w)
	oncalltest.Same(t, "kinds", []oncall.Reason{oncall.Shared, oncall.Misspelt}, w.Kinds())
}

func TestWithoutADryRunNoWarningIsAccepted(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,type,channel,address\nana,SMS,mobile,+447700900123\nbo,,,\n"
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: []oncall.Reason{}}, text)
	oncalltest.Same(t, "count", transfer.Count{Rows: 2, Adding: 1, Warned: 1, NewWarnings: 1, Contacts: 1}, count)
}

// The rows beyond those that a page shows are accepted too.
func TestEveryRowWithAShownKindIsAccepted(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	var text strings.Builder
	text.WriteString("alias,type,channel,address\n")
	for n := range 1200 {
		fmt.Fprintf(&text, "ana-%d,EMAIL,mail,ana%d@gmial.com\n", n, n)
	}
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true}, text.String())
	oncalltest.Same(t, "count", transfer.Count{Rows: 1200, Adding: 1200, Contacts: 1200, Channels: 1200}, count)
}

// A dry run names the first row of the file that has the address. An import names the
// contact that has it by then.
func TestRowsThatShareAnAddressAreAcceptedTogether(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,type,channel,address\nzed,SMS,mobile,+12065550100\namy,SMS,mobile,+12065550100\nbo,SMS,mobile,+12065550100\n"
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true}, text)
	if count.Channels != 3 || !strings.Contains(got[2], "also on the contact amy.") {
		t.Errorf("got %q, %+v", got, count)
	}
}
