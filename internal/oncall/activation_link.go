package oncall

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Invitation is what the page behind the link of a code shows to whoever holds
// it: what is asked, and nothing else about anybody.
type Invitation struct {
	Name    string // of the contact
	AskedBy string // name of who asked for the code
	Channel string // name of the channel
	Type    ChannelType
	Mask    string
	EndsAt  time.Time
}

// InvitationOf returns what the link with this token stands for. It changes
// nothing. It fails with NotFound: DeadLink for every token that is not good.
func (s *Service) InvitationOf(ctx context.Context, token string) (Invitation, error) {
	var in Invitation
	err := s.view(ctx, func(q Queries) error {
		c, err := s.linked(q, token)
		if err != nil {
			return err
		}
		in, err = invitationTo(q, c)
		return err
	})
	if err != nil {
		return Invitation{}, deadIfMissing(err)
	}
	return in, nil
}

func invitationTo(q Queries, c Channel) (Invitation, error) {
	contact, err := q.Contact(c.Alias)
	return Invitation{Name: contact.Name(), AskedBy: c.Code.AskedBy, Channel: c.Name, Type: c.Type, Mask: c.Mask, EndsAt: c.Code.EndsAt}, err
}

// linked returns the channel whose code has the link, as long as it is accepted.
func (s *Service) linked(q Queries, token string) (Channel, error) {
	c, err := q.ChannelByLink(keyOf(token))
	if err == nil && !c.Code.Accepted(s.Now()) {
		err = ErrMissing
	}
	c.ARN = s.scope.Channel(c.Alias, c.ID)
	return c, err
}

// freeForLinks is how many tries at links a network address has without delay.
const freeForLinks = 20

// ActivateByLink proves a channel by the link of its code, which is good once. It
// fails with NotFound: DeadLink, and with Limited after many of these from one
// network address.
func (s *Service) ActivateByLink(ctx context.Context, by Actor, token string) (Invitation, error) {
	if err := s.permit(ctx, by, AnswerActivation, ""); err != nil {
		return Invitation{}, err
	}
	var in Invitation
	var refused error
	limits := []limit{limitOn("activation link", network(by.Client), freeForLinks)}
	err := s.update(ctx, func(q Queries) error {
		refused = nil
		wait, err := countTry(q, limits, s.Now())
		if err != nil {
			return err
		}
		if wait > 0 {
			refused = tooSoon(wait)
			return nil
		}
		c, err := s.linked(q, token)
		if errors.Is(err, ErrMissing) {
			refused = deadLink()
			return nil
		}
		if err != nil {
			return err
		}
		if err := forgiveLast(q, limits[0]); err != nil {
			return err
		}
		if in, err = invitationTo(q, c); err != nil {
			return err
		}
		return s.prove(q, thePerson(by, c), c)
	})
	if err := cmp.Or(err, refused); err != nil {
		return Invitation{}, err
	}
	return in, nil
}

// thePerson is who answers through a channel: whoever it reaches.
func thePerson(by Actor, c Channel) Actor {
	by.Door, by.Principal, by.Name = Link, string(c.ARN), c.Mask
	return by
}
