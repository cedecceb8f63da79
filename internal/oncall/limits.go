package oncall

import (
	"strconv"
	"time"
)

// MostToAddress is how many codes go to one address in a day, by whatever
// channels.
const MostToAddress = 10

// Limits bound how many codes the whole installation sends. The zero Limits
// bounds nothing.
type Limits struct {
	PerHour   int // in an hour; 0: any number
	PerPrefix int // in an hour to numbers that share all but the last four digits; 0: any number
}

// shortage is a limit that is reached.
type shortage struct {
	says string    // "10 a day reached, next possible at ..."
	next time.Time // when the next code is possible; zero: nobody knows
}

// refusal is what somebody is told who asks for a code.
func (s shortage) refusal(now time.Time) *Error {
	e := &Error{Kind: Limited, Reason: Quota, Message: "No code was sent: " + s.says + "."}
	if s.next.After(now) {
		e.RetryAfter = s.next.Sub(now)
	}
	return e
}

// shortage returns the limit that stands against another code to an address, or
// nil.
func (s *Service) shortage(q Queries, t ChannelType, canonical string, now time.Time) (*shortage, error) {
	stopped, err := s.stopped(q, t, canonical)
	if err != nil || stopped != nil {
		return stopped, err
	}
	sent, err := q.SentTo(CodeMessage, canonical, LastWindow(now, day), MostToAddress)
	if err != nil || sent.Count >= MostToAddress {
		return sent.short(strconv.Itoa(MostToAddress)+" a day to one address reached", day), err
	}
	if most := s.limits.PerPrefix; most > 0 && t != Email {
		sent, err := q.SentNear(canonical, LastWindow(now, time.Hour), most)
		if err != nil || sent.Count >= most {
			return sent.short(strconv.Itoa(most)+" an hour to numbers of this range reached", time.Hour), err
		}
	}
	if most := s.limits.PerHour; most > 0 {
		sent, err := q.SentSince(LastWindow(now, time.Hour))
		if err != nil || sent.Count >= most {
			return sent.short(strconv.Itoa(most)+" an hour for the whole of Callbook reached", time.Hour), err
		}
	}
	return nil, nil
}

const day = 24 * time.Hour

func (s Sent) short(says string, window time.Duration) *shortage {
	next := s.Oldest.Add(window)
	return &shortage{says: says + ", next possible at " + next.Format("15:04 UTC on 2 January"), next: next}
}

// stopped refuses text messages to a number whose owner does not want them.
func (s *Service) stopped(q Queries, t ChannelType, canonical string) (*shortage, error) {
	if t != SMS {
		return nil, nil
	}
	stopped, err := q.Stopped(canonical)
	if err != nil || !stopped {
		return nil, err
	}
	return &shortage{says: saysStopped}, nil
}

const saysStopped = "the person replied STOP to this number, and first has to reply START"
