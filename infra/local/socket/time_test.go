package socket_test

import (
	"testing"
	"time"

	"github.com/gobwas/ws"

	"tacet/infra/local/socket"
)

// Time is moved by hand: the sweeper itself looks every four seconds only.
func TestIdleConnectionsEnd(t *testing.T) {
	const idle = time.Hour
	for name, tc := range map[string]struct {
		do  func(c *client, sc *socket.Conn)
		end bool
	}{
		"silent":            {func(*client, *socket.Conn) {}, true},
		"only pings":        {func(c *client, _ *socket.Conn) { c.raw(frame(ws.OpPing, true, nil)); c.read() }, true},
		"client speaks":     {func(c *client, _ *socket.Conn) { c.say("quiet"); c.raw(frame(ws.OpPing, true, nil)); c.read() }, false},
		"server speaks":     {func(c *client, sc *socket.Conn) { sc.Send(said("a")); c.hears("a") }, false},
		"server speaks all": {func(c *client, sc *socket.Conn) { sc.Cork(); sc.Uncork(said("a")); c.hears("a") }, false},
	} {
		t.Run(name, func(t *testing.T) {
			everyPath(t, func(t *testing.T, path socket.Path) {
				h := newHost(t, socket.Options{Path: path, IdleTimeout: idle}, func() *funcs { return new(funcs) })
				c, sc := h.dial()
				h.server.SweepAt(h.server.Age() + idle/2) // too early for anything
				opened := h.server.Age()
				tc.do(c, sc)
				h.server.SweepAt(opened + idle)
				if tc.end {
					c.hearsClose(1001, "Going away")
					if e := h.end(); e != (end{1001, "Going away"}) {
						t.Error("ended with ", e)
					}
					return
				}
				if err := sc.Send(said("still there")); err != nil {
					t.Fatal(err)
				}
				c.hears("still there")
			})
		})
	}
}

func TestOldConnectionsEndWhateverTheyDo(t *testing.T) {
	const life = 2 * time.Hour
	everyPath(t, func(t *testing.T, path socket.Path) {
		h := newHost(t, socket.Options{Path: path, IdleTimeout: life, MaxLifetime: life}, func() *funcs { return new(funcs) })
		c, sc := h.dial()
		opened := h.server.Age()
		if d := time.Since(sc.Opened()); d < 0 || d > time.Minute {
			t.Error("opened ", d, " ago")
		}
		sc.Send(said("a"))
		c.hears("a")
		if sc.LastActive().Before(sc.Opened()) {
			t.Error("last active before it was opened")
		}
		h.server.SweepAt(opened + life)
		c.hearsClose(1001, "Going away")
	})
}

// With limits of milliseconds, the sweeper itself is quick.
func TestShortLimitsWorkByThemselves(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		for _, o := range []socket.Options{
			{Path: path, IdleTimeout: 20 * time.Millisecond},
			{Path: path, MaxLifetime: 20 * time.Millisecond},
		} {
			h := newHost(t, o, func() *funcs { return new(funcs) })
			c, _ := h.dial()
			c.hearsClose(1001, "Going away")
			h.end()
		}
	})
}

func TestOptionsAreChecked(t *testing.T) {
	for _, o := range []socket.Options{
		{MaxFrame: -1}, {MaxMessage: -1}, {Backlog: -1}, {IdleTimeout: -1}, {MaxLifetime: -1}, {CloseGrace: -1}, {Loops: -1}, {Path: 99},
	} {
		if s, err := socket.New(o); err == nil {
			s.Shutdown(t.Context())
			t.Errorf("accepted: %+v", o)
		}
	}
	for p, want := range map[socket.Path]string{socket.Auto: "auto", socket.Goroutines: "goroutines", socket.Epoll: "epoll", socket.Uring: "io_uring"} {
		if p.String() != want {
			t.Error(p)
		}
	}
}
