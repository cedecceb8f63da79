// Package views draws the pages. Its components take plain values and words of
// the domain; they look nothing up and decide nothing.
package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"callbook/internal/oncall"
)

// Page is what every page has around its content.
type Page struct {
	Title       string        // what the page answers; the layout adds the product's name
	Theme       string        // "light", "dark", or "" to follow the system
	Here        string        // path and query to come back to after a change of theme
	Notice      Notice        // what has just happened, once
	Demo        bool          // the data is a demonstration and goes with the program
	DevMessages bool          // messages are shown instead of being sent
	Locked      bool          // the key file is missing: what needs it does not work
	Trouble     oncall.Reason // what is wrong with the disk; "": nothing
	Unlisted    bool          // no search engine is to know of it
	By          oncall.Actor  // who looks at it; the zero Principal: nobody is signed in
}

// boosted makes a link or form swap the page instead of loading it. Without
// JavaScript the same link or form works as it stands.
func boosted() templ.Attributes {
	return templ.Attributes{"hx-boost": "true", "hx-target": "#app", "hx-select": "#app", "hx-swap": "outerHTML show:window:top"}
}

// boostedForm is boosted for a form, whose button rests until the answer is in.
func boostedForm() templ.Attributes {
	a := boosted()
	a["hx-disabled-elt"] = "find .actions button"
	return a
}

// Messages are the field errors of a form.
type Messages []oncall.FieldError

// Of returns those that concern a field.
func (m Messages) Of(fields ...oncall.Field) Messages {
	var matching Messages
	for _, e := range m {
		if slices.Contains(fields, e.Field) {
			matching = append(matching, e)
		}
	}
	return matching
}

// Refused reports whether there is one that cannot be accepted.
func (m Messages) Refused() bool {
	return slices.ContainsFunc(m, func(e oncall.FieldError) bool { return e.Accept == "" })
}

// acceptAll is the value of the box that accepts every warning at once.
func (m Messages) acceptAll() string {
	var words []string
	for _, e := range m {
		if e.Accept != "" {
			words = append(words, e.Accept)
		}
	}
	return strings.Join(words, " ")
}

// accepted reports whether every warning is among those accepted before.
func (m Messages) accepted(before []string) bool {
	return !slices.ContainsFunc(m, func(e oncall.FieldError) bool { return !slices.Contains(before, e.Accept) })
}

// suggestion returns what was probably meant, or "".
func (m Messages) suggestion() string {
	for _, e := range m {
		if e.Suggestion != "" {
			return e.Suggestion
		}
	}
	return ""
}

func boolWord(b bool) string {
	if b {
		return "true"
	}
	return "false"
}

func describedBy(ids ...string) string { return strings.Join(ids, " ") }

// newestFirst sorts events by time, the latest first; those of one moment keep
// the reverse of their order.
func newestFirst(events []event) []event {
	slices.Reverse(events)
	slices.SortStableFunc(events, func(a, b event) int { return b.at.Compare(a.at) })
	return events
}
