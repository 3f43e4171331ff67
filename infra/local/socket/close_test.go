package socket_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gobwas/ws"

	"tacet/infra/local/socket"
)

func TestOwnersCloseIsHeardAndReported(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return new(funcs) })
		for _, tc := range []struct {
			code         int
			reason       string
			heard        int
			heardReason  string
			reportedCode int
		}{
			{1000, "Connection Closed Normally", 1000, "Connection Closed Normally", 1000},
			{4008, "", 4008, "", 4008},
			{1006, "not sendable", 1000, "not sendable", 1000},
			{4000, strings.Repeat("é", 70), 4000, strings.Repeat("é", 61), 4000}, // 123 bytes, never half a character
		} {
			c, sc := h.dial()
			sc.Send(socket.NewReply([]byte("goodbye"), false))
			sc.Close(tc.code, tc.reason)
			if err := sc.Send(socket.NewReply([]byte("too late"), false)); !errors.Is(err, socket.ErrClosed) {
				t.Error("Send after Close: ", err)
			}
			sc.Close(4999, "second")
			c.hears("goodbye")
			c.hearsClose(tc.heard, tc.heardReason)
			if e := h.end(); e != (end{tc.reportedCode, tc.reason}) {
				t.Error("ended with ", e)
			}
		}
	})
}

// The handler hears of a client that vanishes, whatever it was doing, and nothing stays.
func TestVanishedClientsAreReported(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return &funcs{message: echo} })
		for name, vanish := range map[string]func(*client, *socket.Conn){
			"at rest":        func(*client, *socket.Conn) {},
			"in a frame":     func(c *client, _ *socket.Conn) { c.raw(text("hello")[:4]) },
			"in a message":   func(c *client, _ *socket.Conn) { c.raw(frame(ws.OpText, false, []byte("a"))) },
			"while paused":   func(c *client, sc *socket.Conn) { sc.Pause(); c.say("unread") },
			"without FIN":    func(c *client, _ *socket.Conn) { c.conn.(*net.TCPConn).SetLinger(0) },
			"with a backlog": func(c *client, sc *socket.Conn) { sc.Send(socket.NewReply(make([]byte, 3<<20), false)) },
		} {
			c, sc := h.dial()
			vanish(c, sc)
			c.conn.Close()
			if name == "while paused" {
				sc.Resume()
			}
			if e := h.end(); e != (end{socket.StatusLost, ""}) {
				t.Errorf("%s: ended with %v", name, e)
			}
			if err := sc.Send(socket.NewReply([]byte("a"), false)); !errors.Is(err, socket.ErrClosed) {
				t.Errorf("%s: Send afterwards: %v", name, err)
			}
		}
		eventually(t, "all are gone", func() bool { return h.server.Len() == 0 })
	})
}

// A paused connection that the owner closes must not wait to be resumed.
func TestPausedConnectionCanBeClosed(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return new(funcs) })
		c, sc := h.dial()
		sc.Pause()
		sc.Close(4001, "enough")
		c.hearsClose(4001, "enough")
		h.end()

		// Nor when the client never answers.
		h2 := newHost(t, socket.Options{Path: path, CloseGrace: 20 * time.Millisecond}, func() *funcs { return new(funcs) })
		_, sc = h2.dial()
		sc.Pause()
		sc.Close(4001, "enough")
		if e := h2.end(); e != (end{4001, "enough"}) {
			t.Error("ended with ", e)
		}
	})
}

// That a paused connection broke shows when it is written to.
func TestPausedConnectionThatBreaksEnds(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		paused := make(chan struct{})
		h := newHost(t, socket.Options{Path: path}, func() *funcs {
			return &funcs{message: func(c *socket.Conn, _ string) { c.Pause(); close(paused) }}
		})
		c, sc := h.dial()
		c.raw(join(text("pause"), text("unread"))) // so that no reader waits inside a read
		<-paused
		c.conn.(*net.TCPConn).SetLinger(0)
		c.conn.Close()
		eventually(t, "sending fails", func() bool { return errors.Is(sc.Send(said("a")), socket.ErrClosed) })
		if e := h.end(); e != (end{socket.StatusLost, ""}) {
			t.Error("ended with ", e)
		}
	})
}

func TestPauseHoldsMessagesBack(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		var heard atomic.Int32
		h := newHost(t, socket.Options{Path: path}, func() *funcs {
			return &funcs{message: func(c *socket.Conn, text string) {
				if heard.Add(1); text == "stop" {
					c.Pause()
				}
				echo(c, text)
			}}
		})
		c, sc := h.dial()
		c.raw(join(text("a"), text("stop"), text("b"), text("c")[:3]))
		c.hears("a")
		c.hears("stop")
		if n := heard.Load(); n != 2 {
			t.Fatal("messages in spite of Pause: ", n)
		}
		sc.Resume()
		c.hears("b")
		c.raw(text("c")[3:])
		c.hears("c")
	})
}

func TestShutdownSaysGoodbyeAndWaits(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path}, func() *funcs { return new(funcs) })
		polite, _ := h.dial()
		done := make(chan struct{})
		go func() { defer close(done); polite.hearsClose(1001, "Going away") }()
		if err := h.server.Shutdown(t.Context()); err != nil {
			t.Error(err)
		}
		<-done
		if e := h.end(); e != (end{1001, "Going away"}) {
			t.Error("ended with ", e)
		}
		resp, err := http.DefaultClient.Do(upgradeRequest(t, h))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != 503 {
			t.Error("upgrade after shutdown: ", resp.Status)
		}
	})
}

func TestShutdownCutsWhoDoesNotAnswer(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path, CloseGrace: time.Hour}, func() *funcs { return new(funcs) })
		h.dial()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := h.server.Shutdown(ctx); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		h.end()
		if n := h.server.Len(); n != 0 {
			t.Error(n, " left")
		}
	})
}

func upgradeRequest(t *testing.T, h *host) *http.Request {
	r, err := http.NewRequestWithContext(t.Context(), "GET", h.http.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for k, v := range map[string]string{"Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ=="} {
		r.Header.Set(k, v)
	}
	return r
}

// What a connection used can be collected once it is over: nothing keeps the handler.
func TestMemoryReturns(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		var collected atomic.Int32
		h := newHost(t, socket.Options{Path: path, CloseGrace: time.Millisecond}, func() *funcs {
			f := &funcs{message: echo}
			runtime.AddCleanup(f, func(struct{}) { collected.Add(1) }, struct{}{})
			return f
		})
		const n = 50
		for range n {
			c, sc := h.dial()
			c.say("hello")
			c.hears("hello")
			h.server.SendAll(nil, []*socket.Conn{sc}, socket.NewFrame([]byte("all"), false))
			c.hears("all")
			c.conn.Close()
			h.end()
		}
		h.mu.Lock()
		h.conns = nil
		h.mu.Unlock()
		// The last of them may still be on some goroutine's stack.
		eventually(t, "handlers are collected", func() bool { runtime.GC(); return collected.Load() >= n-2 })
	})
}
