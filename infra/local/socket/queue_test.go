package socket

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"runtime"
	"testing"
)

// TestQueueKeepsTheBytes compares the queue with the bytes that it stands for, over many
// random runs: frames next to each other and apart, partial writes, a drop.
func TestQueueKeepsTheBytes(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var q queue
		var want []byte
		var ends []int // where in want each frame ends
		for step := range 200 {
			switch rnd.IntN(10) {
			default:
				f := NewFrame(fmt.Appendf(nil, "%d%s", step, make([]byte, rnd.IntN(300))), false)
				if rnd.IntN(3) == 0 {
					f = NewReply(make([]byte, rnd.IntN(40_000)), true)
				}
				q.push(f.bytes)
				want = append(want, f.bytes...)
				ends = append(ends, len(want))
			case 2:
				n := rnd.IntN(q.size + 1)
				if rnd.IntN(4) == 0 {
					n = q.size
				}
				q.advance(n)
				want = want[n:]
				for i := range ends {
					ends[i] -= n
				}
			case 3:
				if rnd.IntN(10) > 0 {
					break
				}
				q.dropFrames()
				keep := 0 // the rest of the frame that has partly gone
				for i, e := range ends {
					if e > 0 && (i == 0 || ends[i-1] < 0) && q.sent > 0 {
						keep = e
						break
					}
				}
				want, ends = want[:keep], []int{keep}
			}
			if got := bytes.Join(q.next(make([][]byte, 0, 1000)), nil); !bytes.Equal(got, want) || q.size != len(want) {
				t.Fatalf("seed %d, step %d: holds %d bytes, says %d, want %d", seed, step, len(got), q.size, len(want))
			}
		}
	}
}

func TestFramesOfOnePublisherAreOnePiece(t *testing.T) {
	var q queue
	for range 300 {
		q.push(NewFrame(make([]byte, 128), false).bytes)
		NewReply(make([]byte, 40), false) // an acknowledgement in between
	}
	// The race detector makes sync.Pool forget at random.
	if n := len(q.next(make([][]byte, 0, 1000))); n > 3 && !raceEnabled {
		t.Error("pieces: ", n)
	}
}

// TestWhatWaitsBoundsWhatIsKept plants frames for receivers that do not read between frames
// for somebody who does, in patterns that kept everybody's memory alive, and compares
// the heap with the bound.
func TestWhatWaitsBoundsWhatIsKept(t *testing.T) {
	const (
		receivers = 5
		fill      = 4 << 20   // bytes for each of them
		enough    = 100 << 20 // bytes in all, if that is less
	)
	rnd := rand.New(rand.NewPCG(1, 2))
	for name, p := range map[string]struct{ own, run, filler func() int }{
		"tiny":                  {just(10), just(1), just(3_000)},
		"small":                 {just(100), just(1), just(4_000)},
		"as large as shares":    {just(alone - 4), just(1), just(alone - 4)},
		"by itself":             {just(4_600), just(1), just(31_200)},
		"by itself, small next": {just(4_600), just(1), just(100)},
		"runs":                  {just(1_000), just(8), just(120_000)},
		"mixed":                 {func() int { return 1 << rnd.IntN(16) }, func() int { return 1 + rnd.IntN(20) }, func() int { return 1 << rnd.IntN(17) }},
	} {
		t.Run(name, func(t *testing.T) {
			queues := make([]queue, receivers)
			before := heap()
			bound := uint64(0)
			for published := 0; queues[0].size < fill && published < enough; {
				for i := range queues {
					for range p.run() {
						f := NewFrame(make([]byte, p.own()), true)
						published += f.Len()
						queues[i].push(f.bytes)
					}
					for filler := p.filler(); filler > 0; filler -= alone {
						published += NewFrame(make([]byte, min(filler, alone-4)), true).Len()
					}
				}
			}
			for _, q := range queues {
				bound += uint64(2*q.size + (spare+2)*chunkSize)
			}
			// What one frame is larger than it asked for, and the lists of spans.
			bound += bound/8 + 1<<20
			if kept := heap() - before; kept > bound {
				t.Errorf("%d receivers with %d bytes each keep %d alive; the bound is %d", receivers, queues[0].size, kept, bound)
			}
			runtime.KeepAlive(queues)
		})
	}
}

func TestScatteredFramesAreCopiedTogether(t *testing.T) {
	var q queue
	for range 2_000 {
		q.push(append(make([]byte, 0, chunkSize), NewFrame(make([]byte, 100), false).bytes...))
	}
	if n := len(q.rest); n > spare+2_000*102/chunkSize+2 {
		t.Error("spans: ", n)
	}
}

// A frame with memory of its own is shared by all who wait for it, however many they are.
func TestLargeFramesAreNotCopied(t *testing.T) {
	var q queue
	shared := map[*byte]bool{}
	for range 10 * spare {
		f := NewFrame(make([]byte, alone), true)
		shared[&f.bytes[0]] = true
		q.push(f.bytes)
		q.push(append(make([]byte, 0, chunkSize), f.bytes[:100]...))
	}
	for _, s := range q.next(make([][]byte, 0, 1000)) {
		delete(shared, &s[0])
	}
	if len(shared) > 0 {
		t.Error("copied: ", len(shared))
	}
}

func just(n int) func() int { return func() int { return n } }

// heap returns how many bytes are alive.
func heap() uint64 {
	runtime.GC()
	runtime.GC() // what a pool has let go, too
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

func BenchmarkEnqueue(b *testing.B) {
	s := &Server{opts: Options{Backlog: 1 << 40}}
	conns := make([]*Conn, 1000)
	for i := range conns {
		conns[i] = &Conn{srv: s, marks: markFull}
	}
	payload := make([]byte, 128)
	n := 0
	for b.Loop() {
		s.SendAll(nil, conns, NewFrame(payload, false))
		if n++; n%1000 == 0 {
			for _, c := range conns {
				c.out.advance(c.out.size)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n*len(conns)), "ns/receiver")
}
