package entry

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"tacet/core/telemetry"
	"tacet/infra/logging"
)

// Rollup is the function that sums events up. It reads the stream of the table
// in which they lie, of which it needs no more than the keys. Its event source
// mapping must expect reports of batch item failures.
type Rollup struct {
	Store telemetry.Rollups
	// Place returns the part of the event whose item has these keys, which are
	// strings, and when it happened; it reports whether they are an event's.
	Place func(keys map[string]string) (telemetry.Part, time.Time, bool)
	// Note is told of each part of which there are news, before these are rolled
	// up. Nil means that nobody wants to know.
	Note func(ctx context.Context, p telemetry.Part, now time.Time) error
	Now  func() time.Time
	Log  *slog.Logger // made by package logging; nil logs nothing
}

const (
	// partsAtOnce is how many parts are rolled up at a time.
	partsAtOnce = 16
	// toAnswer is what is left of an invocation's time for its answer, when
	// there is more to do than there is time for.
	toAnswer = time.Second
)

var errNoStream = errors.New("entry: no event of a DynamoDB stream")

// streamEvent is what is read of a batch of a stream's records. See
// https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html.
type streamEvent struct {
	Records []struct {
		EventName string `json:"eventName"`
		Change    struct {
			// In seconds, rounded down.
			ApproximateCreationDateTime float64
			Keys                        map[string]struct{ S string }
			SequenceNumber              string
		} `json:"dynamodb"`
	}
}

// streamAnswer says which record could not be dealt with: it and all behind it
// are sent again. See
// https://docs.aws.amazon.com/lambda/latest/dg/services-ddb-batchfailurereporting.html.
type streamAnswer struct {
	Failures []itemFailure `json:"batchItemFailures"`
}

type itemFailure struct {
	Record string `json:"itemIdentifier"`
}

// pile is what a batch says of one part.
type pile struct {
	part  telemetry.Part
	first string // its first record
	news  []telemetry.Written
	err   error
}

// Invoke answers an event in JSON. An error means that it was none, and all of
// it is sent again.
func (f Rollup) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	var e streamEvent
	if json.Unmarshal(event, &e) != nil || e.Records == nil { // the error may quote an item
		return nil, errNoStream
	}
	piles := f.sort(e)
	if end, ok := ctx.Deadline(); ok {
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadline(ctx, end.Add(-toAnswer))
		defer cancel()
	}
	f.rollAll(ctx, piles)

	answer := streamAnswer{[]itemFailure{}}
	failed, level, why := 0, slog.LevelInfo, []slog.Attr(nil)
	for _, p := range piles {
		if p.err == nil {
			continue
		}
		if failed++; failed == 1 { // piles are in the order of their first records
			answer.Failures = append(answer.Failures, itemFailure{p.first})
			level, why = logging.Failure(p.err)
			why = append(why, slog.String("app", string(p.part.App)))
		}
	}
	loggerOr(f.Log).LogAttrs(ctx, level, "rollup",
		append(why, slog.Int("records", len(e.Records)), slog.Int("parts", len(piles)), slog.Int("failed", failed))...)
	return json.Marshal(answer)
}

// sort puts the news of each part together. What was deleted, and what is no
// event, is left out.
func (f Rollup) sort(e streamEvent) []*pile {
	var piles []*pile
	of := map[telemetry.Part]*pile{}
	for _, r := range e.Records {
		if r.EventName == "REMOVE" {
			continue
		}
		keys := make(map[string]string, len(r.Change.Keys))
		for name, v := range r.Change.Keys {
			keys[name] = v.S
		}
		part, at, ok := f.Place(keys)
		if !ok {
			continue
		}
		p := of[part]
		if p == nil {
			p = &pile{part: part, first: r.Change.SequenceNumber}
			of[part], piles = p, append(piles, p)
		}
		written := time.Unix(int64(r.Change.ApproximateCreationDateTime), 0)
		p.news = append(p.news, telemetry.Written{At: at, Written: written})
	}
	return piles
}

func (f Rollup) rollAll(ctx context.Context, piles []*pile) {
	next := make(chan *pile)
	var all sync.WaitGroup
	for range min(partsAtOnce, len(piles)) {
		all.Go(func() {
			for p := range next {
				p.err = f.roll(ctx, p)
			}
		})
	}
	for _, p := range piles {
		next <- p
	}
	close(next)
	all.Wait()
}

// roll rolls a part up. What panics fails.
func (f Rollup) roll(ctx context.Context, p *pile) (err error) {
	defer recovered(ctx, f.Log, "stream", func() { err = errInternal })
	if f.Note != nil {
		if err := f.Note(ctx, p.part, f.Now()); err != nil {
			return err
		}
	}
	return telemetry.Roll(ctx, f.Store, p.part, p.news, f.Now())
}
