package oncall_test

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"callbook/db/oncalltest"
	"callbook/internal/oncall"
)

// crowd adds people with one channel each, a second apart, and returns the
// channels by alias.
func crowd(t testing.TB, w *oncalltest.World, n int) map[string]oncall.ARN {
	t.Helper()
	arns := map[string]oncall.ARN{}
	for i := range n {
		alias := fmt.Sprintf("p%03d", i)
		arns[alias] = mobile(t, w, alias, fmt.Sprintf("+15005%06d", i))
		w.Clock.Pass(time.Second)
	}
	return arns
}

func queue(t testing.TB, w *oncalltest.World, after string) oncall.Queue {
	t.Helper()
	q, err := w.Activations(t.Context(), manager, after)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func TestQueueHasEveryChannelThatIsNotActiveTheOldestFirst(t *testing.T) {
	w := oncalltest.New(t)
	arns := crowd(t, w, 120)
	for _, alias := range []string{"p000", "p060", "p119"} {
		activate(t, w, arns[alias])
	}
	var seen []string
	var sizes []int
	after := ""
	for {
		page := queue(t, w, after)
		same(t, "total", 117, page.Total)
		sizes = append(sizes, len(page.Channels))
		for _, c := range page.Channels {
			same(t, "whose it is", load(t, w, w.Scope().Contact(c.Alias)), c.Contact)
			same(t, "channel", detail(t, w, c.ARN).Channel, c.Channel)
			seen = append(seen, c.Alias)
		}
		if after = page.Next; after == "" {
			break
		}
	}
	same(t, "sizes of the pages", []int{50, 50, 17}, sizes)
	if len(seen) != 117 || !slices.IsSorted(seen) || slices.Contains(seen, "p060") {
		t.Errorf("seen: %v", seen)
	}
	for _, token := range []string{"x", "bnVsbA", "W10", "!", "WyJhIl0"} {
		if _, err := w.Activations(t.Context(), manager, token); err != nil && oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("token %q: %v", token, err)
		}
	}
}

func TestPageOfTheQueueThatEndsWithTheLastChannelIsTheLast(t *testing.T) {
	w := oncalltest.New(t)
	crowd(t, w, 50)
	same(t, "next page", "", queue(t, w, "").Next)
	same(t, "the job before any", oncall.Resend{}, queue(t, w, "").Job)
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
	arns := crowd(t, w, 6)
	deferred := channel(t, w, oncall.NewChannel{Contact: person(t, w, "deferred"), Address: "+12065550100", Defer: true})
	activate(t, w, arns["p000"])
	code := codeOf(t, w, arns["p001"])
	for range 5 {
		_ = enter(t, w, arns["p001"], another(code))
	}
	activate(t, w, arns["p002"]) // active, then not, and never had a code since
	if err := w.DeactivateChannel(t.Context(), program, arns["p002"]); err != nil {
		t.Fatal(err)
	}
	for _, m := range claim(t, w, oncall.SMS) {
		if w.Scope().Channel(m.Alias, m.Channel) == arns["p003"] {
			record(t, w, m, oncall.Attempt{Says: "no"}) // another would go the same way
		}
	}
	w.Clock.Pass(14 * time.Minute)
	send(t, w, arns["p004"]) // this one is good still, all others have expired
	w.Clock.Pass(5 * time.Minute)
	if err := w.ResendExpired(t.Context(), manager); err != nil {
		t.Fatal(err)
	}
	before := detail(t, w, arns["p004"])
	for resendSome(t, w) {
	}
	got := map[string]bool{}
	for _, m := range w.Outbox(t) {
		got[m.Alias] = m.CreatedAt.Equal(w.Now())
	}
	same(t, "who has a new code", map[string]bool{"p001": true, "p004": false, "p005": true}, got)
	same(t, "code that is good still", before, detail(t, w, arns["p004"]))
	same(t, "deferred", oncall.Code{}, detail(t, w, deferred).Code)
	job := queue(t, w, "").Job
	same(t, "job", oncall.Resend{By: oncall.Actor{Door: manager.Door, Principal: manager.Principal, Name: manager.Name, Role: manager.Role},
		StartedAt: w.Now(), FinishedAt: w.Now(), Total: 6, Seen: 6, Sent: 2, At: job.At}, job)
	same(t, "on record as done by", "SendActivationCode done manager@example.org", trail(t, w)[0][:len("SendActivationCode done manager@example.org")])
}

func TestResendGoesOnAfterARestart(t *testing.T) {
	w := oncalltest.New(t)
	crowd(t, w, 120)
	w.Clock.Pass(time.Hour)
	if err := w.ResendExpired(t.Context(), manager); err != nil {
		t.Fatal(err)
	}
	same(t, "more", true, resendSome(t, w))
	job := queue(t, w, "").Job
	same(t, "progress", []int{120, 50, 50}, []int{job.Total, job.Seen, job.Sent})
	if err := w.ResendExpired(t.Context(), program); err != nil { // while it is under way
		t.Fatal(err)
	}
	same(t, "the job under way", job, queue(t, w, "").Job)
	w = w.Over(w.Store)
	same(t, "more", true, resendSome(t, w))
	same(t, "more", false, resendSome(t, w))
	same(t, "more of a job that is done", false, resendSome(t, w))
	job = queue(t, w, "").Job
	same(t, "progress", []int{120, 120, 120}, []int{job.Total, job.Seen, job.Sent})
	same(t, "running", false, job.Running())
	same(t, "what waits to be sent", 120, len(w.Outbox(t)))
	if err := w.ResendExpired(t.Context(), program); err != nil {
		t.Fatal(err)
	}
	same(t, "another one", true, queue(t, w, "").Job.Running())
}

func TestResendPassesOverThoseWhoMayGetNone(t *testing.T) {
	w := oncalltest.New(t)
	arns := crowd(t, w, 3)
	spend(t, w, "+15005000001", 9)
	reply(t, w, "STOP") // to another number
	if _, err := w.Reply(t.Context(), visitor, oncall.Reply{From: "+15005000000", Text: "STOP"}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Pass(time.Hour)
	if err := w.ResendExpired(t.Context(), manager); err != nil {
		t.Fatal(err)
	}
	for resendSome(t, w) {
	}
	got := ""
	for alias := range arns {
		if detail(t, w, arns[alias]).Code.Out(w.Now()) {
			got += alias
		}
	}
	same(t, "who has a new code", "p002", got)
	job := queue(t, w, "").Job
	same(t, "progress", []int{12, 1}, []int{job.Seen, job.Sent})
}

// damage changes what is stored of somebody, as a bad disk would.
func damage(t testing.TB, w *oncalltest.World, statement string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+w.Path+"?_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	if r, err := pool.Exec(statement); err != nil {
		t.Fatal(err)
	} else if n, err := r.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%s: %d rows, %v", statement, n, err)
	}
}

func TestWhatCannotBeReadKeepsNobodyWaiting(t *testing.T) {
	w := oncalltest.New(t)
	arns := crowd(t, w, 3)
	damage(t, w, "UPDATE message SET content = substr(content, 1, 60) WHERE contact = 'p000'")
	same(t, "claimed", 2, len(claim(t, w, oncall.SMS)))
	same(t, "message", "failed ERROR", became(t, w, arns["p000"]))
	same(t, "why", "what it was to say cannot be read any more", detail(t, w, arns["p000"]).Code.Says)
	damage(t, w, "UPDATE channel SET address = substr(address, 1, 40) WHERE contact = 'p000'")
	w.Clock.Pass(time.Hour)
	if err := w.ResendExpired(t.Context(), manager); err != nil {
		t.Fatal(err)
	}
	same(t, "more", false, resendSome(t, w))
	job := queue(t, w, "").Job
	same(t, "progress", []int{3, 2}, []int{job.Seen, job.Sent})
}

// twice runs every function of Update a second time, as a store may.
type twice struct{ oncall.Store }

func (s twice) Update(ctx context.Context, fn func(oncall.Queries) error) error {
	_ = s.Store.Update(ctx, func(q oncall.Queries) error {
		if err := fn(q); err != nil {
			return err
		}
		return context.Canceled // it is undone
	})
	return s.Store.Update(ctx, fn)
}

func TestWhatIsRunTwiceIsDoneOnce(t *testing.T) {
	w := oncalltest.New(t)
	w = w.Over(twice{w.Store})
	ana := person(t, w, "ana")
	arn := channel(t, w, oncall.NewChannel{Contact: ana, Address: "+15005550199"})
	same(t, "messages", 1, len(w.Outbox(t)))
	code := codeOf(t, w, arn)
	isWrong(t, "a wrong code", enter(t, w, arn, another(code)))
	same(t, "tries", 1, detail(t, w, arn).Code.Tries)
	m := claim(t, w, oncall.SMS)
	same(t, "claimed", 1, len(m))
	same(t, "attempts", 1, m[0].Attempts)
	record(t, w, m[0], oncall.Attempt{Reference: "1"})
	report(t, w, m[0], oncall.ReceiptDelivered, "1")
	same(t, "message", "delivered SENT DELIVERED", became(t, w, arn))
	send(t, w, arn)
	w.Clock.Pass(oncall.CodeKeep)
	if next, err := w.ExpireCodes(t.Context(), 9); err != nil || !next.IsZero() {
		t.Errorf("next end: %v, %v", next, err)
	}
	if err := w.ResendExpired(t.Context(), manager); err != nil {
		t.Fatal(err)
	}
	resendSome(t, w)
	job := queue(t, w, "").Job
	same(t, "progress", []int{1, 1}, []int{job.Seen, job.Sent})
	same(t, "answer", sayThanks, reply(t, w, codeOf(t, w, arn)))
	same(t, "state", oncall.Active, detail(t, w, arn).State())
	to := "+12065550100"
	changed(t, w, oncall.ChannelChange{Channel: arn, Address: &to})
	same(t, "notices", 1, len(notices(t, w)))
	if _, err := w.ActivateByLink(t.Context(), visitor, w.CodeMessage(t, arn).Content.Token); err != nil {
		t.Error(err)
	}
	lines := strings.Join(trail(t, w), "\n")
	same(t, "activations on record", 2, strings.Count(lines, "ActivateContactChannel done"))
}
