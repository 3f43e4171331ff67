package embedded

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/ledger"
	"tacet/core/retention"
	"tacet/core/telemetry"
)

// Ages looks how old the oldest records are that can still be read; it
// implements retention.Ages. Its fields are set once and not changed.
//
// It reads the first of what each application has, and of each account the last
// line of its log; what has ended before these it passes over, which is at most
// what ended since the last Reclaim. So it can be asked every minute.
type Ages struct {
	Disk *Disk
	// Retention returns for how long the plan of an application keeps telemetry,
	// or app.ErrNone. What is left of one that is not there nobody can read.
	Retention func(context.Context, app.ID) (time.Duration, error)
}

// looking is one call of Ages.
type looking struct {
	*Ages
	ctx   context.Context
	now   time.Time
	found []retention.Age
}

// Ages implements retention.Ages.
func (a *Ages) Ages(ctx context.Context, now time.Time) ([]retention.Age, error) {
	l := &looking{Ages: a, ctx: ctx, now: now}
	err := a.Disk.view(func(txn *badger.Txn) error {
		for _, look := range []func(*badger.Txn) error{
			func(txn *badger.Txn) error { return l.applications(txn, telemetryPrefix, l.events) },
			func(txn *badger.Txn) error { return l.applications(txn, rollupPrefix, l.rollups) },
			l.activity, l.requests,
		} {
			if err := look(txn); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("look for the oldest records: %w", err)
	}
	return retention.Worst(l.found), nil
}

// add notes that what happened then, and is kept for so long, can be read.
func (l *looking) add(of retention.Class, at time.Time, kept time.Duration) {
	l.found = append(l.found, retention.Age{Class: of, Oldest: at, Excess: max(0, l.now.Sub(at)-kept)})
}

func (l *looking) stopped() error { return cmp.Or(l.ctx.Err(), l.Disk.stopping()) }

// applications calls f for each application that has something under a prefix,
// with the iterator at the first of it.
func (l *looking) applications(txn *badger.Txn, letter byte, f func(it *badger.Iterator, all []byte, of app.ID, kept time.Duration) error) error {
	it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{letter}})
	defer it.Close()
	for it.Rewind(); it.Valid(); {
		if err := l.stopped(); err != nil {
			return err
		}
		key := it.Item().KeyCopy(nil)
		if len(key) <= 1+16 {
			it.Next() // the mark of a drop that was interrupted
			continue
		}
		all := key[:1+16]
		of := app.ID(hex.EncodeToString(all[1:]))
		kept, err := l.Retention(l.ctx, of)
		if err == nil {
			err = f(it, all, of, kept)
		}
		if err != nil && !errors.Is(err, app.ErrNone) {
			return err
		}
		it.Seek(after(all))
	}
	return nil
}

// events looks for the first block with an event that can be read. In an hour
// that former versions have written there may be an older one behind it.
func (l *looking) events(it *badger.Iterator, all []byte, of app.ID, kept time.Duration) error {
	var oldest time.Time
	for ; it.ValidForPrefix(all) && oldest.IsZero(); it.Next() {
		if err := l.stopped(); err != nil {
			return err
		}
		err := it.Item().Value(func(block []byte) error {
			return readBlock(of, block, func(r telemetry.Record) error {
				if r.Readable(l.now) && (oldest.IsZero() || r.At.Before(oldest)) {
					oldest = r.At
				}
				return nil
			})
		})
		if err != nil && !errors.Is(err, errBlock) { // who reads reports that
			return err
		}
	}
	if !oldest.IsZero() {
		l.add(retention.Events, oldest, kept)
	}
	return nil
}

// rollups looks for the first one of each span that is whole: one of which an
// event has ended is not read any more. It is as old as its last moment.
func (l *looking) rollups(it *badger.Iterator, all []byte, _ app.ID, kept time.Duration) error {
	for span, digit := range spans {
		prefix := append(bytes.Clone(all), digit)
		for it.Seek(prefix); it.ValidForPrefix(prefix); it.Next() {
			if err := l.stopped(); err != nil {
				return err
			}
			var r telemetry.Rollup
			err := it.Item().Value(func(value []byte) (err error) {
				r, _, err = decodeRollup(it.Item().Key(), value)
				return err
			})
			if err == nil && l.now.Before(r.Whole) {
				l.add(retention.Rollups, r.Start, kept+time.Duration(span))
				break
			}
			if err != nil && !errors.Is(err, errRollup) {
				return err
			}
		}
	}
	return nil
}

// activity looks for the oldest line in the log of each account: the last one.
func (l *looking) activity(txn *badger.Txn) error {
	accounts := []byte{directoryPrefix, byte(account.ID("").Part().Kind), '#'}
	it := txn.NewIterator(badger.IteratorOptions{Prefix: accounts, Reverse: true})
	defer it.Close()
	for it.Seek(after(accounts)); it.Valid(); {
		if err := l.stopped(); err != nil {
			return err
		}
		key := it.Item().KeyCopy(nil)
		part := key[:partSize(key)]
		if len(part) == 0 {
			it.Next() // the mark of a drop that was interrupted
			continue
		}
		lines := append(bytes.Clone(part), account.LogPrefix...)
		for it.Seek(after(lines)); it.ValidForPrefix(lines); it.Next() {
			at, ok := account.LoggedAt(string(it.Item().Key()[len(part):]))
			if readable, err := l.canBeRead(it.Item()); err != nil {
				return err
			} else if ok && readable {
				l.add(retention.Activity, at, account.KeepActivity)
				break
			}
		}
		it.Seek(part) // what is before all of it
	}
	return nil
}

func (l *looking) canBeRead(item *badger.Item) (can bool, err error) {
	err = item.Value(func(value []byte) error {
		r, err := decodeRecord(directory.Key{}, value)
		can = err == nil && readable(r.Expires, l.now)
		return nil
	})
	return can, err
}

// requests looks for the first entry of the ledger that can be read.
func (l *looking) requests(txn *badger.Txn) error {
	return eachEntry(l.ctx, txn, 0, func(e ledger.Entry) bool {
		if !e.Readable(l.now) {
			return true
		}
		l.add(retention.Requests, e.At, ledger.Keep)
		return false
	})
}
