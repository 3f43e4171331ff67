package entry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"time"

	"tacet/core/pubsub"
	"tacet/infra/logging"
)

// Expire is the function that warns and ends connections whose tokens expire.
// A schedule invokes it at the beginning of each minute, and it looks after
// that minute. It keeps nothing: what the last one did is told by the time in
// the event.
//
// When nothing is due it costs one look into the index. Else it waits from one
// deadline to the next, and ends with the last. Connections that come during
// the minute, with tokens that live no longer, are seen to in the next one, and
// are not warned. To run twice for a minute does no harm: somebody may be
// warned twice.
type Expire struct {
	Service *pubsub.Service
	// Destroy, if not nil, is called once an hour, to destroy the secrets of
	// days that are over.
	Destroy func(context.Context) error
	Log     *slog.Logger // made by package logging; nil logs nothing
	// Wait waits, or returns the context's error. Nil is a timer.
	Wait func(context.Context, time.Duration) error
}

var (
	errNotSchedule = errors.New("entry: not the event of a schedule")
	errNotExpired  = errors.New("entry: the ends of tokens could not be seen to")
)

const (
	turn = time.Minute // how often it is invoked
	// pace is the least time between two passes. The turn is a multiple of it,
	// so that no pass reaches into the next minute, which would warn again.
	pace = time.Second
)

// scheduled is what is read of an event. See
// https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html.
type scheduled struct {
	Time time.Time `json:"time"`
}

// Invoke looks after the minute of an event in JSON. The error says nothing,
// because Lambda writes it into a log.
func (f Expire) Invoke(ctx context.Context, event []byte) (_ []byte, err error) {
	var e scheduled
	if json.Unmarshal(event, &e) != nil || e.Time.IsZero() {
		return nil, errNotSchedule
	}
	log := loggerOr(f.Log)
	defer recovered(ctx, log, "schedule", func() { err = errNotExpired })
	from := e.Time.UTC().Truncate(turn)
	// Lambda tries again what failed, for hours.
	if f.Service.Now().Sub(from) >= 2*turn {
		log.LogAttrs(ctx, slog.LevelInfo, "expire", slog.String("skipped", "its minute is over"))
		return nil, nil
	}
	failure := f.destroy(ctx, from)
	passes, missed := f.minute(ctx, from)
	failure = errors.Join(failure, missed)
	level, attrs := slog.LevelDebug, []slog.Attr(nil)
	if failure != nil {
		level, attrs = logging.Failure(failure)
		err = errNotExpired
	}
	log.LogAttrs(ctx, level, "expire", append(attrs, slog.Int("passes", passes))...)
	return nil, err
}

// destroy comes first: a minute in which many tokens end may take all the time
// that there is. Not in the minute in which a day's grace ends, because of which
// clocks may not be of one mind.
func (f Expire) destroy(ctx context.Context, from time.Time) error {
	if f.Destroy == nil || from.Minute() != 1 {
		return nil
	}
	return f.Destroy(ctx)
}

// minute looks after the minute that begins at from, and returns how many
// passes that took.
func (f Expire) minute(ctx context.Context, from time.Time) (passes int, err error) {
	var moments []time.Time
	var missed bool
	end := from.Add(turn)
	err = f.insist(ctx, end, func() (err error) { moments, missed, err = f.moments(ctx, from); return err })
	if err != nil {
		return 0, err
	}
	var behind error
	if missed {
		behind = f.Service.EndMissed(ctx, from)
	}
	done := from
	for _, m := range moments {
		if passes > 0 && !m.After(done) {
			continue // the last pass was late, and saw to it
		}
		if err := f.until(ctx, m); err != nil {
			return passes, err
		}
		err := f.insist(ctx, end, func() (err error) { done, err = f.Service.EndExpired(ctx, done); return err })
		if err != nil {
			return passes, err
		}
		passes++
	}
	return passes, behind
}

// insist does something, and again when it fails, as long as the minute lasts:
// this is not given up for one moment of a table's.
func (f Expire) insist(ctx context.Context, end time.Time, do func() error) error {
	for {
		err := do()
		again := f.Service.Now().Add(pace)
		if err == nil || !again.Before(end) || f.until(ctx, again) != nil {
			return err
		}
	}
}

// until waits for a time, or returns the context's error.
func (f Expire) until(ctx context.Context, t time.Time) error {
	d := t.Sub(f.Service.Now())
	switch {
	case d <= 0:
		return nil
	case f.Wait != nil:
		return f.Wait(ctx, d)
	}
	return sleep(ctx, d)
}

// moments returns when there is something to do in the minute that begins at
// from, in order and each once: when connections are to be warned, and when
// they end. What should have ended before is done at once. It reports whether
// some were missed for long.
func (f Expire) moments(ctx context.Context, from time.Time) (moments []time.Time, missed bool, err error) {
	until := from.Add(turn)
	due, err := f.Service.Connections.Due(ctx, from.Add(-pubsub.Missed), until.Add(pubsub.Warning))
	if err != nil {
		return nil, false, err
	}
	for _, c := range due {
		if warn := c.Deadline.Add(-pubsub.Warning); warn.After(from) { // else that was the last minute's
			moments = append(moments, roundUp(warn))
		}
		switch end := c.Deadline; {
		case !end.After(from.Add(-pubsub.Overdue)):
			missed = true
		case end.Before(from):
			moments = append(moments, from)
		case !end.After(until):
			moments = append(moments, roundUp(end))
		}
	}
	slices.SortFunc(moments, time.Time.Compare)
	return slices.CompactFunc(moments, time.Time.Equal), missed, nil
}

// roundUp moves t to the next time of the pace.
func roundUp(t time.Time) time.Time { return t.Add(pace - 1).Truncate(pace) }
