package views

import (
	"slices"
	"strings"

	"callbook/internal/oncall"
)

// recorded returns the operations that the audit trail records, for its filter.
func recorded() []oncall.Operation {
	return slices.DeleteFunc(oncall.Operations(), func(op oncall.Operation) bool { return !op.Recorded() })
}

// label names the operation in the filter.
func label(op oncall.Operation) string {
	text := op.Does()
	return strings.ToUpper(text[:1]) + text[1:]
}

// doorWord names the door of a request.
func doorWord(d oncall.Door) string {
	switch d {
	case oncall.Browser:
		return "in the browser"
	case oncall.API:
		return "through the API"
	case oncall.Command:
		return "at the command line"
	case oncall.Link:
		return "by a link"
	}
	return string(d)
}

func actorName(e oncall.Entry) string {
	if e.Actor == "" {
		return "Somebody"
	}
	return e.Actor
}

// fieldWord names a field of a change.
func fieldWord(f oncall.Field) string {
	switch f {
	case oncall.FieldDisplayName, oncall.FieldName:
		return "Name"
	case oncall.FieldSignInMethod:
		return "By"
	}
	text := strings.ReplaceAll(string(f), "_", " ")
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}

// valueWords are the words of pages for stored values.
var valueWords = map[oncall.Field]map[string]string{
	oncall.FieldType: {string(oncall.SMS): "SMS", string(oncall.Voice): "Voice", string(oncall.Email): "Email",
		string(oncall.Personal): "Person", string(oncall.Escalation): "Escalation plan", string(oncall.OncallSchedule): "On-call schedule"},
	oncall.FieldState: {string(oncall.Active): "Active", string(oncall.NotActivated): "Not activated", string(oncall.Deferred): "Activation deferred",
		"enabled": "Enabled", "disabled": "Disabled", "begun": "Begun", "finished": "Finished", "stopped": "Stopped", "failed": "Failed"},
	oncall.FieldRole: {string(oncall.Viewer): "Viewer", string(oncall.Manager): "Manager", string(oncall.Admin): "Admin"},
	oncall.FieldSignInMethod: {string(oncall.ByPassword): "Password", string(oncall.ByPasskey): "Passkey", string(oncall.ByOpenID): "OpenID Connect",
		string(oncall.ByLink): "Link"},
	oncall.FieldPassword: {"set": "Set", "may be reset by a link": "May be reset by a link",
		"may be reset by a link that was mailed": "May be reset by a link that was mailed"},
}

func valueWord(f oncall.Field, value string) string {
	if text, ok := valueWords[f][value]; ok {
		return text
	}
	if value != "" && !oncall.HasVisible(value) {
		return "(no visible character)"
	}
	return value
}

// became returns the values around a change. Something new has no before, and
// something deleted no after. A changed text that was or is empty reads “(empty)”.
func beforeAndAfter(op oncall.Operation, c oncall.AuditChange) (before, after string) {
	before, after = valueWord(c.Field, c.Before), valueWord(c.Field, c.After)
	text := c.Field == oncall.FieldName || c.Field == oncall.FieldDisplayName || c.Field == oncall.FieldPlan
	if text && strings.HasPrefix(string(op), "Update") {
		return orEmptyWord(before), orEmptyWord(after)
	}
	return before, after
}
