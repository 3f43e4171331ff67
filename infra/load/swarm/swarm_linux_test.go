package swarm_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tacet/infra/load/swarm"
	"tacet/infra/load/swarmtest"
)

// settings for a hub. Patience is long where nothing gets lost, so that a slow machine fails no test.
func settings(hub *swarmtest.Hub) swarm.Settings {
	return swarm.Settings{
		URL: hub.URL, Dialect: swarm.Tacet{}, Topic: "bench", Payload: []byte(`"` + strings.Repeat("x", 126) + `"`),
		Patience: time.Minute,
	}
}

// open opens a swarm with n subscribers.
func open(t *testing.T, s swarm.Settings, n int) *swarm.Swarm {
	t.Helper()
	clients, err := swarm.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(clients.Close)
	if _, err := clients.Grow(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	return clients
}

// publish publishes n messages.
func publish(t *testing.T, clients *swarm.Swarm, n int) swarm.Outcome {
	t.Helper()
	outcome, err := clients.Publish(t.Context(), n)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

func TestEverythingIsCounted(t *testing.T) {
	for name, faults := range map[string]swarmtest.Faults{
		"plain":        {},
		"late welcome": {LateWelcome: true},
		"fragments":    {Fragment: true},
	} {
		t.Run(name, func(t *testing.T) {
			clients := open(t, settings(swarmtest.Serve(t, faults)), 20)
			for _, n := range []int{1, 50} {
				got := publish(t, clients, n)
				if got.Delivered != 20*n || got.Lost != 0 || got.Extra != 0 || got.Gone != 0 {
					t.Errorf("%d messages to 20: %+v", n, got)
				}
			}
		})
	}
}

func TestASwarmGrowsAndSubscribesAgain(t *testing.T) {
	clients := open(t, settings(swarmtest.Serve(t, swarmtest.Faults{})), 3)
	if err := clients.Subscribe(t.Context(), "another"); err != nil {
		t.Fatal(err)
	}
	if _, err := clients.Grow(t.Context(), 300); err != nil { // more than open at the same time
		t.Fatal(err)
	}
	if got := publish(t, clients, 2); got.Delivered != 600 {
		t.Errorf("%+v", got)
	}
}

func TestLostDeliveriesAreFound(t *testing.T) {
	s := settings(swarmtest.Serve(t, swarmtest.Faults{DropEvery: 10}))
	s.Patience = 300 * time.Millisecond // nothing else ends the wait for what never comes
	clients := open(t, s, 5)
	if got := publish(t, clients, 40); got.Lost != 20 || got.Delivered != 180 {
		t.Errorf("one of ten dropped: %+v", got)
	}
}

func TestWhatComesTwiceDoesNotHideWhatIsLost(t *testing.T) {
	s := settings(swarmtest.Serve(t, swarmtest.Faults{DropEvery: 10, RepeatEvery: 5}))
	s.Patience = 300 * time.Millisecond
	clients := open(t, s, 4)
	if got := publish(t, clients, 1); got.Lost != 0 || got.Extra != 0 {
		t.Fatalf("deliveries 1 to 4: %+v", got)
	}
	got := publish(t, clients, 2) // 5 to 12: the first subscriber gets the 5th twice, the second misses the 10th
	if got.Lost != 1 || got.Extra != 1 || got.Delivered != 7 {
		t.Errorf("deliveries 5 to 12: %+v", got)
	}
}

func TestAConnectionThatEndsLosesWhatWasDue(t *testing.T) {
	clients := open(t, settings(swarmtest.Serve(t, swarmtest.Faults{CloseEvery: 7})), 5)
	got := publish(t, clients, 2) // the seventh delivery is the second to one of them
	if got.Lost != 1 || got.Delivered != 9 || got.Gone != 1 {
		t.Errorf("%+v", got)
	}
	var which *swarm.Error
	if !errors.As(got.Why, &which) || which.Connection == 0 || !strings.Contains(which.Error(), "4013") {
		t.Errorf("why: %v", got.Why)
	}
}

func TestPingsAreAnswered(t *testing.T) {
	clients := open(t, settings(swarmtest.Serve(t, swarmtest.Faults{Ping: true})), 1)
	for range 3 {
		if got := publish(t, clients, 1); got.Delivered != 1 {
			t.Errorf("%+v", got)
		}
	}
}

func TestARefusedPublicationIsAnError(t *testing.T) {
	clients := open(t, settings(swarmtest.Serve(t, swarmtest.Faults{RefusePublish: true})), 1)
	_, err := clients.Publish(t.Context(), 1)
	if err == nil || !strings.Contains(err.Error(), "rate-limited") {
		t.Error(err)
	}
}

func TestTokensAreSentAndNeverTold(t *testing.T) {
	const token = "canary-token"
	hub := swarmtest.Serve(t, swarmtest.Faults{Token: token})
	s := settings(hub)
	s.Token = func(int) string { return token }
	if got := publish(t, open(t, s, 2), 1); got.Delivered != 2 {
		t.Errorf("with the right token: %+v", got)
	}
	s.Token = func(int) string { return token + "-wrong" }
	_, err := swarm.Open(t.Context(), s)
	if err == nil || !strings.Contains(err.Error(), "401") || strings.Contains(err.Error(), token) {
		t.Errorf("with another: %v", err)
	}
}

func TestAddressesAreCheckedAndNeverTold(t *testing.T) {
	for _, url := range []string{"http://localhost", "ws://", "ws://local\x7fhost/?access_token=canary", "ws://localhost:99999"} {
		s := swarm.Settings{URL: url, Dialect: swarm.Tacet{}, Topic: "t", Payload: []byte(`""`)}
		if _, err := swarm.Open(t.Context(), s); err == nil || strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: %v", url, err)
		}
	}
}

func TestNobodyListening(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	s := settings(&swarmtest.Hub{URL: "ws://" + listener.Addr().String()})
	if _, err := swarm.Open(t.Context(), s); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Error(err)
	}
}

func TestAnEndedContextEndsTheWait(t *testing.T) {
	clients := open(t, settings(swarmtest.Serve(t, swarmtest.Faults{DropEvery: 1})), 1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := clients.Publish(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// encrypted serves a hub over TLS, and returns whom to believe.
func encrypted(t *testing.T, faults swarmtest.Faults) (*swarmtest.Hub, *tls.Config) {
	t.Helper()
	certified := httptest.NewTLSServer(nil) // for its certificate
	certified.Close()
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: certified.TLS.Certificates})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	hub := swarmtest.New(faults)
	hub.URL = "wss://" + listener.Addr().String()
	go hub.Accept(listener)
	roots := x509.NewCertPool()
	roots.AddCert(certified.Certificate())
	return hub, &tls.Config{RootCAs: roots}
}

func TestEverythingIsCountedOverTLS(t *testing.T) {
	hub, believed := encrypted(t, swarmtest.Faults{})
	s := settings(hub)
	s.TLS = believed
	clients := open(t, s, 150)
	for _, n := range []int{1, 100} {
		if got := publish(t, clients, n); got.Delivered != 150*n || got.Lost != 0 {
			t.Errorf("%d messages to 150: %+v", n, got)
		}
	}
}

func TestAnUnknownCertificateIsRefused(t *testing.T) {
	hub, _ := encrypted(t, swarmtest.Faults{})
	var unknown x509.UnknownAuthorityError
	if _, err := swarm.Open(t.Context(), settings(hub)); !errors.As(err, &unknown) {
		t.Error(err)
	}
}

func TestTooFewFilesIsSaidBeforehand(t *testing.T) {
	const connections = 1 << 30 // beyond what any kernel allows
	err := swarm.AllowFiles(connections)
	if err == nil || !strings.Contains(err.Error(), "1073741824 connections need") || !strings.Contains(err.Error(), "ulimit") {
		t.Error(err)
	}
}
