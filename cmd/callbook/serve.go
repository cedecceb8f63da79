package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"callbook/db"
	"callbook/db/sqlite"
	"callbook/handlers"
	"callbook/handlers/awsapi"
	"callbook/internal/access"
	"callbook/internal/account"
	"callbook/internal/config"
	"callbook/internal/contacts"
	"callbook/internal/delivery"
	"callbook/internal/oncall"
	"callbook/internal/outbox"
	"callbook/internal/transfer"
	"callbook/web"
)

// serve answers until ctx ends. What it prints first is the address: the port
// may have been left to the system.
func serve(ctx context.Context, c config.Config, settings []config.Setting, stdout, stderr io.Writer) (err error) {
	scope := oncall.Scope{Region: c.Region, Account: c.AccountID}
	if err := config.Once(c.Check(), scope.Check(), checkOpenID(c), checkDelivery(c), checkCountries(c)); err != nil {
		return err
	}
	log := c.Log(stderr)
	if c.Demo {
		folder, err := os.MkdirTemp("", "callbook-demo-*")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
		c.Data = filepath.Join(folder, "data")
	}
	// The port comes first: a second start by mistake ends before it touches
	// the database of the first.
	at, err := listen(c, log)
	if err != nil {
		return err
	}
	defer at.Close()
	watch := newObserver()
	store, err := sqlite.Open(ctx, filepath.Join(c.Data, "callbook.db"), sqlite.Options{Scope: scope, KeyFile: c.KeyFile, Log: log, OnCommit: watch.Commit})
	if ctx.Err() != nil {
		return closed(store) // stopped before it had begun
	}
	if err != nil {
		return advised(err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	if locked := store.Locked(); locked != nil {
		log.Warn("the database is locked: no address can be read and nothing be changed until its key file is back", "error", locked)
	}
	s, err := newServer(c, scope, store, at.options.Site.Origin(), watch, log)
	if err != nil {
		return err
	}
	s.senders.warn(s.links, log)
	defer func() { err = errors.Join(err, s.senders.close()) }()
	first := setUp{accounts: s.Accounts, origin: s.origin, file: linkFile(c.Data)}
	pages, err := s.pages(c, settings, first.done(log))
	if err != nil {
		return err
	}
	if c.Demo {
		// The data is filled in whole, also when the program is stopped meanwhile.
		pages.Demo, err = fillDemo(context.WithoutCancel(ctx), store, scope)
	} else {
		err = first.offer(ctx, stderr, log)
	}
	if err != nil {
		return err
	}
	watch.store, watch.directory, watch.worker = store, s.Directory, s.worker
	at.options.Probes, at.options.OnAnswer = watch.probes(), watch.Request
	stopProbes, err := serveProbes(c.MetricsListen, at.options.Probes, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stopProbes()) }()
	tracer, stopTracing, err := startTracing(ctx, c.OTLPEndpoint, log)
	if err != nil {
		return err
	}
	defer stopTracing()
	at.options.Tracer = tracer
	at.options.API = awsapi.New(s.Directory, s.Accounts, awsapi.Options{ClockSkew: c.APIClockSkew, PerSecond: c.APIRate, Log: log})
	fmt.Fprintln(stdout, "Callbook is ready at", at.says)
	defer announce(ctx, at.says, log)()
	defer keepAnchors(s.Trail, store.Keys(), log, anchorEvery)() // before the store is closed
	defer watchStorage(store, s.Control, log)()
	defer watchClock(s.Outbox, log)()
	defer startWork(s.worker, s.Directory, log)() // before that: it adds to the trail
	log.Info("ready", "address", at.Addr().String(), "url", s.origin, "data", c.Data, "version", version())
	job := transfer.NewJob(s.Importer, func(message string, cause error) { log.Warn(message, "cause", cause) })
	defer job.Close() // before the store is closed
	site := handlers.New(handlers.Rooms{Access: s.Control, Audit: s.Trail, Outbox: s.Outbox, Accounts: s.Accounts, Contacts: s.Directory, Transfer: s.Importer, ImportJob: job}, pages)
	return web.Serve(ctx, at, web.New(site, at.options), log)
}

// server is the operations over an open store, and what sends messages for them.
type server struct {
	*rooms
	store   *sqlite.Store
	senders providers
	worker  *delivery.Worker
	origin  string // what links that are handed over begin with
	links   string // what those in messages begin with; "": there are none
	log     *slog.Logger
}

func newServer(c config.Config, scope oncall.Scope, store *sqlite.Store, origin string, watch *observer, log *slog.Logger) (*server, error) {
	s := &server{store: store, origin: origin, links: linksBegin(c, origin), log: log}
	var err error
	if s.senders, err = newProviders(c, s.links); err != nil {
		return nil, err
	}
	s.rooms = newRooms(store, roomOptions{
		access: access.Options{Scope: scope, Rules: rules(c)},
		outbox: outbox.Options{Limits: limits(c), OnReport: watch.reported,
			OnPosted: func(queue oncall.Queue, t oncall.ChannelType) { s.worker.Nudge(queue, t) }},
		account:  account.Options{Passwords: newPasswords(), Mails: s.senders.of[oncall.Email] != nil && s.links != ""},
		contacts: contacts.Options{OnReply: watch.replied(log)},
	})
	s.worker = s.senders.dispatch(s.Outbox, watch.tried, log)
	return s, nil
}

// pages is what the pages know of this server.
func (s *server) pages(c config.Config, settings []config.Setting, setUpDone func()) (handlers.Options, error) {
	pages := handlers.Options{Origin: s.origin, SetUpDone: setUpDone, About: about(c, settings), Log: s.log,
		Locked: func() bool { return s.store.Locked() != nil }, Trouble: s.store.Trouble}
	s.senders.show(&pages, s.links)
	return pages, addSignInMethods(&pages, c)
}

// closed closes a store that may not have been opened.
func closed(store *sqlite.Store) error {
	if store == nil {
		return nil
	}
	return store.Close()
}

// advised says what to do about a database that is not opened.
func advised(err error) error {
	switch {
	case errors.Is(err, sqlite.ErrNewer):
		return fmt.Errorf("%w: install that version or a later one; nothing was changed", err)
	case errors.Is(err, sqlite.ErrNotDatabase), errors.Is(err, sqlite.ErrForeign):
		return fmt.Errorf("%w: name another folder with --data; nothing was changed", err)
	case errors.Is(err, db.ErrDamaged):
		return fmt.Errorf("%w: put back a backup with callbook restore; nothing was changed", err)
	case errors.Is(err, sqlite.ErrInUse):
		return fmt.Errorf("%w: stop callbook serve first, and Litestream if it runs; nothing was changed", err)
	case errors.Is(err, sqlite.ErrNoDatabase):
		return fmt.Errorf("%w: name its folder with --data; callbook serve makes a new one", err)
	case errors.Is(err, sqlite.ErrOlder):
		return fmt.Errorf("%w: start callbook serve of this version once; nothing was changed", err)
	case errors.Is(err, db.ErrOtherScope):
		return fmt.Errorf("%w: start with the --region and --account-id that they name, or with another --data", err)
	}
	switch sqlite.TroubleOf(err) {
	case oncall.DiskFull:
		return fmt.Errorf("%w: the disk is full: make room and try again; nothing was changed", err)
	case oncall.DiskFailed:
		return fmt.Errorf("%w: the disk has failed or is read-only: the folder of the database must be writable, even for reading the database", err)
	case oncall.DatabaseBusy:
		return fmt.Errorf("%w: another program has locked the database: end it and try again", err)
	}
	return err
}
