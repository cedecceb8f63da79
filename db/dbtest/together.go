package dbtest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"callbook/db"
	"callbook/db/oncalltest"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/contacts"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// Together tests what two processes that have the same store open may rely on. openTwo returns
// an empty store twice, as two processes open it, and closes both when their test ends. Each
// fact holds for any number of processes.
func Together(t *testing.T, openTwo func(t testing.TB) (a, b db.Transactor)) {
	for _, fact := range togetherFacts {
		t.Run(fact.name, func(t *testing.T) {
			a, b := openTwo(t)
			p := &passwords{}
			fact.check(t, pair{newProcess(a, p), newProcess(b, p), p})
		})
	}
}

// process is one of the two: its open store and the rooms on it.
type process struct {
	store
	*oncalltest.Rooms
}

// scope, digits and the limit of codes are the same in both processes.
var scope = oncall.Scope{Region: "us-east-2", Account: "111122223333"}

const (
	digits       = "999999"
	codesPerHour = 20
)

func newProcess(s db.Transactor, p account.Passwords) process {
	return process{store{s}, oncalltest.NewRooms(s, oncalltest.Options{Scope: scope, Passwords: p, Limits: outbox.Limits{PerHour: codesPerHour},
		Now: func() time.Time { return start }, NewCode: func() string { return digits }})}
}

// pair is two processes with the same passwords.
type pair struct {
	a, b      process
	passwords *passwords
}

// each calls a function n times concurrently, on the two processes in turn. It returns how
// often that succeeded, and fails the test for an unexpected error.
func (p pair) each(t *testing.T, n int, do func(p process, i int) error, expected func(error) bool) (succeeded int) {
	t.Helper()
	var all sync.WaitGroup
	var done atomic.Int64
	begin := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-begin
			err := do([]process{p.a, p.b}[i%2], i)
			switch {
			case err == nil:
				done.Add(1)
			case expected == nil || !expected(err):
				t.Errorf("%d: got error %v", i, err)
			}
		})
	}
	close(begin)
	all.Wait()
	return int(done.Load())
}

// of returns a function that expects an error of a kind.
func of(kind oncall.Kind) func(error) bool {
	return func(err error) bool { return oncall.KindOf(err) == kind }
}

// passwords stores them in the clear and counts how often one was compared.
type passwords struct{ compared atomic.Int64 }

func (*passwords) Hash(_ context.Context, text string) (string, error) { return text, nil }

func (p *passwords) Verify(_ context.Context, hashed, text string) (bool, error) {
	p.compared.Add(1)
	return hashed == text, nil
}

func (p *passwords) VerifyDummy(context.Context, string) error { p.compared.Add(1); return nil }

func (*passwords) Check(string, ...string) error { return nil }

var (
	boss   = oncall.Actor{Door: oncall.Command, Principal: "boss", Name: "boss", Role: oncall.Admin}
	caller = oncall.Actor{Door: oncall.Browser, Client: "192.0.2.7"}
)

var togetherFacts = []togetherFact{
	{"UpdateSeesWhatWasAcknowledgedBefore", func(t *testing.T, p pair) {
		for n := range 20 {
			writer, reader := p.a, p.b
			if n%2 == 1 {
				writer, reader = p.b, p.a
			}
			alias := fmt.Sprint("n", n)
			writer.add(t, person(alias, ""))
			reader.update(t, func(q db.Queries) error {
				_, err := q.Contact(alias)
				return err
			})
		}
	}},
	{"UpdatesRunOneAfterAnother", func(t *testing.T, p pair) {
		p.a.update(t, func(q db.Queries) error { return q.SetResend(contacts.Resend{By: boss, StartedAt: start}) })
		p.each(t, 100, func(p process, _ int) error {
			return p.Update(t.Context(), func(q db.Queries) error {
				r, err := q.Resend()
				r.Seen++
				return errors.Join(err, q.SetResend(r))
			})
		}, nil)
		same(t, "steps of a job that both have counted", 100, ask(t, p.a.store, db.Queries.Resend).Seen)
	}},
	{"OneOfTwoChangesFromOneVersionIsWritten", func(t *testing.T, p pair) {
		p.a.add(t, person("ana", "Ana"))
		written := p.each(t, 2, func(p process, i int) error {
			return p.once(t, func(q db.Queries) (bool, error) { return q.UpdateContact(person("ana", fmt.Sprint("Ana ", i))) })
		}, isTaken)
		same(t, "changes that were written", 1, written)
	}},
	{"OneOfTwoContactsGetsTheAlias", func(t *testing.T, p pair) {
		made := p.each(t, 8, func(p process, i int) error {
			_, err := p.CreateContact(t.Context(), boss, oncall.NewContact{Alias: "ana", DisplayName: fmt.Sprint(i), Type: oncall.Personal})
			return err
		}, of(oncall.Conflict))
		same(t, "contacts made", 1, made)
		same(t, "counts", []int{1, 0, 0, 0}, p.b.counts(t))
	}},
	{"SameTokenMakesOneChannel", func(t *testing.T, p pair) {
		p.a.add(t, person("ana", ""))
		var arns sync.Map
		p.each(t, 8, func(p process, _ int) error {
			arn, err := p.CreateChannel(t.Context(), boss, newSMS("ana", "+15005550100"))
			arns.Store(arn, true)
			return err
		}, nil)
		n := 0
		arns.Range(func(any, any) bool { n++; return true })
		same(t, "ARNs that both were told, and channels", []int{1, 1}, []int{n, len(p.b.channels(t, "ana"))})
	}},
	{"OfAllGuessesFiveAreCompared", func(t *testing.T, p pair) {
		p.a.add(t, person("ana", ""))
		arn, err := p.a.CreateChannel(t.Context(), boss, newSMS("ana", "+15005550100"))
		if err != nil {
			t.Fatal(err)
		}
		guessing := pair{a: p.a.comparing(), b: p.b.comparing()}
		guessing.each(t, 16, func(p process, i int) error {
			for n := range 1000 {
				if err := p.ActivateChannel(t.Context(), boss, arn, fmt.Sprintf("%06d", 1000*i+n)); oncall.KindOf(err) != oncall.Invalid {
					return fmt.Errorf("guess: got %w", err)
				}
			}
			return nil
		}, nil)
		compared := guessing.a.Transactor.(*comparing).compared.Load() + guessing.b.Transactor.(*comparing).compared.Load()
		same(t, "comparisons", int64(5), compared)
		if err := p.a.ActivateChannel(t.Context(), boss, arn, digits); oncall.KindOf(err) != oncall.Invalid {
			t.Errorf("the right code, too late: got %v", err)
		}
	}},
	{"CodeTriesAreCountedOneByOne", func(t *testing.T, p pair) {
		p.a.add(t, person("ana", ""), coded(sms("ana", "one", "+15005550100"), "111111"))
		before := p.a.channels(t, "ana")[0].Code.Tries
		p.each(t, 20, func(p process, _ int) error {
			return p.Update(t.Context(), func(q db.Queries) error {
				_, err := q.CountCodeTry("ana", "one")
				return err
			})
		}, nil)
		same(t, "tries", before+20, p.b.channels(t, "ana")[0].Code.Tries)
	}},
	{"OfManySignInsFiveAreCompared", func(t *testing.T, p pair) {
		if _, err := p.a.AddUser(t.Context(), boss, account.NewUser{Email: "ana@example.org", Role: oncall.Admin}, "the right password"); err != nil {
			t.Fatal(err)
		}
		p.each(t, 16, func(p process, _ int) error {
			_, err := p.SignIn(t.Context(), caller, account.Credentials{Email: "ana@example.org", Password: "a wrong password"})
			return err
		}, func(err error) bool {
			return oncall.KindOf(err) == oncall.Denied || oncall.KindOf(err) == oncall.Limited
		})
		same(t, "comparisons", int64(5), p.passwords.compared.Load())
	}},
	{"FailedSignInsAreCountedOneByOne", func(t *testing.T, p pair) {
		p.each(t, 20, func(p process, _ int) error {
			return p.Update(t.Context(), func(q db.Queries) error { return q.CountFailedSignIn("name", start) })
		}, nil)
		same(t, "tries", 20, ask(t, p.b.store, func(q db.Queries) (access.FailedSignIns, error) { return q.FailedSignIns("name", start) }).Count)
	}},
	{"LinkIsTakenOnce", func(t *testing.T, p pair) {
		p.a.add(t, member("ana", oncall.Viewer), link("l", "ana"))
		taken := p.each(t, 8, func(p process, _ int) error {
			return p.Update(t.Context(), func(q db.Queries) error {
				_, err := q.TakeLink([]byte("l"), start)
				return err
			})
		}, isMissing)
		same(t, "how often it was taken", 1, taken)
	}},
	{"CeremonyIsTakenOnce", func(t *testing.T, p pair) {
		p.a.update(t, func(q db.Queries) error {
			return q.InsertCeremony([]byte("c"), "kind", []byte("data"), start.Add(time.Hour))
		})
		taken := p.each(t, 8, func(p process, _ int) error {
			return p.Update(t.Context(), func(q db.Queries) error {
				_, err := q.TakeCeremony([]byte("c"), "kind", start)
				return err
			})
		}, isMissing)
		same(t, "how often it was taken", 1, taken)
	}},
	{"ThereIsOneFirstAdmin", func(t *testing.T, p pair) {
		token, err := p.a.NewSetUpLink(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		made := p.each(t, 4, func(p process, i int) error {
			_, err := p.SetUp(t.Context(), caller, account.FirstAdmin{Token: token, Email: fmt.Sprintf("a%d@example.org", i), Password: "a good password"})
			return err
		}, func(err error) bool {
			return oncall.KindOf(err) == oncall.NotFound || oncall.KindOf(err) == oncall.Conflict
		})
		same(t, "first admins, and users", []int{1, 1}, []int{made, len(users(t, p.b))})
	}},
	{"OneOfTwoAdminsStays", func(t *testing.T, p pair) {
		ana, ben := member("ana", oncall.Admin), member("ben", oncall.Admin)
		ana.HasPassword, ben.HasPassword = true, true
		p.a.add(t, ana, ben)
		viewer, admin := oncall.Viewer, oncall.Admin
		for range 5 {
			demoted := p.each(t, 2, func(p process, i int) error {
				_, err := p.UpdateUser(t.Context(), boss, account.UserChange{User: []string{"ana", "ben"}[i], Role: &viewer})
				return err
			}, of(oncall.Conflict))
			same(t, "admins who were demoted", 1, demoted)
			for _, id := range []string{"ana", "ben"} {
				if _, err := p.a.UpdateUser(t.Context(), boss, account.UserChange{User: id, Role: &admin}); err != nil {
					t.Fatal(err)
				}
			}
		}
	}},
	{"ContactWithoutAnActiveChannelIsUnreachable", func(t *testing.T, p pair) {
		for n := range 5 {
			alias := fmt.Sprint("n", n)
			p.a.add(t, person(alias, ""))
			var arns []oncall.ARN
			for i := range 2 {
				arn, err := p.a.CreateChannel(t.Context(), boss, newSMS(alias, fmt.Sprintf("+150055501%d%d", n, i)))
				if err != nil {
					t.Fatal(err)
				}
				if err := p.b.ActivateChannel(t.Context(), boss, arn, digits); err != nil {
					t.Fatal(err)
				}
				arns = append(arns, arn)
			}
			same(t, "before", oncall.Reachable, p.a.contact(t, alias).Reachability)
			p.each(t, 2, func(p process, i int) error { return p.DeactivateChannel(t.Context(), boss, arns[i]) }, nil)
			same(t, "after", oncall.Unreachable, p.a.contact(t, alias).Reachability)
		}
	}},
	{"ContactHasAtMostAHundredChannels", func(t *testing.T, p pair) {
		p.a.add(t, person("ana", ""))
		p.a.update(t, func(q db.Queries) error {
			for n := range 95 {
				if err := insert(q, sms("ana", fmt.Sprint(n), fmt.Sprintf("+150055502%02d", n))); err != nil {
					return err
				}
			}
			return nil
		})
		made := p.each(t, 16, func(p process, i int) error {
			in := newSMS("ana", fmt.Sprintf("+150055501%02d", i))
			in.Token, in.Defer = "", true
			_, err := p.CreateChannel(t.Context(), boss, in)
			return err
		}, of(oncall.Invalid))
		same(t, "channels made, and all", []int{5, 100}, []int{made, len(p.b.channels(t, "ana"))})
	}},
	{"LimitOfCodesIsExact", func(t *testing.T, p pair) {
		for n := range 2 * codesPerHour {
			p.a.add(t, person(fmt.Sprint("n", n), ""))
		}
		p.each(t, 2*codesPerHour, func(p process, i int) error {
			_, err := p.CreateChannel(t.Context(), boss, newSMS(fmt.Sprint("n", i), fmt.Sprintf("+15005550%d", 100+i)))
			return err
		}, nil)
		same(t, "codes that leave", codesPerHour, len(p.b.claim(t, oncall.ActivationQueue, oncall.SMS, start, 1000)))
		same(t, "codes counted", codesPerHour, p.a.sentSince(t, -time.Hour).Count)
	}},
	{"CodesAreNumberedOneByOne", func(t *testing.T, p pair) {
		p.each(t, 20, func(p process, i int) error {
			return p.Update(t.Context(), func(q db.Queries) error { return q.InsertMessage(message(fmt.Sprint(i), "one"), "+15005550100") })
		}, nil)
		same(t, "codes", 20, p.b.sentSince(t, -time.Hour).Count)
	}},
	{"ReceiptsAreNumberedOneByOne", func(t *testing.T, p pair) {
		p.a.add(t, message("m", "one"))
		p.each(t, 20, func(p process, i int) error {
			return p.Update(t.Context(), func(q db.Queries) error {
				return q.InsertReceipt(oncall.Receipt{Message: "m", Kind: oncall.ReceiptSent, At: start, Detail: fmt.Sprint(i)})
			})
		}, nil)
		same(t, "receipts", 20, len(p.b.receipts(t, "m")))
	}},
	{"MessageIsClaimedOnceALease", func(t *testing.T, p pair) {
		for n := range 50 {
			p.a.add(t, message(fmt.Sprint("m", n), "one"))
		}
		var claims sync.Map
		p.each(t, 16, func(p process, _ int) error {
			list, err := p.ClaimMessages(t.Context(), oncall.ActivationQueue, oncall.SMS, 7, lease)
			for _, m := range list {
				if _, twice := claims.LoadOrStore(m.ID, true); twice {
					t.Errorf("%s was claimed twice", m.ID)
				}
			}
			return err
		}, nil)
		n := 0
		claims.Range(func(any, any) bool { n++; return true })
		same(t, "messages claimed", 50, n)
	}},
	{"ReportOutlivesTheAttemptThatItOvertakes", func(t *testing.T, p pair) {
		for n := range 5 {
			m := message(fmt.Sprint("m", n), "one")
			p.a.add(t, m)
			m.Attempts++
			p.a.claim(t, oncall.ActivationQueue, oncall.SMS, start, 9)
			p.each(t, 3, func(p process, i int) error {
				switch i {
				case 0:
					return p.RecordAttempt(t.Context(), m, oncall.Attempt{Provider: "p", Reference: "r"})
				case 1:
					return p.Report(t.Context(), oncall.Actor{Door: oncall.Browser}, oncall.Report{Message: m.ID, Kind: oncall.ReceiptDelivered, Provider: "p", Reference: "r"})
				}
				return p.RecordAttempt(t.Context(), m, oncall.Attempt{Provider: "p", FailureReason: "later", Next: start.Add(time.Minute)})
			}, nil)
			same(t, "state", oncall.MessageDelivered, p.b.message(t, m.ID).State)
			same(t, "due", time.Time{}, p.b.message(t, m.ID).DueAt)
		}
	}},
	{"ReportIsHeardForTheFirstTimeOnce", func(t *testing.T, p pair) {
		heard := p.each(t, 8, func(p process, _ int) error {
			return p.once(t, func(q db.Queries) (bool, error) {
				return q.RememberCallback([]byte("report"), start.Add(time.Hour))
			})
		}, isTaken)
		same(t, "first times", 1, heard)
	}},
	{"TrailIsOneChain", func(t *testing.T, p pair) {
		p.each(t, 100, func(p process, i int) error {
			_, err := p.CreateContact(t.Context(), boss, oncall.NewContact{Alias: fmt.Sprint("n", i), Type: oncall.Personal})
			return err
		}, nil)
		for i, e := range p.a.trail(t, 1, 1000) {
			same(t, "number of an entry", int64(i+1), e.Seq)
		}
		for _, p := range []process{p.a, p.b} {
			end, faults, err := p.VerifyAudit(t.Context(), boss, nil)
			if err != nil || len(faults) > 0 || end.Seq != 100 {
				t.Errorf("trail: got %d entries, %v, %v, want 100", end.Seq, faults, err)
			}
		}
	}},
	{"CountsAndListsFollowBoth", func(t *testing.T, p pair) {
		for n := range 20 {
			p.a.add(t, person(fmt.Sprint("n", n), "Silva"))
		}
		p.each(t, 80, func(p process, i int) error {
			alias := fmt.Sprint("n", i%20)
			return p.Update(t.Context(), func(q db.Queries) error {
				switch i / 20 {
				case 0:
					return q.SetReachability(alias, oncall.Reachable)
				case 1:
					c := person(alias, "Silva Gomez")
					_, err := q.UpdateContact(c)
					return err
				case 2:
					return insert(q, person(fmt.Sprint("more", i), "Silva"))
				}
				if i%20 < 10 {
					return nil
				}
				_, err := q.DeleteContact(alias, start)
				return err
			})
		}, isMissing)
		same(t, "counts", []int{20, 0, 10, 0}, p.b.counts(t))
		same(t, "reachable under gomez", 10, len(p.a.list(t, oncall.Reachable, []string{"gomez"}, contacts.Position{}, 99)))
		same(t, "unreachable under silva", 20, len(p.a.list(t, oncall.Unreachable, []string{"silva"}, contacts.Position{}, 99)))
	}},
}

type togetherFact struct {
	name  string
	check func(t *testing.T, p pair)
}

// once runs a query that reports whether it was the first. It fails with errTaken if not.
func (p process) once(t *testing.T, do func(db.Queries) (bool, error)) error {
	return p.Update(t.Context(), func(q db.Queries) error {
		ok, err := do(q)
		if err == nil && !ok {
			return errTaken
		}
		return err
	})
}

func isTaken(err error) bool   { return errors.Is(err, errTaken) }
func isMissing(err error) bool { return errors.Is(err, oncall.ErrMissing) }

// newSMS returns the input of a channel whose creation may be repeated.
func newSMS(alias, number string) oncall.NewChannel {
	return oncall.NewChannel{Contact: scope.Contact(alias), Name: "mobile", Type: oncall.SMS, Address: number, Token: number}
}

func users(t *testing.T, p process) []oncall.User {
	t.Helper()
	return ask(t, p.store, func(q db.Queries) ([]oncall.User, error) { return q.Users("", 99) })
}

// comparing counts how often a code is compared.
type comparing struct {
	db.Transactor
	compared atomic.Int64
}

// comparing returns the process with a store that counts.
func (p process) comparing() process { return newProcess(&comparing{Transactor: p.Transactor}, nil) }

// Update implements db.Transactor.
func (s *comparing) Update(ctx context.Context, fn func(db.Queries) error) error {
	return s.Transactor.Update(ctx, func(q db.Queries) error { return fn(comparingQueries{q, s}) })
}

type comparingQueries struct {
	db.Queries
	s *comparing
}

// CodeIs implements db.Queries.
func (q comparingQueries) CodeIs(c oncall.Channel, digits string) (bool, error) {
	q.s.compared.Add(1)
	return q.Queries.CodeIs(c, digits)
}
