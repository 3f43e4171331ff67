package embedded

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// An application's events are all in one part, number 0.

// Sum implements telemetry.Figures.
func (t *Telemetry) Sum(ctx context.Context, of app.ID, from, to time.Time, most telemetry.Span, now time.Time, add func(time.Time, *telemetry.Digest) error) error {
	return telemetry.SumPart(ctx, t, telemetry.Part{App: of}, from, to, most, now, add)
}

// Closed implements telemetry.Rollups. When all minutes have ended it may have
// forgotten them: so have their events.
func (t *Telemetry) Closed(_ context.Context, p telemetry.Part) (closed time.Time, err error) {
	minutes, err := rollupsOf(p.App, telemetry.Minutely)
	if err != nil || p.Number != 0 {
		return closed, nil
	}
	err = t.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: minutes, Reverse: true})
		defer it.Close()
		for it.Seek(append(bytes.Clone(minutes), 0xff)); it.Valid(); it.Next() {
			if _, start, ok := rollupAt(it.Item().Key()); ok {
				closed = start.Add(time.Minute)
				return nil
			}
		}
		return nil
	})
	return closed, err
}

// Kept implements telemetry.Rollups. A rollup that is damaged is reported as
// trouble, and left out.
func (t *Telemetry) Kept(ctx context.Context, p telemetry.Part, s telemetry.Span, from, to, now time.Time) (all []telemetry.Rollup, err error) {
	prefix, err := rollupsOf(p.App, s)
	if err != nil || p.Number != 0 || !from.Before(to) {
		return nil, nil
	}
	begin, _ := rollupKey(p.App, s, from)
	err = t.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: prefix})
		defer it.Close()
		for it.Seek(begin); it.Valid(); it.Next() {
			if err := cmp.Or(ctx.Err(), t.disk.stopping()); err != nil {
				return err
			}
			_, start, ok := rollupAt(it.Item().Key())
			if ok && !start.Before(to) {
				return nil
			}
			if !ok || start.Before(from) {
				continue
			}
			switch r, err := readRollup(it.Item()); {
			case errors.Is(err, errRollup):
				t.disk.trouble("read telemetry", err)
			case err != nil:
				return err
			case now.Before(r.Expires):
				all = append(all, r)
			}
		}
		return nil
	})
	return all, err
}

func readRollup(item *badger.Item) (r telemetry.Rollup, err error) {
	err = item.Value(func(data []byte) error {
		var digest []byte
		if r, digest, err = decodeRollup(item.Key(), data); err != nil {
			return err
		}
		if r.UnmarshalBinary(digest) != nil {
			return errRollup
		}
		return nil
	})
	return r, err
}

// Keep implements telemetry.Rollups.
func (t *Telemetry) Keep(_ context.Context, p telemetry.Part, r telemetry.Rollup, now time.Time) error {
	key, err := rollupKey(p.App, r.Span, r.Start)
	if err != nil || p.Number != 0 {
		return errors.Join(err, errors.New("there is no such part"))
	}
	digest, err := r.MarshalBinary()
	if err != nil {
		return err
	}
	data := encodeRollup(&r, digest)
	t.keeping.Lock()
	defer t.keeping.Unlock()
	err = t.disk.write(func() error {
		return t.disk.db.Update(func(txn *badger.Txn) error {
			if known, err := knowsAsMuch(txn, key, &r, now); known || err != nil {
				return err
			}
			return txn.SetEntry(badger.NewEntry(key, data).WithTTL(ttl(r.Expires, t.disk.options.Now())))
		})
	})
	if err != nil {
		return fmt.Errorf("keep a rollup: %w", err)
	}
	return nil
}

// knowsAsMuch reports whether what is kept under a key is readable, and ends
// later than r, or ends with it and counts as much.
func knowsAsMuch(txn *badger.Txn, key []byte, r *telemetry.Rollup, now time.Time) (bool, error) {
	item, err := txn.Get(key)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	var old telemetry.Rollup
	err = item.Value(func(data []byte) (err error) {
		old, _, err = decodeRollup(key, data)
		return err
	})
	if errors.Is(err, errRollup) {
		return false, nil // r takes its place
	}
	return now.Before(old.Expires) && (old.Expires.After(r.Expires) || old.Expires.Equal(r.Expires) && old.Events() >= r.Events()), err
}
