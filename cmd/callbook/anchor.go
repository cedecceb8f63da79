package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/internal/audit"
	"callbook/internal/oncall"
	"callbook/internal/seal"
)

// anchorEvery is how often a server logs the end of the audit trail.
const anchorEvery = time.Hour

// system is the actor for what the server does by itself.
var system = oncall.Actor{Door: oncall.Command, Principal: "callbook", Name: "callbook", Role: oncall.Admin}

// keepAnchors logs the end of the audit trail now, at each interval, and when it is
// stopped. Logs that are kept on another machine show later whether the newest entries
// were removed.
func keepAnchors(trail *audit.Trail, keys *seal.Ring, log *slog.Logger, interval time.Duration) (stop func()) {
	look := func(ctx context.Context) {
		if keys != nil { // the start has logged that there are none
			logKeyFile(keys, log)
		}
		logAnchor(context.WithoutCancel(ctx), trail, log)
	}
	stopLooks := every(interval, look)
	return func() {
		stopLooks()
		look(context.Background())
	}
}

func logKeyFile(keys *seal.Ring, log *slog.Logger) {
	if err := keys.Health(); err != nil {
		log.Error("the key file has changed or is missing: addresses can be read but not changed", "error", err)
	}
}

// logAnchor logs the end of the audit trail, or the error that keeps it from being read.
func logAnchor(ctx context.Context, trail *audit.Trail, log *slog.Logger) {
	anchor, err := trail.AuditAnchor(ctx, system)
	if err != nil {
		log.Error("the end of the audit trail cannot be read", "error", err)
		return
	}
	log.Info("audit trail", "anchor", anchor.String())
}
