package jwks

import (
	"context"
	"sync"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
)

// How long a set is used.
const (
	// MaxAge is when a set is fetched again. It is short, because it bounds
	// how long a key that its owner withdrew is trusted, and costs little: one
	// caller in two minutes waits.
	MaxAge = 2 * time.Minute
	// MaxStale is how long a set is used while its server fails.
	MaxStale = 6 * time.Hour
	// MinInterval is the least time between two fetches of one set, also
	// after a failure and for an unknown key id.
	MinInterval = 30 * time.Second
	// MaxSets is how many sets are kept; beyond it the one that was fetched
	// longest ago goes.
	MaxSets = 1024
)

// Cache keeps key sets by their address. New makes one. Safe for concurrent
// use.
type Cache struct {
	fetch func(ctx context.Context, address string) ([]byte, error)
	now   func() time.Time

	mu   sync.Mutex
	sets map[id]*set
}

// id names a set. The algorithm belongs to it: keys that name none take it.
type id struct {
	address string
	alg     grant.Algorithm
}

// set is guarded by the cache's mutex.
type set struct {
	keys    []grant.Key
	fetched time.Time     // of keys; zero when there never were any
	tried   time.Time     // the last attempt, successful or not
	err     error         // of the last attempt
	flight  chan struct{} // closed when the running attempt ends; nil when none runs
}

// New returns an empty cache.
func New(o Options) *Cache {
	now := o.Now
	if now == nil {
		now = time.Now
	}
	return &Cache{fetch: newFetcher(o).fetch, now: now, sets: map[id]*set{}}
}

// Keys returns the usable keys of the set at address, whose keys are for alg
// when they name no algorithm themselves. It fetches the set when there is none
// or it is old; only one caller waits for that when there is an old set to use
// meanwhile. With fresh, for the one who misses a key in it, it fetches the set
// again unless that was tried within MinInterval. The caller must not change
// the result. The error is a fault of kind Unavailable, or ctx's.
func (c *Cache) Keys(ctx context.Context, address string, alg grant.Algorithm, fresh bool) ([]grant.Key, error) {
	if fresh {
		return c.get(ctx, id{address, alg}, 0)
	}
	return c.get(ctx, id{address, alg}, MaxAge)
}

// get returns a set that is not older than maxAge, as far as it may be fetched.
func (c *Cache) get(ctx context.Context, i id, maxAge time.Duration) ([]grant.Key, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	s, now := c.set(i), c.now()
	old := now.Sub(s.fetched) >= maxAge
	starts := old && s.flight == nil && now.Sub(s.tried) >= MinInterval
	if starts {
		s.tried, s.flight = now, make(chan struct{})
		// The fetch is for everybody who waits, so it outlives this caller.
		go c.fly(context.WithoutCancel(ctx), i, s)
	}
	// The one who misses a key waits for whoever fetches; with an old set in
	// hand only the one who began does.
	if s.flight != nil && (starts || maxAge == 0 || !s.usable(now)) {
		flight := s.flight
		c.mu.Unlock()
		var err error
		select {
		case <-flight:
		case <-ctx.Done():
			err = ctx.Err()
		}
		c.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
	if now = c.now(); s.usable(now) {
		return s.keys, nil
	}
	return nil, &fault.Error{
		Kind:       fault.Unavailable,
		Text:       "the key set of this application cannot be fetched at the moment",
		Cause:      s.err,
		RetryAfter: max(s.tried.Add(MinInterval).Sub(now), time.Second),
	}
}

func (s *set) usable(now time.Time) bool {
	return !s.fetched.IsZero() && now.Sub(s.fetched) < MaxStale
}

// fly makes one attempt to fetch s.
func (c *Cache) fly(ctx context.Context, i id, s *set) {
	data, err := c.fetch(ctx, i.address)
	var keys []grant.Key
	if err == nil {
		keys, err = grant.ParseJWKS(data, i.alg)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	s.err = err
	if err == nil {
		s.keys, s.fetched = keys, c.now()
	}
	close(s.flight)
	s.flight = nil
}

// set returns the set of that id, perhaps a new and empty one.
func (c *Cache) set(i id) *set {
	if s, ok := c.sets[i]; ok {
		return s
	}
	if len(c.sets) >= MaxSets {
		var oldest id
		for i, s := range c.sets {
			if o, ok := c.sets[oldest]; !ok || s.tried.Before(o.tried) {
				oldest = i
			}
		}
		delete(c.sets, oldest) // who waits for it holds it still
	}
	s := &set{}
	c.sets[i] = s
	return s
}
