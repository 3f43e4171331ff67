package embedded_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal/sealtest"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
	"tacet/infra/embedded"
)

var background = context.Background()

// populate adds n connections as they come in life: each with a subject of its
// own, an anonymised address, and two topics of its own.
func populate(tb testing.TB, m *embedded.Memory, n int) []wire.ConnID {
	tb.Helper()
	grants, err := grant.NewGrants([]string{grant.Write("*")})
	if err != nil {
		tb.Fatal(err)
	}
	now := time.Now()
	ids := make([]wire.ConnID, n)
	for i := range n {
		c := &pubsub.Connection{
			ID: wire.ConnID(fmt.Sprintf("L0SM9%09dh%d=", i, i%10)), App: pubsubtest.AppA,
			Subject: grant.Subject(fmt.Sprintf("user-%08d", i)), Grants: grants,
			ConnectedAt: now, Deadline: now.Add(time.Hour), Expires: now.Add(pubsub.MaxLifetime + pubsub.Grace),
		}
		if err := c.Address.UnmarshalText(fmt.Appendf(nil, "ipcrypt/1/2001:db8:85a3:8d3:1319:8a2e:370:%x", i%65536)); err != nil {
			tb.Fatal(err)
		}
		ids[i] = c.ID
		if err := m.Add(background, c, pubsub.Quota{PerApp: n, PerSubject: 10}); err != nil {
			tb.Fatal(err)
		}
		for _, kind := range []string{"inbox", "state"} {
			if err := m.Subscribe(background, c, topic.Name(fmt.Sprintf("%s/user-%08d", kind, i)), 50); err != nil {
				tb.Fatal(err)
			}
		}
	}
	return ids
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkMemoryPerConnection reports bytes for each idle connection,
// everything that the store makes the heap keep included, and how much is left
// when all have gone.
func BenchmarkMemoryPerConnection(b *testing.B) {
	for _, n := range []int{5_000, 50_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				before := heap()
				m := embedded.NewMemory(time.Now)
				ids := populate(b, m, n)
				full := heap() - before
				for _, id := range ids {
					if _, err := m.Remove(background, id); err != nil {
						b.Fatal(err)
					}
				}
				empty := int64(heap() - before)
				b.ReportMetric(float64(full)/float64(n)-16, "bytes/connection") // ids is ours
				b.ReportMetric(float64(empty)/float64(n)-40, "left/connection") // ids and their 24 bytes each
				runtime.KeepAlive(m)
				runtime.KeepAlive(ids)
			}
		})
	}
}

// BenchmarkGet looks connections up, with the clock of the machine and with one
// that costs nothing: every call asks it.
func BenchmarkGet(b *testing.B) {
	start := time.Now()
	for name, now := range map[string]func() time.Time{"clock": time.Now, "free-clock": func() time.Time { return start }} {
		for _, n := range []int{5_000, 100_000} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				m := embedded.NewMemory(now)
				ids := populate(b, m, n)
				b.ResetTimer()
				b.RunParallel(func(pb *testing.PB) {
					for i := 0; pb.Next(); i++ {
						if _, err := m.Get(background, ids[i*7919%n]); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}

func BenchmarkTake(b *testing.B) {
	m := embedded.NewMemory(time.Now)
	ids := populate(b, m, 5_000)
	now := time.Now()
	for i := 0; b.Loop(); i++ {
		if _, err := m.Take(background, ids[i*7919%len(ids)], 60, now); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDueWhenNothingIs(b *testing.B) {
	m := embedded.NewMemory(time.Now)
	populate(b, m, 50_000)
	now := time.Now()
	for b.Loop() {
		if due, err := m.Due(background, now, now.Add(30*time.Second)); err != nil || len(due) > 0 {
			b.Fatal(due, err)
		}
	}
}

// BenchmarkSnapshot reads an audience, quiet or with a change before each read.
func BenchmarkSnapshot(b *testing.B) {
	for _, n := range []int{1_000, 100_000} {
		m := embedded.NewMemory(time.Now)
		ids := populate(b, m, n)
		for _, id := range ids {
			if err := m.Subscribe(background, &pubsub.Connection{ID: id, App: pubsubtest.AppA}, "all", 0); err != nil {
				b.Fatal(err)
			}
		}
		one := &pubsub.Connection{ID: ids[n/2], App: pubsubtest.AppA}
		read := func() {
			if p, err := m.Subscribers(background, pubsubtest.AppA, "all", ""); err != nil || len(p.IDs) < n-1 {
				b.Fatal(len(p.IDs), err)
			}
		}
		b.Run(fmt.Sprintf("quiet/%d", n), func(b *testing.B) {
			for b.Loop() {
				read()
			}
		})
		b.Run(fmt.Sprintf("churn/%d", n), func(b *testing.B) {
			for b.Loop() {
				if _, err := m.Unsubscribe(background, one, "all"); err != nil {
					b.Fatal(err)
				}
				read()
				if err := m.Subscribe(background, one, "all", 0); err != nil {
					b.Fatal(err)
				}
				read()
			}
		})
	}
}

// BenchmarkStorm subscribes n connections to one topic, reading the audience
// after each: the time for each must not grow with n.
func BenchmarkStorm(b *testing.B) {
	for _, n := range []int{1_000, 10_000, 100_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				m := embedded.NewMemory(time.Now)
				ids := populate(b, m, n)
				b.StartTimer()
				for _, id := range ids {
					if err := m.Subscribe(background, &pubsub.Connection{ID: id, App: pubsubtest.AppA}, "all", 0); err != nil {
						b.Fatal(err)
					}
					if _, err := m.Subscribers(background, pubsubtest.AppA, "all", ""); err != nil {
						b.Fatal(err)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/subscription")
		})
	}
}

func BenchmarkConnectAndDisconnect(b *testing.B) {
	m := embedded.NewMemory(time.Now)
	populate(b, m, 10_000)
	now := time.Now()
	for b.Loop() {
		c := &pubsub.Connection{ID: "new", App: pubsubtest.AppA, Subject: "ann", ConnectedAt: now, Expires: now.Add(time.Hour)}
		if err := m.Add(background, c, pubsub.Quota{PerApp: 1e6, PerSubject: 20}); err != nil {
			b.Fatal(err)
		}
		if _, err := m.Remove(background, c.ID); err != nil {
			b.Fatal(err)
		}
	}
}

func disk(b *testing.B, sync bool) *embedded.Disk {
	b.Helper()
	return open(b, embedded.Options{Folder: b.TempDir(), Now: time.Now, SyncWrites: sync})
}

func published(i int) telemetry.Record {
	at := time.Now()
	e := telemetry.Event{Node: "node", App: pubsubtest.AppA, Topic: privacy.RecordedTopic(topics[i%len(topics)]), Size: i % 1000, Subscribers: 5000, At: at}
	return telemetry.Record{Event: e, Expires: at.Add(24 * time.Hour)}
}

var topics = func() (all []string) {
	for i := range 50 {
		all = append(all, fmt.Sprintf("chat/room-%d", i))
	}
	return all
}()

// keepUp records an event that nobody waits for, unless the disk is behind.
func keepUp(d *embedded.Disk, i int) error {
	err := d.Telemetry.Record(background, published(i), false)
	if errors.Is(err, embedded.ErrBusy) {
		return d.Telemetry.Record(background, published(i), true)
	}
	return err
}

// BenchmarkRecord records events as fast as the disk takes them.
func BenchmarkRecord(b *testing.B) {
	d := disk(b, false)
	for i := 0; b.Loop(); i++ {
		if err := keepUp(d, i); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRecordDurable records events that as many callers wait for.
func BenchmarkRecordDurable(b *testing.B) {
	for _, sync := range []bool{false, true} {
		for _, callers := range []int{1, 8, 256} {
			b.Run(fmt.Sprintf("sync=%v/callers=%d", sync, callers), func(b *testing.B) {
				d := disk(b, sync)
				b.SetParallelism(max(callers/runtime.GOMAXPROCS(0), 1))
				var n atomic.Int64
				b.RunParallel(func(pb *testing.PB) {
					for pb.Next() {
						if err := d.Telemetry.Record(background, published(int(n.Add(1))), true); err != nil {
							b.Error(err)
						}
					}
				})
			})
		}
	}
}

func BenchmarkEach(b *testing.B) {
	const n = 100_000
	d := disk(b, false)
	for i := range n {
		if err := keepUp(d, i); err != nil {
			b.Fatal(err)
		}
	}
	now := time.Now()
	for b.Loop() {
		seen := 0
		if err := d.Telemetry.Each(background, pubsubtest.AppA, now.Add(-time.Hour), now.Add(time.Hour), now, func(telemetry.Event) error { seen++; return nil }); err != nil || seen != n {
			b.Fatal(seen, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/event")
}

// BenchmarkEachRecent reads the last seconds of an hour in which there was much,
// as a page does that shows what is going on.
func BenchmarkEachRecent(b *testing.B) {
	d := disk(b, false)
	now := telemetry.Hourly.Start(time.Now()).Add(59 * time.Minute)
	fillHour(b, d, now, 200)
	for b.Loop() {
		seen := 0
		if err := d.Telemetry.Each(background, pubsubtest.AppA, now.Add(-3*time.Second), now, now, func(telemetry.Event) error { seen++; return nil }); err != nil || seen != 600 {
			b.Fatal(seen, err)
		}
	}
}

// fillHour records as many events a second in the hour until now.
func fillHour(b *testing.B, d *embedded.Disk, now time.Time, perSecond int) {
	b.Helper()
	for second := range 3600 {
		for n := range perSecond {
			r := published(n)
			r.At = now.Add(-time.Duration(second+1)*time.Second + time.Duration(n)*time.Second/time.Duration(perSecond))
			r.Expires = r.At.Add(1000 * time.Hour)
			if err := d.Telemetry.Record(background, r, n == perSecond-1); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// dayOf records a day of a million events that ended at midnight before now, as
// they come in life: a few at a time.
func dayOf(b *testing.B, d *embedded.Disk, midnight time.Time) {
	b.Helper()
	const n, together = 1_000_000, 12
	for i := range n {
		r := published(i * 7919)
		r.At = midnight.Add(time.Duration(i-n) * (24 * time.Hour / n))
		r.TookMicros, r.Expires = int64(i%5000), r.At.Add(1000*time.Hour)
		_ = r.PublisherIP.UnmarshalText(fmt.Appendf(nil, "ipcrypt/1/2001:db8::%x", i*7919%5000))
		if err := d.Telemetry.Record(background, r, i%together == together-1); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkReport reports what a report of a day of a million events takes, without
// rollups and with them, how long the first call of Roll takes to make these, and
// how much each is on disk.
func BenchmarkReport(b *testing.B) {
	folder := b.TempDir()
	midnight := telemetry.Daily.Start(time.Now())
	d := open(b, embedded.Options{Folder: folder, Now: time.Now})
	dayOf(b, d, midnight)
	measure := func(what string, of func() error) {
		b.Helper()
		begin := time.Now()
		if err := of(); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(time.Since(begin).Microseconds())/1000, "ms-"+what)
	}
	report := func(most telemetry.Span, of time.Duration) func() error {
		return func() error {
			var sum telemetry.Digest
			err := d.Telemetry.Sum(background, pubsubtest.AppA, midnight.Add(-of), midnight, most, midnight, func(_ time.Time, x *telemetry.Digest) error { sum.Merge(x); return nil })
			if sum.Messages == 0 {
				b.Error("there is nothing")
			}
			return err
		}
	}
	size := func() float64 {
		mustClose(b, d)
		n := int64(0)
		tables, _ := filepath.Glob(filepath.Join(folder, "db", "*.sst"))
		for _, name := range tables {
			info, err := os.Stat(name)
			if err != nil {
				b.Fatal(err)
			}
			n += info.Size()
		}
		d = open(b, embedded.Options{Folder: folder, Now: time.Now})
		return float64(n) / 1e6
	}
	for b.Loop() {
		before := size()
		b.ReportMetric(before, "MB-events")
		measure("day-without", report(telemetry.Daily, 24*time.Hour))
		measure("first-roll", func() error { return d.Telemetry.Roll(background, midnight.Add(10*time.Minute)) })
		b.ReportMetric(size()-before, "MB-rollups")
		measure("day-by-minute", report(telemetry.Minutely, 24*time.Hour))
		measure("day-by-hour", report(telemetry.Hourly, 24*time.Hour))
		measure("hour-by-minute", report(telemetry.Minutely, time.Hour))
		one := published(1) // a minute of the next day closes the day
		one.At = midnight.Add(time.Minute)
		if err := d.Telemetry.Record(background, one, true); err != nil {
			b.Fatal(err)
		}
		measure("minutely-roll", func() error { return d.Telemetry.Roll(background, midnight.Add(20*time.Minute)) })
		measure("day", report(telemetry.Daily, 24*time.Hour))
		ages := embedded.Ages{Disk: d, Retention: func(context.Context, app.ID) (time.Duration, error) { return time.Hour, nil }}
		measure("ages", func() error { _, err := ages.Ages(background, midnight); return err })
	}
}

func BenchmarkApp(b *testing.B) {
	d, vault := disk(b, false), sealtest.NewVault(sealtest.Random(1))
	pubsubtest.Tenant{App: pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})}.Keep(b, d.Directory, vault)
	apps := &app.Reader{Directory: d.Directory, Vault: vault}
	for b.Loop() {
		if _, err := apps.App(background, pubsubtest.AppA); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkResident reports what the process takes with open stores, idle and
// after a million events. Run it alone: it measures the whole process.
func BenchmarkResident(b *testing.B) {
	for b.Loop() {
		before := resident()
		d := disk(b, false)
		opened := resident()
		for i := range 1_000_000 {
			if err := keepUp(d, i); err != nil {
				b.Fatal(err)
			}
		}
		busy := resident()
		debug.FreeOSMemory()
		b.ReportMetric(opened-before, "MB-opened")
		b.ReportMetric(busy-before, "MB-busy")
		b.ReportMetric(resident()-before, "MB-after")
	}
}

// resident returns the process's resident memory in MB, 0 where it is not told.
func resident() float64 {
	status, _ := os.ReadFile("/proc/self/status")
	_, rest, _ := strings.Cut(string(status), "VmRSS:")
	var kb float64
	_, _ = fmt.Sscan(rest, &kb)
	return kb / 1024
}
