// Package ledgertest holds the suite that every ledger passes, the plainest
// ledger there can be, and what makes the calls of one fail.
package ledgertest

import (
	"cmp"
	"context"
	"sync"
	"time"

	"tacet/core/fault/faulttest"
	"tacet/core/ledger"
)

// Memory is a ledger in memory, which nobody can take anything out of. Now must
// be set. Safe for concurrent use.
type Memory struct {
	Now func() time.Time

	mu  sync.Mutex
	all []ledger.Entry
}

// Append implements ledger.Ledger.
func (m *Memory) Append(ctx context.Context, e ledger.Entry) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	var last ledger.Entry
	for _, other := range m.all {
		if other.Request == e.Request && other.Stage == e.Stage {
			return ctx.Err()
		}
		last = other
	}
	next, err := ledger.Follow(last, e)
	if err := cmp.Or(err, ctx.Err()); err != nil {
		return err
	}
	m.all = append(m.all, next)
	return nil
}

// Entries implements ledger.Ledger.
func (m *Memory) Entries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error) {
	found := m.readable(func(e ledger.Entry) bool { return e.Seq > after })
	return found[:min(limit, len(found))], ctx.Err()
}

// Of implements ledger.Ledger.
func (m *Memory) Of(ctx context.Context, r ledger.RequestID) ([]ledger.Entry, error) {
	return m.readable(func(e ledger.Entry) bool { return e.Request == r }), ctx.Err()
}

func (m *Memory) readable(want func(ledger.Entry) bool) (found []ledger.Entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.all {
		if e.Readable(m.Now()) && want(e) {
			found = append(found, e)
		}
	}
	return found
}

// WithFaults returns l with f in between. Calls are counted by name, those of
// Append with their stage.
func WithFaults(l ledger.Ledger, f *faulttest.Faults) ledger.Ledger { return faulty{f, l} }

type faulty struct {
	f *faulttest.Faults
	l ledger.Ledger
}

// about says what a call is about.
type about string

func (a about) String() string { return string(a) }

func (x faulty) Append(ctx context.Context, e ledger.Entry) error {
	return x.f.Do("Append", about(e.Stage), func() error { return x.l.Append(ctx, e) })
}

func (x faulty) Entries(ctx context.Context, after int64, limit int) ([]ledger.Entry, error) {
	return faulttest.Result(x.f, "Entries", nil, func() ([]ledger.Entry, error) { return x.l.Entries(ctx, after, limit) })
}

func (x faulty) Of(ctx context.Context, r ledger.RequestID) ([]ledger.Entry, error) {
	return faulttest.Result(x.f, "Of", nil, func() ([]ledger.Entry, error) { return x.l.Of(ctx, r) })
}
