package transfer_test

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

func importFile(t testing.TB, text string) *transfer.File {
	t.Helper()
	f, err := transfer.NewFile(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// shownKinds returns the kinds of warnings that a dry run of a text finds.
func shownKinds(t testing.TB, w *oncalltest.World, by oncall.Actor, text string) []oncall.Reason {
	t.Helper()
	var warnings transfer.Warnings
	_, err := w.Import(t.Context(), by, transfer.Import{File: importFile(t, text), DryRun: true}, func(v transfer.RowResult) error {
		warnings.Add(v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return append([]oncall.Reason{}, warnings.Kinds()...)
}

// imported imports a text and returns what became of its rows, a line each.
func imported(t testing.TB, w *oncalltest.World, by oncall.Actor, in transfer.Import, text string) ([]string, transfer.Count) {
	t.Helper()
	if in.Shown == nil && !in.DryRun { // somebody has looked at it
		in.Shown = shownKinds(t, w, by, text)
	}
	in.File = importFile(t, text)
	var got []string
	count, err := w.Import(t.Context(), by, in, func(v transfer.RowResult) error {
		line := fmt.Sprintf("%d %s %s", v.Line, v.Alias, v.Prediction())
		for _, f := range v.Fields {
			line += fmt.Sprintf("; %s: %s", transfer.ColumnOf(f.Field), f.Message)
		}
		got = append(got, line)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got, count
}

const mixed = `alias,name,type,channel,address,country,defer
ana,Ana Silva,SMS,Ana mobile,+46 70-174 06 05,,
ana,,email,Ana mail,Ana@example.org,,
ana,Somebody else,SMS,again,0046701740605,,
bo,Bo,,,,,
,,,,,,
bo,Bo,VOICE,Bo home,020 7946 0958,GB,true
cy,Cy,SMS,Cy mobile,+447700900123,,
dee,Dee,SMS,Dee mobile,+46701740605,,
Eve,Eve,SMS,,12,,maybe
eve,---,FAX,,12,,
flo,Flo,EMAIL,mail,flo@example,,no
`

var mixedResults = []string{
	"2 ana adds the contact and an SMS channel",
	"3 ana adds an email channel",
	"4 ana is there already, or in a row before",
	"5 bo adds the contact",
	"7 bo adds a voice channel",
	"8 cy has a warning; address: This number is not in an assigned range: check it digit by digit. The number plan of Callbook (version 9.0.32) may be older than the number.",
	"9 dee has a warning; address: This number is also on the contact ana.",
	"10 Eve is refused; defer: Write true or false, or leave it empty.",
	"11 eve is refused; name: Use at least one letter or digit in the name, or leave it empty.; " +
		"channel: Enter a name for the channel, for example Ana mobile.; " +
		"type: Choose how this channel reaches the person: SMS, VOICE or EMAIL.",
	"12 flo is refused; address: Write the whole domain after the @, for example ana@example.org.",
}

func TestEachRowHasItsResult(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	got, count := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, mixed)
	oncalltest.Same(t, "dry run", mixedResults, got)
	want := transfer.Count{Rows: 10, Adding: 4, Existing: 1, Warned: 2, Refused: 3, Contacts: 2, Channels: 3}
	oncalltest.Same(t, "count of the dry run", want, count)
	oncalltest.Same(t, "entries of the dry run", 1, len(oncalltest.Entries(t, w))) // that the file was looked at
	page, err := w.ContactsByAlias(t.Context(), oncalltest.Manager, oncall.AliasQuery{})
	if err != nil || len(page.Contacts) > 0 {
		t.Errorf("a dry run added %v, %v", page.Contacts, err)
	}
	got, count = imported(t, w, oncalltest.Manager, transfer.Import{}, mixed)
	oncalltest.Same(t, "import", mixedResults, got)
	oncalltest.Same(t, "count", want, count)
	oncalltest.Same(t, "name", "Ana Silva", oncalltest.LoadContact(t, w, w.Scope().Contact("ana")).DisplayName)
}

// An import makes what the forms make, down to the audit trail.
func TestImportMakesWhatFormsMake(t *testing.T) {
	var made [2][]string
	for i, w := range []*oncalltest.World{oncalltest.New(t).WithManager(t), oncalltest.New(t).WithManager(t)} {
		if i == 0 {
			imported(t, w, oncalltest.Manager, transfer.Import{Rows: 2, Accept: true}, "alias;Name;type;channel;address;country;defer\n"+
				"ana;Ana;SMS;mobile;070-174 06 05;SE;\nana;;EMAIL;mail;ana@gmial.com;;yes\n")
		} else {
			ana, err := w.CreateContact(t.Context(), oncalltest.Manager, oncall.NewContact{Alias: "ana", DisplayName: "Ana", Type: oncall.Personal})
			if err != nil {
				t.Fatal(err)
			}
			for _, in := range []oncall.NewChannel{
				{Contact: ana, Name: "mobile", Type: oncall.SMS, Address: "070-174 06 05", Country: "SE"},
				{Contact: ana, Name: "mail", Type: oncall.Email, Address: "ana@gmial.com", Defer: true, Accept: []string{"misspelt:ana@gmial.com"}},
			} {
				if _, err := w.CreateChannel(t.Context(), oncalltest.Manager, in); err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, e := range oncalltest.Entries(t, w) {
			if e.Operation != oncall.ImportBook {
				made[i] = append(made[i], fmt.Sprint(e.Door, e.Actor, e.Operation, e.Contact, e.Changes))
			}
		}
		for _, m := range w.WaitingMessages(t) {
			made[i] = append(made[i], fmt.Sprint(m.Kind, m.Type, m.Alias, m.Content.To, m.Content.Name, m.Content.Asked, m.Content.Channel))
		}
		for _, arn := range oncalltest.ChannelsOf(t, w, w.Scope().Contact("ana")) {
			d, a := oncalltest.LoadChannel(t, w, arn), oncalltest.AddressOf(t, w, arn)
			made[i] = append(made[i], fmt.Sprint(d.Name, d.Type, d.Mask, a, d.State(), d.Contact.Reachability))
		}
	}
	oncalltest.Same(t, "what was made", made[1], made[0])
}

func TestImportOfTheSameFileAgainAddsNothing(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	in := transfer.Import{Accept: true}
	imported(t, w, oncalltest.Manager, in, mixed)
	before, sent := oncalltest.Entries(t, w), len(w.WaitingMessages(t))
	if sent != 4 {
		t.Errorf("%d codes, want 4", sent)
	}
	w.Clock.Pass(time.Hour)
	_, count := imported(t, w, oncalltest.Admin, in, mixed)
	oncalltest.Same(t, "count", transfer.Count{Rows: 10, Existing: 7, Refused: 3}, count)
	oncalltest.Same(t, "codes", sent, len(w.WaitingMessages(t)))
	for _, e := range oncalltest.Entries(t, w)[len(before):] {
		if e.Operation != oncall.ImportBook {
			t.Errorf("the second import did %s", e.Operation)
		}
	}
}

func TestDeferredImportSendsNothing(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	imported(t, w, oncalltest.Manager, transfer.Import{Defer: true}, mixed)
	oncalltest.Same(t, "codes", 0, len(w.WaitingMessages(t)))
	for _, arn := range oncalltest.ChannelsOf(t, w, w.Scope().Contact("ana")) {
		oncalltest.Same(t, "state", oncall.Deferred, oncalltest.LoadChannel(t, w, arn).State())
	}
}

func TestImportCountsTheChannelsWithoutACode(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.Limits.PerHour = 2 }).WithManager(t)
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true}, mixed)
	oncalltest.Same(t, "without a code", transfer.Count{Rows: count.Rows, Adding: count.Adding, Existing: count.Existing, Refused: count.Refused,
		Contacts: count.Contacts, Channels: count.Channels, CodesRefused: 2}, count)
	oncalltest.Same(t, "codes", 2, len(w.WaitingMessages(t)))
}

func TestImportKeepsTheRulesOfContacts(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	oncalltest.AddContact(t, w, oncall.NewContact{Alias: "team", Type: oncall.Escalation})
	var text strings.Builder
	text.WriteString("alias,type,channel,address\n")
	for n := range oncall.MaxChannels + 1 {
		fmt.Fprintf(&text, "ana,EMAIL,mail,ana%d@example.org\n", n)
	}
	text.WriteString("team,EMAIL,mail,team@example.org\nteam,,,\n")
	for _, dry := range []bool{true, false, true} {
		got, _ := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: dry}, text.String())
		oncalltest.Same(t, "last rows", []string{
			"102 ana is refused; : A contact has at most 100 channels: first delete one that is no longer used.",
			"103 team is refused; : Add the channel to a PERSONAL contact: " + string(w.Scope().Contact("team")) + " is of another type.",
			"104 team is there already, or in a row before",
		}, got[len(got)-3:])
	}
}

func TestFilesThatAreNoTableAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "This file is empty: its first line names the columns, for example alias,name,type,channel,address,country,defer.",
		"name,type\n":                    "The first line has to name the columns, and one of them is “alias”: use alias, name, type, channel, address, country and defer.",
		"alias,adress\n":                 "The first line names a column that there is not, “adress”: use alias, name, type, channel, address, country and defer.",
		"alias,Alias\n":                  "The first line names the column “alias” twice: take one of them out.",
		"PK\x03\x04\x00\x00alias\n":      "This file is not text in UTF-8: in a spreadsheet, save the table as “CSV UTF-8”, then choose that file.",
		"\xff\xfea\x00l\x00\n":           "This file is not text in UTF-8 but in UTF-16: in a spreadsheet, save the table as “CSV UTF-8”, then choose that file.",
		strings.Repeat("x", 1<<20):       "The first line cannot be read: it has more than 64 KB.",
		"alias,\"na\"me\nana,x\nb,c,d\n": "The first line cannot be read. Text follows the closing quote of a value: put the whole value in quotes, and write a quote within it twice.",
	} {
		_, err := transfer.NewFile(strings.NewReader(text))
		oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Pattern, want)
	}
}

func TestOddTablesAreRead(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	for text, want := range map[string][]string{
		"\ufeffAlias;NAME\r\nana;\"Silva; Ana\"\r\n":               {"2 ana is refused; name: Write the name without “;”: use letters, digits, spaces, dots, hyphens and underscores."},
		"alias\tname\nana\tAna\n":                                  {"2 ana adds the contact"},
		"alias\nana":                                               {"2 ana adds the contact"},
		"name,alias,,\nAna,ana,,\n":                                {"2 ana adds the contact"},
		"alias,name\nana,Ana,more\nbo,Bo\n":                        {"2 ana is refused; : This row has 3 values, and the first line names 2 columns: put a value that holds a separator in quotes.", "3 bo adds the contact"},
		"alias,name\nana\n":                                        {"2 ana adds the contact"},
		"alias,name\n\n\nana,\xff\n":                               {"4  is refused; : This row is not text in UTF-8 but probably in Windows-1252, in which Excel saves what it calls “CSV”, and other rows may have lost letters: in a spreadsheet, save the table as “CSV UTF-8”, then choose that file."},
		"alias,type,channel,address\nana,sms,a b,'+46 701740605\n": {"2 ana adds the contact and an SMS channel"},
		"alias,name\nana,\"Ana\nbo,Bo\n":                           {"2  is refused; : A value begins with a quote and none closes it: add the closing quote, or delete the opening one.", "3 bo adds the contact"},
		"alias,type,channel,address\nana,SMS,m,+46701740605\nana,VOICE,m,+46701740605\n": {"2 ana adds the contact and an SMS channel", "3 ana adds a voice channel"},
	} {
		got, _ := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, text)
		oncalltest.Same(t, text, want, got)
	}
}

func TestQuoteThatIsNotClosedTakesNoMemory(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	endless := io.MultiReader(strings.NewReader("alias,name\nana,Ana\nbo,\""), endlessText{})
	f, err := transfer.NewFile(endless)
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Import(t.Context(), oncalltest.Manager, transfer.Import{File: f, DryRun: true}, func(transfer.RowResult) error { return nil })
	if oncall.KindOf(err) != oncall.Invalid || !strings.HasPrefix(err.Error(), "The row after the one in line 2 has more than 64 KB.") {
		t.Errorf("got %v", err)
	}
}

type endlessText struct{}

func (endlessText) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'x'
	}
	return len(p), nil
}

// table is a table of n contacts, most with two channels.
func table(n int) string {
	var b strings.Builder
	b.WriteString("alias,name,type,channel,address,country,defer\n")
	for i := range n / 2 {
		fmt.Fprintf(&b, "person-%d,Person %d,SMS,Mobile %d,+4670%07d,,\n", i, i, i, 1740000+i)
		fmt.Fprintf(&b, "person-%d,,EMAIL,Mail %d,person%d@example.org,,\n", i, i, i)
	}
	return b.String()
}

// Others write between the transactions of an import.
func TestTenThousandRowsKeepNobodyWaiting(t *testing.T) {
	oncalltest.Slow(t)
	w := oncalltest.New(t).WithManager(t)
	const rows = 10_000
	text := table(rows)
	start := time.Now()
	_, count := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: true}, text)
	t.Logf("dry run: %v", time.Since(start))
	want := transfer.Count{Rows: rows, Adding: rows, Contacts: rows / 2, Channels: rows}
	oncalltest.Same(t, "dry run", want, count)
	ctx, done := context.WithCancel(t.Context())
	slowest, writes := time.Duration(0), 0
	wrote := make(chan struct{})
	go func() {
		defer close(wrote)
		for ctx.Err() == nil {
			began := time.Now()
			if _, err := w.CreateContact(ctx, oncalltest.Program, oncall.NewContact{Alias: fmt.Sprintf("other-%d", writes), Type: oncall.Personal}); err == nil {
				slowest, writes = max(slowest, time.Since(began)), writes+1
			}
		}
	}()
	start = time.Now()
	_, count = imported(t, w, oncalltest.Manager, transfer.Import{Rows: rows}, text)
	t.Logf("import: %v", time.Since(start))
	done()
	<-wrote
	t.Logf("%d writes of others meanwhile, the slowest took %v", writes, slowest)
	oncalltest.Same(t, "import", want, count)
	if writes < 20 {
		t.Errorf("others wrote %d times only", writes)
	}
	start = time.Now()
	_, count = imported(t, w, oncalltest.Manager, transfer.Import{}, text)
	t.Logf("again: %v", time.Since(start))
	oncalltest.Same(t, "again", transfer.Count{Rows: rows, Existing: rows}, count)
}

// The row that names somebody may be left out: another one that adds the contact
// takes the name from it.
func TestNameOfARowThatIsLeftOutIsKept(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	const text = "alias,name,type,channel,address\nana,Ana Silva,SMS,mobile,12\nana,,EMAIL,mail,ana@example.org\n"
	got, _ := imported(t, w, oncalltest.Manager, transfer.Import{}, text)
	if len(got) != 2 || !strings.HasPrefix(got[1], "3 ana adds the contact and an email channel") {
		t.Errorf("got %q", got)
	}
	c, err := w.Contact(t.Context(), oncalltest.Program, w.Scope().Contact("ana"))
	if err != nil || c.DisplayName != "Ana Silva" {
		t.Errorf("got %+v, %v", c, err)
	}
}

// A channel goes to the contact with the alias. If the file means another person, it warns
// first.
func TestRowOfSomebodyElseHasAWarning(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	if _, err := w.CreateContact(t.Context(), oncalltest.Program, oncall.NewContact{Alias: "ana", DisplayName: "Ana Souza", Type: oncall.Personal}); err != nil {
		t.Fatal(err)
	}
	const text = "alias,name,type,channel,address\nana,Ana Silva,EMAIL,mail,ana@example.org\nana,Ana Souza,EMAIL,mail,souza@example.org\n"
	for _, dry := range []bool{true, false} {
		got, count := imported(t, w, oncalltest.Manager, transfer.Import{DryRun: dry}, text)
		if count.Warned != 1 || count.Channels != 1 || !strings.Contains(got[0], "The contact ana is called Ana Souza: is it the same person?") {
			t.Errorf("dry %t: got %q, %+v", dry, got, count)
		}
	}
	if _, count := imported(t, w, oncalltest.Manager, transfer.Import{Accept: true}, text); count.Channels != 1 {
		t.Errorf("accepted: %+v", count)
	}
}

// Users who may import may not see every address.
func TestResultsHoldNoAddress(t *testing.T) {
	w := oncalltest.New(t).WithManager(t)
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "bob"), Address: "+12065550100"})
	const text = "alias,name,type,channel,address\nana,Ana,EMAIL,mail,ana.silva@gmial.com\nana,Ana,SMS,mobile,+12065550100\n+12065550101,Cy,SMS,mobile,+12065550102\n"
	_, err := w.Import(t.Context(), oncalltest.Manager, transfer.Import{File: importFile(t, text), DryRun: true}, func(v transfer.RowResult) error {
		if said := fmt.Sprintf("%+v", v); strings.Contains(said, "2065550") || strings.Contains(said, "ana.silva") || len(v.Fields) == 0 {
			t.Errorf("%s", said)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err := w.Audit(t.Context(), oncalltest.Admin, oncall.AuditQuery{Operation: oncall.ImportBook})
	if err != nil || len(page.Entries) != 1 || page.Entries[0].Changes[0].After != "looked at" {
		t.Errorf("the trail of a look: %+v, %v", page.Entries, err)
	}
}
