package transfer

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"callbook/internal/oncall"
)

// ExportQuery is the input of Export.
type ExportQuery struct {
	Clear bool // delivery addresses in the clear; otherwise masked
}

// ContactRecord is a contact with its tags, policy and channels.
type ContactRecord struct {
	oncall.Contact
	Tags     []oncall.Tag
	Policy   string           // "": none
	Channels []oncall.Channel // by creation; Address is zero where it is masked
}

// exportBatchSize is how many contacts one snapshot of an export reads.
const exportBatchSize = 100

// Export calls each with every contact, sorted by alias. It takes several snapshots, so
// contacts that are added meanwhile may be part of it. The audit trail records the
// export, and whether in the clear, before the first call. It fails with Sealed, and when
// each fails.
func (i *Importer) Export(ctx context.Context, by oncall.Actor, in ExportQuery, each func(ContactRecord) error) error {
	if err := i.PermitOn(ctx, by, oncall.ExportBook, ""); err != nil {
		return err
	}
	addresses := "masked"
	if in.Clear {
		addresses = "in the clear"
	}
	err := i.store.Update(ctx, func(q Queries) error {
		return i.Record(q, by, oncall.ExportBook, "", oncall.Change(oncall.FieldAddresses, "", addresses))
	})
	for after := ""; err == nil; {
		var batch []ContactRecord
		if err = i.store.View(ctx, func(q Queries) (err error) {
			batch, err = i.recordsAfter(q, after, in.Clear)
			return err
		}); err != nil || len(batch) == 0 {
			return err
		}
		for _, e := range batch {
			after = e.Alias
			if err := each(e); err != nil {
				return err
			}
		}
	}
	return err
}

// recordsAfter reads the next contacts of an export.
func (i *Importer) recordsAfter(q Queries, after string, inClear bool) ([]ContactRecord, error) {
	list, err := q.ContactsByAlias("", "", after, exportBatchSize)
	var entries []ContactRecord
	for _, c := range list {
		if err != nil {
			return nil, err
		}
		var e ContactRecord
		if e, err = i.recordOf(q, i.Scope().Contact(c.Alias), inClear); err == nil {
			entries = append(entries, e)
		}
	}
	return entries, err
}

func (i *Importer) recordOf(q Queries, arn oncall.ARN, inClear bool) (e ContactRecord, err error) {
	if e.Contact, e.Tags, err = i.directory.ContactWithTags(q, arn); err != nil {
		return e, err
	}
	if e.Policy, err = q.Policy(e.Alias); err != nil && !errors.Is(err, oncall.ErrMissing) {
		return e, err
	}
	if e.Channels, err = q.Channels(e.Alias); err != nil || !inClear {
		e.Channels = i.directory.WithARNs(e.Channels)
		return e, err
	}
	for n, c := range i.directory.WithARNs(e.Channels) {
		if e.Channels[n].Address, err = q.Address(e.Alias, c.ID); err != nil {
			return e, err
		}
	}
	return e, nil
}

// ContactWriter writes contacts as JSON Lines: an object a line.
type ContactWriter struct{ lines *json.Encoder }

// NewContactWriter returns a writer.
func NewContactWriter(w io.Writer) *ContactWriter {
	lines := json.NewEncoder(w)
	lines.SetEscapeHTML(false)
	return &ContactWriter{lines}
}

// exportedContact is a line of an export. The topic import-export documents it.
type exportedContact struct {
	Alias        string              `json:"alias"`
	ARN          oncall.ARN          `json:"arn"`
	Name         string              `json:"name"`
	Type         oncall.ContactType  `json:"type"`
	Reachability oncall.Reachability `json:"reachability,omitempty"`
	Plan         oncall.Plan         `json:"plan"`
	Policy       string              `json:"policy,omitempty"`
	Tags         map[string]string   `json:"tags"`
	Channels     exportedChannels    `json:"channels"`
	CreatedAt    string              `json:"created_at"`
	UpdatedAt    string              `json:"updated_at"`
}

// exportedChannel is a channel in an export. The mask has a field of its own, so that no
// program takes it for an address.
type exportedChannel struct {
	ARN         oncall.ARN             `json:"arn"`
	Name        string                 `json:"name"`
	Type        oncall.ChannelType     `json:"type"`
	Masked      string                 `json:"masked_address"`
	Address     string                 `json:"address,omitempty"` // to which messages go; only in the clear
	Given       string                 `json:"given_address,omitempty"`
	State       oncall.ActivationState `json:"state"`
	ActivatedAt string                 `json:"activated_at,omitempty"`
	StoppedAt   string                 `json:"replied_stop_at,omitempty"`
	RefusedAt   string                 `json:"replied_wrong_number_at,omitempty"`
	CreatedAt   string                 `json:"created_at"`
	UpdatedAt   string                 `json:"updated_at"`
}

// Write writes one contact.
func (w *ContactWriter) Write(e ContactRecord) error {
	x := exportedContact{Alias: e.Alias, ARN: e.ARN, Name: e.DisplayName, Type: e.Type, Reachability: e.Reachability, Plan: e.Plan,
		Policy: e.Policy, Tags: map[string]string{}, Channels: exportedChannels{}, CreatedAt: stamp(e.CreatedAt), UpdatedAt: stamp(e.UpdatedAt)}
	for _, t := range e.Tags {
		x.Tags[t.Key] = t.Value
	}
	for _, c := range e.Channels {
		out := exportedChannel{ARN: c.ARN, Name: c.Name, Type: c.Type, Masked: c.Mask, State: c.State(),
			ActivatedAt: stamp(c.ActivatedAt), StoppedAt: stamp(c.StoppedAt), RefusedAt: stamp(c.RefusedAt), CreatedAt: stamp(c.CreatedAt), UpdatedAt: stamp(c.UpdatedAt)}
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

// stamp formats a time; "" for the zero time.
func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
