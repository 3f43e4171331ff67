package socket_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"

	"tacet/infra/local/socket"
)

// closing is a close payload.
func closing(code int, reason string) []byte {
	return append(binary.BigEndian.AppendUint16(nil, uint16(code)), reason...)
}

func join(frames ...[]byte) []byte { return bytes.Join(frames, nil) }

func text(s string) []byte { return frame(ws.OpText, true, []byte(s)) }

// with returns a copy of a frame with bits of its first bytes flipped.
func with(f []byte, flip ...byte) []byte {
	f = bytes.Clone(f)
	for i, b := range flip {
		f[i] ^= b
	}
	return f
}

// TestFramesAreAnsweredByTheRFC is what a client sends and what it must hear: echoes
// as they are, "pong:…", and at last "close:code".
func TestFramesAreAnsweredByTheRFC(t *testing.T) {
	const maxFrame, maxMessage = 70_000, 100_000
	long := func(n int) string { return strings.Repeat("x", n) }
	bye := frame(ws.OpClose, true, closing(1000, ""))
	for name, tc := range map[string]struct {
		send []byte
		hear []string
	}{
		"empty text":                {join(text(""), bye), []string{"", "close:1000"}},
		"7-bit length, largest":     {join(text(long(125)), bye), []string{long(125), "close:1000"}},
		"16-bit length, smallest":   {join(text(long(126)), bye), []string{long(126), "close:1000"}},
		"16-bit length, largest":    {join(text(long(65535)), bye), []string{long(65535), "close:1000"}},
		"64-bit length, smallest":   {join(text(long(65536)), bye), []string{long(65536), "close:1000"}},
		"largest frame":             {join(text(long(maxFrame)), bye), []string{long(maxFrame), "close:1000"}},
		"frame too big by one":      {text(long(maxFrame + 1)), []string{"close:1009"}},
		"only the header too big":   {text(long(maxFrame + 1))[:14], []string{"close:1009"}},
		"two in one packet":         {join(text("a"), text("b"), bye), []string{"a", "b", "close:1000"}},
		"ping":                      {join(frame(ws.OpPing, true, []byte("p")), bye), []string{"pong:p", "close:1000"}},
		"ping, largest":             {join(frame(ws.OpPing, true, []byte(long(125))), bye), []string{"pong:" + long(125), "close:1000"}},
		"unasked pong":              {join(frame(ws.OpPong, true, []byte("p")), text("a"), bye), []string{"a", "close:1000"}},
		"close without a code":      {frame(ws.OpClose, true, nil), []string{"close:1005"}},
		"close with an own code":    {frame(ws.OpClose, true, closing(4321, "mine")), []string{"close:4321"}},
		"nothing after the close":   {join(bye, text("late")), []string{"close:1000"}},
		"fragments":                 {join(frame(ws.OpText, false, []byte("a")), frame(ws.OpContinuation, false, []byte("b")), frame(ws.OpContinuation, true, []byte("c")), bye), []string{"abc", "close:1000"}},
		"ping between fragments":    {join(frame(ws.OpText, false, []byte("a")), frame(ws.OpPing, true, nil), frame(ws.OpContinuation, true, []byte("b")), bye), []string{"pong:", "ab", "close:1000"}},
		"close between fragments":   {join(frame(ws.OpText, false, []byte("a")), bye), []string{"close:1000"}},
		"empty fragments":           {join(frame(ws.OpText, false, nil), frame(ws.OpContinuation, true, nil), bye), []string{"", "close:1000"}},
		"message after fragments":   {join(frame(ws.OpText, false, []byte("a")), frame(ws.OpContinuation, true, []byte("b")), text("c"), bye), []string{"ab", "c", "close:1000"}},
		"largest message":           {join(frame(ws.OpText, false, []byte(long(50_000))), frame(ws.OpContinuation, true, []byte(long(50_000))), bye), []string{long(maxMessage), "close:1000"}},
		"message too big by one":    {join(frame(ws.OpText, false, []byte(long(50_000))), frame(ws.OpContinuation, true, []byte(long(50_001)))), []string{"close:1009"}},
		"character across":          {join(frame(ws.OpText, false, []byte("\xe2\x82")), frame(ws.OpContinuation, true, []byte("\xac")), bye), []string{"€", "close:1000"}},
		"not UTF-8":                 {text("\xff"), []string{"close:1007"}},
		"UTF-8 cut short":           {text("\xe2\x82"), []string{"close:1007"}},
		"surrogate":                 {text("\xed\xa0\x80"), []string{"close:1007"}},
		"close reason not UTF-8":    {frame(ws.OpClose, true, closing(1000, "\xff")), []string{"close:1007"}},
		"binary":                    {frame(ws.OpBinary, true, []byte{1}), []string{"close:1003"}},
		"binary fragment":           {frame(ws.OpBinary, false, []byte{1}), []string{"close:1003"}},
		"not masked":                {[]byte{0x81, 0x01, 'a'}, []string{"close:1002"}},
		"reserved bit 1":            {with(text("a"), 0x40), []string{"close:1002"}},
		"reserved bit 2":            {with(text("a"), 0x20), []string{"close:1002"}},
		"reserved bit 3":            {with(text("a"), 0x10), []string{"close:1002"}},
		"reserved data opcode":      {frame(3, true, nil), []string{"close:1002"}},
		"reserved control opcode":   {frame(11, true, nil), []string{"close:1002"}},
		"ping in fragments":         {frame(ws.OpPing, false, nil), []string{"close:1002"}},
		"ping too long":             {frame(ws.OpPing, true, []byte(long(126))), []string{"close:1002"}},
		"continuation of nothing":   {frame(ws.OpContinuation, true, nil), []string{"close:1002"}},
		"text within fragments":     {join(frame(ws.OpText, false, nil), text("a")), []string{"close:1002"}},
		"close with half a code":    {frame(ws.OpClose, true, []byte{3}), []string{"close:1002"}},
		"close 999":                 {frame(ws.OpClose, true, closing(999, "")), []string{"close:1002"}},
		"close 1005":                {frame(ws.OpClose, true, closing(1005, "")), []string{"close:1002"}},
		"close 2000":                {frame(ws.OpClose, true, closing(2000, "")), []string{"close:1002"}},
		"close 5000":                {frame(ws.OpClose, true, closing(5000, "")), []string{"close:1002"}},
		"16-bit length of 125":      {[]byte{0x81, 0x80 | 126, 0, 125}, []string{"close:1002"}},
		"64-bit length of 65535":    {[]byte{0x81, 0x80 | 127, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, []string{"close:1002"}},
		"64-bit length, negative":   {[]byte{0x81, 0x80 | 127, 0xff, 0, 0, 0, 0, 0, 0, 0}, []string{"close:1002"}},
		"good, then bad":            {join(text("a"), []byte{0x81, 0x01, 'a'}), []string{"a", "close:1002"}},
		"bad, then much that isn't": {join([]byte{0x81, 0x01, 'a'}, []byte(long(200_000))), []string{"close:1002"}},
	} {
		t.Run(name, func(t *testing.T) {
			everyPath(t, func(t *testing.T, path socket.Path) {
				h := newHost(t, socket.Options{Path: path, MaxFrame: maxFrame, MaxMessage: maxMessage}, func() *funcs { return &funcs{message: echo} })
				for how, pieces := range cuts(tc.send) {
					c, _ := h.dial()
					go func() { // a refused client need not get to write all
						for _, p := range pieces {
							if _, err := c.conn.Write(p); err != nil {
								return
							}
						}
					}()
					for _, want := range tc.hear {
						if got := spoken(c.read()); got != want {
							t.Fatalf("%s: heard %.60q, want %.60q", how, got, want)
						}
					}
					c.conn.Close()
					if got := fmt.Sprint("close:", h.end().code); got != tc.hear[len(tc.hear)-1] {
						t.Fatalf("%s: handler was told %s", how, got)
					}
				}
			})
		})
	}
}

// cuts returns ways to cut what is sent into writes.
func cuts(b []byte) map[string][][]byte {
	m := map[string][][]byte{"whole": {b}, "in halves": {b[:len(b)/2], b[len(b)/2:]}}
	if len(b) < 1000 {
		for i := range b {
			m["byte by byte"] = append(m["byte by byte"], b[i:i+1])
		}
	}
	return m
}

func spoken(f ws.Frame) string {
	switch f.Header.OpCode {
	case ws.OpText:
		return string(f.Payload)
	case ws.OpPong:
		return "pong:" + string(f.Payload)
	case ws.OpClose:
		if len(f.Payload) == 0 {
			return "close:1005"
		}
		code, _ := ws.ParseCloseFrameData(f.Payload)
		return fmt.Sprint("close:", code)
	}
	return fmt.Sprint("opcode ", f.Header.OpCode)
}

func TestRealClientConverses(t *testing.T) {
	for name, start := range map[string]func(testing.TB, socket.Options, func() *funcs) *host{"plain": newHost, "TLS": newTLSHost} {
		t.Run(name, func(t *testing.T) {
			everyPath(t, func(t *testing.T, path socket.Path) {
				h := start(t, socket.Options{Path: path}, func() *funcs { return &funcs{message: echo} })
				c, _, err := websocket.Dial(t.Context(), h.http.URL, &websocket.DialOptions{HTTPClient: h.http.Client()})
				if err != nil {
					t.Fatal(err)
				}
				defer c.CloseNow()
				c.SetReadLimit(-1)
				for _, n := range []int{0, 1, 125, 126, 1000, 32 << 10} {
					want := strings.Repeat("é", n/2)
					if err := c.Write(t.Context(), websocket.MessageText, []byte(want)); err != nil {
						t.Fatal(err)
					}
					_, got, err := c.Read(t.Context())
					if err != nil || string(got) != want {
						t.Fatalf("%d bytes: got %d, %v", len(want), len(got), err)
					}
				}
				eventually(t, "Upgrade has returned", func() bool { return h.count() == 1 })
				if on := h.conn(0).OnLoop(); on != (path != socket.Goroutines) {
					t.Error("served by an event loop: ", on)
				}
				if err := c.Close(4000, "bye"); err != nil {
					t.Error("closing handshake: ", err)
				}
				if e := h.end(); e != (end{4000, "bye"}) {
					t.Error("ended with ", e)
				}
			})
		})
	}
}

// 10,000 frames at once, some of them larger than any buffer, come back in order.
func TestBurstComesBackInOrder(t *testing.T) {
	for name, start := range map[string]func(testing.TB, socket.Options, func() *funcs) *host{"plain": newHost, "TLS": newTLSHost} {
		t.Run(name, func(t *testing.T) {
			everyPath(t, func(t *testing.T, path socket.Path) {
				const n = 10_000
				say := func(i int) string {
					if i%1000 == 999 {
						return fmt.Sprint(i, strings.Repeat("x", 30_000))
					}
					return fmt.Sprint(i)
				}
				h := start(t, socket.Options{Path: path}, func() *funcs { return &funcs{message: echo} })
				c, _ := h.dial()
				go func() {
					var all []byte
					for i := range n {
						all = append(all, text(say(i))...)
					}
					c.conn.Write(all)
				}()
				for i := range n {
					c.hears(say(i))
				}
			})
		})
	}
}
