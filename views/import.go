package views

import (
	"cmp"
	"strconv"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// The paths of an import.
const (
	ImportPath        = ContactsPath + "/import"
	importRunPath     = ImportPath + "/run"
	importDiscardPath = ImportPath + "/discard"
)

// ImportView is the import job as somebody looks at it.
type ImportView struct {
	transfer.JobStatus
	Refusal string          // the reason why the file that was just sent was refused
	Refused string          // the name of that file; "": unknown
	Before  transfer.Status // the last import, if this process has had no file
	By      oncall.Actor
	Now     time.Time
}

// warnedOf says what a kind of warning is about.
var warnedOf = map[oncall.Reason]string{
	oncall.Unassigned: "a number in no range that is known to be in use",
	oncall.NoTexts:    "a number that takes no text messages",
	oncall.Shared:     "a number or address that another contact has too",
	oncall.Misspelt:   "an email address that looks misspelt",
	oncall.Unfitting:  "the alias of somebody with another name",
}

func warned(w transfer.WarningCount) string {
	return count(w.Rows, "row") + " with " + cmp.Or(warnedOf[w.Kind], "another warning")
}

func (v ImportView) share() int { return 100 * min(v.Done, v.Total) / max(v.Total, 1) }

// sentence says how far it is.
func (v ImportView) sentence() string {
	switch v.Phase {
	case transfer.Checking:
		return "Looking at “" + v.FileName + "”: nothing is changed. " + count(v.Count.Rows, "row") + " so far."
	case transfer.Importing:
		return "Importing “" + v.FileName + "”: " + strconv.Itoa(v.Done) + " of " + count(v.Total, "row") + ". Added so far: " + added(v.Count) +
			". You can leave this page and come back."
	}
	return ""
}

// heard is what a screen reader is told of it, and only a change of that.
func (v ImportView) heard() string {
	if !v.Busy() {
		return ""
	}
	return strconv.Itoa(v.share()/10*10) + " % done"
}

// shows is what of the import is shown: no other file beside one that was not taken.
func (v ImportView) shows() transfer.Phase {
	if v.Refusal != "" {
		return ""
	}
	return v.Phase
}

// failed says in short how an import ended.
func (v ImportView) failed() string {
	if v.Stopped {
		return "It was stopped"
	}
	return "It ended early"
}

// came says how far an import came that did not come to the end.
func (v ImportView) came() string {
	return strconv.Itoa(v.Count.Rows) + " of " + count(v.Total, "row") + " were done. " + added(v.Count) +
		" were added, and stay. Import the same file again, and it goes on where it stopped."
}

// says is what became of a row, or would become of it.
func (v ImportView) says(r transfer.Verdict) string {
	if v.Started {
		return r.Result()
	}
	return r.Prediction()
}

// answer is what the page is for.
func (v ImportView) answer() string {
	n := v.Count
	if v.Refusal != "" && v.Refused != "" {
		return "“" + v.Refused + "” was not taken. Nothing is changed."
	}
	switch v.shows() {
	case transfer.Checked:
		if n.Adding == 0 && n.Doubtful == 0 {
			return "Nothing in “" + v.FileName + "” would be added."
		}
		if n.Adding == 0 {
			return "“" + v.FileName + "” would add only rows with warnings. Nothing is changed yet."
		}
		return "“" + v.FileName + "” would add " + added(n) + ". Nothing is changed yet."
	case transfer.Imported:
		return "“" + v.FileName + "” is imported: " + added(n) + " added."
	case transfer.EndedEarly:
		return "“" + v.FileName + "” was not imported to its end."
	case transfer.Checking:
		return "Looking at “" + v.FileName + "”."
	case transfer.Importing:
		return "Importing “" + v.FileName + "”."
	}
	return "Add many contacts and channels at once, from a table. You see what would become of each row before anything is changed."
}

func added(n transfer.Count) string {
	return count(n.Contacts, "contact") + " and " + count(n.Channels, "channel")
}

// button names what would be done.
func (v ImportView) button() string {
	if v.Count.Adding == 0 {
		return "Import " + count(v.Count.Doubtful, "row") + " with warnings"
	}
	if v.Count.Doubtful > 0 {
		return "Import the file" // how many rows is for the box above to say
	}
	return "Import " + count(v.Count.Adding, "row")
}

// unfinished says how far an import came that this process knows nothing of.
func (v ImportView) unfinished() string {
	t := v.Before
	has := "it has added " + count(t.Contacts, "contact") + " and " + count(t.Channels, "channel")
	const again = "import the same file again, and it goes on where it stopped."
	switch {
	case t.State == transfer.Stopped:
		return "The last import, of " + t.Actor + ", was stopped " + ago(v.Now, t.At) + ": " + has + ". To finish it, " + again
	case t.State == transfer.Failed:
		return "The last import, of " + t.Actor + ", failed " + ago(v.Now, t.At) + ": " + has + ". To finish it, " + again
	case t.Rows > 0:
		has += ", from a file of " + count(t.Rows, "row")
	}
	says := "The last import, which " + t.Actor + " began " + ago(v.Now, t.At) + ", has not come to its end: " + has + ". "
	if t.Door == oncall.Command {
		return says + "It may still be running at the command line. If it is not, " + again
	}
	return says + "Callbook was stopped meanwhile: " + again
}

// unseen says why rows were left out although warnings were accepted.
func (v ImportView) unseen() string {
	return count(v.Count.Unseen, "row") + " with a kind of warning that the check of the file did not find: check the file again to see and accept it."
}

// summary are the sentences about a file that was not taken.
func (v ImportView) summary() []summaryItem {
	if v.Refusal == "" {
		return nil
	}
	return []summaryItem{{id: "file", text: v.Refusal}}
}

// importExample is a file that is good. The topic import-export has the same.
const importExample = `alias,name,type,channel,address,country,defer
ana,Ana Silva,SMS,Ana mobile,+1 206 555 0100,,
ana,,EMAIL,Ana mail,ana@example.org,,true
bo,Bo Berg,VOICE,Bo office,020 7946 0958,GB,
cy,Cy Young,,,,,
`

// importColumn is what a column of the file holds.
type importColumn struct{ name, holds string }

var importColumns = []importColumn{
	{"alias", "Of the contact, for example ana-silva. Rows of one alias are one contact. The only column that must be there."},
	{"name", "Of the contact, in its first row. A contact that is in the book already keeps its own."},
	{"type", "SMS, VOICE or EMAIL. Without it, channel and address the row adds the contact alone."},
	{"channel", "The name of the channel, for example Ana mobile."},
	{"address", "The phone number, with + and the country code, or the email address."},
	{"country", "Two letters, such as GB, in which a number without + is read."},
	{"defer", "true: no activation code leaves yet. Empty or false: one leaves at once."},
}

// unless says of rows with warnings what may still become of them.
func (v ImportView) unless() string {
	if v.Phase == transfer.Checked {
		return " unless you choose otherwise"
	}
	return ""
}
