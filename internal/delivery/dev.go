package delivery

import (
	"context"
	"slices"
	"sync"
	"time"

	"callbook/internal/oncall"
)

// maxShown is how many messages Dev keeps.
const maxShown = 200

// Dev is a Deliverer for development. It sends nothing and keeps the newest messages in
// memory.
type Dev struct {
	writer Writer
	mu     sync.Mutex
	kept   []DevMessage
}

// DevMessage is a message that was not sent.
type DevMessage struct {
	At    time.Time
	Type  oncall.ChannelType
	To    string
	Words Words
}

// NewDev returns a Dev without messages.
func NewDev(w Writer) *Dev { return &Dev{writer: w} }

// Name implements Deliverer.
func (d *Dev) Name() string { return "dev messages" }

// Deliver implements Deliverer.
func (d *Dev) Deliver(_ context.Context, m oncall.Message) (string, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.kept = append(d.kept, DevMessage{At: time.Now(), Type: m.Type, To: m.Content.To, Words: d.writer.Words(m)})
	if len(d.kept) > maxShown {
		d.kept = slices.Delete(d.kept, 0, len(d.kept)-maxShown)
	}
	return m.ID, nil
}

// Messages returns the messages that are kept, newest first.
func (d *Dev) Messages() []DevMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	list := slices.Clone(d.kept)
	slices.Reverse(list)
	return list
}
