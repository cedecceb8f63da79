// Package views renders the pages. Its components take plain values and types of package
// oncall. They query nothing and decide nothing.
package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"callbook/internal/oncall"
)

// Page is the data of the layout, which every page has.
type Page struct {
	Title       string        // the layout adds the product's name
	Theme       string        // "light", "dark", or "" to follow the system
	Here        string        // path and query to return to after a change of theme
	Notice      Notice        // shown once
	Demo        bool          // the data is a demonstration and is gone after the stop
	DevMessages bool          // messages are shown instead of being sent
	Locked      bool          // the key file is missing
	Trouble     oncall.Reason // why nothing can be stored, or ""
	Unlisted    bool          // search engines must not list it
	By          oncall.Actor  // the reader; an empty Principal means that no user is signed in
}

// boosted makes a link or form swap the page instead of loading it. Without JavaScript it is
// an ordinary link or form.
func boosted() templ.Attributes {
	return templ.Attributes{"hx-boost": "true", "hx-target": "#app", "hx-select": "#app", "hx-swap": "outerHTML show:window:top"}
}

// boostedForm is boosted for a form. It disables the button until the answer arrives.
func boostedForm() templ.Attributes {
	a := boosted()
	a["hx-disabled-elt"] = "find .actions button"
	return a
}

// Messages are the field errors of a form.
type Messages []oncall.FieldError

// Of returns the errors of some fields.
func (m Messages) Of(fields ...oncall.Field) Messages {
	var matching Messages
	for _, e := range m {
		if slices.Contains(fields, e.Field) {
			matching = append(matching, e)
		}
	}
	return matching
}

// Refused reports whether any of them is an error and not a warning that can be accepted.
func (m Messages) Refused() bool {
	return slices.ContainsFunc(m, func(e oncall.FieldError) bool { return e.Accept == "" })
}

// acceptAll returns the value of the checkbox that accepts all warnings.
func (m Messages) acceptAll() string {
	var words []string
	for _, e := range m {
		if e.Accept != "" {
			words = append(words, e.Accept)
		}
	}
	return strings.Join(words, " ")
}

// accepted reports whether all warnings were accepted before.
func (m Messages) accepted(before []string) bool {
	return !slices.ContainsFunc(m, func(e oncall.FieldError) bool { return !slices.Contains(before, e.Accept) })
}

// suggestion returns the first suggested correction, or "".
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
