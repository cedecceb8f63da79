package transfer

import (
	"cmp"
	"errors"
	"slices"
	"strings"
	"unicode"

	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/terminal"
)

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
