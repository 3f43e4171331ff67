package embedded

import (
	"bytes"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Reclaim gives back the space of telemetry that has expired, and returns of
// how many hours of applications that was. Badger itself hides what has
// expired at once, and gives the space back when it compacts a table for other
// reasons: for the oldest tables that may be never. So, once an hour, whole
// hours are dropped: from the oldest on, as long as nothing in them is
// readable.
func (d *Disk) Reclaim() (int, error) {
	prefixes, err := d.expiredBuckets()
	if err != nil || len(prefixes) == 0 {
		return 0, err
	}
	// DropPrefix leaves alone what holds nothing that it can see, and it does
	// not see what has expired. So a mark is put there, which goes with it. A
	// disk that is nearly full is no reason not to: this is what makes room.
	d.writing.Lock()
	defer d.writing.Unlock()
	err = d.use(func() error {
		if err := d.mark(prefixes); err != nil {
			return err
		}
		return d.db.DropPrefix(prefixes...)
	})
	if err != nil {
		return 0, fmt.Errorf("drop expired telemetry: %w", err)
	}
	return len(prefixes), nil
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

// expiredBuckets returns the buckets in which everything has expired, for each
// application up to the first in which something has not.
func (d *Disk) expiredBuckets() ([][]byte, error) {
	var expired [][]byte
	err := d.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{telemetryPrefix}, AllVersions: true})
		defer it.Close()
		for it.Rewind(); it.Valid(); {
			key := it.Item().KeyCopy(nil)
			if len(key) < bucketKeySize {
				it.Next()
				continue
			}
			at := key[:bucketKeySize]
			if allExpired(it, at) {
				expired = append(expired, at)
				continue // with the next bucket
			}
			it.Seek(append(at[:bucketKeySize-4:bucketKeySize-4], bytes.Repeat([]byte{0xff}, 4+keySuffixSize+1)...))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for expired telemetry: %w", err)
	}
	return expired, nil
}

// allExpired moves it past a bucket, or to the first block that is readable.
// A mark that a drop did not get to take along counts for nothing.
func allExpired(it *badger.Iterator, bucket []byte) bool {
	for ; it.ValidForPrefix(bucket); it.Next() {
		if item := it.Item(); !item.IsDeletedOrExpired() && len(item.Key()) > bucketKeySize {
			return false
		}
	}
	return true
}
