package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
)

func TestGreetingSaysWhoYouAre(t *testing.T) {
	h := host(t, app.Settings{Addresses: privacy.Truncate})
	if err := h.Connect(t.Context(), arrival(h, "a", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(h.Greeted()); got != "[a]" {
		t.Errorf("Connect asked to greet %v", got)
	}
	wantHeard(t, h, "a") // it is not open yet
	if err := h.Welcome(t.Context(), "a", h.Wait); err != nil {
		t.Fatal(err)
	}
	c := wantHeard(t, h, "a", "main welcome")[0].Data.Connection
	if c.ID != "a" || c.AppID != string(pubsubtest.AppA) || c.RemoteAddress != "203.0.113.0/24" {
		t.Errorf("got %+v", c)
	}
}

func TestGreetingWaitsForAConnectionThatOpens(t *testing.T) {
	h := host(t, app.Settings{})
	h.Poster.Set("a", pubsubtest.Gone)
	if err := h.Connect(t.Context(), arrival(h, "a", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))); err != nil {
		t.Fatal(err)
	}
	waits := 0
	err := h.Welcome(t.Context(), "a", func(ctx context.Context, d time.Duration) error {
		if waits++; waits == 3 {
			h.Poster.Set("a", pubsubtest.Open)
		}
		return h.Wait(ctx, d)
	})
	if err != nil || waits != 3 {
		t.Errorf("after %d waits: %v", waits, err)
	}
	wantHeard(t, h, "a", "main welcome")
}

func TestGreetingGivesUpOnAConnectionThatIsGone(t *testing.T) {
	for _, c := range []struct {
		reach pubsubtest.Reach
		kind  fault.Kind
		kept  bool
	}{
		{pubsubtest.Gone, fault.NotFound, false},
		{pubsubtest.Failing, fault.Unavailable, true}, // it may well be there
	} {
		h := host(t, app.Settings{})
		h.Poster.Set("a", c.reach)
		if err := h.Connect(t.Context(), arrival(h, "a", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))); err != nil {
			t.Fatal(err)
		}
		begun := h.Clock.Now()
		if err := h.Welcome(t.Context(), "a", h.Wait); fault.KindOf(err) != c.kind {
			t.Errorf("got %v, want it %v", err, c.kind)
		}
		if waited := h.Clock.Now().Sub(begun); waited < 5*time.Second || waited > 30*time.Second {
			t.Errorf("it waited for %v", waited)
		}
		if _, err := h.Stores.Connections.Get(t.Context(), "a"); (err == nil) != c.kept {
			t.Errorf("kept: %v, want %v", err == nil, c.kept)
		}
		if err := h.Welcome(t.Context(), "nobody", h.Wait); fault.KindOf(err) != fault.NotFound || !errors.Is(err, pubsub.ErrNoConnection) {
			t.Errorf("nobody to greet: %v", err)
		}
	}
}

// Connect may have taken seconds, and what it started is faster than its own
// answer: the connection was forgotten a moment before it opened.
func TestGreetingWaitsForAConnectionWhoseConnectWasSlow(t *testing.T) {
	h := host(t, app.Settings{})
	h.Poster.Set("a", pubsubtest.Gone)
	if err := h.Connect(t.Context(), arrival(h, "a", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(8 * time.Second)
	err := h.Welcome(t.Context(), "a", func(ctx context.Context, d time.Duration) error {
		h.Poster.Set("a", pubsubtest.Open)
		return h.Wait(ctx, d)
	})
	if err != nil {
		t.Error(err)
	}
	wantHeard(t, h, "a", "main welcome")
}
