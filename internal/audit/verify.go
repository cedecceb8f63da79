package audit

import (
	"bytes"
	"context"
	"crypto/hmac"
	"fmt"

	"callbook/internal/oncall"
)

// Fault is where the audit trail is not what was written.
type Fault struct {
	Seq     int64
	Problem string
}

// maxFaults bounds how many faults a verification tells of.
const maxFaults = 20

// VerifyAudit reads the whole trail and returns what is wrong with it (at most
// 20 faults) and its end. It finds entries that were changed, left out, added
// without the key or put in another order. That the newest ones were removed
// shows only against an anchor; nil is none. It fails with Sealed without the
// key. Who has the key can write a trail that verifies.
func (t *Trail) VerifyAudit(ctx context.Context, by oncall.Actor, anchor *Anchor) (end Anchor, faults []Fault, err error) {
	if err := t.PermitOn(ctx, by, oncall.ListAudit, ""); err != nil {
		return end, nil, err
	}
	var v verification
	end, err = t.walkAudit(ctx, func(q Queries, e oncall.Entry) error {
		want, err := q.EntryMAC(e, v.last.MAC)
		if err == nil {
			v.see(e, want, anchor)
		}
		return err
	}, nil)
	if err == nil && anchor != nil && end.Seq < anchor.Seq {
		v.fault(anchor.Seq, fmt.Sprintf("the trail ends at entry %d: the newest ones were removed", max(end.Seq, 0)))
	}
	return end, v.faults, err
}

// verification is what is known of a trail so far.
type verification struct {
	last   Anchor
	faults []Fault
}

func (v *verification) fault(seq int64, says string) {
	if len(v.faults) < maxFaults {
		v.faults = append(v.faults, Fault{Seq: seq, Problem: says})
	}
}

// see compares an entry with the MAC that it should have. What follows a fault
// is judged by the MACs that are stored, so that one change is one fault.
func (v *verification) see(e oncall.Entry, want []byte, anchor *Anchor) {
	switch next := v.last.Seq + 1; {
	case e.Seq < 1:
		v.fault(e.Seq, "no entry has such a number: it was not written by Callbook")
	case e.Seq == next+1:
		v.fault(e.Seq, fmt.Sprintf("entry %d before it is missing", next))
	case e.Seq != next:
		v.fault(e.Seq, fmt.Sprintf("entries %d to %d before it are missing", next, e.Seq-1))
	case e.Damaged, len(want) == 0, !hmac.Equal(want, e.MAC):
		v.fault(e.Seq, "this entry was changed, or follows another one than when it was written")
	}
	if anchor != nil && e.Seq == anchor.Seq && !bytes.Equal(e.MAC, anchor.MAC) {
		v.fault(e.Seq, "this entry is not the one of the anchor")
	}
	if v.last = (Anchor{Seq: e.Seq, MAC: e.MAC}); e.Seq < 1 {
		v.last = Anchor{} // the first entry of all follows none
	}
}
