package transfer

import (
	"strings"

	"callbook/internal/oncall"
)

// Outcome is what an import does with a row.
type Outcome string

// The outcomes.
const (
	Adds    Outcome = "adds"    // adds the contact, the channel or both
	Exists  Outcome = "exists"  // does nothing: both are stored already
	Warned  Outcome = "warned"  // leaves the row out because of warnings that are not accepted
	Refused Outcome = "refused" // leaves the row out because a rule refuses it
)

// RowResult is the outcome of one row. It holds no address.
type RowResult struct {
	Line        int
	Alias       string
	Type        oncall.ChannelType
	Outcome     Outcome
	Contact     bool                // the contact is added
	Channel     bool                // the channel is added
	CodeRefused bool                // the channel is added without a code: a limit is reached, or its number wants no messages
	Fields      []oncall.FieldError // the refusals if Refused, otherwise the warnings
	NewWarning  bool                // if Warned: a warning is of a kind that is not in Import.Shown
}

// Prediction describes what an import would do, in words that follow the alias.
func (r RowResult) Prediction() string {
	switch {
	case r.Outcome == Refused:
		return "is refused"
	case r.NewWarning:
		return "is left out: the check of the file found no warning of this kind"
	case r.Outcome == Warned:
		return "has a warning"
	case r.Outcome == Exists:
		return "is there already, or in a row before"
	case r.Contact && r.Channel:
		return "adds the contact and " + oncall.WithArticle(r.Type) + " channel"
	case r.Channel:
		return "adds " + oncall.WithArticle(r.Type) + " channel"
	}
	return "adds the contact"
}

// Result describes what an import did, in words that follow the alias.
func (r RowResult) Result() string {
	switch {
	case r.Outcome == Warned && !r.NewWarning:
		return "was left out because of a warning"
	case r.Outcome == Refused:
		return "was refused"
	case r.Outcome != Adds:
		return r.Prediction()
	}
	text := "added" + strings.TrimPrefix(r.Prediction(), "adds")
	if r.CodeRefused {
		text += ", and sent no code"
	}
	return text
}

// Count counts rows by their outcome.
type Count struct {
	Rows         int
	Adding       int
	Existing     int
	Warned       int
	NewWarnings  int // rows of Warned that have NewWarning
	Refused      int
	Contacts     int // added ones
	Channels     int // added ones
	CodesRefused int // channels that are added without a code
}

// Add counts one more row.
func (n *Count) Add(r RowResult) {
	n.Rows++
	switch r.Outcome {
	case Adds:
		n.Adding++
	case Exists:
		n.Existing++
	case Warned:
		n.Warned++
		if r.NewWarning {
			n.NewWarnings++
		}
	case Refused:
		n.Refused++
	}
	if r.Contact {
		n.Contacts++
	}
	if r.Channel {
		n.Channels++
	}
	if r.CodeRefused {
		n.CodesRefused++
	}
}
