package oncall_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

func TestLinkShowsWhoAsksForWhatAndChangesNothing(t *testing.T) {
	w := oncalltest.New(t)
	arn := channel(t, w, oncall.NewChannel{Contact: contact(t, w, oncall.NewContact{Alias: "ana", DisplayName: "Ana Silva", Type: oncall.Personal}), Address: "+15005550199"})
	before, token := detail(t, w, arn), w.CodeMessage(t, arn).Content.Token
	for range 50 { // a scanner that follows links
		in, err := w.InvitationOf(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "invitation", oncall.Invitation{Name: "Ana Silva", AskedBy: "program", Channel: "mobile", Type: oncall.SMS, Mask: "+1 ••• ••• 0199", EndsAt: w.Now().Add(15 * time.Minute)}, in)
	}
	same(t, "channel", before, detail(t, w, arn))
}

func TestLinkActivatesOnceEvenForManyAtOnce(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	if len(m.Content.Token) < 43 || m.Content.Token == m.Content.Code {
		t.Errorf("token %q", m.Content.Token)
	}
	errs := make([]error, 16)
	var all sync.WaitGroup
	for n := range errs {
		all.Go(func() { _, errs[n] = w.ActivateByLink(t.Context(), visitor, m.Content.Token) })
	}
	all.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
			continue
		}
		refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	}
	same(t, "activations", 1, won)
	same(t, "state", oncall.Active, detail(t, w, arn).State())
	same(t, "trail", "ActivateContactChannel done +1 ••• ••• 0199 contact-channel/ana/"+detail(t, w, arn).ID, trail(t, w)[0])
}

func TestLinkDiesWithItsCode(t *testing.T) {
	for what, end := range map[string]func(*oncalltest.World, oncall.ARN, string) error{
		"the code is entered": func(w *oncalltest.World, arn oncall.ARN, code string) error { return enter(t, w, arn, code) },
		"it is used":          nil,
		"it has expired":      func(w *oncalltest.World, _ oncall.ARN, _ string) error { w.Clock.Pass(15 * time.Minute); return nil },
		"it is replaced": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			w.Clock.Pass(time.Minute)
			return w.SendActivationCode(t.Context(), program, arn)
		},
		"it is burnt": func(w *oncalltest.World, arn oncall.ARN, code string) error {
			for range 5 {
				_ = enter(t, w, arn, another(code))
			}
			return nil
		},
		"the address is another": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			_, err := w.UpdateChannel(t.Context(), program, oncall.ChannelChange{Channel: arn, Address: new("+12065550100")})
			return err
		},
		"the channel is deleted": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			return w.DeleteChannel(t.Context(), program, arn)
		},
		"the contact is deleted": func(w *oncalltest.World, arn oncall.ARN, _ string) error {
			return w.DeleteContact(t.Context(), program, w.Scope().Contact("ana"))
		},
		"the person replied STOP": func(w *oncalltest.World, arn oncall.ARN, _ string) error { reply(t, w, "stop"); return nil },
		"it never was":            func(*oncalltest.World, oncall.ARN, string) error { return nil },
	} {
		w := oncalltest.New(t)
		arn := mobile(t, w, "ana", "+15005550199")
		m := w.CodeMessage(t, arn)
		token := m.Content.Token
		switch {
		case what == "it never was":
			token = "x" + token
		case end == nil:
			end = func(w *oncalltest.World, _ oncall.ARN, _ string) error {
				_, err := w.ActivateByLink(t.Context(), visitor, token)
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
		used, err2 := w.ActivateByLink(t.Context(), visitor, token)
		same(t, what+": what is told", []oncall.Invitation{{}, {}}, []oncall.Invitation{in, used})
		for _, err := range []error{err1, err2} {
			same[error](t, what, &oncall.Error{Kind: oncall.NotFound, Reason: oncall.DeadLink, Message: sayDeadLink}, err)
		}
	}
}

func TestCodeIsNoLinkAndALinkNoCode(t *testing.T) {
	w := oncalltest.New(t)
	arn := mobile(t, w, "ana", "+15005550199")
	m := w.CodeMessage(t, arn)
	for _, token := range []string{m.Content.Code, "", m.ID} {
		_, err := w.ActivateByLink(t.Context(), visitor, token)
		refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	}
	isWrong(t, "a link", enter(t, w, arn, m.Content.Token))
}

func TestTriesAtLinksAreBoundedByClient(t *testing.T) {
	w := oncalltest.New(t)
	token := w.CodeMessage(t, mobile(t, w, "ana", "+15005550199")).Content.Token
	for n := range 20 {
		_, err := w.ActivateByLink(t.Context(), visitor, fmt.Sprint("guess ", n))
		refused(t, err, oncall.NotFound, oncall.DeadLink, sayDeadLink)
	}
	var waited time.Duration
	for n := range 5 {
		_, err := w.Over(w.Store).ActivateByLink(t.Context(), visitor, fmt.Sprint("guess ", n))
		if oncall.KindOf(err) != oncall.Limited || oncall.RetryAfterOf(err) <= 0 {
			t.Fatalf("guess %d: got %v", 21+n, err)
		}
		waited += oncall.RetryAfterOf(err)
	}
	_, err := w.ActivateByLink(t.Context(), visitor, token)
	same(t, "kind for the right one, too soon", oncall.Limited, oncall.KindOf(err))
	elsewhere := visitor
	elsewhere.Client = "198.51.100.7"
	if _, err := w.ActivateByLink(t.Context(), elsewhere, token); err != nil {
		t.Errorf("from elsewhere: %v", err)
	}
}

func TestGoodLinksAreNotBounded(t *testing.T) {
	w := oncalltest.New(t)
	for n := range 30 {
		token := w.CodeMessage(t, mobile(t, w, fmt.Sprint("a", n), fmt.Sprint("+15005550", 100+n))).Content.Token
		if _, err := w.ActivateByLink(t.Context(), visitor, token); err != nil {
			t.Fatalf("link %d: %v", n+1, err)
		}
	}
}
