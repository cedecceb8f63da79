package transfer

import (
	"context"
	"strconv"
	"strings"

	"callbook/internal/oncall"
)

// Import is the input of Import.
type Import struct {
	File   *File // nil: one without rows
	Rows   int   // how many it has, where that is known; for the audit trail
	DryRun bool  // say what would be, and change nothing
	Defer  bool  // no codes, whatever the rows say

	// Accept adds rows with warnings too, if all their warnings are of kinds in Shown:
	// the kinds that a dry run has found. A dry run accepts every kind.
	Accept bool
	Shown  []oncall.Reason
}

// RowOutcome says what becomes of a row of a file.
type RowOutcome string

// The outcomes.
const (
	Adds     RowOutcome = "adds"     // the contact, the channel or both
	Stands   RowOutcome = "stands"   // all of it is there already: nothing happens
	Doubtful RowOutcome = "doubtful" // not added because of warnings, unless they are accepted
	Refuses  RowOutcome = "refuses"  // a rule refuses it
)

// Verdict is what becomes of a row.
type Verdict struct {
	Line     int
	Alias    string
	Type     oncall.ChannelType
	Outcome  RowOutcome
	Contact  bool                // the contact is added
	Channel  bool                // the channel is added
	Codeless bool                // the channel was added, and its code refused: a limit is reached, or its number wants no messages
	Fields   []oncall.FieldError // for Refuses the refusals, else warnings
	Unseen   bool                // for Doubtful: a warning is of a kind that is not in Import.Shown
}

// Prediction is what becomes of the row in words that follow its name.
func (v Verdict) Prediction() string {
	switch {
	case v.Outcome == Refuses:
		return "is refused"
	case v.Unseen:
		return "is left out: the check of the file found no warning of this kind"
	case v.Outcome == Doubtful:
		return "has a warning"
	case v.Outcome == Stands:
		return "is there already, or in a row before"
	case v.Contact && v.Channel:
		return "adds the contact and " + oncall.WithArticle(v.Type) + " channel"
	case v.Channel:
		return "adds " + oncall.WithArticle(v.Type) + " channel"
	}
	return "adds the contact"
}

// Result is what became of the row, in words that follow its name.
func (v Verdict) Result() string {
	switch {
	case v.Outcome == Doubtful && !v.Unseen:
		return "was left out because of a warning"
	case v.Outcome == Refuses:
		return "was refused"
	case v.Outcome != Adds:
		return v.Prediction()
	}
	said := "added" + strings.TrimPrefix(v.Prediction(), "adds")
	if v.Codeless {
		said += ", and sent no code"
	}
	return said
}

// Count counts what became of rows.
type Count struct {
	Rows     int
	Adding   int // rows that add something
	Stands   int
	Doubtful int
	Unseen   int // of the doubtful ones
	Refused  int
	Contacts int // that are added
	Channels int // that are added
	Codeless int // of these, whose code was refused
}

// Add counts one more row.
func (n *Count) Add(v Verdict) {
	n.Rows++
	switch v.Outcome {
	case Adds:
		n.Adding++
	case Stands:
		n.Stands++
	case Doubtful:
		n.Doubtful++
		if v.Unseen {
			n.Unseen++
		}
	case Refuses:
		n.Refused++
	}
	if v.Contact {
		n.Contacts++
	}
	if v.Channel {
		n.Channels++
	}
	if v.Codeless {
		n.Codeless++
	}
}

// How many rows one transaction of an import adds, so that others go on writing
// in between, and how many one snapshot of a dry run looks at.
const (
	importBatchSize = 50
	dryRunBatchSize = 500
)

// Import adds the rows of a file to the book, by the rules that forms obey, and
// hands what became of each to each, once it is on the disk. A contact that is there
// stays as it is, and so does a channel of the same type and address: the same file
// again adds and sends nothing, and goes on where an import was interrupted. What is
// added is on record like anything else that is, and so are the beginning and the
// end of the import. It fails with Invalid when the file cannot be read to its end,
// with Denied as soon as the actor may not import any more, with Sealed, and when
// each does; what was added until then stays, and the count is of that.
func (i *Importer) Import(ctx context.Context, by oncall.Actor, in Import, each func(Verdict) error) (count Count, err error) {
	if err := i.PermitOn(ctx, by, oncall.ImportBook, ""); err != nil {
		return count, err
	}
	if in.File == nil {
		return count, nil
	}
	run := i.importer(by, in)
	if in.DryRun { // it tells whose the addresses of a file are
		if err := run.note(ctx, oncall.Change(oncall.FieldState, "", string(Tried))); err != nil {
			return count, err
		}
		return count, run.all(ctx, &count, each)
	}
	if err := run.note(ctx, oncall.Change(oncall.FieldState, "", string(Begun)), oncall.Change(oncall.FieldRows, "", known(in.Rows))); err != nil {
		return count, err
	}
	end := Failed
	defer func() { // after a panic too
		if noted := run.ended(ctx, end, count); err == nil { // else what ended it may have kept the entry from being made
			err = noted
		}
	}()
	if err = run.all(ctx, &count, each); err == nil {
		end = Finished
	} else if ctx.Err() != nil || oncall.KindOf(err) == oncall.Denied {
		end = Stopped
	}
	return count, err
}

// all goes through the rows to the end of the file. The rows of a transaction count
// together, as they were committed.
func (m *importer) all(ctx context.Context, count *Count, each func(Verdict) error) error {
	for more := true; more; {
		var some []Verdict
		var err error
		if some, more, err = m.some(ctx); err != nil {
			return err
		}
		for _, v := range some {
			count.Add(v)
		}
		for _, v := range some {
			if err := each(v); err != nil {
				return err
			}
		}
	}
	return nil
}

// known is a number in the trail; "" for one that is not known.
func known(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// importer is one import under way.
type importer struct {
	*Importer
	by     oncall.Actor
	person oncall.Actor // whoever wrote the file, by hand: what it says is read as a form is
	in     Import
	seen   *rowsBefore       // what the rows before would add, in a dry run; else nil
	names  map[string]string // of contacts, by alias, as the first row that has one says
}

func (i *Importer) importer(by oncall.Actor, in Import) *importer {
	m := &importer{Importer: i, by: by, person: by, in: in, names: map[string]string{}}
	m.person.Door = oncall.Browser
	if in.DryRun {
		m.seen = &rowsBefore{contacts: map[string]*contactBefore{}, addresses: map[string]string{}}
	}
	return m
}

// note puts the beginning and the end on record.
func (m *importer) note(ctx context.Context, changes ...oncall.AuditChange) error {
	return m.store.Update(ctx, func(q Queries) error { return m.Record(q, m.by, oncall.ImportBook, "", changes...) })
}

// ended puts on record how it has ended and what is committed, also when ctx has
// ended before.
func (m *importer) ended(ctx context.Context, how State, n Count) error {
	return m.note(context.WithoutCancel(ctx), oncall.Change(oncall.FieldState, string(Begun), string(how)),
		oncall.Change(oncall.FieldRows, "", strconv.Itoa(n.Rows)), oncall.Change(oncall.FieldContacts, "", strconv.Itoa(n.Contacts)), oncall.Change(oncall.FieldChannels, "", strconv.Itoa(n.Channels)))
}

// allowed fails with Denied when whoever began it may not import any more.
func (m *importer) allowed(q Queries) error {
	by, err := m.ActorAsStored(q, m.by)
	if err == nil && !by.May(oncall.ImportBook) {
		err = &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: "The import was stopped: " + m.by.Name + " may not " + oncall.ImportBook.Does() + " any more."}
	}
	return err
}

// some goes through the next rows in one transaction.
func (m *importer) some(ctx context.Context) (verdicts []Verdict, more bool, err error) {
	rows, more, err := m.read()
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	run := m.store.Update
	if m.in.DryRun {
		run = m.store.View
	}
	err = run(ctx, func(q Queries) error {
		if err := m.allowed(q); err != nil {
			return err
		}
		verdicts = make([]Verdict, 0, len(rows))
		for _, r := range rows {
			v, err := m.take(q, r)
			if err != nil {
				return err
			}
			verdicts = append(verdicts, v)
		}
		return nil
	})
	switch {
	case oncall.KindOf(err) == oncall.Denied:
		m.RecordRefusal(context.WithoutCancel(ctx), m.by, oncall.ImportBook, "")
	case err == nil && !m.in.DryRun:
		m.outbox.NudgeAll(nil)
	}
	return verdicts, more, err
}
