package telemetry

import (
	"context"
	"time"
)

// SumPart is Figures.Sum for one part of an application, of a store that keeps
// rollups. It reads days, hours at their ends, minutes at the ends of these,
// and events behind the last rollup; and whatever is no longer readable as a
// whole it reads in smaller pieces, down to single events. So what it counts
// is never more than what is readable.
// most is the longest span that a piece may be of.
func SumPart(ctx context.Context, store Rollups, p Part, from, to time.Time, most Span, now time.Time, add func(at time.Time, d *Digest) error) error {
	closed, err := store.Closed(ctx, p)
	if err != nil {
		return err
	}
	w := &walk{ctx, store, p, most, now, closed, add}
	if !from.Before(closed) {
		return w.sum(0, from, to)
	}
	if to.Before(closed) {
		closed = to
	}
	if err := w.sum(most, from, closed); err != nil {
		return err
	}
	return w.sum(0, closed, to)
}

// walk is one call of SumPart.
type walk struct {
	ctx    context.Context
	store  Rollups
	part   Part
	most   Span
	now    time.Time
	closed time.Time
	add    func(time.Time, *Digest) error
}

// sum adds what happened in [from, to), in pieces of that span at most.
func (w *walk) sum(s Span, from, to time.Time) error {
	switch {
	case !from.Before(to):
		return nil
	case s == 0:
		return w.events(from, to)
	}
	first, last := s.next(from), s.Start(to)
	if end := w.end(s); end.Before(last) {
		last = end
	}
	if !first.Before(last) {
		return w.sum(s.finer(), from, to)
	}
	if err := w.sum(s.finer(), from, first); err != nil {
		return err
	}
	if err := w.kept(s, first, last); err != nil {
		return err
	}
	return w.sum(s.finer(), last, to)
}

// end returns until when there are rollups of a span. An hour or a day is there
// when a minute after it is.
func (w *walk) end(s Span) time.Time {
	if s == Minutely {
		return w.closed
	}
	return s.Start(w.closed.Add(-1))
}

// atOnce is how many rollups are in memory at a time. Each may have MaxTopics
// topics, and a store may read its parts at the same time.
const atOnce = 128

func (w *walk) kept(s Span, from, to time.Time) error {
	for from.Before(to) {
		end := from.Add(atOnce * time.Duration(s))
		if to.Before(end) {
			end = to
		}
		all, err := w.store.Kept(w.ctx, w.part, s, from, end, w.now)
		if err != nil {
			return err
		}
		for i := range all {
			if err := w.rollup(&all[i]); err != nil {
				return err
			}
		}
		from = end
	}
	return nil
}

// rollup adds a rollup, or what it was made of if that is not all readable.
func (w *walk) rollup(r *Rollup) error {
	if w.now.Before(r.Whole) {
		return w.add(r.Start, &r.Digest)
	}
	return w.sum(r.Span.finer(), r.Start, r.end())
}

// events adds single events, those of one span together: to add a digest costs
// more than to count an event.
func (w *walk) events(from, to time.Time) error {
	var at time.Time
	var d Digest
	flush := func() error {
		if d.Events() == 0 {
			return nil
		}
		return w.add(at, &d)
	}
	err := w.store.Records(w.ctx, w.part, from, to, w.now, func(e Record) error {
		if !w.most.Start(e.At).Equal(w.most.Start(at)) {
			if err := flush(); err != nil {
				return err
			}
			d = Digest{}
		}
		if d.Events() == 0 {
			at = e.At
		}
		d.Count(e.Event)
		return nil
	})
	if err != nil {
		return err
	}
	return flush()
}
