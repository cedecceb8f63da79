package transfer

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"callbook/internal/oncall"
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
