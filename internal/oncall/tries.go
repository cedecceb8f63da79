package oncall

import (
	"crypto/sha256"
	"net/netip"
	"strconv"
	"time"
)

// TriesKeep is how long failed tries to sign in are held against an account or
// an address after the last of them.
const TriesKeep = 24 * time.Hour

// triesLeak is after how long one try no longer counts, so that what many people
// mistype behind one address does not add up to an attack.
const triesLeak = time.Hour

// Tries is what counts against a name.
type Tries struct {
	Count  int
	LastAt time.Time
}

// How many tries are free of delay, and the longest delay.
const (
	freeForAccount = 5
	freeForAddress = 20 // behind which may be an office
	longestDelay   = 15 * time.Minute
)

// limit is a name that tries count against.
type limit struct {
	name []byte // hashed, with what it names: no table of who tried is kept
	free int
}

// limitOn is a limit of tries against something of a kind. So many are free of delay.
func limitOn(kind, name string, free int) limit { return limit{hashName(kind, name), free} }

// forgiveAccount takes back every try that counts against an account.
func forgiveAccount(q Queries, account string) error {
	return q.ForgiveTries(limitsOf(account, "")[0].name)
}

// forgiveLast takes back what this try counted against a limit.
func forgiveLast(q Queries, l limit) error { return q.ForgiveTry(l.name) }

// limitsOf returns what a try to sign in counts against. An account is limited
// whether it exists or not.
func limitsOf(account, client string) []limit {
	limits := []limit{limitOn("account", account, freeForAccount)}
	if client = network(client); client != "" {
		limits = append(limits, limitOn("address", client, freeForAddress))
	}
	return limits
}

func hashName(kind, name string) []byte {
	sum := sha256.Sum256([]byte(kind + "\x00" + name))
	return sum[:]
}

// network is whom an address stands for: of IPv6, a customer has 2⁶⁴ addresses
// at least.
func network(client string) string {
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
func (l limit) wait(t Tries, now time.Time) time.Duration {
	ago := Elapsed(t.LastAt, now)
	over := t.Count - int(ago/triesLeak) - l.free
	if over < 0 {
		return 0
	}
	delay := longestDelay
	if over < 9 { // 2¹⁰ s are more than 15 minutes
		delay = min(delay, time.Second<<(over+1))
	}
	return max(0, delay-ago)
}

// countTry counts a try, before anybody knows whether it fails, or returns how long it
// has to wait. One that has to wait is not counted: who comes too soon cannot keep
// others out for longer.
func countTry(q Queries, limits []limit, now time.Time) (wait time.Duration, err error) {
	for _, l := range limits {
		t, err := q.Tries(l.name, now)
		if err != nil {
			return 0, err
		}
		wait = max(wait, l.wait(t, now))
	}
	if wait > 0 {
		return wait, nil
	}
	for _, l := range limits {
		if err := q.CountTry(l.name, now); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

// forgive clears the account after a success, and takes back what this try
// counted against the address. The address's other tries stay: who has one
// account could otherwise guess at all others without end.
func forgive(q Queries, limits []limit) error {
	if err := q.ForgiveTries(limits[0].name); err != nil {
		return err
	}
	for _, l := range limits[1:] {
		if err := q.ForgiveTry(l.name); err != nil {
			return err
		}
	}
	return nil
}

func tooSoon(wait time.Duration) *Error {
	return &Error{Kind: Limited, RetryAfter: wait,
		Message: "There were too many failed attempts: try again in " + inWords(wait) + "."}
}

// inWords rounds a time to wait up to seconds, from two minutes on to minutes.
func inWords(d time.Duration) string {
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
