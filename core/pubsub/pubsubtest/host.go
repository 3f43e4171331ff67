package pubsubtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/wire"
)

// Host is the smallest host there can be: a service on stores, a model for
// what has no stores of its own, and a poster that remembers.
type Host struct {
	*pubsub.Service
	T      testing.TB
	Clock  *Clock
	Stores Stores
	Model  *Memory
	Poster *Poster

	mu       sync.Mutex
	troubles []error
	greeted  []wire.ConnID
}

// NewHost returns a host whose only application is a, with the keys of Keys, on the model's stores if
// open is nil.
func NewHost(t *testing.T, open OpenStores, a *app.App) *Host {
	t.Helper()
	clock := NewClock()
	h := &Host{T: t, Clock: clock, Model: NewMemory(t, clock), Poster: NewPoster(t)}
	t.Cleanup(h.Model.CheckLoans)
	t.Cleanup(h.Model.CheckRecords)
	h.Model.Put(a, Keys())
	h.Stores = h.Model.Stores()
	count := h.Model.CountOpen
	if open != nil {
		h.Stores, count = open(t, clock), h.count
	}
	h.Service = &pubsub.Service{
		Apps: h.Model, Connections: h.Stores.Connections, Subscriptions: h.Stores.Subscriptions, Audience: h.Stores.Audience,
		Poster: h.Poster, Recorder: h.Model, Rates: h.Stores.Rates, Anonymiser: privacy.Anonymiser{Secrets: h.Model},
		CountOpen: count, Greet: h.greet, Trouble: h.trouble, Now: clock.Now, Node: "node",
	}
	return h
}

// NewApp returns an application on the free plan.
func NewApp(id app.ID, s app.Settings) *app.App {
	return &app.App{ID: id, Account: Account, Plan: "free", Settings: s}
}

// Account is whose all applications of tests are.
const Account = "cccccccccccccccccccccccccccccccc"

// Keys returns keys of which the first of each kind are ClientSecret and
// AdminSecret.
func Keys() grant.Slots {
	return grant.Slots{Client: [2]grant.Slot{pasted(ClientSecret)}, Admin: [2]grant.Slot{pasted(AdminSecret)}}
}

func (h *Host) greet(_ context.Context, id wire.ConnID) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.greeted = append(h.greeted, id)
	return nil
}

func (h *Host) count(_ context.Context, of app.ID) (int, error) {
	ids, err := ReadAll(func(from pubsub.Cursor) (pubsub.Page, error) {
		return h.Stores.Audience.OfApp(context.Background(), of, from)
	})
	return len(ids), err
}

func (h *Host) trouble(_ context.Context, _ string, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.troubles = append(h.troubles, err)
}

// Troubles returns what went wrong on the side since the last call.
func (h *Host) Troubles() []error {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.troubles
	h.troubles = nil
	return all
}

// Greeted returns whom Connect asked to greet since the last call.
func (h *Host) Greeted() []wire.ConnID {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := h.greeted
	h.greeted = nil
	return all
}

// Token returns a token that is signed with the secret and lives for life.
func (h *Host) Token(secret string, who grant.Subject, life time.Duration, permissions ...string) string {
	h.T.Helper()
	key, err := grant.ParseSigningKey(grant.HS256, secret)
	if err != nil {
		h.T.Fatal(err)
	}
	token, err := grant.Sign(key, grant.Claims{Subject: who, Permissions: permissions, Expires: h.Clock.Now().Add(life)})
	if err != nil {
		h.T.Fatal(err)
	}
	return token
}

// Wait is how Welcome waits here: the clock moves on.
func (h *Host) Wait(_ context.Context, d time.Duration) error {
	h.Clock.Advance(d)
	return nil
}

// Enter connects a subject to AppA with these permissions, as Connect and
// Welcome do, and forgets the frames that this made.
func (h *Host) Enter(id wire.ConnID, who grant.Subject, permissions ...string) {
	h.T.Helper()
	h.EnterFor(time.Hour, id, who, permissions...)
}

// EnterFor is Enter with a token that lives for life.
func (h *Host) EnterFor(life time.Duration, id wire.ConnID, who grant.Subject, permissions ...string) {
	h.T.Helper()
	ctx := context.Background()
	arrival := pubsub.Arrival{ID: id, App: string(AppA), Token: h.Token(ClientSecret, who, life, permissions...), Address: privacy.ParseAddr(RawAddress)}
	if err := h.Connect(ctx, arrival); err != nil {
		h.T.Fatalf("Connect: %v", err)
	}
	if err := h.Welcome(ctx, id, h.Wait); err != nil {
		h.T.Fatalf("Welcome: %v", err)
	}
	h.Poster.Frames(id)
}

// Say answers a frame from a connection, and overwrites the frame, as a host
// does that uses its buffers again.
func (h *Host) Say(id wire.ConnID, frame string) string {
	buffer := []byte(frame)
	answer := h.Answer(context.Background(), id, buffer)
	for i := range buffer {
		buffer[i] = '#'
	}
	return string(answer.JSON)
}

// Events returns the events recorded since the last call with the same seen.
func (h *Host) Events(seen *int) []telemetry.Event {
	records := h.Model.Records()
	var events []telemetry.Event
	for _, r := range records[*seen:] {
		events = append(events, r.Event)
	}
	*seen = len(records)
	return events
}

// RawAddress is where everybody comes from in tests.
const RawAddress = "203.0.113.77"
