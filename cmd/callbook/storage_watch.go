package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/db/sqlite"
	"callbook/internal/access"
	"callbook/internal/oncall"
)

// watchStorage checks the store every second until stop is called.
func watchStorage(store *sqlite.Store, control *access.Control, log *slog.Logger) (stop func()) {
	return every(time.Second, (&storageWatch{store: store, control: control, log: log}).look)
}

// storageWatch logs when the store begins to fail, and when it works again.
type storageWatch struct {
	store   *sqlite.Store
	control *access.Control
	log     *slog.Logger
	n       int           // looks so far
	told    oncall.Reason // the last one logged
}

// writeInterval is how many looks pass between two test writes while nothing is wrong.
const writeInterval = 30

// look writes to the store now and then, and at every look while it fails. Trouble is
// noticed even if nobody changes anything.
func (w *storageWatch) look(ctx context.Context) {
	var err error
	if r := w.store.Trouble(); w.n%writeInterval == writeInterval-1 || r != "" && r != oncall.KeyFileMissing { // a write does not test the key file
		err = w.control.CheckWritable(ctx)
	}
	w.n++
	reason := w.store.Trouble()
	if reason == w.told {
		return
	}
	switch reason {
	case "":
		w.log.Info("changes are accepted again", "before", w.told)
	case oncall.KeyFileMissing:
		w.log.Error("the key file has changed or is missing: addresses cannot be changed", "reason", reason, "error", w.store.Keys().Health())
	default:
		w.log.Error("the store fails: changes are refused", "reason", reason, "error", err)
	}
	w.told = reason
}
