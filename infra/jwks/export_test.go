package jwks

import (
	"context"
	"net/netip"
	"time"
)

// Public is the rule of which addresses are dialled.
func Public(ip netip.Addr) bool { return public(ip) }

// NewWith returns a cache that fetches by a function instead of a network.
func NewWith(fetch func(ctx context.Context, address string) ([]byte, error)) *Cache {
	c := New(Options{})
	c.fetch = fetch
	return c
}

// NewImpatient returns a cache whose fetches may take no longer than d.
func NewImpatient(o Options, d time.Duration) *Cache {
	f := newFetcher(o)
	f.client.Timeout = d
	c := New(o)
	c.fetch = f.fetch
	return c
}

// TimeoutOf returns how long a fetch with these options may take.
func TimeoutOf(o Options) time.Duration { return newFetcher(o).client.Timeout }

// CheckDial asks whether a cache with these options would connect to address.
func CheckDial(o Options, address string) error { return newFetcher(o).checkDial("tcp", address, nil) }

// Len returns how many sets are kept.
func (c *Cache) Len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.sets)
}
