package embedded

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/directory"
)

// Directory keeps records in Badger; it implements directory.Directory. When
// Apply has returned, the disk says that it has what changed: unlike
// telemetry, it must not be lost with the power, because a data key that was
// destroyed for it is gone already. There is one exception: Badger may have
// begun a new log between the commit and the order to sync, which the old one
// then misses; it becomes a table, and is safe, within moments.
type Directory struct {
	disk  *Disk
	apply sync.Mutex // one at a time, so that what a condition has seen stays
}

// maxPageBytes is how large the values of a page are when it ends early.
const maxPageBytes = 4 << 20

// partKey returns where the records of a part begin.
func partKey(p directory.Part) []byte {
	return append([]byte{directoryPrefix, byte(p.Kind), '#'}, p.ID+"#"...)
}

// partSize returns how much of the key of a record is that of its part, 0 if it
// is none.
func partSize(key []byte) int {
	const id = 3 // where it begins
	if len(key) < id {
		return 0
	}
	n := bytes.IndexByte(key[id:], '#')
	if n < 0 {
		return 0
	}
	return id + n + 1
}

func recordKey(k directory.Key) []byte { return append(partKey(k.Part), k.Name...) }

// Get implements directory.Directory.
func (d *Directory) Get(ctx context.Context, k directory.Key) (r directory.Record, err error) {
	if err := cmp.Or(k.Check(), ctx.Err()); err != nil {
		return r, err
	}
	now := d.disk.options.Now()
	err = d.disk.view(func(txn *badger.Txn) (err error) {
		r, err = readRecord(txn, k, now)
		return err
	})
	if err != nil && !errors.Is(err, directory.ErrAbsent) {
		return r, fmt.Errorf("read the directory: %w", err)
	}
	return r, err
}

// readRecord returns a record, or directory.ErrAbsent.
func readRecord(txn *badger.Txn, k directory.Key, now time.Time) (r directory.Record, err error) {
	item, err := txn.Get(recordKey(k))
	if errors.Is(err, badger.ErrKeyNotFound) {
		return r, directory.ErrAbsent
	}
	if err != nil {
		return r, err
	}
	err = item.Value(func(data []byte) (err error) {
		r, err = decodeRecord(k, data)
		return err
	})
	if err == nil && !readable(r.Expires, now) {
		return directory.Record{}, directory.ErrAbsent
	}
	return r, err
}

// List implements directory.Directory.
func (d *Directory) List(ctx context.Context, p directory.Part, prefix, after string, limit int) (page []directory.Record, next string, err error) {
	return d.list(ctx, p, prefix, after, limit, d.disk.options.Now())
}

// Remains implements directory.Directory.
func (d *Directory) Remains(ctx context.Context, p directory.Part, after string, limit int) (page []directory.Record, next string, err error) {
	return d.list(ctx, p, "", after, limit, never)
}

// never is a time at which nothing has expired.
var never time.Time

func (d *Directory) list(ctx context.Context, p directory.Part, prefix, after string, limit int, now time.Time) (page []directory.Record, next string, err error) {
	if err := cmp.Or(directory.CheckList(p, prefix, after, limit), ctx.Err()); err != nil {
		return nil, "", err
	}
	err = d.disk.view(func(txn *badger.Txn) error {
		part := partKey(p)
		it := txn.NewIterator(badger.IteratorOptions{Prefix: append(part[:len(part):len(part)], prefix...)})
		defer it.Close()
		size := 0
		for it.Seek(append(part[:len(part):len(part)], max(prefix, after)...)); it.Valid(); it.Next() {
			k := directory.Key{Part: p, Name: string(it.Item().Key()[len(part):])}
			if k.Name <= after || k.Name == "" { // the mark of a drop that was interrupted
				continue
			}
			if len(page) == limit || size >= maxPageBytes {
				next = page[len(page)-1].Name
				return nil
			}
			r, err := readRecord(txn, k, now)
			if errors.Is(err, directory.ErrAbsent) {
				continue
			}
			if err != nil {
				return err
			}
			page, size = append(page, r), size+len(r.Value)
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("read the directory: %w", err)
	}
	return page, next, nil
}

// Parts returns at most limit parts of a kind in which something can be read,
// that come after the one with the id last ("" for the first); none after the
// last one.
func (d *Directory) Parts(ctx context.Context, kind directory.Kind, last string, limit int) (parts []directory.Part, err error) {
	all := []byte{directoryPrefix, byte(kind), '#'}
	begin := all
	if last != "" {
		begin = after(partKey(directory.Part{Kind: kind, ID: last}))
	}
	now := d.disk.options.Now()
	err = d.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: all})
		defer it.Close()
		for it.Seek(begin); it.Valid() && len(parts) < limit; {
			if err := ctx.Err(); err != nil {
				return err
			}
			key := it.Item().KeyCopy(nil)
			part := key[:partSize(key)]
			if len(part) == 0 || len(part) == len(key) { // the mark of a drop that was interrupted
				it.Next()
				continue
			}
			k := directory.Key{Part: directory.Part{Kind: kind, ID: string(part[len(all) : len(part)-1])}, Name: string(key[len(part):])}
			switch _, err := readRecord(txn, k, now); {
			case errors.Is(err, directory.ErrAbsent):
				it.Next()
				continue
			case err != nil:
				return err
			}
			parts = append(parts, k.Part)
			it.Seek(after(part))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the directory: %w", err)
	}
	return parts, nil
}

// Apply implements directory.Directory.
func (d *Directory) Apply(ctx context.Context, changes ...directory.Change) (directory.Version, error) {
	if err := cmp.Or(directory.CheckChanges(changes), ctx.Err()); err != nil {
		return "", err
	}
	version, err := newVersion()
	if err != nil {
		return "", err
	}
	d.apply.Lock()
	defer d.apply.Unlock()
	err = d.disk.write(func() error {
		now, changed := d.disk.options.Now(), false
		err := d.disk.db.Update(func(txn *badger.Txn) (err error) {
			if err := hold(txn, changes, now); err != nil {
				return err
			}
			changed, err = d.change(txn, changes, version, now)
			return err
		})
		if err != nil || !changed {
			return err
		}
		return d.disk.db.Sync()
	})
	if errors.Is(err, directory.ErrConflict) {
		return "", err
	}
	if err != nil {
		return "", fmt.Errorf("write to the directory: %w", err)
	}
	return version, nil
}

// hold returns directory.ErrConflict unless all conditions hold.
func hold(txn *badger.Txn, changes []directory.Change, now time.Time) error {
	for _, c := range changes {
		if c.If == directory.Always {
			continue
		}
		r, err := readRecord(txn, c.Key, now)
		if err != nil && !errors.Is(err, directory.ErrAbsent) {
			return err
		}
		if !holds(c, r.Version) {
			return directory.ErrConflict
		}
	}
	return nil
}

// change makes the changes, and reports whether there were any.
func (d *Directory) change(txn *badger.Txn, changes []directory.Change, version directory.Version, now time.Time) (changed bool, err error) {
	for _, c := range changes {
		switch c.Does {
		case directory.Puts:
			c.Version, c.Expires = version, toTheSecond(c.Expires)
			e := badger.NewEntry(recordKey(c.Key), encodeRecord(c.Record))
			if !c.Expires.IsZero() {
				e = e.WithTTL(ttl(c.Expires, now))
			}
			err, changed = txn.SetEntry(e), true
		case directory.Deletes:
			err, changed = txn.Delete(recordKey(c.Key)), true
		}
		if err != nil {
			return changed, err
		}
	}
	return changed, nil
}
