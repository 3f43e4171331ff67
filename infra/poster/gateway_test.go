package poster_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"tacet/core/wire"
	"tacet/infra/local/gateway"
	"tacet/infra/poster"
	"tacet/infra/sigv4"
)

// patience is how long a test waits for what must happen.
const patience = 20 * time.Second

var credentials = sigv4.Credentials{ID: "AKID", Secret: "secret", Session: "token/with+signs="}

// api is the local API Gateway, which checks signatures as the real one does.
type api struct {
	*gateway.Gateway
	t      *testing.T
	server *httptest.Server
	opened chan wire.ConnID
}

func serve(t *testing.T, o gateway.Options, start func(*httptest.Server)) *api {
	t.Helper()
	a := &api{t: t, opened: make(chan wire.ConnID, 1)}
	o.Stage, o.Selection, o.Region = "prod", "$request.body.type", "eu-west-1"
	o.Credentials = &credentials
	o.Opened = func(_ context.Context, id string) { a.opened <- wire.ConnID(id) }
	var err error
	if a.Gateway, err = gateway.New(o); err != nil {
		t.Fatal(err)
	}
	a.server = httptest.NewUnstartedServer(a.Gateway)
	start(a.server)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := a.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		a.server.Close()
	})
	return a
}

// poster returns one that posts to the gateway.
func (a *api) poster() *poster.Poster {
	return poster.New(poster.Options{Endpoint: a.server.URL + "/prod", Region: "eu-west-1", Credentials: credentials, TLS: a.trust()})
}

// trust returns how to speak TLS to the gateway; nil if it does not.
func (a *api) trust() *tls.Config {
	if a.server.TLS == nil {
		return nil
	}
	return a.server.Client().Transport.(*http.Transport).TLSClientConfig
}

// receiver is a client that listens.
type receiver struct {
	*websocket.Conn
	id wire.ConnID
	t  *testing.T
}

func (a *api) connect() *receiver {
	a.t.Helper()
	ctx, cancel := context.WithTimeout(a.t.Context(), patience)
	defer cancel()
	c, _, err := websocket.Dial(ctx, "ws"+strings.TrimPrefix(a.server.URL, "http")+"/prod", &websocket.DialOptions{HTTPClient: a.server.Client()})
	if err != nil {
		a.t.Fatal(err)
	}
	c.SetReadLimit(-1)
	a.t.Cleanup(func() { c.CloseNow() })
	return &receiver{c, <-a.opened, a.t}
}

// hears expects a text.
func (r *receiver) hears(want string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	_, got, err := r.Read(ctx)
	if err != nil || string(got) != want {
		r.t.Fatalf("heard %.100q, %v, want %.100q", got, err, want)
	}
}

func text(s string) wire.Frame { return wire.Frame{JSON: []byte(s)} }

func TestPostReachesWhoIsThereInOrder(t *testing.T) {
	for name, start := range map[string]func(*httptest.Server){"http": (*httptest.Server).Start, "https": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, gateway.Options{}, start)
			p := a.poster()
			alice, bob, carol := a.connect(), a.connect(), a.connect()
			carol.Close(websocket.StatusNormalClosure, "")
			to := []wire.ConnID{alice.id, carol.id, bob.id}
			for i := range 20 {
				posted := p.Post(t.Context(), to, text(fmt.Sprint(i)))
				if posted.Delivered != 2 || len(posted.Gone) != 1 || posted.Gone[0] != carol.id || len(posted.Failed) != 0 {
					t.Fatalf("posted %+v", posted)
				}
			}
			for i := range 20 {
				alice.hears(fmt.Sprint(i))
				bob.hears(fmt.Sprint(i))
			}
		})
	}
}

func TestFramesOfEverySizeArriveWhole(t *testing.T) {
	a := serve(t, gateway.Options{}, (*httptest.Server).StartTLS)
	p, alice := a.poster(), a.connect()
	for _, size := range []int{128 << 10, 0, 1} {
		frame := strings.Repeat("x", size)
		if posted := p.Post(t.Context(), []wire.ConnID{alice.id}, text(frame)); posted.Delivered != 1 {
			t.Fatalf("%d bytes: %+v", size, posted)
		}
		alice.hears(frame)
	}
	if posted := p.Post(t.Context(), []wire.ConnID{alice.id}, text(strings.Repeat("x", 128<<10+1))); len(posted.Failed) != 1 {
		t.Errorf("too large, and %+v", posted)
	}
}

func TestCloseEndsAConnectionAfterWhatWasPosted(t *testing.T) {
	a := serve(t, gateway.Options{}, (*httptest.Server).Start)
	p, alice := a.poster(), a.connect()
	p.Post(t.Context(), []wire.ConnID{alice.id}, text("last"))
	if err := p.Close(t.Context(), alice.id, wire.CloseTokenExpired, "expired"); err != nil {
		t.Fatal(err)
	}
	alice.hears("last")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if _, _, err := alice.Read(ctx); websocket.CloseStatus(err) != websocket.StatusNormalClosure {
		t.Errorf("the client saw %v", err)
	}
	if err := p.Close(t.Context(), alice.id, wire.CloseTokenExpired, "expired"); err != nil {
		t.Errorf("closing what is gone: %v", err)
	}
}

// What the other side closes while nobody looks must cost nothing, least of
// all the frame: after it was sent there would be no telling what became of it.
func TestAConnectionThatWasClosedWhileIdleIsNotUsed(t *testing.T) {
	defer poster.LookAlways()()
	for name, start := range map[string]func(*httptest.Server){"http": (*httptest.Server).Start, "https": (*httptest.Server).StartTLS} {
		t.Run(name, func(t *testing.T) {
			a := serve(t, gateway.Options{}, start)
			alice := a.connect()
			p := poster.New(poster.Options{
				Endpoint: a.server.URL + "/prod", Region: "eu-west-1", Credentials: credentials, TLS: a.trust(),
				Report: func(_ context.Context, r poster.Report) { t.Errorf("it did not go smoothly: %+v", r) },
			})
			for range 3 {
				if posted := p.Post(t.Context(), []wire.ConnID{alice.id}, text("x")); posted.Delivered != 1 {
					t.Fatalf("posted %+v", posted)
				}
				alice.hears("x")
				a.server.CloseClientConnections()
			}
		})
	}
}

func TestConnectionsAreKept(t *testing.T) {
	defer poster.LookAlways()()
	a := serve(t, gateway.Options{}, (*httptest.Server).Start)
	alice := a.connect()
	dialed := 0
	p := poster.New(poster.Options{
		Endpoint: a.server.URL + "/prod", Region: "eu-west-1", Credentials: credentials,
		Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
			dialed++
			return new(net.Dialer).DialContext(ctx, network, address)
		},
	})
	for range 10 {
		p.Post(t.Context(), []wire.ConnID{alice.id}, text("x"))
		alice.hears("x")
	}
	if dialed != 1 {
		t.Errorf("dialed %d times", dialed)
	}
}

func TestWrongCredentialsAreReportedAndNotRepeated(t *testing.T) {
	a := serve(t, gateway.Options{}, (*httptest.Server).Start)
	var reports []poster.Report
	p := poster.New(poster.Options{
		Endpoint: a.server.URL + "/prod", Region: "eu-west-1", Credentials: sigv4.Credentials{ID: credentials.ID, Secret: "guessed"},
		Report: func(_ context.Context, r poster.Report) { reports = append(reports, r) },
	})
	to := []wire.ConnID{"QkFTRTY0VVICaaA=", "QkFTRTY0VVICaaB="}
	posted := p.Post(t.Context(), to, text("x"))
	if counted(t, posted, to); len(posted.Failed) != 2 {
		t.Errorf("posted %+v", posted)
	}
	if len(reports) != 1 || reports[0].Failed != 2 || len(reports[0].Causes) != 1 || reports[0].Causes["status 403"] != 2 {
		t.Errorf("reported %+v", reports)
	}
}
