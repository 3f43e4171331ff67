package lifetest

import (
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/job"
	"tacet/core/ledger"
	"tacet/core/privacy"
	"tacet/core/rights"
	"tacet/core/telemetry"
)

var (
	apps   = flag.Int("apps", 50, "how many applications the account has that a benchmark deletes")
	events = flag.Int("events", 10_000, "how many events of telemetry they have, such as 1000000")
)

// Large is an account with much in it, of which the deletion is measured.
type Large struct {
	Rights *rights.Service
	// Record keeps events. It is called by several at once.
	Record func(ctx context.Context, r telemetry.Record) error
	// Run goes on with the job until there is nothing to do at the moment. Nil
	// means that somebody else does that.
	Run func(ctx context.Context, id job.ID) error
}

// Benchmark makes such an account, deletes it, and reports how long that took,
// by how much the heap grew meanwhile at most, and how often somebody who asks
// saw something new.
func (l Large) Benchmark(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		c := l.make(b)
		asked, err := l.Rights.Challenge(b.Context(), c)
		if err != nil {
			b.Fatal(err)
		}
		stop := watchHeap()
		b.StartTimer()
		began := time.Now()
		if _, err := l.Rights.Delete(b.Context(), c, asked.Phrase); err != nil {
			b.Fatal(err)
		}
		unreadable := time.Since(began)
		news, counts := l.follow(b, asked.Request)
		b.StopTimer()
		b.ReportMetric(float64(stop())/(1<<20), "MB-of-heap-more")
		b.ReportMetric(unreadable.Seconds(), "s-until-unreadable")
		b.ReportMetric(float64(news), "times-progress-seen")
		b.ReportMetric(float64(*events), "events")
		b.Logf("%d applications, %d events, deleted in %v; seen: %s", *apps, *events, time.Since(began).Round(time.Millisecond), counts)
		b.StartTimer()
	}
}

// make makes the account, and returns its owner.
func (l Large) make(b *testing.B) *account.Caller {
	b.Helper()
	s := l.Rights.Accounts
	ctx, subject := b.Context(), letters()
	token, _, err := s.SignIn(ctx, account.Identity{Issuer: "https://large.example", Subject: subject, Email: subject + "@example.org"})
	if err != nil {
		b.Fatal(err)
	}
	p, err := s.Authenticate(ctx, token, privacy.ParseAddr("127.0.0.1"))
	if err != nil {
		b.Fatal(err)
	}
	a, err := s.Create(ctx, p, account.Profile{}, "")
	if err != nil {
		b.Fatal(err)
	}
	c, err := s.In(ctx, p, string(a.ID))
	if err != nil {
		b.Fatal(err)
	}
	ids := make([]app.ID, *apps)
	for i := range ids {
		made, err := c.MakeApp(ctx, account.NewApplication{Name: fmt.Sprint("application ", i)}, "")
		if err != nil {
			b.Fatal(err)
		}
		ids[i] = made.ID
	}
	l.fill(b, ids)
	return c
}

func (l Large) fill(b *testing.B, ids []app.ID) {
	b.Helper()
	const atOnce = 32
	now := time.Now()
	var filling sync.WaitGroup
	for first := range atOnce {
		filling.Go(func() {
			for i := first; i < *events; i += atOnce {
				at := now.Add(-time.Duration(i) * time.Millisecond)
				e := telemetry.Event{Node: "here", App: ids[i%len(ids)], Topic: "news", Size: 100, Subscribers: 10, At: at}
				if err := l.Record(b.Context(), telemetry.Record{Event: e, Expires: now.Add(24 * time.Hour)}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	filling.Wait()
	if b.Failed() {
		b.FailNow()
	}
}

// follow asks how far a deletion is until it is completed, and returns how often
// there was something new, and the last of it.
func (l Large) follow(b *testing.B, request ledger.RequestID) (news int, last string) {
	b.Helper()
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() { l.run(ctx, b, job.ID(request)) })
	for {
		s, err := l.Rights.Status(b.Context(), string(request))
		if err != nil {
			b.Fatal(err)
		}
		if s.Stage == ledger.Completed {
			return news, last
		}
		if seen := fmt.Sprintf("step %d of %d, %s, %v", s.Done, s.Steps, s.Step, s.Counts); seen != last {
			last, news = seen, news+1
		}
		select {
		case <-time.After(5 * time.Millisecond):
		case <-b.Context().Done():
			b.Fatal("it took too long")
		}
	}
}

// run goes on with the job until ctx ends.
func (l Large) run(ctx context.Context, b *testing.B, id job.ID) {
	for l.Run != nil && ctx.Err() == nil {
		if err := l.Run(ctx, id); err != nil && ctx.Err() == nil {
			b.Error(err)
			return
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
		}
	}
}

// watchHeap returns what stops to watch, and says by how much the objects in the
// heap have become more at most.
func watchHeap() (stop func() uint64) {
	runtime.GC()
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(sample)
	begin := sample[0].Value.Uint64()
	var most atomic.Uint64
	done, watching := make(chan struct{}), sync.WaitGroup{}
	watching.Go(func() {
		for {
			metrics.Read(sample)
			most.Store(max(most.Load(), sample[0].Value.Uint64()))
			select {
			case <-done:
				return
			case <-time.After(time.Millisecond):
			}
		}
	})
	return func() uint64 {
		close(done)
		watching.Wait()
		return most.Load() - min(begin, most.Load())
	}
}
