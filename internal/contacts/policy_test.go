package contacts_test

import (
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func TestPolicyComesBackByteForByte(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	want := oncalltest.LoadContact(t, w, ana)
	w.Clock.Pass(time.Hour)
	for _, text := range []string{
		"{}",
		"\r\n\t {\"b\" : 1.0e+1,\"a\":\"<&> \\u00e9 \\ud800\", \"a\":null}\n",
		`{"Sid":"` + strings.Repeat("字", 395_000-10) + `"}`,
	} {
		oncalltest.PutPolicy(t, w, ana, text)
		if got := oncalltest.PolicyOf(t, w, ana); got != text {
			t.Errorf("%.50q came back as %.50q", text, got)
		}
	}
	oncalltest.Same(t, "contact", want, oncalltest.LoadContact(t, w, ana))
}

func TestContactWithoutAPolicySaysSo(t *testing.T) {
	w := oncalltest.New(t)
	ana, nobody := oncalltest.AddPerson(t, w, "ana"), w.Scope().Contact("nobody")
	oncalltest.PutPolicy(t, w, oncalltest.AddPerson(t, w, "ben"), "{}")
	missing := func() {
		t.Helper()
		_, err := w.Policy(t.Context(), oncalltest.Program, ana)
		oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact policy not found: "+string(ana))
		oncalltest.Same(t, "what is not found", ana, oncall.ResourceOf(err))
	}
	missing()
	oncalltest.PutPolicy(t, w, ana, "{}")
	if err := w.DeleteContact(t.Context(), oncalltest.Program, ana); err != nil {
		t.Fatal(err)
	}
	oncalltest.AddPerson(t, w, "ana")
	missing() // the one of the contact before is gone

	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	for _, arn := range []oncall.ARN{nobody, sms} {
		_, err := w.Policy(t.Context(), oncalltest.Program, arn)
		oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact not found: "+string(arn))
		oncalltest.WantRefusal(t, w.PutPolicy(t.Context(), oncalltest.Program, oncall.PolicyChange{Contact: arn, Policy: "{}"}), oncall.NotFound, "", "Contact not found: "+string(arn))
	}
	_, err := w.Policy(t.Context(), oncalltest.Program, "")
	oncalltest.WantRefusal(t, err, oncall.Invalid, oncall.Required, "Name the contact by its ARN.")
	oncalltest.WantRefusal(t, w.PutPolicy(t.Context(), oncalltest.Program, oncall.PolicyChange{Policy: "{}"}), oncall.Invalid, oncall.Required, "Name the contact by its ARN.")
}

func TestPolicyIsAnObject(t *testing.T) {
	const (
		sayNone   = "Give the policy as the JSON of an object."
		sayObject = `Write the policy as the JSON of one object, as in {"Version": "2012-10-17", "Statement": []}.`
		sayLong   = "Use at most 395000 characters for the policy."
	)
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	for text, want := range map[string]struct {
		reason oncall.Reason
		says   string
	}{
		"":             {oncall.Required, sayNone},
		" ":            {oncall.Pattern, sayObject},
		"null":         {oncall.Pattern, sayObject},
		"[]":           {oncall.Pattern, sayObject},
		`"{}"`:         {oncall.Pattern, sayObject},
		"{}{}":         {oncall.Pattern, sayObject},
		"{} x":         {oncall.Pattern, sayObject},
		"{":            {oncall.Pattern, sayObject},
		"{'a':1}":      {oncall.Pattern, sayObject},
		"\ufeff{}":     {oncall.Pattern, sayObject},
		"\u00a0{}":     {oncall.Pattern, sayObject},
		"{}\x00":       {oncall.Pattern, sayObject},
		"{\"\xff\":1}": {oncall.Pattern, sayObject},
		strings.Repeat(`{"":`, 20_000) + "1" + strings.Repeat("}", 20_000): {oncall.Pattern, sayObject},
		"{}" + strings.Repeat(" ", 395_000-1):                              {oncall.TooLong, sayLong},
	} {
		err := w.PutPolicy(t.Context(), oncalltest.Program, oncall.PolicyChange{Contact: ana, Policy: text})
		oncalltest.WantRefusal(t, err, oncall.Invalid, want.reason, want.says)
		oncalltest.Same(t, "fields", []oncall.FieldError{{Field: oncall.FieldPolicy, Reason: want.reason, Message: want.says}}, oncall.FieldErrors(err))
	}
	_, err := w.Policy(t.Context(), oncalltest.Program, ana)
	oncalltest.WantRefusal(t, err, oncall.NotFound, "", "Contact policy not found: "+string(ana))
}

func TestSamePolicyIsNotWrittenAgain(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	oncalltest.PutPolicy(t, w, ana, "{}")
	before := len(oncalltest.Entries(t, w))
	oncalltest.PutPolicy(t, w, ana, "{}")
	oncalltest.PolicyOf(t, w, ana)
	oncalltest.Same(t, "entries", before, len(oncalltest.Entries(t, w)))
}

// Policies of the service share a contact with other accounts; here they are kept.
func TestPolicyGrantsNothing(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	oncalltest.PutPolicy(t, w, ana, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`)
	viewer := oncalltest.Program
	viewer.Role = oncall.Viewer
	err := w.DeleteContact(t.Context(), viewer, ana)
	oncalltest.Same(t, "kind", oncall.Denied, oncall.KindOf(err))
	oncalltest.PutPolicy(t, w, ana, `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`)
	oncalltest.LoadContact(t, w, ana) // and takes nothing away
}
