package vault

import (
	"crypto/sha256"
	"maps"
	"sync"
	"time"
)

const (
	remembered = 5 * time.Minute // how long a key is, after its unwrapping
	maxMemory  = 1000            // keys
)

// memory remembers keys by the record that held them wrapped: for another
// record of the same owner they are as good as forgotten. Safe for concurrent
// use.
type memory struct {
	now func() time.Time

	mu   sync.Mutex
	keys map[string]memento // by owner
}

type memento struct {
	record [sha256.Size]byte
	until  time.Time
	key    *opened
}

func newMemory(now func() time.Time) *memory {
	return &memory{now: now, keys: map[string]memento{}}
}

func (m *memory) get(owner string, record [sha256.Size]byte) *opened {
	m.mu.Lock()
	defer m.mu.Unlock()
	if k, ok := m.keys[owner]; ok && k.record == record && m.now().Before(k.until) {
		return k.key
	}
	return nil
}

// put remembers a key, and takes the occasion to forget those that are due, or
// the oldest when there are too many. Looking at all of them costs less than
// the unwrapping that came before.
func (m *memory) put(owner string, record [sha256.Size]byte, key *opened) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	maps.DeleteFunc(m.keys, func(_ string, k memento) bool { return !now.Before(k.until) })
	if len(m.keys) >= maxMemory {
		var oldest string
		for o, k := range m.keys {
			if oldest == "" || k.until.Before(m.keys[oldest].until) {
				oldest = o
			}
		}
		delete(m.keys, oldest)
	}
	m.keys[owner] = memento{record, now.Add(remembered), key}
}

func (m *memory) forget(owner string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.keys, owner)
}
