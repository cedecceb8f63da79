package oncall

import (
	"context"
	"errors"
	"time"
)

// Unproven is a channel that is not active, and whose it is.
type Unproven struct {
	Channel
	Contact Contact
}

// Queue is a page of the channels that are not active, the oldest first.
type Queue struct {
	Channels []Unproven
	Next     string // opaque; empty on the last page
	Total    int    // how many there are in all, not counted beyond MostCounted
	Job      Resend // the last time that new codes were sent to all; zero: never
}

// MostCounted is how far channels that are not active are counted.
const MostCounted = 10_000

// queueAtOnce is how many channels a page of the queue has.
const queueAtOnce = 50

// Activations returns a page of the channels that are not active. It fails with
// Invalid for a token that it did not make.
func (s *Service) Activations(ctx context.Context, by Actor, after string) (Queue, error) {
	var page Queue
	if err := s.permit(ctx, by, ListContacts, ""); err != nil {
		return page, err
	}
	from, err := parsePlace(after)
	if err != nil {
		return page, err
	}
	err = s.view(ctx, func(q Queries) error {
		channels, err := q.Unproved(from, queueAtOnce+1)
		if err != nil {
			return err
		}
		if len(channels) > queueAtOnce {
			channels = channels[:queueAtOnce]
			page.Next = positionOf(channels[queueAtOnce-1]).token()
		}
		for _, c := range s.named(channels) {
			contact, err := s.contact(q, s.scope.Contact(c.Alias))
			if err != nil {
				return err
			}
			page.Channels = append(page.Channels, Unproven{Channel: c, Contact: contact})
		}
		if page.Total, err = q.CountUnproved(MostCounted); err != nil {
			return err
		}
		page.Job, err = q.Resend()
		return missingIsFine(err)
	})
	return page, err
}

func positionOf(c Channel) ChannelPlace { return ChannelPlace{c.CreatedAt, c.Alias, c.ID} }

// placeStart is what a token of the queue holds: the last channel of the page before.
type placeStart struct {
	At    int64  `json:"t"` // microseconds since 1970
	Alias string `json:"a"`
	ID    string `json:"i"`
}

func (p ChannelPlace) token() string {
	return pageToken(placeStart{p.CreatedAt.UnixMicro(), p.Alias, p.ID})
}

// parsePlace takes the token of a page of the queue apart; the empty one is the
// start. Only what token makes is accepted.
func parsePlace(token string) (ChannelPlace, error) {
	start, err := openPageToken(token, func(s placeStart) bool { return isAlias(s.Alias) && isChannelID(s.ID) })
	if err != nil || token == "" {
		return ChannelPlace{}, err
	}
	return ChannelPlace{CreatedAt: time.UnixMicro(start.At).UTC(), Alias: start.Alias, ID: start.ID}, nil
}

// Resend is the job of sending new codes to every channel whose code is no longer
// good. There is one at a time; the zero Resend: none yet.
type Resend struct {
	By         Actor
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
func (s *Service) ResendExpired(ctx context.Context, by Actor) error {
	if err := s.permit(ctx, by, SendActivationCode, ""); err != nil {
		return err
	}
	return s.update(ctx, func(q Queries) error {
		job, err := q.Resend()
		if err != nil && !errors.Is(err, ErrMissing) || job.Running() {
			return err
		}
		total, err := q.CountUnproved(MostCounted)
		if err != nil {
			return err
		}
		return q.SetResend(Resend{By: by, StartedAt: s.Now(), Total: total})
	})
}

// resendAtOnce is how many channels one transaction of a job looks at.
const resendAtOnce = 50

// ResendSome goes on with the job, if there is one, and reports whether it goes
// on. It is for this installation itself; what it does is done by whoever began.
func (s *Service) ResendSome(ctx context.Context) (more bool, err error) {
	err = s.view(ctx, func(q Queries) error {
		job, err := q.Resend()
		more = job.Running()
		return missingIsFine(err)
	})
	if err != nil || !more {
		return false, err
	}
	var types map[ChannelType]bool
	err = s.update(ctx, func(q Queries) error {
		types = map[ChannelType]bool{}
		job, err := q.Resend()
		if err != nil || !job.Running() {
			more = false
			return missingIsFine(err)
		}
		more, err = s.resendSome(q, job, types)
		return err
	})
	for t := range types {
		s.nudge(err, ActivationClass, t)
	}
	return more && err == nil, err
}

func (s *Service) resendSome(q Queries, job Resend, types map[ChannelType]bool) (more bool, err error) {
	channels, err := q.Unproved(job.At, resendAtOnce)
	if err != nil {
		return false, err
	}
	for _, c := range s.named(channels) {
		job.At = positionOf(c)
		job.Seen++
		if !c.WantsCode(s.Now()) {
			continue
		}
		if _, err := q.Address(c.Alias, c.ID); KindOf(err) == Sealed {
			continue // one that cannot be read does not keep the others waiting
		}
		err := s.resend(q, job.By, c, s.Now())
		switch {
		case err == nil:
			job.Sent++
			types[c.Type] = true
		case ReasonOf(err) == Quota:
			job.Refused++
		case KindOf(err) != Limited && KindOf(err) != Invalid:
			return false, err
		}
	}
	if len(channels) < resendAtOnce {
		job.FinishedAt = s.Now()
	}
	return job.Running(), q.SetResend(job)
}

// WantsCode reports whether a channel has had a code that is no longer good, but
// for one that a provider could not deliver: another would go the same way.
func (c Channel) WantsCode(now time.Time) bool {
	switch c.Code.Where(now) {
	case CodeExpired, CodeBurnt, CodeRefused:
		return c.State() == NotActivated
	case CodeFailed:
		return c.State() == NotActivated && c.Code.Sends == 0 // nothing has left
	}
	return false
}
