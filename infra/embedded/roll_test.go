package embedded_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/privacy"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/infra/embedded"
)

var _ telemetry.Rollups = (*embedded.Telemetry)(nil)

var spans = []telemetry.Span{telemetry.Minutely, telemetry.Hourly, telemetry.Daily}

var partA = telemetry.Part{App: pubsubtest.AppA}

// everything is a time that all events of a test happen in.
func everything() (from, to time.Time) {
	now := pubsubtest.NewClock().Now()
	return now.Add(-1000 * time.Hour), now.Add(1000 * time.Hour)
}

func kept(t testing.TB, d *embedded.Disk, s telemetry.Span, now time.Time) []telemetry.Rollup {
	t.Helper()
	from, to := everything()
	all, err := d.Telemetry.Kept(t.Context(), partA, s, from, to, now)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// digest returns what all events come to, as figures say, in binary form.
func digest(t testing.TB, d *embedded.Disk, most telemetry.Span, now time.Time) string {
	t.Helper()
	var sum telemetry.Digest
	from, to := everything()
	err := d.Telemetry.Sum(t.Context(), pubsubtest.AppA, from, to, most, now, func(_ time.Time, x *telemetry.Digest) error {
		sum.Merge(x)
		return nil
	})
	data, failed := sum.MarshalBinary()
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return fmt.Sprintf("%+v %x", sum.Sums, data)
}

// recount is digest by reading each event.
func recount(t testing.TB, d *embedded.Disk, now time.Time) string {
	t.Helper()
	var sum telemetry.Digest
	from, to := everything()
	err := d.Telemetry.Each(t.Context(), pubsubtest.AppA, from, to, now, func(e telemetry.Event) error { sum.Count(e); return nil })
	data, failed := sum.MarshalBinary()
	if err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	return fmt.Sprintf("%+v %x", sum.Sums, data)
}

func wantTrueFigures(t testing.TB, d *embedded.Disk, now time.Time) {
	t.Helper()
	for _, s := range spans {
		if got, want := digest(t, d, s, now), recount(t, d, now); got != want {
			t.Fatalf("by %v the sum is\n%s\nand the events come to\n%s", time.Duration(s), got, want)
		}
	}
}

// tired is a context that ends after it was asked so often.
type tired struct {
	context.Context
	mu   sync.Mutex
	left int
}

func (c *tired) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

func (c *tired) Done() <-chan struct{} { return nil }

// someEvent returns an event of any sort.
func someEvent(random *rand.Rand, at time.Time) telemetry.Record {
	n := random.IntN(1000)
	r := record(at, n)
	r.Expires = at.Add(2000 * time.Hour)
	r.Subscribers, r.Topic = n%17, privacy.RecordedTopic(fmt.Sprintf("t/%d", n%5))
	r.TookMicros = int64(n * n)
	who := fmt.Appendf(nil, "ipcrypt/1/2001:db8::%x", n%40)
	switch n % 7 {
	case 0:
		r.Topic, r.Country = telemetry.TopicConnect, []privacy.Country{"DE", "PT", ""}[n%3]
	case 1:
		r.Topic = telemetry.TopicDisconnect
	case 2:
		r.Topic, r.Code = telemetry.TopicError, 4000+n%3
	}
	if n%2 == 0 {
		_ = r.ClientIP.UnmarshalText(who)
	} else {
		_ = r.PublisherIP.UnmarshalText(who)
	}
	return r
}

// Events come in time and late, calls of Roll end anywhere, the process dies
// and comes back, and clocks are set back: in the end there is what one call
// would have made of it.
func TestRollupsAreThoseOfACleanRunWhateverHappened(t *testing.T) {
	for seed := range uint64(10) {
		random := rand.New(rand.NewPCG(seed, 1))
		clock := pubsubtest.NewClock()
		folder := t.TempDir()
		d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
		var all []telemetry.Record
		for range 120 {
			switch n := random.IntN(20); {
			case n < 12:
				ago := time.Duration(random.Int64N(int64(4 * time.Minute)))
				if random.IntN(6) == 0 {
					ago = time.Duration(random.Int64N(int64(50 * time.Hour)))
				}
				r := someEvent(random, clock.Now().Add(-ago))
				all = append(all, r)
				must(t, d.Telemetry.Record(t.Context(), r, random.IntN(2) == 0))
			case n < 15:
				clock.Advance(time.Duration(random.Int64N(int64(20 * time.Minute))))
			case n == 15:
				clock.Advance(-time.Duration(random.Int64N(int64(3 * time.Hour))))
			case n < 18:
				must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
			case n == 18:
				_ = d.Telemetry.Roll(&tired{Context: t.Context(), left: random.IntN(60)}, clock.Now())
			default:
				mustClose(t, d)
				d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
			}
		}
		clock.Advance(60 * time.Hour) // however far it was set back
		must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
		wantTrueFigures(t, d, clock.Now())

		clean := open(t, embedded.Options{Now: clock.Now})
		for _, r := range all {
			must(t, clean.Telemetry.Record(t.Context(), r, false))
		}
		must(t, clean.Telemetry.Roll(t.Context(), clock.Now()))
		for _, s := range spans {
			if got, want := kept(t, d, s, clock.Now()), kept(t, clean, s, clock.Now()); len(want) == 0 && s == telemetry.Minutely || !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d: %d rollups by %v are not the %d of a clean run", seed, len(got), time.Duration(s), len(want))
			}
		}
		if n := d.Keys('n'); n != 0 {
			t.Fatalf("seed %d: %d marks are left", seed, n)
		}
		mustClose(t, d)
	}
}

func TestALateEventIsCountedAfterTheProcessHasEnded(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	put := func(ago time.Duration) {
		t.Helper()
		must(t, d.Telemetry.Record(t.Context(), record(clock.Now().Add(-ago), 1), true))
	}
	put(time.Hour)
	put(10 * time.Minute)
	must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
	put(time.Hour)
	mustClose(t, d) // and nobody has rolled
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
	wantTrueFigures(t, d, clock.Now())
	if minutes := kept(t, d, telemetry.Minutely, clock.Now()); len(minutes) != 2 || minutes[0].Messages != 2 {
		t.Errorf("minutes are %+v", minutes)
	}
}

func TestAStartFindsEveryApplication(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	ids := []app.ID{app.ID(strings.Repeat("0", 32)), app.ID(strings.Repeat("00ff", 8)), app.ID(strings.Repeat("f", 32))}
	for _, id := range ids {
		write(t, d, id, clock.Now().Add(-time.Hour), 3, "t")
	}
	mustClose(t, d)
	d = open(t, embedded.Options{Folder: folder, Now: clock.Now})
	must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
	for _, id := range ids {
		if closed, err := d.Telemetry.Closed(t.Context(), telemetry.Part{App: id}); closed.IsZero() || err != nil {
			t.Errorf("%s is closed until %v, %v", id, closed, err)
		}
	}
}

// A quiet application has no news, and its last minutes are over all the same.
func TestTheLastMinutesAreRolledWhenNothingComesAnyMore(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Now: clock.Now})
	must(t, d.Telemetry.Record(t.Context(), record(clock.Now(), 1), true))
	for range 4 {
		must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
		clock.Advance(time.Minute)
	}
	if n := len(kept(t, d, telemetry.Minutely, clock.Now())); n != 1 {
		t.Errorf("there are %d minutes", n)
	}
}

func TestEventsOfFormerVersionsAreReadInOrderAndRolled(t *testing.T) {
	clock := pubsubtest.NewClock()
	hour := telemetry.Hourly.Start(clock.Now()).Add(-3 * time.Hour)
	random := rand.New(rand.NewPCG(1, 2))
	d := open(t, embedded.Options{Now: clock.Now})
	const perBlock, blocks = 1000, 110 // more than is held at once
	for n := range blocks {
		var some []telemetry.Record
		for range perBlock {
			some = append(some, someEvent(random, hour.Add(time.Duration(random.Int64N(int64(time.Hour))))))
		}
		must(t, d.PutBlock(pubsubtest.AppA, hour.Add(time.Duration(n)*30*time.Second), embedded.EncodeBlock(some...)))
	}
	for _, at := range []time.Duration{-time.Hour, 0, 10*time.Minute + 1, 59 * time.Minute, 61 * time.Minute} { // as it is written now, before, among and after them
		must(t, d.Telemetry.Record(t.Context(), someEvent(random, hour.Add(at)), true))
	}
	seen, last := 0, time.Time{}
	from, to := everything()
	err := d.Telemetry.Records(t.Context(), partA, from, to, clock.Now(), func(r telemetry.Record) error {
		if r.At.Before(last) {
			t.Fatalf("after %v comes %v", last, r.At)
		}
		last = r.At
		seen++
		return nil
	})
	if err != nil || seen != perBlock*blocks+5 {
		t.Errorf("%d records, %v", seen, err)
	}
	some := 0
	from, to = hour.Add(10*time.Minute), hour.Add(11*time.Minute)
	must(t, d.Telemetry.Records(t.Context(), partA, from, to, clock.Now(), func(r telemetry.Record) error {
		if some++; r.At.Before(from) || !r.At.Before(to) {
			t.Fatalf("%v is not between %v and %v", r.At, from, to)
		}
		return nil
	}))
	if some < perBlock {
		t.Errorf("of a minute %d are read", some)
	}
	must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
	if n := len(kept(t, d, telemetry.Minutely, clock.Now())); n < 60 {
		t.Errorf("there are %d minutes", n)
	}
	wantTrueFigures(t, d, clock.Now())
}

// A block that is not asked for is not read: it would be reported as damaged.
func TestOnlyTheSecondsAskedForAreRead(t *testing.T) {
	clock := pubsubtest.NewClock()
	d := open(t, embedded.Options{Now: clock.Now})
	noon := telemetry.Hourly.Start(clock.Now())
	for _, ago := range []time.Duration{-4 * time.Second, -2 * time.Second, time.Second} {
		must(t, d.PutInSecond(pubsubtest.AppA, noon.Add(ago), []byte{99}))
	}
	for ms := range 4 {
		must(t, d.Telemetry.Record(t.Context(), record(noon.Add(-1500*time.Millisecond+time.Duration(ms)*500*time.Millisecond), ms), true))
	}
	n := 0
	must(t, d.Telemetry.Each(t.Context(), pubsubtest.AppA, noon.Add(-time.Second), noon.Add(time.Second-1), clock.Now(), func(telemetry.Event) error { n++; return nil }))
	if n != 3 {
		t.Errorf("%d events, want 3", n)
	}
}

func TestWhatIsErasedIsNotRolledIntoBeing(t *testing.T) {
	for range 8 {
		clock := pubsubtest.NewClock()
		d := open(t, embedded.Options{Now: clock.Now})
		for hour := range 6 {
			write(t, d, pubsubtest.AppA, clock.Now().Add(-time.Duration(hour)*time.Hour), 20, "t")
		}
		var rolling sync.WaitGroup
		rolling.Go(func() {
			if err := d.Telemetry.Roll(t.Context(), clock.Now()); err != nil {
				t.Error(err)
			}
		})
		erase(t, d, pubsubtest.AppA)
		rolling.Wait()
		must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
		for _, prefix := range "trn" {
			if n := d.Keys(byte(prefix)); n != 0 {
				t.Fatalf("%d keys are left under %c", n, prefix)
			}
		}
		mustClose(t, d)
	}
}

func TestRollupsGoWithBackups(t *testing.T) {
	folder, clock := t.TempDir(), pubsubtest.NewClock()
	d := open(t, embedded.Options{Folder: folder, Now: clock.Now})
	for hour := range 30 {
		write(t, d, pubsubtest.AppA, clock.Now().Add(-time.Duration(hour)*time.Hour), 5, "t")
	}
	must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
	write(t, d, pubsubtest.AppA, clock.Now().Add(-10*time.Hour), 1, "late")
	backup := backUp(t, d, embedded.BackupOptions{})
	other := copyOf(t, folder, "key")
	s := restore(t, other, backup)
	again := open(t, embedded.Options{Folder: other, Now: clock.Now})
	for _, span := range spans {
		if got, want := kept(t, again, span, clock.Now()), kept(t, d, span, clock.Now()); len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("by %v there are %d rollups, want %d", time.Duration(span), len(got), len(want))
		}
	}
	if s.Counts["rollups"] < 29 {
		t.Errorf("it counts %v", s.Counts)
	}
	must(t, again.Telemetry.Roll(t.Context(), clock.Now())) // of which the backup was a sign
	wantTrueFigures(t, again, clock.Now())
}

func TestADamagedRollupIsReportedAndGivesWay(t *testing.T) {
	clock := pubsubtest.NewClock()
	troubles := 0
	d := open(t, embedded.Options{Now: clock.Now, Trouble: func(string, error) { troubles++ }})
	r := telemetry.Rollup{Span: telemetry.Hourly, Start: telemetry.Hourly.Start(clock.Now()), Whole: clock.Now().Add(time.Hour), Expires: clock.Now().Add(time.Hour)}
	r.Messages = 3
	for _, damage := range [][]byte{{}, {99}, {1}, bytes.Repeat([]byte{1, 0xff}, 9)} {
		must(t, d.PutRollup(partA.App, r.Span, r.Start, damage))
		if all := kept(t, d, r.Span, clock.Now()); len(all) != 0 || troubles != 1 {
			t.Errorf("%x is read as %+v, and reported %d times", damage, all, troubles)
		}
		_, _, err := d.Telemetry.Restamp(t.Context(), partA.App, time.Hour, clock.Now(), "")
		must(t, err)
		must(t, d.Telemetry.Keep(t.Context(), partA, r, clock.Now()))
		if all := kept(t, d, r.Span, clock.Now()); len(all) != 1 || all[0].Messages != 3 {
			t.Errorf("after that there are %+v", all)
		}
		troubles = 0
	}
}

// Plans change while rollups are made, in the middle of it: at any time, what
// they say is what the events that can be read come to.
func TestRollupsEndAsEventsDoWhateverPlansDo(t *testing.T) {
	for seed := range uint64(6) {
		random := rand.New(rand.NewPCG(seed, 2))
		clock := pubsubtest.NewClock()
		d := open(t, embedded.Options{Now: clock.Now})
		d.Telemetry.SetPart(300)
		plan := 30 * time.Hour
		for range 60 {
			switch n := random.IntN(10); {
			case n < 6:
				r := someEvent(random, clock.Now().Add(-time.Duration(random.Int64N(int64(10*time.Hour)))))
				r.Expires = r.At.Add(plan)
				must(t, d.Telemetry.Record(t.Context(), r, true))
			case n < 8:
				clock.Advance(time.Duration(random.Int64N(int64(3 * time.Hour))))
				must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
			default:
				plan = time.Duration(5+random.IntN(40)) * time.Hour
				for next, calls := "", 0; calls == 0 || next != ""; calls++ {
					var err error
					_, next, err = d.Telemetry.Restamp(t.Context(), pubsubtest.AppA, plan, clock.Now(), next)
					must(t, err)
					if random.IntN(3) == 0 {
						must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
					}
				}
			}
		}
		must(t, d.Telemetry.Roll(t.Context(), clock.Now()))
		for range 20 {
			wantTrueFigures(t, d, clock.Now())
			clock.Advance(time.Duration(random.Int64N(int64(4 * time.Hour))))
		}
		mustClose(t, d)
	}
}
