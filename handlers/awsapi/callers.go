package awsapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"callbook/internal/oncall"
)

// callers caches the access keys that recently signed requests. Only existing keys get in,
// so their number is bounded.
type callers struct {
	perSecond int // 0: no limit
	mu        sync.Mutex
	known     map[string]*caller
}

// caller is a cached access key: its actor and secret, its rate limit, and whether it was
// used since it was read.
type caller struct {
	by     oncall.Actor
	secret string
	readAt time.Time
	bucket *rate.Limiter
	used   bool
}

// secretTTL is how long a cached secret is used. A disabled or deleted key works no
// longer than that.
const secretTTL = time.Second

// signer returns the actor and the secret of a key, if they were read within secretTTL.
func (c *callers) signer(id string, now time.Time) (by oncall.Actor, secret string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[id]
	if k == nil || now.Sub(k.readAt) >= secretTTL || now.Before(k.readAt) {
		return oncall.Actor{}, "", false
	}
	return k.by, k.secret, true
}

// remember caches the actor and the secret of a key.
func (c *callers) remember(id string, by oncall.Actor, secret string, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[id]
	if k == nil {
		if c.known == nil {
			c.known = map[string]*caller{}
		}
		k = &caller{bucket: rate.NewLimiter(rate.Limit(c.perSecond), 2*c.perSecond)}
		c.known[id] = k
	}
	k.by, k.secret, k.readAt, k.used = by, secret, now, false
}

// count counts a request of a cached key. It reports whether the limit allows it, and whether
// it is the first since the key was read. Only the first is reported to the domain, which
// decides how often a use is stored.
func (c *callers) count(id string, now time.Time) (allowed, first bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	k := c.known[id]
	first, k.used = !k.used, true
	return c.perSecond == 0 || k.bucket.AllowN(now, 1), first
}
