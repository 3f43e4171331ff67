package gateway

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"
)

// table finds connections by id. It is split so that a fan-out that looks up
// thousands does not meet those who connect and disconnect.
type table [shards]shard

const (
	shardBits = 6
	shards    = 1 << shardBits
)

type shard struct {
	mu    sync.RWMutex
	conns map[connKey]*conn
	_     [32]byte // a cache line for each
}

// shard picks by the first characters of an id, which are random.
func (t *table) shard(key connKey) *shard {
	return &t[binary.LittleEndian.Uint32(key[:])*0x9E3779B1>>(32-shardBits)]
}

// get returns the connection, or nil.
func (t *table) get(key connKey) *conn {
	s := t.shard(key)
	s.mu.RLock()
	c := s.conns[key]
	s.mu.RUnlock()
	return c
}

func (t *table) put(key connKey, c *conn) {
	s := t.shard(key)
	s.mu.Lock()
	if s.conns == nil {
		s.conns = make(map[connKey]*conn)
	}
	s.conns[key] = c
	s.mu.Unlock()
}

func (t *table) remove(key connKey) {
	s := t.shard(key)
	s.mu.Lock()
	delete(s.conns, key)
	if len(s.conns) == 0 {
		s.conns = nil // maps keep the size that they once had
	}
	s.mu.Unlock()
}

// each calls do for every connection of this moment, without a lock held.
func (t *table) each(do func(*conn)) {
	for i := range t {
		s := &t[i]
		s.mu.RLock()
		all := slices.Collect(maps.Values(s.conns))
		s.mu.RUnlock()
		for _, c := range all {
			do(c)
		}
	}
}

// len counts the connections.
func (t *table) len() (n int) {
	for i := range t {
		s := &t[i]
		s.mu.RLock()
		n += len(s.conns)
		s.mu.RUnlock()
	}
	return n
}
