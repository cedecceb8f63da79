package contacts

import (
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// InactiveChannel is a channel that is not active, and whose it is.
type InactiveChannel struct {
	oncall.Channel
	Contact oncall.Contact
}

// ActivationBacklog is a page of the channels that are not active, the oldest first.
type ActivationBacklog struct {
	Channels []InactiveChannel
	Next     string // opaque; empty on the last page
	Total    int    // how many there are in all, not counted beyond MaxCounted
	Job      Resend // the last time that new codes were sent to all; zero: never
}

// MaxCounted is how far channels that are not active are counted.
const MaxCounted = 10_000

// backlogPageSize is how many channels a page of the queue has.
const backlogPageSize = 50

// Activations returns a page of the channels that are not active. It fails with
// Invalid for a token that it did not make.
func (d *Directory) Activations(ctx context.Context, by oncall.Actor, after string) (ActivationBacklog, error) {
	var page ActivationBacklog
	if err := d.PermitOn(ctx, by, oncall.ListContacts, ""); err != nil {
		return page, err
	}
	from, err := parsePlace(after)
	if err != nil {
		return page, err
	}
	err = d.store.View(ctx, func(q Queries) error {
		channels, err := q.InactiveChannels(from, backlogPageSize+1)
		if err != nil {
			return err
		}
		if len(channels) > backlogPageSize {
			channels = channels[:backlogPageSize]
			page.Next = positionOf(channels[backlogPageSize-1]).token()
		}
		for _, c := range d.WithARNs(channels) {
			contact, err := d.contact(q, d.Scope().Contact(c.Alias))
			if err != nil {
				return err
			}
			page.Channels = append(page.Channels, InactiveChannel{Channel: c, Contact: contact})
		}
		if page.Total, err = q.CountInactiveChannels(MaxCounted); err != nil {
			return err
		}
		page.Job, err = q.Resend()
		return access.IgnoreMissing(err)
	})
	return page, err
}

func positionOf(c oncall.Channel) ChannelPlace { return ChannelPlace{c.CreatedAt, c.Alias, c.ID} }

// placeStart is what a token of the queue holds: the last channel of the page before.
type placeStart struct {
	At    int64  `json:"t"` // microseconds since 1970
	Alias string `json:"a"`
	ID    string `json:"i"`
}

func (p ChannelPlace) token() string {
	return oncall.Cursor(placeStart{p.CreatedAt.UnixMicro(), p.Alias, p.ID})
}

// parsePlace takes the token of a page of the queue apart; the empty one is the
// start. Only what token makes is accepted.
func parsePlace(token string) (ChannelPlace, error) {
	start, err := oncall.ParseCursor(token, func(s placeStart) bool { return oncall.IsAlias(s.Alias) && oncall.IsChannelID(s.ID) })
	if err != nil || token == "" {
		return ChannelPlace{}, err
	}
	return ChannelPlace{CreatedAt: time.UnixMicro(start.At).UTC(), Alias: start.Alias, ID: start.ID}, nil
}

// Resend is the job of sending new codes to every channel whose code is no longer
// good. There is one at a time; the zero Resend: none yet.
type Resend struct {
	By         oncall.Actor
	StartedAt  time.Time
	FinishedAt time.Time // zero: it is under way
	Total      int       // how many channels are to be looked at
	Seen       int       // how many were
	Sent       int       // how many have got a new code
	Refused    int       // how many have got none, because of a limit
	At         ChannelPlace
}

// Running reports whether the job is under way.
func (r Resend) Running() bool { return !r.StartedAt.IsZero() && r.FinishedAt.IsZero() }

// ResendExpired begins to send a new code to every channel that has had one which
// is no longer good: expired, burnt, refused by a limit, or not sent because nothing sends such codes. It goes on by
// ResendSome, also after a restart. While one is under way it changes nothing and
// succeeds.
func (d *Directory) ResendExpired(ctx context.Context, by oncall.Actor) error {
	if err := d.PermitOn(ctx, by, oncall.SendActivationCode, ""); err != nil {
		return err
	}
	return d.store.Update(ctx, func(q Queries) error {
		job, err := q.Resend()
		if err != nil && !errors.Is(err, oncall.ErrMissing) || job.Running() {
			return err
		}
		total, err := q.CountInactiveChannels(MaxCounted)
		if err != nil {
			return err
		}
		return q.SetResend(Resend{By: by, StartedAt: d.Now(), Total: total})
	})
}

// resendBatchSize is how many channels one transaction of a job looks at.
const resendBatchSize = 50

// ResendSome goes on with the job, if there is one, and reports whether it goes
// on. It is for this installation itself; what it does is done by whoever began.
func (d *Directory) ResendSome(ctx context.Context) (more bool, err error) {
	err = d.store.View(ctx, func(q Queries) error {
		job, err := q.Resend()
		more = job.Running()
		return access.IgnoreMissing(err)
	})
	if err != nil || !more {
		return false, err
	}
	var types map[oncall.ChannelType]bool
	err = d.store.Update(ctx, func(q Queries) error {
		types = map[oncall.ChannelType]bool{}
		job, err := q.Resend()
		if err != nil || !job.Running() {
			more = false
			return access.IgnoreMissing(err)
		}
		more, err = d.resendSome(q, job, types)
		return err
	})
	for t := range types {
		d.outbox.Nudge(err, oncall.ActivationQueue, t)
	}
	return more && err == nil, err
}

func (d *Directory) resendSome(q Queries, job Resend, types map[oncall.ChannelType]bool) (more bool, err error) {
	channels, err := q.InactiveChannels(job.At, resendBatchSize)
	if err != nil {
		return false, err
	}
	for _, c := range d.WithARNs(channels) {
		job.At = positionOf(c)
		job.Seen++
		if !c.WantsCode(d.Now()) {
			continue
		}
		if _, err := q.Address(c.Alias, c.ID); oncall.KindOf(err) == oncall.Sealed {
			continue // one that cannot be read does not keep the others waiting
		}
		err := d.resend(q, job.By, c, d.Now())
		switch {
		case err == nil:
			job.Sent++
			types[c.Type] = true
		case oncall.ReasonOf(err) == oncall.Quota:
			job.Refused++
		case oncall.KindOf(err) != oncall.Limited && oncall.KindOf(err) != oncall.Invalid:
			return false, err
		}
	}
	if len(channels) < resendBatchSize {
		job.FinishedAt = d.Now()
	}
	return job.Running(), q.SetResend(job)
}
