package telemetry

import (
	"cmp"
	"context"
	"slices"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
)

// Groups of people are told so that nobody is singled out, however often and
// cleverly somebody asks. What is told of a day is decided once, out of the day
// alone: which groups are shown, each of enough clients, and what is together in
// one rest, of enough clients too. A day is told when it is over, when nothing is
// written any more that happened on it, and not any more when the first of its
// events may end. Every answer is a sum of such parts. So whoever subtracts
// answers has parts again, or sums of them.

// counts are what is told of a group.
type counts struct{ events, deliveries, bytes int64 }

func (c *counts) add(o counts, sign int64) {
	c.events += sign * o.events
	c.deliveries += sign * o.deliveries
	c.bytes += sign * o.bytes
}

// cell is a group on a day.
type cell struct {
	name string
	counts
	crowd Crowd
	// wide says that it reached so many at once that it is about no one of them.
	wide bool
}

// wide is how many times the least number of clients a message has to reach to
// be of no one's.
const wide = 4

// cells returns the groups of a day, and what all of it came to.
func (d *Digest) cells(by By, least int) (all []cell, total counts) {
	if by == PerCountry {
		for c, g := range d.Countries {
			all = append(all, cell{nameOf(c), counts{events: g.Events}, g.Crowd, false})
		}
		return all, counts{events: d.Connections}
	}
	for _, t := range d.Topics.Rows() {
		all = append(all, cell{string(t.Name), counts{t.Messages, t.Deliveries, t.Bytes}, t.Crowd, t.Reach >= int64(wide*least)})
	}
	return all, counts{d.Messages, d.Deliveries, d.Bytes}
}

// shown returns which groups of a day are told. The others, and what of total is
// in no group, are together in the rest.
func shown(all []cell, total counts, least int) []cell {
	if least <= 1 {
		return all
	}
	visible, hidden := part(all, least)
	rest := total.events
	for _, c := range visible {
		rest -= c.events
	}
	if rest == 0 {
		return visible
	}
	return join(visible, hidden, least)
}

// part divides groups into those that are of enough clients, and the crowd of
// the others.
func part(all []cell, least int) (visible []cell, hidden Crowd) {
	for _, c := range all {
		if len(c.crowd) >= least || c.wide {
			visible = append(visible, c)
		} else {
			hidden = hidden.With(c.crowd)
		}
	}
	return visible, hidden
}

// join takes groups away, the smallest first, until those that are not visible
// are of enough clients together.
func join(visible []cell, hidden Crowd, least int) []cell {
	slices.SortFunc(visible, func(a, b cell) int {
		return cmp.Or(cmp.Compare(a.events, b.events), cmp.Compare(a.name, b.name))
	})
	for len(visible) > 0 && len(hidden) < least {
		hidden = hidden.With(visible[0].crowd)
		visible = visible[1:]
	}
	return visible
}

// day is one in UTC of which groups are told.
type day struct {
	start time.Time
	Digest
}

// days returns those in [from, to) that are over and whole, in order. With the
// least of 1 today is among them.
func (r Reports) days(a *app.App, from, to, now time.Time) (all []day) {
	for start := Daily.next(from); ; start = start.Add(time.Duration(Daily)) {
		end := start.Add(time.Duration(Daily))
		switch {
		case end.After(to), r.minGroup() > 1 && end.Add(Settle).After(now), start.After(now):
			return all
		case now.Add(Settle).Before(a.WholeUntil(start)):
			all = append(all, day{start: start})
		}
	}
}

// read counts what happened on these days.
func (r Reports) read(ctx context.Context, of app.ID, all []day, by By, now time.Time) error {
	if len(all) == 0 {
		return nil
	}
	first, end := all[0].start, all[len(all)-1].start.Add(time.Duration(Daily))
	return r.Figures.Sum(ctx, of, first, end, Daily, now, func(at time.Time, d *Digest) error {
		i := int(at.Sub(first) / time.Duration(Daily))
		if at.Before(first) || i >= len(all) {
			return nil
		}
		all[i].Add(d.Sums)
		if by == PerTopic {
			all[i].Topics.Merge(&d.Topics)
			return nil
		}
		for c, g := range d.Countries {
			all[i].country(c, g)
		}
		return nil
	})
}

// tables returns for each day in [from, to) of which groups are told what is
// told. The plan must be the same before and after: when it has become shorter,
// events may go while they are read.
func (r Reports) tables(ctx context.Context, a *app.App, by By, from, to, now time.Time) ([]table, error) {
	days := r.days(a, from, to, now)
	if err := r.read(ctx, a.ID, days, by, now); err != nil {
		return nil, err
	}
	then, err := r.App(ctx, a.ID)
	if err != nil {
		return nil, err
	}
	if then.Plan != a.Plan || then.Former != a.Former {
		return nil, replanned()
	}
	all := make([]table, len(days))
	for i := range days {
		d := &days[i]
		cells, total := d.cells(by, r.minGroup())
		all[i] = newTable(d.start, shown(cells, total, r.minGroup()), total, d.Topics.Short)
	}
	return all, nil
}

// group answers a query for groups of people.
func (r Reports) group(ctx context.Context, a *app.App, q query, now time.Time, report *Report) error {
	all, err := r.tables(ctx, a, q.By, q.from, q.to, now)
	if err != nil || len(all) == 0 {
		return err
	}
	report.From, report.To = all[0].start, all[len(all)-1].end()
	for len(all) > 0 {
		end, n := q.Step.next(all[0].start), 1
		for n < len(all) && all[n].start.Before(end) {
			n++
		}
		p := Point{Start: all[0].start, End: all[n-1].end()}
		if sum := merged(all[:n]); q.By == PerTopic {
			p.Topics = sum.topics(q.Limit)
		} else {
			p.Countries = sum.countries(q.Limit)
		}
		report.Points = append(report.Points, p)
		all = all[n:]
	}
	return nil
}

func (r Reports) minGroup() int {
	switch {
	case r.MinGroup <= 0:
		return DefaultMinGroup
	case r.MinGroup > MaxCrowd:
		return MaxCrowd
	}
	return r.MinGroup
}

// replanned is said when a plan has changed while a report was made.
func replanned() error {
	return &fault.Error{Kind: fault.Unavailable, Text: "the application's plan has just changed: ask again in a few seconds"}
}
