package access

import (
	"context"
	"errors"
	"strings"
	"time"

	"callbook/internal/oncall"
)

// Stale returns the Conflict for a change of an older version. The noun names the resource.
func Stale(noun string) *oncall.Error {
	return &oncall.Error{Kind: oncall.Conflict, Reason: oncall.Stale,
		Message: "Somebody else changed this " + noun + " in the meantime: look at it as it is now, then save again."}
}

// DeadLink returns the NotFound for a link that was used, replaced, has expired or never
// existed. The answer must not reveal which.
func DeadLink() *oncall.Error {
	return &oncall.Error{Kind: oncall.NotFound, Reason: oncall.DeadLink, Message: "This link is no longer good: ask for a new one."}
}

// IgnoreMissing returns nil for ErrMissing, otherwise err.
func IgnoreMissing(err error) error {
	if errors.Is(err, oncall.ErrMissing) {
		return nil
	}
	return err
}

// refusalInterval is the shortest time between two recorded refusals of one operation to
// one actor. It keeps repeated requests from filling the disk.
const refusalInterval = time.Minute

// maxEntriesSearched is how many entries of an actor are searched for a recent refusal. A
// refusal before that many entries is not found, and another one is recorded.
const maxEntriesSearched = 1000

// RecordRefusal adds a refusal to the audit trail. Errors, such as a missing key or a full
// disk, are ignored: the caller refuses the request anyway.
func (c *Control) RecordRefusal(ctx context.Context, by oncall.Actor, op oncall.Operation, resource oncall.ARN) {
	_ = c.store.Update(ctx, func(q Queries) error {
		existing, err := c.existing(q, resource)
		if err != nil {
			return err
		}
		e := c.EntryOf(by, op, oncall.Refused, existing, nil)
		recent, err := refusedRecently(q, e)
		if err != nil || recent {
			return err
		}
		return q.Record(e)
	})
}

// refusedRecently reports whether the trail has a refusal like e within refusalInterval.
func refusedRecently(q Queries, e oncall.Entry) (bool, error) {
	latest, err := q.Entries(oncall.AuditQuery{Actor: e.Actor, Limit: maxEntriesSearched})
	if err != nil {
		return false, err
	}
	for _, earlier := range latest {
		if oncall.Elapsed(earlier.At, e.At) >= refusalInterval {
			return false, nil
		}
		if earlier.Outcome == oncall.Refused && earlier.Operation == e.Operation && earlier.Door == e.Door && earlier.Principal == e.Principal {
			return true, nil
		}
	}
	return false, nil
}

// existing returns the ARN of an existing resource, and "" for any other ARN. Otherwise a
// refused actor could write any text into the trail, even an address.
func (c *Control) existing(q Queries, arn oncall.ARN) (oncall.ARN, error) {
	var err error
	alias, isContact := c.Scope().ContactAlias(arn)
	owner, id, isChannel := c.Scope().ChannelID(arn)
	key, isKey := strings.CutPrefix(string(arn), string(c.Scope().AccessKey("")))
	switch {
	case isContact:
		_, err = q.Contact(alias)
	case isChannel:
		_, err = q.Channel(owner, id)
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

// DeadIfMissing returns DeadLink for ErrMissing, otherwise err.
func DeadIfMissing(err error) error {
	if errors.Is(err, oncall.ErrMissing) {
		return DeadLink()
	}
	return err
}
