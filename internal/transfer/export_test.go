package transfer_test

import (
	"fmt"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// bookOf exports everything as lines.
func bookOf(t testing.TB, w *oncalltest.World, in transfer.ExportQuery) string {
	t.Helper()
	var b strings.Builder
	if err := w.Export(t.Context(), oncalltest.Admin, in, transfer.NewContactWriter(&b).Write); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportHoldsAllThatIsKept(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", DisplayName: "Ana Silva", Type: oncall.Personal, Tags: []oncall.Tag{{Key: "env", Value: "prod"}}})
	oncalltest.PutPolicy(t, w, ana, `{"a":1}`)
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199", Name: "mobile"})
	oncalltest.Activate(t, w, sms)
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "Ana@Example.org", Name: "mail", Defer: true})
	oncalltest.AddContact(t, w, oncall.NewContact{Alias: "team", Type: oncall.Escalation,
		Plan: oncall.Plan{Stages: []oncall.Stage{{DurationInMinutes: 1, Targets: []oncall.Target{{Contact: &oncall.ContactTarget{Contact: ana}}}}}}})
	const at = `"2026-11-22T03:00:00Z"`
	times := `"created_at":` + at + `,"updated_at":` + at
	want := fmt.Sprintf(`{"alias":"ana","arn":"%s","name":"Ana Silva","type":"PERSONAL","reachability":"reachable","plan":{},"policy":"{\"a\":1}","tags":{"env":"prod"},"channels":[`+
		`{"arn":"%s","name":"mobile","type":"SMS","masked_address":"+1 ••• ••• 0199",SMS"state":"active","activated_at":%s,%s},`+
		`{"arn":"%s","name":"mail","type":"EMAIL","masked_address":"a•••@example.org",MAIL"state":"deferred",%s}],%s}
{"alias":"team","arn":"%s","name":"","type":"ESCALATION","plan":{"Stages":[{"DurationInMinutes":1,"Targets":[{"ContactTargetInfo":{"ContactId":"%s","IsEssential":false}}]}]},"tags":{},"channels":[],%s}
`, ana, sms, at, times, mail, times, times, w.Scope().Contact("team"), ana, times)
	oncalltest.Same(t, "masked", strings.NewReplacer("SMS\"state", `"state`, "MAIL\"state", `"state`).Replace(want), bookOf(t, w, transfer.ExportQuery{}))
	oncalltest.Same(t, "in the clear", strings.NewReplacer("SMS\"state", `"address":"+15005550199","state`, "MAIL\"state", `"address":"Ana@Example.org","state`).Replace(want),
		bookOf(t, w, transfer.ExportQuery{Clear: true}))
	all := oncalltest.Entries(t, w)
	for i, addresses := range []string{"masked", "in the clear"} {
		e := all[len(all)-2+i]
		oncalltest.Same(t, "operation", oncall.ExportBook, e.Operation)
		oncalltest.Same(t, "changes", []oncall.AuditChange{{Field: oncall.FieldAddresses, After: addresses}}, e.Changes)
	}
}

func TestExportHasEveryContactOnceInOrder(t *testing.T) {
	w := oncalltest.New(t)
	var want []string
	for n := range 251 {
		want = append(want, fmt.Sprintf("p%03d", n))
		oncalltest.AddPerson(t, w, want[n])
	}
	var got []string
	err := w.Export(t.Context(), oncalltest.Admin, transfer.ExportQuery{}, func(e transfer.ContactRecord) error {
		got = append(got, e.Alias)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "aliases", want, got)
}
