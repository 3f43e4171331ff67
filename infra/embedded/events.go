package embedded

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/telemetry"
)

// commit writes records, as one block for each bucket.
func (t *Telemetry) commit(records []telemetry.Record) error {
	blocks := map[bucket]*blockWriter{}
	for _, r := range records {
		at := bucket{r.App, secondOf(r.At)}
		b := blocks[at]
		if b == nil {
			b = newBlockWriter()
			blocks[at] = b
		}
		b.add(r)
		if len(b.data) >= inline/2 {
			if err := t.write(map[bucket]*blockWriter{at: b}); err != nil {
				return err
			}
			delete(blocks, at)
		}
	}
	return t.write(blocks)
}

func (t *Telemetry) write(blocks map[bucket]*blockWriter) error {
	err := t.disk.write(func() error {
		batch := t.disk.db.NewWriteBatch()
		defer batch.Cancel()
		for at, b := range blocks {
			if err := t.announce(batch, at); err != nil {
				return err
			}
			key := t.unique(at.key())
			if err := batch.SetEntry(badger.NewEntry(key, b.data).WithTTL(ttl(b.expires, t.disk.options.Now()))); err != nil {
				return err
			}
		}
		return batch.Flush()
	})
	if err != nil {
		return fmt.Errorf("write telemetry: %w", err)
	}
	return nil
}

// unique returns a key that begins so and that nobody has used: by a number that
// counts on from a random one, which the process began with.
func (t *Telemetry) unique(key []byte) []byte {
	return binary.BigEndian.AppendUint64(key, t.number.Add(1))
}

// ttl is for how long Badger, which knows no clock but its own and counts in
// seconds, must keep what is readable until expires.
func ttl(expires, now time.Time) time.Duration { return max(expires.Sub(now), 0) + 2*time.Second }
