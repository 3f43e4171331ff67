package oidc_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/infra/oidc"
)

func address(ctx context.Context, p *oidc.Provider) error {
	_, err := p.Address(ctx, redirect, "state", "nonce", verifier)
	return err
}

func TestAnIssuerThatIsDownKeepsNobodyFromStarting(t *testing.T) {
	f := newForger(t)
	var down atomic.Bool
	down.Store(true)
	f.fail = func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return down.Load()
	}
	p := newProvider(t, f.URL, "client", "")
	for range 2 {
		if err := address(t.Context(), p); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("while it is down: %v", err)
		}
	}
	down.Store(false)
	must(t, address(t.Context(), p))
}

func TestAnIssuerIsAskedOnceAnHourAndBelievedWhileItIsDown(t *testing.T) {
	f := newForger(t)
	var now atomic.Int64
	p, err := oidc.New(oidc.Options{Issuer: f.URL, ClientID: "client", Now: func() time.Time { return time.Unix(now.Load(), 0) }})
	must(t, err)
	var down atomic.Bool
	f.fail = func(w http.ResponseWriter, _ *http.Request) bool {
		if down.Load() {
			f.asked.Add(1)
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		return down.Load()
	}
	for _, c := range []struct {
		name string
		at   time.Duration
		down bool
		want int64
	}{
		{"at first", 0, false, 1},
		{"soon after", time.Hour - time.Second, false, 1},
		{"an hour later", time.Hour, false, 2},
		{"down", 2 * time.Hour, true, 3},
		{"down, a little later", 2*time.Hour + time.Second, true, 3},
		{"down, a minute later", 2*time.Hour + time.Minute, true, 4},
		{"up", 2*time.Hour + 2*time.Minute, false, 5},
	} {
		now.Store(int64(c.at / time.Second))
		down.Store(c.down)
		if err := address(t.Context(), p); err != nil || f.asked.Load() != c.want {
			t.Errorf("%s: asked %d times, %v, want %d", c.name, f.asked.Load(), err, c.want)
		}
	}
}

func TestAnIssuerThatDescribesItselfBadlyIsNotTrusted(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"as another":           {"issuer": "https://issuer.example"},
		"keys without TLS":     {"jwks_uri": "http://issuer.example/keys"},
		"tokens without TLS":   {"token_endpoint": "http://issuer.example/token"},
		"sign-in without TLS":  {"authorization_endpoint": "http://issuer.example/auth"},
		"people without TLS":   {"userinfo_endpoint": "http://issuer.example/me"},
		"no tokens":            {"token_endpoint": ""},
		"a script for sign-in": {"authorization_endpoint": "javascript:alert(1)"},
		"a password in it":     {"token_endpoint": "https://a:b@issuer.example/token"},
	} {
		f := newForger(t)
		f.describe = func(says map[string]any) {
			for k, v := range change {
				says[k] = v
			}
		}
		if err := address(t.Context(), newProvider(t, f.URL, "client", "")); fault.KindOf(err) != fault.Unavailable {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAnIssuerIsAURLWithTLSOrOfThisMachine(t *testing.T) {
	for issuer, good := range map[string]bool{
		"https://issuer.example": true, "https://issuer.example/realms/a": true, "http://127.0.0.1:1": true, "http://localhost:1": true, "http://[::1]:1": true,
		"": false, "issuer.example": false, "http://issuer.example": false, "http://127.0.0.1.issuer.example": false, "ftp://127.0.0.1": false,
		"https://": false, "https://a:b@issuer.example": false, "https://issuer.example/#a": false, "://": false,
	} {
		if _, err := oidc.New(oidc.Options{Issuer: issuer, ClientID: "client", Now: time.Now}); (err == nil) != good {
			t.Errorf("%q: %v", issuer, err)
		}
	}
	if _, err := oidc.New(oidc.Options{Issuer: "https://issuer.example", Now: time.Now}); err == nil {
		t.Error("no client id")
	}
}

// silent answers nothing, until nobody waits any more.
type silent struct{ asked atomic.Int64 }

func (s *silent) RoundTrip(r *http.Request) (*http.Response, error) {
	s.asked.Add(1)
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func TestNobodyWaitsLongForAnIssuerThatIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := new(silent)
		p, err := oidc.New(oidc.Options{Issuer: "https://issuer.example", ClientID: "client", Now: time.Now, Transport: s})
		must(t, err)
		began := time.Now()
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				if err := address(t.Context(), p); fault.KindOf(err) != fault.Unavailable {
					t.Errorf("got %v", err)
				}
			})
		}
		all.Wait()
		if waited := time.Since(began); waited > 6*time.Second {
			t.Errorf("somebody waited %v", waited)
		}
		if n := s.asked.Load(); n != 1 {
			t.Errorf("it was asked %d times at once", n)
		}

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began = time.Now()
		if err := address(ctx, p); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != time.Second {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
		time.Sleep(10 * time.Second) // of the bubble: the question has an end, too
	})
}

func TestNothingPrintsTheClientsSecret(t *testing.T) {
	p, err := oidc.New(oidc.Options{Issuer: "https://issuer.example", ClientID: "client", ClientSecret: grant.NewSecret(marker), Now: time.Now})
	must(t, err)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		wantSilence(t, fmt.Errorf(verb, p))
		wantSilence(t, fmt.Errorf(verb, struct{ p *oidc.Provider }{p}))
	}
}
