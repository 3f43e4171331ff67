package embedded

import (
	"context"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// Former calls f for each application that was kept before there were accounts,
// with its JSON, which holds its keys in clear, and forgets it when f returns
// nil. It stops at the first error. Whoever is interrupted does it again: f is
// called once more for what was not forgotten yet.
func (d *Disk) Former(ctx context.Context, f func(data []byte) error) error {
	for {
		var key, data []byte
		err := d.view(func(txn *badger.Txn) (err error) {
			it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{appPrefix}})
			defer it.Close()
			if it.Rewind(); it.Valid() {
				key = it.Item().KeyCopy(nil)
				data, err = it.Item().ValueCopy(nil)
			}
			return err
		})
		switch {
		case err != nil:
			return fmt.Errorf("read an application of before: %w", err)
		case key == nil:
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := f(data); err != nil {
			return err
		}
		if err := d.forget(key); err != nil {
			return fmt.Errorf("forget an application of before: %w", err)
		}
	}
}

func (d *Disk) forget(key []byte) error {
	return d.write(func() error {
		return d.db.Update(func(txn *badger.Txn) error { return txn.Delete(key) })
	})
}
