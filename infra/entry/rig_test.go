package entry_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/wire"
	"tacet/infra/apigw"
	"tacet/infra/entry"
	"tacet/infra/logging"
)

const (
	appID  = "0123456789abcdef0123456789abcdef"
	connID = "QkFTRTY0VVICaaA="

	adminSecret = "the secret of admins, 32 bytes or more"
	userSecret  = "the secret of clients, 32 bytes or more"
)

var now = pubsubtest.NewClock().Now()

// handler is what both ways into a function look like.
type handler interface {
	InvokeEvent(context.Context, *apigw.Event) (apigw.Response, error)
	Invoke(context.Context, []byte) ([]byte, error)
}

// rig has all functions over a platform in memory, with one connection of
// alice's that has the topic chat, and as many of crowded's as may be.
type rig struct {
	*pubsubtest.Memory
	*sockets
	t       testing.TB
	service *pubsub.Service
	log     *bytes.Buffer
	greeted []wire.ConnID
}

func newRig(t testing.TB) *rig {
	t.Helper()
	clock := pubsubtest.NewClock()
	m := pubsubtest.NewMemory(t, clock)
	m.Put(
		&app.App{ID: appID, Plan: "free", Settings: app.Settings{Addresses: privacy.Truncate}},
		grant.Slots{Admin: [2]grant.Slot{slot(adminSecret)}, Client: [2]grant.Slot{slot(userSecret)}},
	)
	r := &rig{Memory: m, sockets: &sockets{}, t: t, log: &bytes.Buffer{}}
	r.service = &pubsub.Service{
		Apps: m, Connections: m, Subscriptions: m, Audience: m, Poster: r.sockets, Recorder: m, Rates: m, Now: clock.Now, Node: "here",
		Meter: logging.Verbs{Log: logging.New(r.log, logging.JSON, slog.LevelDebug)},
		Greet: func(_ context.Context, id wire.ConnID) error { r.greeted = append(r.greeted, id); return nil },
	}
	for range 20 {
		r.connect(wire.ConnID("c"+strings.Repeat("c", len(r.connections()))), "crowded")
	}
	return r
}

// open opens the connection that the sample messages come over.
func (r *rig) open() {
	r.t.Helper()
	c := r.connect(connID, "alice")
	if err := r.Subscribe(r.t.Context(), c, "chat", 0); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) connect(id wire.ConnID, who grant.Subject) *pubsub.Connection {
	r.t.Helper()
	grants, err := grant.NewGrants([]string{grant.Write("*")})
	if err != nil {
		r.t.Fatal(err)
	}
	c := &pubsub.Connection{ID: id, App: appID, Subject: who, Grants: grants, ConnectedAt: now, Expires: now.Add(time.Hour)}
	if err := r.Add(r.t.Context(), c, pubsub.Quota{}); err != nil {
		r.t.Fatal(err)
	}
	return c
}

func (r *rig) connections() []wire.ConnID {
	r.t.Helper()
	ids, err := pubsubtest.ReadAll(func(from pubsub.Cursor) (pubsub.Page, error) { return r.OfApp(r.t.Context(), appID, from) })
	if err != nil {
		r.t.Fatal(err)
	}
	return ids
}

func (r *rig) function(name string) handler {
	log := logging.New(r.log, logging.JSON, slog.LevelDebug)
	switch name {
	case "connect":
		return entry.Connect{Service: r.service, Log: log}
	case "disconnect":
		return entry.Disconnect{Service: r.service, Log: log}
	case "subscribe":
		return entry.Subscribe{Service: r.service, Log: log}
	case "publish":
		return entry.Publish{Service: r.service, Log: log}
	case "fallback":
		return entry.Fallback{Service: r.service, Log: log}
	}
	r.t.Fatalf("there is no function %s", name)
	return nil
}

// one is a store of connections that finds one without looking.
type one struct {
	pubsub.Connections
	connection *pubsub.Connection
}

func (o one) Get(context.Context, wire.ConnID) (*pubsub.Connection, error) { return o.connection, nil }

// sockets is a poster that reaches everybody but those who are not open.
type sockets struct {
	mu     sync.Mutex
	posted []string
	deaf   int // how many posts reach nobody, from now on
	closed []wire.ConnID
}

func (s *sockets) Post(_ context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deaf > 0 {
		s.deaf--
		return pubsub.Posted{Gone: to}
	}
	for _, id := range to {
		s.posted = append(s.posted, string(id)+" "+string(f.JSON))
	}
	return pubsub.Posted{Delivered: len(to)}
}

func (s *sockets) Close(_ context.Context, id wire.ConnID, _ wire.Code, _ string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = append(s.closed, id)
	return nil
}

func slot(secret string) grant.Slot {
	return grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}
}

func token(t testing.TB, secret string, who grant.Subject, expires time.Time) string {
	t.Helper()
	k, err := grant.ParseSigningKey(grant.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	text, err := grant.Sign(k, grant.Claims{Subject: who, Permissions: []string{grant.Write("*")}, Expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	return text
}
