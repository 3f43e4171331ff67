package socket

import (
	"fmt"
	"time"
)

// Options configures a Server. The zero value is ready to use.
type Options struct {
	// MaxFrame bounds the payload of one inbound frame, in bytes; a larger one
	// closes the connection with 1009. 0 means 32 KiB, the limit of API Gateway.
	MaxFrame int

	// MaxMessage bounds the payload of one inbound message, all its fragments
	// together, in bytes; a larger one closes with 1009. 0 means 128 KiB.
	MaxMessage int

	// Backlog bounds what may wait for one receiver, in bytes; a frame that would
	// exceed it is refused with ErrSlow. An empty queue takes any frame. 0 means
	// 4 MiB. What waits is mostly shared between receivers; see the package comment
	// for what it may cost at worst.
	Backlog int

	// IdleTimeout closes a connection with 1001 when no message has gone either
	// way for this long (pings do not count). 0 means never.
	IdleTimeout time.Duration

	// MaxLifetime closes a connection with 1001 this long after it was opened,
	// whatever it does. 0 means never.
	MaxLifetime time.Duration

	// CloseGrace is how long a connection may take to end after a close frame was
	// queued for it. 0 means one second.
	CloseGrace time.Duration

	// Path says how bytes move. The zero value is the fastest that works here.
	Path Path

	// Loops is the number of event loops; 0 means half of GOMAXPROCS, at least one: the
	// other half is for the kernel's side of the sockets and for handlers'
	// goroutines. Goroutines ignores it.
	Loops int
}

// Path is a way of moving bytes between connections and the kernel. What handlers
// see is the same on each.
type Path uint8

const (
	// Auto chooses Uring, else Epoll, else Goroutines: the first that works here.
	Auto Path = iota
	// Goroutines reads each connection on a goroutine of its own. Works everywhere.
	Goroutines
	// Epoll serves all connections from a few event loops. Linux only.
	Epoll
	// Uring is Epoll which hands the kernel many sends with one call. Linux only,
	// and often forbidden inside containers.
	Uring
)

// String returns the path's name in lower case.
func (p Path) String() string {
	switch p {
	case Auto:
		return "auto"
	case Goroutines:
		return "goroutines"
	case Epoll:
		return "epoll"
	case Uring:
		return "io_uring"
	}
	return fmt.Sprintf("path %d", uint8(p))
}

func (o Options) withDefaults() (Options, error) {
	for name, v := range map[string]int64{
		"MaxFrame": int64(o.MaxFrame), "MaxMessage": int64(o.MaxMessage), "Backlog": int64(o.Backlog),
		"IdleTimeout": int64(o.IdleTimeout), "MaxLifetime": int64(o.MaxLifetime),
		"CloseGrace": int64(o.CloseGrace), "Loops": int64(o.Loops),
	} {
		if v < 0 {
			return o, fmt.Errorf("socket: option %s is negative", name)
		}
	}
	if o.Path > Uring {
		return o, fmt.Errorf("socket: no %v", o.Path)
	}
	if o.MaxFrame == 0 {
		o.MaxFrame = 32 << 10
	}
	if o.MaxMessage == 0 {
		o.MaxMessage = 128 << 10
	}
	if o.Backlog == 0 {
		o.Backlog = 4 << 20
	}
	if o.CloseGrace == 0 {
		o.CloseGrace = time.Second
	}
	return o, nil
}
