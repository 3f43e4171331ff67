package manage

import (
	"crypto/sha256"
	"math"
	"strconv"
	"sync"
	"time"

	"tacet/core/fault"
	"tacet/core/privacy"
	"tacet/core/wire"
)

// Rate is how many requests may come: so many in a second on average, and Burst
// at once.
type Rate struct {
	PerSecond float64
	Burst     int
}

// Limits are the rates of requests. A zero Rate is the default.
type Limits struct {
	Principal Rate // of a session or an access token; 20 and 60
	Client    Rate // of an anonymised address that shows neither; 20 and 60
	SignIn    Rate // of attempts to sign in, by anonymised address; 0.2 and 10
}

func (r Rate) or(perSecond float64, burst int) Rate {
	if r.PerSecond == 0 || r.Burst == 0 {
		return Rate{perSecond, burst}
	}
	return r
}

// maxBuckets bounds how many buckets are remembered: twice as many. One that is
// forgotten is full again.
const maxBuckets = 10_000

// limiter keeps a bucket for each principal and for each client. Safe for
// concurrent use.
type limiter struct {
	Limits
	now func() time.Time

	mu sync.Mutex
	// recent are the buckets that were used since they last grew too many, old
	// those from before.
	recent, old map[bucketKey]*bucket
}

// bucketKey is whose a bucket is: a hash of a token, or an address.
type bucketKey struct {
	what string
	who  [sha256.Size]byte
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimiter(l Limits, now func() time.Time) *limiter {
	return &limiter{
		Limits: Limits{Principal: l.Principal.or(20, 60), Client: l.Client.or(20, 60), SignIn: l.SignIn.or(0.2, 10)},
		now:    now, recent: map[bucketKey]*bucket{}, old: map[bucketKey]*bucket{},
	}
}

// before counts a request: against the token that it shows, if that was good
// before, else against the client. A made-up token has no bucket of its own.
func (l *limiter) before(c *call) error {
	if token := c.shown(); token != "" {
		if key := principalKey(token); l.remembers(key) {
			return l.take(c, key, l.Principal)
		}
	}
	return l.take(c, c.client("client"), l.Client)
}

// known counts the request against a token that has turned out to be good.
func (l *limiter) known(c *call, token string) error {
	key := principalKey(token)
	if l.remembers(key) {
		return nil // before has counted it
	}
	return l.take(c, key, l.Principal)
}

// signIn counts an attempt to sign in.
func (l *limiter) signIn(c *call) error { return l.take(c, c.client("sign-in"), l.SignIn) }

func principalKey(token string) bucketKey {
	return bucketKey{"principal", sha256.Sum256([]byte(token))}
}

// client returns the key of the anonymised address of the request.
func (c *call) client(what string) bucketKey {
	network, err := privacy.Anonymiser{}.Anonymise(c.Request.Context(), c.Address(), "", privacy.Truncate, c.s.limiter.now())
	if err != nil {
		return bucketKey{what: what} // cannot happen: nothing is encrypted
	}
	return bucketKey{what, sha256.Sum256([]byte(network.Value()))}
}

func (l *limiter) remembers(k bucketKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.recent[k] != nil || l.old[k] != nil
}

// take takes one request out of a bucket and tells the client how many are
// left, or refuses.
func (l *limiter) take(c *call, k bucketKey, r Rate) error {
	l.mu.Lock()
	b := l.bucket(k, r)
	now := l.now()
	b.left = min(float64(r.Burst), b.left+max(0, now.Sub(b.at).Seconds())*r.PerSecond)
	b.at = now
	ok := b.left >= 1
	if ok {
		b.left--
	}
	left := b.left
	l.mu.Unlock()

	h := c.Header()
	h.Set("RateLimit-Limit", strconv.Itoa(r.Burst))
	h.Set("RateLimit-Remaining", strconv.Itoa(int(left)))
	h.Set("RateLimit-Reset", strconv.Itoa(int(math.Ceil((float64(r.Burst)-left)/r.PerSecond))))
	if ok {
		return nil
	}
	return &fault.Error{
		Kind: fault.TooMany, Code: wire.CodeRequests, Text: "too many requests: wait as long as Retry-After says",
		RetryAfter: time.Duration((1 - left) / r.PerSecond * float64(time.Second)),
	}
}

// bucket returns the bucket of a key. The caller holds mu.
func (l *limiter) bucket(k bucketKey, r Rate) *bucket {
	if b := l.recent[k]; b != nil {
		return b
	}
	b := l.old[k]
	if b == nil {
		b = &bucket{float64(r.Burst), l.now()}
	}
	if len(l.recent) >= maxBuckets {
		l.old, l.recent = l.recent, map[bucketKey]*bucket{}
	}
	l.recent[k] = b
	return b
}
