package pubsub_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/topic"
	"tacet/core/wire"
)

func host(t *testing.T, s app.Settings) *pubsubtest.Host {
	t.Helper()
	return pubsubtest.NewHost(t, nil, pubsubtest.NewApp(pubsubtest.AppA, s))
}

// frame is a frame from the server, read.
type frame struct {
	Topic       string
	MessageType string
	Data        struct {
		Data         string // of an ack: the id
		Matched      int
		Delivered    int
		Gone         int
		ID           string
		Code         wire.Code
		Message      string
		RetryAfterMs int
		ExpiresAt    string
		Payload      json.RawMessage
		Client       struct {
			ConnectionID string
			Subject      string
			Permissions  []string
			SubProtocol  int
		}
		Connection struct{ ID, AppID, RemoteAddress string }
	}
}

func read(t *testing.T, text string) frame {
	t.Helper()
	var f frame
	if err := json.Unmarshal([]byte(text), &f); err != nil {
		t.Fatalf("not a frame: %q: %v", text, err)
	}
	return f
}

func wantAck(t *testing.T, answer string, matched, delivered, gone int) {
	t.Helper()
	f := read(t, answer)
	if f.MessageType != "ack" || f.Data.Data != "1" || f.Data.Matched != matched || f.Data.Delivered != delivered || f.Data.Gone != gone {
		t.Errorf("got %s, want an ack of 1 with %d, %d, %d", answer, matched, delivered, gone)
	}
}

func wantError(t *testing.T, answer string, code wire.Code) frame {
	t.Helper()
	f := read(t, answer)
	if f.MessageType != "error" || f.Data.Code != code {
		t.Errorf("got %s, want the error %d", answer, code)
	}
	return f
}

func wantFault(t *testing.T, err error, kind fault.Kind, code wire.Code) {
	t.Helper()
	var f *fault.Error
	if !errors.As(err, &f) || f.Kind != kind || wire.CodeOf(f) != code {
		t.Errorf("got %v, want a fault that is %v, with the code %d", err, kind, code)
	}
}

func wantNothing(t *testing.T, answer string) {
	t.Helper()
	if answer != "" {
		t.Errorf("got %s, want no answer", answer)
	}
}

// wantHeard holds the message types that a connection was sent against what it
// should have been sent.
func wantHeard(t *testing.T, h *pubsubtest.Host, id wire.ConnID, want ...string) []frame {
	t.Helper()
	var got []string
	var frames []frame
	for _, text := range h.Poster.Frames(id) {
		f := read(t, text)
		frames = append(frames, f)
		got = append(got, f.Topic+" "+f.MessageType)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s heard %q, want %q", id, got, want)
	}
	return frames
}

func subscribe(n topic.Name) string {
	return fmt.Sprintf(`{"type":"subscribe","data":{"topic":"%s","id":"1"}}`, n)
}

func publish(n topic.Name, more string) string {
	return fmt.Sprintf(`{"type":"publish","data":{"topic":"%s","payload":{"a": 1},"id":"1"%s}}`, n, more)
}

// everything is the permission to publish anywhere.
var everything = grant.Write("*")

func TestSubscribingToATopicMakesItHeard(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything, grant.Read("secure/*"))
	h.Enter("b", "bob")
	for _, n := range []topic.Name{"news", "secure/x"} {
		wantAck(t, h.Say("a", subscribe(n)), 1, 0, 0)
		wantAck(t, h.Say("a", publish(n, "")), 1, 1, 0)
		wantHeard(t, h, "a", string(n)+" broadcast")
	}
	wantHeard(t, h, "b")
	wantAck(t, h.Say("a", `{"type":"unsubscribe","data":{"topic":"news","id":"1"}}`), 1, 0, 0)
	wantAck(t, h.Say("a", `{"type":"unsubscribe","data":{"topic":"news","id":"1"}}`), 0, 0, 0)
	wantAck(t, h.Say("a", publish("news", "")), 0, 0, 0)
	wantHeard(t, h, "a")
}

func TestSubscribingBeyondTheGrantIsRefused(t *testing.T) {
	for _, c := range []struct {
		n    topic.Name
		text string
	}{
		{"secure/x", "Subscription to secure topic is forbidden!"},
		{"secure/inbound", "Subscription to secure topic is forbidden!"},
		{"priv/bob", "Subscription to another's private topic is forbidden!"},
		{"priv/b", "Subscription to another's private topic is forbidden!"},
		{"priv/acks", "Subscription to another's private topic is forbidden!"},
	} {
		t.Run(string(c.n), func(t *testing.T) {
			// A grant does not open somebody else's private topic.
			h := host(t, app.Settings{Violations: app.ViolationsError})
			h.Enter("a", "ann", grant.Read("priv/*"), grant.Read("secure/other"))
			h.Enter("b", "bob")
			f := wantError(t, h.Say("a", subscribe(c.n)), wire.CodeSubscribeForbidden)
			if f.Data.ID != "1" || f.Data.Message != c.text {
				t.Errorf("got %+v, want %q", f.Data, c.text)
			}
			if _, ended := h.Poster.Ended("a"); ended {
				t.Error("the connection was closed, although its application does not want that")
			}

			h = host(t, app.Settings{})
			h.Enter("a", "ann")
			wantNothing(t, h.Say("a", subscribe(c.n)))
			wantHeard(t, h, "a", "priv/errors error")
			if end, _ := h.Poster.Ended("a"); end != (pubsubtest.Closing{Code: wire.CodeSubscribeForbidden, Reason: c.text}) {
				t.Errorf("ended with %+v", end)
			}
		})
	}
}

func TestEveryConnectionHasItsOwnTopicsForLife(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	h.Enter("a2", "ann")
	h.Enter("b", "bob")
	wantAck(t, h.Say("a", publish("main", "")), 3, 3, 0)
	wantAck(t, h.Say("a", publish("priv/ann", "")), 2, 2, 0)
	wantAck(t, h.Say("a", publish("priv/b", "")), 1, 1, 0)
	wantAck(t, h.Say("a", publish("priv/nobody", "")), 0, 0, 0)
	wantHeard(t, h, "a", "main broadcast", "priv/ann broadcast")
	wantHeard(t, h, "a2", "main broadcast", "priv/ann broadcast")
	wantHeard(t, h, "b", "main broadcast", "priv/b broadcast")
	for _, n := range []topic.Name{"main", "priv/ann", "priv/a"} {
		wantAck(t, h.Say("a", subscribe(n)), 1, 0, 0)
		wantError(t, h.Say("a", strings.Replace(subscribe(n), "sub", "unsub", 1)), wire.CodeInvalidTopic)
	}
	wantAck(t, h.Say("a", publish("main", "")), 3, 3, 0) // once, although it also subscribed
}

// A subject is in the application's hands, a connection's id is not: whoever
// has a token for the subject "b" must not get what is for the connection b.
func TestASubjectThatTakesAConnectionsNameHearsNothing(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("b", "bob")
	h.Enter("thief", "b", everything)
	wantAck(t, h.Say("thief", publish("priv/b", "")), 1, 1, 0)
	wantHeard(t, h, "b", "priv/b broadcast")
	wantHeard(t, h, "thief")
	wantAck(t, h.Say("thief", subscribe("priv/b")), 1, 0, 0) // which is its own by name, and still
	wantAck(t, h.Say("thief", publish("priv/b", "")), 1, 1, 0)
	wantHeard(t, h, "thief")
	if err := h.Disconnect(t.Context(), "b"); err != nil {
		t.Fatal(err)
	}
	wantAck(t, h.Say("thief", publish("priv/b", "")), 1, 1, 0)
	wantHeard(t, h, "thief", "priv/b broadcast")
}

func TestNobodySpeaksInTheServersName(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	for _, n := range []topic.Name{"priv/acks", "priv/errors", "priv/session"} {
		wantError(t, h.Say("a", publish(n, "")), wire.CodeInvalidTopic)
		_, err := backend(t, h, everything).Publish(t.Context(), pubsub.Publication{Topic: n, Message: []byte(`1`)})
		wantFault(t, err, fault.Invalid, wire.CodeInvalidTopic)
	}
}

func TestPublishingNeedsAGrantThatMatches(t *testing.T) {
	for _, c := range []struct {
		pattern topic.Pattern
		on      topic.Name
		may     bool
	}{
		{"news", "news", true},
		{"news", "newsroom", false},
		{"chat/*", "chat/1/2", true},
		{"chat/*", "chat", false},
		{"*", "secure/inbound", true},
		{"*/x", "secure/x", true},
		{"secure/*", "main", false},
		{"priv/*", "priv/ann", true},
		{"main", "priv/ann", false},
	} {
		t.Run(fmt.Sprintf("%s on %s", c.pattern, c.on), func(t *testing.T) {
			h := host(t, app.Settings{Violations: app.ViolationsError})
			h.Enter("a", "ann", grant.Write(c.pattern))
			answer := h.Say("a", publish(c.on, ""))
			if c.may {
				if read(t, answer).MessageType != "ack" {
					t.Errorf("got %s", answer)
				}
				return
			}
			wantError(t, answer, wire.CodePublishForbidden)
			wantHeard(t, h, "a")
		})
	}
}

func TestAPayloadIsPassedOnByteForByte(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	const payload = `{ "n" : 1e999,  "k":1,"k":"ü\u00e9" }`
	h.Say("a", `{"type":"publish","data":{"topic":"main","payload":`+payload+`,"messageType":"odd","id":"x","compress":true}}`)
	got := h.Poster.Frames("a")
	want := `{"topic":"main","messageType":"odd","data":{"client":{"connectionId":"a","subject":"ann"},"payload":` + payload + `,"id":"x"}}`
	if len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestAnAckComesOnlyForAnIDAndBeforeNothingElse(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	for _, frame := range []string{
		`{"type":"publish","data":{"topic":"main","payload":1}}`,
		`{"type":"message","data":{"payload":1}}`,
		`{"type":"subscribe","data":{"topic":"news"}}`,
		`{"type":"unsubscribe","data":{"topic":"news"}}`,
	} {
		wantNothing(t, h.Say("a", frame))
		answer := h.Say("a", strings.Replace(frame, `"data":{`, `"data":{"id":"1",`, 1))
		if f := read(t, answer); f.MessageType != "ack" || f.Data.Data != "1" {
			t.Errorf("%s: got %s", frame, answer)
		}
	}
}

func TestWithoutEchoThePublisherHearsNothing(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	h.Enter("b", "bob")
	wantAck(t, h.Say("a", publish("main", `,"echo":false`)), 1, 1, 0)
	wantHeard(t, h, "a")
	wantHeard(t, h, "b", "main broadcast")
	wantAck(t, h.Say("a", publish("priv/ann", `,"echo":false`)), 0, 0, 0)
	wantAck(t, h.Say("a", publish("main", `,"echo":true`)), 2, 2, 0)
}

func TestAMessageTellsBackendsWhoItsSenderIs(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("srv", "server", grant.Read("secure/*"))
	h.Say("srv", subscribe(topic.Inbound))
	h.Enter("a", "ann", grant.Write("x"))
	h.Poster.Frames("srv") // presence
	wantAck(t, h.Say("a", `{"type":"message","data":{"payload":"hi","id":"1"}}`), 1, 1, 0)
	f := wantHeard(t, h, "srv", "secure/inbound broadcast")[0]
	if c := f.Data.Client; c.ConnectionID != "a" || c.Subject != "ann" || fmt.Sprint(c.Permissions) != "["+grant.Write("x")+"]" || f.Data.ID != "1" {
		t.Errorf("got %+v", f.Data)
	}
}

func TestBackendsHearWhoComesAndGoes(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("srv", "server", grant.Read("secure/*"))
	h.Say("srv", subscribe(topic.Inbound))
	h.Enter("a", "ann")
	f := wantHeard(t, h, "srv", "secure/inbound presence")[0]
	if c := f.Data.Client; c.ConnectionID != "a" || c.Subject != "ann" || c.Permissions == nil || c.SubProtocol != 1 || string(f.Data.Payload) != `{"status":"connected","code":0}` {
		t.Errorf("got %+v", f.Data)
	}
	for range 2 { // hosts may say it twice
		if err := h.Disconnect(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
	}
	f = wantHeard(t, h, "srv", "secure/inbound presence")[0]
	if string(f.Data.Payload) != `{"status":"disconnected","code":-1}` {
		t.Errorf("got %+v", f.Data)
	}
}

// Who leaves at once is greeted and forgotten by two functions at the same time.
func TestWhatBackendsHearLastOfAVisitorIsThatHeIsGone(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("srv", "server", grant.Read("secure/*"))
	h.Say("srv", subscribe(topic.Inbound))
	h.Service.Poster = during{h.Poster, func(to wire.ConnID) {
		if to == "a" {
			if err := h.Disconnect(t.Context(), "a"); err != nil {
				t.Error(err)
			}
		}
	}}
	h.Enter("a", "ann")
	heard := wantHeard(t, h, "srv", "secure/inbound presence", "secure/inbound presence", "secure/inbound presence")
	if last := heard[len(heard)-1]; string(last.Data.Payload) != `{"status":"disconnected","code":-1}` {
		t.Errorf("at last it heard %s", last.Data.Payload)
	}
}

func TestPingIsAnswered(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	if got := h.Say("a", `{"type":"ping"}`); got != `{"topic":"priv/session","messageType":"pong","data":{}}` {
		t.Errorf("got %s", got)
	}
}

func TestAFrameThatCannotBeAnsweredGetsAnError(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	for frame, code := range map[string]wire.Code{
		`nonsense`:                              wire.CodeInvalid,
		`{"type":"$connect","data":{"id":"1"}}`: wire.CodeUnknownType,
		`{"type":"publish","data":{"topic":"a b","id":"1"}}`:    wire.CodeInvalidTopic,
		`{"type":"publish","data":{"topic":"main","id":1}}`:     wire.CodeInvalidField,
		`{"type":"authenticate","data":{"id":"1"}}`:             wire.CodeInvalidField,
		`{"type":"unsubscribe","data":{"topic":"","id":"1"}}`:   wire.CodeInvalidTopic,
		`{"type":"subscribe","data":{"topic":"tacet/x"}}`:       wire.CodeInvalidTopic,
		`{"type":"subscribe","data":{"topic":"priv","id":"1"}}`: wire.CodeInvalidTopic,
	} {
		wantError(t, h.Say("a", frame), code)
	}
	// Who is not known any more would never hear of anything again.
	wantNothing(t, h.Say("nobody", `{"type":"ping"}`))
	wantHeard(t, h, "nobody", "priv/errors error")
	if end, ended := h.Poster.Ended("nobody"); !ended || end.Code != wire.CloseLost {
		t.Errorf("a connection that nobody knows was ended: %v, %+v", ended, end)
	}
	if _, ended := h.Poster.Ended("a"); ended {
		t.Error("a mistake ended the connection")
	}
}

func TestPublicationsAreHeldAgainstThePlan(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	limits := plan.Default()
	payload := func(size int) string {
		return `{"type":"publish","data":{"topic":"x","payload":"` + strings.Repeat("x", size-2) + `","id":"1"}}`
	}
	wantAck(t, h.Say("a", payload(limits.MessageBytes)), 0, 0, 0)
	wantError(t, h.Say("a", payload(limits.MessageBytes+1)), wire.CodeMessageTooBig)

	h.Clock.Advance(time.Second)
	for range limits.MessagesPerSecond {
		wantAck(t, h.Say("a", publish("x", "")), 0, 0, 0)
	}
	f := wantError(t, h.Say("a", publish("x", "")), wire.CodeRate)
	if f.Data.RetryAfterMs <= 0 || f.Data.RetryAfterMs > 1000 {
		t.Errorf("told to wait %d ms", f.Data.RetryAfterMs)
	}
	wantError(t, h.Say("a", `{"type":"message","data":{"payload":1}}`), wire.CodeRate)
	h.Clock.Advance(time.Duration(f.Data.RetryAfterMs) * time.Millisecond)
	wantAck(t, h.Say("a", publish("x", "")), 0, 0, 0)
}

// A frame that is larger than the largest message reaches nobody through API
// Gateway, whatever the plan says of the payload in it.
func TestAFrameThatCannotBeSentIsRefused(t *testing.T) {
	unlimited := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
	unlimited.Plan = plan.Unlimited
	h := pubsubtest.NewHost(t, nil, unlimited)
	h.Enter("a", "ann", everything)
	for size, code := range map[int]wire.Code{wire.MaxMessage - 8<<10: 0, wire.MaxMessage - 60: wire.CodeMessageTooBig} {
		answer := h.Say("a", `{"type":"publish","data":{"topic":"x","payload":"`+strings.Repeat("x", size-2)+`","id":"1"}}`)
		if code == 0 {
			wantAck(t, answer, 0, 0, 0)
		} else {
			wantError(t, answer, code)
		}
	}
}

func TestTopicsOfAConnectionAreHeldAgainstThePlan(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann")
	for i := range plan.Default().TopicsPerConnection {
		wantAck(t, h.Say("a", subscribe(topic.Name(fmt.Sprintf("t/%d", i)))), 1, 0, 0)
	}
	wantAck(t, h.Say("a", subscribe("t/0")), 1, 0, 0)
	wantAck(t, h.Say("a", subscribe("main")), 1, 0, 0)
	wantError(t, h.Say("a", subscribe("more")), wire.CodeTopicsPerConnection)
}

func TestAConnectionThatIsSlowCostsThePublisherItsOwnTimeOnly(t *testing.T) {
	h := host(t, app.Settings{})
	h.Enter("a", "ann", everything)
	h.Enter("b", "bob")
	h.Poster.Set("b", pubsubtest.Slow)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// What could not be handed over in time is neither delivered nor gone.
	wantAck(t, string(h.Answer(ctx, "a", []byte(publish("main", ""))).JSON), 2, 1, 0)
	h.Clock.Advance(time.Minute)
	wantAck(t, string(h.Answer(ctx, "a", []byte(publish("main", ""))).JSON), 2, 1, 0)
	if _, err := h.Stores.Connections.Get(t.Context(), "b"); err != nil {
		t.Errorf("a slow connection was forgotten: %v", err)
	}
	wantHeard(t, h, "a", "main broadcast", "main broadcast")
}
