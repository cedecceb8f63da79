package awsapi

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// callers is what is known of the access keys that have signed requests here: how
// many they may still make, and when their use was last noted. Only keys that
// exist get in, so their number is bounded.
type callers struct {
	perSecond int // 0: any number
	mu        sync.Mutex
	known     map[string]*caller
}

type caller struct {
	bucket  *rate.Limiter
	notedAt time.Time
}

// notedEach is how often the use of a key is written down; the domain does not do
// it more often either.
const notedEach = time.Minute

// called counts a request against a key. It reports whether the key may make it,
// and whether its use is to be written down.
func (c *callers) called(id string, now time.Time) (allowed, unnoted bool) {
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
	if unnoted = now.Sub(k.notedAt) >= notedEach; unnoted {
		k.notedAt = now
	}
	return c.perSecond == 0 || k.bucket.AllowN(now, 1), unnoted
}
