package transfer

import (
	"slices"
	"time"
)

// Phase is the step that a job has reached.
type Phase string

// The phases. The zero Phase: the job has no file.
const (
	Checking   Phase = "checking"
	Checked    Phase = "checked" // and waits for Run
	Importing  Phase = "importing"
	Imported   Phase = "imported"
	EndedEarly Phase = "ended early" // the check or the import was stopped, or failed
)

// How many rows a JobStatus lists at most.
const (
	MaxProblems = 100
	MaxOthers   = 20
)

// JobStatus is the state of a job at one moment.
type JobStatus struct {
	Phase    Phase
	Token    string // of the file
	FileName string
	Actor    string // the user who chose the file or, later, began to import it
	Started  bool   // the import has started; false in a check and in what became of one
	Done     int    // of Total: bytes in a check, rows in an import
	Total    int
	Count    Count

	Warnings Warnings    // of the rows that are left out because of warnings
	Problems []RowResult // the first rows that are refused or left out
	Others   []RowResult // the first of the other rows
	Failure  string      // in EndedEarly: the reason, for the reader
	Stopped  bool        // in EndedEarly: by Stop or Close
	EndedAt  time.Time   // of the last pass
}

// Busy reports whether a check or an import runs.
func (s JobStatus) Busy() bool { return s.Phase == Checking || s.Phase == Importing }

// add counts one more row.
func (s *JobStatus) add(v RowResult) {
	s.Count.Add(v)
	s.Done = s.Count.Rows
	if v.Outcome == Warned {
		s.Warnings.Add(v)
	}
	problem := v.Outcome == Refused || v.Outcome == Warned
	switch {
	case problem && len(s.Problems) < MaxProblems:
		s.Problems = append(s.Problems, v)
	case !problem && len(s.Others) < MaxOthers:
		s.Others = append(s.Others, v)
	}
}

// clone returns a copy that does not change when the job goes on.
func (s JobStatus) clone() JobStatus {
	s.Problems, s.Others = slices.Clone(s.Problems), slices.Clone(s.Others)
	s.Warnings = slices.Clone(s.Warnings)
	return s
}
