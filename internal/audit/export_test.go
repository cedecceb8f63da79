package audit_test

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/audit"
	"callbook/internal/oncall"
)

var exported = oncall.Entry{Seq: 7, At: time.Date(2026, 11, 22, 3, 0, 0, 5000, time.UTC), Door: oncall.API, Principal: "AKIA", Actor: "@ci",
	Operation: oncall.UpdateContactChannel, Outcome: oncall.Done, Resource: "arn:x", Contact: "-ana",
	Changes: []oncall.AuditChange{{Field: oncall.FieldAddress, Before: "+1 ••• 0199", After: "a & \"b\""}},
	Request: "=1+1", Client: "192.0.2.7", Key: 9, MAC: []byte{0xab, 0xcd}}

func written(t *testing.T, f audit.Format, entries ...oncall.Entry) string {
	t.Helper()
	var b strings.Builder
	w := audit.NewWriter(&b, f)
	for _, e := range entries {
		if err := w.Write(e); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestExportAsJSONLines(t *testing.T) {
	got := written(t, audit.JSONLines, exported, oncall.Entry{})
	want := `{"seq":7,"at":"2026-11-22T03:00:00.000005Z","door":"api","principal":"AKIA","actor":"@ci","action":"UpdateContactChannel","outcome":"done",` +
		`"resource":"arn:x","contact":"-ana","changes":[{"field":"address","before":"+1 ••• 0199","after":"a & \"b\""}],` +
		`"request":"=1+1","client":"192.0.2.7","key":9,"mac":"abcd"}` + "\n"
	first, second, _ := strings.Cut(got, "\n")
	oncalltest.Same(t, "first line", want, first+"\n")
	var empty map[string]any
	if err := json.Unmarshal([]byte(second), &empty); err != nil || len(empty) != 14 {
		t.Errorf("second line: got %s, %v", second, err)
	}
}

func TestExportAsCSVWithoutFormulas(t *testing.T) {
	odd := exported
	odd.Actor, odd.Contact, odd.Request, odd.Client = "\tx", "+1", "\r=1", "plain, \"quoted\"\nline"
	rows, err := csv.NewReader(strings.NewReader(written(t, audit.CSV, exported, odd))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	changes := `[{"field":"address","before":"+1 ••• 0199","after":"a \u0026 \"b\""}]`
	oncalltest.Same(t, "table", [][]string{
		{"seq", "at", "door", "principal", "actor", "action", "outcome", "resource", "contact", "changes", "request", "client", "key", "mac"},
		{"7", "2026-11-22T03:00:00.000005Z", "api", "AKIA", "'@ci", "UpdateContactChannel", "done", "arn:x", "'-ana", changes, "'=1+1", "192.0.2.7", "9", "abcd"},
		{"7", "2026-11-22T03:00:00.000005Z", "api", "AKIA", "'\tx", "UpdateContactChannel", "done", "arn:x", "'+1", changes, "'\r=1", "plain, \"quoted\"\nline", "9", "abcd"},
	}, rows)
	oncalltest.Same(t, "empty table", 1, strings.Count(written(t, audit.CSV), "\n"))
}
