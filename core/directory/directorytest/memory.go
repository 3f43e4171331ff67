package directorytest

import (
	"bytes"
	"cmp"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"tacet/core/directory"
)

// Memory is the plainest directory. Safe for concurrent use.
type Memory struct {
	now func() time.Time

	mu      sync.Mutex
	applied uint64
	records map[directory.Key]directory.Record
}

// NewMemory returns an empty directory that lives by a clock.
func NewMemory(now func() time.Time) *Memory {
	return &Memory{now: now, records: map[directory.Key]directory.Record{}}
}

// Get implements directory.Directory.
func (m *Memory) Get(ctx context.Context, k directory.Key) (directory.Record, error) {
	if err := cmp.Or(k.Check(), ctx.Err()); err != nil {
		return directory.Record{}, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.there(k)
	if !ok {
		return directory.Record{}, directory.ErrAbsent
	}
	return clone(r), nil
}

// List implements directory.Directory.
func (m *Memory) List(ctx context.Context, p directory.Part, prefix, after string, limit int) ([]directory.Record, string, error) {
	if err := cmp.Or(directory.CheckList(p, prefix, after, limit), ctx.Err()); err != nil {
		return nil, "", err
	}
	return cut(m.those(func(r directory.Record) bool {
		return r.Part == p && strings.HasPrefix(r.Name, prefix) && r.Name > after && m.alive(r)
	}), limit)
}

// Remains implements directory.Directory.
func (m *Memory) Remains(ctx context.Context, p directory.Part, after string, limit int) ([]directory.Record, string, error) {
	if err := cmp.Or(directory.CheckList(p, "", after, limit), ctx.Err()); err != nil {
		return nil, "", err
	}
	return cut(m.those(func(r directory.Record) bool { return r.Part == p && r.Name > after }), limit)
}

func cut(all []directory.Record, limit int) ([]directory.Record, string, error) {
	if len(all) <= limit {
		return all, "", nil
	}
	return all[:limit], all[limit-1].Name, nil
}

// Apply implements directory.Directory.
func (m *Memory) Apply(ctx context.Context, changes ...directory.Change) (directory.Version, error) {
	if err := cmp.Or(directory.CheckChanges(changes), ctx.Err()); err != nil {
		return "", err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, c := range changes {
		if !m.holds(c) {
			return "", directory.ErrConflict
		}
	}
	m.applied++
	version := directory.Version("v" + strconv.FormatUint(m.applied, 36))
	for _, c := range changes {
		switch c.Does {
		case directory.Puts:
			r := clone(c.Record)
			r.Version = version
			if !r.Expires.IsZero() {
				r.Expires = time.Unix(r.Expires.Unix(), 0).UTC()
			}
			m.records[c.Key] = r
		case directory.Deletes:
			delete(m.records, c.Key)
		case directory.Checks:
		}
	}
	return version, nil
}

func (m *Memory) holds(c directory.Change) bool {
	r, ok := m.there(c.Key)
	switch c.If {
	case directory.IfAbsent:
		return !ok
	case directory.IfPresent:
		return ok
	case directory.IfVersion:
		return r.Version == c.Version
	default:
		return true
	}
}

// there returns the record under a key, if it has not expired.
func (m *Memory) there(k directory.Key) (directory.Record, bool) {
	r, ok := m.records[k]
	if !ok || !m.alive(r) {
		return directory.Record{}, false
	}
	return r, true
}

func (m *Memory) alive(r directory.Record) bool {
	return r.Expires.IsZero() || m.now().Before(r.Expires)
}

// All returns every record that has not expired, by part and name: what a test
// looks through.
func (m *Memory) All() []directory.Record {
	return m.those(m.alive)
}

func (m *Memory) those(which func(directory.Record) bool) []directory.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []directory.Record
	for _, r := range m.records {
		if which(r) {
			all = append(all, clone(r))
		}
	}
	slices.SortFunc(all, func(a, b directory.Record) int {
		return cmp.Or(strings.Compare(a.Part.String(), b.Part.String()), strings.Compare(a.Name, b.Name))
	})
	return all
}

// Raw returns every record that lies there, expired ones too: what a thief of
// the store would find.
func (m *Memory) Raw() []directory.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []directory.Record
	for _, r := range m.records {
		all = append(all, clone(r))
	}
	return all
}

// Snapshot returns a copy that lives on its own, by the same clock.
func (m *Memory) Snapshot() *Memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	other := NewMemory(m.now)
	other.applied = m.applied
	for k, r := range m.records {
		other.records[k] = clone(r)
	}
	return other
}

func clone(r directory.Record) directory.Record {
	r.Value = bytes.Clone(r.Value)
	return r
}
