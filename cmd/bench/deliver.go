package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"github.com/emersion/go-smtp"

	"callbook/db/oncalltest"
	"callbook/db/sqlite"
	"callbook/internal/delivery"
	"callbook/internal/oncall"
)

// Numbers of messages that are drained.
const (
	manyMessages = 10_000
	fewMessages  = 1_000
	mails        = 2_000
	clicks       = 31
)

// backlog is a database whose channels are to get codes.
type backlog struct {
	*oncalltest.Rooms
	store  *sqlite.Store
	worker *delivery.Worker
	sent   atomic.Int64
	all    chan struct{} // closed when as many as wanted have come
	wanted int64
}

// openBacklog makes a database with n channels of a type, each of whose codes waits.
func openBacklog(ctx context.Context, path string, t oncall.ChannelType, n int) (*backlog, error) {
	store, err := sqlite.Open(ctx, path, sqlite.Options{Scope: scope})
	if err != nil {
		return nil, err
	}
	o := &backlog{store: store, all: make(chan struct{}), wanted: int64(n)}
	o.Rooms = oncalltest.NewRooms(store, oncalltest.Options{Scope: scope, OnPosted: func(c oncall.Queue, t oncall.ChannelType) {
		if o.worker != nil {
			o.worker.Nudge(c, t)
		}
	}})
	by := oncall.Actor{Door: oncall.API, Principal: "bench", Name: "bench", Role: oncall.Manager}
	for i := range (n + oncall.MaxChannels - 1) / oncall.MaxChannels {
		if _, err := o.CreateContact(ctx, by, oncall.NewContact{Alias: fmt.Sprintf("host-%04d", i), Type: oncall.Personal}); err != nil {
			return nil, err
		}
	}
	return o, times(ctx, 64, n, func(ctx context.Context, i int) error {
		address := phone(i)
		if t == oncall.Email {
			address = fmt.Sprintf("person%d@example.org", i)
		}
		_, err := o.CreateChannel(ctx, by, oncall.NewChannel{Contact: scope.Contact(fmt.Sprintf("host-%04d", i/oncall.MaxChannels)), Name: "n", Type: t, Address: address})
		return err
	})
}

// arrived counts a message that came.
func (o *backlog) arrived() {
	if o.sent.Add(1) == o.wanted {
		close(o.all)
	}
}

// drain sends everything, and returns how many messages a second that were.
func (o *backlog) drain(ctx context.Context, lane delivery.Queue) (float64, error) {
	o.worker = delivery.New(o.Rooms, delivery.Options{Queues: []delivery.Queue{lane}})
	ctx, stop := context.WithTimeout(ctx, 2*time.Minute)
	defer stop()
	ended := make(chan struct{})
	start := time.Now()
	go func() {
		defer close(ended)
		o.worker.Run(ctx)
	}()
	select {
	case <-o.all:
	case <-ctx.Done():
		return 0, fmt.Errorf("only %d of %d messages came", o.sent.Load(), o.wanted)
	}
	stop()
	<-ended // what came of the last ones is kept
	return float64(o.wanted) / time.Since(start).Seconds(), nil
}

// benchDelivery measures how fast what waits is sent, and how long a code takes
// from the click to the mail server.
func benchDelivery(ctx context.Context, out io.Writer, folder string) error {
	few, err := drainWebhook(ctx, filepath.Join(folder, "few", "callbook.db"), fewMessages)
	if err != nil {
		return err
	}
	many, err := drainWebhook(ctx, filepath.Join(folder, "many", "callbook.db"), manyMessages)
	if err != nil {
		return err
	}
	mailed, took, err := drainMail(ctx, filepath.Join(folder, "mail", "callbook.db"))
	if err != nil {
		return err
	}
	for _, row := range []struct {
		name      string
		times     int
		perSecond float64
	}{{"webhook/waiting=1000", fewMessages, few}, {"webhook/waiting=10000", manyMessages, many}, {"smtp", mails, mailed}} {
		record(out, "Deliver/by="+row.name, row.times, 1e9/row.perSecond, "ns/op")
	}
	record(out, "Deliver/by=click", clicks, float64(took), "ns/op")
	atLeast("webhook, 10,000 messages waiting", many, 1000, "a second")
	atMost("cost of a message, 10,000 waiting to 1,000", few/many, 1.2, "")
	atLeast("SMTP, connections kept", mailed, 300, "a second")
	atMost("from the click to the mail", took.Seconds()*1000, 50, "ms")
	return nil
}

func drainWebhook(ctx context.Context, path string, n int) (float64, error) {
	o, err := openBacklog(ctx, path, oncall.SMS, n)
	if err != nil {
		return 0, err
	}
	defer o.store.Close()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only that it came counts
		o.arrived()
	}))
	defer server.Close()
	hook, err := delivery.NewWebhook(server.URL, strings.Repeat("secret", 6), delivery.Writer{Origin: "https://callbook.example.org"}, nil)
	if err != nil {
		return 0, err
	}
	return o.drain(ctx, delivery.Queue{Name: oncall.ActivationQueue, Type: oncall.SMS, Deliverer: hook, MaxConcurrent: 64})
}

// mailServer takes mails and tells of each.
type mailServer struct{ came func() }

// NewSession implements smtp.Backend.
func (m mailServer) NewSession(*smtp.Conn) (smtp.Session, error) { return m, nil }

// Mail implements smtp.Session.
func (m mailServer) Mail(string, *smtp.MailOptions) error { return nil }

// Rcpt implements smtp.Session.
func (m mailServer) Rcpt(string, *smtp.RcptOptions) error { return nil }

// Data implements smtp.Session.
func (m mailServer) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	m.came()
	return err
}

// Reset implements smtp.Session.
func (m mailServer) Reset() {}

// Logout implements smtp.Session.
func (m mailServer) Logout() error { return nil }

func drainMail(ctx context.Context, path string) (perSecond float64, click time.Duration, err error) {
	o, err := openBacklog(ctx, path, oncall.Email, mails)
	if err != nil {
		return 0, 0, err
	}
	defer o.store.Close()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, 0, err
	}
	came := make(chan struct{}, mails)
	server := smtp.NewServer(mailServer{came: func() { o.arrived(); came <- struct{}{} }})
	go func() { _ = server.Serve(listener) }() // it ends with Close
	defer server.Close()
	sender, err := delivery.NewSMTP(delivery.SMTPOptions{URL: "smtp://" + listener.Addr().String() + "?tls=none", From: "callbook@example.org"}, delivery.Writer{Origin: "https://callbook.example.org"})
	if err != nil {
		return 0, 0, err
	}
	defer sender.Close()
	lane := delivery.Queue{Name: oncall.ActivationQueue, Type: oncall.Email, Deliverer: sender, MaxConcurrent: 8}
	if perSecond, err = o.drain(ctx, lane); err != nil {
		return 0, 0, err
	}
	for range mails {
		<-came
	}
	click, err = o.click(ctx, lane, came)
	return perSecond, click, err
}

// click returns the median time from the click that sends a code until the mail
// server has it, with a worker that has nothing else to do.
func (o *backlog) click(ctx context.Context, lane delivery.Queue, came <-chan struct{}) (time.Duration, error) {
	o.worker = delivery.New(o.Rooms, delivery.Options{Queues: []delivery.Queue{lane}})
	ctx, stop := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		o.worker.Run(ctx)
	}()
	defer func() { stop(); <-ended }()
	by := oncall.Actor{Door: oncall.Browser, Principal: "bench", Name: "bench", Role: oncall.Manager}
	if _, err := o.CreateContact(ctx, by, oncall.NewContact{Alias: "clicked", Type: oncall.Personal}); err != nil {
		return 0, err
	}
	var took []time.Duration
	for n := range clicks {
		start := time.Now()
		_, err := o.CreateChannel(ctx, by, oncall.NewChannel{Contact: scope.Contact("clicked"), Name: "n", Type: oncall.Email, Address: fmt.Sprintf("clicked%d@example.org", n)})
		if err != nil {
			return 0, err
		}
		<-came
		took = append(took, time.Since(start))
	}
	return median(took), nil
}
