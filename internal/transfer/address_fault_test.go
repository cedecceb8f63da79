package transfer_test

import (
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/transfer"
)

// An import leaves out, with the reason, what the form refuses or asks about.
func TestImportDoesNotGuessWhatANumberMeans(t *testing.T) {
	for _, c := range []struct{ address, country, want string }{
		{"3012345678.0", "DE", "made a decimal"},
		{"\"3012345678,00\"", "DE", "made a decimal"},
		{"4.91701E+11", "DE", "lost digits"},
		{"\"+43 1 5123\n4512\"", "", "one phone number on one line"},
		{"\"+43 1 5123\u20284512\"", "", "one phone number on one line"},
		{"030 12345/46", "DE", "may be an extension or the end of another number"},
		{"+43 1 5123 (4512)", "", "may be an extension or the end of another number"},
		{"12345/46", "AT", "may be an extension or the end of another number"},
		{"+43 1 5123 (4512", "", "may be an extension or the end of another number"},
		{"3012345678. 0", "DE", "made a decimal"},
		{"5215512345678", "MX", "leave out the 1 after +52"},
		{"4915123456789", "DE", "begins with the country code of Germany but has no +"},
		{"62812345678", "ID", "begins with the country code of Indonesia but has no +"},
		{"+1 206 555 0100 or 206 555 0101", "", "one phone number only"},
		{"+52 1 55 1234 5678", "", "leave out the 1 after +52"},
		{"+375 8105261733", "", "dialled only within Belarus"},
	} {
		w := oncalltest.New(t).WithManager(t)
		text := "alias,type,channel,address,country\nana,VOICE,home," + c.address + "," + c.country + "\n"
		for _, in := range []transfer.Import{{DryRun: true}, {Accept: true}} {
			got, count := imported(t, w, oncalltest.Manager, in, text)
			if len(got) != 1 || !strings.Contains(got[0], " is refused") || !strings.Contains(got[0], c.want) || count.Channels != 0 {
				t.Errorf("%q: got %q, want the row left out because %q", c.address, got, c.want)
			}
		}
	}
}

func TestImportTakesWhatIsOneNumber(t *testing.T) {
	for address, country := range map[string]string{"+1.500.555.0199": "", "+1/500/555/0199": "", "+44 (0)7911 123456": "", "(030) 12345678": "DE",
		"030/12345678": "DE", "3911234567": "IT", "0491 5123456": "DE", "01.23.45.67.89": "FR", "0171.1234567": "DE"} {
		w := oncalltest.New(t).WithManager(t)
		got, count := imported(t, w, oncalltest.Manager, transfer.Import{}, "alias,type,channel,address,country\nana,VOICE,home,"+address+","+country+"\n")
		if count.Channels != 1 {
			t.Errorf("%q: got %q, want it added", address, got)
		}
	}
}

func TestImportLeavesOutANameThatNobodySees(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{}, "alias,name\nana,\u3164\nbo,\u115f\u1160\n")
	if count.Contacts != 0 || len(got) != 2 || !strings.Contains(got[0], "at least one letter or digit") {
		t.Errorf("got %q", got)
	}
}
