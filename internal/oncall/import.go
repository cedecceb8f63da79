package oncall

import (
	"cmp"
	"context"
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Import is the input of Import.
type Import struct {
	File   *ImportFile // nil: one without rows
	Rows   int         // how many it has, where that is known; for the audit trail
	DryRun bool        // say what would be, and change nothing
	Accept bool        // add rows with warnings too
	Defer  bool        // no codes, whatever the rows say
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
	Line    int
	Alias   string
	Type    ChannelType
	Outcome RowOutcome
	Contact bool         // the contact is added
	Channel bool         // the channel is added
	Fields  []FieldError // for Refuses the refusals, else warnings
}

// Says is what becomes of the row in words that follow its name.
func (v Verdict) Says() string {
	switch {
	case v.Outcome == Refuses:
		return "is refused"
	case v.Outcome == Doubtful:
		return "has a warning"
	case v.Outcome == Stands:
		return "is there already"
	case v.Contact && v.Channel:
		return "adds the contact and " + article(v.Type) + " channel"
	case v.Channel:
		return "adds " + article(v.Type) + " channel"
	}
	return "adds the contact"
}

// ImportCount counts what became of rows.
type ImportCount struct {
	Rows     int
	Adding   int // rows that add something
	Stands   int
	Doubtful int
	Refused  int
	Contacts int // that are added
	Channels int // that are added
}

// Add counts one more row.
func (n *ImportCount) Add(v Verdict) {
	n.Rows++
	switch v.Outcome {
	case Adds:
		n.Adding++
	case Stands:
		n.Stands++
	case Doubtful:
		n.Doubtful++
	case Refuses:
		n.Refused++
	}
	if v.Contact {
		n.Contacts++
	}
	if v.Channel {
		n.Channels++
	}
}

// How many rows one transaction of an import adds, so that others go on writing
// in between, and how many one snapshot of a dry run looks at.
const (
	importedAtOnce = 50
	triedAtOnce    = 500
)

// Import adds the rows of a file to the book, by the rules that forms obey, and
// hands what became of each to each. A contact that is there stays as it is, and
// so does a channel of the same type and address: the same file again adds and
// sends nothing, and goes on where an import was interrupted. What is added is on
// record like anything else that is, and so are the beginning and the end of the
// import. It fails with Invalid when the file cannot be read to its end, with
// Sealed, and when each does; what was added until then stays.
func (s *Service) Import(ctx context.Context, by Actor, in Import, each func(Verdict) error) (ImportCount, error) {
	var count ImportCount
	if err := s.permit(ctx, by, ImportBook, ""); err != nil {
		return count, err
	}
	if in.File == nil {
		return count, nil
	}
	run := s.importer(by, in)
	if in.DryRun { // it tells whose the addresses of a file are
		if err := run.note(ctx, AuditChange{FieldState, "", "looked at"}); err != nil {
			return count, err
		}
		return count, run.all(ctx, &count, each)
	}
	if err := run.note(ctx, AuditChange{FieldState, "", "begun"}, AuditChange{FieldRows, "", known(in.Rows)}); err != nil {
		return count, err
	}
	if err := run.all(ctx, &count, each); err != nil {
		return count, err
	}
	return count, run.note(ctx, AuditChange{FieldState, "begun", "finished"}, AuditChange{FieldRows, "", strconv.Itoa(count.Rows)},
		AuditChange{FieldContacts, "", strconv.Itoa(count.Contacts)}, AuditChange{FieldChannels, "", strconv.Itoa(count.Channels)})
}

// all goes through the rows to the end of the file.
func (m *importer) all(ctx context.Context, count *ImportCount, each func(Verdict) error) error {
	for more := true; more; {
		var some []Verdict
		var err error
		if some, more, err = m.some(ctx); err != nil {
			return err
		}
		for _, v := range some {
			count.Add(v)
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
	*Service
	by     Actor
	person Actor // whoever wrote the file, by hand: what it says is read as a form is
	in     Import
	seen   *rowsBefore       // what the rows before would add, in a dry run; else nil
	names  map[string]string // of contacts, by alias, as the first row that has one says
}

func (s *Service) importer(by Actor, in Import) *importer {
	m := &importer{Service: s, by: by, person: by, in: in, names: map[string]string{}}
	m.person.Door = Browser
	if in.DryRun {
		m.seen = &rowsBefore{contacts: map[string]*contactBefore{}, addresses: map[string]string{}}
	}
	return m
}

// note puts the beginning and the end on record.
func (m *importer) note(ctx context.Context, changes ...AuditChange) error {
	return m.update(ctx, func(q Queries) error { return m.record(q, m.by, ImportBook, "", changes...) })
}

// some goes through the next rows in one transaction.
func (m *importer) some(ctx context.Context) (verdicts []Verdict, more bool, err error) {
	rows, more, err := m.read()
	if err != nil || len(rows) == 0 {
		return nil, false, err
	}
	run := m.update
	if m.in.DryRun {
		run = m.view
	}
	err = run(ctx, func(q Queries) error {
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
	if err == nil && !m.in.DryRun {
		m.nudgeAll(nil)
	}
	return verdicts, more, err
}

// candidate is a row and what the rules say of it without a look at the book.
type candidate struct {
	ImportRow
	contact NewContact
	channel *NewChannel // nil: the row has none
	address AddressCheck
	refused []FieldError
}

// read reads the next rows. more reports whether others may follow.
func (m *importer) read() (rows []candidate, more bool, err error) {
	most := importedAtOnce
	if m.in.DryRun {
		most = triedAtOnce
	}
	for len(rows) < most {
		row, err := m.in.File.Next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, false, nil
		case KindOf(err) == Invalid:
			return nil, false, err
		case err != nil:
			return nil, false, Fault(err)
		}
		rows = append(rows, m.candidate(row))
	}
	return rows, true, nil
}

func (m *importer) candidate(row ImportRow) candidate {
	c := candidate{ImportRow: row}
	if row.Unread != nil {
		c.refused = []FieldError{*row.Unread}
		return c
	}
	c.contact = NewContact{Alias: row.Alias, DisplayName: row.Name, Type: Personal}
	c.refused = c.contact.check(m.person.Door)
	// The row that names a contact may be left out, and another one add it.
	first, named := m.names[row.Alias]
	switch {
	case row.Name == "":
		c.contact.DisplayName = first
	case !named && !hasField(c.refused, FieldDisplayName) && !hasField(c.refused, FieldAlias):
		m.names[row.Alias] = row.Name
	}
	if row.Type == "" && row.Channel == "" && row.Address == "" {
		return c
	}
	c.channel = &NewChannel{Contact: m.scope.Contact(row.Alias), Name: row.Channel, Type: row.Type, Address: row.Address,
		Country: row.Country, Defer: row.Defer || m.in.Defer}
	if row.Type == Email {
		c.channel.Country = ""
	}
	address, wrong := m.parse(m.person, *c.channel)
	c.address = address
	// Of an ARN that the alias makes wrong the alias tells.
	c.refused = append(c.refused, slices.DeleteFunc(wrong, func(e FieldError) bool { return e.Field == FieldContact })...)
	return c
}

// take judges a row and, unless this is a dry run, adds what it is to add. All is
// judged before anything is written: one row's refusal must not undo others.
func (m *importer) take(q Queries, r candidate) (Verdict, error) {
	v, warnings, err := m.judgeRow(q, r)
	if err != nil || v.Outcome != Adds {
		return v, err
	}
	if m.in.DryRun {
		m.seen.add(r)
		return v, nil
	}
	now := m.Now()
	if v.Contact {
		if err := m.addContact(q, m.by, r.contact, r.contact.request(m.by), now); err != nil {
			return v, err
		}
	}
	if !v.Channel {
		return v, nil
	}
	for _, w := range warnings {
		r.channel.Accept = append(r.channel.Accept, w.Accept)
	}
	id := m.newID()
	c := Channel{ARN: m.scope.Channel(r.Alias, id), ID: id, Alias: r.Alias, CreatedAt: now}
	return v, m.addChannel(q, m.by, *r.channel, r.address, c, r.channel.request(m.by, r.address))
}

// judgeRow says what is to become of a row.
func (m *importer) judgeRow(q Queries, r candidate) (v Verdict, warnings []FieldError, err error) {
	v = Verdict{Line: r.Line, Alias: r.Alias, Type: r.Type, Outcome: Refuses, Fields: r.refused}
	if !aliasForm.MatchString(r.Alias) && maybeAddress(r.Alias) {
		v.Alias = "" // the columns of the row may have shifted
	}
	if len(r.refused) > 0 {
		return v, nil, nil
	}
	host, err := q.ChannelHost(r.Alias)
	there := err == nil
	if err != nil && !errors.Is(err, ErrMissing) {
		return v, nil, err
	}
	before := m.seen.contact(r.Alias)
	v.Outcome, v.Contact, v.Channel = Adds, !there && before == nil, r.channel != nil
	if !v.Channel {
		if !v.Contact {
			v.Outcome = Stands
		}
		return v, nil, nil
	}
	if stands, err := m.channelStands(q, r, there); err != nil || stands {
		v.Outcome, v.Channel = Stands, false
		return v, nil, err
	}
	if full := hostRefuses(host, there, before, r.channel.Contact); full != nil {
		v.Outcome, v.Contact, v.Channel, v.Fields = Refuses, false, false, FieldErrors(full)
		return v, nil, nil
	}
	if warnings, err = m.doubts(q, r); err != nil {
		return v, nil, err
	}
	warnings = append(warnings, m.misnamed(r, host, there)...)
	v.Fields = withoutAddresses(warnings)
	if len(warnings) > 0 && !m.in.Accept {
		v.Outcome, v.Contact, v.Channel = Doubtful, false, false
	}
	return v, warnings, err
}

// channelStands reports whether the contact has the channel, or a row before has
// given it one.
func (m *importer) channelStands(q Queries, r candidate, there bool) (bool, error) {
	if before := m.seen.contact(r.Alias); before != nil && before.channels[channelKey{r.Type, r.address.Canonical}] {
		return true, nil
	}
	if !there {
		return false, nil
	}
	_, err := q.ChannelWith(r.Alias, r.Type, r.address.Canonical)
	if errors.Is(err, ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

// doubts are the warnings of a row, those about rows before included.
func (m *importer) doubts(q Queries, r candidate) ([]FieldError, error) {
	warnings, err := m.warnings(q, r.address, r.Alias)
	shared := slices.ContainsFunc(warnings, func(w FieldError) bool { return w.Reason == Shared })
	if other := m.seen.address(r.address.Canonical); err == nil && !shared && other != "" && other != r.Alias {
		warnings = append(slices.Clone(warnings), sharedWith(other, r.Type, r.address.Canonical))
	}
	return warnings, err
}

// maybeAddress reports whether a text that is no alias may hold an address, or is
// too long to be told.
func maybeAddress(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits > 4 || strings.ContainsAny(text, "@＠") || len(text) > 255
}

// misnamed warns that the alias of a row is somebody else's: the channel would be
// another person's.
func (m *importer) misnamed(r candidate, host Host, there bool) []FieldError {
	named := m.names[r.Alias]
	if there {
		named = host.Name
	}
	if r.Name == "" || named == "" || named == r.Alias || named == r.Name {
		return nil
	}
	return []FieldError{{Field: FieldDisplayName, Reason: Unfitting, Accept: "name:" + r.Alias,
		Message: "The contact " + r.Alias + " is called " + named + ": is it the same person?"}}
}

// withoutAddresses are warnings as anybody may see them who may import: what the
// book and the file hold of addresses is not in them.
func withoutAddresses(warnings []FieldError) []FieldError {
	shown := slices.Clone(warnings)
	for i, w := range shown {
		if w.Reason == Misspelt {
			_, domain, _ := strings.Cut(w.Suggestion, "@")
			shown[i].Message = "The part after the @ looks like a misspelt " + domain + "."
		}
		shown[i].Accept, shown[i].Suggestion = "", ""
	}
	return shown
}

// rowsBefore is what the rows before would have added. The nil *rowsBefore knows
// of none: the book itself does.
type rowsBefore struct {
	contacts  map[string]*contactBefore
	addresses map[string]string // the alias that has it
}

type contactBefore struct{ channels map[channelKey]bool }

type channelKey struct {
	of        ChannelType
	canonical string
}

func (b *rowsBefore) contact(alias string) *contactBefore {
	if b == nil {
		return nil
	}
	return b.contacts[alias]
}

func (b *rowsBefore) address(canonical string) string {
	if b == nil {
		return ""
	}
	return b.addresses[canonical]
}

func (b *rowsBefore) add(r candidate) {
	c := b.contacts[r.Alias]
	if c == nil {
		c = &contactBefore{}
		b.contacts[r.Alias] = c
	}
	if r.channel == nil {
		return
	}
	if c.channels == nil {
		c.channels = map[channelKey]bool{}
	}
	c.channels[channelKey{r.Type, r.address.Canonical}] = true
	b.addresses[r.address.Canonical] = cmp.Or(b.addresses[r.address.Canonical], r.Alias)
}

// hostRefuses says why a contact may not have one more channel, or nil.
func hostRefuses(host Host, there bool, before *contactBefore, contact ARN) error {
	if !there {
		host.Type = Personal
	}
	if before != nil {
		host.Channels += len(before.channels)
	}
	return host.room(contact)
}

// ImportTrace is what the audit trail knows of the last import. The zero
// ImportTrace: there was none.
type ImportTrace struct {
	Actor    string // who began it
	Door     Door
	At       time.Time
	Rows     int // of the file; 0: that is not known
	Finished bool
	Contacts int // that it has added
	Channels int
}

// tracedAtOnce and mostTraced bound how much of the trail is looked through for
// what an import has added.
const (
	tracedAtOnce = 1000
	mostTraced   = 250_000
)

// LastImport finds out how far the last import came that added anything, also
// after what ran it was stopped.
func (s *Service) LastImport(ctx context.Context, by Actor) (ImportTrace, error) {
	var trace ImportTrace
	if err := s.permit(ctx, by, ImportBook, ""); err != nil {
		return trace, err
	}
	err := s.view(ctx, func(q Queries) error {
		latest, err := q.Entries(AuditQuery{Operation: ImportBook, Limit: 50})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(latest, func(e Entry) bool {
			return e.Outcome == Done && !slices.Contains(e.Changes, AuditChange{FieldState, "", "looked at"})
		})
		if i < 0 {
			return nil
		}
		trace, err = traced(q, latest[i])
		return err
	})
	return trace, err
}

// traced makes a trace of the last entry of an import.
func traced(q Queries, e Entry) (ImportTrace, error) {
	number := func(f Field) int {
		for _, c := range e.Changes {
			if c.Field == f {
				n, _ := strconv.Atoi(c.After) // written here
				return n
			}
		}
		return 0
	}
	t := ImportTrace{Actor: e.Actor, Door: e.Door, At: e.At, Rows: number(FieldRows), Contacts: number(FieldContacts), Channels: number(FieldChannels)}
	t.Finished = slices.Contains(e.Changes, AuditChange{FieldState, "begun", "finished"})
	if t.Finished {
		return t, nil
	}
	from := e.Seq + 1
	for range mostTraced / tracedAtOnce {
		some, err := q.EntriesFrom(from, tracedAtOnce)
		if err != nil {
			return t, err
		}
		for _, then := range some {
			from = then.Seq + 1
			if then.Door != e.Door || then.Principal != e.Principal || then.Request != e.Request {
				continue
			}
			switch then.Operation {
			case CreateContact:
				t.Contacts++
			case CreateContactChannel:
				t.Channels++
			}
		}
		if len(some) < tracedAtOnce {
			break
		}
	}
	return t, nil
}
