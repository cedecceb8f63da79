package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/internal/oncall"
)

// watchTrouble looks every second whether something is wrong with the disk, until
// stop is called.
func watchTrouble(trouble func() oncall.Reason, service *oncall.Service, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ticker, ended := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		defer close(ended)
		logTrouble(ctx, trouble, service, log, ticker.C)
	}()
	return func() {
		ticker.Stop()
		cancel()
		<-ended
	}
}

// logTrouble logs when something is wrong with the disk, and when it no longer is. In
// between it tries to write at each tick, so that the end is noticed also when nobody
// changes anything.
func logTrouble(ctx context.Context, trouble func() oncall.Reason, service *oncall.Service, log *slog.Logger, ticks <-chan time.Time) {
	var told oncall.Reason
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		var err error
		if r := trouble(); r != "" && r != oncall.KeyAway { // of which writing tells nothing
			err = service.Pulse(ctx)
		}
		switch is := trouble(); {
		case is == told:
		case is == "":
			log.Info("the disk is well again", "was", told)
			told = is
		default:
			log.Error("changes are refused", "reason", is, "error", err)
			told = is
		}
	}
}
