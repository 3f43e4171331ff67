//go:build linux

package socket_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"tacet/infra/local/socket"
)

var (
	peer    = flag.String("peer", "", "measure the server at this host:port, which sends each text message to all")
	loops   = flag.Int("loops", 0, "event loops of the server under test; 0 is the default")
	pause   = flag.Duration("pause", 0, "how long to wait between two messages")
	peerPID = flag.Int("peer-pid", 0, "the process of -peer, for its CPU time")
)

// The server under test runs in a process of its own, so that its CPU time can be told
// from the generator's: the test binary, started again with this variable set.
const serveEnv = "SOCKET_TEST_SERVE"

func init() {
	if path := os.Getenv(serveEnv); path != "" {
		serve(path)
		os.Exit(0)
	}
}

// crowdHandler sends every message to everybody.
type crowdHandler struct {
	s   *socket.Server
	mu  sync.Mutex
	all []*socket.Conn
}

func (h *crowdHandler) Open(c *socket.Conn) {
	h.mu.Lock()
	h.all = append(h.all, c)
	h.mu.Unlock()
}

func (h *crowdHandler) Message(c *socket.Conn, text []byte) {
	h.mu.Lock()
	all := h.all
	h.mu.Unlock()
	if _, closed, slow := h.s.SendAll(c, all, socket.NewFrame(text, false)); len(closed)+len(slow) > 0 {
		fmt.Fprintln(os.Stderr, "refused", len(closed), len(slow))
	}
}

func (h *crowdHandler) Closed(c *socket.Conn, _ int, _ string) {
	h.mu.Lock()
	h.all = slices.DeleteFunc(slices.Clone(h.all), func(o *socket.Conn) bool { return o == c })
	h.mu.Unlock()
}

// serve runs the server until its standard input ends.
func serve(path string) {
	var o socket.Options
	var secure bool
	fmt.Sscan(path, &o.Path, &o.Loops, &secure)
	s, err := socket.New(o)
	if err != nil {
		fmt.Println(err)
		return
	}
	h := &crowdHandler{s: s}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Upgrade(w, r, "", h) }))
	front.Listener = socket.NewListener(front.Listener)
	if secure {
		front.StartTLS()
	} else {
		front.Start()
	}
	fmt.Println(front.Listener.Addr())
	bufio.NewReader(os.Stdin).ReadByte()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	s.Shutdown(ctx)
}

// server starts a server process and returns its address.
func server(b *testing.B, path socket.Path, secure bool) (addr string, pid int) {
	if *peer != "" {
		return *peer, *peerPID
	}
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprint(serveEnv, "=", uint8(path), " ", *loops, " ", secure))
	cmd.Stderr = os.Stderr
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { in.Close(); cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil || !strings.Contains(line, ":") {
		b.Fatal("no server: ", line, err)
	}
	return strings.TrimSpace(line), cmd.Process.Pid
}

// crowd is many clients in a few system calls: it only counts bytes.
type crowd struct {
	b     *testing.B
	poll  int
	conns []net.Conn
	buf   []byte
}

func dialCrowd(b *testing.B, addr string, n int) *crowd {
	poll, err := unix.EpollCreate1(0)
	if err != nil {
		b.Fatal(err)
	}
	k := &crowd{b: b, poll: poll, buf: make([]byte, 1<<20)}
	b.Cleanup(func() {
		for _, c := range k.conns {
			c.Close()
		}
		unix.Close(poll)
	})
	for range n {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			b.Fatal(err)
		}
		upgrade(b, c)
		k.conns = append(k.conns, c)
		raw, _ := c.(*net.TCPConn).SyscallConn()
		raw.Control(func(fd uintptr) {
			if err := unix.EpollCtl(poll, unix.EPOLL_CTL_ADD, int(fd), &unix.EpollEvent{Events: unix.EPOLLIN, Fd: int32(fd)}); err != nil {
				b.Fatal(err)
			}
		})
	}
	return k
}

// upgrade makes a WebSocket of a connection.
func upgrade(b *testing.B, c net.Conn) {
	fmt.Fprintf(c, "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
	var head []byte
	for one := make([]byte, 1); !strings.HasSuffix(string(head), "\r\n\r\n"); head = append(head, one...) {
		if _, err := c.Read(one); err != nil {
			b.Fatal(err)
		}
	}
	if !strings.HasPrefix(string(head), "HTTP/1.1 101") {
		b.Fatalf("no upgrade: %.60q", head)
	}
	// The server opens a connection after the 101; a pong comes after that.
	c.Write([]byte{0x89, 0x80, 0, 0, 0, 0})
	if _, err := io.ReadFull(c, make([]byte, 2)); err != nil {
		b.Fatal(err)
	}
}

// receive reads until so many bytes have come, to all together.
func (k *crowd) receive(want int) {
	events := make([]unix.EpollEvent, 256)
	for want > 0 {
		n, err := unix.EpollWait(k.poll, events, 10_000)
		if err == unix.EINTR {
			continue
		}
		if n <= 0 {
			k.b.Fatal("nothing came for 10 s; missing bytes: ", want)
		}
		for _, e := range events[:n] {
			m, err := unix.Read(int(e.Fd), k.buf)
			if m <= 0 && err != unix.EAGAIN {
				k.b.Fatal("lost a connection: ", err)
			}
			want -= max(m, 0)
		}
	}
	if want < 0 {
		k.b.Fatal("too many bytes: ", -want)
	}
}

// masked returns a client's text frame.
func masked(payload []byte) []byte {
	f := []byte{0x81}
	switch n := len(payload); {
	case n < 126:
		f = append(f, 0x80|byte(n))
	case n <= 0xffff:
		f = binary.BigEndian.AppendUint16(append(f, 0x80|126), uint16(n))
	default:
		f = binary.BigEndian.AppendUint64(append(f, 0x80|127), uint64(n))
	}
	key := [4]byte{1, 2, 3, 4}
	f = append(f, key[:]...)
	for i, c := range payload {
		f = append(f, c^key[i&3])
	}
	return f
}

// procCPU returns the CPU time that a process has used.
func procCPU(b *testing.B, pid int) time.Duration {
	var total int64
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, t := range tasks {
		line, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/schedstat", pid, t.Name()))
		ns, _, _ := strings.Cut(string(line), " ")
		v, _ := strconv.ParseInt(ns, 10, 64)
		total += v
	}
	return time.Duration(total)
}

func procRSS(pid int) int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	f := strings.Fields(string(raw))
	if len(f) < 2 {
		return 0
	}
	n, _ := strconv.Atoi(f[1])
	return n * os.Getpagesize()
}

var (
	comparePaths = []socket.Path{socket.Goroutines, socket.Epoll, socket.Uring}
	compareSizes = []int{1, 100, 1000, 5000}
)

func compare(b *testing.B, f func(b *testing.B, k *crowd, pid int)) {
	paths := comparePaths
	if *peer != "" {
		paths = []socket.Path{socket.Auto}
	}
	for _, size := range compareSizes {
		for _, path := range paths {
			name := path.String()
			if *peer != "" {
				name = "peer"
			}
			b.Run(fmt.Sprintf("to=%d/path=%s", size, name), func(b *testing.B) {
				addr, pid := server(b, path, false)
				k := dialCrowd(b, addr, size)
				f(b, k, pid)
			})
		}
	}
}

const payloadSize = 128

// BenchmarkToTheLast sends one message at a time and waits for the last receiver.
func BenchmarkToTheLast(b *testing.B) {
	frame := masked([]byte(strings.Repeat("x", payloadSize)))
	compare(b, func(b *testing.B, k *crowd, pid int) {
		once := func() time.Duration {
			begin := time.Now()
			k.conns[0].Write(frame)
			k.receive(len(k.conns) * (payloadSize + 4))
			return time.Since(begin)
		}
		for range 3 {
			once()
		}
		var took []time.Duration
		cpu := procCPU(b, pid)
		for b.Loop() {
			took = append(took, once())
			time.Sleep(*pause)
		}
		cpu = procCPU(b, pid) - cpu
		slices.Sort(took)
		b.ReportMetric(float64(took[len(took)/2].Nanoseconds())/1000, "p50-µs")
		b.ReportMetric(float64(cpu.Nanoseconds())/1000/float64(len(took)*len(k.conns)), "cpu-µs/delivery")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkBurst sends 2,000 messages as fast as the server takes them (500 to 5,000).
func BenchmarkBurst(b *testing.B) {
	frame := masked([]byte(strings.Repeat("x", payloadSize)))
	compare(b, func(b *testing.B, k *crowd, pid int) {
		burst := 2000
		if len(k.conns) >= 5000 {
			burst = 500
		}
		all := slices.Repeat(frame, burst)
		cpu, deliveries := procCPU(b, pid), 0
		for b.Loop() {
			go k.conns[0].Write(all)
			k.receive(burst * len(k.conns) * (payloadSize + 4))
			deliveries += burst * len(k.conns)
		}
		cpu = procCPU(b, pid) - cpu
		b.ReportMetric(float64(deliveries)/b.Elapsed().Seconds(), "deliveries/s")
		b.ReportMetric(float64(cpu.Nanoseconds())/1000/float64(deliveries), "cpu-µs/delivery")
		b.ReportMetric(0, "ns/op")
	})
}

// BenchmarkIdle says what an idle connection costs in memory, of 5,000 of them, and how many
// connect per second, one after the other.
func BenchmarkIdle(b *testing.B) {
	const n = 5000
	for _, secure := range []bool{false, true} {
		for _, path := range comparePaths {
			b.Run(fmt.Sprintf("tls=%t/path=%v", secure, path), func(b *testing.B) {
				addr, pid := server(b, path, secure)
				for b.Loop() {
					before, begin := procRSS(pid), time.Now()
					for range n {
						c, err := net.Dial("tcp", addr)
						if err != nil {
							b.Fatal(err)
						}
						b.Cleanup(func() { c.Close() })
						if secure {
							c = tls.Client(c, &tls.Config{InsecureSkipVerify: true})
						}
						upgrade(b, c)
					}
					b.ReportMetric(n/time.Since(begin).Seconds(), "conns/s")
					b.ReportMetric(float64(procRSS(pid)-before)/n, "B/conn")
					b.ReportMetric(0, "ns/op")
				}
			})
		}
	}
}
