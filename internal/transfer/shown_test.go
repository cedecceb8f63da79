package transfer_test

import (
	"fmt"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// looked is a look at a text: what it has shown.
func looked(t *testing.T, w *oncalltest.World, text string) *transfer.Shown {
	t.Helper()
	var shown transfer.Shown
	imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true, Shown: &shown}, text)
	return &shown
}

// Who accepts warnings accepts those of the look, and no others.
func TestWarningThatTheLookDidNotShowIsNotAccepted(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,type,channel,address\n" +
		"ana,SMS,mobile,+447700900123\n" + // in no range in use
		"bo,SMS,mobile,+12065550100\n" +
		"cy,SMS,mobile,+12065550101\n" +
		"dee,SMS,mobile,+12065550102\n"
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "eve"), Address: "+12065550101"})
	shown := looked(t, w, text)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "zoe"), Address: "+12065550100"}) // somebody adds it after the look
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "abe"), Address: "+12065550101"}) // so does somebody here: it names abe now
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: shown}, text)
	oncalltest.Same(t, "verdicts", []string{
		"2 ana adds the contact and an SMS channel; address: This number is in no range that is known to be in use: check it digit by digit.",
		"3 bo is left out: the look at the file did not show this warning; address: This number is also on the contact zoe.",
		"4 cy is left out: the look at the file did not show this warning; address: This number is also on the contact abe.",
		"5 dee adds the contact and an SMS channel",
	}, got)
	oncalltest.Same(t, "count", transfer.Count{Rows: 4, Adding: 2, Doubtful: 2, Unseen: 2, Contacts: 2, Channels: 2}, count)
	_, count = imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: looked(t, w, text)}, text)
	oncalltest.Same(t, "after another look", transfer.Count{Rows: 4, Adding: 2, Stands: 2, Contacts: 2, Channels: 2}, count)
}

func TestWithoutALookNoWarningIsAccepted(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,type,channel,address\nana,SMS,mobile,+447700900123\nbo,,,\n"
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: &transfer.Shown{}}, text)
	oncalltest.Same(t, "count", transfer.Count{Rows: 2, Adding: 1, Doubtful: 1, Unseen: 1, Contacts: 1}, count)
}

// All warnings of a look count, however many a page has room for.
func TestEveryWarningOfTheLookIsAccepted(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	var text strings.Builder
	text.WriteString("alias,type,channel,address\n")
	for n := range 1200 {
		fmt.Fprintf(&text, "ana-%d,EMAIL,mail,ana%d@gmial.com\n", n, n)
	}
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: looked(t, w, text.String())}, text.String())
	oncalltest.Same(t, "count", transfer.Count{Rows: 1200, Adding: 1200, Contacts: 1200, Channels: 1200}, count)
}

// The look names the first row of the file that has the address, the run whoever
// has it by then: rows of the file all the same.
func TestRowsThatShareAnAddressAreAcceptedTogether(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,type,channel,address\nzed,SMS,mobile,+12065550100\namy,SMS,mobile,+12065550100\nbo,SMS,mobile,+12065550100\n"
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true, Shown: looked(t, w, text)}, text)
	if count.Channels != 3 || !strings.Contains(got[2], "also on the contact amy.") {
		t.Errorf("got %q, %+v", got, count)
	}
}
