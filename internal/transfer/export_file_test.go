package transfer_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
	"callbook/internal/transfer"
)

// lasting returns an export without times, proofs and policies.
func lasting(t *testing.T, export string) string {
	t.Helper()
	var out strings.Builder
	for line := range strings.Lines(export) {
		var x map[string]any
		if err := json.Unmarshal([]byte(line), &x); err != nil {
			t.Fatal(err)
		}
		for _, c := range x["channels"].([]any) {
			for _, key := range []string{"state", "activated_at", "created_at", "updated_at"} {
				delete(c.(map[string]any), key)
			}
		}
		for _, key := range []string{"reachability", "created_at", "updated_at", "policy"} {
			delete(x, key)
		}
		text, _ := json.Marshal(x)
		fmt.Fprintln(&out, string(text))
	}
	return out.String()
}

func importText(t *testing.T, w *oncalltest.World, text string) (transfer.Count, []transfer.RowResult) {
	t.Helper()
	file, err := transfer.NewFile(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var results []transfer.RowResult
	count, err := w.Import(t.Context(), oncalltest.Admin, transfer.Import{File: file, Defer: true}, func(r transfer.RowResult) error {
		results = append(results, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return count, results
}

func TestExportIsImported(t *testing.T) {
	from := oncalltest.New(t)
	ana := oncalltest.AddContact(t, from, oncall.NewContact{Alias: "ana", DisplayName: "Ana Silva", Type: oncall.Personal, Tags: []oncall.Tag{{Key: "env", Value: "prod"}, {Key: "team", Value: "sre"}}})
	sms := oncalltest.AddChannel(t, from, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.AddChannel(t, from, oncall.NewChannel{Contact: ana, Type: oncall.Email, Name: "mail", Address: "Ana@Example.org"})
	oncalltest.AddPerson(t, from, "ben")
	plan := oncall.Plan{Stages: []oncall.Stage{{DurationInMinutes: 5, Targets: []oncall.Target{
		{Channel: &oncall.ChannelTarget{Channel: sms}}, {Contact: &oncall.ContactTarget{Contact: ana, Essential: true}}}}}}
	oncalltest.AddContact(t, from, oncall.NewContact{Alias: "zz-team", DisplayName: "Team", Type: oncall.Escalation, Plan: plan})
	want := bookOf(t, from, transfer.ExportQuery{Clear: true})

	to := oncalltest.New(t)
	count, results := importText(t, to, want)
	if count.Contacts != 3 || count.Channels != 2 || count.Refused != 0 {
		t.Fatalf("imported %+v: %+v", count, results)
	}
	oncalltest.Same(t, "the export of the import", lasting(t, want), lasting(t, bookOf(t, to, transfer.ExportQuery{Clear: true})))

	again, _ := importText(t, to, want)
	if again.Contacts != 0 || again.Channels != 0 || again.Refused != 0 {
		t.Errorf("the same export again: got %+v, want nothing added", again)
	}
}

func TestExportWithoutAddressesIsRefusedByTheChannel(t *testing.T) {
	from := oncalltest.New(t)
	oncalltest.AddMobile(t, from, "ana", "+15005550199")
	to := oncalltest.New(t)
	count, results := importText(t, to, bookOf(t, from, transfer.ExportQuery{Clear: false}))
	if count.Contacts != 1 || count.Channels != 0 || count.Refused != 1 {
		t.Fatalf("imported %+v: %+v", count, results)
	}
	if got := results[1].Fields[0].Message; !strings.Contains(got, "callbook export --clear") {
		t.Errorf("the refusal says %q", got)
	}
}

func TestLineThatIsNoContactIsRefusedAlone(t *testing.T) {
	w := oncalltest.New(t)
	count, results := importText(t, w, `{"alias":"ana","type":"PERSONAL","plan":{}}`+"\n\n"+`{"alias":7}`+"\nnonsense\n"+`{"alias":"x y","type":"PERSONAL"}`+"\n")
	if count.Contacts != 1 || count.Refused != 3 {
		t.Fatalf("imported %+v: %+v", count, results)
	}
	for n, line := range []int{1, 3, 4, 5} {
		if results[n].Line != line {
			t.Errorf("result %d is about line %d, want %d", n, results[n].Line, line)
		}
	}
}

// An id of a channel that the contact has already is not taken: the channel gets its own.
func TestChannelsOfOneIDInAnExportAreTwo(t *testing.T) {
	w := oncalltest.New(t)
	arn := string(w.Scope().Channel("ana", "01a2038a-0000-7000-8000-000000000000"))
	line := fmt.Sprintf(`{"alias":"ana","type":"PERSONAL","channels":[{"arn":%q,"name":"a","type":"SMS","address":"+15005550199"},{"arn":%q,"name":"b","type":"SMS","address":"+12065550100"},{"arn":"x","name":"c","type":"SMS","address":"+12025550143"}]}`, arn, arn)
	count, results := importText(t, w, line)
	if count.Channels != 3 || count.Refused != 0 {
		t.Fatalf("imported %+v: %+v", count, results)
	}
	if got := oncalltest.ChannelsOf(t, w, w.Scope().Contact("ana")); string(got[0]) != arn {
		t.Errorf("channels %v, want the first to keep its id", got)
	}
}
