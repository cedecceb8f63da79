package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/internal/oncall"
	"callbook/internal/outbox"
)

// watchClock compares the wall clock with the monotonic clock every second, until stop is
// called. When the wall clock was set, waiting messages move with it.
func watchClock(box *outbox.Outbox, log *slog.Logger) (stop func()) {
	start := time.Now()
	w := newClockWatch(box, box.Now, func() time.Duration { return time.Since(start) }, log)
	return every(time.Second, w.look)
}

// clockWatch notices that the wall clock was set.
type clockWatch struct {
	outbox  *outbox.Outbox
	log     *slog.Logger
	wall    func() time.Time
	running func() time.Duration // by the monotonic clock

	started bool      // messages from before the start have been checked
	since   time.Time // the start, by the wall clock as it is now
	wallAt  time.Time // the clocks at the last look
	ranFor  time.Duration
	told    string // the last error that was logged
}

func newClockWatch(box *outbox.Outbox, wall func() time.Time, running func() time.Duration, log *slog.Logger) *clockWatch {
	w := &clockWatch{outbox: box, log: log, wall: wall, running: running}
	w.wallAt, w.ranFor = wall(), running()
	w.since = w.wallAt
	return w
}

// look compares the clocks with those of the last look. If the store fails, the next look
// does both.
func (w *clockWatch) look(ctx context.Context) {
	wall, ran := w.wall(), w.running()
	jump := oncall.ClockJump(wall.Sub(w.wallAt), ran-w.ranFor)
	var err error
	switch {
	case !w.started:
		err = w.follow(ctx, oncall.SetBack{Now: wall})
		w.started = err == nil
	case jump < 0:
		err = w.follow(ctx, oncall.SetBack{Now: wall, By: -jump, Since: w.since})
		if err == nil {
			w.since = w.since.Add(jump)
		}
	case jump > 0:
		w.log.Warn("the clock was set forward: purging stops for an hour", "by", jump)
		w.outbox.HoldPurge()
		w.since = wall // earlier times came from another clock
	}
	switch {
	case err == nil:
		w.wallAt, w.ranFor, w.told = wall, ran, ""
	case ctx.Err() == nil && err.Error() != w.told && oncall.KindOf(err) != oncall.Sealed: // without keys nothing is sent
		w.told = err.Error()
		w.log.Error("messages cannot be moved with the clock", "error", err)
	}
}

func (w *clockWatch) follow(ctx context.Context, b oncall.SetBack) error {
	moved, err := w.outbox.FollowClock(ctx, b)
	if err == nil && (moved > 0 || b.By > 0) {
		w.log.Warn("the clock was set back", "by", b.By, "moved", moved)
	}
	return err
}
