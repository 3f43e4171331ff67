package standalone

import (
	"bufio"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/infra/local/site"
)

// behind serves a handler behind a front of the test's own, and says for each
// request whether the front has served it.
func behind(t *testing.T, h http.HandlerFunc) (f *front, address string, log *diary) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	log = new(diary)
	s := site.Server(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, ours := w.(*reply)
		w.Header().Set("Front", map[bool]string{true: "yes", false: "no"}[ours])
		h(w, r)
	}), slog.New(slog.NewTextHandler(log, nil)))
	ended := make(chan error, 1)
	f = newFront(l, s, slog.New(slog.NewTextHandler(log, nil)))
	go func() { ended <- s.Serve(f) }()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		if s.Shutdown(ctx) != nil {
			s.Close()
		}
		if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("the server ended with %v", err)
		}
	})
	return f, l.Addr().String(), log
}

// diary is a log that is read while it may be written.
type diary struct {
	mu   sync.Mutex
	text strings.Builder
}

func (d *diary) Write(line []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.Write(line)
}

func (d *diary) String() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.text.String()
}

// talk is a connection of a test, and what reads from it.
func talk(t *testing.T, address string) (net.Conn, *bufio.Reader) {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		t.Fatal(err)
	}
	return conn, bufio.NewReader(conn)
}

func send(t *testing.T, to io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(to, text); err != nil {
		t.Fatal(err)
	}
}

// answer reads an answer and its body.
func answer(t *testing.T, from *bufio.Reader) (*http.Response, string) {
	t.Helper()
	a, err := http.ReadResponse(from, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	body, err := io.ReadAll(a.Body)
	if err != nil {
		t.Fatal(err)
	}
	return a, string(body)
}

// Whatever wraps the listener: nothing but the price of a connection would tell.
func TestThePlatformHasAFront(t *testing.T) {
	p, _ := started(t, time.Minute)
	conn, from := talk(t, strings.TrimPrefix(p.running.HTTP, "http://"))
	send(t, conn, plainHandshake)
	if a, body := answer(t, from); a.StatusCode != http.StatusBadRequest || !a.Close { // net/http would keep it open
		t.Errorf("%+v %s", a, body)
	}
}

func TestAnythingButAHandshakeReachesNetHTTPWhole(t *testing.T) {
	_, address, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		io.WriteString(w, r.Method+" "+r.URL.Path+" "+r.RemoteAddr+" "+string(body))
	})
	conn, from := talk(t, address)
	long := strings.Repeat("x", 3*firstRead)
	send(t, conn, "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"+ // all of it in one piece
		"POST /b HTTP/1.1\r\nHost: x\r\nContent-Length: "+strconv.Itoa(len(long))+"\r\n\r\n"+long+
		plainHandshake) // not the first on its connection
	for _, want := range []string{"POST /a %s body", "POST /b %s " + long, "GET /apps/0 %s "} {
		a, body := answer(t, from)
		want = strings.Replace(want, "%s", conn.LocalAddr().String(), 1)
		if a.StatusCode != 200 || body != want || a.Header.Get("Front") != "no" {
			t.Errorf("%d, front %s, %.100q; want %.100q", a.StatusCode, a.Header.Get("Front"), body, want)
		}
	}
}

// A request that hides behind a handshake, or a handshake behind a request,
// must have one reader only: who takes the connection over gets it as bytes.
func TestWhatFollowsAHandshakeIsNoRequest(t *testing.T) {
	served := make(chan string, 10)
	_, address, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		served <- r.URL.Path + " " + w.Header().Get("Front")
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		if n := buffered.Reader.Buffered(); n == 0 {
			t.Error("what came early is not in the buffer")
		}
		line, err := buffered.ReadString('!')
		if err != nil {
			t.Error(err)
		}
		io.WriteString(conn, "got "+line)
	})
	const hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n"
	for _, c := range []struct{ first, then, want string }{
		{plainHandshake + hidden, "more!", "/apps/0 yes"},
		{strings.Replace(plainHandshake, "Cookie: a=b", "Cookie: a=é", 1) + hidden, "more!", "/apps/0 no"},
	} {
		conn, from := talk(t, address)
		send(t, conn, c.first)
		if got := <-served; got != c.want {
			t.Errorf("served %s, want %s", got, c.want)
		}
		send(t, conn, c.then)
		if got, err := io.ReadAll(from); err != nil || string(got) != "got "+hidden+"more!" {
			t.Errorf("answered %q, %v", got, err)
		}
	}
	if len(served) > 0 {
		t.Errorf("served %s as well", <-served)
	}
}

func TestAHandshakeInPiecesIsServed(t *testing.T) {
	_, address, _ := behind(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	for _, cut := range []int{1, len("GET /"), len(plainHandshake) / 2, len(plainHandshake) - 1} {
		conn, from := talk(t, address)
		send(t, conn, plainHandshake[:cut])
		time.AfterFunc(time.Millisecond, func() { io.WriteString(conn, plainHandshake[cut:]) })
		if a, body := answer(t, from); a.StatusCode != 200 || body != "/apps/0" {
			t.Errorf("cut at %d: %d %q", cut, a.StatusCode, body)
		}
	}
}

func TestARefusedHandshakeIsAnsweredInFull(t *testing.T) {
	_, address, _ := behind(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(403)
		w.WriteHeader(200) // too late
		io.WriteString(w, "no, ")
		io.WriteString(w, r.RemoteAddr)
	})
	conn, from := talk(t, address)
	send(t, conn, plainHandshake+strings.Repeat("x", firstRead)) // unread bytes must not reset the connection
	a, body := answer(t, from)
	if want := "no, " + conn.LocalAddr().String(); body != want || a.ContentLength != int64(len(want)) {
		t.Errorf("%q, %d bytes", body, a.ContentLength)
	}
	if a.StatusCode != 403 || a.Header.Get("Front") != "yes" || a.Header.Get("Content-Type") != "text/plain" || !a.Close || a.Header.Get("Date") == "" {
		t.Errorf("%+v", a)
	}
	if n, err := from.Read(make([]byte, 1)); n != 0 || err != io.EOF {
		t.Errorf("then %d bytes, %v", n, err)
	}
}

func TestAPanicInAHandshakeEndsThatConnectionOnly(t *testing.T) {
	_, address, log := behind(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Cookie") == "a=b" {
			panic("a secret")
		}
		io.WriteString(w, "fine")
	})
	conn, from := talk(t, address)
	send(t, conn, plainHandshake)
	if got, err := io.ReadAll(from); len(got) > 0 || err != nil {
		t.Errorf("answered %q, %v", got, err)
	}
	conn, from = talk(t, address)
	send(t, conn, strings.Replace(plainHandshake, "a=b", "b=c", 1))
	if _, body := answer(t, from); body != "fine" {
		t.Errorf("then %q", body)
	}
	if !strings.Contains(log.String(), "panicked") || strings.Contains(log.String(), "secret") {
		t.Errorf("logged %q", log)
	}
}

func TestWhoIsSilentHoldsUpNobody(t *testing.T) {
	f, address, _ := behind(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "fine") })
	silent := make([]net.Conn, 3*spare)
	for i := range silent {
		silent[i], _ = talk(t, address)
	}
	conn, from := talk(t, address)
	send(t, conn, plainHandshake)
	if _, body := answer(t, from); body != "fine" {
		t.Errorf("answered %q", body)
	}
	for _, conn := range append(silent, conn) {
		conn.Close()
	}
	for end := time.Now().Add(20 * time.Second); ; runtime.Gosched() { // until all workers are back
		f.mu.Lock()
		left := len(f.silent)
		f.mu.Unlock()
		if n := f.accepting.Load(); left == 0 && n == spare {
			return
		} else if time.Now().After(end) {
			t.Fatalf("%d connections are remembered, %d workers are left", left, n)
		}
	}
}

// fronted is a front whose net/http is the test, with little patience.
func fronted(t *testing.T, patience time.Duration) (f *front, address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f = newFront(l, &http.Server{Handler: http.NotFoundHandler(), ReadHeaderTimeout: patience}, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { f.Close() })
	return f, l.Addr().String()
}

// ended fails the test if the server has not ended a connection.
func ended(t *testing.T, from *bufio.Reader) {
	t.Helper()
	n, err := from.Read(make([]byte, 1))
	var timeout net.Error
	if n > 0 || err == nil || errors.As(err, &timeout) && timeout.Timeout() {
		t.Errorf("%d bytes, %v", n, err)
	}
}

func TestWhoIsSilentForTooLongIsCutOff(t *testing.T) {
	_, address := fronted(t, time.Millisecond)
	_, from := talk(t, address)
	ended(t, from)
}

func TestTheEndCutsOffWhoBelongsToNobodyYet(t *testing.T) {
	f, address := fronted(t, time.Hour)
	_, silent := talk(t, address)
	mine, fromMine := talk(t, address)
	send(t, mine, "x")
	conn, err := f.Accept()
	if err != nil {
		t.Fatal(err)
	}
	waiting, unaccepted := talk(t, address)
	send(t, waiting, "x")
	if err := f.Close(); err != nil {
		t.Error(err)
	}
	ended(t, silent)
	ended(t, unaccepted)
	if n := f.hear(conn, make([]byte, 1)); n != 0 {
		t.Errorf("somebody who came too late is heard: %d bytes", n)
	}
	if _, err := f.Accept(); !errors.Is(err, net.ErrClosed) || !errors.Is(f.Close(), net.ErrClosed) {
		t.Errorf("closed, and open all the same: %v", err)
	}
	here, there := net.Pipe()
	if f.passOn(accepted{conn: here}) {
		t.Error("passed on to nobody")
	}
	if _, err := there.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("what nobody takes stays open: %v", err)
	}
	send(t, conn, "y") // who was accepted is not touched
	if b, err := fromMine.ReadByte(); b != 'y' || err != nil {
		t.Errorf("%q, %v", b, err)
	}
	conn.Close()
}

func TestEachConnectionKeepsWhatItHasSent(t *testing.T) {
	f, address := fronted(t, time.Hour)
	var conns []net.Conn
	for i := range 20 {
		conn, _ := talk(t, address)
		send(t, conn, string(rune('a'+i)))
		got, err := f.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer got.Close()
		conns = append(conns, got)
	}
	for i, conn := range conns {
		b := make([]byte, 2)
		if n, err := conn.Read(b); n != 1 || err != nil || b[0] != byte('a'+i) {
			t.Errorf("the %dth has sent %q, %v", i, b[:n], err)
		}
	}
}

func TestWhoHasTakenAConnectionOverHasItAlone(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	w := &reply{conn: here}
	if _, _, err := w.Hijack(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.Hijack(); !errors.Is(err, http.ErrHijacked) {
		t.Errorf("again: %v", err)
	}
	if _, err := w.Write([]byte("x")); !errors.Is(err, http.ErrHijacked) {
		t.Errorf("Write: %v", err)
	}
	w.finish()
	go io.WriteString(here, "open")
	b := make([]byte, 4)
	if _, err := io.ReadFull(there, b); err != nil || string(b) != "open" {
		t.Errorf("%q, %v", b, err)
	}
}

// What has been read already must not be lost to whoever takes the descriptor.
func TestADescriptorIsHadOnlyWhenNothingIsMissing(t *testing.T) {
	here, there := net.Pipe()
	defer here.Close()
	defer there.Close()
	if _, err := (&replayed{Conn: here}).SyscallConn(); err == nil {
		t.Error("a pipe has a descriptor")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	conn, _ := talk(t, l.Addr().String())
	c := &replayed{Conn: conn, head: []byte("ab")}
	for _, want := range []string{"a", "b"} {
		if _, err := c.SyscallConn(); err == nil {
			t.Errorf("%s would be lost", want)
		}
		if b := make([]byte, 1); len(want) > 0 {
			if n, err := c.Read(b); n != 1 || err != nil || string(b) != want {
				t.Errorf("read %q, %v", b, err)
			}
		}
	}
	if _, err := c.SyscallConn(); err != nil {
		t.Error(err)
	}
}
