package poster_test

import (
	"context"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/pubsub"
	"tacet/infra/parcel"
	"tacet/infra/poster"
)

// instant is a connection to an endpoint that answers before it is asked.
type instant struct {
	net.Conn
	answer func() string
	left   io.Reader
}

func (c *instant) Write(b []byte) (int, error) {
	c.left = strings.NewReader(c.answer())
	return len(b), nil
}

func (c *instant) Read(b []byte) (int, error)  { return c.left.Read(b) }
func (c *instant) SetDeadline(time.Time) error { return nil }
func (c *instant) Close() error                { return nil }

// held returns how many bytes are held when a post of the largest frame to n
// connections, of which every tenth is refused at first, is half done. Those
// above threshold are posted elsewhere, or are to be and cannot.
func held(t *testing.T, n, threshold int, elsewhere bool) (bytes int64) {
	frame, to := text(strings.Repeat("x", 128<<10)), numbered(n)
	synctest.Test(t, func(t *testing.T) {
		var count, before atomic.Int64
		step := func(by, half int) int64 {
			i := count.Add(int64(by))
			if i >= int64(half) && i < int64(half+by) {
				bytes = inUse() - before.Load()
			}
			return i
		}
		direct := poster.New(poster.Options{
			Endpoint: "http://endpoint/prod", Region: "eu-west-1", Credentials: credentials,
			Dial: func(context.Context, string, string) (net.Conn, error) {
				return &instant{answer: func() string {
					if i := step(1, n/2+1); i%10 == 0 && i < int64(n) {
						return status("429")
					}
					return ok
				}}, nil
			},
		})
		split := poster.Split(direct, func(_ context.Context, payload []byte) ([]byte, error) {
			p, err := parcel.Decode(payload)
			if err != nil {
				return nil, err
			}
			if !elsewhere {
				return nil, refusal(true)
			}
			step(len(p.To), n/2)
			return parcel.Receipt(pubsub.Posted{Delivered: len(p.To)})
		}, threshold)
		before.Store(inUse())
		// Pages of an audience are posted four at a time.
		var pages sync.WaitGroup
		var delivered atomic.Int64
		for page := range slices.Chunk(to, max(1, n/4)) {
			pages.Go(func() { delivered.Add(int64(split.Post(t.Context(), page, frame).Delivered)) })
		}
		pages.Wait()
		if delivered.Load() < int64(n)*99/100 {
			t.Errorf("%d of %d delivered", delivered.Load(), n)
		}
	})
	runtime.KeepAlive(to)
	return bytes
}

func inUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapInuse + m.StackInuse)
}

func TestAFrameForManyHoldsLittleMoreThanOneForOne(t *testing.T) {
	const n, most = 100_000, 64 << 20
	one := held(t, 1, n, false)
	t.Logf("to one: %d bytes", one)
	for name, bytes := range map[string]int64{
		"to many": held(t, n, n, false), "to many, split": held(t, n, 1000, true), "to many, with help that does not come": held(t, n/10, 100, false),
	} {
		t.Logf("%s: %d bytes", name, bytes)
		if bytes-one > most {
			t.Errorf("a frame %s holds %d bytes more than one to one", name, bytes-one)
		}
	}
}
