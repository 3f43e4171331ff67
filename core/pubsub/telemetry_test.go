package pubsub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
)

// wantEvents holds what was recorded since seen against topics, in order.
func wantEvents(t *testing.T, h *pubsubtest.Host, seen *int, want ...privacy.RecordedTopic) []telemetry.Event {
	t.Helper()
	events := h.Events(seen)
	var got []privacy.RecordedTopic
	for _, e := range events {
		got = append(got, e.Topic)
		if e.Node != "node" || e.App != pubsubtest.AppA || !e.At.Equal(h.Clock.Now()) || e.At.Location() != time.UTC {
			t.Errorf("recorded %+v", e)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("recorded %v, want %v", got, want)
	}
	return events
}

func TestEachConnectionAndPublicationIsRecordedOnce(t *testing.T) {
	h := host(t, app.Settings{Addresses: privacy.Truncate})
	seen := 0
	h.Enter("a", "ann", everything)
	e := wantEvents(t, h, &seen, telemetry.TopicConnect)[0]
	if e.ClientIP.Value() != "203.0.113.0/24" || e.PublisherIP != (privacy.Anonymised{}) || e.Size != 0 || e.Subscribers != 1 {
		t.Errorf("the connect is recorded as %+v", e)
	}
	h.Enter("b", "bob")
	if e = wantEvents(t, h, &seen, telemetry.TopicConnect)[0]; e.Subscribers != 2 {
		t.Errorf("with the second there are %d", e.Subscribers)
	}

	h.Say("a", publish("main", ""))
	e = wantEvents(t, h, &seen, "main")[0]
	if e.PublisherIP.Value() != "203.0.113.0/24" || e.ClientIP != (privacy.Anonymised{}) || e.Size != len(`{"a": 1}`) || e.Subscribers != 2 {
		t.Errorf("the publication is recorded as %+v", e)
	}
	h.Poster.Set("b", pubsubtest.Failing)
	h.Say("a", publish("main", `,"echo":false`))
	if e = wantEvents(t, h, &seen, "main")[0]; e.Subscribers != 1 {
		t.Errorf("%d subscribers: it is for whom it was, not who was reached", e.Subscribers)
	}
	h.Say("a", `{"type":"message","data":{"payload":1}}`)
	wantEvents(t, h, &seen, "secure/inbound")

	message := pubsub.Publication{Topic: "news", Message: []byte(`"x"`)}
	if _, err := backend(t, h, everything).Publish(t.Context(), message); err != nil {
		t.Fatal(err)
	}
	if e = wantEvents(t, h, &seen, "news")[0]; e.PublisherIP.Value() != "198.51.100.0/24" || e.Size != 3 {
		t.Errorf("the backend's publication is recorded as %+v", e)
	}

	for range 2 {
		if err := h.Disconnect(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	if e = wantEvents(t, h, &seen, telemetry.TopicDisconnect)[0]; e.ClientIP.Value() != "203.0.113.0/24" || e.Subscribers != 2 {
		t.Errorf("the disconnect is recorded as %+v", e)
	}
}

func TestWhatIsNoMessageIsNotRecorded(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	seen := len(h.Model.Records())
	for _, frame := range []string{subscribe("news"), `{"type":"ping"}`, `{"type":"unsubscribe","data":{"topic":"news"}}`} {
		h.Say("a", frame)
	}
	wantEvents(t, h, &seen)
}

func TestEventsExpireByThePlan(t *testing.T) {
	for _, p := range append(plan.All(), plan.Plan{Name: "withdrawn", Retention: plan.Default().Retention}) {
		a := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
		a.Plan = p.Name
		h := pubsubtest.NewHost(t, nil, a)
		h.Enter("a", "ann", everything)
		h.Say("a", publish("main", ""))
		for _, r := range h.Model.Records() {
			if got := r.Expires.Sub(r.At); got != p.Retention {
				t.Errorf("plan %s keeps %s for %v, want %v", p.Name, r.Topic, got, p.Retention)
			}
		}
	}
}

func TestPrivateTopicsAreNotRecordedByName(t *testing.T) {
	for _, blind := range []bool{false, true} {
		a := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{BlindTopics: blind})
		a.Blind = privacy.NewBlindKey([privacy.SecretSize]byte{1})
		h := pubsubtest.NewHost(t, nil, a)
		h.Enter("a", "ann", everything)
		seen := len(h.Model.Records())
		h.Say("a", publish("priv/ann", ""))
		h.Say("a", publish("priv/a", ""))
		wantEvents(t, h, &seen, privacy.PrivateTopics, privacy.PrivateTopics)
		h.Say("a", publish("room/of-ann", ""))
		h.Say("a", publish("room/of-ann", ""))
		if !blind {
			wantEvents(t, h, &seen, "room/of-ann", "room/of-ann")
			continue
		}
		events := h.Events(&seen)
		if len(events) != 2 || events[0].Topic != events[1].Topic || !strings.HasPrefix(string(events[0].Topic), "~") || strings.Contains(string(events[0].Topic), "ann") {
			t.Errorf("blinded it is recorded as %+v", events)
		}
	}
}

func TestAddressesAreRecordedAsTheApplicationWants(t *testing.T) {
	for method, want := range map[privacy.Method]func(privacy.Anonymised) bool{
		"":               func(a privacy.Anonymised) bool { return a.Method() == privacy.Ipcrypt && a.Value() != "" },
		privacy.Ipcrypt:  func(a privacy.Anonymised) bool { return a.Method() == privacy.Ipcrypt && a.Value() != "" },
		privacy.Truncate: func(a privacy.Anonymised) bool { return a.Value() == "203.0.113.0/24" },
		privacy.None:     func(a privacy.Anonymised) bool { return a.Method() == privacy.None && a.Value() == "" },
	} {
		h := host(t, app.Settings{Addresses: method})
		h.Enter("a", "ann", everything)
		h.Say("a", publish("main", ""))
		for _, r := range h.Model.Records() {
			ip := r.ClientIP
			if r.Topic == "main" {
				ip = r.PublisherIP
			}
			if !want(ip) || strings.Contains(fmt.Sprintf("%+v", r), pubsubtest.RawAddress) {
				t.Errorf("with %q recorded %+v", method, r)
			}
		}
	}
}
