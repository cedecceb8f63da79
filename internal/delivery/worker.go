package delivery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"callbook/internal/oncall"
)

// Outbox is the part of outbox.Outbox that a Worker uses.
type Outbox interface {
	ClaimMessages(ctx context.Context, c oncall.Queue, t oncall.ChannelType, limit int, lease time.Duration) ([]oncall.Message, error)
	RecordAttempt(ctx context.Context, m oncall.Message, a oncall.Attempt) error
	NextDue(ctx context.Context, c oncall.Queue, t oncall.ChannelType) (time.Time, error)
}

// Timing of attempts.
const (
	sendTimeout  = 20 * time.Second
	lease        = 30 * time.Second // longer than a send and, as a rule, the record of it
	firstBackoff = 2 * time.Second  // doubles with each attempt
	maxBackoff   = 5 * time.Minute
	poll         = time.Second // how late another process's message is seen
	storePause   = time.Second // after the store failed
	recordTries  = 5
)

// Queue is how the messages of one queue and channel type are sent. Queues never wait for
// each other.
type Queue struct {
	Name          oncall.Queue
	Type          oncall.ChannelType
	Deliverer     Deliverer // nil: nothing sends these
	MaxConcurrent int       // how many are on their way at most; 0 means 1
	PerSecond     float64   // how many leave in a second at most; 0: any number
}

// Options are what a Worker works with.
type Options struct {
	Queues []Queue
	Log    *slog.Logger     // of faults; may be nil
	Now    func() time.Time // nil is the system's clock
	Jitter func() float64   // from 0 to 1, to spread what is tried again; nil is random

	// Tried is called after each attempt with its result; it may be nil.
	OnAttempt func(oncall.Message, oncall.Attempt)
}

// Worker sends the messages of an outbox.
type Worker struct {
	outbox Outbox
	lanes  []*queueRunner
	log    *slog.Logger
	now    func() time.Time
	jitter func() float64
	tried  func(oncall.Message, oncall.Attempt)
}

// queueRunner is a Queue at work.
type queueRunner struct {
	Queue
	slots chan struct{} // one in it for each message on its way
	nudge chan struct{}
	rate  *rate.Limiter // nil: any number
	log   *slog.Logger
	told  string       // the last fault that was logged
	beat  atomic.Int64 // when it last looked for messages, in microseconds of Unix time
}

// New returns a Worker. Run starts it.
func New(outbox Outbox, o Options) *Worker {
	w := &Worker{outbox: outbox, log: o.Log, now: o.Now, jitter: o.Jitter, tried: o.OnAttempt}
	if w.log == nil {
		w.log = slog.New(slog.DiscardHandler)
	}
	if w.now == nil {
		w.now = time.Now
	}
	if w.jitter == nil {
		w.jitter = rand.Float64
	}
	if w.tried == nil {
		w.tried = func(oncall.Message, oncall.Attempt) {}
	}
	for _, l := range o.Queues {
		w.lanes = append(w.lanes, newLane(l, w.log))
	}
	return w
}

func newLane(l Queue, log *slog.Logger) *queueRunner {
	l.MaxConcurrent = max(1, l.MaxConcurrent)
	made := &queueRunner{Queue: l, slots: make(chan struct{}, l.MaxConcurrent), nudge: make(chan struct{}, 1), log: log.With("class", l.Name, "type", l.Type)}
	if l.PerSecond > 0 {
		made.rate = rate.NewLimiter(rate.Limit(l.PerSecond), max(1, min(l.MaxConcurrent, int(l.PerSecond))))
	}
	return made
}

// Nudge tells a queue that it may have a new message. It never blocks.
func (w *Worker) Nudge(c oncall.Queue, t oncall.ChannelType) {
	for _, l := range w.lanes {
		if l.Name == c && l.Type == t {
			select {
			case l.nudge <- struct{}{}:
			default: // it will look anyway
			}
		}
	}
}

// Run sends until ctx ends. It then claims no more messages, and waits until those under
// way are sent and recorded.
func (w *Worker) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, l := range w.lanes {
		all.Go(func() { w.run(ctx, l) })
	}
	all.Wait()
}

func (w *Worker) run(ctx context.Context, l *queueRunner) {
	var sends sync.WaitGroup
	defer sends.Wait()
	for ctx.Err() == nil {
		l.beat.Store(w.now().UnixMicro())
		free, ok := l.room(ctx)
		if !ok {
			return
		}
		n, err := w.start(ctx, l, free, &sends)
		l.release(free - n)
		l.tell(ctx, err)
		if n < free || err != nil {
			w.rest(ctx, l, err)
		}
	}
}

// maxBeatInterval is how far apart two looks for messages may lie: a queue waits for
// room as long as a message may take, and what came of it may wait for the store.
const maxBeatInterval = poll + sendTimeout + time.Minute

// Alive reports whether every queue is being checked. It is for a running Worker.
func (w *Worker) Alive() bool {
	for _, l := range w.lanes {
		if w.now().Sub(time.UnixMicro(l.beat.Load())) > maxBeatInterval {
			return false
		}
	}
	return true
}

// RunOnce sends the messages of a queue that are due now, up to its limits, and returns how
// many.
func (w *Worker) RunOnce(ctx context.Context, c oncall.Queue, t oncall.ChannelType) (n int, err error) {
	var sends sync.WaitGroup
	defer sends.Wait()
	for _, l := range w.lanes {
		if l.Name != c || l.Type != t {
			continue
		}
		free, ok := l.room(ctx)
		if !ok {
			return n, ctx.Err()
		}
		n, err = w.start(ctx, l, free, &sends)
		l.release(free - n)
	}
	return n, err
}

// room waits until at least one message may be sent, and returns how many, with slots taken
// for them. Tokens are taken only for claimed messages. It reports false when ctx has
// ended.
func (l *queueRunner) room(ctx context.Context) (free int, ok bool) {
	select {
	case l.slots <- struct{}{}:
		free = 1
	case <-ctx.Done():
		return 0, false
	}
	tokens, ok := l.tokens(ctx)
	if !ok {
		l.release(1)
		return 0, false
	}
	for free < tokens {
		select {
		case l.slots <- struct{}{}:
			free++
		default:
			return free, true
		}
	}
	return free, true
}

// tokens waits until the rate lets a message leave, and returns how many it lets.
func (l *queueRunner) tokens(ctx context.Context) (n int, ok bool) {
	for l.rate != nil {
		have := l.rate.Tokens()
		if have >= 1 {
			return int(have), true
		}
		wait := time.Duration((1 - have) / l.PerSecond * float64(time.Second))
		select {
		case <-time.After(max(wait, time.Millisecond)):
		case <-ctx.Done():
			return 0, false
		}
	}
	return l.MaxConcurrent, true
}

func (l *queueRunner) release(n int) {
	for range n {
		<-l.slots
	}
}

// start claims messages and sends each in a goroutine of its own, which keeps one
// slot until it is done. Nothing waits between a claim and its send.
func (w *Worker) start(ctx context.Context, l *queueRunner, free int, sends *sync.WaitGroup) (int, error) {
	messages, err := w.outbox.ClaimMessages(ctx, l.Name, l.Type, free, lease)
	if err != nil {
		return 0, err // whatever came with it was not claimed for sure
	}
	if l.rate != nil {
		l.rate.AllowN(time.Now(), len(messages)) // room has seen that they are there
	}
	for _, m := range messages {
		sends.Go(func() {
			defer l.release(1)
			w.send(context.WithoutCancel(ctx), l, m)
		})
	}
	return len(messages), nil
}

// rest waits for the next due message, a nudge, or the time of a poll.
func (w *Worker) rest(ctx context.Context, l *queueRunner, failed error) {
	wait := poll
	if failed != nil {
		wait = storePause
	} else if next, err := w.outbox.NextDue(ctx, l.Name, l.Type); err == nil && !next.IsZero() {
		wait = min(wait, max(0, next.Sub(w.now())))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	case <-l.nudge:
	}
}

// tell logs a fault of the store. A repeated one is logged once.
func (l *queueRunner) tell(ctx context.Context, err error) {
	switch {
	case err == nil || ctx.Err() != nil:
		l.told = ""
	case err.Error() != l.told:
		l.told = err.Error()
		l.log.Error("the outbox cannot be read", "error", err)
	}
}

// send hands a message to the deliverer and records the result.
func (w *Worker) send(ctx context.Context, l *queueRunner, m oncall.Message) {
	a := w.attempt(ctx, l, m)
	w.tried(m, a)
	for try := 1; ; try++ {
		err := w.outbox.RecordAttempt(ctx, m, a)
		if err == nil {
			return
		}
		if try == recordTries {
			l.log.Error("it was not kept what came of a message: it may be sent twice", "message", m.ID, "error", err)
			return
		}
		<-time.After(storePause) // nobody tells when the store is well again; a stop waits for this too
	}
}

// attempt tries to send a message once.
func (w *Worker) attempt(ctx context.Context, l *queueRunner, m oncall.Message) oncall.Attempt {
	if l.Deliverer == nil {
		return oncall.Attempt{Unsent: true, FailureReason: "no " + typeWord(m.Type) + " provider is configured"}
	}
	a := oncall.Attempt{Provider: l.Deliverer.Name()}
	ends := w.now().Add(sendTimeout)
	if m.EndsAt.Before(ends) {
		ends = m.EndsAt
	}
	left := ends.Sub(w.now())
	if left <= 0 {
		a.FailureReason = "there was no time left to send it"
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, left)
	defer cancel()
	reference, err := l.deliver(ctx, m)
	if err == nil {
		a.Reference = reference
		return a
	}
	f := failureOf(err)
	a.FailureReason, a.Stopped = f.Detail, f.Stopped
	if !f.Permanent {
		a.Next = w.now().Add(w.backoff(m.Attempts, f.RetryAfter))
	}
	l.log.Warn("a message was not taken", "message", m.ID, "by", a.Provider, "attempt", m.Attempts, "permanent", f.Permanent, "says", f.Detail)
	return a
}

// deliver turns a panic into a failure, so that one message cannot end the program. The
// value of the panic may hold the message, so only the stack is logged.
func (l *queueRunner) deliver(ctx context.Context, m oncall.Message) (reference string, err error) {
	defer func() {
		if p := recover(); p != nil {
			l.log.Error("a deliverer panicked", "message", m.ID, "type_of_panic", fmt.Sprintf("%T", p), "stack", string(debug.Stack()))
			err = &Failure{Detail: "something went wrong on our side", Cause: fmt.Errorf("panic: %v", p)}
		}
	}()
	return l.Deliverer.Deliver(ctx, m)
}

func failureOf(err error) *Failure {
	if f, ok := errors.AsType[*Failure](err); ok && f.Detail != "" { // an attempt that says nothing was a success
		return f
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Failure{Detail: "the provider did not answer in time", Cause: err}
	}
	return &Failure{Detail: "the provider could not be reached", Cause: err}
}

// backoff returns the wait before the next attempt.
func (w *Worker) backoff(attempts int, atLeast time.Duration) time.Duration {
	wait := maxBackoff
	if attempts < 10 { // 2¹⁰ s are more
		wait = min(wait, firstBackoff<<max(0, attempts-1))
	}
	wait = time.Duration(float64(wait) * (0.5 + w.jitter()))
	return max(wait, atLeast)
}

func typeWord(t oncall.ChannelType) string {
	if t == oncall.SMS {
		return string(t)
	}
	return strings.ToLower(string(t))
}
