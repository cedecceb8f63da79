package audit

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"callbook/internal/oncall"
)

// List is one page of the audit trail, the newest entry first.
type List struct {
	Entries []oncall.Entry
	Next    int64 // AuditQuery.Before of the next page; 0 on the last one

	// Resources are the resources of the entries, in their current state.
	Resources map[oncall.ARN]oncall.Resource
}

// Audit returns a page of the audit trail. It fails with Denied, and with Invalid if the
// limit or the start of the page is out of range.
func (t *Trail) Audit(ctx context.Context, by oncall.Actor, in oncall.AuditQuery) (List, error) {
	var page List
	if err := t.PermitOn(ctx, by, oncall.ListAudit, ""); err != nil {
		return page, err
	}
	limit, err := oncall.PageSize(in.Limit, "entries")
	if err == nil && in.Before < 0 {
		err = oncall.BadCursor()
	}
	if err != nil {
		return page, err
	}
	in.Limit = limit + 1
	err = t.store.View(ctx, func(q Queries) (err error) {
		if page.Entries, err = q.Entries(in); err != nil {
			return err
		}
		if len(page.Entries) > limit {
			page.Entries = page.Entries[:limit]
			page.Next = page.Entries[limit-1].Seq
		}
		page.Resources, err = t.resources(q, page.Entries)
		return err
	})
	return page, err
}

// Anchor is the number and MAC of the last entry at some time. If it is kept elsewhere, it
// shows later whether the newest entries were removed. The zero Anchor stands for an empty
// trail.
type Anchor struct {
	Seq int64
	MAC []byte
}

// String returns the number of the entry, a colon and the MAC in hexadecimal digits.
func (a Anchor) String() string { return fmt.Sprintf("%d:%x", a.Seq, a.MAC) }

// ParseAnchor parses the form of String. Its errors have no Kind.
func ParseAnchor(text string) (Anchor, error) {
	seq, digits, _ := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	mac, err2 := hex.DecodeString(digits)
	if err != nil || err2 != nil || n < 0 || (n == 0) != (len(mac) == 0) || n > 0 && len(mac) != sha256.Size {
		return Anchor{}, fmt.Errorf("%q is not an anchor: the number of an entry, a colon, and the 64 hexadecimal digits of its MAC", text)
	}
	return Anchor{Seq: n, MAC: mac}, nil
}

// AuditAnchor returns the current end of the trail. It fails with Denied.
func (t *Trail) AuditAnchor(ctx context.Context, by oncall.Actor) (a Anchor, err error) {
	if err := t.PermitOn(ctx, by, oncall.ExportAudit, ""); err != nil {
		return a, err
	}
	err = t.store.View(ctx, func(q Queries) (err error) {
		a, err = q.AuditEnd()
		return err
	})
	return a, err
}

// exportBatchSize is how many entries one snapshot of an export reads.
const exportBatchSize = 500

// ExportAudit calls each with every matching entry, the oldest first, and returns the last
// entry that it read. It reads several snapshots, so that entries added meanwhile are
// included. It ignores Before and Limit of the query. It fails with Denied, with Sealed if
// the export cannot be recorded, and with the errors of each.
func (t *Trail) ExportAudit(ctx context.Context, by oncall.Actor, in oncall.AuditQuery, each func(oncall.Entry) error) (Anchor, error) {
	if err := t.PermitOn(ctx, by, oncall.ExportAudit, ""); err != nil {
		return Anchor{}, err
	}
	if err := t.store.Update(ctx, func(q Queries) error { return t.Record(q, by, oncall.ExportAudit, "") }); err != nil {
		return Anchor{}, err
	}
	return t.walkAudit(ctx, nil, func(e oncall.Entry) error {
		if in.Matches(e) {
			return each(e)
		}
		return nil
	})
}

// walkAudit walks over the trail, the oldest entry first, and returns the last one. It
// calls inside within the snapshot of an entry, and outside after it. Both may be nil.
func (t *Trail) walkAudit(ctx context.Context, inside func(Queries, oncall.Entry) error, outside func(oncall.Entry) error) (last Anchor, err error) {
	for from := int64(math.MinInt64); ; from = last.Seq + 1 { // a number below 1 is forged, and a fault
		var batch []oncall.Entry
		err := t.store.View(ctx, func(q Queries) (err error) {
			if batch, err = q.EntriesFrom(from, exportBatchSize); inside == nil {
				return err
			}
			for _, e := range batch {
				if err := inside(q, e); err != nil {
					return err
				}
			}
			return err
		})
		if err != nil || len(batch) == 0 {
			return last, err
		}
		for _, e := range batch {
			if outside != nil {
				err = errors.Join(err, outside(e))
			}
			last = Anchor{Seq: e.Seq, MAC: e.MAC}
		}
		if err != nil || last.Seq == math.MaxInt64 {
			return last, err
		}
	}
}

// resources returns the resources of entries and looks up whether they still exist.
func (t *Trail) resources(q Queries, entries []oncall.Entry) (map[oncall.ARN]oncall.Resource, error) {
	resources := map[oncall.ARN]oncall.Resource{}
	for _, e := range entries {
		if _, known := resources[e.Resource]; known {
			continue
		}
		r := t.Scope().Resource(e.Resource)
		err := error(nil)
		switch {
		case r.Channel != "":
			_, err = q.Channel(r.Alias, r.Channel)
		case r.Alias != "":
			_, err = q.Contact(r.Alias)
		default:
			err = oncall.ErrMissing
		}
		if err != nil && !errors.Is(err, oncall.ErrMissing) {
			return nil, err
		}
		r.Exists = err == nil
		resources[e.Resource] = r
	}
	return resources, nil
}
