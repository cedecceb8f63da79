package main

import (
	"context"
	"log/slog"
	"time"

	"callbook/db"
	"callbook/internal/access"
	"callbook/internal/oncall"
)

// watchStorage looks every second whether something is wrong with the disk, until
// stop is called.
func watchStorage(store *db.Store, control *access.Control, log *slog.Logger) (stop func()) {
	return every(time.Second, (&storageWatch{store: store, control: control, log: log}).look)
}

// storageWatch logs when something is wrong with the disk, and when it no longer is.
type storageWatch struct {
	store   *db.Store
	control *access.Control
	log     *slog.Logger
	n       int           // of looks before this one
	told    oncall.Reason // what was last logged
}

// triedEvery is in which of its looks a storageWatch tries to write while nothing is
// wrong.
const triedEvery = 30

// look tries to write, now and then and in between at each look, so that the
// beginning and the end are noticed also when nobody changes anything.
func (w *storageWatch) look(ctx context.Context) {
	var err error
	if r := w.store.Trouble(); w.n%triedEvery == triedEvery-1 || r != "" && r != oncall.KeyFileMissing { // of which writing tells nothing
		err = w.control.CheckWritable(ctx)
	}
	w.n++
	is := w.store.Trouble()
	if is == w.told {
		return
	}
	switch is {
	case "":
		w.log.Info("changes are taken again", "was", w.told)
	case oncall.KeyFileMissing:
		w.log.Error("the key file is not what it was: no address is added or changed, and no new code is made", "reason", is, "error", w.store.Keys().Health())
	default:
		w.log.Error("nothing can be stored: changes are refused", "reason", is, "error", err)
	}
	w.told = is
}
