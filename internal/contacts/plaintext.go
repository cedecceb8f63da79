package contacts

import (
	"context"
	"slices"
	"time"

	"callbook/internal/oncall"
)

// ChannelInClear returns a channel with its whole delivery address. The audit trail
// records such reads once an hour for each actor and contact. It fails as Channel does,
// and with Sealed.
func (d *Directory) ChannelInClear(ctx context.Context, by oncall.Actor, arn oncall.ARN) (oncall.Channel, error) {
	if err := d.Admit(ctx, by, oncall.GetContactChannel, oncall.FieldChannel, arn); err != nil {
		return oncall.Channel{}, err
	}
	var c oncall.Channel
	alias, _, _ := d.Scope().ChannelID(arn)
	err := d.recordAccess(ctx, by, alias, func(q Queries) (err error) {
		if c, err = d.channel(q, arn); err != nil {
			return err
		}
		c.Address, err = q.Address(c.Alias, c.ID)
		return err
	})
	if err != nil {
		return oncall.Channel{}, err // never shown without a record
	}
	return c, nil
}

// ChannelQuery is the input of ChannelsInClear.
type ChannelQuery struct {
	Contact oncall.ARN
	After   string // ChannelList.Next of the page before; empty: the first page
	Limit   int    // 1 to 1024; 0 means 50
}

// ChannelList is one page of a contact's channels.
type ChannelList struct {
	Channels []oncall.Channel // with their addresses in the clear
	Next     string           // opaque; empty on the last page
}

// channelStart is the content of a cursor: the last channel of the previous page.
type channelStart struct {
	Created int64  `json:"created"` // in microseconds of Unix time
	ID      string `json:"id"`
}

// follows reports whether a channel comes after the start.
func (f channelStart) follows(c oncall.Channel) bool {
	created := c.CreatedAt.UnixMicro()
	return created > f.Created || created == f.Created && c.ID > f.ID
}

// ChannelsInClear returns a page of a contact's channels, by creation, with their whole
// delivery addresses. It is recorded as ChannelInClear is. Inserts and deletes between
// pages neither skip nor repeat a channel. It fails as Contact does, with Invalid for a
// limit out of range or a malformed cursor, and with Sealed.
func (d *Directory) ChannelsInClear(ctx context.Context, by oncall.Actor, in ChannelQuery) (ChannelList, error) {
	if err := d.Admit(ctx, by, oncall.ListContactChannels, oncall.FieldContact, in.Contact); err != nil {
		return ChannelList{}, err
	}
	from, err := oncall.ParseCursor(in.After, func(f channelStart) bool { return oncall.IsChannelID(f.ID) })
	if err != nil {
		return ChannelList{}, err
	}
	limit, err := oncall.PageSize(in.Limit, "channels")
	if err != nil {
		return ChannelList{}, err
	}
	var page ChannelList
	alias, _ := d.Scope().ContactAlias(in.Contact)
	err = d.recordAccess(ctx, by, alias, func(q Queries) (err error) {
		if _, err = d.contact(q, in.Contact); err != nil {
			return err
		}
		page, err = d.pageInClear(q, alias, from, limit)
		return err
	})
	if err != nil {
		return ChannelList{}, err // never shown without a record
	}
	return page, nil
}

// pageInClear reads one page of the at most 100 channels of a contact.
func (d *Directory) pageInClear(q Queries, alias string, from channelStart, limit int) (ChannelList, error) {
	var page ChannelList
	channels, err := q.Channels(alias)
	if err != nil {
		return page, err
	}
	page.Channels = slices.DeleteFunc(channels, func(c oncall.Channel) bool { return !from.follows(c) })
	if len(page.Channels) > limit {
		page.Channels = page.Channels[:limit]
		last := page.Channels[limit-1]
		page.Next = oncall.Cursor(channelStart{last.CreatedAt.UnixMicro(), last.ID})
	}
	for i, c := range d.WithARNs(page.Channels) {
		if page.Channels[i].Address, err = q.Address(alias, c.ID); err != nil {
			return page, err
		}
	}
	return page, nil
}

// AddressAccessTTL is how long one record of address access covers further reads.
const AddressAccessTTL = time.Hour

// recordAccess reads addresses of a contact, and records the first read of the actor in
// an hour. Programs read them again and again, and an entry for each would bury all
// others.
func (d *Directory) recordAccess(ctx context.Context, by oncall.Actor, alias string, read func(Queries) error) error {
	hour := d.Now().Truncate(AddressAccessTTL)
	known := false
	err := d.store.View(ctx, func(q Queries) (err error) {
		if known, err = q.AddressAccessRecorded(by.Principal, alias, hour); err != nil || !known {
			return err
		}
		return read(q)
	})
	if err != nil || known {
		return err
	}
	return d.store.Update(ctx, func(q Queries) error {
		if err := read(q); err != nil {
			return err
		}
		first, err := q.RecordAddressAccess(by.Principal, alias, hour)
		if err != nil || !first {
			return err
		}
		return d.Record(q, by, oncall.ListContactChannels, d.Scope().Contact(alias))
	})
}
