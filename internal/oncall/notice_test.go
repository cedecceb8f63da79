package oncall_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// notices returns where notices of changed addresses wait to go, in order, and
// what they say of the new one.
func notices(t testing.TB, w *oncalltest.World) []string {
	t.Helper()
	var list []string
	for _, m := range w.Outbox(t) {
		if m.Kind == oncall.ChangeNotice {
			list = append(list, fmt.Sprintf("%s %s: %s of %s is %s", m.Type, m.Content.To, m.Content.Channel, m.Content.Name, m.Content.Mask))
		}
	}
	slices.Sort(list)
	return list
}

func TestNewAddressKillsTheCodeAndGetsItsOwn(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	old := w.CodeMessage(t, arn)
	to := "+12065550100"
	c := changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "where its code is", oncall.CodeOnItsWay, c.Code.Where(w.Now()))
	m := w.CodeMessage(t, arn)
	same(t, "where it goes", to, m.Content.To)
	same(t, "what waits to be sent", 1, len(w.Outbox(t)))
	if m.Content.Code != old.Content.Code {
		isWrong(t, "the old code", enter(t, w, arn, old.Content.Code))
	}
	_, err := w.ActivateByLink(t.Context(), visitor, old.Content.Token)
	refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	if err := enter(t, w, arn, m.Content.Code); err != nil {
		t.Error(err)
	}
}

func TestCodeOfTheOldAddressIsWrongEvenWithTheSameDigits(t *testing.T) {
	w := oncalltest.New(t, func(o *oncall.Options) { o.NewCode = func() string { return "271828" } })
	arn := mobile(t, w, "ana", "+15005550199")
	activate(t, w, arn)
	to := "+12065550100"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "state", oncall.NotActivated, detail(t, w, arn).State())
	back := "+15005550199"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &back})
	same(t, "state at the old address again", oncall.NotActivated, detail(t, w, arn).State())
}

func TestDeferredChannelGetsNoCodeAtItsNewAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: person(t, w, "ana"), Address: "+15005550199", Defer: true})
	to := "+12065550100"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "what waits to be sent", 0, len(w.Outbox(t)))
	same(t, "where a code goes", to, func() string { send(t, w, arn); return w.CodeMessage(t, arn).Content.To }())
}

func TestThoseWhomAnotherAddressMayConcernAreTold(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	sms := channel(t, w, oncall.NewChannel{Contact: ana, Name: "mobile", Address: "+15005550199"})
	voice := channel(t, w, oncall.NewChannel{Contact: ana, Name: "desk", Type: oncall.Voice, Address: "+12065550100"})
	channel(t, w, oncall.NewChannel{Contact: ana, Name: "mail", Type: oncall.Email, Address: "Ana@Example.org"})
	ben := mobile(t, w, "ben", "+447911123456")
	for _, arn := range []oncall.ARN{sms, voice, ben} {
		activate(t, w, arn)
	}
	to, name := "+15005550142", "work"
	changed(t, w, oncall.ChannelChange{Channel: sms, Name: &name})
	same(t, "after another name", []string(nil), notices(t, w))
	changed(t, w, oncall.ChannelChange{Channel: sms, Address: &to})
	same(t, "after another address", []string{"SMS +15005550199: work of ana is +1 ••• ••• 0142", "VOICE +12065550100: work of ana is +1 ••• ••• 0142"}, notices(t, w))
	to = "+15005550143"
	changed(t, w, oncall.ChannelChange{Channel: sms, Address: &to})
	same(t, "after the address of an inactive channel", 3, len(notices(t, w)))
	for _, m := range w.Outbox(t) {
		if m.Kind == oncall.ChangeNotice && (m.Content.Code != "" || m.Content.Token != "" || m.Class != oncall.ActivationClass || !m.EndsAt.Equal(w.Now().Add(24*time.Hour))) {
			t.Errorf("notice %+v", m)
		}
	}
}

func TestNoticesToOneAddressAreBounded(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	voice := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+12065550100"})
	activate(t, w, voice)
	mail := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana@example.org"})
	for n := range 12 {
		to := fmt.Sprintf("ana%d@example.org", n)
		changed(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	}
	same(t, "notices", 10, len(notices(t, w)))
	w.Clock.Pass(24 * time.Hour)
	to := "late@example.org"
	changed(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	same(t, "notices a day later", 11, len(notices(t, w)))
}

func TestNoNoticeGoesToANumberThatIsStopped(t *testing.T) {
	w := oncalltest.New(t)
	ana := person(t, w, "ana")
	sms := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	voice := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	mail := channel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana@example.org"})
	for _, arn := range []oncall.ARN{sms, voice, mail} {
		activate(t, w, arn)
	}
	to := "ana2@example.org"
	changed(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	same(t, "notices", 3, len(notices(t, w)))
	reply(t, w, "STOP")
	same(t, "notices after a STOP", 2, len(notices(t, w)))
	to = "ana3@example.org"
	changed(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	same(t, "notices of another change", []string{"EMAIL ana@example.org: mobile of ana is a•••@example.org",
		"VOICE +15005550199: mobile of ana is a•••@example.org", "VOICE +15005550199: mobile of ana is a•••@example.org"}, notices(t, w))
}

func TestDeactivatedChannelNeedsANewCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	code := codeOf(t, w, arn)
	if err := enter(t, w, arn, code); err != nil {
		t.Fatal(err)
	}
	if err := w.DeactivateChannel(t.Context(), program, arn); err != nil {
		t.Fatal(err)
	}
	c := detail(t, w, arn)
	same(t, "code", oncall.Code{}, c.Code)
	same(t, "reachability", oncall.Unreachable, c.Contact.Reachability)
	same(t, "deactivated at", w.Now(), c.DeactivatedAt)
	isWrong(t, "the code that proved it", enter(t, w, arn, code))
	if err := enter(t, w, arn, send(t, w, arn)); err != nil {
		t.Fatal(err)
	}
	same(t, "deactivated since it was last active", time.Time{}, detail(t, w, arn).DeactivatedAt)
}

func TestDeletedChannelLeavesNothingToSend(t *testing.T) {
	for what, remove := range map[string]func(*oncalltest.World, oncall.ARN) error{
		"channel": func(w *oncalltest.World, arn oncall.ARN) error { return w.DeleteChannel(t.Context(), program, arn) },
		"contact": func(w *oncalltest.World, arn oncall.ARN) error {
			return w.DeleteContact(t.Context(), program, w.Scope().Contact("ana"))
		},
	} {
		w := oncalltest.New(t)
		arn := mobile(t, w, "ana", "+15005550199")
		token := w.CodeMessage(t, arn).Content.Token
		claimed := claim(t, w, oncall.SMS)
		if err := remove(w, arn); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(time.Hour)
		same(t, what+": what is claimed", 0, len(claim(t, w, oncall.SMS)))
		_, err1 := w.InvitationOf(t.Context(), token)
		_, err2 := w.ActivateByLink(t.Context(), visitor, token)
		for _, err := range []error{err1, err2} {
			refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
		}
		for _, a := range []oncall.Attempt{{Says: "no"}, {Says: "no", Unsent: true}, {Reference: "late"}} {
			if err := w.RecordAttempt(t.Context(), claimed[0], a); err != nil {
				t.Errorf("%s: %+v: %v", what, a, err)
			}
		}
		w.Clock.Pass(24 * time.Hour)
		forget(t, w)
		if err := w.RecordAttempt(t.Context(), claimed[0], oncall.Attempt{}); err != nil {
			t.Errorf("%s, forgotten: %v", what, err)
		}
		err := w.Report(t.Context(), visitor, oncall.Report{Message: claimed[0].ID, Kind: oncall.ReceiptSent})
		same(t, what+": report", oncall.NotFound, oncall.KindOf(err))
	}
}
