package transfer

import (
	"slices"

	"callbook/internal/oncall"
)

// Warnings counts rows with warnings, by kind. A row with warnings of two kinds counts
// for both.
type Warnings []WarningCount

// WarningCount is how many rows have a kind of warning.
type WarningCount struct {
	Kind oncall.Reason
	Rows int
}

// Add counts one more row. A refused row has no warnings.
func (w *Warnings) Add(v RowResult) {
	if v.Outcome == Refused {
		return
	}
	for i, f := range v.Fields {
		same := func(other oncall.FieldError) bool { return other.Reason == f.Reason }
		if slices.ContainsFunc(v.Fields[:i], same) {
			continue
		}
		at := slices.IndexFunc(*w, func(c WarningCount) bool { return c.Kind == f.Reason })
		if at < 0 {
			at, *w = len(*w), append(*w, WarningCount{Kind: f.Reason})
		}
		(*w)[at].Rows++
	}
}

// Kinds returns the kinds of warnings that were counted.
func (w Warnings) Kinds() []oncall.Reason {
	var kinds []oncall.Reason
	for _, c := range w {
		kinds = append(kinds, c.Kind)
	}
	return kinds
}
