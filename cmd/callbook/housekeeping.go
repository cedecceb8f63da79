package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/delivery"
)

// work runs the worker and what else goes on by itself, until stop is called: it
// waits for what is being sent, and for what comes of it.
func startWork(worker *delivery.Worker, directory *contacts.Directory, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		worker.Run(ctx)
	}()
	r := housekeeping{directory: directory, log: log}
	stopRounds := every(time.Second, r.next)
	return func() {
		cancel()
		stopRounds()
		<-sent
	}
}

// rounds is the work that a server does by itself beside sending messages.
type housekeeping struct {
	directory *contacts.Directory
	log       *slog.Logger
	n         int   // of rounds before this one
	told      error // that the round before logged or would have logged
}

// next makes an end of codes whose time is over, sends new codes where somebody
// asked for many and, once in purgeInterval rounds, forgets what may be forgotten. It
// logs an error once until it is another one.
func (r *housekeeping) next(ctx context.Context) {
	err := settleCodes(ctx, r.directory)
	if r.n%purgeInterval == 0 {
		err = errors.Join(err, r.directory.PurgeExpired(ctx, housekeepingBatchSize))
	}
	if err != nil && ctx.Err() == nil && (r.told == nil || r.told.Error() != err.Error()) {
		r.log.Error("codes that have ended are not put away", "error", err)
	}
	r.told = err
	r.n++
}

// housekeepingBatchSize bounds how long a round takes; in one of purgeInterval there is more to
// do.
const (
	housekeepingBatchSize = 200
	purgeInterval         = 60
)

func settleCodes(ctx context.Context, directory *contacts.Directory) error {
	_, err := directory.ExpireCodes(ctx, housekeepingBatchSize)
	for more := true; more && err == nil && ctx.Err() == nil; {
		more, err = directory.ResendSome(ctx)
	}
	return err
}
