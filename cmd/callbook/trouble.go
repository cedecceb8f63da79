package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/db"
	"callbook/internal/oncall"
)

// watchTrouble looks every second whether something is wrong with the disk, until
// stop is called.
func watchTrouble(store *db.Store, service *oncall.Service, log *slog.Logger) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	ticker, ended := time.NewTicker(time.Second), make(chan struct{})
	go func() {
		defer close(ended)
		logTrouble(ctx, store, service, log, ticker.C)
	}()
	return func() {
		ticker.Stop()
		cancel()
		<-ended
	}
}

// triedEvery is after how many ticks it is tried to write while nothing is wrong.
const triedEvery = 30

// logTrouble logs when something is wrong with the disk, and when it no longer is. It
// tries to write, now and then and in between at each tick, so that the beginning and the
// end are noticed also when nobody changes anything.
func logTrouble(ctx context.Context, store *db.Store, service *oncall.Service, log *slog.Logger, ticks <-chan time.Time) {
	var told oncall.Reason
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-ticks:
		}
		var err error
		if r := store.Trouble(); n%triedEvery == 0 || r != "" && r != oncall.KeyAway { // of which writing tells nothing
			err = service.Pulse(ctx)
		}
		is := store.Trouble()
		if is == told {
			continue
		}
		switch is {
		case "":
			log.Info("changes are taken again", "was", told)
		case oncall.KeyAway:
			log.Error("the key file is not what it was: no address is added or changed, and no new code is made", "reason", is, "error", store.Keys().Health())
		default:
			log.Error("nothing can be stored: changes are refused", "reason", is, "error", err)
		}
		told = is
	}
}
