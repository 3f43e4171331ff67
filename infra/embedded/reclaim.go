package embedded

import (
	"bytes"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// dropsAtOnce is how much Reclaim drops in one call: Badger compares every key
// that it moves with each of them, and nobody reads or writes meanwhile.
const dropsAtOnce = 500

// Reclaim gives back the space of what has expired or was removed, and returns
// of how many hours of applications and parts of the directory that was; of a
// few hundred at most. Badger itself hides such things at once, and gives the
// space back when it compacts a table for other reasons: for the oldest tables
// that may be never. So, once an hour, whole hours of events, and of rollups of
// one span, are dropped, from the oldest on, as long as nothing in them is
// readable, and whole parts, if nothing in them is. What was kept in another way once (see Former) goes likewise.
func (d *Disk) Reclaim() (int, error) {
	dead, err := d.dead()
	if err == nil && len(dead) > 0 {
		err = d.drop(dead, func() ([][]byte, error) { return d.stillDead(dead) })
	}
	if err == nil {
		d.reclaimed.Store(time.Now().Unix())
	}
	return len(dead), err
}

// Reclaimed returns when Reclaim last went through; zero if it has not yet.
func (d *Disk) Reclaimed() time.Time {
	if at := d.reclaimed.Load(); at != 0 {
		return time.Unix(at, 0)
	}
	return time.Time{}
}

// drop removes all that lies under prefixes, without a trace in the files, and
// lets nobody write meanwhile. Choose is asked then which of them it is to be;
// nil means all. A disk that is nearly full is no reason not to: this is what
// makes room.
func (d *Disk) drop(prefixes [][]byte, choose func() ([][]byte, error)) error {
	d.writing.Lock()
	defer d.writing.Unlock()
	err := d.use(func() (err error) {
		if choose != nil {
			if prefixes, err = choose(); err != nil || len(prefixes) == 0 {
				return err
			}
		}
		// DropPrefix leaves alone what holds nothing that it can see, and it
		// does not see what has expired. So a mark is put there, which goes
		// with it.
		if err := d.mark(prefixes); err != nil {
			return err
		}
		if err := d.db.DropPrefix(prefixes...); err != nil {
			return err
		}
		return d.db.View(func(txn *badger.Txn) error { return dropped(txn, prefixes) })
	})
	if err != nil {
		return fmt.Errorf("drop what nobody may read any more: %w", err)
	}
	return nil
}

func (d *Disk) mark(prefixes [][]byte) error {
	batch := d.db.NewWriteBatch()
	defer batch.Cancel()
	for _, p := range prefixes {
		if err := batch.Set(p, nil); err != nil {
			return err
		}
	}
	return batch.Flush()
}

// dropped returns an error if anything is left, in whatever version: where a
// compaction fails, Badger says nothing.
func dropped(txn *badger.Txn, prefixes [][]byte) error {
	for _, p := range prefixes {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: p, AllVersions: true})
		it.Rewind()
		left := it.Valid()
		it.Close()
		if left {
			return errors.New("something is left of it")
		}
	}
	return nil
}

// dead returns the hours and the parts in which nothing can be read any more,
// the hours of each application up to the first in which something can.
func (d *Disk) dead() (found [][]byte, err error) {
	err = d.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{AllVersions: true})
		defer it.Close()
		for _, in := range []struct {
			prefix byte
			// group returns how much of a key is that of what goes as one, and
			// how much to pass over when something in it can be read; 0 if the
			// key is none.
			group func(key []byte) (one, over int)
		}{
			{appPrefix, func([]byte) (int, int) { return 1, 1 }}, // what was kept before there was a directory
			{directoryPrefix, func(key []byte) (int, int) { n := partSize(key); return n, n }},
			{telemetryPrefix, func(key []byte) (int, int) {
				if len(key) < bucketKeySize {
					return 0, 0
				}
				return bucketKeySize, bucketKeySize - 4
			}},
			{rollupPrefix, func(key []byte) (int, int) {
				if len(key) < rollupHourSize {
					return 0, 0
				}
				return rollupHourSize, rollupSpanSize
			}},
		} {
			for it.Seek([]byte{in.prefix}); it.ValidForPrefix([]byte{in.prefix}) && len(found) < dropsAtOnce; {
				key := it.Item().KeyCopy(nil)
				one, over := in.group(key)
				if one == 0 {
					it.Next()
				} else if isDead(it, key[:one]) {
					found = append(found, key[:one])
				} else {
					it.Seek(after(key[:over]))
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for what nobody may read any more: %w", err)
	}
	return found, nil
}

// stillDead returns which of what was dead is: somebody may have written.
func (d *Disk) stillDead(found [][]byte) (still [][]byte, err error) {
	err = d.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{AllVersions: true})
		defer it.Close()
		for _, prefix := range found {
			if it.Seek(prefix); isDead(it, prefix) {
				still = append(still, prefix)
			}
		}
		return nil
	})
	return still, err
}

// isDead moves it past what begins with prefix, or to the first of it that can
// be read. A mark that a drop did not get to take along counts for nothing, nor
// does an older version of something, which comes after the newer one.
func isDead(it *badger.Iterator, prefix []byte) bool {
	var newer []byte
	for ; it.ValidForPrefix(prefix); it.Next() {
		item := it.Item()
		if len(item.Key()) == len(prefix) || bytes.Equal(item.Key(), newer) {
			continue
		}
		if !item.IsDeletedOrExpired() {
			return false
		}
		newer = item.KeyCopy(newer)
	}
	return true
}

// after returns where what begins with prefix has ended.
func after(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i]++; end[i] != 0 {
			return end[:i+1]
		}
	}
	return nil // never: keys begin with a letter
}
