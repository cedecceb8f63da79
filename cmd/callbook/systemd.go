package main

import (
	"context"
	"log/slog"

	"github.com/coreos/go-systemd/v22/daemon"
)

// announce tells systemd, where it has started the program and waits for word,
// that people can come in, and when ctx ends that the stop has begun. The caller
// calls finish before it ends: a program that is gone tells nothing.
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

// notify does nothing where NOTIFY_SOCKET is not set. That variable is no setting:
// it belongs to this process and its parent.
func notify(log *slog.Logger, state string) {
	if _, err := daemon.SdNotify(false, state); err != nil {
		log.Warn("systemd cannot be told of the state", "error", err)
	}
}
