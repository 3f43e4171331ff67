package embedded

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/directory"
)

// Entry is one version of one entry of the stores, as it is kept once it is
// decrypted.
type Entry struct {
	Key, Value []byte
	// Version grows with each commit. Gone says that the entry was removed, or
	// has expired, and is still there.
	Version uint64
	Gone    bool
}

// Inspect calls f for each version of each entry that the files still hold,
// whether somebody could read it or not. What f is given is not f's to keep.
// It is for whoever wants to know what is really there.
func (d *Disk) Inspect(ctx context.Context, f func(Entry) error) error {
	return d.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{PrefetchValues: true, PrefetchSize: 100, AllVersions: true})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := errors.Join(ctx.Err(), d.stopping()); err != nil {
				return err
			}
			item := it.Item()
			e := Entry{Key: item.Key(), Version: item.Version(), Gone: item.IsDeletedOrExpired()}
			err := item.Value(func(value []byte) error {
				e.Value = value
				return f(e)
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// Name returns the entry's key as people read it.
func (e Entry) Name() string {
	if k, ok := e.Directory(); ok {
		return k.String()
	}
	if len(e.Key) == 0 {
		return ""
	}
	return string(e.Key[:1]) + " " + hex.EncodeToString(e.Key[1:])
}

// Directory returns the key of the directory's record that the entry is, and
// reports whether it is one.
func (e Entry) Directory() (directory.Key, bool) {
	rest, ok := bytes.CutPrefix(e.Key, []byte{directoryPrefix})
	if !ok {
		return directory.Key{}, false
	}
	k, err := directory.ParseKey(string(rest))
	return k, err == nil
}

// Record returns the value of a directory's record, without what the stores
// keep with it.
func (e Entry) Record() ([]byte, bool) {
	k, ok := e.Directory()
	if !ok {
		return nil, false
	}
	r, err := decodeRecord(k, e.Value)
	return r.Value, err == nil
}
