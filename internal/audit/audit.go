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

	// Resources is what the entries are about, as it is now.
	Resources map[oncall.ARN]oncall.Resource
}

// Audit returns a page of the audit trail. It fails with Invalid for a limit out
// of range.
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

// Anchor is the end of the audit trail at some time: kept elsewhere, it shows
// later whether the newest entries were removed. The zero Anchor is that of an
// empty trail.
type Anchor struct {
	Seq int64
	MAC []byte
}

// String writes an anchor as ParseAnchor reads it: the number of the entry and
// its MAC in hexadecimal digits, with a colon between.
func (a Anchor) String() string { return fmt.Sprintf("%d:%x", a.Seq, a.MAC) }

// ParseAnchor reads what String writes. It fails with a plain error.
func ParseAnchor(text string) (Anchor, error) {
	seq, digits, _ := strings.Cut(strings.TrimSpace(text), ":")
	n, err := strconv.ParseInt(seq, 10, 64)
	mac, err2 := hex.DecodeString(digits)
	if err != nil || err2 != nil || n < 0 || (n == 0) != (len(mac) == 0) || n > 0 && len(mac) != sha256.Size {
		return Anchor{}, fmt.Errorf("%q is not an anchor: the number of an entry, a colon, and the 64 hexadecimal digits of its MAC", text)
	}
	return Anchor{Seq: n, MAC: mac}, nil
}

// AuditAnchor returns the present end of the trail.
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

// ExportAudit hands every entry that matches to each, the oldest first, in
// several snapshots: entries that are added meanwhile are part of it. Before and
// Limit of the query do not count. It returns the end of what was handed over.
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

// walkAudit goes through the trail, the oldest entry first, and returns the last
// one. inside is called within the snapshot, outside when it is over; nil is
// nothing to do.
func (t *Trail) walkAudit(ctx context.Context, inside func(Queries, oncall.Entry) error, outside func(oncall.Entry) error) (last Anchor, err error) {
	for from := int64(math.MinInt64); ; from = last.Seq + 1 { // what has a number below 1 was not written here, and is found
		var some []oncall.Entry
		err := t.store.View(ctx, func(q Queries) (err error) {
			if some, err = q.EntriesFrom(from, exportBatchSize); inside == nil {
				return err
			}
			for _, e := range some {
				if err := inside(q, e); err != nil {
					return err
				}
			}
			return err
		})
		if err != nil || len(some) == 0 {
			return last, err
		}
		for _, e := range some {
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

// resources takes the ARNs of entries apart and finds out which of them are
// still there.
func (t *Trail) resources(q Queries, entries []oncall.Entry) (map[oncall.ARN]oncall.Resource, error) {
	all := map[oncall.ARN]oncall.Resource{}
	for _, e := range entries {
		if _, known := all[e.Resource]; known {
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
		all[e.Resource] = r
	}
	return all, nil
}
