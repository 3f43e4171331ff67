package socket

import (
	"errors"
	"runtime"
	"sync/atomic"
	"unsafe"

	"golang.org/x/sys/unix"
)

// ring is an io_uring used for sending only, and only ever by one goroutine at a time: it
// hands the kernel many sends with one call, each of which is over when
// the call returns.
type ring struct {
	fd         int
	mem, table []byte
	sqTail     *uint32
	sqMask     uint32
	cqHead     *uint32
	cqTail     *uint32
	cqMask     uint32
	sqes       []sqe
	cqes       []cqe
	jobs       [flushBatch]job
}

// job is one send under way.
type job struct {
	conn   *Conn
	pieces [16][]byte
	vec    [16]unix.Iovec
	msg    unix.Msghdr
	res    int32
	done   bool
}

// ringWorth is how many connections a batch must have for a ring to be worth it.
const ringWorth = 4

// From linux/io_uring.h.
type (
	sqe struct {
		opcode, flags uint8
		ioprio        uint16
		fd            int32
		off, addr     uint64
		len, msgFlags uint32
		userData      uint64
		_             [24]byte
	}
	cqe struct {
		userData uint64
		res      int32
		flags    uint32
	}
	ringParams struct {
		sqEntries, cqEntries, flags, sqThreadCPU, sqThreadIdle, features, wqFD uint32
		_                                                                      [3]uint32
		sq                                                                     struct {
			head, tail, mask, entries, flags, dropped, array, _ uint32
			_                                                   uint64
		}
		cq struct {
			head, tail, mask, entries, overflow, cqes, flags, _ uint32
			_                                                   uint64
		}
	}
)

const (
	opSendmsg       = 9
	opSend          = 26
	setupSubmitAll  = 1 << 7
	setupCoop       = 1 << 8
	featSingleMmap  = 1 << 0
	enterGetEvents  = 1 << 0
	offSQEs         = 0x10000000
	ringSendFlags   = unix.MSG_DONTWAIT | unix.MSG_NOSIGNAL
	ringEntryLength = 4
)

// newRing returns a ring that has been seen to work.
func newRing() (*ring, error) {
	p := ringParams{flags: setupSubmitAll | setupCoop}
	n, _, errno := unix.Syscall(unix.SYS_IO_URING_SETUP, flushBatch, uintptr(unsafe.Pointer(&p)), 0)
	if errno != 0 {
		return nil, errno
	}
	r := &ring{fd: int(n)}
	if err := r.mmap(&p); err != nil {
		r.close()
		return nil, err
	}
	if err := r.try(); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

func (r *ring) mmap(p *ringParams) (err error) {
	if p.features&featSingleMmap == 0 {
		return errors.New("socket: this io_uring is too old")
	}
	size := max(p.sq.array+p.sqEntries*ringEntryLength, p.cq.cqes+p.cqEntries*uint32(unsafe.Sizeof(cqe{})))
	const prot, flags = unix.PROT_READ | unix.PROT_WRITE, unix.MAP_SHARED | unix.MAP_POPULATE
	if r.mem, err = unix.Mmap(r.fd, 0, int(size), prot, flags); err != nil {
		return err
	}
	if r.table, err = unix.Mmap(r.fd, offSQEs, int(p.sqEntries)*int(unsafe.Sizeof(sqe{})), prot, flags); err != nil {
		return err
	}
	word := func(off uint32) *uint32 { return (*uint32)(unsafe.Pointer(&r.mem[off])) }
	r.sqTail, r.sqMask = word(p.sq.tail), *word(p.sq.mask)
	r.cqHead, r.cqTail, r.cqMask = word(p.cq.head), word(p.cq.tail), *word(p.cq.mask)
	r.sqes = unsafe.Slice((*sqe)(unsafe.Pointer(&r.table[0])), p.sqEntries)
	r.cqes = unsafe.Slice((*cqe)(unsafe.Pointer(&r.mem[p.cq.cqes])), p.cqEntries)
	for i := range p.sqEntries {
		*word(p.sq.array + i*ringEntryLength) = i // place i always means entry i
	}
	return nil
}

// try sends one byte through the ring: that it could be set up does not say that
// sending is allowed.
func (r *ring) try() error {
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(pair[0])
	defer unix.Close(pair[1])
	r.jobs[0].pieces[0] = []byte{1}
	r.prepare(0, int32(pair[0]), r.jobs[0].pieces[:1])
	if err := r.submit(1); err != nil {
		return err
	}
	if res := r.jobs[0].res; res != 1 {
		return unix.Errno(-res)
	}
	return nil
}

func (r *ring) close() {
	if r.mem != nil {
		unix.Munmap(r.mem)
	}
	if r.table != nil {
		unix.Munmap(r.table)
	}
	unix.Close(r.fd)
}

// flush writes what waits for at most flushBatch connections.
func (r *ring) flush(cs []*Conn) {
	n := 0
	for _, c := range cs {
		if _, ok := c.link.(*loop); !ok || c.secure != nil {
			c.link.flush(c)
			continue
		}
		j := &r.jobs[n]
		if bufs := c.claim(j.pieces[:]); len(bufs) > 0 {
			j.conn = c
			r.prepare(n, c.fd, bufs)
			n++
		}
	}
	if n == 0 {
		return
	}
	err := r.submit(n)
	for i := range r.jobs[:n] {
		r.jobs[i].settle(err)
	}
}

// settle tells the connection what became of its send. What is left goes the ordinary way.
func (j *job) settle(err error) {
	c, n := j.conn, 0
	switch {
	case j.done && j.res >= 0:
		n, err = int(j.res), nil
	case j.done:
		n, err = result(0, unix.Errno(-j.res))
	}
	j.conn = nil
	clear(j.pieces[:])
	if c.wrote(n, err) {
		c.link.flush(c)
	}
}

func (r *ring) prepare(i int, fd int32, bufs [][]byte) {
	j := &r.jobs[i]
	j.done = false
	tail := *r.sqTail // only we write it
	e := &r.sqes[tail&r.sqMask]
	*e = sqe{fd: fd, msgFlags: ringSendFlags, userData: uint64(i)}
	if len(bufs) == 1 {
		e.opcode = opSend
		e.addr = uint64(uintptr(unsafe.Pointer(&bufs[0][0])))
		e.len = uint32(len(bufs[0]))
	} else {
		j.msg = unix.Msghdr{Iov: &j.vec[0]}
		j.msg.SetIovlen(fillIovecs(j.vec[:], bufs))
		e.opcode = opSendmsg
		e.addr = uint64(uintptr(unsafe.Pointer(&j.msg)))
		e.len = 1
	}
	atomic.StoreUint32(r.sqTail, tail+1)
}

// submit hands n prepared jobs to the kernel and waits for them all, which is no wait
// since none may block; the scheduler need not know, it would only hand our processor
// to another. When it fails, jobs may be undone, or done without our knowledge.
func (r *ring) submit(n int) error {
	for left, done := n, 0; done < n; {
		k, _, errno := unix.RawSyscall6(unix.SYS_IO_URING_ENTER, uintptr(r.fd), uintptr(left), uintptr(n-done), enterGetEvents, 0, 0)
		if errno != 0 && errno != unix.EINTR && errno != unix.EAGAIN {
			return errno
		}
		if errno == 0 {
			left -= int(k)
		}
		done += r.reap()
	}
	runtime.KeepAlive(r)
	return nil
}

// reap notes what has been done, and returns how much.
func (r *ring) reap() (n int) {
	head, tail := *r.cqHead, atomic.LoadUint32(r.cqTail)
	for ; head != tail; head++ {
		e := &r.cqes[head&r.cqMask]
		j := &r.jobs[e.userData]
		j.res, j.done = e.res, true
		n++
	}
	atomic.StoreUint32(r.cqHead, head)
	return n
}
