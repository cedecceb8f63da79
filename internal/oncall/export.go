package oncall

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"
)

// ExportQuery is the input of Export.
type ExportQuery struct {
	Clear bool // delivery addresses in the clear; else masked
}

// BookEntry is a contact with all that is kept of it.
type BookEntry struct {
	Contact
	Tags     []Tag
	Policy   string    // "": it has none
	Channels []Channel // by creation; Address is zero where it is masked
}

// exportedContacts is how many contacts one snapshot of an export reads.
const exportedContacts = 100

// Export hands every contact to each, by alias, in several snapshots: contacts
// that are added meanwhile may be part of it. That it was exported, and whether in
// the clear, is on record before the first one is handed over. It fails with
// Sealed, and when each does.
func (s *Service) Export(ctx context.Context, by Actor, in ExportQuery, each func(BookEntry) error) error {
	if err := s.permit(ctx, by, ExportBook, ""); err != nil {
		return err
	}
	addresses := "masked"
	if in.Clear {
		addresses = "in the clear"
	}
	err := s.update(ctx, func(q Queries) error {
		return s.record(q, by, ExportBook, "", change(FieldAddresses, "", addresses))
	})
	for after := ""; err == nil; {
		var some []BookEntry
		if err = s.view(ctx, func(q Queries) (err error) {
			some, err = s.bookAfter(q, after, in.Clear)
			return err
		}); err != nil || len(some) == 0 {
			return err
		}
		for _, e := range some {
			after = e.Alias
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return err
}

// bookAfter reads the next contacts of an export.
func (s *Service) bookAfter(q Queries, after string, inClear bool) ([]BookEntry, error) {
	list, err := q.ContactsByAlias("", "", after, exportedContacts)
	var entries []BookEntry
	for _, c := range list {
		if err != nil {
			return nil, err
		}
		var e BookEntry
		if e, err = s.bookEntry(q, s.scope.Contact(c.Alias), inClear); err == nil {
			entries = append(entries, e)
		}
	}
	return entries, err
}

func (s *Service) bookEntry(q Queries, arn ARN, inClear bool) (e BookEntry, err error) {
	if e.Contact, e.Tags, err = s.tagged(q, arn); err != nil {
		return e, err
	}
	if e.Policy, err = q.Policy(e.Alias); err != nil && !errors.Is(err, ErrMissing) {
		return e, err
	}
	if e.Channels, err = q.Channels(e.Alias); err != nil || !inClear {
		e.Channels = s.named(e.Channels)
		return e, err
	}
	for n, c := range s.named(e.Channels) {
		if e.Channels[n].Address, err = q.Address(e.Alias, c.ID); err != nil {
			return e, err
		}
	}
	return e, nil
}

// BookWriter writes contacts as JSON Lines: an object a line.
type BookWriter struct{ lines *json.Encoder }

// NewBookWriter returns a writer.
func NewBookWriter(w io.Writer) *BookWriter {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return &BookWriter{lines}
}

// exportedContact is a contact as it leaves the house. The topic import-export documents it.
type exportedContact struct {
	Alias        string            `json:"alias"`
	ARN          ARN               `json:"arn"`
	Name         string            `json:"name"`
	Type         ContactType       `json:"type"`
	Reachability Reachability      `json:"reachability,omitempty"`
	Plan         Plan              `json:"plan"`
	Policy       string            `json:"policy,omitempty"`
	Tags         map[string]string `json:"tags"`
	Channels     []exportedChannel `json:"channels"`
	CreatedAt    string            `json:"created_at"`
	UpdatedAt    string            `json:"updated_at"`
}

// exportedChannel is a channel as it leaves the house. A mask is never where an
// address is expected.
type exportedChannel struct {
	ARN         ARN             `json:"arn"`
	Name        string          `json:"name"`
	Type        ChannelType     `json:"type"`
	Masked      string          `json:"masked_address"`
	Address     string          `json:"address,omitempty"` // as it is sent to; only in the clear
	Given       string          `json:"given_address,omitempty"`
	State       ActivationState `json:"state"`
	ActivatedAt string          `json:"activated_at,omitempty"`
	CreatedAt   string          `json:"created_at"`
	UpdatedAt   string          `json:"updated_at"`
}

// Write writes one contact.
func (w *BookWriter) Write(e BookEntry) error {
	x := exportedContact{Alias: e.Alias, ARN: e.ARN, Name: e.DisplayName, Type: e.Type, Reachability: e.Reachability, Plan: e.Plan,
		Policy: e.Policy, Tags: map[string]string{}, Channels: []exportedChannel{}, CreatedAt: stamp(e.CreatedAt), UpdatedAt: stamp(e.UpdatedAt)}
	for _, t := range e.Tags {
		x.Tags[t.Key] = t.Value
	}
	for _, c := range e.Channels {
		out := exportedChannel{ARN: c.ARN, Name: c.Name, Type: c.Type, Masked: c.Mask, State: c.State(),
			ActivatedAt: stamp(c.ActivatedAt), CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt)}
		if c.Address.Canonical != "" {
			out.Address = c.Address.Destination()
		}
		if c.Address.Given != out.Address {
			out.Given = c.Address.Given
		}
		x.Channels = append(x.Channels, out)
	}
	return w.lines.Encode(x)
}

// stamp is a time in a file; "" for none.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
