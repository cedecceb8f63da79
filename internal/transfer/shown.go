package transfer

import (
	"crypto/sha256"
	"fmt"

	"callbook/internal/oncall"
)

// Shown is every warning that a dry run has found in a file: what somebody who
// accepts warnings can have read. It holds marks of them, and no address. The zero
// Shown has none. One pass uses it at a time.
type Shown struct{ marks map[mark]bool }

// mark stands for a warning of a row.
type mark [16]byte

// markOf is the mark of a warning in this line; says tells apart what one Accept
// word stands for.
func markOf(line int, w oncall.FieldError, says string) mark {
	sum := sha256.Sum256(fmt.Appendf(nil, "%d\x00%s\x00%s", line, w.Accept, says))
	return mark(sum[:len(mark{})])
}

func (s *Shown) add(line int, warnings []oncall.FieldError) {
	if s == nil {
		return
	}
	if s.marks == nil {
		s.marks = map[mark]bool{}
	}
	for _, w := range warnings {
		s.marks[markOf(line, w, w.Message)] = true
		if w.Reason == oncall.Shared {
			s.marks[markOf(line, w, "")] = true
		}
	}
}

func (s *Shown) has(m mark) bool { return s != nil && s.marks[m] }

// unseen reports whether any of these warnings is newer than the dry run, which
// keeps them instead. Where the dry run has told that an address is shared, it may
// have named another contact than the row of this file that has just been added.
func (m *importer) unseen(line int, warnings []oncall.FieldError) bool {
	if m.in.DryRun {
		m.in.Shown.add(line, warnings)
		return false
	}
	for _, w := range warnings {
		if m.in.Shown.has(markOf(line, w, w.Message)) {
			continue
		}
		if w.Reason != oncall.Shared || !m.in.Shown.has(markOf(line, w, "")) || !m.holders[holder(w)] {
			return true
		}
	}
	return false
}

// added keeps that a row of this run has an address. A transaction that runs again
// adds the same.
func (m *importer) added(r candidate) {
	if m.in.Accept { // else no warning is accepted
		m.holders[holder(oncall.SharedWith(r.Alias, r.Type, r.address.Canonical))] = true
	}
}

// holder is the mark of whoever a warning says to have the same address.
func holder(w oncall.FieldError) mark { return markOf(0, w, w.Message) }
