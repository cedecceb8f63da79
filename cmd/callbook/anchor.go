package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// anchorEvery is how often a server logs the end of the audit trail.
const anchorEvery = time.Hour

// system is the server itself, as who asks for the anchor.
var system = oncall.Actor{Door: oncall.Command, Principal: "callbook", Name: "callbook", Role: oncall.Admin}

// logAnchors logs how the key file is and the end of the audit trail now, at every tick, and when ctx
// ends: logs that are kept elsewhere show later whether the newest entries were
// removed. It reads little, and a failure is told and tried again at the next
// tick.
func logAnchors(ctx context.Context, service *oncall.Service, health func() error, log *slog.Logger, ticks <-chan time.Time) {
	for {
		if err := health(); err != nil {
			log.Error("the key file is not what it was: addresses are still read by the keys in memory, none is added or changed, and the next start needs the file", "error", err)
		}
		anchor, err := service.AuditAnchor(context.WithoutCancel(ctx), system)
		if err != nil {
			log.Error("the end of the audit trail cannot be read", "error", err)
		} else {
			log.Info("audit trail", "anchor", anchor.String())
		}
		if ctx.Err() != nil {
			return
		}
		select {
		case <-ticks:
		case <-ctx.Done():
		}
	}
}

// keepAnchors logs anchors until stop is called, which logs the last one.
func keepAnchors(service *oncall.Service, keys *seal.Ring, log *slog.Logger) (stop func()) {
	health := keys.Health
	if keys == nil { // said at the start
		health = func() error { return nil }
	}
	ctx, cancel := context.WithCancel(context.Background())
	ticker, ended := time.NewTicker(anchorEvery), make(chan struct{})
	go func() {
		defer close(ended)
		logAnchors(ctx, service, health, log, ticker.C)
	}()
	return func() {
		ticker.Stop()
		cancel()
		<-ended
	}
}
