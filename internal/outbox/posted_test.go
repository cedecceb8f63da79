package outbox_test

import (
	"slices"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/account"
	"callbook/internal/oncall"
)

func TestDispatcherIsToldOfWhatWasPosted(t *testing.T) {
	var told []string
	w := oncalltest.New(t, func(o *oncalltest.Options) {
		o.Mails = true
		o.OnPosted = func(c oncall.Queue, of oncall.ChannelType) { told = append(told, string(c)+" "+string(of)) }
	})
	u := oncalltest.AddUser(t, w, "eve@example.org", oncall.Viewer)
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199", Defer: true})
	told = nil
	for _, step := range []struct {
		name string
		do   func() error
		want string
	}{
		{"a channel", func() error {
			_, err := w.CreateChannel(t.Context(), oncalltest.Program, oncall.NewChannel{Contact: ana, Name: "n", Type: oncall.Email, Address: "ana@example.org"})
			return err
		}, "activation EMAIL"},
		{"a code", func() error { return w.SendActivationCode(t.Context(), oncalltest.Program, voice) }, "activation VOICE"},
		{"another address", func() error {
			to := "+12065550100"
			_, err := w.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: arn, Address: &to})
			return err
		}, "activation SMS"},
		{"a reset link", func() error { return w.MailResetLink(t.Context(), oncalltest.Admin, u.ID) }, "account EMAIL"},
		{"an invitation", func() error {
			_, _, err := w.InviteUser(t.Context(), oncalltest.Admin, account.NewUser{Email: "ben@example.org", Role: oncall.Viewer, Mail: true})
			return err
		}, "account EMAIL"},
		{"a forgotten password", func() error { return w.ForgotPassword(t.Context(), oncalltest.Visitor, "eve@example.org", "") }, "account EMAIL"},
		{"a test", func() error {
			_, err := w.SendTest(t.Context(), oncalltest.Admin, oncall.Voice, "+15005550199")
			return err
		}, "account VOICE"},
		{"new codes for all", func() error {
			w.Clock.Pass(2 * time.Hour)
			if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
				return err
			}
			_, err := w.ResendSome(t.Context())
			return err
		}, "activation VOICE"},
	} {
		told = nil
		if err := step.do(); err != nil {
			t.Fatalf("%s: %v", step.name, err)
		}
		if !slices.Contains(told, step.want) {
			t.Errorf("%s: the dispatcher was told of %q, want %q", step.name, told, step.want)
		}
	}
	told = nil
	if err := w.SendActivationCode(t.Context(), oncalltest.Program, arn); err == nil {
		t.Error("a code too soon")
	}
	oncalltest.Same(t, "told of what was refused", []string(nil), told)
}

func TestCodesAreDrawnFromAll(t *testing.T) {
	w := oncalltest.New(t)
	seen, first := map[string]bool{}, map[byte]bool{}
	oncalltest.AddCrowd(t, w, 300)
	for _, m := range w.WaitingMessages(t) {
		seen[m.Content.Code], first[m.Content.Code[0]] = true, true
	}
	if len(seen) < 295 || len(first) != 10 {
		t.Errorf("%d codes are %d, and begin with %d digits", 300, len(seen), len(first))
	}
}
