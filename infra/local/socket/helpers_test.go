package socket

import (
	"sync/atomic"
	"testing"
	"time"
)

// counter is a link that only counts flushes. With meet, each waits there for one of another
// goroutine, until two have met.
type counter struct {
	link
	flushed atomic.Int32
	meet    chan struct{}
	met     atomic.Bool
	alone   atomic.Bool // waited for ever
	during  func()      // called by the first flush
}

func (k *counter) flush(*Conn) {
	if k.flushed.Add(1) == 1 && k.during != nil {
		k.during()
	}
	if k.meet == nil || k.met.Load() || k.alone.Load() {
		return
	}
	select {
	case k.meet <- struct{}{}:
		k.met.Store(true)
	case <-k.meet:
		k.met.Store(true)
	case <-time.After(10 * time.Second):
		k.alone.Store(true)
	}
}

// gather begins a round and makes it gather for n connections.
func gather(f *flusher, l link, n int) {
	f.begin()
	m := f.marked()
	for range n {
		m.conns = append(m.conns, &Conn{srv: f.srv, link: l})
	}
	f.all(m)
}

// helped returns a server that has nothing but n helpers.
func helped(t *testing.T, n int) *Server {
	s := &Server{}
	s.flush.srv = s
	s.helpers.start(&s.flush, n)
	t.Cleanup(s.helpers.stop)
	return s
}

func TestWhatHasGatheredForManyIsFlushedByTwo(t *testing.T) {
	s := helped(t, 1)
	k := &counter{meet: make(chan struct{})}
	gather(&s.flush, k, 2*helpWorth)
	s.flush.end(false)
	if k.alone.Load() {
		t.Error("nobody helped")
	}
}

func TestNobodyIsCalledToHelpWithFewOrBetweenRounds(t *testing.T) {
	s := helped(t, 0)
	s.helpers.calls = make(chan struct{}, 1) // and nobody to hear it
	for _, c := range []struct {
		conns int
		more  bool
		calls int
	}{
		{helpWorth - 1, false, 0},
		{helpWorth, true, 0},
		{helpWorth, false, 1},
		{3 * helpWorth, false, 1}, // it is on its way already
	} {
		k := &counter{}
		gather(&s.flush, k, c.conns)
		s.flush.end(c.more)
		if got := len(s.helpers.calls); got != c.calls {
			t.Errorf("%d connections, more %t: %d are called, want %d", c.conns, c.more, got, c.calls)
		}
		if got := int(k.flushed.Load()); got != c.conns {
			t.Errorf("%d connections were flushed, want %d", got, c.conns)
		}
	}
}

// Or else a burst would go out frame by frame.
func TestHelpersLeaveWhatARoundStillGathers(t *testing.T) {
	s := helped(t, 0)
	k := &counter{}
	gather(&s.flush, k, 100)
	s.flush.help()
	if n := k.flushed.Load(); n != 0 {
		t.Errorf("%d connections were flushed while the round went on", n)
	}
	s.flush.end(false)
	if n := k.flushed.Load(); n != 100 {
		t.Errorf("%d of 100 connections were flushed at its end", n)
	}
}

// It was not: the one who flushed had counted before what was his to do.
func TestWhatIsSentWhileARoundIsFlushedIsFlushedToo(t *testing.T) {
	s := helped(t, 0)
	k := &counter{}
	k.during = func() { s.flush.one(&Conn{srv: s, link: k}) }
	gather(&s.flush, k, 1)
	s.flush.end(false)
	if n := k.flushed.Load(); n != 2 {
		t.Errorf("%d of 2 connections were flushed", n)
	}
}
