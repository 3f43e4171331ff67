package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// wantRefusals holds the refusals that were recorded since seen against their
// codes. Nothing else may have been recorded, nor be said of a refusal.
func wantRefusals(t *testing.T, h *pubsubtest.Host, seen *int, address string, want ...wire.Code) {
	t.Helper()
	var got []wire.Code
	for _, e := range h.Events(seen) {
		got = append(got, wire.Code(e.Code))
		if e.Topic != telemetry.TopicError || e.Node != "node" || e.App != pubsubtest.AppA || !e.At.Equal(h.Clock.Now()) || e.ClientIP.Value() != address {
			t.Errorf("recorded %+v", e)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("recorded the refusals %v, want %v", got, want)
	}
}

const clientNet = "203.0.113.0/24"

func TestEachRefusedFrameIsRecordedWithItsCode(t *testing.T) {
	h := host(t, app.Settings{Addresses: privacy.Truncate, Violations: app.ViolationsError})
	h.Enter("a", "ann")
	seen := len(h.Model.Records())
	for frame, code := range map[string]wire.Code{
		publish("main", ""):      wire.CodePublishForbidden,
		subscribe("secure/x"):    wire.CodeSubscribeForbidden,
		"nonsense":               wire.CodeInvalid,
		`{"type":"nonsense"}`:    wire.CodeUnknownType,
		subscribe("a b"):         wire.CodeInvalidTopic,
		authenticate("no token"): wire.CodeUnauthenticated,
	} {
		wantError(t, h.Say("a", frame), code)
		wantRefusals(t, h, &seen, clientNet, code)
	}
}

// What ends a connection is posted, and not answered.
func TestARefusalThatEndsAConnectionIsRecordedToo(t *testing.T) {
	h := host(t, app.Settings{Addresses: privacy.Truncate})
	h.Enter("a", "ann")
	seen := len(h.Model.Records())
	wantNothing(t, h.Say("a", publish("main", "")))
	wantHeard(t, h, "a", "priv/errors error")
	wantRefusals(t, h, &seen, clientNet, wire.CodePublishForbidden)
}

func TestAFrameThatIsNobodysIsNotRecorded(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	seen := len(h.Model.Records())
	h.Say("nobody", publish("main", ""))
	h.Say("nobody", "nonsense")
	if err := h.Connect(t.Context(), arrival(h, "x", pubsubtest.NoSuch, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))); err == nil {
		t.Error("it was let in")
	}
	if err := h.Connect(t.Context(), arrival(h, "x", "nonsense", "")); err == nil {
		t.Error("it was let in")
	}
	if err := h.Welcome(t.Context(), "nobody", h.Wait); err == nil {
		t.Error("nobody was welcomed")
	}
	wantRefusals(t, h, &seen, "")
}

func TestEachRefusedHandshakeIsRecorded(t *testing.T) {
	h := host(t, app.Settings{Addresses: privacy.Truncate})
	seen := 0
	for token, code := range map[string]wire.Code{
		"":      wire.CodeUnauthenticated,
		"a.b.c": wire.CodeUnauthenticated,
		h.Token(pubsubtest.ClientSecret, "ann", -time.Second): wire.CodeUnauthenticated,
		h.Token(pubsubtest.OtherSecret, "ann", time.Hour):     wire.CodeForbidden,
	} {
		if err := h.Connect(t.Context(), arrival(h, "x", pubsubtest.AppA, token)); err == nil {
			t.Error("it was let in")
		}
		wantRefusals(t, h, &seen, clientNet, code)
	}
	for i := range plan.Default().ConnectionsPerSubject {
		h.Enter(wire.ConnID(fmt.Sprint(i)), "ann")
	}
	seen = len(h.Model.Records())
	if err := h.Connect(t.Context(), arrival(h, "x", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))); err == nil {
		t.Error("it was let in")
	}
	wantRefusals(t, h, &seen, clientNet, wire.CodeConnectionsPerSubject)
	seen = len(h.Model.Records())
	suspend(h, true) // which puts another one in its place, with the default settings
	if err := h.Connect(t.Context(), arrival(h, "x", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "bob", time.Hour))); err == nil {
		t.Error("it was let in")
	}
	if e := wantEvents(t, h, &seen, telemetry.TopicError)[0]; e.Code != int(wire.CodeSuspended) {
		t.Errorf("recorded %+v", e)
	}
}

func TestRefusedRequestsOfBackendsAreRecorded(t *testing.T) {
	h := host(t, app.Settings{Addresses: privacy.Truncate})
	seen := 0
	if _, err := h.Backend(t.Context(), string(pubsubtest.AppA), h.Token(pubsubtest.ClientSecret, "ann", time.Hour), privacy.ParseAddr(backendAddress)); err == nil {
		t.Error("it is a client's token")
	}
	wantRefusals(t, h, &seen, "198.51.100.0/24", wire.CodeForbidden)
	b := backend(t, h)
	_, err := b.Publish(t.Context(), pubsub.Publication{Topic: "news", Message: []byte("1")})
	wantRefusals(t, h, &seen, "198.51.100.0/24") // who answers says so, or it would be there twice
	b.Refused(t.Context(), err)
	wantRefusals(t, h, &seen, "198.51.100.0/24", wire.CodePublishForbidden)
}

// deafRecorder keeps nothing.
type deafRecorder struct{}

func (deafRecorder) Record(_ context.Context, r telemetry.Record, durable bool) error {
	if r.Topic == telemetry.TopicError && durable {
		panic("a refusal that somebody waits for")
	}
	return errors.New("not kept")
}

func TestARefusalIsToldWhateverBecomesOfItsRecord(t *testing.T) {
	h := host(t, app.Settings{Violations: app.ViolationsError})
	h.Enter("a", "ann")
	h.Recorder = deafRecorder{}
	wantError(t, h.Say("a", publish("main", "")), wire.CodePublishForbidden)
	wantFault(t, h.Connect(t.Context(), arrival(h, "x", pubsubtest.AppA, "a.b.c")), fault.Unauthenticated, wire.CodeUnauthenticated)
	if n := len(h.Troubles()); n != 2 {
		t.Errorf("%d troubles, want 2", n)
	}
}

// Whoever floods must not write a flood.
func TestOfAFloodOfRefusalsAFewAreRecorded(t *testing.T) {
	h := host(t, app.Settings{Violations: app.ViolationsError, Addresses: privacy.Truncate})
	h.Enter("a", "ann", grant.Write("main"))
	most := plan.Default().MessagesPerSecond
	refused := func() map[int]int {
		codes := map[int]int{}
		seen := len(h.Model.Records())
		for range 10 * most {
			h.Say("a", publish("main", ""))
		}
		for _, e := range h.Events(&seen) {
			codes[e.Code]++
		}
		return codes
	}
	for range 3 {
		if got := refused(); got[0] != most || got[int(wire.CodeRate)] != 1 || len(got) != 2 {
			t.Errorf("of %d messages in a second are recorded, by code: %v", 10*most, got)
		}
		h.Clock.Advance(time.Second)
	}
	seen := len(h.Model.Records())
	for range 100 {
		h.Say("a", "nonsense")
	}
	if n := len(h.Events(&seen)); n == 0 || n > 10 {
		t.Errorf("of a hundred frames that cannot be read %d are recorded", n)
	}
	// The frames of others are theirs.
	h.Enter("b", "bob")
	seen = len(h.Model.Records())
	h.Say("b", "nonsense")
	wantRefusals(t, h, &seen, clientNet, wire.CodeInvalid)
}

func TestTheCountryGoesWithTheConnectionIntoItsRecord(t *testing.T) {
	h := host(t, app.Settings{})
	for id, country := range map[wire.ConnID]privacy.Country{"a": "DE", "b": ""} {
		who := arrival(h, id, pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Hour))
		who.Country = country
		if err := h.Connect(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		seen := len(h.Model.Records())
		if err := h.Welcome(t.Context(), id, h.Wait); err != nil {
			t.Fatal(err)
		}
		if e := wantEvents(t, h, &seen, telemetry.TopicConnect)[0]; e.Country != country {
			t.Errorf("recorded %q, want %q", e.Country, country)
		}
	}
}

// slowly is a poster that takes its time.
type slowly struct {
	pubsub.Poster
	clock *pubsubtest.Clock
	took  time.Duration
}

func (s slowly) Post(ctx context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	s.clock.Advance(s.took)
	return s.Poster.Post(ctx, to, f)
}

func TestAMessageIsRecordedWithTheTimeToItsLastPost(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	b := backend(t, h, everything)
	// A clock may be set back; afterwards rates refuse what comes, so that is last.
	for _, c := range []struct {
		took time.Duration
		want int64
	}{{1500 * time.Microsecond, 1500}, {-time.Hour, 0}} {
		h.Service.Poster = slowly{h.Poster, h.Clock, c.took}
		seen := len(h.Model.Records())
		h.Say("a", publish("main", ""))
		if _, err := b.Publish(t.Context(), pubsub.Publication{Topic: topic.Main, Message: []byte("1")}); err != nil {
			t.Fatal(err)
		}
		for _, e := range h.Events(&seen) {
			if e.TookMicros != c.want {
				t.Errorf("a message that took %v is recorded with %d µs", c.took, e.TookMicros)
			}
		}
	}
}

func TestNobodyCountsWhereNobodyCan(t *testing.T) {
	h := host(t, app.Settings{})
	h.CountOpen = nil
	h.Enter("a", "ann")
	seen := 0
	if e := wantEvents(t, h, &seen, telemetry.TopicConnect)[0]; e.Subscribers != 0 {
		t.Errorf("%d connections, and nobody counted", e.Subscribers)
	}
	h.CountOpen = func(context.Context, app.ID) (int, error) { return 7, errors.New("not now") }
	if err := h.Disconnect(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if e := wantEvents(t, h, &seen, telemetry.TopicDisconnect)[0]; e.Subscribers != 0 || len(h.Troubles()) != 1 {
		t.Errorf("%d connections, and counting failed", e.Subscribers)
	}
}
