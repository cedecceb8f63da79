package transfer

import (
	"cmp"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

// candidate is a row and what the rules say of it without a look at the book.
type candidate struct {
	Row
	contact oncall.NewContact
	channel *oncall.NewChannel // nil: the row has none
	address oncall.AddressCheck
	refused []oncall.FieldError
}

// read reads the next rows. more reports whether others may follow.
func (m *importer) read() (rows []candidate, more bool, err error) {
	most := importBatchSize
	if m.in.DryRun {
		most = dryRunBatchSize
	}
	for len(rows) < most {
		row, err := m.in.File.Next()
		switch {
		case errors.Is(err, io.EOF):
			return rows, false, nil
		case oncall.KindOf(err) == oncall.Invalid:
			return nil, false, err
		case err != nil:
			return nil, false, oncall.Fault(err)
		}
		rows = append(rows, m.candidate(row))
	}
	return rows, true, nil
}

func (m *importer) candidate(row Row) candidate {
	c := candidate{Row: row}
	if row.Unread != nil {
		c.refused = []oncall.FieldError{*row.Unread}
		return c
	}
	c.contact = oncall.NewContact{Alias: row.Alias, DisplayName: row.Name, Type: oncall.Personal}
	if row.Contact != nil {
		c.contact = *row.Contact
	}
	c.refused = c.contact.Check(m.person.Door)
	// The row that names a contact may be left out, and another one add it.
	first, named := m.names[row.Alias]
	switch {
	case row.Name == "":
		c.contact.DisplayName = first
	case !named && !oncall.HasField(c.refused, oncall.FieldDisplayName) && !oncall.HasField(c.refused, oncall.FieldAlias):
		m.names[row.Alias] = row.Name
	}
	if row.Type == "" && row.Channel == "" && row.Address == "" {
		return c
	}
	c.channel = &oncall.NewChannel{Contact: m.Scope().Contact(row.Alias), Name: row.Channel, Type: row.Type, Address: row.Address,
		Country: row.Country, Defer: row.Defer || m.in.Defer}
	if row.Type == oncall.Email {
		c.channel.Country = ""
	}
	address, wrong := c.channel.Parse(m.person.Door, m.AddressRules())
	c.address = address
	// Of an ARN that the alias makes wrong the alias tells.
	c.refused = append(c.refused, slices.DeleteFunc(wrong, func(e oncall.FieldError) bool { return e.Field == oncall.FieldContact })...)
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
		if err := m.directory.AddContact(q, m.by, r.contact, r.contact.Request(m.by), now); err != nil {
			return v, err
		}
	}
	if !v.Channel {
		return v, nil
	}
	for _, w := range warnings {
		r.channel.Accept = append(r.channel.Accept, w.Accept)
	}
	id, err := m.channelID(q, r)
	if err != nil {
		return v, err
	}
	c := &oncall.Channel{ARN: m.Scope().Channel(r.Alias, id), ID: id, Alias: r.Alias, CreatedAt: now}
	err = m.directory.AddChannel(q, m.by, *r.channel, r.address, c, r.channel.Request(m.by, r.address))
	v.Codeless = c.Code.MessageState == oncall.MessageRefused
	return v, err
}

// channelID returns the id of the channel of a row: the one of an export, so that plans still
// name it, unless the contact has a channel of that id.
func (m *importer) channelID(q Queries, r candidate) (string, error) {
	if r.ID == "" {
		return m.NewID(), nil
	}
	_, err := q.Channel(r.Alias, r.ID)
	switch {
	case errors.Is(err, oncall.ErrMissing):
		return r.ID, nil
	case err != nil:
		return "", err
	}
	return m.NewID(), nil
}

// judgeRow says what is to become of a row.
func (m *importer) judgeRow(q Queries, r candidate) (v Verdict, warnings []oncall.FieldError, err error) {
	v = Verdict{Line: r.Line, Alias: r.Alias, Type: r.Type, Outcome: Refuses, Fields: r.refused}
	if !oncall.IsAlias(r.Alias) && maybeAddress(r.Alias) {
		v.Alias = "" // the columns of the row may have shifted
	}
	if len(r.refused) > 0 {
		return v, nil, nil
	}
	host, err := q.ChannelParent(r.Alias)
	there := err == nil
	if err != nil && !errors.Is(err, oncall.ErrMissing) {
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
	if full := parentRefusal(host, there, before, r.channel.Contact); full != nil {
		v.Outcome, v.Contact, v.Channel, v.Fields = Refuses, false, false, oncall.FieldErrors(full)
		return v, nil, nil
	}
	if warnings, err = m.doubts(q, r); err != nil {
		return v, nil, err
	}
	warnings = append(warnings, m.misnamed(r, host, there)...)
	v.Fields = withoutAddresses(warnings)
	v.Unseen = !m.in.DryRun && m.hasNewKind(warnings)
	if len(warnings) > 0 && !m.in.Accept || v.Unseen {
		v.Outcome, v.Contact, v.Channel = Doubtful, false, false
	}
	return v, warnings, nil
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
	if errors.Is(err, oncall.ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

// doubts are the warnings of a row, those about rows before included.
func (m *importer) doubts(q Queries, r candidate) ([]oncall.FieldError, error) {
	warnings, err := m.directory.Warnings(q, r.address, r.Alias)
	shared := slices.ContainsFunc(warnings, func(w oncall.FieldError) bool { return w.Reason == oncall.Shared })
	if other := m.seen.address(r.address.Canonical); err == nil && !shared && other != "" && other != r.Alias {
		warnings = append(slices.Clone(warnings), oncall.SharedWith(other, r.Type, r.address.Canonical))
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
func (m *importer) misnamed(r candidate, host contacts.ChannelParent, there bool) []oncall.FieldError {
	named := m.names[r.Alias]
	if there {
		named = host.Name
	}
	if r.Name == "" || named == "" || named == r.Alias || named == r.Name {
		return nil
	}
	return []oncall.FieldError{{Field: oncall.FieldDisplayName, Reason: oncall.Unfitting, Accept: "name:" + r.Alias,
		Message: "The contact " + r.Alias + " is called " + named + ": is it the same person?"}}
}

// hasNewKind reports whether a warning is of a kind that the dry run has not shown.
func (m *importer) hasNewKind(warnings []oncall.FieldError) bool {
	return slices.ContainsFunc(warnings, func(w oncall.FieldError) bool { return !slices.Contains(m.in.Shown, w.Reason) })
}

// withoutAddresses are warnings as anybody may see them who may import: what the
// book and the file hold of addresses is not in them.
func withoutAddresses(warnings []oncall.FieldError) []oncall.FieldError {
	shown := slices.Clone(warnings)
	for i, w := range shown {
		if w.Reason == oncall.Misspelt {
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
	of        oncall.ChannelType
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

// parentRefusal says why a contact may not have one more channel, or nil.
func parentRefusal(host contacts.ChannelParent, there bool, before *contactBefore, contact oncall.ARN) error {
	if !there {
		host.Type = oncall.Personal
	}
	if before != nil {
		host.Channels += len(before.channels)
	}
	return host.CheckCapacity(contact)
}
