package telemetrytest

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"tacet/core/privacy"
	"tacet/core/telemetry"
)

// Open returns an empty store for one test, and what writes an event to a part.
type Open func(t *testing.T) (telemetry.Rollups, func(telemetry.Part, telemetry.Record))

// The parts of tests: two of one application, and one of another.
var (
	one   = telemetry.Part{App: "11111111111111111111111111111111", Number: 1}
	two   = telemetry.Part{App: one.App, Number: 2}
	other = telemetry.Part{App: "22222222222222222222222222222222", Number: 1}
)

// begin is a midnight.
var begin = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// TestRollups holds a store against the contract of telemetry.Rollups.
func TestRollups(t *testing.T, open Open) {
	for _, c := range []struct {
		name string
		test func(*shelf)
	}{
		{"records come in order, of their part and time alone", (*shelf).records},
		{"the last minute says until when all are closed", (*shelf).closed},
		{"a rollup is read as it was written", (*shelf).attributes},
		{"rollups come in order, of their span and time alone", (*shelf).kept},
		{"of two rollups the one that ends later, or counts more, is kept", (*shelf).better},
		{"an expired rollup is not read, and gives way", (*shelf).expired},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := &shelf{t: t}
			s.store, s.write = open(t)
			c.test(s)
		})
	}
}

// shelf is one test of the suite.
type shelf struct {
	t     *testing.T
	store telemetry.Rollups
	write func(telemetry.Part, telemetry.Record)
}

func (s *shelf) must(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// of returns a rollup of so many messages that lives for a day.
func of(span telemetry.Span, start time.Time, messages int64) telemetry.Rollup {
	return telemetry.Rollup{
		Span: span, Start: start, Digest: telemetry.Digest{Sums: telemetry.Sums{Messages: messages, Bytes: 10 * messages}},
		Whole: start.Add(day), Expires: start.Add(day + time.Hour),
	}
}

func (s *shelf) keep(p telemetry.Part, all ...telemetry.Rollup) {
	s.t.Helper()
	for _, r := range all {
		s.must(s.store.Keep(s.t.Context(), p, r, begin))
	}
}

func (s *shelf) read(p telemetry.Part, span telemetry.Span, from, to, now time.Time) []telemetry.Rollup {
	s.t.Helper()
	all, err := s.store.Kept(s.t.Context(), p, span, from, to, now)
	s.must(err)
	return all
}

func (s *shelf) wantKept(p telemetry.Part, span telemetry.Span, from, to, now time.Time, want ...telemetry.Rollup) {
	s.t.Helper()
	got := s.read(p, span, from, to, now)
	same := slices.EqualFunc(got, want, func(a, b telemetry.Rollup) bool {
		return a.Span == b.Span && a.Start.Equal(b.Start) && s.sameDigest(&a.Digest, &b.Digest) && a.Whole.Equal(b.Whole) && a.Expires.Equal(b.Expires)
	})
	if !same {
		s.t.Errorf("in [%v, %v) there are\n%+v\nwant\n%+v", from, to, got, want)
	}
}

// sameDigest reports whether two digests are of the same events, as far as they
// can tell.
func (s *shelf) sameDigest(a, b *telemetry.Digest) bool {
	s.t.Helper()
	x, err := a.MarshalBinary()
	s.must(err)
	y, err := b.MarshalBinary()
	s.must(err)
	return a.Sums == b.Sums && bytes.Equal(x, y)
}

// everything is a digest in which there is something of all that one can hold.
func everything(t *testing.T) (d telemetry.Digest) {
	t.Helper()
	for i := range 40 {
		e := telemetry.Event{Node: "n", App: one.App, At: begin.Add(7*time.Hour + time.Duration(i)*time.Second), Subscribers: i}
		from := anonymised(t, fmt.Sprintf("truncate/1/203.0.%d.0/24", i))
		switch i % 4 {
		case 0:
			e.Topic, e.ClientIP, e.Country = telemetry.TopicConnect, from, []privacy.Country{"DE", "FR", ""}[i%3]
		case 1:
			e.Topic = telemetry.TopicDisconnect
		case 2:
			e.Topic, e.Code = telemetry.TopicError, 40000+i
		default:
			e.Topic, e.PublisherIP, e.Size, e.TookMicros = privacy.RecordedTopic(fmt.Sprint("a", i%3)), from, i, int64(i)<<10
		}
		d.Count(e)
	}
	return d
}

func anonymised(t *testing.T, text string) (a privacy.Anonymised) {
	t.Helper()
	if err := a.UnmarshalText([]byte(text)); err != nil {
		t.Fatal(err)
	}
	return a
}

func (s *shelf) records() {
	names := []privacy.RecordedTopic{"c", "a", "e", "b", "d"}
	at := map[privacy.RecordedTopic]time.Duration{"a": 0, "b": 1, "c": time.Minute - 1, "d": time.Minute, "e": day}
	for _, name := range names {
		e := telemetry.Event{Node: "n", App: one.App, Topic: name, At: begin.Add(at[name])}
		s.write(one, telemetry.Record{Event: e, Expires: begin.Add(2 * day)})
	}
	ended := telemetry.Event{Node: "n", App: one.App, Topic: "ended", At: begin}
	s.write(one, telemetry.Record{Event: ended, Expires: begin.Add(time.Second)})
	s.write(two, telemetry.Record{Event: ended, Expires: begin.Add(day)})
	ended.App = other.App
	s.write(other, telemetry.Record{Event: ended, Expires: begin.Add(day)})
	read := func(from, to time.Time) (found []privacy.RecordedTopic) {
		s.must(s.store.Records(s.t.Context(), one, from, to, begin.Add(time.Second), func(r telemetry.Record) error {
			if !r.Expires.Equal(begin.Add(2*day)) || r.App != one.App || !r.At.Equal(begin.Add(at[r.Topic])) {
				s.t.Errorf("got %+v", r)
			}
			found = append(found, r.Topic)
			return nil
		}))
		return found
	}
	if got := read(begin.Add(-day), begin.Add(2*day)); !slices.Equal(got, []privacy.RecordedTopic{"a", "b", "c", "d", "e"}) {
		s.t.Errorf("all are %v", got)
	}
	if got := read(begin.Add(1), begin.Add(time.Minute)); !slices.Equal(got, []privacy.RecordedTopic{"b", "c"}) {
		s.t.Errorf("those in between are %v", got)
	}
}

func (s *shelf) closed() {
	want := func(p telemetry.Part, want time.Time) {
		s.t.Helper()
		got, err := s.store.Closed(s.t.Context(), p)
		s.must(err)
		if !got.Equal(want) {
			s.t.Errorf("closed until %v, want %v", got, want)
		}
	}
	want(one, time.Time{})
	s.keep(two, of(telemetry.Minutely, begin.Add(day), 1))
	s.keep(other, of(telemetry.Minutely, begin.Add(day), 1))
	s.keep(one, of(telemetry.Daily, begin, 1), of(telemetry.Hourly, begin.Add(5*time.Hour), 1))
	want(one, time.Time{})
	s.keep(one, of(telemetry.Minutely, begin.Add(time.Hour), 1))
	want(one, begin.Add(time.Hour+time.Minute))
	s.keep(one, of(telemetry.Minutely, begin, 1))
	want(one, begin.Add(time.Hour+time.Minute))
	s.keep(one, of(telemetry.Minutely, begin.Add(23*time.Hour), 1))
	want(one, begin.Add(23*time.Hour+time.Minute))
}

func (s *shelf) attributes() {
	full := telemetry.Rollup{
		Span: telemetry.Hourly, Start: begin.Add(7 * time.Hour),
		Digest: telemetry.Digest{Sums: telemetry.Sums{Messages: 1, Deliveries: 1 << 40, Bytes: 3, DeliveredBytes: 1 << 50, Connections: 5, Disconnections: 6, Errors: 7}},
		Whole:  begin.Add(day), Expires: begin.Add(366 * day),
	}
	quiet := telemetry.Rollup{
		Span: telemetry.Hourly, Start: begin.Add(8 * time.Hour), Digest: telemetry.Digest{Sums: telemetry.Sums{Connections: 1}},
		Whole: begin.Add(day), Expires: begin.Add(day),
	}
	whole := telemetry.Rollup{Span: telemetry.Hourly, Start: begin.Add(9 * time.Hour), Digest: everything(s.t), Whole: begin.Add(day), Expires: begin.Add(day)}
	s.keep(one, full, quiet, whole)
	s.wantKept(one, telemetry.Hourly, begin, begin.Add(day), begin, full, quiet, whole)
}

func (s *shelf) kept() {
	minutes := []telemetry.Rollup{
		of(telemetry.Minutely, begin, 1), of(telemetry.Minutely, begin.Add(time.Minute), 2), of(telemetry.Minutely, begin.Add(9*time.Hour), 3),
	}
	hour, today := of(telemetry.Hourly, begin, 4), of(telemetry.Daily, begin, 5)
	s.keep(one, minutes[2], today, minutes[0], hour, minutes[1])
	s.keep(two, of(telemetry.Minutely, begin, 7))
	s.keep(other, of(telemetry.Minutely, begin, 8))
	s.wantKept(one, telemetry.Minutely, begin, begin.Add(day), begin, minutes...)
	s.wantKept(one, telemetry.Minutely, begin.Add(time.Minute), begin.Add(9*time.Hour), begin, minutes[1])
	s.wantKept(one, telemetry.Minutely, begin.Add(1), begin.Add(9*time.Hour+1), begin, minutes[1:]...)
	s.wantKept(one, telemetry.Minutely, begin.Add(time.Minute), begin.Add(time.Minute), begin)
	s.wantKept(one, telemetry.Minutely, begin.Add(time.Hour), begin, begin)
	s.wantKept(one, telemetry.Hourly, begin, begin.Add(time.Hour), begin, hour)
	s.wantKept(one, telemetry.Daily, begin.Add(-9*day), begin.Add(9*day), begin, today)
	s.wantKept(telemetry.Part{App: one.App, Number: 3}, telemetry.Daily, begin.Add(-9*day), begin.Add(9*day), begin)
}

func (s *shelf) better() {
	for _, c := range []struct{ messages, want int64 }{{5, 5}, {5, 5}, {4, 5}, {6, 6}, {5, 6}, {1, 6}} {
		s.keep(one, of(telemetry.Hourly, begin, c.messages))
		s.wantKept(one, telemetry.Hourly, begin, begin.Add(day), begin, of(telemetry.Hourly, begin, c.want))
	}
	// What counts is the number of events, of whatever sort.
	mixed := of(telemetry.Hourly, begin, 3)
	mixed.Connections, mixed.Disconnections = 2, 2
	s.keep(one, mixed)
	s.wantKept(one, telemetry.Hourly, begin, begin.Add(day), begin, mixed)
	// And that it ends later: a late event was counted when others had ended.
	later := of(telemetry.Hourly, begin, 2)
	later.Expires = mixed.Expires.Add(time.Minute)
	s.keep(one, later)
	s.wantKept(one, telemetry.Hourly, begin, begin.Add(day), begin, later)
	s.keep(one, mixed) // by somebody slow
	s.wantKept(one, telemetry.Hourly, begin, begin.Add(day), begin, later)
}

func (s *shelf) expired() {
	r := of(telemetry.Minutely, begin, 5)
	s.keep(one, r)
	s.wantKept(one, telemetry.Minutely, begin, begin.Add(day), r.Expires.Add(-1), r)
	s.wantKept(one, telemetry.Minutely, begin, begin.Add(day), r.Expires)
	next := of(telemetry.Minutely, begin, 2)
	s.must(s.store.Keep(s.t.Context(), one, next, r.Expires.Add(-1)))
	s.wantKept(one, telemetry.Minutely, begin, begin.Add(day), begin, r)
	next.Whole, next.Expires = begin.Add(2*day), begin.Add(2*day)
	s.must(s.store.Keep(s.t.Context(), one, next, r.Expires))
	s.wantKept(one, telemetry.Minutely, begin, begin.Add(day), begin, next)
}
