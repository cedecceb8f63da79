package oncalltest

import (
	"testing"
	"time"

	"callbook/internal/oncall"
)

// Claim takes what is due of a type, for a minute.
func Claim(t testing.TB, w *World, of oncall.ChannelType) []oncall.Message {
	t.Helper()
	list, err := w.ClaimMessages(t.Context(), oncall.ActivationQueue, of, 100, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func RecordAttempt(t testing.TB, w *World, m oncall.Message, a oncall.Attempt) {
	t.Helper()
	if err := w.RecordAttempt(t.Context(), m, a); err != nil {
		t.Fatalf("attempt %+v: %v", a, err)
	}
}

func Report(t testing.TB, w *World, m oncall.Message, kind oncall.ReceiptKind, reference string) {
	t.Helper()
	if err := w.Report(t.Context(), Visitor, oncall.Report{Message: m.ID, Kind: kind, Provider: "P", Reference: reference, Detail: detailOf(kind)}); err != nil {
		t.Fatalf("report %s: %v", kind, err)
	}
}

func detailOf(kind oncall.ReceiptKind) string {
	if kind == oncall.ReceiptError {
		return "nobody there"
	}
	return ""
}

// MessageHistory returns what became of the newest message of a channel: its state, and
// its receipts.
func MessageHistory(t testing.TB, w *World, arn oncall.ARN) string {
	t.Helper()
	sent, err := w.Messages(t.Context(), Manager, arn)
	if err != nil || len(sent) == 0 {
		t.Fatalf("messages: %+v, %v", sent, err)
	}
	text := string(sent[0].State)
	for _, r := range sent[0].Receipts {
		text += " " + string(r.Kind)
	}
	return text
}

// Reply sends a text message back from +15005550199, by a provider that gives it no
// reference.
func Reply(t testing.TB, w *World, text string) string {
	t.Helper()
	answer, err := w.Reply(t.Context(), Visitor, oncall.Reply{From: "+15005550199", Text: text})
	if err != nil {
		t.Fatalf("reply %q: %v", text, err)
	}
	return answer
}
