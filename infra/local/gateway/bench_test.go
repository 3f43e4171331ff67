package gateway

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"tacet/infra/apigw"
	"tacet/infra/local/socket"
)

// benchGateway serves n connections that read nothing.
func benchGateway(b *testing.B, o Options, n int) (*Gateway, []string) {
	b.Helper()
	var ids []string
	o.Stage, o.Selection = "prod", "$request.body.type"
	opened := make(chan string, n)
	o.Opened = func(_ context.Context, id string) { opened <- id }
	g, err := New(o)
	if err != nil {
		b.Fatal(err)
	}
	server := httptest.NewServer(g)
	b.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		g.Shutdown(ctx)
		server.Close()
	})
	for range n {
		benchDial(b, server.URL)
		ids = append(ids, <-opened)
	}
	return g, ids
}

func benchDial(b *testing.B, url string) {
	b.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	io.WriteString(c, "GET /prod?app=0123456789abcdef&access_token="+strings.Repeat("x", 300)+" HTTP/1.1\r\nHost: localhost:8080\r\n"+
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"+
		"Origin: https://app.example\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36\r\n\r\n")
	response, err := http.ReadResponse(bufio.NewReaderSize(c, 256), nil)
	if err != nil || response.StatusCode != 101 {
		b.Fatal("no upgrade")
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkIdleConnection reports what an idle connection costs: with the
// engine alone, and with the gateway on top. The difference is this layer's.
// Run it with -benchtime 1x.
func BenchmarkIdleConnection(b *testing.B) {
	for _, layer := range []string{"engine", "gateway"} {
		b.Run(layer, func(b *testing.B) {
			var h http.Handler
			var stop func(context.Context) error
			if layer == "engine" {
				s, err := socket.New(socket.Options{})
				if err != nil {
					b.Fatal(err)
				}
				stop = s.Shutdown
				h = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.Upgrade(w, r, "", nothing{}) })
			} else {
				g, err := New(Options{Stage: "prod", Selection: "x"})
				if err != nil {
					b.Fatal(err)
				}
				stop, h = g.Shutdown, g
			}
			server := httptest.NewServer(h)
			const n = 4000
			for b.Loop() {
				benchDial(b, server.URL)
				before := heap()
				for range n {
					benchDial(b, server.URL)
				}
				b.ReportMetric(float64(heap()-before)/n, "B/conn")
			}
			ctx, cancel := context.WithCancel(context.Background())
			cancel()
			stop(ctx)
			server.Close()
		})
	}
}

type nothing struct{}

func (nothing) Open(*socket.Conn)                {}
func (nothing) Message(*socket.Conn, []byte)     {}
func (nothing) Closed(*socket.Conn, int, string) {}

func BenchmarkLookup(b *testing.B) {
	var t table
	const n = 5000
	ids := make([]string, n)
	for i := range ids {
		key := newConnKey()
		ids[i] = string(key[:])
		t.put(key, &conn{id: ids[i]})
	}
	i := 0
	for b.Loop() {
		key, ok := toConnKey(ids[i%n])
		if !ok || t.get(key) == nil {
			b.Fatal("lost")
		}
		i++
	}
}

// BenchmarkMessage is one message to a typed handler, in order, without the
// socket's part but for the queue that its answer goes into.
func BenchmarkMessage(b *testing.B) {
	for name, h := range map[string]Handler{
		"one-way": Func(func(context.Context, *apigw.Event) (apigw.Response, error) { return apigw.Response{}, nil }),
		"JSON": Encoded(Func(func(context.Context, *apigw.Event) (apigw.Response, error) {
			return apigw.Response{StatusCode: 200}, nil
		})),
	} {
		b.Run(name, func(b *testing.B) {
			g, ids := benchGateway(b, Options{Ordered: true, Routes: map[string]Route{"publish": {Handler: h}, "$default": {}}}, 1)
			key, _ := toConnKey(ids[0])
			c := g.table.get(key)
			b.ReportAllocs()
			for b.Loop() {
				c.Message(c.sock, benchBody)
				if name == "JSON" {
					g.running.Wait()
				}
			}
		})
	}
}

// BenchmarkReceivers finds the sockets of a thousand ids, for the first time
// and again.
func BenchmarkReceivers(b *testing.B) {
	g, ids := benchGateway(b, Options{}, 1000)
	b.Run("looked up", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if open, gone := lookUp(g, ids); len(open) != len(ids) || len(gone) != 0 {
				b.Fatalf("%d open, %d gone", len(open), len(gone))
			}
		}
	})
	b.Run("recalled", func(b *testing.B) {
		lookUp(g, ids)
		lookUp(g, ids)
		b.ReportAllocs()
		for b.Loop() {
			if open := recall(&g.rolls, ids); len(open) != len(ids) {
				b.Fatalf("%d open", len(open))
			}
		}
	})
}
