package stream_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/dynamo"
	"tacet/infra/dynamo/dynamotest"
	"tacet/infra/entry"
	"tacet/infra/local/stream"
)

// diary is the way of events from the store to the report: three days, written
// one after the other, and the stream of them.
type diary struct {
	t     *testing.T
	table string
	store *dynamo.Telemetry
	now   time.Time
	all   []telemetry.Event

	mu      sync.Mutex
	written map[string]time.Time // by when it happened, which no two share
}

// stampLayout is how the time is written that an event's sort key begins with.
const stampLayout = "2006-01-02T15:04:05.000000000Z"

var diaryApps = []app.ID{"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}

func newDiary(t *testing.T) *diary {
	d := &diary{t: t, table: local.Create(t)["telemetry"], now: time.Date(2026, 3, 12, 20, 0, 0, 0, time.UTC), written: map[string]time.Time{}}
	d.store = dynamo.NewTelemetry(dynamo.NewClient(dynamo.Options{Region: dynamotest.Region, Endpoint: local.Endpoint, Credentials: dynamotest.Credentials}), d.table)
	return d
}

// write writes events until the end of the third day, some of them late.
func (d *diary) write(random *rand.Rand) {
	for i := range 180 {
		d.now = d.now.Add(time.Duration(random.IntN(20)) * time.Minute)
		if random.IntN(3) > 0 { // many at a time
			d.now = d.now.Add(-time.Duration(random.IntN(20)) * time.Minute / 100)
		}
		e := d.event(random)
		e.At = d.now.Add(-time.Duration(i + 1))
		if i%17 == 5 {
			e.At = e.At.Add(-time.Duration(random.IntN(1000)) * time.Minute)
		}
		d.mu.Lock()
		d.written[e.At.Format(stampLayout)] = d.now.Truncate(time.Second)
		d.mu.Unlock()
		must(d.t, d.store.Record(d.t.Context(), telemetry.Record{Event: e, Expires: e.At.Add(400 * 24 * time.Hour)}, true))
		d.all = append(d.all, e)
	}
	// What is behind all others, and is no event.
	_, err := db().PutItem(d.t.Context(), &dynamodb.PutItemInput{TableName: &d.table, Item: map[string]types.AttributeValue{
		"pk": &types.AttributeValueMemberS{Value: "the end"}, "sk": &types.AttributeValueMemberS{Value: "."},
	}})
	must(d.t, err)
}

// event is one of any sort, with all that one of its sort may have.
func (d *diary) event(random *rand.Rand) telemetry.Event {
	e := telemetry.Event{Node: "n", App: diaryApps[random.IntN(2)], Subscribers: random.IntN(9)}
	var from privacy.Anonymised
	must(d.t, from.UnmarshalText(fmt.Appendf(nil, "truncate/1/203.0.%d.0/24", random.IntN(30))))
	switch random.IntN(5) {
	case 0:
		e.Topic, e.ClientIP, e.Country = telemetry.TopicConnect, from, []privacy.Country{"DE", "FR", ""}[random.IntN(3)]
	case 1:
		e.Topic, e.ClientIP = telemetry.TopicDisconnect, from
	case 2:
		e.Topic, e.ClientIP, e.Code, e.Subscribers = telemetry.TopicError, from, 4300+random.IntN(3), 0
	default:
		e.Topic, e.PublisherIP = []privacy.RecordedTopic{"a", "b", "c"}[random.IntN(3)], from
		e.Size, e.TookMicros = random.IntN(100), int64(1+random.IntN(1_000_000))
	}
	return e
}

// then is a function whose events were written when the diary says so, not when
// the test ran.
type then struct {
	*diary
	f stream.Function
}

func (f then) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	var e events.DynamoDBEvent
	if err := json.Unmarshal(event, &e); err != nil {
		return nil, err
	}
	for i := range e.Records {
		at, _, _ := strings.Cut(e.Records[i].Change.Keys["sk"].String(), "#")
		f.mu.Lock()
		if written, ok := f.written[at]; ok {
			e.Records[i].Change.ApproximateCreationDateTime = events.SecondsEpochTime{Time: written}
		}
		f.mu.Unlock()
	}
	event, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	return f.f.Invoke(ctx, event)
}

// untilTheEnd is a function that ends the test when it has dealt with all.
type untilTheEnd struct {
	f    stream.Function
	done func()
}

func (f untilTheEnd) Invoke(ctx context.Context, event []byte) ([]byte, error) {
	answer, err := f.f.Invoke(ctx, event)
	if err == nil && strings.Contains(string(event), `"the end"`) && string(answer) == `{"batchItemFailures":[]}` {
		f.done()
	}
	return answer, err
}

// broken is a store of which every so-manieth write fails, done or not.
type broken struct {
	*dynamo.Telemetry
	mu     sync.Mutex
	random *rand.Rand
	often  float64
}

var errStore = errors.New("the store failed")

func (b *broken) Keep(ctx context.Context, p telemetry.Part, r telemetry.Rollup, now time.Time) error {
	b.mu.Lock()
	fails, done := b.random.Float64() < b.often, b.random.IntN(2) == 0
	b.mu.Unlock()
	if fails && !done {
		return errStore
	}
	err := b.Telemetry.Keep(ctx, p, r, now)
	if fails {
		return errStore
	}
	return err
}

// What the report says is what was written, whatever becomes of the stream and
// of the function on the way.
func TestAReportSaysWhatWasWritten(t *testing.T) {
	for _, c := range []struct {
		name    string
		tricks  []trick
		often   float64
		mapping stream.Mapping
	}{
		{"on a quiet day", []trick{honest}, 0, stream.Mapping{BatchSize: 181, Window: time.Hour}},
		{
			"when everything happens twice, or not at all, or again",
			[]trick{honest, twice, lost, never, before, after},
			0,
			stream.Mapping{BatchSize: 7},
		},
		{
			"when the function fails halfway",
			[]trick{honest, lost},
			0.3,
			stream.Mapping{BatchSize: 40, BisectBatchOnFunctionError: true},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDiary(t)
			random := rand.New(rand.NewPCG(1, 2))
			d.write(random)
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
			defer cancel()
			rollup := entry.Rollup{
				Store: &broken{Telemetry: d.store, random: random, often: c.often}, Place: dynamo.PlaceOf,
				Now: func() time.Time { return d.now },
			}
			var err error
			c.mapping.Source, err = stream.Of(ctx, local.Endpoint, dynamotest.Region, credentials, d.table)
			must(t, err)
			c.mapping.ReportBatchItemFailures, c.mapping.Poll = true, time.Millisecond
			c.mapping.Backoff = func(int) time.Duration { return 0 }
			c.mapping.Trouble = func(err error) { t.Error(err) }
			tricks := &hostile{f: then{d, rollup}, next: func() trick { return c.tricks[random.IntN(len(c.tricks))] }}
			c.mapping.Function = untilTheEnd{tricks, cancel}
			must(t, c.mapping.Run(ctx))
			if errors.Is(ctx.Err(), context.DeadlineExceeded) {
				t.Fatal("it did not come to its end")
			}
			d.check()
		})
	}
}

func (d *diary) check() {
	d.t.Helper()
	for _, of := range diaryApps {
		d.checkDigest(of)
		got, err := telemetry.Aggregate(d.t.Context(), d.store, of, 5, 365*24*time.Hour, d.now)
		must(d.t, err)
		want := map[string]telemetry.Sums{}
		for _, e := range d.all {
			if e.App == of {
				s := want[e.At.Format(time.DateOnly)]
				s.Count(e)
				want[e.At.Format(time.DateOnly)] = s
			}
		}
		for _, day := range got.Days {
			if day.Sums != want[day.Date] {
				d.t.Errorf("%s: %s came to %+v, want %+v", of, day.Date, day.Sums, want[day.Date])
			}
		}
	}
	d.checkRollups()
}

// checkDigest holds all that reports are made of against the events.
func (d *diary) checkDigest(of app.ID) {
	d.t.Helper()
	var got, want telemetry.Rollup
	for _, e := range d.all {
		if e.App == of {
			want.Count(e)
		}
	}
	must(d.t, d.store.Sum(d.t.Context(), of, d.now.AddDate(0, 0, -9), d.now.AddDate(0, 0, 9), telemetry.Daily, d.now, func(_ time.Time, part *telemetry.Digest) error {
		got.Merge(part)
		return nil
	}))
	if !sameRollup(d.t, &got, &want) {
		d.t.Errorf("%s came to %+v, want %+v", of, got.Digest, want.Digest)
	}
}

// checkRollups holds what was rolled up, whole digests of it, against a run in
// which nothing went wrong.
func (d *diary) checkRollups() {
	d.t.Helper()
	kept := map[telemetry.Span]int{}
	for _, of := range diaryApps {
		for number := range 8 {
			p, clean := telemetry.Part{App: of, Number: number}, new(telemetrytest.Memory)
			must(d.t, telemetry.Roll(d.t.Context(), clean, p, d.copy(p, clean), d.now))
			for _, want := range clean.All(p) {
				got, err := d.store.Kept(d.t.Context(), p, want.Span, want.Start, want.Start.Add(time.Minute), d.now)
				must(d.t, err)
				if len(got) != 1 || !sameRollup(d.t, &got[0], &want) {
					d.t.Errorf("%v has %+v, want %+v", p, got, want)
				}
				kept[want.Span]++
			}
		}
	}
	rollups := map[string]int{}
	for _, i := range local.Scan(d.t, d.table) {
		if pk := i["pk"].(*types.AttributeValueMemberS).Value; strings.HasPrefix(pk, "r#") {
			rollups[i["sk"].(*types.AttributeValueMemberS).Value[:1]]++
		}
	}
	if want := map[string]int{"m": kept[telemetry.Minutely], "h": kept[telemetry.Hourly], "d": kept[telemetry.Daily]}; !maps.Equal(rollups, want) || want["m"] < 80 || want["h"] < 40 || want["d"] < 10 {
		d.t.Errorf("there are so many rollups: %v, want %v", rollups, want)
	}
}

// copy puts the events of a part into another store, and returns the news of
// them.
func (d *diary) copy(p telemetry.Part, to *telemetrytest.Memory) []telemetry.Written {
	d.t.Helper()
	var news []telemetry.Written
	must(d.t, d.store.Records(d.t.Context(), p, time.Time{}, d.now, d.now, func(r telemetry.Record) error {
		to.Write(p, r)
		news = append(news, telemetry.Written{At: r.At, Written: d.written[r.At.Format(stampLayout)]})
		return nil
	}))
	return news
}

func sameRollup(t *testing.T, a, b *telemetry.Rollup) bool {
	t.Helper()
	x, err := a.MarshalBinary()
	must(t, err)
	y, err := b.MarshalBinary()
	must(t, err)
	return a.Sums == b.Sums && bytes.Equal(x, y) && a.Whole.Equal(b.Whole) && a.Expires.Equal(b.Expires)
}
