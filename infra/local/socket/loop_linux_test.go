package socket

import (
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// Each record of one byte used to copy the whole unfinished frame, twice.
func TestUnfinishedFrameGrowsInPlace(t *testing.T) {
	s := &Server{opts: Options{MaxFrame: 32 << 10, MaxMessage: 32 << 10}}
	heard := new(hearer)
	c := &Conn{srv: s, handler: heard}
	l := &loop{srv: s}
	l.buf = make([]byte, l.incomplete()+readSize)
	want := strings.Repeat("x", 32<<10)
	moved, at := 0, &l.buf[0]
	for i, ch := range append([]byte{0x81, 0xfe, 0x80, 0, 0, 0, 0, 0}, want...) {
		b, kept, inPlace := l.buffer(c)
		if kept != i || len(b) <= kept || inPlace != (kept >= growSize) {
			t.Fatalf("after %d bytes: %d kept of %d, in place: %t", i, kept, len(b), inPlace)
		}
		if &b[0] != at {
			moved, at = moved+1, &b[0]
		}
		b[kept] = ch
		l.consume(c, b[:kept+1], inPlace, nil)
	}
	if heard.text != want {
		t.Errorf("heard %d bytes", len(heard.text))
	}
	if moved > 5 {
		t.Error("moved: ", moved)
	}
	if c.in != nil {
		t.Error("keeps memory when nothing is left")
	}
}

type hearer struct{ text string }

func (*hearer) Open(*Conn)                     {}
func (h *hearer) Message(_ *Conn, text []byte) { h.text = string(text) }
func (*hearer) Closed(*Conn, int, string)      {}

// What was kept while nobody wanted it does not stay when little is left.
func TestLittleIsKeptInLittle(t *testing.T) {
	s := &Server{opts: Options{MaxFrame: 100, MaxMessage: 100}}
	c := &Conn{srv: s, handler: new(hearer)}
	l := &loop{srv: s}
	c.in = &inbox{rest: append(make([]byte, 0, readSize), 0x81, 0x80, 0, 0, 0, 0, 0x81)}
	l.consume(c, c.rest(), true, nil)
	if len(c.rest()) != 1 || cap(c.rest()) > 100 {
		t.Errorf("%d bytes in %d", len(c.rest()), cap(c.rest()))
	}
}

// One that waits for its turn gets no other because bytes arrive.
func TestArrivingBytesGiveNoOtherTurn(t *testing.T) {
	s := new(Server)
	l := &loop{srv: s, alarm: -1}
	c := &Conn{srv: s, link: l, fd: -1, ready: true} // reading from -1 would end it
	l.conns = []*Conn{c}
	l.event(unix.EpollEvent{Events: unix.EPOLLIN, Fd: 0})
	if c.phase == phaseDead {
		t.Error("was read")
	}
}
