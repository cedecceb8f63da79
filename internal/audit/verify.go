package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"fmt"

	"callbook/internal/oncall"
)

// Fault is a place where the audit trail differs from what was recorded.
type Fault struct {
	Seq     int64
	Problem string
}

// maxFaults limits the faults that a verification returns.
const maxFaults = 20

// VerifyAudit reads the whole trail and returns its end and at most 20 faults. It finds
// entries that were changed, removed, added without the key or reordered. It finds that the
// newest entries were removed only if anchor is not nil. A person who has the key can forge
// a trail without faults. VerifyAudit fails with Denied, and with Sealed if the key is
// missing.
func (t *Trail) VerifyAudit(ctx context.Context, by oncall.Actor, anchor *Anchor) (end Anchor, faults []Fault, err error) {
	if err := t.PermitOn(ctx, by, oncall.ListAudit, ""); err != nil {
		return end, nil, err
	}
	var v verification
	end, err = t.walkAudit(ctx, func(q Queries, e oncall.Entry) error {
		want, err := q.EntryMAC(e, v.last.MAC)
		if err == nil {
			v.check(e, want, anchor)
		}
		return err
	}, nil)
	if err == nil && anchor != nil && end.Seq < anchor.Seq {
		v.fault(anchor.Seq, fmt.Sprintf("the trail ends at entry %d: the newest ones were removed", max(end.Seq, 0)))
	}
	return end, v.faults, err
}

// verification is the state of a running verification.
type verification struct {
	last   Anchor
	faults []Fault
}

func (v *verification) fault(seq int64, problem string) {
	if len(v.faults) < maxFaults {
		v.faults = append(v.faults, Fault{Seq: seq, Problem: problem})
	}
}

// check compares an entry with the MAC that it should have. The entry after a fault is
// checked against the stored MAC, so that one change is one fault.
func (v *verification) check(e oncall.Entry, want []byte, anchor *Anchor) {
	switch next := v.last.Seq + 1; {
	case e.Seq < 1:
		v.fault(e.Seq, "this number is not valid: Callbook did not write this entry")
	case e.Seq == next+1:
		v.fault(e.Seq, fmt.Sprintf("entry %d before it is missing", next))
	case e.Seq != next:
		v.fault(e.Seq, fmt.Sprintf("entries %d to %d before it are missing", next, e.Seq-1))
	case e.Damaged, len(want) == 0, !hmac.Equal(want, e.MAC):
		v.fault(e.Seq, "this entry was changed, or the entry before it is not the original one")
	}
	if anchor != nil && e.Seq == anchor.Seq && !bytes.Equal(e.MAC, anchor.MAC) {
		v.fault(e.Seq, "this entry is not the one of the anchor")
	}
	if v.last = (Anchor{Seq: e.Seq, MAC: e.MAC}); e.Seq < 1 {
		v.last = Anchor{} // the first valid entry follows no other
	}
}
