package socket

import (
	"testing"

	"golang.org/x/sys/unix"
)

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
