package access

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"time"

	"callbook/internal/oncall"
)

// FailedSignInTTL is how long failed tries to sign in are held against an account or
// an address after the last of them.
const FailedSignInTTL = 24 * time.Hour

// failedSignInLeak is after how long one try no longer counts, so that what many people
// mistype behind one address does not add up to an attack.
const failedSignInLeak = time.Hour

// FailedSignIns is what counts against a name.
type FailedSignIns struct {
	Count  int
	LastAt time.Time
}

// How many tries are free of delay, and the longest delay.
const (
	freeSignInsPerAccount = 5
	freeSignInsPerClient  = 20 // behind which may be an office
	maxDelay              = 15 * time.Minute
)

// Limit is a name that tries count against.
type Limit struct {
	name []byte // hashed, with what it names: no table of who tried is kept
	free int
}

// LimitOn is a limit of tries against something of a kind. So many are free of delay.
func LimitOn(kind, name string, free int) Limit { return Limit{hashName(kind, name), free} }

// ForgiveAccount takes back every try that counts against an account.
func ForgiveAccount(q Queries, account string) error {
	return q.ForgiveFailedSignIns(SignInLimits(account, "")[0].name)
}

// ForgiveLast takes back what this try counted against a limit.
func ForgiveLast(q Queries, l Limit) error { return q.ForgiveFailedSignIn(l.name) }

// SignInLimits returns what a try to sign in counts against. An account is limited
// whether it exists or not.
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

// Network is whom an address stands for: of IPv6, a customer has 2⁶⁴ addresses
// at least.
func Network(client string) string {
	address, err := netip.ParseAddr(client)
	if err != nil {
		return client
	}
	address = address.Unmap().WithZone("")
	if address.Is4() {
		return address.String()
	}
	prefix, _ := address.Prefix(64) // fails for lengths only that no address has
	return prefix.String()
}

// wait returns how long the next try has to wait.
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

// CountTry counts a try, before anybody knows whether it fails, or returns how long it
// has to wait. One that has to wait is not counted: who comes too soon cannot keep
// others out for longer.
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

// Forgive clears the account after a success, and takes back what this try
// counted against the address. The address's other tries stay: who has one
// account could otherwise guess at all others without end.
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

func TooManyFailures(wait time.Duration) *oncall.Error {
	return &oncall.Error{Kind: oncall.Limited, RetryAfter: wait,
		Message: "There were too many failed attempts: try again in " + InWords(wait) + "."}
}

// InWords rounds a time to wait up to seconds, from two minutes on to minutes.
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
