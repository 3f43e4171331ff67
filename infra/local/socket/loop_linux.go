package socket

import (
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"slices"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// loop is the link of many connections: one goroutine that waits for all of them. All is
// edge-triggered, so that a connection costs one epoll_ctl in its life; the price is
// that the loop must remember what it left unread.
type loop struct {
	srv     *Server
	poll    int // the epoll descriptor
	alarm   int // an eventfd that ends its wait
	stopped chan struct{}

	// Of the loop's goroutine only.
	conns []*Conn // by descriptor
	ready []*Conn // wait for another turn, first come first served
	again []*Conn // scratch
	buf   []byte
	now   int64
	began int64 // when the round began, by Server.now; 0 outside
	got   int   // bytes handled in this round
	last  *Conn // had the latest turn of this round; nil if none
	more  bool  // whether several had a turn in this round

	mu     sync.Mutex
	tasks  []*Conn // were poked
	asleep bool    // or about to be
	quit   bool
}

// readSize is how much is read from one connection in one turn, and how much inbound traffic
// may gather sends before they are flushed; time bounds both as well, see pace. With
// more than that, receivers would get more at once than the kernel takes.
const readSize = 64 << 10

func newLoop(s *Server) (*loop, error) {
	poll, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, err
	}
	alarm, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
	if err == nil {
		// Edge-triggered, the counter need never be read.
		err = unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, alarm, &unix.EpollEvent{Events: unix.EPOLLIN | unix.EPOLLET, Fd: int32(alarm)})
	}
	if err != nil {
		unix.Close(poll)
		return nil, err
	}
	l := &loop{srv: s, poll: poll, alarm: alarm, stopped: make(chan struct{})}
	l.buf = make([]byte, l.incomplete()+readSize)
	return l, nil
}

// incomplete returns the size of the largest incomplete frame: what is kept is
// that at most, or else it holds frames which nobody wanted yet.
func (l *loop) incomplete() int { return l.srv.opts.MaxFrame + maxHeader }

func (l *loop) run() {
	defer close(l.stopped)
	events := make([]unix.EpollEvent, 128)
	for {
		n, quit := l.wait(events)
		if quit {
			return
		}
		l.now = l.srv.now()
		l.begin()
		for _, e := range events[:n] {
			l.event(e)
		}
		l.runTasks()
		l.runReady()
		if len(l.ready) == 0 {
			l.end()
		}
	}
}

// wait returns when there is something to do. Before it blocks it lets other goroutines have
// the processor: a blocked system call keeps it from them for a while.
func (l *loop) wait(events []unix.EpollEvent) (n int, quit bool) {
	if n = l.look(events); n > 0 || len(l.ready) > 0 {
		return n, false
	}
	runtime.Gosched()
	l.mu.Lock()
	if quit = l.quit; quit || len(l.tasks) > 0 {
		l.mu.Unlock()
		return 0, quit
	}
	l.asleep = true
	l.mu.Unlock()
	n, err := unix.EpollWait(l.poll, events, -1)
	l.mu.Lock()
	l.asleep = false
	l.mu.Unlock()
	if err != nil {
		return 0, false // EINTR; nothing else can happen
	}
	return n, false
}

// look polls without blocking, and without telling the scheduler.
func (l *loop) look(events []unix.EpollEvent) int {
	n, _, errno := unix.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(l.poll), uintptr(unsafe.Pointer(&events[0])), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// wake ends the loop's sleep.
func (l *loop) wake() {
	l.mu.Lock()
	asleep := l.asleep
	l.asleep = false // one alarm is enough
	l.mu.Unlock()
	if asleep {
		var one [8]byte
		binary.NativeEndian.PutUint64(one[:], 1)
		_, _ = unix.Write(l.alarm, one[:])
	}
}

func (l *loop) stop() {
	l.mu.Lock()
	l.quit = true
	l.mu.Unlock()
	l.wake()
	<-l.stopped
	unix.Close(l.poll)
	unix.Close(l.alarm)
}

func (l *loop) start(c *Conn) {
	l.mu.Lock()
	c.poked = false
	l.mu.Unlock()
	l.poke(c)
}

func (l *loop) poke(c *Conn) {
	l.mu.Lock()
	fresh := !c.poked
	if fresh {
		c.poked = true
		l.tasks = append(l.tasks, c)
	}
	l.mu.Unlock()
	if fresh {
		l.wake()
	}
}

func (l *loop) cut(c *Conn) { l.poke(c) }

func (l *loop) runTasks() {
	l.mu.Lock()
	tasks := l.tasks
	l.tasks = nil
	for _, c := range tasks {
		c.poked = false
	}
	l.mu.Unlock()
	for _, c := range tasks {
		l.task(c)
	}
}

// task looks at a connection that was poked: it is new, or no more on hold, or dead.
func (l *loop) task(c *Conn) {
	if c.fd < 0 {
		return
	}
	if !c.known && !l.register(c) {
		c.kill()
	}
	if l.reap(c) || c.held() {
		return
	}
	if !c.ready {
		l.read(c, true)
	}
}

func (l *loop) register(c *Conn) bool {
	c.known = true
	if n := int(c.fd) + 1; n > len(l.conns) {
		l.conns = slices.Grow(l.conns, n-len(l.conns))[:n]
	}
	l.conns[c.fd] = c
	return unix.EpollCtl(l.poll, unix.EPOLL_CTL_ADD, int(c.fd), &unix.EpollEvent{
		Events: unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP | unix.EPOLLET,
		Fd:     c.fd,
	}) == nil
}

func (l *loop) event(e unix.EpollEvent) {
	if int(e.Fd) == l.alarm {
		return
	}
	c := l.conns[e.Fd]
	if c == nil {
		return
	}
	const broken = unix.EPOLLERR | unix.EPOLLHUP
	if e.Events&broken != 0 && c.held() {
		c.kill()
		return
	}
	if e.Events&unix.EPOLLOUT != 0 {
		if c.secure != nil {
			c.secure.raw.push()
		}
		if c.writable() {
			l.srv.flush.one(c)
		}
	}
	if e.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|broken) != 0 && !c.ready {
		l.read(c, e.Events&(unix.EPOLLRDHUP|broken) != 0)
	}
}

// runReady gives another turn to those whose last one ended before their bytes did.
func (l *loop) runReady() {
	l.again, l.ready = l.ready, l.again[:0]
	for _, c := range l.again {
		c.ready = false
		if c.fd >= 0 {
			l.read(c, true)
		}
	}
	clear(l.again)
}

// read gives c a turn: it handles what was kept and what the kernel has. A read that the
// kernel cannot fill has emptied it, and another edge will come; with all, because the
// end has been announced or the edge is not known to come, only the kernel's word counts.
func (l *loop) read(c *Conn, all bool) {
	l.more = l.more || l.last != nil && l.last != c
	l.last = c
	t := turn{srv: l.srv}
	for got := 0; got < readSize; {
		if c.held() {
			return // a poke will read on
		}
		switch l.consume(c, c.rest(), true, &t) {
		case stopTurn:
			l.later(c)
			return
		case stopHold:
			continue
		}
		b, kept, inPlace := l.buffer(c)
		n, err := l.receive(c, b[kept:])
		if errors.Is(err, errAgain) {
			return
		}
		if err != nil {
			c.kill()
			l.reap(c)
			return
		}
		if l.consume(c, b[:kept+n], inPlace, &t) == stopTurn {
			break
		}
		if kept+n < len(b) && !all && c.secure == nil {
			return
		}
		got += n
		if l.got >= readSize {
			l.renew()
		}
	}
	l.later(c)
}

// later gives c another turn, after the others.
func (l *loop) later(c *Conn) {
	c.ready = true
	l.ready = append(l.ready, c)
	if l.got >= readSize || l.more && l.srv.now()-l.began >= int64(l.srv.pace.round) {
		l.renew()
	}
}

// begin starts a round, unless one goes on because somebody was ready.
func (l *loop) begin() {
	if l.began == 0 {
		l.began = l.now
		l.srv.flush.begin()
	}
}

// end ends a round.
func (l *loop) end() {
	l.began, l.got, l.last, l.more = 0, 0, nil, false
	l.srv.flush.end()
}

// renew ends the round, so that what has gathered leaves, and starts another.
func (l *loop) renew() {
	l.end()
	l.now = l.srv.now()
	l.begin()
}

// buffer returns where to read c's next bytes: behind those that were kept. A large unfinished
// frame stays where it is and grows, or else each of its bytes that comes by itself
// would copy it.
func (l *loop) buffer(c *Conn) (b []byte, kept int, inPlace bool) {
	rest := c.rest()
	if kept = len(rest); kept < growSize {
		return l.buf[:copy(l.buf, rest)+readSize], kept, false
	}
	if kept == cap(rest) {
		rest = slices.Grow(rest, min(kept, l.incomplete()-kept))
		c.in.rest = rest
	}
	return rest[:min(cap(rest), l.incomplete())], kept, true
}

// growSize is how large an unfinished frame must be to have a buffer that grows.
const growSize = 4 << 10

// consume hands b to the handler: what was kept, and with it what was read behind. inPlace
// says that b is where the kept bytes are.
func (l *loop) consume(c *Conn, b []byte, inPlace bool, t *turn) stop {
	if len(b) == 0 {
		return stopEnd
	}
	rest, why := c.consume(b, l.now, t)
	l.got += len(b) - len(rest)
	if inPlace && len(rest) > 0 && (why != stopEnd || len(rest) == len(b)) {
		c.in.rest = rest
		return why
	}
	if inPlace {
		c.in.rest = nil // not to keep a large buffer for a small rest
	}
	c.keep(rest)
	return why
}

// receive reads once. It returns errAgain when there is nothing, io.EOF at the end.
func (l *loop) receive(c *Conn, b []byte) (int, error) {
	if c.secure != nil {
		return c.secure.read(b)
	}
	return readNow(c.fd, b)
}

// reap closes and finishes a dead connection, unless somebody is still writing to it; that
// one will poke. It reports whether the connection is dead.
func (l *loop) reap(c *Conn) bool {
	c.mu.Lock()
	dead, busy, fd := c.phase == phaseDead, c.marks&markWriting != 0, c.fd
	if dead && !busy {
		c.fd = -1
	}
	c.mu.Unlock()
	if !dead || busy || fd < 0 {
		return dead
	}
	if c.secure != nil {
		c.secure.bye()
	}
	if c.known {
		l.conns[fd] = nil
	}
	unix.Close(int(fd))
	c.finish()
	return true
}

// flush writes until there is nothing left or the kernel is full.
func (l *loop) flush(c *Conn) {
	var pieces [16][]byte
	for {
		bufs := c.claim(pieces[:])
		if len(bufs) == 0 {
			return
		}
		n, err := l.send(c, bufs)
		if !c.wrote(n, err) {
			return
		}
	}
}

func (l *loop) send(c *Conn, bufs [][]byte) (int, error) {
	switch {
	case c.secure != nil:
		return c.secure.write(bufs[0])
	case len(bufs) == 1:
		return writeNow(c.fd, bufs[0])
	}
	return writevNow(c.fd, bufs)
}

func (l *loop) half(c *Conn) {
	if c.secure != nil {
		c.secure.bye()
	}
	_ = unix.Shutdown(int(c.fd), unix.SHUT_WR)
}

// The system calls below never block, so the scheduler need not know of them.

func readNow(fd int32, b []byte) (int, error) {
	n, _, errno := unix.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT, 0, 0)
	if errno == 0 && n == 0 {
		return 0, io.EOF
	}
	return result(n, errno)
}

func writeNow(fd int32, b []byte) (int, error) {
	return result3(unix.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0))
}

func writevNow(fd int32, bufs [][]byte) (int, error) {
	var vec [16]unix.Iovec
	msg := unix.Msghdr{Iov: &vec[0]}
	msg.SetIovlen(fillIovecs(vec[:], bufs))
	return result3(unix.RawSyscall6(unix.SYS_SENDMSG, uintptr(fd), uintptr(unsafe.Pointer(&msg)), unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, 0, 0, 0))
}

func fillIovecs(vec []unix.Iovec, bufs [][]byte) int {
	for i, b := range bufs {
		vec[i].Base = &b[0]
		vec[i].SetLen(len(b))
	}
	return len(bufs)
}

func result3(n, _ uintptr, errno unix.Errno) (int, error) { return result(n, errno) }

// result turns a system call's answer into Go's; an interrupted one has done nothing.
func result(n uintptr, errno unix.Errno) (int, error) {
	switch errno {
	case 0:
		return int(n), nil
	case unix.EAGAIN:
		return 0, errAgain
	case unix.EINTR:
		return 0, nil
	}
	return 0, errno
}
