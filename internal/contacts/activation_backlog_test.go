package contacts_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
)

func queue(t testing.TB, w *oncalltest.World, after string) contacts.ActivationBacklog {
	t.Helper()
	q, err := w.Activations(t.Context(), oncalltest.Manager, contacts.BacklogQuery{After: after})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueueHasEveryChannelThatIsNotActiveTheOldestFirst(t *testing.T) {
	w := oncalltest.New(t)
	arns := oncalltest.AddCrowd(t, w, 120)
	for _, alias := range []string{"p000", "p060", "p119"} {
		oncalltest.Activate(t, w, arns[alias])
	}
	var seen []string
	var sizes []int
	after := ""
	for {
		page := queue(t, w, after)
		oncalltest.Same(t, "total", 117, page.Total)
		sizes = append(sizes, len(page.Channels))
		for _, c := range page.Channels {
			oncalltest.Same(t, "whose it is", oncalltest.LoadContact(t, w, w.Scope().Contact(c.Alias)), c.Contact)
			oncalltest.Same(t, "channel", oncalltest.LoadChannel(t, w, c.ARN).Channel, c.Channel)
			seen = append(seen, c.Alias)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	oncalltest.Same(t, "sizes of the pages", []int{50, 50, 17}, sizes)
	if len(seen) != 117 || !slices.IsSorted(seen) || slices.Contains(seen, "p060") {
		t.Errorf("seen: %v", seen)
	}
	for _, token := range []string{"x", "bnVsbA", "W10", "!", "WyJhIl0"} {
		if _, err := w.Activations(t.Context(), oncalltest.Manager, contacts.BacklogQuery{After: token}); err != nil && oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestPageOfTheQueueThatEndsWithTheLastChannelIsTheLast(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddCrowd(t, w, 50)
	oncalltest.Same(t, "next page", "", queue(t, w, "").Next)
	oncalltest.Same(t, "the job before any", contacts.Resend{}, queue(t, w, "").Job)
}

func resendSome(t testing.TB, w *oncalltest.World) bool {
	t.Helper()
	more, err := w.ResendSome(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return more
}

func TestThoseWhoseCodeIsNoLongerGoodGetANewOne(t *testing.T) {
	w := oncalltest.New(t)
	arns := oncalltest.AddCrowd(t, w, 6)
	deferred := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: oncalltest.AddPerson(t, w, "deferred"), Address: "+12065550100", Defer: true})
	oncalltest.Activate(t, w, arns["p000"])
	code := oncalltest.CodeOf(t, w, arns["p001"])
	for range 5 {
		_ = oncalltest.EnterCode(t, w, arns["p001"], oncalltest.OtherCode(code))
	}
	oncalltest.Activate(t, w, arns["p002"]) // active, then not, and never had a code since
	if err := w.DeactivateChannel(t.Context(), oncalltest.Program, arns["p002"]); err != nil {
		t.Fatal(err)
	}
	for _, m := range oncalltest.Claim(t, w, oncall.SMS) {
		if w.Scope().Channel(m.Alias, m.Channel) == arns["p003"] {
			oncalltest.RecordAttempt(t, w, m, oncall.Attempt{FailureReason: "no"}) // another would go the same way
		}
	}
	w.Clock.Pass(14 * time.Minute)
	oncalltest.SendCode(t, w, arns["p004"]) // this one is good still, all others have expired
	w.Clock.Pass(5 * time.Minute)
	if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
		t.Fatal(err)
	}
	before := oncalltest.LoadChannel(t, w, arns["p004"])
	for resendSome(t, w) {
	}
	got := map[string]bool{}
	for _, m := range w.WaitingMessages(t) {
		got[m.Alias] = m.CreatedAt.Equal(w.Now())
	}
	oncalltest.Same(t, "who has a new code", map[string]bool{"p001": true, "p004": false, "p005": true}, got)
	oncalltest.Same(t, "code that is good still", before, oncalltest.LoadChannel(t, w, arns["p004"]))
	oncalltest.Same(t, "deferred", oncall.Code{}, oncalltest.LoadChannel(t, w, deferred).Code)
	job := queue(t, w, "").Job
	oncalltest.Same(t, "job", contacts.Resend{By: oncall.Actor{Door: oncalltest.Manager.Door, Principal: oncalltest.Manager.Principal, Name: oncalltest.Manager.Name, Role: oncalltest.Manager.Role},
		StartedAt: w.Now(), FinishedAt: w.Now(), Total: 6, Seen: 6, Sent: 2, At: job.At}, job)
	oncalltest.Same(t, "on record as done by", "SendActivationCode done manager@example.org", oncalltest.TrailLines(t, w)[0][:len("SendActivationCode done manager@example.org")])
}

func TestResendGoesOnAfterARestart(t *testing.T) {
	w := oncalltest.New(t)
	oncalltest.AddCrowd(t, w, 120)
	w.Clock.Pass(time.Hour)
	if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "more", true, resendSome(t, w))
	job := queue(t, w, "").Job
	oncalltest.Same(t, "progress", []int{120, 50, 50}, []int{job.Total, job.Seen, job.Sent})
	if err := w.ResendExpired(t.Context(), oncalltest.Program); err != nil { // while it is under way
		t.Fatal(err)
	}
	oncalltest.Same(t, "the job under way", job, queue(t, w, "").Job)
	w = w.Over(w.Store)
	oncalltest.Same(t, "more", true, resendSome(t, w))
	oncalltest.Same(t, "more", false, resendSome(t, w))
	oncalltest.Same(t, "more of a job that is done", false, resendSome(t, w))
	job = queue(t, w, "").Job
	oncalltest.Same(t, "progress", []int{120, 120, 120}, []int{job.Total, job.Seen, job.Sent})
	oncalltest.Same(t, "running", false, job.Running())
	oncalltest.Same(t, "what waits to be sent", 120, len(w.WaitingMessages(t)))
	if err := w.ResendExpired(t.Context(), oncalltest.Program); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "another one", true, queue(t, w, "").Job.Running())
}

func TestResendPassesOverThoseWhoMayGetNone(t *testing.T) {
	w := oncalltest.New(t)
	arns := oncalltest.AddCrowd(t, w, 3)
	oncalltest.SpendCodes(t, w, "+15005000001", 9)
	oncalltest.Reply(t, w, "STOP") // to another number
	if _, err := w.Reply(t.Context(), oncalltest.Visitor, oncall.Reply{From: "+15005000000", Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Pass(time.Hour)
	if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
		t.Fatal(err)
	}
	for resendSome(t, w) {
	}
	got := ""
	for alias := range arns {
		if oncalltest.LoadChannel(t, w, arns[alias]).Code.Out(w.Now()) {
			got += alias
		}
	}
	oncalltest.Same(t, "who has a new code", "p002", got)
	job := queue(t, w, "").Job
	oncalltest.Same(t, "progress", []int{12, 1}, []int{job.Seen, job.Sent})
}

func TestWhatCannotBeReadKeepsNobodyWaiting(t *testing.T) {
	w := oncalltest.New(t)
	arns := oncalltest.AddCrowd(t, w, 3)
	oncalltest.Exec(t, w, "UPDATE message SET content = substr(content, 1, 60) WHERE contact = 'p000'")
	oncalltest.Same(t, "claimed", 2, len(oncalltest.Claim(t, w, oncall.SMS)))
	oncalltest.Same(t, "message", "failed ERROR", oncalltest.MessageHistory(t, w, arns["p000"]))
	oncalltest.Same(t, "why", "its content cannot be read any more", oncalltest.LoadChannel(t, w, arns["p000"]).Code.FailureReason)
	oncalltest.Exec(t, w, "UPDATE channel SET address = substr(address, 1, 40) WHERE contact = 'p000'")
	w.Clock.Pass(time.Hour)
	if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
		t.Fatal(err)
	}
	oncalltest.Same(t, "more", false, resendSome(t, w))
	job := queue(t, w, "").Job
	oncalltest.Same(t, "progress", []int{3, 2}, []int{job.Seen, job.Sent})
}

// twice runs every function of Update a second time, as a store may.
type twice struct{ db.Transactor }

func (s twice) Update(ctx context.Context, fn func(db.Queries) error) error {
	_ = s.Transactor.Update(ctx, func(q db.Queries) error {
		if err := fn(q); err != nil {
			return err
		}
		return context.Canceled // it is undone
	})
	return s.Transactor.Update(ctx, fn)
}

func TestWhatIsRunTwiceIsDoneOnce(t *testing.T) {
	w := oncalltest.New(t)
	w = w.Over(twice{w.Store})
	ana := oncalltest.AddPerson(t, w, "ana")
	arn := oncalltest.AddChannel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	oncalltest.Same(t, "messages", 1, len(w.WaitingMessages(t)))
	code := oncalltest.CodeOf(t, w, arn)
	isWrong(t, "a wrong code", oncalltest.EnterCode(t, w, arn, oncalltest.OtherCode(code)))
	oncalltest.Same(t, "tries", 1, oncalltest.LoadChannel(t, w, arn).Code.Tries)
	m := oncalltest.Claim(t, w, oncall.SMS)
	oncalltest.Same(t, "claimed", 1, len(m))
	oncalltest.Same(t, "attempts", 1, m[0].Attempts)
	oncalltest.RecordAttempt(t, w, m[0], oncall.Attempt{Reference: "1"})
	oncalltest.Report(t, w, m[0], oncall.ReceiptDelivered, "1")
	oncalltest.Same(t, "message", "delivered SENT DELIVERED", oncalltest.MessageHistory(t, w, arn))
	oncalltest.SendCode(t, w, arn)
	w.Clock.Pass(oncall.CodeTTL)
	if next, err := w.ExpireCodes(t.Context(), 9); err != nil || !next.IsZero() {
		t.Errorf("next end: %v, %v", next, err)
	}
	if err := w.ResendExpired(t.Context(), oncalltest.Manager); err != nil {
		t.Fatal(err)
	}
	resendSome(t, w)
	job := queue(t, w, "").Job
	oncalltest.Same(t, "progress", []int{1, 1}, []int{job.Seen, job.Sent})
	oncalltest.Same(t, "answer", sayThanks, oncalltest.Reply(t, w, oncalltest.CodeOf(t, w, arn)))
	oncalltest.Same(t, "state", oncall.Active, oncalltest.LoadChannel(t, w, arn).State())
	to := "+12065550100"
	oncalltest.ChangeChannel(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	oncalltest.Same(t, "notices", 1, len(notices(t, w)))
	if _, err := w.ActivateByLink(t.Context(), oncalltest.Visitor, w.CodeMessage(t, arn).Content.Token); err != nil {
		t.Error(err)
	}
	lines := strings.Join(oncalltest.TrailLines(t, w), "\n")
	oncalltest.Same(t, "activations on record", 2, strings.Count(lines, "ActivateContactChannel done"))
}
