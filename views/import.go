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

// ImportView is the page of the import job.
type ImportView struct {
	transfer.JobStatus
	Refusal string              // the reason why the file that was just sent was refused
	Refused string              // the name of that file; "": unknown
	Before  transfer.PastImport // the last import, if this process has had no file
	By      oncall.Actor
	Now     time.Time
}

// warningNames names the kinds of warnings.
var warningNames = map[oncall.Reason]string{
	oncall.Unassigned:   "a number that is not in an assigned range",
	oncall.NoTexts:      "a number that takes no text messages",
	oncall.Shared:       "a number or address that another contact has too",
	oncall.Misspelt:     "an email address that looks misspelt",
	oncall.MixedScripts: "an email address that mixes scripts, as look-alike addresses do",
	oncall.Unfitting:    "the alias of somebody with another name",
}

func warningCount(w transfer.WarningCount) string {
	return count(w.Rows, "row") + " with " + cmp.Or(warningNames[w.Kind], "another warning")
}

// percent is how much is done.
func (v ImportView) percent() int { return 100 * min(v.Done, v.Total) / max(v.Total, 1) }

// sentence describes the progress.
func (v ImportView) sentence() string {
	switch v.Phase {
	case transfer.Checking:
		return "Checking “" + v.FileName + "”: nothing is changed. " + count(v.Count.Rows, "row") + " so far."
	case transfer.Importing:
		return "Importing “" + v.FileName + "”: " + strconv.Itoa(v.Done) + " of " + count(v.Total, "row") + ". Added so far: " + added(v.Count) +
			". You can leave this page and come back."
	}
	return ""
}

// announced is the progress for screen readers. It changes rarely, because they read every
// change.
func (v ImportView) announced() string {
	if !v.Busy() {
		return ""
	}
	return strconv.Itoa(v.percent()/10*10) + " % done"
}

// shownPhase is the phase of the job, or "" beside a refused file.
func (v ImportView) shownPhase() transfer.Phase {
	if v.Refusal != "" {
		return ""
	}
	return v.Phase
}

// endTitle is the title of an import that ended early.
func (v ImportView) endTitle() string {
	if v.Stopped {
		return "It was stopped"
	}
	return "It ended early"
}

// doneUntilEnd describes what an import has added that ended early.
func (v ImportView) doneUntilEnd() string {
	return strconv.Itoa(v.Count.Rows) + " of " + count(v.Total, "row") + " were done. " + added(v.Count) +
		" were added, and stay. Import the same file again, and it continues where it stopped."
}

// rowText describes what an import did with a row, or would do.
func (v ImportView) rowText(r transfer.RowResult) string {
	if v.Started {
		return r.Result()
	}
	return r.Prediction()
}

// answer is the sentence below the title.
func (v ImportView) answer() string {
	n := v.Count
	if v.Refusal != "" && v.Refused != "" {
		return "“" + v.Refused + "” was refused. Nothing is changed."
	}
	switch v.shownPhase() {
	case transfer.Checked:
		if n.Adding == 0 && n.Warned == 0 {
			return "Nothing in “" + v.FileName + "” would be added."
		}
		if n.Adding == 0 {
			return "“" + v.FileName + "” would add only rows with warnings. Nothing is changed yet."
		}
		return "“" + v.FileName + "” would add " + added(n) + ". Nothing is changed yet."
	case transfer.Imported:
		return "“" + v.FileName + "” is imported: " + added(n) + " added."
	case transfer.EndedEarly:
		return "The import of “" + v.FileName + "” did not finish."
	case transfer.Checking:
		return "Checking “" + v.FileName + "”."
	case transfer.Importing:
		return "Importing “" + v.FileName + "”."
	}
	return "Add many contacts and channels at once, from a table. You see what would happen to each row before anything is changed."
}

func added(n transfer.Count) string {
	return count(n.Contacts, "contact") + " and " + count(n.Channels, "channel")
}

// button is the text of the button that begins the import.
func (v ImportView) button() string {
	if v.Count.Adding == 0 {
		return "Import " + count(v.Count.Warned, "row") + " with warnings"
	}
	if v.Count.Warned > 0 {
		return "Import the file" // the box above has the number of rows
	}
	return "Import " + count(v.Count.Adding, "row")
}

// unfinished describes an import of another process that did not finish.
func (v ImportView) unfinished() string {
	t := v.Before
	has := "it has added " + count(t.Contacts, "contact") + " and " + count(t.Channels, "channel")
	const again = "import the same file again, and it continues where it stopped."
	switch {
	case t.State == transfer.Stopped:
		return "The last import, of " + t.Actor + ", was stopped " + ago(v.Now, t.At) + ": " + has + ". To finish it, " + again
	case t.State == transfer.Failed:
		return "The last import, of " + t.Actor + ", failed " + ago(v.Now, t.At) + ": " + has + ". To finish it, " + again
	case t.Rows > 0:
		has += ", from a file of " + count(t.Rows, "row")
	}
	text := "The last import, which " + t.Actor + " began " + ago(v.Now, t.At) + ", did not finish: " + has + ". "
	if t.Door == oncall.Command {
		return text + "It may still be running at the command line. If it is not, " + again
	}
	return text + "Callbook was stopped meanwhile: " + again
}

// newWarnings describes the rows that are left out because of a kind of warning that the
// check did not find.
func (v ImportView) newWarnings() string {
	return count(v.Count.NewWarnings, "row") + " with a kind of warning that the check of the file did not find: check the file again to see and accept it."
}

// summary describes why a file was refused.
func (v ImportView) summary() []summaryItem {
	if v.Refusal == "" {
		return nil
	}
	return []summaryItem{{id: "file", text: v.Refusal}}
}

// importExample is a correct file. The topic import-export has the same.
const importExample = `alias,name,type,channel,address,country,defer
ana,Ana Silva,SMS,Ana mobile,+1 206 555 0100,,
ana,,EMAIL,Ana mail,ana@example.org,,true
bo,Bo Berg,VOICE,Bo office,020 7946 0958,GB,
cy,Cy Young,,,,,
`

// importColumn describes a column of the file.
type importColumn struct{ name, text string }

var importColumns = []importColumn{
	{"alias", "Of the contact, for example ana-silva. Rows of one alias are one contact. The only required column."},
	{"name", "Of the contact, in its first row. An existing contact keeps its own."},
	{"type", "SMS, VOICE or EMAIL. Without it, channel and address the row adds the contact alone."},
	{"channel", "The name of the channel, for example Ana mobile."},
	{"address", "The phone number, with + and the country code, or the email address."},
	{"country", "Two letters, such as GB, in which a number without + is read."},
	{"defer", "true: no activation code is sent until someone requests one. Empty or false: one is sent now."},
}

// unless ends the sentence about rows with warnings while they can still be accepted.
func (v ImportView) unless() string {
	if v.Phase == transfer.Checked {
		return " unless you choose otherwise"
	}
	return ""
}
