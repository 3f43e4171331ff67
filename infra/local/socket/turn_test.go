package socket_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/infra/local/socket"
)

// One connection's input was handled up to 64 KiB at a time, whatever that cost: while one
// published to a thousand, another waited for half a second. Here the last of many messages
// is not over until another connection has been answered.
func TestOneThatSendsMuchDoesNotKeepOthersWaiting(t *testing.T) {
	everyPath(t, func(t *testing.T, path socket.Path) {
		const last = 500 // and all together are less than one read
		began, heard := make(chan struct{}), make(chan struct{})
		next := 0
		h := newHost(t, socket.Options{Path: path, Loops: 1}, func() *funcs {
			return &funcs{message: func(c *socket.Conn, text string) {
				if text == "other" {
					echo(c, text)
					return
				}
				if text != fmt.Sprint(next) {
					t.Errorf("message %q came when %d was due", text, next)
				}
				switch next {
				case 0:
					<-began
				case last:
					select {
					case <-heard:
					case <-time.After(10 * time.Second):
						t.Error("the other was not answered")
					}
					echo(c, text)
				}
				next++
			}}
		})
		h.server.Hurry()
		busy, busyConn := h.dial()
		other, _ := h.dial()
		busyConn.Pause() // so that one read finds all
		var all [][]byte
		for i := range last + 1 {
			all = append(all, text(fmt.Sprint(i)))
		}
		busy.raw(join(all...))
		busyConn.Resume()
		other.say("other")
		close(began)
		other.hears("other")
		close(heard)
		busy.hears(fmt.Sprint(last))
	})
}

// A message that comes in small pieces, over TLS in as many records, arrives as it was sent.
func TestMessageInPiecesArrives(t *testing.T) {
	for name, start := range map[string]func(testing.TB, socket.Options, func() *funcs) *host{"plain": newHost, "TLS": newTLSHost} {
		t.Run(name, func(t *testing.T) {
			everyPath(t, func(t *testing.T, path socket.Path) {
				h := start(t, socket.Options{Path: path}, func() *funcs { return &funcs{message: echo} })
				c, _ := h.dial()
				var long []string
				for i := range 3 {
					long = append(long, strings.Repeat(fmt.Sprint(i, " "), 16_000-i))
				}
				b := join(text(long[0]), text("short"), text(long[1]), text(long[2]))
				var wg sync.WaitGroup
				wg.Go(func() {
					for ; len(b) > 0; b = b[min(len(b), 61):] {
						c.conn.Write(b[:min(len(b), 61)])
					}
				})
				for _, want := range []string{long[0], "short", long[1], long[2]} {
					c.hears(want)
				}
				wg.Wait()
			})
		})
	}
}
