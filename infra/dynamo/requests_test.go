package dynamo_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal/sealtest"
	"tacet/core/telemetry"
	"tacet/core/wire"
	"tacet/infra/dynamo"
)

// meter remembers what a client was told of its calls.
type meter struct {
	mu    sync.Mutex
	calls []dynamo.Call
}

func (m *meter) called(c dynamo.Call) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls = append(m.calls, c)
}

// during returns the calls that f makes.
func (m *meter) during(f func()) []dynamo.Call {
	m.mu.Lock()
	m.calls = nil
	m.mu.Unlock()
	f()
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.calls)
}

// bill is how many of each operation there are, the writes first, as in
// "1 TransactWriteItems realtime, 4 Query realtime".
func bill(calls []dynamo.Call) string {
	count, order := map[string]int{}, []string{}
	slices.SortStableFunc(calls, func(a, b dynamo.Call) int {
		switch {
		case a.Writes() == b.Writes():
			return strings.Compare(a.Operation, b.Operation)
		case a.Writes():
			return -1
		}
		return 1
	})
	for _, c := range calls {
		class, _, _ := strings.Cut(c.Table, "-")
		line := c.Operation + " " + class
		if c.Index != "" {
			line += "/" + c.Index
		}
		if count[line]++; count[line] == 1 {
			order = append(order, line)
		}
	}
	for i, line := range order {
		order[i] = fmt.Sprint(count[line], " ", line)
	}
	return strings.Join(order, ", ")
}

// platform is a service that has nothing but the stores of this package.
func platform(t *testing.T, m *meter, of *app.App) (*pubsub.Service, *pubsubtest.Host) {
	t.Helper()
	h := pubsubtest.NewHost(t, nil, of)
	c, names := client(local.Endpoint, m.called), local.Create(t)
	s, events, vault := stores(c, names, h.Clock), dynamo.NewTelemetry(c, names["telemetry"]), sealtest.NewVault(sealtest.Random(1))
	apps := dynamo.NewDirectory(c, names["directory"], h.Clock.Now)
	pubsubtest.Tenant{App: of, Keys: pubsubtest.Keys()}.Keep(t, apps, vault)
	h.Service.Apps, h.Service.Recorder = &app.Reader{Directory: apps, Vault: vault, Remember: 5 * time.Second, Now: h.Clock.Now}, events
	h.Service.Connections, h.Service.Subscriptions, h.Service.Audience, h.Service.Rates = s.Connections, s.Subscriptions, s.Audience, s.Rates
	h.Service.Anonymiser = privacy.Anonymiser{Secrets: dynamo.NewSecrets(c, names["realtime"], h.Clock.Now)}
	h.Stores = s
	return h.Service, h
}

// The costs that the platform was designed to have. What is read of the
// application and of the day's secret is read once in a while, so somebody is
// there before anything is counted. An application's keys are looked at each
// time.
func TestVerbsCostWhatTheyMay(t *testing.T) {
	for _, c := range []struct {
		plan    plan.Name
		connect string
	}{
		{plan.Unlimited, "1 TransactWriteItems realtime, 1 GetItem directory"},
		{plan.Free, "1 TransactWriteItems realtime, 1 GetItem directory, 5 Query realtime"},
	} {
		t.Run(string(c.plan), func(t *testing.T) {
			x := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
			x.Plan = c.plan
			m := new(meter)
			s, h := platform(t, m, x)
			h.Enter("first", "ann", grant.Write("*"))
			want := func(what string, f func(), want string) {
				t.Helper()
				if got := bill(m.during(f)); got != want {
					t.Errorf("%s costs %s, want %s", what, got, want)
				}
			}
			say := func(id wire.ConnID, frame string) func() {
				return func() {
					t.Helper()
					if got := h.Say(id, frame); !strings.Contains(got, `"messageType":"ack"`) && !strings.Contains(got, "pong") {
						t.Errorf("answered %s", got)
					}
				}
			}
			arrival := pubsub.Arrival{ID: "me", App: string(pubsubtest.AppA), Token: h.Token(pubsubtest.ClientSecret, "bob", time.Hour, grant.Write("*")), Address: privacy.ParseAddr(pubsubtest.RawAddress)}
			want("connect", func() { must(t, s.Connect(t.Context(), arrival)) }, c.connect)
			want("welcome", func() { must(t, s.Welcome(t.Context(), "me", h.Wait)) }, "1 PutItem telemetry, 1 GetItem realtime, 1 Query realtime")
			want("ping", say("me", `{"type":"ping"}`), "1 GetItem realtime")
			want("subscribe", say("me", `{"type":"subscribe","data":{"topic":"news","id":"1"}}`), "1 TransactWriteItems realtime, 1 GetItem realtime")
			want("subscribe again", say("me", `{"type":"subscribe","data":{"topic":"news","id":"1"}}`), "1 TransactWriteItems realtime, 1 GetItem realtime")
			want("publish", say("me", `{"type":"publish","data":{"topic":"news","payload":"x","id":"1"}}`), "1 PutItem telemetry, 1 GetItem realtime, 4 Query realtime")
			want("publish to main", say("me", `{"type":"publish","data":{"topic":"main","payload":"x","id":"1"}}`), "1 PutItem telemetry, 1 GetItem realtime, 4 Query realtime")
			want("publish to a subject", say("me", `{"type":"publish","data":{"topic":"priv/ann","payload":"x","id":"1"}}`), "1 PutItem telemetry, 2 GetItem realtime, 1 Query realtime")
			want("message", say("me", `{"type":"message","data":{"payload":"x","id":"1"}}`), "1 PutItem telemetry, 1 GetItem realtime, 1 Query realtime")
			want("unsubscribe", say("me", `{"type":"unsubscribe","data":{"topic":"news","id":"1"}}`), "1 TransactWriteItems realtime, 1 GetItem realtime")
			say("me", `{"type":"subscribe","data":{"topic":"a","id":"1"}}`)()
			say("me", `{"type":"subscribe","data":{"topic":"b","id":"1"}}`)()
			want("disconnect with two topics", func() { must(t, s.Disconnect(t.Context(), "me")) }, "2 BatchWriteItem realtime, 1 PutItem telemetry, 1 TransactWriteItems realtime, 2 Query realtime")
			want("disconnect without topics", func() { must(t, s.Disconnect(t.Context(), "first")) }, "1 PutItem telemetry, 1 TransactWriteItems realtime, 2 Query realtime")
			want("disconnect of nobody", func() { must(t, s.Disconnect(t.Context(), "first")) }, "1 Query realtime")
			want("end expired", func() { _, err := s.EndExpired(t.Context(), h.Clock.Now()); must(t, err) }, "4 Query realtime/due")
		})
	}
}

// Publishing to a crowd costs one query for each page of each shard, and the
// one event; nothing for each subscriber.
func TestACrowdCostsItsPagesOnly(t *testing.T) {
	const crowd = 300
	x := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
	x.Plan = plan.Unlimited
	m := new(meter)
	s, h := platform(t, m, x)
	h.Enter("me", "ann", grant.Write("*"))
	now := h.Clock.Now()
	for i := range crowd {
		c := &pubsub.Connection{ID: wire.ConnID(fmt.Sprint("c", i)), App: x.ID, Subject: "many", ConnectedAt: now, Expires: now.Add(time.Hour)}
		must(t, s.Connections.Add(t.Context(), c, pubsub.Quota{}))
		must(t, s.Subscriptions.Subscribe(t.Context(), c, "news", 0))
	}
	var answer string
	got := bill(m.during(func() { answer = h.Say("me", `{"type":"publish","data":{"topic":"news","payload":"x","id":"1"}}`) }))
	if want := "1 PutItem telemetry, 1 GetItem realtime, 4 Query realtime"; got != want {
		t.Errorf("it costs %s, want %s", got, want)
	}
	if !strings.Contains(answer, fmt.Sprintf(`"matched":%d`, crowd)) {
		t.Errorf("answered %s", answer)
	}
}

// A transaction's rights are those of its parts.
func TestCallsNameTheRightsThatTheyNeed(t *testing.T) {
	m, clock := new(meter), pubsubtest.NewClock()
	c, names := client(local.Endpoint, m.called), local.Create(t)
	s := stores(c, names, clock)
	secrets, events := dynamo.NewSecrets(c, names["realtime"], clock.Now), dynamo.NewTelemetry(c, names["telemetry"])
	x := &pubsub.Connection{ID: "one", App: pubsubtest.AppA, Subject: "ann", Expires: clock.Now().Add(time.Hour)}
	ctx := t.Context()
	for _, step := range []struct {
		name, want string
		do         func() error
	}{
		{"add", "TransactWriteItems:PutItem", func() error { return s.Connections.Add(ctx, x, pubsub.Quota{}) }},
		{"add again", "TransactWriteItems:PutItem TransactWriteItems:PutItem+UpdateItem", func() error { return s.Connections.Add(ctx, x, pubsub.Quota{}) }},
		{"renew", "UpdateItem:UpdateItem", func() error { return s.Connections.Renew(ctx, x.ID, grant.Grants{}, time.Time{}) }},
		{"subscribe", "TransactWriteItems:PutItem+UpdateItem", func() error { return s.Subscriptions.Subscribe(ctx, x, "a", 0) }},
		{"unsubscribe", "TransactWriteItems:DeleteItem+UpdateItem", func() error { _, err := s.Subscriptions.Unsubscribe(ctx, x, "a"); return err }},
		{"remove", "Query:Query TransactWriteItems:DeleteItem", func() error { _, err := s.Connections.Remove(ctx, x.ID); return err }},
		{"secret", "GetItem:GetItem PutItem:PutItem GetItem:GetItem", func() error { _, err := secrets.Secret(ctx, privacy.DayOf(clock.Now())); return err }},
		{"destroy", "DeleteItem:DeleteItem DeleteItem:DeleteItem DeleteItem:DeleteItem", func() error { return secrets.Destroy(ctx) }},
		{"record", "PutItem:PutItem", func() error {
			return events.Record(ctx, telemetry.Record{Event: telemetry.Event{App: x.App, At: clock.Now()}, Expires: x.Expires}, true)
		}},
	} {
		var got []string
		for _, c := range m.during(func() { must(t, step.do()) }) {
			got = append(got, c.Operation+":"+strings.Join(c.Actions, "+"))
			if c.Table == "" {
				t.Errorf("%s: a call of no table: %+v", step.name, c)
			}
		}
		if got := strings.Join(got, " "); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}
