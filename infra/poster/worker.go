package poster

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"time"

	"tacet/core/wire"
	"tacet/infra/sigv4"
)

// worker makes one request after another.
type worker struct {
	round   *round
	series  *sigv4.Series
	signed  time.Time // when series was made
	refused int       // how often in a row

	// conn is kept from one request to the next, with its slot.
	conn *conn

	mu    sync.Mutex
	using *conn // what cut would cut
}

// run works until there is nothing to do, or no time to do it.
func (w *worker) run(ctx context.Context) {
	handed := 0
	for ctx.Err() == nil {
		t, ok := w.round.take()
		if !ok {
			break
		}
		if wait := w.wait(t); wait > 0 || w.round.poster.pool.wanted() {
			w.rest(time.Now())
			if !sleep(ctx, wait) {
				w.round.settle(t, failed, CauseTime, t.due)
				break
			}
		}
		v, cause := w.attempt(ctx, t.id)
		if v == refused {
			w.refused++
		} else {
			w.refused = 0
		}
		if v == delivered {
			handed++
			continue
		}
		w.round.settle(t, v, cause, time.Now())
	}
	w.rest(time.Now())
	w.round.delivered(handed)
}

// wait is how long to wait before a try: until it is due, and longer if the
// last requests were refused. So one receiver that is slow costs its worker ten
// milliseconds, and when all are refused, all back off.
func (w *worker) wait(t try) (d time.Duration) {
	if t.number > 0 {
		d = time.Until(t.due)
	}
	if w.refused > 0 {
		d = max(d, rand.N(min(10*time.Millisecond<<min(w.refused, 10), time.Second)))
	}
	return d
}

// sleep waits, and reports whether the context has time for it.
func sleep(ctx context.Context, d time.Duration) bool {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// attempt makes one request.
func (w *worker) attempt(ctx context.Context, id wire.ConnID) (verdict, Cause) {
	now := time.Now()
	if w.conn == nil {
		if !w.round.poster.pool.enter(ctx) {
			return failed, CauseTime
		}
		var err error
		if w.conn, err = w.round.poster.pool.get(ctx, now); err != nil {
			w.drop()
			return refused, CauseConnection
		}
	}
	if w.series == nil || now.Sub(w.signed) > fresh {
		w.series, w.signed = w.round.series.At(now), now
	}
	if !w.hold(ctx, now) {
		w.drop()
		return failed, CauseTime
	}
	a, cause := w.conn.exchange(w.series.Request(string(id)))
	w.release()
	if cause != "" || a.last {
		w.drop()
	}
	if cause != "" {
		return w.round.broken(cause), cause
	}
	return w.round.judge(a.status)
}

// rest gives connection and slot back, and the requests if they are large: so
// there are as many of these as there are slots, however many posts take turns.
func (w *worker) rest(now time.Time) {
	if w.conn == nil {
		return
	}
	w.round.poster.pool.put(w.conn, now)
	w.conn = nil
	if w.round.large {
		w.series = nil
	}
	w.round.poster.pool.leave()
}

// drop gives the slot back, and the connection up if there is one.
func (w *worker) drop() {
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
	w.round.poster.pool.leave()
}

// hold makes the connection the one that cut cuts, and reports whether it may
// be used.
func (w *worker) hold(ctx context.Context, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	w.using = w.conn
	w.conn.expect(now, w.round.poster.pool.timeout)
	return true
}

func (w *worker) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.using = nil
}

// cut ends the request that is under way.
func (w *worker) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.using != nil {
		w.using.end(time.Unix(1, 0)) // long ago
	}
}

// verdict is what an attempt says of a connection.
type verdict uint8

const (
	delivered verdict = iota
	gone              // or not open yet
	refused           // nothing happened, and the next attempt may succeed
	failed            // nothing happened and nothing will, or nobody knows
)

// judge returns what a status says. Of those that speak of the other side's
// trouble, 503 says that the request was not looked at (RFC 9110, 15.6.4); after
// 500, 502 and 504 it may have been carried out all the same.
func (r *round) judge(status int) (verdict, Cause) {
	switch {
	case status >= 200 && status < 300:
		return delivered, ""
	case status == 410:
		return gone, ""
	}
	cause := Cause("status " + strconv.Itoa(status))
	if status == 429 || status == 503 || r.repeatable && status >= 500 {
		return refused, cause
	}
	return failed, cause
}

// broken returns what a request without an answer says. A frame that may have
// been delivered is not sent again: core promises at most once.
func (r *round) broken(c Cause) verdict {
	if c == CauseUnsent || r.repeatable {
		return refused
	}
	return failed
}
