package access

import (
	"crypto/sha256"
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

// Limit delays the attempts on one name, such as an account, after a number of free ones.
type Limit struct {
	name []byte // a hash of kind and name, so that the store does not list who tried
	free int
}

// LimitOn returns the limit on a name of a kind. Free attempts have no delay.
func LimitOn(kind, name string, free int) Limit { return Limit{hashName(kind, name), free} }

// ForgiveAccount resets the count of an account.
func ForgiveAccount(q Queries, account string) error {
	return q.ForgiveFailedSignIns(SignInLimits(account, "")[0].name)
}

// ForgiveLast subtracts one attempt from the count of a limit.
func ForgiveLast(q Queries, l Limit) error { return q.ForgiveFailedSignIn(l.name) }

// SignInLimits returns the limits on a sign-in: first the account's, then the client's. An
// account is limited whether it exists or not.
func SignInLimits(account, client string) []Limit {
	limits := []Limit{LimitOn("account", account, freeSignInsPerAccount)}
	if client = Network(client); client != "" {
		limits = append(limits, LimitOn("address", client, freeSignInsPerClient))
	}
	return limits
}

func hashName(kind, name string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return sum[:]
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

// wait returns the delay before the next attempt.
func (l Limit) wait(t FailedSignIns, now time.Time) time.Duration {
	ago := oncall.Elapsed(t.LastAt, now)
	over := t.Count - int(ago/failedSignInLeak) - l.free
	if over < 0 {
		return 0
	}
	delay := maxDelay
	if over < 9 { // 2¹⁰ s are more than 15 minutes
		delay = min(delay, time.Second<<(over+1))
	}
	return max(0, delay-ago)
}

// CountTry counts an attempt before its result is known, or returns how long it has to
// wait. It does not count an attempt that has to wait. Otherwise repeated attempts could
// lock out other people for longer.
func CountTry(q Queries, limits []Limit, now time.Time) (wait time.Duration, err error) {
	for _, l := range limits {
		t, err := q.FailedSignIns(l.name, now)
		if err != nil {
			return 0, err
		}
		wait = max(wait, l.wait(t, now))
	}
	if wait > 0 {
		return wait, nil
	}
	for _, l := range limits {
		if err := q.CountFailedSignIn(l.name, now); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// Forgive resets the count of the account after a success, and subtracts this attempt from
// the count of the client. The client's other attempts stay. Otherwise a person with one
// account could guess the passwords of all others without a delay.
func Forgive(q Queries, limits []Limit) error {
	if err := q.ForgiveFailedSignIns(limits[0].name); err != nil {
		return err
	}
	for _, l := range limits[1:] {
		if err := q.ForgiveFailedSignIn(l.name); err != nil {
			return err
		}
	}
	return nil
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
