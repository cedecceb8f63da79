package contacts_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func TestLinkShowsWhoAsksForWhatAndChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddContact(t, w, oncall.NewContact{Alias: "ana", DisplayName: "Ana Silva", Type: oncall.Personal}), Address: "+15005550199"})
	before, token := oncalltest.LoadChannel(t, w, arn), w.CodeMessage(t, arn).Content.Token
	for range 50 { // a scanner that follows links
		in, err := w.InvitationOf(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		oncalltest.Same(t, "invitation", contacts.Invitation{Name: "Ana Silva", AskedBy: "program", Channel: "mobile", Type: oncall.SMS, Mask: "+1 ••• ••• 0199", EndsAt: w.Now().Add(15 * time.Minute)}, in)
	}
	oncalltest.Same(t, "channel", before, oncalltest.LoadChannel(t, w, arn))
}

func TestLinkActivatesOnceEvenForManyAtOnce(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	if len(m.Content.Token) < 43 || m.Content.Token == m.Content.Code {
		t.Errorf("token %q", m.Content.Token)
	}
	errs := make([]error, 16)
	var all sync.WaitGroup
	for n := range errs {
		all.Go(func() { _, errs[n] = w.ActivateByLink(t.Context(), oncalltest.Visitor, m.Content.Token) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	}
	oncalltest.Same(t, "activations", 1, won)
	oncalltest.Same(t, "state", oncall.Active, oncalltest.LoadChannel(t, w, arn).State())
	oncalltest.Same(t, "trail", "ActivateContactChannel done +1 ••• ••• 0199 contact-channel/ana/"+oncalltest.LoadChannel(t, w, arn).ID, oncalltest.TrailLines(t, w)[0])
}

func TestLinkDiesWithItsCode(t *testing.T) {
	for what, end := range map[string]func(*oncalltest.World, oncall.ARN, string) error{
		"the code is entered": func(w *oncalltest.World, arn oncall.ARN, code string) error {
			return oncalltest.EnterCode(t, w, arn, code)
		},
		"it is used":     nil,
		"it has expired": func(w *oncalltest.World, _ oncall.ARN, _ string) error { w.Clock.Pass(15 * time.Minute); return nil },
		"it is replaced": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			w.Clock.Pass(time.Minute)
			return w.SendActivationCode(t.Context(), oncalltest.Program, arn)
		},
		"it is burnt": func(w *oncalltest.World, arn oncall.ARN, code string) error {
			for range 5 {
				_ = oncalltest.EnterCode(t, w, arn, oncalltest.OtherCode(code))
			}
			return nil
		},
		"the address is another": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			_, err := w.UpdateChannel(t.Context(), oncalltest.Program, oncall.ChannelChange{Channel: arn, Address: new("+12065550100")})
			return err
		},
		"the channel is deleted": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			return w.DeleteChannel(t.Context(), oncalltest.Program, arn)
		},
		"the contact is deleted": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			return w.DeleteContact(t.Context(), oncalltest.Program, w.Scope().Contact("ana"))
		},
		"the person replied STOP": func(w *oncalltest.World, arn oncall.ARN, _ string) error { oncalltest.Reply(t, w, "stop"); return nil },
		"it never was":            func(*oncalltest.World, oncall.ARN, string) error { return nil },
	} {
		w := oncalltest.New(t)
		arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
		m := w.CodeMessage(t, arn)
		token := m.Content.Token
		switch {
		case what == "it never was":
			token = "x" + token
		case end == nil:
			end = func(w *oncalltest.World, _ oncall.ARN, _ string) error {
				_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, token)
				return err
			}
		}
		if _, err := w.InvitationOf(t.Context(), m.Content.Token); err != nil {
			t.Fatalf("before %s: %v", what, err)
		}
		if err := end(w, arn, m.Content.Code); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		in, err1 := w.InvitationOf(t.Context(), token)
		used, err2 := w.ActivateByLink(t.Context(), oncalltest.Visitor, token)
		oncalltest.Same(t, what+": what is told", []contacts.Invitation{{}, {}}, []contacts.Invitation{in, used})
		for _, err := range []error{err1, err2} {
			oncalltest.Same[error](t, what, &oncall.Error{Kind: oncall.NotFound, Reason: oncall.DeadLink, Message: oncalltest.DeadLinkSentence}, err)
		}
	}
}

func TestCodeIsNoLinkAndALinkNoCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := oncalltest.AddMobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	for _, token := range []string{m.Content.Code, "", m.ID} {
		_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, token)
		oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	}
	isWrong(t, "a link", oncalltest.EnterCode(t, w, arn, m.Content.Token))
}

func TestTriesAtLinksAreBoundedByClient(t *testing.T) {
	w := oncalltest.New(t)
	token := w.CodeMessage(t, oncalltest.AddMobile(t, w, "ana", "+15005550199")).Content.Token
	for n := range 20 {
		_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, fmt.Sprint("guess ", n))
		oncalltest.WantRefusal(t, err, oncall.NotFound, oncall.DeadLink, oncalltest.DeadLinkSentence)
	}
	var waited time.Duration
	for n := range 5 {
		_, err := w.Over(w.Store).ActivateByLink(t.Context(), oncalltest.Visitor, fmt.Sprint("guess ", n))
		if oncall.KindOf(err) != oncall.Limited || oncall.RetryAfterOf(err) <= 0 {
			t.Fatalf("guess %d: got %v", 21+n, err)
		}
		waited += oncall.RetryAfterOf(err)
	}
	_, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, token)
	oncalltest.Same(t, "kind for the right one, too soon", oncall.Limited, oncall.KindOf(err))
	elsewhere := oncalltest.Visitor
	elsewhere.Client = "198.51.100.7"
	if _, err := w.ActivateByLink(t.Context(), elsewhere, token); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

func TestGoodLinksAreNotBounded(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 30 {
		token := w.CodeMessage(t, oncalltest.AddMobile(t, w, fmt.Sprint("a", n), fmt.Sprint("+15005550", 100+n))).Content.Token
		if _, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, token); err != nil {
			t.Fatalf("link %d: %v", n+1, err)
		}
	}
}
