package embedded

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/ledger"
)

// Ledger keeps administrative requests; it implements ledger.Ledger. Nothing
// here changes or removes an entry: it goes when its year is over. When Append
// has returned, the disk says that it has the entry.
type Ledger struct {
	disk      *Disk
	appending sync.Mutex
}

// What comes after ledgerPrefix: entries by number, of each request and stage
// the number of its entry, and the last entry, without its certificate, which
// stays when its year is over.
var (
	ledgerEntries  = []byte{ledgerPrefix, 'e'}
	ledgerRequests = []byte{ledgerPrefix, 'r'}
	ledgerLast     = []byte{ledgerPrefix, 'z'}
)

func entryKey(seq int64) []byte {
	return binary.BigEndian.AppendUint64(bytes.Clone(ledgerEntries), uint64(seq))
}

// requestKey returns where the stages of a request begin, or false.
func requestKey(r ledger.RequestID) ([]byte, bool) {
	key, err := hex.AppendDecode(bytes.Clone(ledgerRequests), []byte(r))
	return key, err == nil && len(key) == len(ledgerRequests)+16
}

// Append implements ledger.Ledger.
func (l *Ledger) Append(ctx context.Context, e ledger.Entry) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	l.appending.Lock()
	defer l.appending.Unlock()
	err := l.disk.write(func() error {
		err := l.disk.db.Update(func(txn *badger.Txn) error { return l.append(txn, e) })
		if err != nil {
			return err
		}
		return l.disk.db.Sync()
	})
	if err != nil {
		return fmt.Errorf("write to the ledger: %w", err)
	}
	return nil
}

func (l *Ledger) append(txn *badger.Txn, e ledger.Entry) error {
	last, err := lastEntry(txn)
	if err != nil {
		return err
	}
	next, err := ledger.Follow(last, e)
	if err != nil {
		return err
	}
	now := l.disk.options.Now()
	request, _ := requestKey(e.Request) // which Follow has checked
	request = append(request, e.Stage...)
	switch there, err := entryOf(txn, request); {
	case err == nil && there.Readable(now):
		return nil
	case err != nil && !errors.Is(err, badger.ErrKeyNotFound):
		return err
	}
	return writeEntry(txn, request, next, now)
}

// writeEntry writes the entry that comes next, and all that leads to it.
func writeEntry(txn *badger.Txn, request []byte, e ledger.Entry, now time.Time) error {
	data, err := encodeEntry(e)
	if err != nil {
		return err
	}
	life := ttl(e.Ends(), now)
	e.Certificate = nil
	head, err := encodeEntry(e)
	if err != nil {
		return err
	}
	key := entryKey(e.Seq)
	return errors.Join(
		txn.SetEntry(badger.NewEntry(key, data).WithTTL(life)),
		txn.SetEntry(badger.NewEntry(request, key[len(ledgerEntries):]).WithTTL(life)),
		txn.Set(ledgerLast, head),
	)
}

// lastEntry returns the last entry there was, zero if there was none.
func lastEntry(txn *badger.Txn) (e ledger.Entry, err error) {
	item, err := txn.Get(ledgerLast)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return e, nil
	}
	if err != nil {
		return e, err
	}
	return readEntry(item)
}

// entryOf returns the entry that a request's stage leads to, or
// badger.ErrKeyNotFound.
func entryOf(txn *badger.Txn, request []byte) (e ledger.Entry, err error) {
	item, err := txn.Get(request)
	if err != nil {
		return e, err
	}
	seq, err := item.ValueCopy(nil)
	if err != nil {
		return e, err
	}
	if item, err = txn.Get(append(bytes.Clone(ledgerEntries), seq...)); err != nil {
		return e, err
	}
	return readEntry(item)
}

// An entry is kept as a line of JSON without its certificate, and then the
// certificate as it was handed out, to the byte.
func encodeEntry(e ledger.Entry) ([]byte, error) {
	certificate := e.Certificate
	e.Certificate = nil
	data, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("encode an entry of the ledger: %w", err)
	}
	return append(append(data, '\n'), certificate...), nil
}

func decodeEntry(data []byte) (e ledger.Entry, err error) {
	line, certificate, _ := bytes.Cut(data, []byte{'\n'})
	if json.Unmarshal(line, &e) != nil {
		return e, errors.New("an entry of the ledger is damaged")
	}
	if len(certificate) > 0 {
		e.Certificate = bytes.Clone(certificate)
	}
	return e, nil
}

func readEntry(item *badger.Item) (e ledger.Entry, err error) {
	err = item.Value(func(data []byte) (err error) {
		e, err = decodeEntry(data)
		return err
	})
	return e, err
}

// Entries implements ledger.Ledger.
func (l *Ledger) Entries(ctx context.Context, after int64, limit int) (found []ledger.Entry, err error) {
	now := l.disk.options.Now()
	err = l.disk.view(func(txn *badger.Txn) error {
		return eachEntry(ctx, txn, after, func(e ledger.Entry) bool {
			if e.Readable(now) {
				found = append(found, e)
			}
			return len(found) < limit
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	return found, nil
}

// eachEntry calls f for each entry after a number, also one that has ended and
// is still there, until f returns false.
func eachEntry(ctx context.Context, txn *badger.Txn, after int64, f func(ledger.Entry) bool) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: ledgerEntries})
	defer it.Close()
	for it.Seek(entryKey(max(after, 0) + 1)); it.Valid(); it.Next() {
		if err := ctx.Err(); err != nil {
			return err
		}
		e, err := readEntry(it.Item())
		if err != nil {
			return err
		}
		if !f(e) {
			return nil
		}
	}
	return nil
}

// Of implements ledger.Ledger.
func (l *Ledger) Of(ctx context.Context, r ledger.RequestID) (found []ledger.Entry, err error) {
	prefix, ok := requestKey(r)
	if err := ctx.Err(); err != nil || !ok {
		return nil, err
	}
	now := l.disk.options.Now()
	err = l.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			e, err := entryOf(txn, it.Item().KeyCopy(nil))
			if err != nil && !errors.Is(err, badger.ErrKeyNotFound) {
				return err
			}
			if err == nil && e.Readable(now) {
				found = append(found, e)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the ledger: %w", err)
	}
	slices.SortFunc(found, func(a, b ledger.Entry) int { return cmp.Compare(a.Seq, b.Seq) })
	return found, nil
}

// Verify returns nil if the entries are a chain of which none was changed,
// removed, added or moved, up to the last one that was written; else a
// *ledger.Broken that says which one does not fit. What is missing at the
// beginning it takes for entries whose year is over.
func (l *Ledger) Verify(ctx context.Context) error {
	err := l.disk.view(func(txn *badger.Txn) error {
		last, err := lastEntry(txn)
		if err != nil {
			return err
		}
		var chain ledger.Chain
		var broken error
		err = eachEntry(ctx, txn, 0, func(e ledger.Entry) bool {
			broken = chain.Add(e)
			return broken == nil
		})
		if err := cmp.Or(err, broken); err != nil {
			return err
		}
		seq, hash := chain.Last()
		gone := seq == 0 && !last.Readable(l.disk.options.Now()) // all of them
		if seq != last.Seq && !gone || seq != 0 && hash != last.Hash {
			return &ledger.Broken{Seq: last.Seq, What: fmt.Sprintf("it was the last one that was written, and the ledger ends with entry %d", seq)}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("verify the ledger: %w", err)
	}
	return nil
}

// verify tells whoever hears of trouble that the ledger is not what was
// written. It is what a start does, beside everything else.
func (l *Ledger) verify() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-l.disk.stop:
			cancel()
		case <-ctx.Done():
		}
	}()
	if err := l.Verify(ctx); err != nil && l.disk.stopping() == nil {
		l.disk.trouble("look through the ledger", err)
	}
}
