package contacts_test

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
	for _, m := range w.WaitingMessages(t) {
		if m.Kind == oncall.ChangeNotice {
			list = append(list, fmt.Sprintf("%s %s: %s of %s is %s", m.Type, m.Content.To, m.Content.Channel, m.Content.Name, m.Content.Mask))
		}
	}
	slices.Sort(list)
	return list
}

func TestNewAddressKillsTheCodeAndGetsItsOwn(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	old := w.CodeMessage(t, arn)
	to := "+12065550100"
	c := oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "where its code is", oncall.CodeOnItsWay, c.Code.State(w.Now()))
	m := w.CodeMessage(t, arn)
	oncalltest.Same(t, "where it goes", to, m.Content.To)
	oncalltest.Same(t, "what waits to be sent", 1, len(w.WaitingMessages(t)))
	if m.Content.Code != old.Content.Code {
		isWrong(t, "the old code", oncalltest.EnterCode(t, w, arn, old.Content.Code))
	}
	_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, old.Content.Token)
	oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	if err := oncalltest.EnterCode(t, w, arn, m.Content.Code); err != nil {
		t.Error(err)
	}
}

func TestCodeOfTheOldAddressIsWrongEvenWithTheSameDigits(t *testing.T) {
	w := oncalltest.New(t, func(o *oncalltest.Options) { o.NewCode = func() string { return "271828" } })
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	oncalltest.Activate(t, w, arn)
	to := "+12065550100"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "state", oncall.NotActivated, oncalltest.LoadChannel(t, w, arn).State())
	back := "+15005550199"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &back})
	oncalltest.Same(t, "state at the old address again", oncall.NotActivated, oncalltest.LoadChannel(t, w, arn).State())
}

func TestDeferredChannelGetsNoCodeAtItsNewAddress(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "ana"), Address: "+15005550199", Defer: true})
	to := "+12065550100"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "what waits to be sent", 0, len(w.WaitingMessages(t)))
	oncalltest.Same(t, "where a code goes", to, func() string { oncalltest.SendCode(t, w, arn); return w.CodeMessage(t, arn).Content.To }())
}

func TestThoseWhomAnotherAddressMayConcernAreTold(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Name: "mobile", Address: "+15005550199"})
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Name: "desk", Type: oncall.Voice, Address: "+12065550100"})
	oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Name: "mail", Type: oncall.Email, Address: "Ana@Example.org"})
	ben := oncalltest.AddMobile(t, w, "ben", "+447911123456")
	for _, arn := range []oncall.ARN{sms, voice, ben} {
		oncalltest.Activate(t, w, arn)
	}
	to, name := "+15005550142", "work"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: sms, Name: &name})
	oncalltest.Same(t, "after another name", []string(nil), notices(t, w))
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: sms, Address: &to})
	oncalltest.Same(t, "after another address", []string{"SMS +15005550199: work of ana is +1 ••• ••• 0142", "VOICE +12065550100: work of ana is +1 ••• ••• 0142"}, notices(t, w))
	to = "+15005550143"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: sms, Address: &to})
	oncalltest.Same(t, "after the address of an inactive channel", 3, len(notices(t, w)))
	for _, m := range w.WaitingMessages(t) {
		if m.Kind == oncall.ChangeNotice && (m.Content.Code != "" || m.Content.Token != "" || m.Queue != oncall.ActivationQueue || !m.EndsAt.Equal(w.Now().Add(24*time.Hour))) {
			t.Errorf("notice %+v", m)
		}
	}
}

func TestNoticesToOneAddressAreBounded(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+12065550100"})
	oncalltest.Activate(t, w, voice)
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana@example.org"})
	for n := range 12 {
		to := fmt.Sprintf("ana%d@example.org", n)
		oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	}
	oncalltest.Same(t, "notices", 10, len(notices(t, w)))
	w.Clock.Pass(24 * time.Hour)
	to := "late@example.org"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	oncalltest.Same(t, "notices a day later", 11, len(notices(t, w)))
}

func TestNoNoticeGoesToANumberThatIsStopped(t *testing.T) {
	w := oncalltest.New(t)
	ana := oncalltest.AddPerson(t, w, "ana")
	sms := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	voice := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Voice, Address: "+15005550199"})
	mail := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Type: oncall.Email, Address: "ana@example.org"})
	for _, arn := range []oncall.ARN{sms, voice, mail} {
		oncalltest.Activate(t, w, arn)
	}
	to := "ana2@example.org"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	oncalltest.Same(t, "notices", 3, len(notices(t, w)))
	oncalltest.Reply(t, w, "STOP")
	oncalltest.Same(t, "notices after a STOP", 2, len(notices(t, w)))
	to = "ana3@example.org"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: mail, Address: &to})
	oncalltest.Same(t, "notices of another change", []string{"EMAIL ana@example.org: mobile of ana is a•••@example.org",
		"VOICE +15005550199: mobile of ana is a•••@example.org", "VOICE +15005550199: mobile of ana is a•••@example.org"}, notices(t, w))
}

func TestDeactivatedChannelNeedsANewCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	code := oncalltest.CodeOf(t, w, arn)
	if err := oncalltest.EnterCode(t, w, arn, code); err != nil {
		t.Fatal(err)
	}
	if err := w.DeactivateChannel(t.Context(), oncalltest.Program, arn); err != nil {
		t.Fatal(err)
	}
	c := oncalltest.LoadChannel(t, w, arn)
	oncalltest.Same(t, "code", oncall.Code{}, c.Code)
	oncalltest.Same(t, "reachability", oncall.Unreachable, c.Contact.Reachability)
	oncalltest.Same(t, "deactivated at", w.Now(), c.DeactivatedAt)
	isWrong(t, "the code that proved it", oncalltest.EnterCode(t, w, arn, code))
	if err := oncalltest.EnterCode(t, w, arn, oncalltest.SendCode(t, w, arn)); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "deactivated since it was last active", time.Time{}, oncalltest.LoadChannel(t, w, arn).DeactivatedAt)
}

func TestDeletedChannelLeavesNothingToSend(t *testing.T) {
	for what, remove := range map[string]func(*oncalltest.World, oncall.ARN) error{
		"channel": func(w *oncalltest.World, arn oncall.ARN) error {
			return w.DeleteChannel(t.Context(), oncalltest.Program, arn)
		},
		"contact": func(w *oncalltest.World, arn oncall.ARN) error {
			return w.DeleteContact(t.Context(), oncalltest.Program, w.Scope().Contact("ana"))
		},
	} {
		w := oncalltest.New(t)
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		token := w.CodeMessage(t, arn).Content.Token
		claimed := oncalltest.Claim(t, w, oncall.SMS)
		if err := remove(w, arn); err != nil {
			t.Fatal(err)
		}
		w.Clock.Pass(time.Hour)
		oncalltest.Same(t, what+": what is claimed", 0, len(oncalltest.Claim(t, w, oncall.SMS)))
		_, err1 := w.InvitationOf(t.Context(), token)
		_, err2 := w.ActivateByLink(t.Context(), oncalltest.Visitor, token)
		for _, err := range []error{err1, err2} {
			oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
		}
		for _, a := range []oncall.Attempt{{FailureReason: "no"}, {FailureReason: "no", Unsent: true}, {Reference: "late"}} {
			if err := w.RecordAttempt(t.Context(), claimed[0], a); err != nil {
				t.Errorf("%s: %+v: %v", what, a, err)
			}
		}
		w.Clock.Pass(24 * time.Hour)
		forget(t, w)
		if err := w.RecordAttempt(t.Context(), claimed[0], oncall.Attempt{}); err != nil {
			t.Errorf("%s, forgotten: %v", what, err)
		}
		err := w.Report(t.Context(), oncalltest.Visitor, oncall.Report{Message: claimed[0].ID, Kind: oncall.ReceiptSent})
		oncalltest.Same(t, what+": report", oncall.NotFound, oncall.KindOf(err))
	}
}
