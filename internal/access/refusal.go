package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"callbook/internal/oncall"
)

func Stale(what string) *oncall.Error {
	return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.Stale,
		Message: "Somebody else changed this " + what + " in the meantime: look at it as it is now, then save again."}
}

// DeadLink is the one answer for every link that is not good: one that was used,
// replaced, has ended or never was.
func DeadLink() *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Reason: oncall.DeadLink, Message: "This link is no longer good: ask for a new one."}
}

func IgnoreMissing(err error) error {
	if errors.Is(err, oncall.ErrMissing) {
		return nil
	}
	return err
}

// refusalInterval is how often refusals of one operation to one actor are put on
// record at most, so that nobody fills the disk by asking.
const refusalInterval = time.Minute

// maxEntriesSearched is how many entries of an actor are looked through for a recent
// refusal. Who does more than that within a minute may leave another one.
const maxEntriesSearched = 1000

// RecordRefusal adds a refusal to the trail. That it cannot, for want of a key or
// of room, does not change the answer.
func (c *Control) RecordRefusal(ctx context.Context, by oncall.Actor, op oncall.Operation, resource oncall.ARN) {
	_ = c.store.Update(ctx, func(q Queries) error {
		known, err := c.existing(q, resource)
		if err != nil {
			return err
		}
		e := c.EntryOf(by, op, oncall.Refused, known, nil)
		recent, err := refusedRecently(q, e)
		if err != nil || recent {
			return err
		}
		return q.Record(e)
	})
}

// refusedRecently reports whether there is a refusal of the same kind already.
func refusedRecently(q Queries, e oncall.Entry) (bool, error) {
	latest, err := q.Entries(oncall.AuditQuery{Actor: e.Actor, Limit: maxEntriesSearched})
	if err != nil {
		return false, err
	}
	for _, before := range latest {
		if oncall.Elapsed(before.At, e.At) >= refusalInterval {
			return false, nil
		}
		if before.Outcome == oncall.Refused && before.Operation == e.Operation && before.Door == e.Door && before.Principal == e.Principal {
			return true, nil
		}
	}
	return false, nil
}

// existing returns the name of what there is, and "" for any other: who is refused
// could write anything into the trail otherwise, an address too.
func (c *Control) existing(q Queries, arn oncall.ARN) (oncall.ARN, error) {
	var err error
	alias, isContact := c.Scope().ContactAlias(arn)
	of, id, isChannel := c.Scope().ChannelID(arn)
	key, isKey := strings.CutPrefix(string(arn), string(c.Scope().AccessKey("")))
	switch {
	case isContact:
		_, err = q.Contact(alias)
	case isChannel:
		_, err = q.Channel(of, id)
	case isKey:
		_, err = q.AccessKey(key)
	default:
		err = oncall.ErrMissing
	}
	if errors.Is(err, oncall.ErrMissing) {
		return "", nil
	}
	return arn, err
}

func DeadIfMissing(err error) error {
	if errors.Is(err, oncall.ErrMissing) {
		return DeadLink()
	}
	return err
}
