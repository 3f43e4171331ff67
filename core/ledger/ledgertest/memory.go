// Package ledgertest holds the suite that every ledger passes, and the plainest
// ledger there can be.
package ledgertest

import (
	"context"
	"sync"
	"time"

	"tacet/core/ledger"
)

// Memory is a ledger in memory, which nobody can take anything out of. Now must
// be set. Safe for concurrent use.
type Memory struct {
	Now func() time.Time
	// Fault is asked before and after each call, by the name of its method, and
	// makes it fail with what it returns: before it, nothing happens; after it,
	// it has happened. Nil lets every call through.
	Fault func(method string, after bool) error

	mu  sync.Mutex
	all []ledger.Entry
}

// Append implements ledger.Ledger.
func (m *Memory) Append(ctx context.Context, e ledger.Entry) error {
	return m.do(ctx, "Append", func() error {
		var last ledger.Entry
		for _, other := range m.all {
			if other.Request == e.Request && other.Stage == e.Stage {
				return nil
			}
			last = other
		}
		next, err := ledger.Follow(last, e)
		if err == nil {
			m.all = append(m.all, next)
		}
		return err
	})
}

// Entries implements ledger.Ledger.
func (m *Memory) Entries(ctx context.Context, after int64, limit int) (found []ledger.Entry, err error) {
	err = m.do(ctx, "Entries", func() error {
		found = m.readable(func(e ledger.Entry) bool { return e.Seq > after })
		found = found[:min(limit, len(found))]
		return nil
	})
	return found, err
}

// Of implements ledger.Ledger.
func (m *Memory) Of(ctx context.Context, r ledger.RequestID) (found []ledger.Entry, err error) {
	err = m.do(ctx, "Of", func() error {
		found = m.readable(func(e ledger.Entry) bool { return e.Request == r })
		return nil
	})
	return found, err
}

func (m *Memory) readable(want func(ledger.Entry) bool) (found []ledger.Entry) {
	for _, e := range m.all {
		if e.Readable(m.Now()) && want(e) {
			found = append(found, e)
		}
	}
	return found
}

func (m *Memory) do(ctx context.Context, method string, call func() error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.Fault != nil {
		if err := m.Fault(method, false); err != nil {
			return err
		}
	}
	m.mu.Lock()
	err := call()
	m.mu.Unlock()
	if err == nil && m.Fault != nil {
		err = m.Fault(method, true)
	}
	return err
}
