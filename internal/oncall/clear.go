package oncall

import (
	"context"
	"slices"
	"time"
)

// ChannelInClear returns a channel with its delivery address in the clear. That
// somebody saw addresses of the contact is on record, once an hour. It fails as
// Channel does, and with Sealed.
func (s *Service) ChannelInClear(ctx context.Context, by Actor, arn ARN) (Channel, error) {
	if err := s.admit(ctx, by, GetContactChannel, FieldChannel, arn); err != nil {
		return Channel{}, err
	}
	var c Channel
	alias, _, _ := s.scope.channelID(arn)
	err := s.onRecord(ctx, by, alias, func(q Queries) (err error) {
		if c, err = s.channel(q, arn); err != nil {
			return err
		}
		c.Address, err = q.Address(c.Alias, c.ID)
		return err
	})
	if err != nil {
		return Channel{}, err // never shown without being on record
	}
	return c, nil
}

// ChannelQuery is the input of ChannelsInClear.
type ChannelQuery struct {
	Contact ARN
	After   string // ChannelPage.Next of the page before; empty: the first page
	Limit   int    // 1 to 1024; 0 means 50
}

// ChannelPage is one page of a contact's channels.
type ChannelPage struct {
	Channels []Channel // with their addresses in the clear
	Next     string    // opaque; empty on the last page
}

// channelStart is what its token holds: the last channel of the page before.
type channelStart struct {
	Created int64  `json:"created"` // in microseconds of Unix time
	ID      string `json:"id"`
}

// follows reports whether a channel comes after the start.
func (f channelStart) follows(c Channel) bool {
	created := c.CreatedAt.UnixMicro()
	return created > f.Created || created == f.Created && c.ID > f.ID
}

// ChannelsInClear returns a page of a contact's channels, by creation, with their
// delivery addresses in the clear; it is on record as ChannelInClear is. A page
// survives inserts and deletes between pages. It fails as Contact does, with
// Invalid for a limit out of range or a token it did not make, and with Sealed.
func (s *Service) ChannelsInClear(ctx context.Context, by Actor, in ChannelQuery) (ChannelPage, error) {
	if err := s.admit(ctx, by, ListContactChannels, FieldContact, in.Contact); err != nil {
		return ChannelPage{}, err
	}
	from, err := openPageToken(in.After, func(f channelStart) bool { return isChannelID(f.ID) })
	if err != nil {
		return ChannelPage{}, err
	}
	limit, err := pageLimit(in.Limit, "channels")
	if err != nil {
		return ChannelPage{}, err
	}
	var page ChannelPage
	alias, _ := s.scope.contactAlias(in.Contact)
	err = s.onRecord(ctx, by, alias, func(q Queries) (err error) {
		if _, err = s.contact(q, in.Contact); err != nil {
			return err
		}
		page, err = s.pageInClear(q, alias, from, limit)
		return err
	})
	if err != nil {
		return ChannelPage{}, err // never shown without being on record
	}
	return page, nil
}

// pageInClear reads one page of the at most 100 channels of a contact.
func (s *Service) pageInClear(q Queries, alias string, from channelStart, limit int) (ChannelPage, error) {
	var page ChannelPage
	channels, err := q.Channels(alias)
	if err != nil {
		return page, err
	}
	page.Channels = slices.DeleteFunc(channels, func(c Channel) bool { return !from.follows(c) })
	if len(page.Channels) > limit {
		page.Channels = page.Channels[:limit]
		last := page.Channels[limit-1]
		page.Next = pageToken(channelStart{last.CreatedAt.UnixMicro(), last.ID})
	}
	for i, c := range s.named(page.Channels) {
		if page.Channels[i].Address, err = q.Address(alias, c.ID); err != nil {
			return page, err
		}
	}
	return page, nil
}

// SeenKeep is how long it is kept that addresses were seen and are on record.
const SeenKeep = time.Hour

// onRecord reads addresses of a contact, and puts the first time in an hour that
// the actor does so on record, as one of all channels, of which others may follow. A
// program asks for them again and again: a line for each would bury all others.
func (s *Service) onRecord(ctx context.Context, by Actor, alias string, read func(Queries) error) error {
	hour := s.Now().Truncate(SeenKeep)
	known := false
	err := s.view(ctx, func(q Queries) (err error) {
		if known, err = q.AddressesSeen(by.Principal, alias, hour); err != nil || !known {
			return err
		}
		return read(q)
	})
	if err != nil || known {
		return err
	}
	return s.update(ctx, func(q Queries) error {
		if err := read(q); err != nil {
			return err
		}
		first, err := q.SeeAddresses(by.Principal, alias, hour)
		if err != nil || !first {
			return err
		}
		return s.record(q, by, ListContactChannels, s.scope.Contact(alias))
	})
}
