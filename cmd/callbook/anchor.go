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

// system is the server itself, as who asks for the anchor.
var system = oncall.Actor{Door: oncall.Command, Principal: "callbook", Name: "callbook", Role: oncall.Admin}

// keepAnchors logs the end of the audit trail now, at each interval, and when it is
// stopped: logs that are kept elsewhere show later whether the newest entries were
// removed.
func keepAnchors(trail *audit.Trail, keys *seal.Ring, log *slog.Logger, interval time.Duration) (stop func()) {
	look := func(ctx context.Context) {
		if keys != nil { // without keys the start has said so
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
		log.Error("the key file is not what it was: addresses are still read by the keys in memory, none is added or changed, and the next start needs the file", "error", err)
	}
}

// logAnchor logs the end of the audit trail. A failure is logged, and the next call
// tries again.
func logAnchor(ctx context.Context, trail *audit.Trail, log *slog.Logger) {
	anchor, err := trail.AuditAnchor(ctx, system)
	if err != nil {
		log.Error("the end of the audit trail cannot be read", "error", err)
		return
	}
	log.Info("audit trail", "anchor", anchor.String())
}
