package oncall

import (
	"context"
	"errors"
	"strings"
	"time"
)

// refusalsEvery is how often refusals of one operation to one actor are put on
// record at most, so that nobody fills the disk by asking.
const refusalsEvery = time.Minute

// refusalsWithin is how many entries of an actor are looked through for a recent
// refusal. Who does more than that within a minute may leave another one.
const refusalsWithin = 1000

// recordRefusal adds a refusal to the trail. That it cannot, for want of a key or
// of room, does not change the answer.
func (s *Service) recordRefusal(ctx context.Context, by Actor, op Operation, resource ARN) {
	_ = s.update(ctx, func(q Queries) error {
		known, err := s.known(q, resource)
		if err != nil {
			return err
		}
		e := s.entryOf(by, op, Refused, known, nil)
		recent, err := refusedLately(q, e)
		if err != nil || recent {
			return err
		}
		return q.Record(e)
	})
}

// refusedLately reports whether there is a refusal of the same kind already.
func refusedLately(q Queries, e Entry) (bool, error) {
	latest, err := q.Entries(AuditQuery{Actor: e.Actor, Limit: refusalsWithin})
	if err != nil {
		return false, err
	}
	for _, before := range latest {
		if Elapsed(before.At, e.At) >= refusalsEvery {
			return false, nil
		}
		if before.Outcome == Refused && before.Operation == e.Operation && before.Door == e.Door && before.Principal == e.Principal {
			return true, nil
		}
	}
	return false, nil
}

// known returns the name of what there is, and "" for any other: who is refused
// could write anything into the trail otherwise, an address too.
func (s *Service) known(q Queries, arn ARN) (ARN, error) {
	var err error
	alias, isContact := s.scope.contactAlias(arn)
	of, id, isChannel := s.scope.channelID(arn)
	key, isKey := strings.CutPrefix(string(arn), string(s.scope.AccessKey("")))
	switch {
	case isContact:
		_, err = q.Contact(alias)
	case isChannel:
		_, err = q.Channel(of, id)
	case isKey:
		_, err = q.AccessKey(key)
	default:
		err = ErrMissing
	}
	if errors.Is(err, ErrMissing) {
		return "", nil
	}
	return arn, err
}
