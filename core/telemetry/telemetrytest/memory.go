// Package telemetrytest holds the suite that every store of rollups passes, the
// model of one, and a day that can be recounted.
package telemetrytest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// Memory is the plainest store of events and rollups, and complains about
// callers that break the contract. The zero value is empty. Safe for
// concurrent use.
type Memory struct {
	mu      sync.Mutex
	records map[telemetry.Part][]telemetry.Record
	kept    map[place]telemetry.Rollup
}

type place struct {
	part  telemetry.Part
	span  telemetry.Span
	start int64
}

// Write adds an event to a part.
func (m *Memory) Write(p telemetry.Part, r telemetry.Record) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records == nil {
		m.records = map[telemetry.Part][]telemetry.Record{}
	}
	m.records[p] = append(m.records[p], r)
}

// Records implements telemetry.Rollups.
func (m *Memory) Records(_ context.Context, p telemetry.Part, from, to, now time.Time, f func(telemetry.Record) error) error {
	m.mu.Lock()
	all := slices.Clone(m.records[p])
	m.mu.Unlock()
	slices.SortStableFunc(all, func(a, b telemetry.Record) int { return a.At.Compare(b.At) })
	for _, r := range all {
		if r.At.Before(from) || !r.At.Before(to) || !r.Readable(now) {
			continue
		}
		if err := f(r); err != nil {
			return err
		}
	}
	return nil
}

// Closed implements telemetry.Rollups.
func (m *Memory) Closed(_ context.Context, p telemetry.Part) (time.Time, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var last time.Time
	for at, r := range m.kept {
		if at.part == p && r.Span == telemetry.Minutely && r.Start.After(last) {
			last = r.Start
		}
	}
	if last.IsZero() {
		return last, nil
	}
	return last.Add(time.Minute), nil
}

// Kept implements telemetry.Rollups.
func (m *Memory) Kept(_ context.Context, p telemetry.Part, s telemetry.Span, from, to, now time.Time) ([]telemetry.Rollup, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []telemetry.Rollup
	for at, r := range m.kept {
		if at.part == p && r.Span == s && !r.Start.Before(from) && r.Start.Before(to) && now.Before(r.Expires) {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b telemetry.Rollup) int { return a.Start.Compare(b.Start) })
	return all, nil
}

// Keep implements telemetry.Rollups.
func (m *Memory) Keep(_ context.Context, p telemetry.Part, r telemetry.Rollup, now time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case r.Events() == 0:
		panic(fmt.Sprintf("a rollup of nothing is kept: %+v", r))
	case !r.Start.Equal(r.Span.Start(r.Start)):
		panic(fmt.Sprintf("a rollup that begins in the middle of its span: %+v", r))
	case r.Whole.IsZero() || r.Expires.Before(r.Whole):
		panic(fmt.Sprintf("a rollup that ends before its events do: %+v", r))
	}
	if m.kept == nil {
		m.kept = map[place]telemetry.Rollup{}
	}
	at := place{p, r.Span, r.Start.Unix()}
	old, ok := m.kept[at]
	more := old.Events() < r.Events() && old.Expires.Equal(r.Expires)
	if !ok || !now.Before(old.Expires) || old.Expires.Before(r.Expires) || more {
		m.kept[at] = r
	}
	return nil
}

// All returns the rollups of a part, by span and time.
func (m *Memory) All(p telemetry.Part) []telemetry.Rollup {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []telemetry.Rollup
	for at, r := range m.kept {
		if at.part == p {
			all = append(all, r)
		}
	}
	slices.SortFunc(all, func(a, b telemetry.Rollup) int {
		return cmp.Or(cmp.Compare(a.Span, b.Span), a.Start.Compare(b.Start))
	})
	return all
}

// Erase implements telemetry.Lifetime, in one call.
func (m *Memory) Erase(_ context.Context, of app.ID, from string) (int64, string, error) {
	return m.live(from, func() (n int64) {
		for p, all := range m.records {
			if p.App == of {
				n += int64(len(all))
				delete(m.records, p)
			}
		}
		for at := range m.kept {
			if at.part.App == of {
				n++
				delete(m.kept, at)
			}
		}
		return n
	})
}

// Restamp implements telemetry.Lifetime, in one call.
func (m *Memory) Restamp(_ context.Context, of app.ID, retention time.Duration, now time.Time, from string) (int64, string, error) {
	return m.live(from, func() (n int64) {
		for p, all := range m.records {
			for i := range all {
				if p.App == of && all[i].Readable(now) {
					all[i].Expires = all[i].At.Add(retention).Truncate(time.Second)
					n++
				}
			}
		}
		for at, r := range m.kept {
			if at.part.App != of || !now.Before(r.Expires) {
				continue
			}
			if now.Before(r.Whole) {
				r.Whole = r.Start.Add(retention)
			}
			r.Expires = r.Start.Add(time.Duration(r.Span) + retention)
			m.kept[at] = r
		}
		return n
	})
}

func (m *Memory) live(from string, do func() int64) (int64, string, error) {
	if from != "" {
		return 0, "", errors.New("there is no such place")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return do(), "", nil
}
