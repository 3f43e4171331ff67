package poster

import (
	"container/heap"
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"tacet/core/pubsub"
	"tacet/core/wire"
	"tacet/infra/sigv4"
)

// attempts is how often a connection is tried. The waits between them add up to
// three seconds at most, and to half of that usually: so long one receiver that
// does not read can keep an ack waiting. More would help only where workers are
// throttled to a few requests a second each.
const attempts = 6

// round is one request for each of many connections, repeated where it is
// refused. Workers take connections from it until there are none.
type round struct {
	poster     *Poster
	series     *sigv4.Series // of which each worker makes its own
	repeatable bool          // a request may take effect twice
	large      bool          // the frame is, so that to copy it costs less than to keep it

	mu     sync.Mutex
	to     []wire.ConnID // not tried yet
	later  tries         // refused, to be tried again
	posted pubsub.Posted
	causes map[Cause]int
}

func (p *Poster) newRound(to []wire.ConnID, a sigv4.Alike) *round {
	a.Host, a.Path = p.host, p.path
	return &round{poster: p, series: p.signer.Series(a, time.Now()), to: to, large: len(a.Body) > 16<<10}
}

// do makes the requests. It returns in time.
func (r *round) do(ctx context.Context) {
	if len(r.to) == 0 {
		return
	}
	ctx, cancel := context.WithDeadline(ctx, until(ctx, time.Now()))
	defer cancel()
	workers := make([]worker, r.poster.pool.width(len(r.to)))
	defer context.AfterFunc(ctx, func() {
		for i := range workers {
			workers[i].cut()
		}
	})()
	var others sync.WaitGroup
	for i := range workers {
		workers[i].round = r
		if i > 0 {
			others.Go(func() { workers[i].run(ctx) })
		}
	}
	workers[0].run(ctx)
	others.Wait()
	r.abandon()
}

// try is a connection that a request is due for.
type try struct {
	id     wire.ConnID
	number int       // how often it was refused
	due    time.Time // when it may be tried again
}

// take returns what to try next: what was not tried before, or else what is due
// first. A worker that finds nothing may go: what others have refused to them,
// they try again themselves.
func (r *round) take() (t try, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case len(r.to) > 0:
		t.id, r.to = r.to[0], r.to[1:]
	case len(r.later) > 0:
		t = heap.Pop(&r.later).(try)
	default:
		return t, false
	}
	return t, true
}

// settle notes what became of a try. What was delivered the workers count.
func (r *round) settle(t try, v verdict, cause Cause, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if cause != "" {
		r.count(cause, 1)
	}
	t.number++
	switch {
	case v == gone:
		r.posted.Gone = append(r.posted.Gone, t.id)
	case v == refused && t.number < attempts:
		t.due = now.Add(rand.N(min(50*time.Millisecond<<t.number, 2*time.Second)))
		heap.Push(&r.later, t)
	default:
		r.posted.Failed = append(r.posted.Failed, t.id)
	}
}

func (r *round) delivered(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.posted.Delivered += n
}

// abandon counts what is left over as failed.
func (r *round) abandon() {
	for _, t := range r.later {
		r.posted.Failed = append(r.posted.Failed, t.id)
	}
	r.posted.Failed = append(r.posted.Failed, r.to...)
	if n := len(r.later) + len(r.to); n > 0 {
		r.count(CauseTime, n)
	}
}

func (r *round) count(c Cause, n int) {
	if r.causes == nil {
		r.causes = map[Cause]int{}
	}
	r.causes[c] += n
}

// tries is a heap of what is due, the earliest first.
type tries []try

func (t tries) Len() int           { return len(t) }
func (t tries) Less(i, j int) bool { return t[i].due.Before(t[j].due) }
func (t tries) Swap(i, j int)      { t[i], t[j] = t[j], t[i] }

// Push implements heap.Interface.
func (t *tries) Push(x any) { *t = append(*t, x.(try)) }

// Pop implements heap.Interface.
func (t *tries) Pop() any {
	last := (*t)[len(*t)-1]
	*t = (*t)[:len(*t)-1]
	return last
}
