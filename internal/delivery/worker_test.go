package delivery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callbook/internal/oncall"
)

// memoryOutbox is an Outbox in memory that keeps what is done with it.
type memoryOutbox struct {
	mu       sync.Mutex
	messages []*oncall.Message
	attempts []tried
	claims   int
	claimErr error
	badTimes int // how often RecordAttempt fails from now on
}

// tried is an attempt that was recorded.
type tried struct {
	oncall.Attempt
	ID string
	At time.Time
}

// pass moves the clock of a synctest bubble, which stands still until everybody in
// it waits. No test waits for it by the wall.
func pass(d time.Duration) { time.Sleep(d) }

func (o *memoryOutbox) add(messages ...oncall.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, m := range messages {
		o.messages = append(o.messages, &m)
	}
}

// due are the messages of a lane that wait.
func (o *memoryOutbox) due(c oncall.Queue, t oncall.ChannelType) []*oncall.Message {
	list := slices.DeleteFunc(slices.Clone(o.messages), func(m *oncall.Message) bool {
		return m.Queue != c || m.Type != t || m.DueAt.IsZero()
	})
	slices.SortStableFunc(list, func(a, b *oncall.Message) int { return a.DueAt.Compare(b.DueAt) })
	return list
}

func (o *memoryOutbox) ClaimMessages(_ context.Context, c oncall.Queue, t oncall.ChannelType, limit int, lease time.Duration) ([]oncall.Message, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claims++
	var claimed []oncall.Message
	for _, m := range o.due(c, t) {
		if len(claimed) < limit && !m.DueAt.After(time.Now()) {
			m.DueAt, m.Attempts = time.Now().Add(lease), m.Attempts+1
			claimed = append(claimed, *m)
		}
	}
	return claimed, o.claimErr
}

func (o *memoryOutbox) RecordAttempt(_ context.Context, m oncall.Message, a oncall.Attempt) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.badTimes > 0 {
		o.badTimes--
		return errors.New("the disk is full")
	}
	o.attempts = append(o.attempts, tried{a, m.ID, time.Now()})
	for _, kept := range o.messages {
		if kept.ID == m.ID {
			kept.DueAt = a.Next
		}
	}
	return nil
}

func (o *memoryOutbox) NextDue(_ context.Context, c oncall.Queue, t oncall.ChannelType) (time.Time, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if list := o.due(c, t); len(list) > 0 {
		return list[0].DueAt, nil
	}
	return time.Time{}, nil
}

func (o *memoryOutbox) tried() []tried {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.attempts)
}

func (o *memoryOutbox) fail(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.claimErr = err
}

// delivers is a Deliverer by a function.
type delivers func(context.Context, oncall.Message) (string, error)

func (delivers) Name() string { return "a test" }

func (d delivers) Deliver(ctx context.Context, m oncall.Message) (string, error) { return d(ctx, m) }

func taken(context.Context, oncall.Message) (string, error) { return "reference", nil }

// waiting is a message that is due now.
func waiting(id string, t oncall.ChannelType) oncall.Message {
	m := codeMessage(t)
	m.ID, m.Attempts, m.DueAt, m.EndsAt = id, 0, time.Now(), time.Now().Add(24*time.Hour)
	return m
}

func laneOf(t oncall.ChannelType, d Deliverer) Queue {
	return Queue{Name: oncall.ActivationQueue, Type: t, Deliverer: d}
}

// work runs a Worker in a bubble until the function returns; then nothing is left
// running.
func work(t *testing.T, o *memoryOutbox, options Options, during func(w *Worker)) {
	t.Helper()
	if options.Jitter == nil {
		options.Jitter = func() float64 { return 0.5 } // as long as it is without
	}
	ctx, stop := context.WithCancel(t.Context())
	w := New(o, options)
	var running sync.WaitGroup
	running.Go(func() { w.Run(ctx) })
	during(w)
	stop()
	running.Wait()
}

func TestFailedMessagesAreTriedAgainLaterAndLater(t *testing.T) {
	for jitter, share := range map[float64]float64{0: 0.5, 0.5: 1, 1: 1.5} {
		synctest.Test(t, func(t *testing.T) {
			o := &memoryOutbox{}
			o.add(waiting("m", oncall.SMS))
			fails := delivers(func(context.Context, oncall.Message) (string, error) { return "", &Failure{Detail: "not now"} })
			work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, fails)}, Jitter: func() float64 { return jitter }}, func(*Worker) {
				pass(3 * time.Hour)
			})
			got := o.tried()
			if len(got) < 12 {
				t.Fatalf("%d attempts in 3 hours, want more", len(got))
			}
			for i, base := range []time.Duration{2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300} {
				want := time.Duration(float64(base*time.Second) * share)
				if wait := got[i+1].At.Sub(got[i].At); wait != want || got[i].Next.Sub(got[i].At) != want {
					t.Errorf("jitter %v: attempt %d came after %v, want %v", jitter, i+2, wait, want)
				}
			}
		})
	}
}

func TestProviderSaysWhenToTryAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		o.add(waiting("m", oncall.SMS))
		asks := []time.Duration{time.Millisecond, 40 * time.Second, 0}
		busy := delivers(func(_ context.Context, m oncall.Message) (string, error) {
			return "", &Failure{Detail: "busy", RetryAfter: asks[min(m.Attempts-1, 2)]}
		})
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, busy)}}, func(*Worker) { pass(2 * time.Minute) })
		got := o.tried()
		for i, want := range []time.Duration{2 * time.Second, 40 * time.Second, 8 * time.Second} {
			if wait := got[i+1].At.Sub(got[i].At); wait != want {
				t.Errorf("attempt %d came after %v, want %v", i+2, wait, want)
			}
		}
	})
}

func TestPermanentFailureIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		o.add(waiting("m", oncall.SMS))
		never := delivers(func(context.Context, oncall.Message) (string, error) {
			return "", &Failure{Detail: "nobody has this number", Permanent: true, RetryAfter: time.Minute}
		})
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, never)}}, func(*Worker) { pass(time.Hour) })
		got := o.tried()
		if want := (oncall.Attempt{Provider: "a test", FailureReason: "nobody has this number"}); len(got) != 1 || got[0].Attempt != want {
			t.Errorf("got %+v, want only %+v", got, want)
		}
	})
}

func TestErrorsThatAreNoFailureAreTriedAgain(t *testing.T) {
	for want, err := range map[string]error{
		"the provider could not be reached":       errors.New("the code is " + secretCode),
		"the provider did not answer in time":     context.DeadlineExceeded,
		"the provider could not be reached, also": &Failure{},
	} {
		synctest.Test(t, func(t *testing.T) {
			o := &memoryOutbox{}
			o.add(waiting("m", oncall.SMS))
			fails := delivers(func(context.Context, oncall.Message) (string, error) { return "", err })
			work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, fails)}}, func(*Worker) { pass(time.Second) })
			want, _, _ := strings.Cut(want, ", also")
			if got := o.tried(); len(got) != 1 || got[0].FailureReason != want || got[0].Next.IsZero() {
				t.Errorf("%v: got %+v, want %q", err, got, want)
			}
		})
	}
}

func TestNothingIsSentWithoutADeliverer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		var lanes []Queue
		for _, channel := range oncall.ChannelTypes() {
			o.add(waiting(string(channel), channel))
			lanes = append(lanes, laneOf(channel, nil))
		}
		work(t, o, Options{Queues: lanes}, func(*Worker) { pass(time.Hour) })
		want := map[string]string{"SMS": "no SMS provider is configured", "VOICE": "no voice provider is configured", "EMAIL": "no email provider is configured"}
		got := o.tried()
		for _, a := range got {
			if (a.Attempt != oncall.Attempt{Unsent: true, FailureReason: want[a.ID]}) {
				t.Errorf("%s: got %+v, want %q", a.ID, a.Attempt, want[a.ID])
			}
		}
		if len(got) != 3 {
			t.Errorf("%d attempts, want 3", len(got))
		}
	})
}

func TestNothingIsSentAfterItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		late, slow := waiting("late", oncall.SMS), waiting("slow", oncall.SMS)
		late.EndsAt, slow.EndsAt = time.Now(), time.Now().Add(3*time.Second)
		o.add(late, slow)
		begun := time.Now()
		d := delivers(func(ctx context.Context, m oncall.Message) (string, error) {
			if m.ID == "late" {
				t.Error("it was sent though its time was over")
			}
			<-ctx.Done()
			return "", ctx.Err()
		})
		work(t, o, Options{Queues: []Queue{{oncall.ActivationQueue, oncall.SMS, d, 2, 0}}}, func(*Worker) { pass(time.Second) })
		for _, a := range o.tried() {
			switch {
			case a.ID == "late" && (a.FailureReason != "there was no time left to send it" || !a.Next.IsZero()):
				t.Errorf("late: got %+v", a)
			case a.ID == "slow" && a.At.Sub(begun) != 3*time.Second:
				t.Errorf("slow was given up after %v, want its end, 3s", a.At.Sub(begun))
			}
		}
		if len(o.tried()) != 2 {
			t.Errorf("%d attempts, want 2", len(o.tried()))
		}
	})
}

func TestProviderThatHangsIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		o.add(waiting("m", oncall.SMS))
		begun := time.Now()
		hangs := delivers(func(ctx context.Context, _ oncall.Message) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, hangs)}}, func(*Worker) { pass(sendTimeout + time.Second) })
		if got := o.tried(); len(got) != 1 || got[0].At.Sub(begun) != sendTimeout || got[0].FailureReason != "the provider did not answer in time" {
			t.Errorf("got %+v, want it left after %v", got, sendTimeout)
		}
	})
}

func TestLanesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		hangs := delivers(func(ctx context.Context, _ oncall.Message) (string, error) { <-ctx.Done(); return "", ctx.Err() })
		account := laneOf(oncall.Email, delivers(taken))
		account.Name = oncall.AccountQueue
		lanes := []Queue{laneOf(oncall.Email, hangs), laneOf(oncall.SMS, delivers(taken)), account}
		for i := range 10 {
			o.add(waiting(fmt.Sprint("slow", i), oncall.Email))
		}
		link := waiting("link", oncall.Email)
		link.Queue = oncall.AccountQueue
		o.add(waiting("text", oncall.SMS), link)
		work(t, o, Options{Queues: lanes}, func(*Worker) {
			synctest.Wait() // no time passes
			if got := o.tried(); len(got) != 2 {
				t.Errorf("%d messages were sent beside a slow lane, want 2: %+v", len(got), got)
			}
		})
	})
}

func TestNoMoreAtOnceThanALaneMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		for i := range 20 {
			o.add(waiting(fmt.Sprint(i), oncall.SMS))
		}
		var mu sync.Mutex
		now, most := 0, 0
		d := delivers(func(context.Context, oncall.Message) (string, error) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			pass(time.Second)
			mu.Lock()
			now--
			mu.Unlock()
			return "", nil
		})
		begun := time.Now()
		work(t, o, Options{Queues: []Queue{{oncall.ActivationQueue, oncall.SMS, d, 4, 0}}}, func(*Worker) { pass(time.Minute) })
		got := o.tried()
		if most != 4 || len(got) != 20 || got[19].At.Sub(begun) != 5*time.Second {
			t.Errorf("%d at once and %d sent, want 4 and 20 in 5s", most, len(got))
		}
	})
}

func TestNoMoreInASecondThanALaneMay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		for i := range 30 {
			o.add(waiting(fmt.Sprint(i), oncall.SMS))
		}
		var mu sync.Mutex
		var at []time.Time
		d := delivers(func(context.Context, oncall.Message) (string, error) {
			mu.Lock()
			defer mu.Unlock()
			at = append(at, time.Now())
			return "", nil
		})
		work(t, o, Options{Queues: []Queue{{oncall.ActivationQueue, oncall.SMS, d, 8, 5}}}, func(*Worker) { pass(time.Minute) })
		if len(at) != 30 {
			t.Fatalf("%d were sent, want 30", len(at))
		}
		for i := range len(at) - 10 { // a burst of 5, and 5 that came meanwhile
			if d := at[i+10].Sub(at[i]); d < time.Second {
				t.Errorf("11 left in %v", d)
			}
		}
		if all := at[29].Sub(at[0]); all < 4900*time.Millisecond || all > 5200*time.Millisecond {
			t.Errorf("30 left in %v, want about 5s", all)
		}
	})
}

func TestNudgeIsHeardAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		lanes := []Queue{{oncall.ActivationQueue, oncall.SMS, delivers(taken), 4, 1}}
		work(t, o, Options{Queues: lanes}, func(w *Worker) {
			for n := range 3 {
				pass(10*time.Second + 137*time.Millisecond) // it has looked in vain many times
				o.add(waiting(fmt.Sprint(n), oncall.SMS))
				w.Nudge(oncall.ActivationQueue, oncall.SMS)
				w.Nudge(oncall.AccountQueue, oncall.Voice) // there is no such lane
				synctest.Wait()
				if got := len(o.tried()); got != n+1 {
					t.Errorf("%d sent without time passing, want %d", got, n+1)
				}
			}
		})
	})
}

func TestMessagesOfAnotherProcessAreSeen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, delivers(taken))}}, func(*Worker) {
			pass(10 * time.Second)
			o.add(waiting("m", oncall.SMS))
			pass(poll)
			synctest.Wait()
			if got := len(o.tried()); got != 1 {
				t.Errorf("%d sent within %v without a nudge, want 1", got, poll)
			}
		})
	})
}

func TestStopWaitsForWhatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{badTimes: 2}
		o.add(waiting("first", oncall.SMS), waiting("second", oncall.SMS))
		d := delivers(func(ctx context.Context, m oncall.Message) (string, error) {
			pass(5 * time.Second)
			return "reference", ctx.Err()
		})
		begun := time.Now()
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, d)}}, func(*Worker) { pass(time.Second) })
		got := o.tried()
		if len(got) != 1 || got[0].ID != "first" || got[0].Reference != "reference" {
			t.Errorf("got %+v, want that first was sent and second stays", got)
		}
		if took := time.Since(begun); took != 7*time.Second {
			t.Errorf("it stopped after %v, want the send and two records that failed, 7s", took)
		}
	})
}

func TestPanicOfADelivererIsAFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		o.add(waiting("m", oncall.SMS))
		var log bytes.Buffer
		panics := delivers(func(_ context.Context, m oncall.Message) (string, error) {
			if m.Attempts == 1 {
				panic("cannot send " + m.Content.Code)
			}
			return "reference", nil
		})
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, panics)}, Log: slog.New(slog.NewJSONHandler(&log, nil))}, func(*Worker) { pass(time.Minute) })
		got := o.tried()
		if len(got) != 2 || got[0].FailureReason != "something went wrong on our side" || got[1].FailureReason != "" {
			t.Errorf("got %+v, want a failure and a success", got)
		}
		keepsSecrets(t, log.String())
		if !strings.Contains(log.String(), "a deliverer panicked") {
			t.Errorf("nobody was told of the panic:\n%s", &log)
		}
	})
}

func TestFaultOfTheStoreIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{claimErr: errors.New("database is locked")}
		o.add(waiting("m", oncall.SMS))
		var log bytes.Buffer
		work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, delivers(taken))}, Log: slog.New(slog.NewTextHandler(&log, nil))}, func(*Worker) {
			pass(10*time.Second + time.Millisecond)
			o.fail(errors.New("disk I/O error"))
			pass(10 * time.Second)
			if got := len(o.tried()); got != 0 {
				t.Errorf("%d were sent that were not claimed for sure", got)
			}
			o.fail(nil)
			pass(2 * lease)
			o.fail(errors.New("disk I/O error"))
			pass(10 * time.Second)
		})
		if got := strings.Count(log.String(), "the outbox cannot be read"); got != 3 {
			t.Errorf("told %d times, want once for each of three faults:\n%s", got, &log)
		}
		if got := len(o.tried()); got != 1 {
			t.Errorf("%d sent once the store was back, want 1", got)
		}
		if o.claims > 200 {
			t.Errorf("the store was asked %d times in 150 s", o.claims)
		}
	})
}

func TestWhatCameOfAMessageIsKeptWhenTheStoreIsBack(t *testing.T) {
	for bad, kept := range map[int]int{0: 1, 1: 1, recordTries - 1: 1, recordTries: 0} {
		synctest.Test(t, func(t *testing.T) {
			o := &memoryOutbox{badTimes: bad}
			o.add(waiting("m", oncall.SMS))
			var log bytes.Buffer
			work(t, o, Options{Queues: []Queue{laneOf(oncall.SMS, delivers(taken))}, Log: slog.New(slog.NewTextHandler(&log, nil))}, func(*Worker) {
				pass(lease - time.Second)
			})
			if got := len(o.tried()); got != kept {
				t.Errorf("%d failures of the store: kept %d times, want %d", bad, got, kept)
			}
			if told := strings.Contains(log.String(), "may be sent twice"); told != (kept == 0) {
				t.Errorf("%d failures of the store: told %t\n%s", bad, told, &log)
			}
		})
	}
}

func TestLogHoldsNothingOfAMessage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		o.add(waiting("m", oncall.SMS))
		var log bytes.Buffer
		d := delivers(func(_ context.Context, m oncall.Message) (string, error) {
			cause := fmt.Errorf("%+v", m)
			if m.Attempts == 1 {
				return "", cause
			}
			return "", &Failure{Detail: "refused", Permanent: true, Cause: cause}
		})
		options := Options{Queues: []Queue{laneOf(oncall.SMS, d)}, Log: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))}
		work(t, o, options, func(*Worker) { pass(time.Minute) })
		if strings.Count(log.String(), "a message was not taken") != 2 {
			t.Errorf("want two warnings:\n%s", &log)
		}
		keepsSecrets(t, log.String())
	})
}

func TestRunOnceSendsWhatIsDueAndReturns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := &memoryOutbox{}
		later := waiting("later", oncall.SMS)
		later.DueAt = time.Now().Add(time.Minute)
		o.add(waiting("a", oncall.SMS), waiting("b", oncall.SMS), later, waiting("mail", oncall.Email))
		w := New(o, Options{Queues: []Queue{{oncall.ActivationQueue, oncall.SMS, delivers(taken), 8, 0}, laneOf(oncall.Email, delivers(taken))}})
		n, err := w.RunOnce(t.Context(), oncall.ActivationQueue, oncall.SMS)
		if n != 2 || err != nil || len(o.tried()) != 2 {
			t.Errorf("got %d, %v and %+v, want 2", n, err, o.tried())
		}
		if n, err := w.RunOnce(t.Context(), oncall.AccountQueue, oncall.Voice); n != 0 || err != nil {
			t.Errorf("a lane that is not there: got %d, %v, want nothing", n, err)
		}
		o.fail(errors.New("database is locked"))
		if n, err := w.RunOnce(t.Context(), oncall.ActivationQueue, oncall.SMS); n != 0 || err == nil {
			t.Errorf("a store that fails: got %d, %v, want its error", n, err)
		}
	})
}
