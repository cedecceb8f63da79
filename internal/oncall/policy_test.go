package oncall_test

import (
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func put(t testing.TB, w *oncalltest.World, contact oncall.ARN, text string) {
	t.Helper()
	if err := w.PutPolicy(t.Context(), program, oncall.PolicyChange{Contact: contact, Policy: text}); err != nil {
		t.Fatal(err)
	}
}

func policy(t testing.TB, w *oncalltest.World, contact oncall.ARN) string {
	t.Helper()
	text, err := w.Policy(t.Context(), program, contact)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestPolicyComesBackByteForByte(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	want := load(t, w, ana)
	w.Clock.Pass(time.Hour)
	for _, text := range []string{
		"{}",
		"\r\n\t {\"b\" : 1.0e+1,\"a\":\"<&> \\u00e9 \\ud800\", \"a\":null}\n",
		`{"Sid":"` + strings.Repeat("字", 395_000-10) + `"}`,
	} {
		put(t, w, ana, text)
		if got := policy(t, w, ana); got != text {
			t.Errorf("%.50q came back as %.50q", text, got)
		}
	}
	same(t, "contact", want, load(t, w, ana))
}

func TestContactWithoutAPolicySaysSo(t *testing.T) {
	w := oncalltest.New(t)
	ana, nobody := person(t, w, "ana"), w.Scope().Contact("nobody")
	put(t, w, person(t, w, "ben"), "{}")
	missing := func() {
		t.Helper()
		_, err := w.Policy(t.Context(), program, ana)
		refused(t, err, oncall.NotFound, "", "Contact policy not found: "+string(ana))
		same(t, "what is not found", ana, oncall.ResourceOf(err))
	}
	missing()
	put(t, w, ana, "{}")
	if err := w.DeleteContact(t.Context(), program, ana); err != nil {
		t.Fatal(err)
	}
	person(t, w, "ana")
	missing() // the one of the contact before is gone

	sms := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	for _, arn := range []oncall.ARN{nobody, sms} {
		_, err := w.Policy(t.Context(), program, arn)
		refused(t, err, oncall.NotFound, "", "Contact not found: "+string(arn))
		refused(t, w.PutPolicy(t.Context(), program, oncall.PolicyChange{Contact: arn, Policy: "{}"}), oncall.NotFound, "", "Contact not found: "+string(arn))
	}
	_, err := w.Policy(t.Context(), program, "")
	refused(t, err, oncall.Invalid, oncall.Required, "Name the contact by its ARN.")
	refused(t, w.PutPolicy(t.Context(), program, oncall.PolicyChange{Policy: "{}"}), oncall.Invalid, oncall.Required, "Name the contact by its ARN.")
}

func TestPolicyIsAnObject(t *testing.T) {
	const (
		sayNone   = "Give the policy as the JSON of an object."
		sayObject = `Write the policy as the JSON of one object, as in {"Version": "2012-10-17", "Statement": []}.`
		sayLong   = "Use at most 395000 characters for the policy."
	)
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
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
		err := w.PutPolicy(t.Context(), program, oncall.PolicyChange{Contact: ana, Policy: text})
		refused(t, err, oncall.Invalid, want.reason, want.says)
		same(t, "fields", []oncall.FieldError{{Field: oncall.FieldPolicy, Reason: want.reason, Message: want.says}}, oncall.FieldErrors(err))
	}
	_, err := w.Policy(t.Context(), program, ana)
	refused(t, err, oncall.NotFound, "", "Contact policy not found: "+string(ana))
}

func TestSamePolicyIsNotWrittenAgain(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	put(t, w, ana, "{}")
	before := len(entries(t, w))
	put(t, w, ana, "{}")
	policy(t, w, ana)
	same(t, "entries", before, len(entries(t, w)))
}

// Policies of the service share a contact with other accounts; here they are kept.
func TestPolicyGrantsNothing(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	put(t, w, ana, `{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}`)
	viewer := program
	viewer.Role = oncall.Viewer
	err := w.DeleteContact(t.Context(), viewer, ana)
	same(t, "kind", oncall.Denied, oncall.KindOf(err))
	put(t, w, ana, `{"Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}]}`)
	load(t, w, ana) // and takes nothing away
}
