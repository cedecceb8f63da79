package main

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"time"

	"callbook/db/sqlite"
	"callbook/internal/contacts"
	"callbook/internal/delivery"
	"callbook/internal/metrics"
	"callbook/internal/oncall"
	"callbook/web"
)

// observer serves metrics and probes. Its parts are set as the server starts; until then
// there is nothing to report.
type observer struct {
	*metrics.Metrics
	store     *sqlite.Store
	directory *contacts.Directory
	worker    *delivery.Worker
}

func newObserver() *observer {
	w := &observer{}
	w.Metrics = metrics.New(metrics.Sources{Version: version(), NumberPlan: oncall.NumberPlanVersion, Queues: texts(oncall.ActivationQueue, oncall.AccountQueue), Types: texts(oncall.ChannelTypes()...), Meanings: texts(oncall.ReplyMeanings()...),
		Waiting: func() int { return w.store.Waiting() },
		Contents: func() (metrics.Contents, error) {
			ctx, cancel := context.WithTimeout(context.Background(), lookTimeout)
			defer cancel()
			f, err := w.directory.Stats(ctx)
			b := metrics.Contents{Contacts: map[string]int{}, Overdue: f.Overdue}
			for _, r := range []oncall.Reachability{oncall.Unreachable, oncall.Waiting, oncall.Reachable} {
				b.Contacts[string(r)] = 0
			}
			for r, n := range f.Contacts {
				b.Contacts[string(r)] = n
			}
			return b, err
		}})
	return w
}

// lookTimeout is how long reading the contents may take.
const lookTimeout = 5 * time.Second

// tried counts an attempt to send a message.
func (w *observer) tried(m oncall.Message, a oncall.Attempt) {
	outcome := metrics.Sent
	switch {
	case a.FailureReason != "" && !a.Next.IsZero():
		outcome = metrics.Retry
	case a.FailureReason != "":
		outcome = metrics.Failed
	}
	w.Delivery(string(m.Queue), string(m.Type), outcome)
}

// reported counts what a provider says of a message that it took.
func (w *observer) reported(m oncall.Message, to oncall.MessageState) {
	switch to {
	case oncall.MessageDelivered:
		w.Delivery(string(m.Queue), string(m.Type), metrics.Delivered)
	case oncall.MessageFailed:
		w.Delivery(string(m.Queue), string(m.Type), metrics.Undelivered)
	}
}

// replied counts a reply, and logs one that no channel has the number of.
func (w *observer) replied(log *slog.Logger) func(contacts.HeardReply) {
	return func(r contacts.HeardReply) {
		w.Reply(string(r.Meaning))
		if r.Channels == 0 {
			log.Info("reply from a number of no SMS channel", "from", r.From, "meaning", r.Meaning)
		}
	}
}

// texts are words of the domain as a metric has them.
func texts[T ~string](words ...T) []string {
	var out []string
	for _, w := range words {
		out = append(out, string(w))
	}
	return out
}

// storeProblems are the reasons that a probe gives for a store that cannot be written to.
var storeProblems = map[oncall.Reason]string{
	oncall.DiskFull: "the disk is full", oncall.DiskFailed: "the disk has failed or is read-only",
	oncall.DatabaseBusy: "another program has locked it", oncall.Damaged: "it is damaged",
}

// probes returns the checks of whether the server can do its work.
func (w *observer) probes() *web.Probes {
	return &web.Probes{Metrics: w.Handler(), Checks: []web.Check{
		{Name: "store", Ask: func(ctx context.Context) error {
			err := w.directory.CheckWritable(ctx)
			if problem, ok := storeProblems[oncall.ReasonOf(err)]; ok {
				return errors.New("the database cannot be written to: " + problem)
			}
			if err != nil {
				return errors.New("the database cannot be written to")
			}
			return nil
		}},
		{Name: "key", Ask: func(context.Context) error {
			if w.store.Locked() != nil || w.store.Keys().Health() != nil {
				return errors.New("the key file is missing, was replaced, or may be read by others")
			}
			return nil
		}},
		{Name: "dispatcher", Ask: func(context.Context) error {
			if !w.worker.Alive() {
				return errors.New("messages are not looked for")
			}
			return nil
		}},
	}}
}

// serveProbes answers probes on a listener of their own until stop is called.
func serveProbes(address string, probes *web.Probes, log *slog.Logger) (stop func() error, err error) {
	if address == "" {
		return func() error { return nil }, nil
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, errors.New("cannot listen on --metrics-listen " + address + ": " + plainCause(err).Error())
	}
	log.Info("metrics and probes", "address", listener.Addr().String())
	server := &http.Server{Handler: probes, ReadHeaderTimeout: lookTimeout, ReadTimeout: lookTimeout, WriteTimeout: 2 * lookTimeout,
		ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelWarn)}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("metrics and probes ended", "error", err)
		}
	}()
	return server.Close, nil
}
