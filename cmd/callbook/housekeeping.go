package main

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"callbook/internal/contacts"
	"callbook/internal/delivery"
)

// startWork runs the worker and the housekeeping until stop is called. Stop waits until
// the messages under way are sent and recorded.
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

// housekeeping is the periodic work of a server.
type housekeeping struct {
	directory *contacts.Directory
	log       *slog.Logger
	n         int   // rounds so far
	told      error // of the last round, whether logged or repeated
}

// next is one round. It ends expired codes, goes on with a resend job and, in one of
// purgeInterval rounds, deletes expired rows. A repeated error is logged once.
func (r *housekeeping) next(ctx context.Context) {
	err := settleCodes(ctx, r.directory)
	if r.n%purgeInterval == 0 {
		err = errors.Join(err, r.directory.PurgeExpired(ctx, housekeepingBatchSize))
	}
	if err != nil && ctx.Err() == nil && (r.told == nil || r.told.Error() != err.Error()) {
		r.log.Error("housekeeping failed", "error", err)
	}
	r.told = err
	r.n++
}

const (
	housekeepingBatchSize = 200 // rows of one transaction
	purgeInterval         = 60  // rounds
)

// settleCodes ends expired codes and goes on with the resend job until it is done.
func settleCodes(ctx context.Context, directory *contacts.Directory) error {
	_, err := directory.ExpireCodes(ctx, housekeepingBatchSize)
	for more := true; more && err == nil && ctx.Err() == nil; {
		more, err = directory.ResendSome(ctx)
	}
	return err
}
