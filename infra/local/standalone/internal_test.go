package standalone

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/infra/config"
	"tacet/infra/entry"
	"tacet/infra/jwks"
	"tacet/infra/local/gateway"
	"tacet/infra/local/site"
	"tacet/infra/metrics"
)

func TestMemoryIsGivenBackOnceForACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var connections, freed atomic.Int32
		go giveBack(ctx, func() int { return int(connections.Load()) }, func() { freed.Add(1) })
		for i, step := range []struct{ connections, freed int32 }{
			{crowd - 1, 1}, {crowd, 2}, {crowd + 10, 2}, {2*crowd - 1, 2}, {2 * crowd, 3}, {3, 4}, {0, 4},
		} {
			connections.Store(step.connections)
			time.Sleep(4 * settled)
			if got := freed.Load(); got != step.freed {
				t.Errorf("step %d, %d connections: given back %d times, want %d", i, step.connections, got, step.freed)
			}
		}
		for range 20 { // while they still come
			connections.Add(crowd)
			time.Sleep(settled / 2)
		}
		if got := freed.Load(); got != 4 {
			t.Errorf("given back %d times while clients come", got)
		}
		cancel()
	})
}

// started returns a platform of this test, without anything on disk, and its development application.
func started(t *testing.T, integration time.Duration, change ...func(*config.Standalone)) (*Platform, *app.App) {
	t.Helper()
	s := config.Standalone{
		Listen: "127.0.0.1:0", Memory: true, Plan: "unlimited",
		IdleTimeout: time.Minute, MaxLifetime: time.Hour, IntegrationTimeout: integration,
	}
	for _, f := range change {
		f(&s)
	}
	p, err := Start(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		if err := p.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
	return p, site.Development{App: p.running.App}.Application("unlimited")
}

// keysOf returns what the development application verifies tokens with.
func keysOf(p *Platform) grant.Slots {
	return site.Development{ClientKey: p.running.ClientKey, AdminKey: p.running.AdminKey}.Slots()
}

// A key server that never answers must not keep clients waiting for ever.
func TestAdmittingAConnectionHasATimeout(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	p, a := started(t, 50*time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), jwks.Timeout-time.Second) // it would give up by itself then
	defer cancel()
	keys := grant.Slots{Client: [2]grant.Slot{{JWKSURL: "http://" + silent.Addr().String(), Algorithm: grant.RS256}}}
	if err := p.Put(ctx, a, keys); err != nil {
		t.Fatal(err)
	}
	_, answer, err := websocket.Dial(ctx, p.running.WebSocket+"?access_token="+p.running.ClientToken, nil)
	if err == nil || answer == nil || answer.StatusCode != 503 {
		t.Errorf("%v", err)
	}
}

// An application can want connections to end with their tokens; somebody has to look at the clock for that.
func TestConnectionsEndWithTheirTokens(t *testing.T) {
	p, a := started(t, time.Minute)
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	a.Settings.Expiry = app.ExpiryEnforce
	if err := p.Put(ctx, a, keysOf(p)); err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	short, err := site.Development{ClientKey: p.running.ClientKey}.Token(grant.Client, now, now.Add(2*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	conn, _, err := websocket.Dial(ctx, p.running.WebSocket+"?access_token="+short, nil)
	if err != nil {
		t.Fatal(err)
	}
	warned := false
	for {
		_, raw, err := conn.Read(ctx)
		if err == nil {
			warned = warned || strings.Contains(string(raw), "token-expiring")
			continue
		}
		var closed websocket.CloseError
		if !errors.As(err, &closed) || closed.Code != 4002 || !warned {
			t.Errorf("warned: %v; %v", warned, err)
		}
		break
	}
}

// A job that writes to a full disk is not waited for: Badger tries for ever.
func TestStoppingDoesNotWaitForWhatNeverEnds(t *testing.T) {
	p, _ := started(t, time.Second)
	hangs := make(chan struct{})
	p.ticking.Go(func() { <-hangs })
	defer close(hangs)
	stopped := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		stopped <- p.Stop(ctx)
	}()
	select {
	case err := <-stopped:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(time.Minute):
		t.Error("it waits")
	}
}

// Who sends requests here is told to send them elsewhere before anything ends.
func TestAPlatformThatStopsIsNotReady(t *testing.T) {
	s := config.Standalone{
		Listen: "127.0.0.1:0", MetricsListen: "127.0.0.1:0", Memory: true, Plan: "unlimited",
		IdleTimeout: time.Minute, MaxLifetime: time.Hour, IntegrationTimeout: time.Second,
	}
	p, err := Start(s, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	p.stopping.Store(true)
	for _, base := range []string{p.running.HTTP, p.running.Metrics} {
		a, err := http.Get(base + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		a.Body.Close()
		if a.StatusCode != http.StatusServiceUnavailable || a.Header.Get("Retry-After") != "1" {
			t.Errorf("%s/readyz: %d, Retry-After %q", base, a.StatusCode, a.Header.Get("Retry-After"))
		}
	}
	if err := p.Stop(t.Context()); err != nil {
		t.Error(err)
	}
	if a, err := http.Get(p.running.Metrics + "/healthz"); err == nil {
		a.Body.Close()
		t.Error("the listener of figures is still there")
	}
}

// Stores that hang must not be asked by more and more.
func TestAQuestionIsAskedOnceAtATime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var q question
		asked, answer := 0, make(chan error)
		it := func() error { asked++; return <-answer }
		answers := make(chan error, 3)
		for range 3 {
			go func() { answers <- q.ask(it) }()
		}
		time.Sleep(answering)
		for range 3 {
			if err := <-answers; !errors.Is(err, errSilent) {
				t.Errorf("while nobody answers: %v", err)
			}
		}
		close(answer)
		synctest.Wait()
		if err := q.ask(it); err != nil || asked != 2 {
			t.Errorf("asked %d times: %v", asked, err)
		}
	})
}

// Who names no collector pays for none.
func TestNothingIsWrappedWithoutACollector(t *testing.T) {
	p := &Platform{log: slog.New(slog.DiscardHandler), poster: new(poster)}
	p.counts = metrics.New()
	f := entry.Publish{}
	if got := p.function("frame", f); got != gateway.Handler(f) {
		t.Errorf("a function is a %T", got)
	}
	if got := p.posting(); got != pubsub.Poster(p.poster) {
		t.Errorf("the poster is a %T", got)
	}
	if got := p.meter(); got != pubsub.Meter(p.counts) {
		t.Errorf("the meter is a %T", got)
	}
	if p.requests().Begin != nil {
		t.Error("requests begin with something")
	}
}
