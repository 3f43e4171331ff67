package embedded_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dustin/go-humanize"

	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/telemetry/telemetrytest"
	"tacet/infra/embedded"
)

var (
	dayScale  = flag.Int("day", 1000, "what a benchmark divides a day of ten million messages by; 1 is all of it")
	yearScale = flag.Int("year", 20_000, "and what it divides the days of a year by")
)

// theDay is a Saturday's.
var theDay = time.Date(2026, 3, 14, 0, 0, 0, 0, time.UTC)

// life is a store on disk through which days pass.
type life struct {
	testing.TB
	store       *embedded.Disk
	folder      string
	now         atomic.Int64
	every       time.Duration // how often rollups are made
	events      int
	write, roll time.Duration
}

func newLife(tb testing.TB, every time.Duration) *life {
	l := &life{TB: tb, folder: tb.TempDir(), every: every}
	l.store = open(tb, embedded.Options{Folder: l.folder, Now: func() time.Time { return time.Unix(0, l.now.Load()) }})
	return l
}

func (l *life) must(err error) {
	if err != nil {
		l.Helper()
		l.Fatal(err)
	}
}

// happen records what happened, and makes rollups.
func (l *life) happen(all []telemetry.Record, now time.Time) {
	l.now.Store(now.UnixNano())
	l.events += len(all)
	begun := time.Now()
	for i, r := range all {
		l.must(l.store.Telemetry.Record(l.Context(), r, (i+1)%(embedded.GroupSize/2) == 0 || i == len(all)-1))
	}
	l.write += time.Since(begun)
	begun = time.Now()
	l.must(l.store.Telemetry.Roll(l.Context(), now))
	l.roll += time.Since(begun)
}

// end lets a little happen the day after, which is what closes a day.
func (l *life) end(d telemetrytest.Day) time.Time {
	d = d.After(1)
	e := telemetry.Event{Node: "n", App: d.App, Topic: "a", At: d.Midnight.Add(time.Second)}
	now := d.Midnight.Add(10 * time.Minute)
	l.happen([]telemetry.Record{{Event: e, Expires: e.At.Add(d.Retention)}}, now)
	return now
}

// ask reads a day by a span, holds what it reads against the recount, and
// returns how long reading took.
func (l *life) ask(recount *telemetrytest.Recount, d telemetrytest.Day, s telemetry.Span, now time.Time) time.Duration {
	l.Helper()
	begun := time.Now()
	read, err := telemetrytest.Read(l.Context(), l.store.Telemetry, d.App, d.Midnight, d.Midnight.AddDate(0, 0, 1), s, now)
	took := time.Since(begun)
	l.must(err)
	if err := recount.Wrong(read, s); err != nil {
		l.Errorf("by %v: %v", time.Duration(s), err)
	}
	return took
}

func (l *life) onDisk() (n int64) {
	l.must(filepath.WalkDir(l.folder, func(_ string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := e.Info()
		if os.IsNotExist(err) {
			return nil // compacted meanwhile
		}
		n += info.Size()
		return err
	}))
	return n
}

// A day on disk, rolled as it goes by, is that of a recount.
func TestADayOnDiskIsThatOfARecount(t *testing.T) {
	l, recount := newLife(t, 7*time.Minute), new(telemetrytest.Recount)
	d := telemetrytest.FullDay(pubsubtest.AppA, theDay).Divided(2000)
	d.Pass(l.every, recount.Count, l.happen)
	for _, now := range []time.Time{d.Midnight.AddDate(0, 0, 1), l.end(d)} {
		for _, span := range []telemetry.Span{telemetry.Daily, telemetry.Hourly, telemetry.Minutely} {
			l.ask(recount, d, span, now)
		}
	}
}

// BenchmarkDay tells what a day costs: to write, to roll up every minute, to ask
// for, and to keep. It fails if what is asked for is not what a recount says.
func BenchmarkDay(b *testing.B) {
	for b.Loop() {
		l, recount := newLife(b, time.Minute), new(telemetrytest.Recount)
		d := telemetrytest.FullDay(pubsubtest.AppA, theDay).Divided(*dayScale)
		d.Pass(l.every, recount.Count, l.happen)
		now := l.end(d)
		b.ReportMetric(l.write.Seconds(), "s/write")
		b.ReportMetric(l.roll.Seconds(), "s/roll")
		b.ReportMetric(float64(l.events)/l.write.Seconds(), "events/s")
		for name, span := range map[string]telemetry.Span{"day": telemetry.Daily, "hours": telemetry.Hourly, "minutes": telemetry.Minutely} {
			b.ReportMetric(float64(l.ask(recount, d, span, now).Microseconds())/1000, "ms/by-"+name)
		}
		l.sizes(1)
	}
}

// BenchmarkYear lets a year of days pass, and asks for all of it.
func BenchmarkYear(b *testing.B) {
	const days = 365
	for b.Loop() {
		l := newLife(b, time.Hour)
		first := telemetrytest.FullDay(pubsubtest.AppA, theDay).Divided(*yearScale)
		var want telemetry.Sums
		topics := map[privacy.RecordedTopic]int64{}
		for n := range days {
			first.After(n).Pass(l.every, func(e telemetry.Event) {
				if want.Count(e); e.PublisherIP.Known() {
					topics[e.Topic]++
				}
			}, l.happen)
		}
		now := l.end(first.After(days - 1))
		b.ReportMetric(l.write.Seconds(), "s/write")
		b.ReportMetric(l.roll.Seconds(), "s/roll")
		begun := time.Now()
		sums, err := telemetry.Aggregate(b.Context(), l.store.Telemetry, first.App, days+1, first.Retention, now)
		l.must(err)
		b.ReportMetric(float64(time.Since(begun).Microseconds())/1000, "ms/aggregates")
		var got telemetry.Sums
		for _, day := range sums.Days[:days] {
			got.Add(day.Sums)
		}
		if got != want {
			b.Errorf("a year comes to %+v, want %+v", got, want)
		}
		for name, span := range map[string]telemetry.Span{"days": telemetry.Daily, "hours": telemetry.Hourly} {
			b.ReportMetric(float64(l.year(first, days, span, now, want, topics).Microseconds())/1000, "ms/by-"+name)
		}
		l.sizes(days)
	}
}

// year asks for all of so many days, and returns how long that took.
func (l *life) year(first telemetrytest.Day, days int, s telemetry.Span, now time.Time, want telemetry.Sums, topics map[privacy.RecordedTopic]int64) time.Duration {
	begun := time.Now()
	var all telemetry.Digest
	l.must(l.store.Telemetry.Sum(l.Context(), first.App, first.Midnight, first.Midnight.AddDate(0, 0, days), s, now, func(_ time.Time, d *telemetry.Digest) error {
		all.Merge(d)
		return nil
	}))
	took := time.Since(begun)
	if all.Sums != want {
		l.Errorf("by %v, a year comes to %+v, want %+v", time.Duration(s), all.Sums, want)
	}
	for _, x := range all.Topics.Rows() {
		if n := topics[x.Name]; x.Messages > n || x.Messages+all.Topics.Short < n {
			l.Errorf("%s has %d messages, short of %d, and really %d", x.Name, x.Messages, all.Topics.Short, n)
		}
	}
	return took
}

// sizes tells what the stores hold.
func (l *life) sizes(days int64) {
	blocks, events := l.store.Bytes('t')
	kept, rollups := l.store.Bytes('r')
	size := func(n int64) string { return humanize.Bytes(uint64(n)) }
	l.Logf("%s events: %s in %d blocks, %.1f bytes each; %d rollups: %s, %s a day; in files: %s",
		humanize.Comma(int64(l.events)), size(events), blocks, float64(events)/float64(l.events), kept, size(rollups), size(rollups/days), size(l.onDisk()))
	if b, ok := l.TB.(*testing.B); ok {
		b.ReportMetric(float64(events)/float64(l.events), "B/event")
		b.ReportMetric(float64(rollups)/float64(days), "B/rollups-a-day")
		b.ReportMetric(float64(l.onDisk())/float64(days), "B/files-a-day")
	}
}
