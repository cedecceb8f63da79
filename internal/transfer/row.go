package transfer

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/terminal"
)

// candidate is a row and its mistakes that show without the database.
type candidate struct {
	Row
	contact oncall.NewContact
	channel *oncall.NewChannel // nil: the row has none
	address oncall.AddressCheck
	refused []oncall.FieldError
}

// readBatch reads the next rows. more reports whether others may follow.
func (p *pass) readBatch() (rows []candidate, more bool, err error) {
	size := importBatchSize
	if p.in.DryRun {
		size = dryRunBatchSize
	}
	var read []Row
	for len(read) < size {
		row, err := p.in.File.Next()
		if err == nil {
			p.read++
		}
		switch {
		case errors.Is(err, io.EOF):
			return p.candidates(read), false, nil
		case p.in.MaxRows > 0 && p.read > p.in.MaxRows:
			return nil, false, tooManyRows(p.in.MaxRows)
		case oncall.KindOf(err) == oncall.Invalid:
			return nil, false, err
		case err != nil:
			return nil, false, oncall.Fault(err)
		}
		read = append(read, row)
	}
	return p.candidates(read), true, nil
}

// minPart is how many rows are worth a goroutine.
const minPart = 100

// candidates judges rows by the rules that need no database. It uses every processor,
// because phone numbers take most of the time of a dry run.
func (p *pass) candidates(rows []Row) []candidate {
	list := make([]candidate, len(rows))
	part := max(minPart, (len(rows)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0))
	var work sync.WaitGroup
	var panicked atomic.Value // in another goroutine nothing would recover
	judge := func(from int) {
		var last judgedContact
		for i := from; i < min(from+part, len(rows)); i++ {
			list[i] = p.candidate(rows[i], &last)
		}
	}
	for from := part; from < len(rows); from += part {
		work.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					panicked.Store(fmt.Sprintf("%v\n%s", cause, debug.Stack()))
				}
			}()
			judge(from)
		})
	}
	judge(0)
	work.Wait()
	if cause := panicked.Load(); cause != nil {
		panic(cause)
	}
	for i := range list {
		p.fillName(&list[i])
	}
	return list
}

// fillName keeps the first name of a contact, and gives it to the rows without one: the row
// with the name may be left out, and another one add the contact.
func (p *pass) fillName(c *candidate) {
	if c.Unread != nil {
		return
	}
	first, named := p.names[c.Alias]
	switch {
	case c.Name == "":
		c.contact.DisplayName = first
	case !named && !oncall.HasField(c.refused, oncall.FieldDisplayName) && !oncall.HasField(c.refused, oncall.FieldAlias):
		p.names[c.Alias] = c.Name
	}
}

// judgedContact is the contact of a row of an export, and the rules that it breaks. Each
// channel of the contact is another row with it.
type judgedContact struct {
	contact *oncall.NewContact
	refused []oncall.FieldError
}

// candidate judges a row by itself. It is safe for concurrent use.
func (p *pass) candidate(row Row, last *judgedContact) candidate {
	c := candidate{Row: row}
	if row.Unread != nil {
		c.refused = []oncall.FieldError{*row.Unread}
		return c
	}
	c.contact = oncall.NewContact{Alias: row.Alias, DisplayName: row.Name, Type: oncall.Personal}
	if row.Contact != nil {
		c.contact = *row.Contact
	}
	if row.Contact == nil || row.Contact != last.contact {
		*last = judgedContact{row.Contact, c.contact.Check(p.author.Door)}
	}
	c.refused = slices.Clone(last.refused)
	if row.Type != "" || row.Channel != "" || row.Address != "" {
		p.parseChannel(&c)
	}
	if row.Note != "" && len(c.refused) > 0 {
		c.refused = append(c.refused, oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Pattern, Message: row.Note})
	}
	return c
}

// parseChannel reads the channel of a row.
func (p *pass) parseChannel(c *candidate) {
	row := c.Row
	c.channel = &oncall.NewChannel{Contact: p.Scope().Contact(row.Alias), Name: row.Channel, Type: row.Type, Address: row.Address,
		Country: strings.ToUpper(row.Country), Defer: row.Defer || p.in.Defer}
	if row.Type == oncall.Email {
		c.channel.Country = ""
	}
	rules := p.AddressRules()
	rules.Brief = true
	address, wrong := c.channel.Parse(p.author.Door, rules)
	for _, w := range address.Warnings {
		if w.IsQuestion() { // an import must not choose one of two numbers
			c.refused = append(c.refused, oncall.FieldError{Field: w.Field, Reason: w.Reason, Message: w.Message})
		}
	}
	c.address = address
	// A wrong alias makes the ARN wrong, and is in c.refused already.
	wrong = slices.DeleteFunc(wrong, func(e oncall.FieldError) bool { return e.Field == oncall.FieldContact })
	for i, e := range wrong {
		if e.Field == oncall.FieldCountry {
			wrong[i].Message = countryMessage(row.Country)
		}
	}
	c.refused = append(c.refused, wrong...)
}

// countryMessage refuses a country that is not written as a code.
func countryMessage(country string) string {
	if code := oncall.CountryMeant(country); code != "" {
		return "“" + shortened(country) + "” is not the code of a country: write " + code + "."
	}
	return "“" + shortened(country) + "” is not the code of a country: write two letters, such as DE, GB or US (ISO 3166)."
}

// importRow checks a row and, unless this is a dry run, adds its contact and channel. It
// writes after all checks, because an error would undo the rows before.
func (p *pass) importRow(q Queries, c candidate) (RowResult, error) {
	r, warnings, err := p.checkRow(q, c)
	if err == nil && p.in.DryRun {
		p.earlier.note(c, r)
	}
	if err != nil || r.Outcome != Adds || p.in.DryRun {
		return r, err
	}
	now := p.Now()
	if r.Contact {
		if err := p.directory.AddContact(q, p.by, c.contact, c.contact.Request(p.by), now); err != nil {
			return r, err
		}
	}
	if !r.Channel {
		return r, nil
	}
	for _, w := range warnings {
		c.channel.Accept = append(c.channel.Accept, w.Accept)
	}
	id, err := p.channelID(q, c)
	if err != nil {
		return r, err
	}
	added := &oncall.Channel{ARN: p.Scope().Channel(c.Alias, id), ID: id, Alias: c.Alias, CreatedAt: now}
	err = p.directory.AddChannel(q, p.by, *c.channel, c.address, added, c.channel.Request(p.by, c.address))
	r.CodeRefused = added.Code.MessageState == oncall.MessageRefused
	return r, err
}

// channelID returns the id for the channel of a row: the one of an export, because plans
// name it, unless the contact has a channel with that id.
func (p *pass) channelID(q Queries, c candidate) (string, error) {
	if c.ID == "" {
		return p.NewID(), nil
	}
	_, err := q.Channel(c.Alias, c.ID)
	switch {
	case errors.Is(err, oncall.ErrMissing):
		return c.ID, nil
	case err != nil:
		return "", err
	}
	return p.NewID(), nil
}

// checkRow decides what to do with a row. fields are its warnings with what accepts them,
// or its refusals.
func (p *pass) checkRow(q Queries, c candidate) (r RowResult, fields []oncall.FieldError, err error) {
	r = RowResult{Line: c.Line, Alias: c.Alias, Type: c.Type, Outcome: Refused, Fields: withoutAddresses(c.refused)}
	switch {
	case oncall.IsAlias(c.Alias):
	case maybeAddress(c.Alias):
		r.Alias = "" // the columns of the row may have shifted
	default:
		r.Alias = terminal.Escape(c.Alias)
	}
	if len(c.refused) > 0 {
		return r, nil, nil
	}
	parent, err := q.ChannelParent(c.Alias)
	stored := err == nil
	if err != nil && !errors.Is(err, oncall.ErrMissing) {
		return r, nil, err
	}
	addsContact := !stored && !p.earlier.contact(c.Alias).added
	if c.channel == nil {
		r.Outcome, r.Contact = Exists, addsContact
		if addsContact {
			r.Outcome = Adds
		}
		return r, nil, nil
	}
	r.Outcome, fields, err = p.checkChannel(q, c, parent, stored)
	r.Fields = withoutAddresses(fields)
	r.NewWarning = r.Outcome == Warned && p.hasNewKind(fields)
	r.Channel = r.Outcome == Adds
	r.Contact = addsContact && r.Channel
	return r, fields, err
}

// checkChannel decides what to do with the channel of a row, for checkRow. stored reports
// whether the database has its contact.
func (p *pass) checkChannel(q Queries, c candidate, parent contacts.ChannelParent, stored bool) (Outcome, []oncall.FieldError, error) {
	earlier := p.earlier.contact(c.Alias)
	full := checkCapacity(parent, stored, earlier, c)
	if len(earlier.channels) == oncall.MaxChannels && earlier.channel(c) == nil {
		// Further look-ups would only serve to guess the number of the contact.
		return Refused, oncall.FieldErrors(cmp.Or(full, tooManyOfOne(c.Alias))), nil
	}
	if exists, err := p.channelExists(q, c, stored); err != nil || exists {
		return Exists, nil, err
	}
	if full != nil {
		return Refused, oncall.FieldErrors(full), nil
	}
	warnings, err := p.warnings(q, c)
	if err != nil {
		return Refused, nil, err
	}
	warnings = append(warnings, p.nameWarnings(c, parent, stored)...)
	if len(warnings) > 0 && !p.in.Accept || p.hasNewKind(warnings) {
		return Warned, warnings, nil
	}
	return Adds, warnings, nil
}

// channelExists reports whether the contact has the channel, or gets it from an earlier
// row.
func (p *pass) channelExists(q Queries, c candidate, stored bool) (bool, error) {
	if earlier := p.earlier.contact(c.Alias).channel(c); earlier != nil && earlier.added {
		return true, nil
	}
	if !stored {
		return false, nil
	}
	_, err := q.ChannelWith(c.Alias, c.Type, c.address.Canonical)
	if errors.Is(err, oncall.ErrMissing) {
		return false, nil
	}
	return err == nil, err
}

// warnings returns the warnings about an address, including that an earlier row has it.
func (p *pass) warnings(q Queries, c candidate) ([]oncall.FieldError, error) {
	warnings, err := p.directory.Warnings(q, c.address, c.Alias)
	shared := slices.ContainsFunc(warnings, func(w oncall.FieldError) bool { return w.Reason == oncall.Shared })
	if shared && p.in.DryRun {
		p.earlier.shared[c.address.Canonical] = true
	}
	if other := p.earlier.address(c.address.Canonical); err == nil && !shared && other != "" && other != c.Alias {
		warnings = append(slices.Clone(warnings), oncall.SharedWith(other, c.Type, c.address.Canonical))
	}
	return warnings, err
}

// maybeAddress reports whether a text that is no alias may hold an address, or is too
// long to be shown.
func maybeAddress(text string) bool {
	digits := 0
	for _, r := range text {
		if unicode.IsDigit(r) {
			digits++
		}
	}
	return digits > 4 || strings.ContainsAny(text, "@＠") || len(text) > 255
}

// nameWarnings warns that the alias belongs to a person with another name, who would get
// the channel.
func (p *pass) nameWarnings(c candidate, parent contacts.ChannelParent, stored bool) []oncall.FieldError {
	name := p.names[c.Alias]
	if stored {
		name = parent.Name
	}
	if c.Name == "" || name == "" || name == c.Alias || name == c.Name {
		return nil
	}
	return []oncall.FieldError{{Field: oncall.FieldDisplayName, Reason: oncall.Unfitting, Accept: "name:" + c.Alias,
		Message: "The contact " + c.Alias + " is called " + name + ": is it the same person?"}}
}

// hasNewKind reports whether an import meets a kind of warning that its dry run has not
// found.
func (p *pass) hasNewKind(warnings []oncall.FieldError) bool {
	return !p.in.DryRun && slices.ContainsFunc(warnings, func(w oncall.FieldError) bool { return !slices.Contains(p.in.Shown, w.Reason) })
}

// withoutAddresses returns the fields for a user who may import but not see addresses.
func withoutAddresses(fields []oncall.FieldError) []oncall.FieldError {
	shown := slices.Clone(fields)
	for i, w := range shown {
		if w.Reason == oncall.Misspelt {
			_, domain, _ := strings.Cut(w.Suggestion, "@")
			shown[i].Message = "The part after the @ looks like a misspelt " + domain + "."
		}
		shown[i].Accept, shown[i].Suggestion = "", ""
	}
	return shown
}

// earlierRows are what the earlier rows of a dry run hold, which adds nothing to the
// database. The nil *earlierRows has none.
type earlierRows struct {
	contacts  map[string]*earlierContact // by alias
	addresses map[string]string          // aliases by the canonical address that they would get first
	shared    map[string]bool            // the canonical addresses that another contact in the database has
}

// earlierContact is what earlier rows say of one contact.
type earlierContact struct {
	added    bool             // a row would add it
	channels []earlierChannel // the first ones that were looked up, each once
}

type earlierChannel struct {
	kind      oncall.ChannelType
	canonical string
	added     bool // a row would add it
}

var noEarlierContact = new(earlierContact)

func (e *earlierRows) contact(alias string) *earlierContact {
	if e == nil || e.contacts[alias] == nil {
		return noEarlierContact
	}
	return e.contacts[alias]
}

// channel returns the channel of a row, or nil.
func (e *earlierContact) channel(c candidate) *earlierChannel {
	for i, other := range e.channels {
		if other.kind == c.Type && other.canonical == c.address.Canonical {
			return &e.channels[i]
		}
	}
	return nil
}

func (e *earlierRows) address(canonical string) string {
	if e == nil {
		return ""
	}
	return e.addresses[canonical]
}

// note keeps a row for those that follow.
func (e *earlierRows) note(c candidate, r RowResult) {
	if len(c.refused) > 0 || c.channel == nil && r.Outcome != Adds {
		return
	}
	contact := e.contacts[c.Alias]
	if contact == nil {
		contact = &earlierContact{}
		e.contacts[c.Alias] = contact
	}
	contact.added = contact.added || r.Outcome == Adds
	if c.channel == nil {
		return
	}
	channel := contact.channel(c)
	if channel == nil && len(contact.channels) == oncall.MaxChannels {
		return
	}
	if channel == nil {
		contact.channels = append(contact.channels, earlierChannel{kind: c.Type, canonical: c.address.Canonical})
		channel = &contact.channels[len(contact.channels)-1]
	}
	if r.Outcome == Adds {
		channel.added = true
		e.addresses[c.address.Canonical] = cmp.Or(e.addresses[c.address.Canonical], c.Alias)
	}
}

// checkCapacity fails if the contact may not have one more channel.
func checkCapacity(parent contacts.ChannelParent, stored bool, earlier *earlierContact, c candidate) error {
	if !stored {
		parent.Type = c.contact.Type
	}
	for _, other := range earlier.channels {
		if other.added {
			parent.Channels++
		}
	}
	return parent.CheckCapacity(c.channel.Contact)
}

// tooManyOfOne refuses a row of a contact of which the rows before hold as many channels as
// a contact may have.
func tooManyOfOne(alias string) error {
	return oncall.InvalidError(oncall.FieldError{Field: oncall.FieldFile, Reason: oncall.Quota,
		Message: fmt.Sprintf("The rows before hold %d other channels of %s, and a contact has at most %d.", oncall.MaxChannels, alias, oncall.MaxChannels)})
}

// tooManyRows refuses a file with more rows than may be.
func tooManyRows(limit int) error {
	return badFile("This file has more than " + grouped(limit) + " rows, and this page takes at most " + grouped(limit) +
		". The rows after them were not looked at. Split the file, or use callbook import, which takes any number of rows.")
}

// grouped writes a number with commas, such as 50,000.
func grouped(n int) string {
	if n < 1000 {
		return strconv.Itoa(n)
	}
	return grouped(n/1000) + fmt.Sprintf(",%03d", n%1000)
}
