package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/wire"
)

func arrival(_ *pubsubtest.Host, id wire.ConnID, of app.ID, token string) pubsub.Arrival {
	return pubsub.Arrival{ID: id, App: string(of), Token: token, Address: privacy.ParseAddr(pubsubtest.RawAddress)}
}

func TestArrivalsAreRefusedWithAReason(t *testing.T) {
	h := host(t, app.Settings{})
	others := pubsubtest.Keys()
	others.Client[0].Text = grant.NewSecret(pubsubtest.OtherSecret)
	h.Model.Put(pubsubtest.NewApp(pubsubtest.AppB, app.Settings{}), others)
	good := h.Token(pubsubtest.ClientSecret, "ann", time.Minute)
	for _, c := range []struct {
		name, app, token string
		kind             fault.Kind
		code             wire.Code
	}{
		{"no application", "", good, fault.Invalid, wire.CodeInvalid},
		{"a malformed application", "AAAA", good, fault.Invalid, wire.CodeInvalid},
		{"no token", string(pubsubtest.AppA), "", fault.Unauthenticated, wire.CodeUnauthenticated},
		{"not a token", string(pubsubtest.AppA), "a.b.c", fault.Unauthenticated, wire.CodeUnauthenticated},
		{"an expired token", string(pubsubtest.AppA), h.Token(pubsubtest.ClientSecret, "ann", -time.Second), fault.Unauthenticated, wire.CodeUnauthenticated},
		{"another application's token", string(pubsubtest.AppB), good, fault.Forbidden, wire.CodeForbidden},
		{"an admin's token", string(pubsubtest.AppA), h.Token(pubsubtest.AdminSecret, "ann", time.Minute), fault.Forbidden, wire.CodeForbidden},
		{"an application that does not exist", string(pubsubtest.NoSuch), good, fault.Forbidden, wire.CodeForbidden},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := h.Connect(t.Context(), pubsub.Arrival{ID: "x", App: c.app, Token: c.token})
			wantFault(t, err, c.kind, c.code)
			if _, err := h.Stores.Connections.Get(t.Context(), "x"); !errors.Is(err, pubsub.ErrNoConnection) {
				t.Errorf("it left a record: %v", err)
			}
			if got := h.Greeted(); len(got) != 0 {
				t.Errorf("%v was to be greeted", got)
			}
		})
	}
}

func TestConnectionsAreHeldAgainstThePlan(t *testing.T) {
	h := host(t, app.Settings{})
	limits := plan.Default()
	connect := func(id, who string) error {
		token := h.Token(pubsubtest.ClientSecret, grant.Subject(who), time.Hour)
		return h.Connect(t.Context(), arrival(h, wire.ConnID(id), pubsubtest.AppA, token))
	}
	n := 0
	for who := 0; n < limits.Connections; who++ {
		subject := fmt.Sprintf("s%d", who)
		for range limits.ConnectionsPerSubject {
			if err := connect(fmt.Sprintf("c%d", n), subject); err != nil {
				t.Fatalf("connection %d: %v", n, err)
			}
			n++
		}
		if n < limits.Connections {
			wantFault(t, connect("x", subject), fault.TooMany, wire.CodeConnectionsPerSubject)
		}
	}
	wantFault(t, connect("x", "new"), fault.TooMany, wire.CodeConnections)
	if err := h.Disconnect(t.Context(), "c0"); err != nil {
		t.Fatal(err)
	}
	if err := connect("x", "new"); err != nil {
		t.Errorf("a place is free, and: %v", err)
	}
}

// broken are connections that keep what they are given, say that they did not,
// and cannot remove it.
type broken struct{ pubsub.Connections }

func (b broken) Add(ctx context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	return errors.Join(b.Connections.Add(ctx, c, q), faulttest.ErrInjected)
}

func (b broken) Remove(context.Context, wire.ConnID) (*pubsub.Connection, error) {
	return nil, faulttest.ErrInjected
}

func TestWhatARefusedConnectCannotRemoveExpires(t *testing.T) {
	h := host(t, app.Settings{})
	h.Connections = broken{h.Stores.Connections}
	err := h.Connect(t.Context(), arrival(h, "x", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour)))
	wantFault(t, err, fault.Unavailable, wire.CodeUnavailable)
	if len(h.Troubles()) == 0 {
		t.Error("nobody was told")
	}
	h.Clock.Advance(pubsub.MaxLifetime + pubsub.Grace)
	if _, err := h.Stores.Connections.Get(t.Context(), "x"); !errors.Is(err, pubsub.ErrNoConnection) {
		t.Errorf("it is there for ever: %v", err)
	}
}

// late keeps a connection and then has no time left.
type late struct {
	pubsub.Connections
	end context.CancelFunc
}

func (l late) Add(ctx context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	if err := l.Connections.Add(ctx, c, q); err != nil {
		return err
	}
	l.end()
	return ctx.Err()
}

func (l late) Remove(ctx context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return l.Connections.Remove(ctx, id)
}

func TestWhoIsRefusedBecauseTheTimeIsUpLeavesNothing(t *testing.T) {
	h := host(t, app.Settings{})
	ctx, cancel := context.WithCancel(t.Context())
	h.Connections = late{h.Stores.Connections, cancel}
	err := h.Connect(ctx, arrival(h, "x", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour)))
	wantFault(t, err, fault.Unavailable, wire.CodeUnavailable)
	if _, err := h.Stores.Connections.Get(t.Context(), "x"); !errors.Is(err, pubsub.ErrNoConnection) {
		t.Errorf("it is still there: %v", err)
	}
}

func TestAConnectionEndsWithItsTokenIfTheApplicationWantsSo(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce})
	done := h.Clock.Now()
	h.EnterFor(2*time.Minute, "a", "ann", everything)
	h.EnterFor(time.Hour, "b", "bob")
	tick := func(d time.Duration) {
		t.Helper()
		h.Clock.Advance(d)
		var err error
		if done, err = h.EndExpired(t.Context(), done); err != nil {
			t.Fatal(err)
		}
	}
	tick(time.Minute)
	wantHeard(t, h, "a")
	tick(29 * time.Second)
	wantHeard(t, h, "a")
	tick(time.Second)
	f := wantHeard(t, h, "a", "priv/session token-expiring")[0]
	if f.Data.ExpiresAt != "2026-03-14T12:02:00Z" {
		t.Errorf("expires at %s", f.Data.ExpiresAt)
	}
	for range 10 {
		tick(time.Second)
	}
	wantHeard(t, h, "a") // it was told once
	wantAck(t, h.Say("a", publish("x", "")), 0, 0, 0)
	tick(19 * time.Second)
	wantHeard(t, h, "a")
	tick(time.Second)
	wantHeard(t, h, "a", "priv/errors error")
	if end, _ := h.Poster.Ended("a"); end.Code != wire.CloseTokenExpired || end.Reason == "" {
		t.Errorf("ended with %+v", end)
	}
	if _, ended := h.Poster.Ended("b"); ended {
		t.Error("the other one ended too")
	}
}

func TestAShortTokenIsWarnedOfAtOnce(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce})
	token := h.Token(pubsubtest.ClientSecret, "ann", 5*time.Second)
	if err := h.Connect(t.Context(), arrival(h, "a", pubsubtest.AppA, token)); err != nil {
		t.Fatal(err)
	}
	if err := h.Welcome(t.Context(), "a", h.Wait); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, h, "a", "main welcome", "priv/session token-expiring")
}

func TestWhatComesAfterTheTokensEndEndsTheConnection(t *testing.T) {
	// Also with violations: error, which are about grants.
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce, Violations: app.ViolationsError})
	h.EnterFor(time.Minute, "a", "ann", everything)
	h.Clock.Advance(time.Minute)
	wantNothing(t, h.Say("a", publish("main", "")))
	f := wantHeard(t, h, "a", "priv/errors error")[0]
	if f.Data.Code != wire.CloseTokenExpired || f.Data.ID != "1" {
		t.Errorf("got %+v", f.Data)
	}
	if end, _ := h.Poster.Ended("a"); end.Code != wire.CloseTokenExpired {
		t.Errorf("ended with %+v", end)
	}
}

func TestByDefaultAConnectionOutlivesItsToken(t *testing.T) {
	h := host(t, app.Settings{})
	done := h.Clock.Now()
	h.EnterFor(5*time.Second, "a", "ann", everything)
	h.Clock.Advance(time.Hour)
	if _, err := h.EndExpired(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, h, "a")
	wantAck(t, h.Say("a", publish("x", "")), 0, 0, 0)
}

func authenticate(token string) string {
	return `{"type":"authenticate","data":{"access_token":"` + token + `","id":"1"}}`
}

func TestAFreshTokenTakesTheOldOnesPlace(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce, Violations: app.ViolationsError})
	done := h.Clock.Now()
	h.EnterFor(time.Minute, "a", "ann", grant.Write("old"))
	h.Say("a", subscribe("news"))
	h.Clock.Advance(40 * time.Second)
	wantAck(t, h.Say("a", authenticate(h.Token(pubsubtest.ClientSecret, "ann", time.Hour, grant.Write("new")))), 1, 0, 0)
	wantError(t, h.Say("a", publish("old", "")), wire.CodePublishForbidden)
	wantAck(t, h.Say("a", publish("new", "")), 0, 0, 0)
	h.Clock.Advance(time.Minute)
	if _, err := h.EndExpired(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	wantHeard(t, h, "a") // neither warned nor ended
	topics, err := h.Stores.Subscriptions.TopicsOf(t.Context(), &pubsub.Connection{ID: "a", App: pubsubtest.AppA})
	if err != nil || fmt.Sprint(topics) != "[news]" {
		t.Errorf("its topics are %v, %v", topics, err)
	}
}

func TestAFreshTokenAfterTheEndIsInTime(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce})
	h.EnterFor(time.Minute, "a", "ann", everything)
	h.Clock.Advance(time.Minute)
	wantAck(t, h.Say("a", authenticate(h.Token(pubsubtest.ClientSecret, "ann", time.Hour, everything))), 1, 0, 0)
	wantAck(t, h.Say("a", publish("x", "")), 0, 0, 0)
}

func TestATokenThatIsNotTheConnectionsIsRefused(t *testing.T) {
	h := host(t, app.Settings{Expiry: app.ExpiryEnforce})
	h.EnterFor(time.Minute, "a", "ann", everything)
	before, err := h.Stores.Connections.Get(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	for token, code := range map[string]wire.Code{
		h.Token(pubsubtest.ClientSecret, "bob", time.Hour):    wire.CodeOtherSubject,
		h.Token(pubsubtest.OtherSecret, "ann", time.Hour):     wire.CodeForbidden,
		h.Token(pubsubtest.AdminSecret, "ann", time.Hour):     wire.CodeForbidden,
		h.Token(pubsubtest.ClientSecret, "ann", -time.Second): wire.CodeUnauthenticated,
		"x": wire.CodeUnauthenticated,
	} {
		wantError(t, h.Say("a", authenticate(token)), code)
		if _, ended := h.Poster.Ended("a"); ended {
			t.Errorf("%d ended the connection, whose own token is good", code)
		}
	}
	after, err := h.Stores.Connections.Get(t.Context(), "a")
	if err != nil || *after != *before {
		t.Errorf("the connection is now %+v, %v", after, err)
	}
}

func TestAConnectionThatIsGoneIsForgotten(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("srv", "server", grant.Read("secure/*"))
	h.Say("srv", subscribe("secure/inbound"))
	h.Enter("a", "ann", everything)
	h.Enter("b", "bob")
	h.Poster.Frames("srv")
	h.Poster.Set("b", pubsubtest.Gone)
	seen := 0
	h.Events(&seen)

	h.Clock.Advance(9 * time.Second) // b is young: a 410 proves nothing
	wantAck(t, h.Say("a", publish("priv/bob", "")), 1, 0, 1)
	wantAck(t, h.Say("a", publish("priv/bob", "")), 1, 0, 1)
	wantHeard(t, h, "srv")
	h.Clock.Advance(time.Second)
	wantAck(t, h.Say("a", publish("priv/bob", "")), 1, 0, 1)
	wantAck(t, h.Say("a", publish("priv/bob", "")), 0, 0, 0)
	wantHeard(t, h, "srv", "secure/inbound presence")
	h.Poster.Set("srv", pubsubtest.Failing)
	wantAck(t, h.Say("a", publish("main", "")), 2, 1, 0) // what failed is neither delivered nor gone

	disconnects := 0
	for _, e := range h.Events(&seen) {
		if e.Topic == telemetry.TopicDisconnect {
			disconnects++
		}
	}
	if disconnects != 1 {
		t.Errorf("%d disconnects were recorded", disconnects)
	}
}

// noSecrets have lost the day's secret.
type noSecrets struct{}

func (noSecrets) Secret(context.Context, privacy.Day) (privacy.Secret, error) {
	return privacy.Secret{}, privacy.ErrNoSecret
}

func TestWithoutTheDaysSecretServiceGoesOnWithoutAddresses(t *testing.T) {
	h := host(t, app.Settings{})
	h.Anonymiser.Secrets = noSecrets{}
	seen := 0
	h.Enter("a", "ann", everything)
	wantAck(t, h.Say("a", publish("main", "")), 1, 1, 0)
	if len(h.Troubles()) == 0 {
		t.Error("nobody was told")
	}
	for _, e := range h.Events(&seen) {
		if e.ClientIP.Method() != privacy.None || e.PublisherIP.Method() != privacy.None {
			t.Errorf("recorded %+v", e)
		}
	}
}
