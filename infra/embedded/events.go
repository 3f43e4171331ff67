package embedded

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// bucket is where events lie together: one application's of one hour.
type bucket struct {
	app  app.ID
	hour uint32
}

// A key is the prefix, the application's 16 bytes, the hour, and then what
// makes it unique: the time of writing and eight random bytes, because clocks
// are set back.
const (
	bucketKeySize = 1 + 16 + 4
	keySuffixSize = 8 + 8
)

// hourOf returns the hour since 1970 in which t lies. What lies outside its
// range is counted to its ends, when written and when asked for.
func hourOf(t time.Time) uint32 {
	return uint32(min(max(t.Unix()/3600, 0), math.MaxUint32))
}

// key returns where a bucket's blocks begin. The id has been checked.
func (b bucket) key() []byte {
	key, _ := keyOf(telemetryPrefix, b.app)
	return binary.BigEndian.AppendUint32(key, b.hour)
}

// commit writes records, as one block for each bucket.
func (t *Telemetry) commit(records []telemetry.Record) error {
	blocks := map[bucket]*blockWriter{}
	for _, r := range records {
		at := bucket{r.App, hourOf(r.At)}
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
	return t.disk.write(func() error {
		batch := t.disk.db.NewWriteBatch()
		defer batch.Cancel()
		for at, b := range blocks {
			key, err := at.unique(t.disk.options.Now())
			if err != nil {
				return err
			}
			if err := batch.SetEntry(badger.NewEntry(key, b.data).WithTTL(ttl(b.expires, t.disk.options.Now()))); err != nil {
				return fmt.Errorf("write telemetry: %w", err)
			}
		}
		if err := batch.Flush(); err != nil {
			return fmt.Errorf("write telemetry: %w", err)
		}
		return nil
	})
}

func (b bucket) unique(now time.Time) ([]byte, error) {
	key := binary.BigEndian.AppendUint64(b.key(), uint64(now.UnixNano()))
	var random [8]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("write telemetry: %w", err)
	}
	return append(key, random[:]...), nil
}

// ttl is for how long Badger, which knows no clock but its own and counts in
// seconds, must keep what is readable until expires.
func ttl(expires, now time.Time) time.Duration { return max(expires.Sub(now), 0) + 2*time.Second }

// Each implements telemetry.Events. A block that is damaged is reported as
// trouble, and the others are read. When the stores are closed meanwhile it
// returns ErrClosed, after the block it is at.
func (t *Telemetry) Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	if _, err := keyOf(telemetryPrefix, of); err != nil || !from.Before(to) {
		return nil
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.disk.view(func(txn *badger.Txn) error {
		all := bucket{app: of}.key()
		it := txn.NewIterator(badger.IteratorOptions{Prefix: all[:bucketKeySize-4]})
		defer it.Close()
		last := hourOf(to)
		for it.Seek(bucket{of, hourOf(from)}.key()); it.Valid(); it.Next() {
			item := it.Item()
			if key := item.Key(); len(key) != bucketKeySize+keySuffixSize {
				continue // the mark of a drop that was interrupted
			} else if hourOfKey(key) > last {
				return nil
			}
			if err := cmp.Or(ctx.Err(), t.disk.stopping()); err != nil {
				return err
			}
			err := item.Value(func(data []byte) error {
				return readBlock(of, data, func(r telemetry.Record) error {
					if r.At.Before(from) || !r.At.Before(to) || !r.Readable(now) {
						return nil
					}
					return f(r.Event)
				})
			})
			if errors.Is(err, errBlock) {
				t.disk.trouble("read telemetry", err)
			} else if err != nil {
				return err
			}
		}
		return nil
	})
}

// Sum implements telemetry.Figures, by reading every event.
func (t *Telemetry) Sum(ctx context.Context, of app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumEvents(ctx, t, of, from, to, now, add)
}

func hourOfKey(key []byte) uint32 { return binary.BigEndian.Uint32(key[bucketKeySize-4:]) }
