package contacts

import (
	"context"
	"errors"
	"time"

	"callbook/internal/access"
	"callbook/internal/oncall"
)

// InactiveChannel is a channel with its contact, on a page of those that are not active.
type InactiveChannel struct {
	oncall.Channel
	Contact oncall.Contact
}

// BacklogQuery is the input of Activations.
type BacklogQuery struct {
	After    string // the Next of the previous page
	Objected bool   // only the channels, active or not, that replied STOP or that the number is wrong
}

// ActivationBacklog is a page of the channels that are not active, the oldest first, or of
// those of the query.
type ActivationBacklog struct {
	Channels []InactiveChannel
	Next     string // opaque; empty on the last page
	Total    int    // how many there are in all, not counted beyond MaxCounted
	Objected int    // how many channels replied STOP or that the number is wrong, likewise
	Job      Resend // the last time that new codes were sent to all; zero: never
}

// MaxCounted is how many inactive channels are counted at most.
const MaxCounted = 10_000

// backlogPageSize is how many channels a page of the backlog has.
const backlogPageSize = 50

// Activations returns a page of the inactive channels. It fails with Invalid for a
// malformed cursor.
func (d *Directory) Activations(ctx context.Context, by oncall.Actor, in BacklogQuery) (ActivationBacklog, error) {
	var page ActivationBacklog
	if err := d.PermitOn(ctx, by, oncall.ListContacts, ""); err != nil {
		return page, err
	}
	from, err := parsePlace(in.After)
	if err != nil {
		return page, err
	}
	err = d.store.View(ctx, func(q Queries) error {
		list := q.InactiveChannels
		if in.Objected {
			list = q.ObjectedChannels
		}
		channels, err := list(from, backlogPageSize+1)
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
		if page.Objected, err = q.CountObjectedChannels(MaxCounted); err != nil {
			return err
		}
		page.Job, err = q.Resend()
		return access.IgnoreMissing(err)
	})
	return page, err
}

// ChannelsOf returns those of the named channels that exist, as one snapshot.
func (d *Directory) ChannelsOf(ctx context.Context, by oncall.Actor, arns []oncall.ARN) (list []InactiveChannel, err error) {
	if err := d.PermitOn(ctx, by, oncall.ListContacts, ""); err != nil {
		return nil, err
	}
	err = d.store.View(ctx, func(q Queries) error {
		for _, arn := range arns {
			c, err := d.channel(q, arn)
			if oncall.KindOf(err) == oncall.NotFound {
				continue
			}
			contact, err2 := d.contact(q, d.Scope().Contact(c.Alias))
			if err := errors.Join(err, err2); err != nil {
				return err
			}
			list = append(list, InactiveChannel{Channel: c, Contact: contact})
		}
		return nil
	})
	return list, err
}

func positionOf(c oncall.Channel) ChannelPlace { return ChannelPlace{c.CreatedAt, c.Alias, c.ID} }

// placeStart is the content of a cursor: the last channel of the previous page.
type placeStart struct {
	At    int64  `json:"t"` // microseconds since 1970
	Alias string `json:"a"`
	ID    string `json:"i"`
}

func (p ChannelPlace) token() string {
	return oncall.Cursor(placeStart{p.CreatedAt.UnixMicro(), p.Alias, p.ID})
}

// parsePlace reads the cursor of a page; "" is the start.
func parsePlace(token string) (ChannelPlace, error) {
	start, err := oncall.ParseCursor(token, func(s placeStart) bool { return oncall.IsAlias(s.Alias) && oncall.IsChannelID(s.ID) })
	if err != nil || token == "" {
		return ChannelPlace{}, err
	}
	return ChannelPlace{CreatedAt: time.UnixMicro(start.At).UTC(), Alias: start.Alias, ID: start.ID}, nil
}

// Resend is the job that sends new codes to every channel whose code is no longer valid.
// There is one at a time. The zero Resend means that there was none.
type Resend struct {
	By         oncall.Actor
	StartedAt  time.Time
	FinishedAt time.Time // zero: it is under way
	Total      int       // how many channels it looks at
	Seen       int       // how many it has looked at
	Sent       int       // how many got a new code
	Refused    int       // how many got none because of a limit
	At         ChannelPlace
}

// Running reports whether the job is under way.
func (r Resend) Running() bool { return !r.StartedAt.IsZero() && r.FinishedAt.IsZero() }

// ResendExpired starts the job that sends a new code to every channel whose code has
// expired, was tried too often, was refused by a limit, or was not sent for want of a
// provider. ResendSome continues it, also after a restart. While a job runs it changes
// nothing.
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

// resendBatchSize is how many channels one transaction of the job looks at.
const resendBatchSize = 50

// ResendSome runs one batch of the job, if there is one, and reports whether more is
// left. It acts for the actor who started the job.
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
			continue // an unreadable address does not stop the job
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
