package transfer

import (
	"context"
	"strconv"

	"callbook/internal/oncall"
)

// Import is the input of Import.
type Import struct {
	File    *File // nil: one without rows
	Rows    int   // the number of its rows for the audit trail; 0: unknown
	DryRun  bool  // change nothing
	MaxRows int   // more rows are refused; 0: any number is taken
	Defer   bool  // send no codes, whatever the rows say

	// Accept adds rows with warnings too, if all their warnings are of kinds in Shown:
	// the kinds that a dry run has found. A dry run accepts every kind.
	Accept bool
	Shown  []oncall.Reason
}

// How many rows one transaction of an import adds, so that others can write in between,
// and how many rows one snapshot of a dry run checks.
const (
	importBatchSize = 50
	dryRunBatchSize = 500
)

// Import adds the contacts and channels of a file, by the rules of the forms, and calls
// each with the result of every row after its commit. An existing contact stays as it
// is, and so does a channel of the same type and address: the same file again adds and
// sends nothing, and continues an interrupted import. The audit trail records every
// addition, the start and the end. Of a dry run it records the end, with the number of
// addresses of the file that other contacts have, because a dry run tells whose they are.
// Import fails with Invalid when the file cannot be read to its end or has more than
// MaxRows rows, with Denied as soon as the actor may not import any more, with Sealed, and
// when each fails. Earlier additions then stay, and count has them.
func (i *Importer) Import(ctx context.Context, by oncall.Actor, in Import, each func(RowResult) error) (count Count, err error) {
	if err := i.PermitOn(ctx, by, oncall.ImportBook, ""); err != nil {
		return count, err
	}
	if in.File == nil {
		return count, nil
	}
	p := i.newPass(by, in)
	if !in.DryRun {
		if err := p.recordState(ctx, oncall.Change(oncall.FieldState, "", string(Begun)), oncall.Change(oncall.FieldRows, "", knownNumber(in.Rows))); err != nil {
			return count, err
		}
	}
	end := Failed
	defer func() { // after a panic too
		if recorded := p.recordEnd(ctx, end, count); err == nil { // otherwise err may be why it is not recorded
			err = recorded
		}
	}()
	if err = p.run(ctx, &count, each); err == nil {
		end = Finished
	} else if ctx.Err() != nil || oncall.KindOf(err) == oncall.Denied {
		end = Stopped
	}
	return count, err
}

// run goes through the file to its end. The rows of a transaction are counted together,
// because they are committed together.
func (p *pass) run(ctx context.Context, count *Count, each func(RowResult) error) error {
	for more := true; more; {
		var results []RowResult
		var err error
		if results, more, err = p.nextBatch(ctx); err != nil {
			return err
		}
		for _, r := range results {
			count.Add(r)
		}
		for _, r := range results {
			if err := each(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// knownNumber is a number in the trail, "" for an unknown one.
func knownNumber(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// pass is one way through a file: a dry run or an import.
type pass struct {
	*Importer
	by      oncall.Actor
	author  oncall.Actor // the person who wrote the file by hand: it is read like a form
	in      Import
	earlier *earlierRows      // nil in an import, which finds earlier rows in the database
	names   map[string]string // names of contacts by alias, each from its first row with a name
	read    int               // rows
}

func (i *Importer) newPass(by oncall.Actor, in Import) *pass {
	p := &pass{Importer: i, by: by, author: by, in: in, names: map[string]string{}}
	p.author.Door = oncall.Browser
	if in.DryRun {
		p.earlier = &earlierRows{contacts: map[string]*earlierContact{}, addresses: map[string]string{}, shared: map[string]bool{}}
	}
	return p
}

func (p *pass) recordState(ctx context.Context, changes ...oncall.AuditChange) error {
	return p.store.Update(ctx, func(q Queries) error { return p.Record(q, p.by, oncall.ImportBook, "", changes...) })
}

// recordEnd records the end and what is committed or, of a dry run, what it has told, also
// after the end of ctx.
func (p *pass) recordEnd(ctx context.Context, end State, n Count) error {
	number := func(f oncall.Field, n int) oncall.AuditChange { return oncall.Change(f, "", strconv.Itoa(n)) }
	ctx = context.WithoutCancel(ctx)
	if p.in.DryRun {
		return p.recordState(ctx, oncall.Change(oncall.FieldState, "", string(lookedAt)), number(oncall.FieldRows, n.Rows),
			number(oncall.FieldExisting, n.Existing), number(oncall.FieldShared, len(p.earlier.shared)))
	}
	return p.recordState(ctx, oncall.Change(oncall.FieldState, string(Begun), string(end)),
		number(oncall.FieldRows, n.Rows), number(oncall.FieldContacts, n.Contacts), number(oncall.FieldChannels, n.Channels))
}

// requireAllowed fails with Denied when the actor may not import any more.
func (p *pass) requireAllowed(q Queries) error {
	by, err := p.ActorAsStored(q, p.by)
	if err == nil && !by.May(oncall.ImportBook) {
		err = &oncall.Error{Kind: oncall.Denied, Reason: oncall.Forbidden, Message: "The import was stopped: " + p.by.Name + " may not " + oncall.ImportBook.Does() + " any more."}
	}
	return err
}

// nextBatch goes through the next rows in one transaction.
func (p *pass) nextBatch(ctx context.Context) (results []RowResult, more bool, err error) {
	rows, more, err := p.readBatch()
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	run := p.store.Update
	if p.in.DryRun {
		run = p.store.View
	}
	err = run(ctx, func(q Queries) error {
		if err := p.requireAllowed(q); err != nil {
			return err
		}
		results = make([]RowResult, 0, len(rows))
		for _, c := range rows {
			r, err := p.importRow(q, c)
			if err != nil {
				return err
			}
			results = append(results, r)
		}
		return nil
	})
	switch {
	case oncall.KindOf(err) == oncall.Denied:
		p.RecordRefusal(context.WithoutCancel(ctx), p.by, oncall.ImportBook, "")
	case err == nil && !p.in.DryRun:
		p.outbox.NudgeAll(nil)
	}
	return results, more, err
}
