package main

import (
	"context"
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// announce tells systemd that the server is ready and, when ctx ends, that it stops. It
// does nothing without systemd. The caller calls finish last, which waits until systemd
// was told.
func announce(ctx context.Context, at string, log *slog.Logger) (finish func()) {
	notify(log, daemon.SdNotifyReady+"\nSTATUS=Ready at "+at)
	told := make(chan struct{})
	unused := context.AfterFunc(ctx, func() {
		defer close(told)
		notify(log, daemon.SdNotifyStopping+"\nSTATUS=Stopping: accepted requests finish first")
	})
	return func() {
		if !unused() {
			<-told
		}
	}
}

// notify sends a state to the socket of NOTIFY_SOCKET, if that is set.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd was not notified", "error", err)
	}
}
