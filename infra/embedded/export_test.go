package embedded

import (
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"tacet/core/app"
	"tacet/core/ledger"
	"tacet/core/telemetry"
)

// DestroyOld is what happens every minute.
func (s *Secrets) DestroyOld() { s.destroyOld() }

// EncodeBlock returns records as a block.
func EncodeBlock(records ...telemetry.Record) []byte {
	b := newBlockWriter()
	for _, r := range records {
		b.add(r)
	}
	return b.data
}

// ReadBlock reads a block.
var ReadBlock = readBlock

// PutBlock writes a block as it is, where former versions have, at that time.
func (d *Disk) PutBlock(of app.ID, at time.Time, block []byte) error {
	key := d.Telemetry.unique(binary.BigEndian.AppendUint64(hourKey(of, uint32(secondOf(at)/perHour)), uint64(at.UnixNano())))
	return d.db.Update(func(txn *badger.Txn) error { return txn.Set(key, block) })
}

// PutInSecond writes a block as it is, as one of what happened then.
func (d *Disk) PutInSecond(of app.ID, at time.Time, block []byte) error {
	key := d.Telemetry.unique(bucket{of, secondOf(at)}.key())
	return d.db.Update(func(txn *badger.Txn) error { return txn.Set(key, block) })
}

// PutRollup writes a rollup as it is.
func (d *Disk) PutRollup(of app.ID, s telemetry.Span, start time.Time, value []byte) error {
	key, err := rollupKey(of, s, start)
	if err != nil {
		return err
	}
	return d.db.Update(func(txn *badger.Txn) error { return txn.Set(key, value) })
}

// SetFree says how much room the disk has, from now on.
func (d *Disk) SetFree(n uint64) {
	d.space.mu.Lock()
	defer d.space.mu.Unlock()
	d.space.free, d.space.asked = func() (uint64, error) { return n, nil }, time.Time{}
}

// Keys returns how many keys under a prefix can be seen.
func (d *Disk) Keys(prefix byte) int { return d.count(badger.IteratorOptions{Prefix: []byte{prefix}}) }

// Blocks returns how many blocks there are, expired ones too.
func (d *Disk) Blocks() int {
	return d.count(badger.IteratorOptions{Prefix: []byte{telemetryPrefix}, AllVersions: true})
}

func (d *Disk) count(o badger.IteratorOptions) (n int) {
	_ = d.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(o)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			n++
		}
		return nil
	})
	return n
}

// Stall makes whoever writes wait, until the returned function is called.
func (d *Disk) Stall() (release func()) {
	d.writing.Lock()
	return d.writing.Unlock
}

// GroupSize is how many events are committed together at most.
const GroupSize = groupSize

// RewriteEntry changes an entry of the ledger, or removes it, as somebody with
// the key could.
func (d *Disk) RewriteEntry(seq int64, change func(*ledger.Entry)) error {
	return d.db.Update(func(txn *badger.Txn) error {
		if change == nil {
			return txn.Delete(entryKey(seq))
		}
		item, err := txn.Get(entryKey(seq))
		if err != nil {
			return err
		}
		e, err := readEntry(item)
		if err != nil {
			return err
		}
		change(&e)
		data, err := encodeEntry(e)
		if err != nil {
			return err
		}
		return txn.Set(entryKey(seq), data)
	})
}

// SetPart says how many bytes of blocks a call of Erase or Restamp reads.
func (t *Telemetry) SetPart(n int) { t.part = n }

// OpenInClear opens stores on disk that encrypt and compress nothing, so that
// what a file holds can be seen.
func OpenInClear(o Options) (*Disk, error) {
	d := &Disk{options: o, stop: make(chan struct{})}
	tree := filepath.Join(o.Folder, "db")
	return d, errors.Join(os.MkdirAll(tree, 0o700), d.open(badger.DefaultOptions(tree).WithCompression(options.None), o.Folder))
}

// Folder returns where the stores lie.
func (d *Disk) Folder() string { return d.options.Folder }

// PutFormer keeps an application as it was before there were accounts.
func (d *Disk) PutFormer(id app.ID, data []byte) error {
	key, err := keyOf(appPrefix, id)
	if err != nil {
		return err
	}
	return d.db.Update(func(txn *badger.Txn) error { return txn.Set(key, data) })
}

// Bytes returns how many keys there are under a prefix, and how many bytes they
// and what they hold have, before they are compressed and encrypted.
func (d *Disk) Bytes(prefix byte) (keys, size int64) {
	_ = d.db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{prefix}})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			keys++
			size += it.Item().KeySize() + it.Item().ValueSize()
		}
		return nil
	})
	return keys, size
}

// Remembered returns the secrets that are in memory.
func (s *Secrets) Remembered() (all [][]byte) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, secret := range s.kept {
		all = append(all, slices.Clone(secret[:]))
	}
	return all
}
