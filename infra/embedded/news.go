package embedded

import (
	"cmp"
	"context"
	"encoding/binary"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// What Roll has to be told. Of events that come in time it is enough to know
// which applications have any: that is kept in memory, and a start takes all
// for such. An event of a minute that Roll has closed, or is about to, leaves a
// mark beside its block, in the same write: the prefix, the application's 16
// bytes, the minute, and what makes it unique. Roll removes those it has seen
// to. So nothing is lost with the process, however clocks are set.
//
// It cannot be missed either. Roll says until when it closes, reads the marks,
// and waits until what was recorded so far is written, before it reads events.
// What is written later looks at what Roll has said.

// news is what is known of one application.
type news struct {
	fresh  bool  // there may be something to roll
	newest int64 // second of an event
	closed int64 // second: minutes that ended by then have their rollups, or are about to
}

// announce notes that a block is about to be written.
func (t *Telemetry) announce(batch *badger.WriteBatch, at bucket) error {
	n, err := t.newsOf(at.app)
	if err != nil {
		return err
	}
	t.rolls.Lock()
	n.fresh, n.newest = true, max(n.newest, at.second)
	late := (at.second/60+1)*60 <= n.closed
	t.rolls.Unlock()
	if !late {
		return nil
	}
	key, err := keyOf(latePrefix, at.app)
	if err != nil {
		return err
	}
	return batch.Set(t.unique(binary.BigEndian.AppendUint64(key, uint64(at.second/60))), nil)
}

// newsOf returns what is known of an application, after a start what its
// rollups say.
func (t *Telemetry) newsOf(of app.ID) (*news, error) {
	t.rolls.Lock()
	n := t.news[of]
	t.rolls.Unlock()
	if n != nil {
		return n, nil
	}
	closed, err := t.Closed(context.Background(), telemetry.Part{App: of})
	if err != nil {
		return nil, err
	}
	t.rolls.Lock()
	defer t.rolls.Unlock()
	if t.news[of] == nil {
		t.news[of] = &news{closed: secondOf(closed)}
	}
	return t.news[of], nil
}

// lateKeySize is that of a mark.
const lateKeySize = 1 + 16 + 8 + 8

// marksAtOnce is how many marks are seen to at a time.
const marksAtOnce = 500

// marks returns marks of an application, and what Roll is told of them.
func (t *Telemetry) marks(ctx context.Context, of app.ID) (keys [][]byte, late []telemetry.Written, err error) {
	prefix, err := keyOf(latePrefix, of)
	if err != nil {
		return nil, nil, err
	}
	err = t.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		for it.Rewind(); it.Valid() && len(keys) < marksAtOnce; it.Next() {
			if err := cmp.Or(ctx.Err(), t.disk.stopping()); err != nil {
				return err
			}
			key := it.Item().KeyCopy(nil)
			if len(key) != lateKeySize {
				continue // the mark of a drop that was interrupted
			}
			minute := time.Unix(int64(binary.BigEndian.Uint64(key[len(prefix):]))*60, 0).UTC()
			keys = append(keys, key)
			// It says that it is late, whenever that was.
			late = append(late, telemetry.Written{At: minute, Written: minute.Add(time.Minute + telemetry.Settle)})
		}
		return nil
	})
	return keys, late, err
}

// forget removes marks.
func (t *Telemetry) forget(marks [][]byte) error {
	return t.disk.write(func() error {
		batch := t.disk.db.NewWriteBatch()
		defer batch.Cancel()
		for _, key := range marks {
			if err := batch.Delete(key); err != nil {
				return err
			}
		}
		return batch.Flush()
	})
}
