package socket

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
)

// TestQueueKeepsTheBytes compares the queue with the bytes that it stands for, over many
// random runs: frames next to each other and apart, partial writes, a drop.
func TestQueueKeepsTheBytes(t *testing.T) {
	for seed := range uint64(60) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var q queue
		var want []byte
		var ends []int // where in want each frame ends
		for step := range 200 {
			switch rnd.IntN(4) {
			case 0, 1:
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

// A receiver that gets little of the traffic and does not read keeps few chunks alive.
func TestScatteredFramesAreCopiedTogether(t *testing.T) {
	var q queue
	for range 2_000 {
		q.push(append(make([]byte, 0, chunkSize), NewFrame(make([]byte, 100), false).bytes...))
	}
	if n := len(q.rest); n > 2_000*102/compactSize+compactRun+1 {
		t.Error("spans: ", n)
	}
	alive := 0
	for _, s := range q.rest {
		alive += cap(s)
	}
	if alive > 2*q.size+compactRun*chunkSize {
		t.Errorf("%d bytes keep %d alive", q.size, alive)
	}
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
