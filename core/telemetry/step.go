package telemetry

import "time"

// Step is how long the parts of a report are, in the zone that it is made for.
type Step string

// The steps.
const (
	EachMinute Step = "minute"
	EachHour   Step = "hour"
	EachDay    Step = "day"
	EachMonth  Step = "month"
	InTotal    Step = "total"
)

// next returns when the step ends in which t lies. t is in the zone.
//
// A day is from midnight to midnight, so it has 23 or 25 hours where clocks are
// changed. A minute or an hour is one on the clock on the wall as well: where
// clocks are changed by half an hour there are two halves.
func (s Step) next(t time.Time) time.Time {
	switch s {
	case EachMinute:
		return tick(t, time.Minute)
	case EachHour:
		return tick(t, time.Hour)
	case EachDay:
		return midnight(t.Year(), t.Month(), t.Day()+1, t.Location())
	case EachMonth:
		return midnight(t.Year(), t.Month()+1, 1, t.Location())
	}
	return time.Unix(1<<40, 0) // never
}

// tick returns when the clock on the wall, or its change, has the next full
// minute or hour.
func tick(t time.Time, d time.Duration) time.Time {
	_, offset := t.Zone()
	wall := time.Duration(offset) * time.Second
	next := t.Add(wall).UTC().Truncate(d).Add(d - wall).In(t.Location())
	if _, change := t.ZoneBounds(); !change.IsZero() && change.Before(next) {
		return change
	}
	return next
}

// midnight returns when a day begins: at 0:00, the first of two, or, where
// clocks are changed from 0:00 to 1:00, at 1:00. The day may be out of range, as
// for time.Date.
func midnight(y int, m time.Month, d int, in *time.Location) time.Time {
	t := time.Date(y, m, d, 0, 0, 0, 0, in)
	began, change := t.ZoneBounds()
	switch {
	case t.Hour() != 0 && t.Hour() < 12: // 1:00, in the zone of after the change
		return began
	case t.Hour() != 0: // 23:00 of the day before, in that of before it
		return change
	case began.IsZero():
		return t
	}
	// Where clocks were put back to 0:00, or past it, it was 0:00 before.
	_, now := t.Zone()
	_, before := began.Add(-1).Zone()
	if first := t.Add(time.Duration(now-before) * time.Second); first.Before(began) {
		return first
	}
	return t
}

// aligned returns the longest span of which one begins at each of these times.
// Zero is none: single events.
func aligned(all []time.Time) Span {
	for _, s := range [...]Span{Daily, Hourly, Minutely} {
		fits := true
		for _, t := range all {
			fits = fits && s.Start(t).Equal(t)
		}
		if fits {
			return s
		}
	}
	return 0
}
