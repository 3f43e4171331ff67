package pubsub_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/topic"
	"tacet/core/wire"
)

// backendAddress is where backends ask from.
const backendAddress = "198.51.100.9"

func backend(t *testing.T, h *pubsubtest.Host, permissions ...string) *pubsub.Backend {
	t.Helper()
	b, err := h.Backend(t.Context(), string(pubsubtest.AppA), h.Token(pubsubtest.AdminSecret, "backend", time.Hour, permissions...), privacy.ParseAddr(backendAddress))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var allRights = []string{everything, string(grant.ManageConnections), string(grant.ManageSubscribers), string(grant.ManageApplication)}

func TestABackendNeedsAnAdminsToken(t *testing.T) {
	h := host(t, app.Settings{})
	for token, kind := range map[string]fault.Kind{
		"": fault.Unauthenticated,
		h.Token(pubsubtest.ClientSecret, "ann", time.Hour):   fault.Forbidden,
		h.Token(pubsubtest.AdminSecret, "ann", -time.Second): fault.Unauthenticated,
	} {
		if _, err := h.Backend(t.Context(), string(pubsubtest.AppA), token, privacy.Addr{}); fault.KindOf(err) != kind {
			t.Errorf("got %v, want it %v", err, kind)
		}
	}
	if _, err := h.Backend(t.Context(), "x", "x", privacy.Addr{}); fault.KindOf(err) != fault.Invalid {
		t.Errorf("a malformed application: %v", err)
	}
}

func TestEachActionNeedsItsRight(t *testing.T) {
	for right, action := range map[string]func(*testing.T, *pubsub.Backend) error{
		grant.Write("news"): func(t *testing.T, b *pubsub.Backend) error {
			_, err := b.Publish(t.Context(), pubsub.Publication{Topic: "news", Message: []byte("1")})
			return err
		},
		string(grant.ManageSubscribers): func(t *testing.T, b *pubsub.Backend) error {
			_, err := b.Unsubscribe(t.Context(), "ann", []topic.Pattern{"*"})
			if _, listErr := b.Topics(t.Context()); (listErr == nil) != (err == nil) {
				t.Errorf("unsubscribing: %v; listing: %v", err, listErr)
			}
			return err
		},
		string(grant.ManageConnections): func(t *testing.T, b *pubsub.Backend) error {
			_, err := b.Disconnect(t.Context(), "a")
			if _, allErr := b.DisconnectAll(t.Context()); (allErr == nil) != (err == nil) {
				t.Errorf("disconnecting one: %v; all: %v", err, allErr)
			}
			return err
		},
		string(grant.ManageApplication): func(_ *testing.T, b *pubsub.Backend) error { return b.May(grant.ManageApplication) },
	} {
		t.Run(right, func(t *testing.T) {
			h := host(t, app.Settings{})
			h.Enter("a", "ann")
			var others []string
			for _, r := range append([]string{grant.Read("*"), grant.Write("new")}, allRights[1:]...) {
				if r != right {
					others = append(others, r)
				}
			}
			if err := action(t, backend(t, h, others...)); fault.KindOf(err) != fault.Forbidden {
				t.Errorf("without the right: %v", err)
			}
			if _, ended := h.Poster.Ended("a"); ended {
				t.Error("it was done all the same")
			}
			if err := action(t, backend(t, h, right)); err != nil {
				t.Errorf("with the right: %v", err)
			}
		})
	}
}

func TestABackendsPublicationIsTheMessageItself(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	b := backend(t, h, everything)
	for _, c := range []struct{ messageType, message, want string }{
		{"", `{ "x": 1}`, `{"topic":"main","messageType":"broadcast","data":{ "x": 1}}`},
		{"odd", `[1]`, `{"topic":"main","messageType":"odd","data":[1]}`},
		{"", `null`, `{"topic":"main","messageType":"broadcast","data":{}}`},
	} {
		n, err := b.Publish(t.Context(), pubsub.Publication{Topic: "main", MessageType: c.messageType, Message: []byte(c.message)})
		if err != nil || n != (wire.Counts{Matched: 1, Delivered: 1}) {
			t.Errorf("got %+v, %v", n, err)
		}
		if got := h.Poster.Frames("a"); len(got) != 1 || got[0] != c.want {
			t.Errorf("got %q, want %q", got, c.want)
		}
	}
	_, err := b.Publish(t.Context(), pubsub.Publication{Topic: "main", Message: []byte(`"` + strings.Repeat("x", plan.Default().MessageBytes) + `"`)})
	wantFault(t, err, fault.TooLarge, wire.CodeMessageTooBig)
	h.Poster.Set("a", pubsubtest.Failing)
	n, err := b.Publish(t.Context(), pubsub.Publication{Topic: "main", Message: []byte(`1`)})
	if err != nil || n != (wire.Counts{Matched: 1}) {
		t.Errorf("to somebody who cannot be reached: %+v, %v", n, err)
	}
}

func TestABackendTakesTopicsAwayByPattern(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	h.Enter("a2", "ann")
	h.Enter("b", "bob")
	for _, id := range []wire.ConnID{"a", "a2", "b"} {
		for _, n := range []topic.Name{"chat/1", "chat/2", "news"} {
			h.Say(id, subscribe(n))
		}
	}
	b := backend(t, h, allRights...)
	got, err := b.Unsubscribe(t.Context(), "ann", []topic.Pattern{"chat/*", "chat/1", "other"})
	if err != nil || got != 4 {
		t.Errorf("removed %d, %v; want 4", got, err)
	}
	topics, err := b.Topics(t.Context())
	if want := "[{chat/1 1} {chat/2 1} {news 3}]"; err != nil || fmt.Sprint(topics) != want {
		t.Errorf("topics are %v, %v; want %s", topics, err, want)
	}
	if got, err := b.Unsubscribe(t.Context(), "nobody", []topic.Pattern{"*"}); err != nil || got != 0 {
		t.Errorf("nobody had %d topics, %v", got, err)
	}
	wantAck(t, h.Say("a", subscribe("chat/1")), 1, 0, 0) // it is no ban
}

func TestABackendDisconnects(t *testing.T) {
	h := host(t, app.Settings{})
	for id, who := range map[wire.ConnID]grant.Subject{"a": "ann", "a2": "ann", "a3": "ann", "b": "bob"} {
		h.Enter(id, who)
	}
	b := backend(t, h, allRights...)
	ended := func() string {
		var all []string
		for _, id := range []wire.ConnID{"a", "a2", "a3", "b"} {
			if end, ok := h.Poster.Ended(id); ok {
				all = append(all, string(id))
				if end.Code != wire.CloseNormal {
					t.Errorf("%s ended with %+v", id, end)
				}
			}
		}
		return strings.Join(all, " ")
	}
	if was, err := b.Disconnect(t.Context(), "a"); !was || err != nil || ended() != "a" {
		t.Errorf("one: %v, %v, ended %s", was, err, ended())
	}
	if was, err := b.Disconnect(t.Context(), "nobody"); was || err != nil {
		t.Errorf("nobody: %v, %v", was, err)
	}
	if n, err := b.DisconnectSubject(t.Context(), "ann"); n != 3 || err != nil || ended() != "a a2 a3" {
		t.Errorf("a subject: %d, %v, ended %s", n, err, ended())
	}
	if n, err := b.DisconnectSubject(t.Context(), "nobody"); n != 0 || err != nil {
		t.Errorf("nobody: %d, %v", n, err)
	}
	if n, err := b.DisconnectAll(t.Context()); n != 4 || err != nil || ended() != "a a2 a3 b" {
		t.Errorf("all: %d, %v, ended %s", n, err, ended())
	}
}

func TestAnotherApplicationsConnectionsAreAbsent(t *testing.T) {
	h := host(t, app.Settings{})
	h.Model.Put(pubsubtest.NewApp(pubsubtest.AppB, app.Settings{}), pubsubtest.Keys())
	arrived := pubsub.Arrival{ID: "b", App: string(pubsubtest.AppB), Token: h.Token(pubsubtest.ClientSecret, "ann", time.Hour), Address: privacy.Addr{}}
	if err := h.Connect(t.Context(), arrived); err != nil {
		t.Fatal(err)
	}
	wantAck(t, h.Say("b", subscribe("news")), 1, 0, 0)
	h.Enter("a", "ann", everything)
	b := backend(t, h, allRights...)
	if was, err := b.Disconnect(t.Context(), "b"); was || err != nil {
		t.Errorf("Disconnect: %v, %v", was, err)
	}
	if n, err := b.DisconnectSubject(t.Context(), "ann"); n != 1 || err != nil {
		t.Errorf("DisconnectSubject: %d, %v", n, err)
	}
	if n, err := b.Unsubscribe(t.Context(), "ann", []topic.Pattern{"*"}); n != 0 || err != nil {
		t.Errorf("Unsubscribe: %d, %v", n, err)
	}
	for _, n := range []topic.Name{"news", "main", "priv/b", "priv/ann"} {
		h.Say("a", publish(n, ""))
		if _, err := b.Publish(t.Context(), pubsub.Publication{Topic: n, Message: []byte("1")}); err != nil {
			t.Error(err)
		}
	}
	wantHeard(t, h, "b")
	if _, ended := h.Poster.Ended("b"); ended {
		t.Error("it was ended")
	}
}
