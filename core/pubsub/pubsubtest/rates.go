package pubsubtest

import (
	"testing"
	"time"

	"tacet/core/wire"
)

// TestRates holds stores against the contract of pubsub.Rates. It may be
// approximate: up to twice what is allowed is let pass, but never less.
func TestRates(t *testing.T, open OpenStores) {
	for _, c := range []struct {
		name string
		test func(*room)
	}{
		{"as many at once as in a second, and not many more", (*room).burst},
		{"waiting as told helps", (*room).waitHelps},
		{"over time the rate is the rate", (*room).steady},
		{"connections have rates of their own", (*room).ownRates},
		{"as many refusals are told of as in a second", (*room).tell},
		{"what is told has no influence on what is sent, nor on what is told of others", (*room).tellApart},
		{"a second of silence gives back one second, not more", (*room).silence},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := open.room(t)
			r.add("ann", "one")
			r.add("ann", "two")
			c.test(r)
		})
	}
}

const rate = 20

// take sends until it is told to wait, at most 10×rate times, and returns how
// many went through and how long to wait.
func (r *room) take(id wire.ConnID) (int, time.Duration) {
	r.t.Helper()
	for n := range 10 * rate {
		wait, err := r.Rates.Take(r.ctx, id, rate, r.clock.Now())
		r.want(err, nil)
		if wait != 0 {
			if wait < 0 || wait > time.Second {
				r.t.Errorf("told to wait %v", wait)
			}
			return n, wait
		}
	}
	return 10 * rate, 0
}

func (r *room) wantBurst(n int) {
	r.t.Helper()
	if n < rate || n > 2*rate {
		r.t.Errorf("%d messages went through at once, want %d", n, rate)
	}
}

func (r *room) burst() {
	n, wait := r.take("one")
	r.wantBurst(n)
	if wait == 0 {
		r.t.Error("nobody was told to wait")
	}
}

func (r *room) waitHelps() {
	_, wait := r.take("one")
	for range 3 {
		r.clock.Advance(wait)
		var n int
		if n, wait = r.take("one"); n == 0 {
			r.t.Fatalf("after waiting as told, still to wait %v", wait)
		}
	}
}

func (r *room) steady() {
	passed := 0
	const seconds = 10
	for range 100 * seconds {
		wait, err := r.Rates.Take(r.ctx, "one", rate, r.clock.Now())
		r.want(err, nil)
		if wait == 0 {
			passed++
		}
		r.clock.Advance(10 * time.Millisecond)
	}
	if passed < rate*seconds || passed > 2*rate*(seconds+1) {
		r.t.Errorf("%d messages went through in %d seconds, at %d a second", passed, seconds, rate)
	}
}

func (r *room) ownRates() {
	r.take("one")
	n, _ := r.take("two")
	r.wantBurst(n)
}

func (r *room) silence() {
	r.take("one")
	r.clock.Advance(time.Second)
	n, _ := r.take("one")
	r.wantBurst(n)
	r.clock.Advance(time.Hour)
	n, _ = r.take("one")
	r.wantBurst(n)
}

// told returns how many of many refusals are told of.
func (r *room) told(id wire.ConnID, perSecond int) (n int) {
	for range 10 * rate {
		if r.Rates.Tell(id, perSecond, r.clock.Now()) {
			n++
		}
	}
	return n
}

func (r *room) tell() {
	for range 3 {
		if n := r.told("one", 10); n < 1 || n > 20 {
			r.t.Errorf("%d were told of, want 10", n)
		}
		r.clock.Advance(time.Second)
	}
	for range 3 {
		if n := r.told("one", 1); n != 1 {
			r.t.Errorf("%d were told of, want 1", n)
		}
		if n := r.told("one", 10); n > 10 {
			r.t.Errorf("%d more were told of", n)
		}
		r.clock.Advance(2 * time.Second)
	}
}

func (r *room) tellApart() {
	r.take("one")
	if !r.Rates.Tell("one", 1, r.clock.Now()) || !r.Rates.Tell("two", 1, r.clock.Now()) {
		r.t.Error("a first refusal is not told of")
	}
	n, _ := r.take("two")
	r.wantBurst(n)
}
