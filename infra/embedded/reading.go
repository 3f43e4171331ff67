package embedded

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/dgraph-io/badger/v4"

	"tacet/core/app"
	"tacet/core/telemetry"
)

// Each implements telemetry.Events. A block that is damaged is reported as
// trouble, and the others are read. When the stores are closed meanwhile it
// returns ErrClosed, after the block it is at.
func (t *Telemetry) Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	return t.read(ctx, of, from, to, now, func(r *reading) error {
		return r.blocks(func(_ place, data []byte) error {
			return r.records(data, func(x telemetry.Record) error { return f(x.Event) })
		})
	})
}

// Records implements telemetry.Rollups. It holds what happened in one second in
// memory; and what happened in a minute, or somewhat more, where blocks of
// former versions are.
func (t *Telemetry) Records(ctx context.Context, p telemetry.Part, from, to, now time.Time, f func(telemetry.Record) error) error {
	if p.Number != 0 {
		return nil
	}
	return t.read(ctx, p.App, from, to, now, func(r *reading) error { return r.inOrder(f) })
}

// reading is what is read of an application's events: those with from ≤ At < to
// that are readable at now.
type reading struct {
	t             *Telemetry
	ctx           context.Context
	txn           *badger.Txn
	of            app.ID
	from, to, now time.Time
}

func (t *Telemetry) read(ctx context.Context, of app.ID, from, to, now time.Time, f func(*reading) error) error {
	if _, err := keyOf(telemetryPrefix, of); err != nil || !from.Before(to) {
		return nil
	}
	if err := t.flush(ctx); err != nil {
		return err
	}
	return t.disk.view(func(txn *badger.Txn) error { return f(&reading{t, ctx, txn, of, from, to, now}) })
}

// blocks calls f for the blocks that may hold something of the time, in the
// order of their keys.
func (r *reading) blocks(f func(place, []byte) error) error {
	first, last := secondOf(r.from), secondOf(r.to)
	begin := hourKey(r.of, uint32(first/perHour))
	it := r.txn.NewIterator(badger.IteratorOptions{Prefix: begin[:bucketKeySize-4]})
	defer it.Close()
	for it.Seek(begin); it.Valid(); it.Next() {
		item := it.Item()
		at, ok := placeOf(item.Key())
		if ok && at.second != noSecond && at.second < first {
			if it.Seek(bucket{r.of, first}.key()); !it.Valid() {
				return nil
			}
			item = it.Item()
			at, ok = placeOf(item.Key())
		}
		switch {
		case !ok:
			continue
		case int64(at.hour) > last/perHour || at.second > last:
			return nil
		}
		if err := cmp.Or(r.ctx.Err(), r.t.disk.stopping()); err != nil {
			return err
		}
		if err := item.Value(func(data []byte) error { return f(at, data) }); err != nil {
			return err
		}
	}
	return nil
}

// records calls f for those records of a block that are read.
func (r *reading) records(block []byte, f func(telemetry.Record) error) error {
	err := readBlock(r.of, block, func(x telemetry.Record) error {
		if x.At.Before(r.from) || !x.At.Before(r.to) || !x.Readable(r.now) {
			return nil
		}
		return f(x)
	})
	if errors.Is(err, errBlock) {
		r.t.disk.trouble("read telemetry", err)
		return nil
	}
	return err
}

// inOrder calls f for all records, in order of At.
func (r *reading) inOrder(f func(telemetry.Record) error) error {
	const none = -1
	var some []telemetry.Record
	second, former := int64(none), int64(none)
	err := r.blocks(func(at place, data []byte) error {
		if int64(at.hour) == former {
			return nil // all of that hour has been read
		}
		if at.second != second {
			if err := inOrder(some, f); err != nil {
				return err
			}
			some, second = some[:0], at.second
		}
		if at.second == noSecond {
			former = int64(at.hour)
			return r.formerHour(at.hour, f)
		}
		return r.records(data, func(x telemetry.Record) error { some = append(some, x); return nil })
	})
	if err != nil {
		return err
	}
	return inOrder(some, f)
}

// inOrder calls f for records, in order of At.
func inOrder(some []telemetry.Record, f func(telemetry.Record) error) error {
	slices.SortStableFunc(some, func(a, b telemetry.Record) int { return a.At.Compare(b.At) })
	for _, x := range some {
		if err := f(x); err != nil {
			return err
		}
	}
	return nil
}

// atOnce is about how many records of an hour are held in memory.
const atOnce = 50_000

// formerHour is inOrder for an hour in which there are blocks of former
// versions, which are in no order. It is read several times, if it is large.
func (r *reading) formerHour(hour uint32, f func(telemetry.Record) error) error {
	const minutes = perHour / 60
	begin := time.Unix(int64(hour)*perHour, 0)
	var counts [minutes]int
	one := r.within(begin, begin.Add(time.Hour))
	err := one.blocks(func(at place, data []byte) error {
		return one.records(data, func(x telemetry.Record) error {
			counts[max(min(int(x.At.Sub(begin)/time.Minute), minutes-1), 0)]++
			return nil
		})
	})
	for first := 0; first < minutes && err == nil; {
		n, last := counts[first], first+1
		for last < minutes && n+counts[last] <= atOnce {
			n += counts[last]
			last++
		}
		err = r.formerMinutes(begin.Add(time.Duration(first)*time.Minute), begin.Add(time.Duration(last)*time.Minute), n, f)
		first = last
	}
	return err
}

func (r *reading) formerMinutes(from, to time.Time, n int, f func(telemetry.Record) error) error {
	if n == 0 {
		return nil
	}
	some := make([]telemetry.Record, 0, n)
	w := r.within(from, to)
	err := w.blocks(func(_ place, data []byte) error {
		return w.records(data, func(x telemetry.Record) error { some = append(some, x); return nil })
	})
	if err != nil {
		return err
	}
	return inOrder(some, f)
}

// within returns a reading of a part of an hour. What lies outside the range of
// seconds is counted to its ends.
func (r *reading) within(from, to time.Time) *reading {
	w := *r
	if from.After(r.from) && from.Unix() > 0 {
		w.from = from
	}
	if to.Before(r.to) && to.Unix() <= maxSecond {
		w.to = to
	}
	return &w
}
