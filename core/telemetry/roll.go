package telemetry

import (
	"context"
	"slices"
	"time"
)

const (
	// Settle is how long after it happened an event may be written and still be
	// an ordinary one. Whoever records events has answered long before.
	Settle = 2 * time.Minute
	// skew is what clocks may differ by, that of an event's writer and that
	// which says when it was written.
	skew = 30 * time.Second
)

// Written is what is known of an event that was written: when it happened, and
// when that was.
type Written struct{ At, Written time.Time }

// late reports whether its minute may have been closed without it.
func (w Written) late() bool {
	return !Minutely.next(w.At.Add(1)).After(w.Written.Add(skew - Settle))
}

// Roll brings the rollups of a part up to date after events were written to it.
// See the package comment for how. It may be called with any events of the
// part, in any order, again and again, and may stop anywhere, with a write on
// its way that arrives when others have long gone on. When it fails, what it
// did stays done, and the next call goes on from there. Several calls at a time
// for one part are harmless too, but for events that are late.
func Roll(ctx context.Context, store Rollups, p Part, news []Written, now time.Time) error {
	closed, err := store.Closed(ctx, p)
	if err != nil {
		return err
	}
	r := &roller{ctx, store, p, now, closed}
	var until time.Time
	var late []time.Time
	for _, w := range news {
		if settled := Minutely.Start(w.Written.Add(-Settle)); settled.After(until) {
			until = settled
		}
		if w.late() && w.At.Before(closed) {
			late = append(late, Minutely.Start(w.At))
		}
	}
	slices.SortFunc(late, time.Time.Compare)
	for _, minute := range slices.CompactFunc(late, time.Time.Equal) {
		if err := r.mend(minute); err != nil {
			return err
		}
	}
	return r.advance(until)
}

// roller is one call of Roll.
type roller struct {
	ctx    context.Context
	store  Rollups
	part   Part
	now    time.Time
	closed time.Time // minutes before have their rollups
}

// advance keeps the minutes from where they end until then, one by one in
// order: wherever it stops, the next one goes on from there.
func (r *roller) advance(until time.Time) error {
	if !r.closed.Before(until) {
		return nil
	}
	var open Rollup
	err := r.store.Records(r.ctx, r.part, r.closed, until, r.now, func(e Record) error {
		if minute := Minutely.Start(e.At); !minute.Equal(open.Start) {
			if err := r.append(open); err != nil {
				return err
			}
			open = Rollup{Span: Minutely, Start: minute}
		}
		open.count(e)
		return nil
	})
	if err != nil {
		return err
	}
	return r.append(open)
}

// append keeps a minute that is later than all others. Hours and days that it
// leaves behind are kept before: so where there is a minute, all hours and days
// that ended before it are there.
func (r *roller) append(minute Rollup) error {
	if minute.Events() == 0 {
		return nil
	}
	if err := r.over(r.closed.Add(-1), minute.Start, r.keep); err != nil {
		return err
	}
	if err := r.store.Keep(r.ctx, r.part, minute, r.now); err != nil {
		return err
	}
	r.closed = minute.end()
	return nil
}

// over keeps, by keep, the hour and the day in which t lies, if they are over at
// last.
func (r *roller) over(t, last time.Time, keep func(Rollup) error) error {
	if r.closed.IsZero() {
		return nil
	}
	for _, span := range []Span{Hourly, Daily} {
		start := span.Start(t)
		if !start.Before(span.Start(last)) {
			return nil
		}
		parts, err := r.store.Kept(r.ctx, r.part, span.finer(), start, start.Add(time.Duration(span)), r.now)
		if err != nil {
			return err
		}
		sum := Rollup{Span: span, Start: start}
		for i := range parts {
			sum.merge(&parts[i])
		}
		if err := keep(sum); err != nil {
			return err
		}
	}
	return nil
}

func (r *roller) keep(x Rollup) error {
	if x.Events() == 0 {
		return nil
	}
	return r.store.Keep(r.ctx, r.part, x, r.now)
}

// mend counts a minute again that was closed before all of it was written, and
// what it is a part of. These are counted even if the minute did not change:
// whoever changed it may not have come so far.
func (r *roller) mend(minute time.Time) error {
	sum := Rollup{Span: Minutely, Start: minute}
	err := r.store.Records(r.ctx, r.part, minute, sum.end(), r.now, func(e Record) error {
		sum.count(e)
		return nil
	})
	if err != nil {
		return err
	}
	if err := r.replace(sum); err != nil {
		return err
	}
	return r.over(minute, r.closed.Add(-1), r.replace)
}

// replace keeps x, which was counted again, for as long as what is there. That
// may end later although it knows less: a plan has stamped it anew, by when its
// time has ended and not the last of its events. Nothing is read of x for it that
// has ended: that x is whole no longer than its events are readable stays so.
func (r *roller) replace(x Rollup) error {
	there, err := r.store.Kept(r.ctx, r.part, x.Span, x.Start, x.end(), r.now)
	if err != nil {
		return err
	}
	for _, old := range there {
		if x.Expires.Before(old.Expires) {
			x.Expires = old.Expires
		}
	}
	return r.keep(x)
}
