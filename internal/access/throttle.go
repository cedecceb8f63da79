package access

import (
	"errors"
	"math"
	"net/netip"
	"strconv"
	"time"

	"callbook/internal/oncall"
)

// FailedSignInTTL is how long failed sign-ins of an account or address are kept after the
// last one.
const FailedSignInTTL = 24 * time.Hour

// failedSignInLeak is the time after which the count goes down by one. It keeps the typing
// errors of many people behind one address from adding up to an attack.
const failedSignInLeak = time.Hour

// FailedSignIns are the attempts counted for a name.
type FailedSignIns struct {
	Count  int
	LastAt time.Time
}

// The number of attempts without a delay, and the longest delay.
const (
	freeSignInsPerAccount = 5
	freeSignInsPerClient  = 20 // one address may be a whole office
	maxDelay              = 15 * time.Minute
)

// maxFirstTries is how many addresses of one neighbourhood get a first try, which does not
// wait for what others did. One customer may have a whole neighbourhood of addresses.
const maxFirstTries = 8

// left returns the attempts that still count at a time.
func (t FailedSignIns) left(now time.Time) int {
	return max(0, t.Count-int(min(oncall.Elapsed(t.LastAt, now)/failedSignInLeak, math.MaxInt32)))
}

// Limit delays the attempts on one name, such as an account, after a number of free ones.
type Limit struct {
	name string
	free int

	// origin is where an attempt on an account comes from; nil if it does not matter.
	origin *origin

	// forgiven reports that a success ends the count of this place.
	forgiven bool
}

// origin names the counters of the place of an attempt on an account. An attempt waits for
// the earlier ones from the same neighbourhood only, and the first one from an address does
// not wait, unless too many addresses of the neighbourhood had their first one.
type origin struct{ address, neighbourhood, firstTries string }

// LimitOn returns the limit on a name of a kind. Free attempts have no delay.
func LimitOn(kind, name string, free int) Limit { return Limit{name: counter(kind, name), free: free} }

// OwnLimit is LimitOn for a name whose count ends with a success.
func OwnLimit(kind, name string, free int) Limit {
	l := LimitOn(kind, name, free)
	l.forgiven = true
	return l
}

// counter returns the name of a counter. The zero byte keeps kinds apart.
func counter(kind, name string) string { return kind + "\x00" + name }

// StrangerLimits returns the limits on attempts of a kind on an account by browsers that it
// does not know. They are limited together, whether the account exists or not: the more of
// them have failed, the longer each neighbourhood waits between two attempts of its own. A
// client may try as often as clientFree on any accounts without a delay.
func StrangerLimits(kind, account, client string, free, clientFree int) []Limit {
	address, neighbourhood := Network(client), account+"\x00"+Neighbourhood(client)
	limits := []Limit{{name: counter(kind, account), free: free, forgiven: true, origin: &origin{
		address:       counter(kind+" from address", account+"\x00"+address),
		neighbourhood: counter(kind+" from neighbourhood", neighbourhood),
		firstTries:    counter(kind+" first from neighbourhood", neighbourhood),
	}}}
	if address != "" {
		limits = append(limits, LimitOn(kind+" by address", address, clientFree))
	}
	return limits
}

// The kinds of attempts to sign in.
const (
	signInKind  = "sign-in"
	currentKind = "current password"
	deviceKind  = "device"
)

// SignInLimits returns the limits on a sign-in to an account. A device is the id of a browser
// that has signed in to this account before, or "". It has a limit of its own: nobody else
// can delay it, and it delays nobody else.
func SignInLimits(account, client, device string) []Limit {
	if device != "" {
		return []Limit{OwnLimit(deviceKind, device, freeSignInsPerAccount)}
	}
	return StrangerLimits(signInKind, account, client, freeSignInsPerAccount, freeSignInsPerClient)
}

// CurrentPasswordLimits returns the limits on attempts to prove the current password in a
// session of a user. Whoever is not signed in cannot delay them.
func CurrentPasswordLimits(user string) []Limit {
	return []Limit{OwnLimit(currentKind, user, freeSignInsPerAccount)}
}

// ForgiveAccount ends the counts of the attempts to sign in to an account.
func ForgiveAccount(q Queries, account, user string) error {
	return errors.Join(q.ForgiveFailedSignIns(counter(signInKind, account), math.MaxInt32),
		q.ForgiveFailedSignIns(counter(currentKind, user), math.MaxInt32))
}

// Network returns the network to limit instead of an address: the address itself for IPv4,
// its /64 for IPv6, because a customer has at least 2⁶⁴ IPv6 addresses.
func Network(client string) string {
	address, err := netip.ParseAddr(client)
	if err != nil {
		return client
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64) // fails only for impossible lengths
	return prefix.String()
}

// Neighbourhood returns the network in which one customer may have many addresses: the /24
// of IPv4, the /48 of IPv6.
func Neighbourhood(client string) string {
	address, err := netip.ParseAddr(client)
	if err != nil {
		return client
	}
	address = address.Unmap().WithZone("")
	bits := 48
	if address.Is4() {
		bits = 24
	}
	prefix, _ := address.Prefix(bits) // fails only for impossible lengths
	return prefix.String()
}

// delay returns how long to wait after an attempt, given how many there were too many.
func delay(over int) time.Duration {
	switch {
	case over < 0:
		return 0
	case over < 9: // 2¹⁰ s are more than 15 minutes
		return min(maxDelay, time.Second<<(over+1))
	}
	return maxDelay
}

// wait returns the delay before the next attempt, and the names under which an attempt counts
// now.
func (l Limit) wait(q Queries, now time.Time) (wait time.Duration, counters []string, err error) {
	all, err := q.FailedSignIns(l.name, now)
	if err != nil {
		return 0, nil, err
	}
	last, counters := all.LastAt, []string{l.name}
	if l.origin != nil {
		around, isFirst, err := l.origin.look(q, now)
		counters = append(counters, l.origin.address, l.origin.neighbourhood)
		if err != nil || isFirst {
			return 0, append(counters, l.origin.firstTries), err
		}
		last = around.LastAt
	}
	return max(0, delay(all.left(now)-l.free)-oncall.Elapsed(last, now)), counters, nil
}

// look returns the attempts from the neighbourhood, and whether the next one is a first try.
func (o origin) look(q Queries, now time.Time) (around FailedSignIns, isFirst bool, err error) {
	here, err := q.FailedSignIns(o.address, now)
	if err != nil {
		return around, false, err
	}
	firstTries, err := q.FailedSignIns(o.firstTries, now)
	if err != nil {
		return around, false, err
	}
	around, err = q.FailedSignIns(o.neighbourhood, now)
	return around, here.left(now) == 0 && firstTries.left(now) < maxFirstTries, err
}

// Attempt is a counted attempt. It counts as failed unless Undo or Succeed is called.
type Attempt struct {
	at     time.Time
	limits []Limit
	before map[string]FailedSignIns // of each name under which it counts
}

// Try counts an attempt before its result is known, or returns how long it has to wait. It
// does not count an attempt that has to wait. Otherwise repeated attempts could lock out
// other people for longer.
func Try(q Queries, limits []Limit, now time.Time) (a Attempt, wait time.Duration, err error) {
	var counters []string
	for _, l := range limits {
		w, names, err := l.wait(q, now)
		if err != nil {
			return a, 0, err
		}
		wait, counters = max(wait, w), append(counters, names...)
	}
	if wait > 0 {
		return a, wait, nil
	}
	a = Attempt{at: now, limits: limits, before: map[string]FailedSignIns{}}
	for _, name := range counters {
		if a.before[name], err = q.FailedSignIns(name, now); err != nil {
			return a, 0, err
		}
		if err := q.CountFailedSignIn(name, now); err != nil {
			return a, 0, err
		}
	}
	return a, 0, nil
}

// CountTry is Try for attempts that are never taken back.
func CountTry(q Queries, limits []Limit, now time.Time) (wait time.Duration, err error) {
	_, wait, err = Try(q, limits, now)
	return wait, err
}

// Undo takes the attempt back, as if it had not been made.
func (a Attempt) Undo(q Queries) error {
	for name, before := range a.before {
		if before.LastAt.IsZero() {
			before.LastAt = a.at
		}
		if err := q.UncountFailedSignIn(name, a.at, before.LastAt); err != nil {
			return err
		}
	}
	return nil
}

// Succeed takes the attempt back, with the failures before it that came from the same place
// and concern the same account. Failures from elsewhere stay, and so do those of a client on
// other accounts. Otherwise a person with one account could guess the passwords of all
// others without a delay.
func (a Attempt) Succeed(q Queries) error {
	if err := a.Undo(q); err != nil {
		return err
	}
	for _, l := range a.limits {
		if !l.forgiven {
			continue
		}
		if err := l.forgive(q, a.before); err != nil {
			return err
		}
	}
	return nil
}

// forgive subtracts the failures of the place of an attempt.
func (l Limit) forgive(q Queries, before map[string]FailedSignIns) error {
	if l.origin == nil {
		return q.ForgiveFailedSignIns(l.name, before[l.name].Count)
	}
	n := before[l.origin.address].Count
	return errors.Join(q.ForgiveFailedSignIns(l.name, n), q.ForgiveFailedSignIns(l.origin.address, n),
		q.ForgiveFailedSignIns(l.origin.neighbourhood, n), q.ForgiveFailedSignIns(l.origin.firstTries, min(n, 1)))
}

// TooManyFailures returns the Limited error for an attempt that has to wait.
func TooManyFailures(wait time.Duration) *oncall.Error {
	return &oncall.Error{Kind: oncall.Limited, RetryAfter: wait,
		Message: "There were too many failed attempts: try again in " + InWords(wait) + "."}
}

// InWords returns a duration in words, rounded up to seconds, or above two minutes to
// minutes.
func InWords(d time.Duration) string {
	unit, word := time.Second, "second"
	if d > 2*time.Minute {
		unit, word = time.Minute, "minute"
	}
	n := int((d + unit - 1) / unit)
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}
