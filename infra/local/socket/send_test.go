package socket_test

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"tacet/infra/local/socket"
)

func said(text string) socket.Frame { return socket.NewFrame([]byte(text), false) }

// Whatever is gathered into one write, each sender's frames arrive in its order.
func TestOrderSurvivesCoalescing(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		const senders, each, receivers = 4, 500, 5
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return new(funcs) })
		var clients []*client
		var all []*socket.Conn
		for range receivers {
			c, sc := h.dial()
			clients, all = append(clients, c), append(all, sc)
		}
		var wg sync.WaitGroup
		for s := range senders {
			wg.Go(func() {
				for i := range each {
					if n, _, _ := h.server.SendAll(nil, all, said(fmt.Sprint(s, " ", i, strings.Repeat("x", i)))); n != receivers {
						t.Error("accepted by ", n)
					}
				}
			})
		}
		for _, c := range clients {
			var next [senders]int
			for range senders * each {
				var s, i int
				fmt.Sscan(strings.TrimRight(string(c.read().Payload), "x"), &s, &i)
				if i != next[s] {
					t.Fatalf("sender %d: frame %d came when %d was due", s, i, next[s])
				}
				next[s]++
			}
		}
		wg.Wait()
	})
}

func TestBinaryAndLargeFramesArrive(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return new(funcs) })
		c, sc := h.dial()
		for _, n := range []int{0, 125, 126, 65535, 65536, 1 << 20} {
			f := socket.NewFrame(make([]byte, n), true)
			if err := sc.Send(f); err != nil {
				t.Fatal(err)
			}
			if got := c.read(); got.Header.OpCode != ws.OpBinary || len(got.Payload) != n {
				t.Fatalf("%d bytes: got opcode %d and %d bytes", n, got.Header.OpCode, len(got.Payload))
			}
		}
		if err := sc.Send(socket.Frame{}); err != nil {
			t.Error("no frame: ", err)
		}
	})
}

// A batch of sends, each of which the kernel takes only in part, is completed for each.
func TestLargeFramesReachACrowd(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		const receivers, frames, size = 8, 3, 8 << 20
		h := newHost(t, socket.Options{Path: path, Backlog: 2 * frames * size}, func() *funcs { return new(funcs) })
		var clients []*client
		var all []*socket.Conn
		for range receivers {
			c, sc := h.dial()
			clients, all = append(clients, c), append(all, sc)
		}
		for i := range frames {
			if n, _, _ := h.server.SendAll(nil, all, socket.NewFrame(bytes.Repeat([]byte{byte(i)}, size), true)); n != receivers {
				t.Fatal("accepted by ", n)
			}
		}
		for _, c := range clients {
			for i := range frames {
				if got := c.read().Payload; len(got) != size || got[0] != byte(i) || got[size-1] != byte(i) {
					t.Fatal("frame ", i, " came with ", len(got))
				}
			}
		}
	})
}

// An answer precedes what the message caused, however deep the corks.
func TestUncorkedFrameGoesFirst(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs {
			return &funcs{message: func(c *socket.Conn, text string) {
				c.Cork()
				c.Cork()
				c.Send(said("reply 1"))
				c.Send(said("reply 2"))
				c.Uncork(said("inner ack"))
				c.Send(said("reply 3"))
				c.Uncork(said("ack"))
				c.Send(said("after"))
				c.Cork()
				c.Send(said("kept until now"))
				c.Uncork(socket.Frame{})
			}}
		})
		c, sc := h.dial()
		sc.Send(said("before"))
		c.say("go")
		for _, want := range []string{"before", "inner ack", "ack", "reply 1", "reply 2", "reply 3", "after", "kept until now"} {
			c.hears(want)
		}
	})
}

// One that does not read costs the others nothing, is refused at its bound, and is told
// why it ends: at a frame's boundary, with the rest of the backlog dropped.
func TestSlowReceiverIsRefusedAndTold(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		const backlog = 256 << 10
		h := newHost(t, socket.Options{Path: path, Backlog: backlog, CloseGrace: 10 * time.Second}, func() *funcs { return new(funcs) })
		slow, slowConn := h.dial()
		quick, quickConn := h.dial()
		all := []*socket.Conn{slowConn, quickConn}
		long := strings.Repeat("x", 1000)
		sent := 0
		for refused := false; !refused; sent++ {
			n, closed, slows := h.server.SendAll(nil, all, said(fmt.Sprint(sent, " ", long)))
			quick.hears(fmt.Sprint(sent, " ", long))
			if refused = n == 1; refused && (len(closed) != 0 || len(slows) != 1 || slows[0] != slowConn) {
				t.Fatal("refused by ", closed, slows)
			}
		}
		if q := slowConn.Queued(); q > backlog || q < backlog-2000 {
			t.Error("queued: ", q)
		}
		if err := slowConn.Send(said(long)); !errors.Is(err, socket.ErrSlow) {
			t.Error("Send to the slow one: ", err)
		}
		slowConn.Close(4008, "too slow")
		heard := 0
		for {
			f := slow.read()
			if f.Header.OpCode == ws.OpClose {
				if code, reason := ws.ParseCloseFrameData(f.Payload); code != 4008 || reason != "too slow" {
					t.Error("told ", code, reason)
				}
				break
			}
			if want := fmt.Sprint(heard, " ", long); string(f.Payload) != want {
				t.Fatalf("frame %d is %.20q", heard, f.Payload)
			}
			heard++
		}
		if heard >= sent-backlog/2000 {
			t.Errorf("the backlog was not dropped: heard %d of %d", heard, sent)
		}
		quick.conn.Close()
	})
}

// fanOut is a host whose last connection's messages go to all the others.
type fanOut struct {
	*host
	publisher *client
	from      *socket.Conn
	clients   []*client
	to        []*socket.Conn
	refused   atomic.Int32
}

func newFanOut(t *testing.T, o socket.Options, receivers int) *fanOut {
	f := new(fanOut)
	f.host = newHost(t, o, func() *funcs {
		return &funcs{message: func(c *socket.Conn, text string) {
			n, _, _ := f.server.SendAll(c, f.to, said(text))
			f.refused.Add(int32(receivers - n))
		}}
	})
	for range receivers {
		c, sc := f.dial()
		// With the kernel's buffers alike, who reads as fast is as far.
		c.conn.(*net.TCPConn).SetReadBuffer(32 << 10)
		f.clients, f.to = append(f.clients, c), append(f.to, sc)
	}
	f.publisher, f.from = f.dial()
	return f
}

// When most receivers are behind, the publisher is not read until they have caught up: then
// nothing is lost, however much it sends.
func TestPublisherWaitsForTheCrowd(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		f := newFanOut(t, socket.Options{Path: path}, 3)
		f.server.SetPatience(time.Hour)
		const n = 1000
		long := strings.Repeat("x", 20_000) // 20 MB for each, five backlogs
		for i, c := range f.clients {       // answers that are read count no more
			for range 2 {
				f.to[i].Send(said(strings.Repeat(long, 150)))
				c.hears(strings.Repeat(long, 150))
			}
		}
		go func() {
			for i := range n {
				if _, err := f.publisher.conn.Write(text(fmt.Sprint(i, " ", long))); err != nil {
					t.Error(err)
					return
				}
			}
		}()
		eventually(t, "the publisher is held", f.from.Held)
		for i := range n {
			for _, c := range f.clients {
				c.hears(fmt.Sprint(i, " ", long))
			}
		}
		if n := f.refused.Load(); n > 0 {
			t.Error("refused: ", n)
		}
		eventually(t, "the publisher is read again", func() bool { return !f.from.Held() })
	})
}

// One that does not read holds up nobody; nor do most, for longer than the patience.
func TestPublisherDoesNotWaitForOne(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		f := newFanOut(t, socket.Options{Path: path, Backlog: 256 << 10}, 3)
		f.server.SetPatience(time.Hour)
		long := strings.Repeat("x", 1000)
		sent := 0
		publish := func(hearers ...*client) {
			f.publisher.say(fmt.Sprint(sent, " ", long))
			for _, c := range hearers {
				c.hears(fmt.Sprint(sent, " ", long))
			}
			sent++
		}
		for f.to[0].Queued() < 250<<10 {
			publish(f.clients[1:]...)
			if f.from.Held() {
				t.Fatal("held up by one of three")
			}
		}
		f.server.SetPatience(200 * time.Millisecond)
		held := false
		for f.to[1].Queued() < 250<<10 {
			publish(f.clients[2])
			held = held || f.from.Held()
		}
		if !held {
			t.Error("never held up by two of three")
		}
		// Both count no more.
		f.server.SetPatience(time.Hour)
		for range 100 {
			publish(f.clients[2])
		}
	})
}

// Subscribers of an open topic could hold up its publishers for the whole patience, by asking
// and not reading the answers: most receivers were behind then.
func TestPublisherDoesNotWaitForWhoDoesNotReadAnswers(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		for name, answer := range map[string]func(*socket.Conn){
			"sent":     func(c *socket.Conn) { c.Send(said(strings.Repeat("y", 1000))) },
			"uncorked": func(c *socket.Conn) { c.Cork(); c.Uncork(said(strings.Repeat("y", 1000))) },
		} {
			f := newFanOut(t, socket.Options{Path: path, Backlog: 256 << 10}, 3)
			f.server.SetPatience(time.Hour)
			const almost, enough = 60 << 10, 66 << 10 // from 64 KiB on they are behind
			for i, n := range []int{almost, enough} {
				full := 0
				eventually(t, "the kernel takes no more", func() bool {
					for ; f.to[i].Queued() < n; full = 0 {
						answer(f.to[i])
					}
					full++
					return full == 20
				})
			}
			for i := range 20 {
				f.publisher.say(fmt.Sprint(i, strings.Repeat("x", 1000)))
				f.clients[2].hears(fmt.Sprint(i, strings.Repeat("x", 1000)))
			}
			if min(f.to[0].Queued(), f.to[1].Queued()) < enough {
				t.Fatal("this test tests nothing")
			}
			if f.from.Held() {
				t.Error(name, ": held up")
			}
		}
	})
}

// Who does not read its answers is not read.
func TestAnswersNobodyReadsStopTheReading(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		var mu sync.Mutex
		refused := 0
		answer := strings.Repeat("y", 1000)
		h := newHost(t, socket.Options{Path: path, Backlog: 64 << 10}, func() *funcs {
			return &funcs{message: func(c *socket.Conn, _ string) {
				if c.Send(said(answer)) != nil {
					mu.Lock()
					refused++
					mu.Unlock()
				}
			}}
		})
		const n = 10_000
		c, sc := h.dial()
		go func() {
			for range n {
				c.conn.Write(text("question"))
			}
		}()
		eventually(t, "the asker is held", sc.Held)
		for range n {
			c.hears(answer)
		}
		mu.Lock()
		defer mu.Unlock()
		if refused > 0 {
			t.Error("refused: ", refused)
		}
	})
}

func TestWriteToClosedConnectionsIsReported(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return new(funcs) })
		gone, goneConn := h.dial()
		c, sc := h.dial()
		gone.conn.Close()
		h.end()
		n, closed, slow := h.server.SendAll(nil, []*socket.Conn{goneConn, sc}, said("a"))
		if n != 1 || len(closed) != 1 || closed[0] != goneConn || slow != nil {
			t.Error(n, closed, slow)
		}
		c.hears("a")
	})
}
