package telemetry

import (
	"strconv"
	"time"

	"tacet/core/fault"
)

// By is what a report is divided by, besides time.
type By string

// What there is. Nothing gives a Summary for each step.
const (
	PerTopic   By = "topic"
	PerCountry By = "country"
	PerCode    By = "code"
)

// people reports whether the groups are of people: whether somebody could be
// singled out.
func (b By) people() bool { return b == PerTopic || b == PerCountry }

const (
	// MaxPoints is how many steps a report may have.
	MaxPoints = 1500
	// MaxRows is how many groups are shown for each.
	MaxRows = 100
	// DefaultRows is how many if nobody says.
	DefaultRows = 20
)

// Query is what a report is asked for. The zero value is the last seven days.
type Query struct {
	// From and To are instants (RFC 3339), or dates, which stand for the whole
	// day in Zone. To is not in the range if it is an instant. "" is the end of
	// today, and six days before the day of To.
	From, To string
	Step     Step // "" is a day, or, if people are grouped, the total
	By       By
	Zone     *time.Location // nil is UTC
	Limit    int            // how many groups are shown in a step; 0 is DefaultRows
}

// query is a Query that can be answered.
type query struct {
	Query
	from, to time.Time
}

func mistake(text string) error { return &fault.Error{Kind: fault.Invalid, Text: text} }

// check returns the query with what is not said filled in, or a fault that says
// what is wrong.
func (q Query) check(now time.Time) (query, error) {
	if q.Zone == nil {
		q.Zone = time.UTC
	}
	if q.Limit == 0 {
		q.Limit = DefaultRows
	}
	if q.Step == "" {
		q.Step = EachDay
		if q.By.people() {
			q.Step = InTotal
		}
	}
	switch q.Step {
	case EachMinute, EachHour, EachDay, EachMonth, InTotal:
	default:
		return query{}, mistake("step must be minute, hour, day, month or total")
	}
	switch q.By {
	case "", PerTopic, PerCountry, PerCode:
	default:
		return query{}, mistake("by must be topic, country or code; leave it out for figures of everything together")
	}
	if q.Limit < 1 || q.Limit > MaxRows {
		return query{}, mistake("limit must lie between 1 and " + strconv.Itoa(MaxRows))
	}
	x := query{Query: q}
	if err := x.span(now); err != nil {
		return query{}, err
	}
	if q.By.people() {
		return x, x.whole()
	}
	return x, nil
}

// whole returns nil if steps can be made of whole days in UTC.
func (q query) whole() error {
	if q.Step == EachMinute || q.Step == EachHour {
		return mistake("groups by " + string(q.By) + " are told for whole days, so that nobody is singled out: step must be day, month or total")
	}
	for _, t := range []time.Time{q.from, q.to} {
		if _, offset := t.Zone(); offset != 0 {
			return mistake("groups by " + string(q.By) + " are told for whole days in UTC, so that nobody is singled out: leave zone out")
		}
	}
	return nil
}

// span finds out from when to when.
func (q *query) span(now time.Time) (err error) {
	now = now.In(q.Zone)
	if q.to, err = q.instant("to", q.To, 1); err != nil {
		return err
	}
	if q.To == "" {
		q.to = EachDay.next(now)
	}
	if q.from, err = q.instant("from", q.From, 0); err != nil {
		return err
	}
	if q.From == "" {
		last := q.to.Add(-1)
		q.from = midnight(last.Year(), last.Month(), last.Day()-6, q.Zone)
	}
	switch {
	case !q.from.Before(q.to):
		return mistake("from must lie before to")
	case q.from.After(now):
		return mistake("from lies in the future, where nothing has happened yet")
	case q.from.Before(now.AddDate(0, 0, -1-MaxDays)):
		return mistake("from lies more than " + strconv.Itoa(MaxDays) + " days back, and nothing is kept for longer: choose a later day")
	}
	return nil
}

// instant reads a time: of a date it is when that begins, so many days later.
func (q *query) instant(name, text string, later int) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if t, err := time.Parse(time.DateOnly, text); err == nil {
		return midnight(t.Year(), t.Month(), t.Day()+later, q.Zone), nil
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, mistake(name + " must be a date, as in 2026-03-31, or an instant, as in 2026-03-31T08:00:00Z")
	}
	return t.In(q.Zone), nil
}

// steps returns when the steps begin, and when the last one ends, for what
// happened since and up to now: it is nothing if that is all gone.
func (q *query) steps(since, now time.Time) ([]time.Time, error) {
	from, to := q.from, q.to
	if since = since.In(q.Zone); since.After(from) {
		from = since
	}
	if end := q.Step.next(now.In(q.Zone)); end.Before(to) {
		to = end
	}
	if !from.Before(to) {
		return nil, nil
	}
	all := []time.Time{from}
	for t := q.Step.next(from); t.Before(to); t = q.Step.next(t) {
		if all = append(all, t); len(all) > MaxPoints {
			return nil, mistake("that would be more than " + strconv.Itoa(MaxPoints) + " points, one for each " + string(q.Step) + ": choose a longer step or a shorter range")
		}
	}
	return append(all, to), nil
}
