package embedded

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// Roll brings the rollups of all applications with news up to date. It is for
// every minute or so: reports are right without, but they read all that was
// not rolled. What fails is done by the next call, as well as what ctx cut
// short. It holds up nobody who records; Erase and Restamp wait for as long as
// it takes to read an hour of one application.
func (t *Telemetry) Roll(ctx context.Context, now time.Time) error {
	t.rolling.Lock()
	defer t.rolling.Unlock()
	if err := t.settle(ctx); err != nil {
		return err
	}
	if err := t.findAll(ctx); err != nil {
		return fmt.Errorf("look for telemetry to roll: %w", err)
	}
	var failed error
	for _, of := range t.withNews() {
		if err := t.rollOne(ctx, of, now); err != nil {
			failed = fmt.Errorf("roll telemetry: %w", err) // the others may be luckier
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// findAll takes every application for one with news, the first time.
func (t *Telemetry) findAll(ctx context.Context) error {
	if t.found {
		return nil
	}
	all, err := t.newest(ctx)
	if err != nil {
		return err
	}
	for of, second := range all {
		n, err := t.newsOf(of)
		if err != nil {
			return err
		}
		t.rolls.Lock()
		n.fresh, n.newest = true, max(n.newest, second)
		t.rolls.Unlock()
	}
	t.found = true
	return nil
}

// newest returns the applications that have events, and when the newest of
// these happened, or the hour that it happened in ends.
func (t *Telemetry) newest(ctx context.Context) (map[app.ID]int64, error) {
	all := map[app.ID]int64{}
	err := t.disk.view(func(txn *badger.Txn) error {
		it := txn.NewIterator(badger.IteratorOptions{Prefix: []byte{telemetryPrefix}, Reverse: true})
		defer it.Close()
		for it.Seek(after([]byte{telemetryPrefix})); it.Valid(); {
			if err := ctx.Err(); err != nil {
				return err
			}
			key := it.Item().KeyCopy(nil)
			at, ok := placeOf(key)
			if !ok { // the mark of a drop that was interrupted
				it.Next()
				continue
			}
			if at.second == noSecond {
				at.second = (int64(at.hour)+1)*perHour - 1
			}
			all[app.ID(hex.EncodeToString(key[1:1+16]))] = at.second
			it.Seek(key[:1+16]) // what is before all of it
		}
		return nil
	})
	return all, err
}

func (t *Telemetry) withNews() []app.ID {
	t.rolls.Lock()
	defer t.rolls.Unlock()
	var all []app.ID
	for _, of := range slices.Sorted(maps.Keys(t.news)) {
		if t.news[of].fresh {
			all = append(all, of)
		}
	}
	return all
}

// rollOne closes all minutes of an application that are over and settled.
func (t *Telemetry) rollOne(ctx context.Context, of app.ID, now time.Time) error {
	until := telemetry.Minutely.Start(now.Add(-telemetry.Settle))
	t.rolls.Lock()
	n := t.news[of]
	n.fresh, n.closed = false, max(n.closed, secondOf(until))
	t.rolls.Unlock()
	err := t.mend(ctx, of, now)
	if err == nil {
		err = t.advance(ctx, of, until, now)
	}
	t.rolls.Lock()
	defer t.rolls.Unlock()
	if err != nil || n.newest >= secondOf(until) {
		n.fresh = true // there is more to come
	}
	return err
}

// mend counts minutes again that were closed before all of them was written.
func (t *Telemetry) mend(ctx context.Context, of app.ID, now time.Time) error {
	for {
		marks, late, err := t.marks(ctx, of)
		if err != nil {
			return err
		}
		if err := t.settle(ctx); err != nil {
			return err
		}
		if len(marks) == 0 {
			return nil
		}
		if err := t.roll(ctx, of, late, now); err != nil {
			return err
		}
		if err := t.forget(marks); err != nil {
			return err
		}
	}
}

// advance closes minutes, an hour's at a time.
func (t *Telemetry) advance(ctx context.Context, of app.ID, until, now time.Time) error {
	from, err := t.Closed(ctx, telemetry.Part{App: of})
	if err != nil {
		return err
	}
	for from.Before(until) {
		end, err := t.endOfNext(ctx, of, from, until, now)
		if err != nil {
			return err
		}
		news := []telemetry.Written{{At: end, Written: end.Add(telemetry.Settle)}}
		if err := t.roll(ctx, of, news, now); err != nil {
			return err
		}
		from = end
	}
	return nil
}

// roll is what erasing and restamping wait for, and what waits for them: what
// is made of events must not be written after they were erased.
func (t *Telemetry) roll(ctx context.Context, of app.ID, news []telemetry.Written, now time.Time) error {
	t.lifetime.Lock()
	defer t.lifetime.Unlock()
	return telemetry.Roll(ctx, t, telemetry.Part{App: of}, news, now)
}

var errEnough = errors.New("that was enough")

// endOfNext returns the end of the next hour that has events at from or later,
// until at most.
func (t *Telemetry) endOfNext(ctx context.Context, of app.ID, from, until, now time.Time) (time.Time, error) {
	end := until
	err := t.read(ctx, of, from, until, now, func(r *reading) error {
		return r.blocks(func(at place, _ []byte) error {
			if hour := time.Unix((int64(at.hour)+1)*perHour, 0).UTC(); hour.Before(until) {
				end = hour
			}
			return errEnough
		})
	})
	if errors.Is(err, errEnough) {
		err = nil
	}
	return end, err
}
