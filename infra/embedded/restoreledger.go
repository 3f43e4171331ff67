package embedded

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/ledger"
)

// ledgerOf returns all that the ledger in tree is made of.
func (x *restoration) ledgerOf(tree string) (all []*badger.Entry, err error) {
	db, err := x.open(tree)
	if errors.Is(err, badger.ErrEncryptionKeyMismatch) {
		return nil, fmt.Errorf("%w: the data in %s was written with another key than that in %s", ErrWrongKey, tree, keyPath(x.folder))
	}
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	err = db.View(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{ledgerPrefix}})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			value, err := it.Item().ValueCopy(nil)
			if err != nil {
				return err
			}
			e := badger.NewEntry(it.Item().KeyCopy(nil), value)
			e.ExpiresAt = it.Item().ExpiresAt()
			all = append(all, e)
		}
		return nil
	})
	return all, err
}

// keepLedger writes the folder's own ledger over that of the backup, if it goes
// on where that one ends. The shorter one has to be the beginning of the
// longer, as far as that can still be seen.
func (x *restoration) keepLedger(db *badger.DB) error {
	var last ledger.Entry
	hashes := map[int64]string{}
	for _, e := range x.ledger {
		entry, err := decodeEntry(e.Value)
		switch {
		case bytes.Equal(e.Key, ledgerLast):
			last = entry
		case bytes.HasPrefix(e.Key, ledgerEntries):
			hashes[entry.Seq] = entry.Hash
		default:
			err = nil // leads to one
		}
		if err != nil {
			return err
		}
	}
	if newer, err := goesOn(db, last, hashes); err != nil || !newer {
		return err
	}
	batch := db.NewWriteBatch()
	defer batch.Cancel()
	for _, e := range x.ledger {
		if err := batch.SetEntry(e); err != nil {
			return err
		}
	}
	return batch.Flush()
}

// goesOn reports whether a ledger that ends with last is as long as that in db,
// or longer, or returns ErrHistory.
func goesOn(db *badger.DB, last ledger.Entry, hashes map[int64]string) (newer bool, err error) {
	err = db.View(func(txn *badger.Txn) error {
		other, err := lastEntry(txn)
		if err != nil {
			return err
		}
		if newer = last.Seq >= other.Seq; newer {
			return sameHistory(hashes[other.Seq], other.Hash)
		}
		item, err := txn.Get(entryKey(last.Seq))
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		there, err := readEntry(item)
		return cmp.Or(err, sameHistory(there.Hash, last.Hash))
	})
	return newer, err
}

func sameHistory(one, other string) error {
	if one == "" || other == "" || one == other { // or the year of one is over
		return nil
	}
	return fmt.Errorf("%w: the backup is not of this folder, or one of both was restored from an older one before; restore into an empty folder, and keep this one for its ledger", ErrHistory)
}
