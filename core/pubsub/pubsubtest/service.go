package pubsubtest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// payloadMark is in every payload that verbs publish.
const payloadMark = "PAYLOAD-b6f1c7"

// errorFrame is in every frame that says that something is wrong.
const errorFrame = `"messageType":"error"`

// verb is something that a service can be asked to do. It does it and returns
// the frame that answers, or an error.
type verb struct {
	name string
	do   func(*stage) (answer string, err error)
	// crowded is set where a subject has all the connections that it may have.
	crowded bool
	// atOnce is set where connections end at the same time, so that it depends on
	// their order which calls are made.
	atOnce bool
}

// say is a verb by a frame of the connection "me".
func say(name, frame string) verb {
	frame = strings.ReplaceAll(frame, "PAYLOAD", payloadMark)
	return verb{name: name, do: func(s *stage) (string, error) { return string(s.through.Answer(s.ctx, "me", []byte(frame)).JSON), nil }}
}

// ask is a verb by a backend.
func ask(name string, f func(context.Context, *pubsub.Backend) error) verb {
	return verb{name: name, do: func(s *stage) (string, error) {
		b, err := s.through.Backend(s.ctx, string(AppA), s.admin, privacy.ParseAddr(RawAddress))
		if err != nil {
			return "", err
		}
		if err = f(s.ctx, b); err != nil {
			b.Refused(s.ctx, err) // as who answers the request does
		}
		return "", err
	}}
}

var verbs = []verb{
	{name: "connect", do: func(s *stage) (string, error) { return "", s.through.Connect(s.ctx, s.arrival("new", "eve")) }},
	{name: "connect above the quota", do: func(s *stage) (string, error) { return "", s.through.Connect(s.ctx, s.arrival("new", "many")) }, crowded: true},
	{name: "connect with a token of nobody's", do: func(s *stage) (string, error) {
		who := s.arrival("new", "eve")
		who.Token = s.admin
		return "", s.through.Connect(s.ctx, who)
	}},
	{name: "connect without a token", do: func(s *stage) (string, error) {
		who := s.arrival("new", "eve")
		who.Token = ""
		return "", s.through.Connect(s.ctx, who)
	}},
	{name: "welcome", do: func(s *stage) (string, error) { return "", s.through.Welcome(s.ctx, "me", s.host.Wait) }},
	{name: "welcome nobody", do: func(s *stage) (string, error) { return "", s.through.Welcome(s.ctx, "gone", s.host.Wait) }},
	{name: "disconnect", do: func(s *stage) (string, error) { return "", s.through.Disconnect(s.ctx, "me") }},
	{name: "end expired", do: func(s *stage) (string, error) {
		done, err := s.through.EndExpired(s.ctx, s.done)
		s.done = done
		return "", err
	}},
	{name: "withdraw", do: func(s *stage) (string, error) {
		_, more, err := s.through.Withdraw(s.ctx, AppA)
		if err == nil && more {
			return "", errors.New("some were not ended, and nothing failed")
		}
		return "", err
	}, atOnce: true},
	say("subscribe", `{"type":"subscribe","data":{"topic":"fresh","id":"1"}}`),
	say("subscribe again", `{"type":"subscribe","data":{"topic":"news","id":"1"}}`),
	say("subscribe to own", `{"type":"subscribe","data":{"topic":"priv/ann","id":"1"}}`),
	say("subscribe without grant", `{"type":"subscribe","data":{"topic":"secure/other","id":"1"}}`),
	say("unsubscribe", `{"type":"unsubscribe","data":{"topic":"news","id":"1"}}`),
	say("unsubscribe what is not there", `{"type":"unsubscribe","data":{"topic":"never","id":"1"}}`),
	say("publish", `{"type":"publish","data":{"topic":"news","payload":"PAYLOAD","id":"1"}}`),
	say("publish without ack and echo", `{"type":"publish","data":{"topic":"news","payload":"PAYLOAD","echo":false}}`),
	say("publish to everybody", `{"type":"publish","data":{"topic":"main","payload":"PAYLOAD","id":"1"}}`),
	say("publish to a subject", `{"type":"publish","data":{"topic":"priv/bob","payload":"PAYLOAD","id":"1"}}`),
	say("publish to a connection", `{"type":"publish","data":{"topic":"priv/peer","payload":"PAYLOAD","id":"1"}}`),
	say("publish without grant", `{"type":"publish","data":{"topic":"secure/other","payload":"PAYLOAD","id":"1"}}`),
	say("message", `{"type":"message","data":{"payload":"PAYLOAD","id":"1"}}`),
	say("ping", `{"type":"ping"}`),
	say("nonsense", `{"type":"publish","data":{"topic":"a b","payload":"PAYLOAD","id":"1"}}`),
	say("what cannot be read", `{"type":"PAYLOAD"`),
	{name: "authenticate", do: func(s *stage) (string, error) {
		frame := `{"type":"authenticate","data":{"access_token":"` + s.fresh + `","id":"1"}}`
		return string(s.through.Answer(s.ctx, "me", []byte(frame)).JSON), nil
	}},
	ask("backend publishes", func(ctx context.Context, b *pubsub.Backend) error {
		n, err := b.Publish(ctx, pubsub.Publication{Topic: "news", Message: []byte(`"` + payloadMark + `"`)})
		if n.Matched < n.Delivered+n.Gone {
			return fmt.Errorf("counts that cannot be: %+v", n)
		}
		return err
	}),
	ask("backend lists topics", func(ctx context.Context, b *pubsub.Backend) error { _, err := b.Topics(ctx); return err }),
	ask("backend unsubscribes", func(ctx context.Context, b *pubsub.Backend) error {
		_, err := b.Unsubscribe(ctx, "ann", []topic.Pattern{"n*", "sport"})
		return err
	}),
	ask("backend disconnects one", func(ctx context.Context, b *pubsub.Backend) error { _, err := b.Disconnect(ctx, "peer"); return err }),
	ask("backend disconnects a subject", func(ctx context.Context, b *pubsub.Backend) error {
		_, err := b.DisconnectSubject(ctx, "bob")
		return err
	}),
	ask("backend disconnects all", func(ctx context.Context, b *pubsub.Backend) error {
		_, err := b.DisconnectAll(ctx)
		return err
	}),
}

// stage is a host in the middle of things, with faults between the service and
// its ports.
type stage struct {
	t       *testing.T
	ctx     context.Context
	host    *Host
	faults  *Faults
	through *pubsub.Service
	done    time.Time // of EndExpired

	token, fresh, admin string
}

// setStage returns a host with a connection "me" that expires soon, peers on
// its topics of whom some are gone or cannot be reached, a backend that
// listens, and one more subject, with all the connections it may have if that is
// what the verb is about.
func setStage(t *testing.T, open OpenStores, v verb) *stage {
	t.Helper()
	h := NewHost(t, open, NewApp(AppA, app.Settings{Expiry: app.ExpiryEnforce}))
	s := &stage{t: t, ctx: t.Context(), host: h, faults: &Faults{T: t}, done: h.Clock.Now()}
	s.token = h.Token(ClientSecret, "eve", time.Hour)
	s.fresh = h.Token(ClientSecret, "ann", 2*time.Hour, grant.Write("*"))
	s.admin = h.Token(AdminSecret, "backend", time.Hour, grant.Write("*"),
		string(grant.ManageConnections), string(grant.ManageSubscribers))
	h.EnterFor(90*time.Second, "me", "ann", grant.Write("news"), grant.Write("main"), grant.Write("priv/*"))
	h.Enter("peer", "bob")
	h.Enter("failing", "dan")
	h.Enter("gone", "cid")
	h.Enter("listener", "srv", grant.Read("secure/*"))
	crowd := 1
	if v.crowded {
		crowd = 20 // as many as the plan allows
	}
	for i := range crowd {
		c := pubsub.Connection{ID: conn(i), App: AppA, Subject: "many", ConnectedAt: h.Clock.Now(), Expires: h.Clock.Now().Add(time.Hour)}
		if err := h.Stores.Connections.Add(s.ctx, &c, noQuota); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		id wire.ConnID
		on topic.Name
	}{{"me", "news"}, {"me", "sport"}, {"peer", "news"}, {"failing", "news"}, {"gone", "news"}, {"listener", topic.Inbound}} {
		if got := h.Say(c.id, `{"type":"subscribe","data":{"topic":"`+string(c.on)+`"}}`); got != "" {
			t.Fatalf("subscribe: %s", got)
		}
	}
	h.Poster.Set("failing", Failing)
	h.Poster.Set("gone", Gone)
	h.Clock.Advance(time.Minute) // nobody is young, and me has 30 s left
	s.faults.Secret = []string{s.token, s.fresh, s.admin, RawAddress}
	s.faults.Payload = []string{payloadMark}
	s.through = s.faults.Service(h.Service)
	return s
}

func (s *stage) arrival(id wire.ConnID, who grant.Subject) pubsub.Arrival {
	token := s.token
	if who != "eve" {
		token = s.host.Token(ClientSecret, who, time.Hour)
	}
	return pubsub.Arrival{ID: id, App: string(AppA), Token: token, Address: privacy.ParseAddr(RawAddress)}
}

// outcome is what a verb came to.
type outcome struct {
	answer   string
	err      error
	calls    []string
	troubles []error
	frames   int      // with the payload that were posted
	ended    bool     // a connection was, instead of an answer
	refusals int      // that were recorded
	state    []string // what the stores say afterwards
}

// run does a verb with its k-th call failing; with 0 none does.
func (s *stage) run(v verb, call string, nth int, how faulttest.How) outcome {
	s.t.Helper()
	s.host.Troubles()
	before, recorded := s.posted(), s.refusals()
	s.faults.Watch(call, nth, how)
	var o outcome
	o.answer, o.err = v.do(s)
	o.calls, o.troubles = s.faults.Stop(), s.host.Troubles()
	o.frames, o.refusals = s.posted()-before, s.refusals()-recorded
	o.ended = o.answer == "" && slices.Contains(o.calls, "Poster.Close")
	o.state = s.check(v, o)
	return o
}

// refusals returns how many were recorded so far.
func (s *stage) refusals() (n int) {
	for _, r := range s.host.Model.Records() {
		if r.Topic == telemetry.TopicError {
			n++
		}
	}
	return n
}

// posted returns how many frames with the payload were posted so far.
func (s *stage) posted() (n int) {
	for _, f := range s.host.Poster.all() {
		if strings.Contains(f, payloadMark) {
			n++
		}
	}
	return n
}

// check holds what must be true after every verb, whatever failed, and returns
// what the stores say.
func (s *stage) check(v verb, o outcome) []string {
	s.t.Helper()
	state := Check(s.t, s.host.Stores, s.host.Clock.Now(), AppA)
	s.checkTexts(o)
	if a, ok := readAck(o.answer); ok {
		if a.Matched < a.Delivered+a.Gone || a.Delivered > o.frames && strings.HasPrefix(v.name, "publish") {
			s.t.Errorf("the ack says %+v, and %d frames were posted", a, o.frames)
		}
	}
	if o.refusals > 1 || o.refusals == 1 && !o.refused() && !o.ended {
		s.t.Errorf("%d refusals are recorded: %v %s", o.refusals, o.err, o.answer)
	}
	if o.err != nil {
		var f *fault.Error
		if !errors.As(o.err, &f) {
			s.t.Errorf("an error that is no fault: %v", o.err)
		}
		if strings.HasPrefix(v.name, "connect") {
			if _, err := s.host.Stores.Connections.Get(s.ctx, "new"); !errors.Is(err, pubsub.ErrNoConnection) {
				s.t.Errorf("a refused connection left a record (%v)", err)
			}
		}
	}
	return state
}

// checkTexts looks for what must not be told: to strangers nothing of what
// failed inside, to nobody a payload, a token or an address.
func (s *stage) checkTexts(o outcome) {
	s.t.Helper()
	strangers := []string{o.answer}
	var inside []string
	for _, err := range append(slices.Clone(o.troubles), o.err) {
		if err != nil {
			inside = append(inside, err.Error())
			strangers = append(strangers, fault.Public(err).Text)
		}
	}
	for _, text := range slices.Concat(strangers, inside) {
		for _, secret := range slices.Concat(s.faults.Secret, s.faults.Payload) {
			if strings.Contains(text, secret) {
				s.t.Errorf("%q is told in %q", secret, text)
			}
		}
	}
	for _, text := range strangers {
		if strings.Contains(text, faulttest.ErrInjected.Error()) {
			s.t.Errorf("a stranger is told %q", text)
		}
	}
}

func readAck(frame string) (wire.Counts, bool) {
	var f struct {
		MessageType string `json:"messageType"`
		Data        struct{ Matched, Delivered, Gone int }
	}
	if json.Unmarshal([]byte(frame), &f) != nil || f.MessageType != "ack" {
		return wire.Counts{}, false
	}
	return wire.Counts{Matched: f.Data.Matched, Delivered: f.Data.Delivered, Gone: f.Data.Gone}, true
}

// refused reports whether the verb was told that it did not work.
func (o outcome) refused() bool {
	return o.err != nil || strings.Contains(o.answer, errorFrame)
}

// said is what the verb was told.
func (o outcome) said() string {
	if o.err != nil {
		return fault.Public(o.err).Text
	}
	return o.answer
}

// optional are the ports without which a verb goes on.
var optional = []string{"Recorder.Record", "DaySecrets.Secret", "CountOpen"}

// TestService runs every verb of a service on these stores, with each of its
// calls of a port failing in both ways, and then again with none failing.
func TestService(t *testing.T, open OpenStores) {
	for _, v := range verbs {
		t.Run(v.name, func(t *testing.T) {
			clean := setStage(t, open, v)
			first := clean.run(v, "", 0, faulttest.NotApplied)
			if first.refused() && first.refusals == 0 && v.name != "welcome nobody" { // whose would it be?
				t.Error("a refusal is not recorded")
			}
			if again := clean.run(v, "", 0, faulttest.NotApplied); !slices.Equal(again.state, first.state) {
				t.Errorf("done twice it leaves other things than done once:\n%s", differences(again.state, first.state))
			}
			for k, call := range first.calls {
				for _, how := range faulttest.Ways {
					t.Run(fmt.Sprintf("%d %s %s", k+1, call, how), func(t *testing.T) {
						t.Parallel()
						testFault(setStage(t, open, v), v, call, occurrences(first.calls[:k+1], call), how, first)
					})
				}
			}
		})
	}
}

func testFault(s *stage, v verb, call string, nth int, how faulttest.How, clean outcome) {
	t := s.t
	failed := s.run(v, call, nth, how)
	if occurrences(failed.calls, call) < nth {
		if v.atOnce {
			t.Skip("the order was another one, and the call was not made")
		}
		t.Fatalf("the calls are %v, in the clean run they were %v", failed.calls, clean.calls)
	}
	silent := !failed.refused() && len(failed.troubles) == 0
	if silent && call != "Poster.Post" { // what a post came to is in the counts
		t.Errorf("nobody was told that %s failed", call)
	}
	if slices.Contains(optional, call) && failed.said() != clean.said() {
		t.Errorf("%s is needed: %s, and without the fault %s", call, failed.said(), clean.said())
	}
	if again := s.run(v, "", 0, faulttest.NotApplied); !slices.Equal(again.state, clean.state) {
		t.Errorf("repeated after a failure it leaves other things than done once:\n%s", differences(again.state, clean.state))
	}
}

// differences returns the lines that only one side has.
func differences(got, want []string) string {
	var lines []string
	for _, l := range got {
		if !slices.Contains(want, l) {
			lines = append(lines, "+ "+l)
		}
	}
	for _, l := range want {
		if !slices.Contains(got, l) {
			lines = append(lines, "- "+l)
		}
	}
	return strings.Join(lines, "\n")
}
