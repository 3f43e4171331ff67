package pubsubtest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault/faulttest"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// Faults stands between a service and its ports. It counts the calls and makes
// one of them fail. It also reads along: what is Secret must not be handed to
// a port, and what is Payload to no port but Poster. Safe for concurrent use.
type Faults struct {
	T       testing.TB
	Secret  []string
	Payload []string

	mu      sync.Mutex
	active  bool
	calls   []string
	failing string // the name of the call that fails
	nth     int    // which one of that name, from 1
	how     faulttest.How
}

// Watch begins to count calls. The nth of a name, from 1, will fail; with 0 none
// does. Calls are told apart by name because some are made at the same time.
func (f *Faults) Watch(name string, nth int, how faulttest.How) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active, f.calls, f.failing, f.nth, f.how = true, nil, name, nth, how
}

// Stop lets every call through again, and returns the names of those counted.
func (f *Faults) Stop() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = false
	return slices.Clone(f.calls)
}

// do makes a call, which may fail.
func (f *Faults) do(name string, call func() error, args ...any) error {
	f.read(name, args)
	f.mu.Lock()
	failing := false
	if f.active {
		f.calls = append(f.calls, name)
		failing = name == f.failing && occurrences(f.calls, name) == f.nth
	}
	how := f.how
	f.mu.Unlock()
	switch {
	case !failing:
		return call()
	case how == faulttest.AppliedButFailed:
		_ = call() // whatever it says is lost on the way back
	}
	return faulttest.ErrInjected
}

func occurrences(calls []string, name string) (n int) {
	for _, call := range calls {
		if call == name {
			n++
		}
	}
	return n
}

func (f *Faults) read(name string, args []any) {
	text := fmt.Sprintf("%+v", args)
	for _, a := range args {
		if frame, ok := a.(wire.Frame); ok {
			text += string(frame.JSON)
		}
		if r, ok := a.(telemetry.Record); ok {
			text += fmt.Sprintf("%q %q", r.ClientIP, r.PublisherIP)
		}
	}
	forbidden := f.Secret
	if name != "Poster.Post" {
		forbidden = slices.Concat(f.Secret, f.Payload)
	}
	for _, s := range forbidden {
		if strings.Contains(text, s) {
			f.T.Errorf("%s was handed %q", name, s)
		}
	}
}

// result is do for a call with a result, which a failed call does not have.
func result[R any](f *Faults, name string, call func() (R, error), args ...any) (R, error) {
	var r R
	err := f.do(name, func() (err error) { r, err = call(); return err }, args...)
	if err != nil {
		var none R
		return none, err
	}
	return r, nil
}

// Service puts f between a service and all its ports, Greet included.
func (f *Faults) Service(s *pubsub.Service) *pubsub.Service {
	through := *s
	through.Apps = faultyApps{f, s.Apps}
	through.Connections = faultyConnections{f, s.Connections}
	through.Subscriptions = faultySubscriptions{f, s.Subscriptions}
	through.Audience = faultyAudience{f, s.Audience}
	through.Poster = faultyPoster{f, s.Poster}
	through.Recorder = faultyRecorder{f, s.Recorder}
	through.Rates = faultyRates{f, s.Rates}
	through.Anonymiser.Secrets = faultySecrets{f, s.Anonymiser.Secrets}
	if s.FetchKeys != nil {
		through.FetchKeys = func(ctx context.Context, url string, alg grant.Algorithm, fresh bool) ([]grant.Key, error) {
			return result(f, "FetchKeys", func() ([]grant.Key, error) { return s.FetchKeys(ctx, url, alg, fresh) })
		}
	}
	if s.CountOpen != nil {
		through.CountOpen = func(ctx context.Context, of app.ID) (int, error) {
			return result(f, "CountOpen", func() (int, error) { return s.CountOpen(ctx, of) }, of)
		}
	}
	through.Greet = func(ctx context.Context, id wire.ConnID) error {
		return f.do("Greet", func() error { return s.Greet(ctx, id) }, id)
	}
	return &through
}

type faultyApps struct {
	f *Faults
	p pubsub.Apps
}

func (x faultyApps) App(ctx context.Context, id app.ID) (*app.App, error) {
	return result(x.f, "Apps.App", func() (*app.App, error) { return x.p.App(ctx, id) }, id)
}

func (x faultyApps) Ring(ctx context.Context, of *app.App) (*grant.Ring, error) {
	return result(x.f, "Apps.Ring", func() (*grant.Ring, error) { return x.p.Ring(ctx, of) }, of)
}

type faultyConnections struct {
	f *Faults
	p pubsub.Connections
}

func (x faultyConnections) Add(ctx context.Context, c *pubsub.Connection, q pubsub.Quota) error {
	return x.f.do("Connections.Add", func() error { return x.p.Add(ctx, c, q) }, c, q)
}

func (x faultyConnections) Get(ctx context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	return result(x.f, "Connections.Get", func() (*pubsub.Connection, error) { return x.p.Get(ctx, id) }, id)
}

func (x faultyConnections) Renew(ctx context.Context, id wire.ConnID, g grant.Grants, deadline time.Time) error {
	return x.f.do("Connections.Renew", func() error { return x.p.Renew(ctx, id, g, deadline) }, id, g, deadline)
}

func (x faultyConnections) Remove(ctx context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	return result(x.f, "Connections.Remove", func() (*pubsub.Connection, error) { return x.p.Remove(ctx, id) }, id)
}

func (x faultyConnections) Due(ctx context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	return result(x.f, "Connections.Due", func() ([]*pubsub.Connection, error) { return x.p.Due(ctx, after, until) }, after, until)
}

type faultySubscriptions struct {
	f *Faults
	p pubsub.Subscriptions
}

func (x faultySubscriptions) Subscribe(ctx context.Context, c *pubsub.Connection, n topic.Name, limit int) error {
	return x.f.do("Subscriptions.Subscribe", func() error { return x.p.Subscribe(ctx, c, n, limit) }, c, n, limit)
}

func (x faultySubscriptions) Unsubscribe(ctx context.Context, c *pubsub.Connection, n topic.Name) (bool, error) {
	return result(x.f, "Subscriptions.Unsubscribe", func() (bool, error) { return x.p.Unsubscribe(ctx, c, n) }, c, n)
}

func (x faultySubscriptions) TopicsOf(ctx context.Context, c *pubsub.Connection) ([]topic.Name, error) {
	return result(x.f, "Subscriptions.TopicsOf", func() ([]topic.Name, error) { return x.p.TopicsOf(ctx, c) }, c)
}

func (x faultySubscriptions) Occupied(ctx context.Context, of app.ID) ([]pubsub.TopicCount, error) {
	return result(x.f, "Subscriptions.Occupied", func() ([]pubsub.TopicCount, error) { return x.p.Occupied(ctx, of) }, of)
}

type faultyAudience struct {
	f *Faults
	p pubsub.Audience
}

func (x faultyAudience) Subscribers(ctx context.Context, of app.ID, n topic.Name, from pubsub.Cursor) (pubsub.Page, error) {
	return result(x.f, "Audience.Subscribers", func() (pubsub.Page, error) { return x.p.Subscribers(ctx, of, n, from) }, of, n, from)
}

func (x faultyAudience) OfSubject(ctx context.Context, of app.ID, who grant.Subject, from pubsub.Cursor) (pubsub.Page, error) {
	return result(x.f, "Audience.OfSubject", func() (pubsub.Page, error) { return x.p.OfSubject(ctx, of, who, from) }, of, who, from)
}

func (x faultyAudience) OfApp(ctx context.Context, of app.ID, from pubsub.Cursor) (pubsub.Page, error) {
	return result(x.f, "Audience.OfApp", func() (pubsub.Page, error) { return x.p.OfApp(ctx, of, from) }, of, from)
}

// faultyPoster has no error to return from Post: what failed was not
// delivered, or was and nobody heard of it.
type faultyPoster struct {
	f *Faults
	p pubsub.Poster
}

func (x faultyPoster) Post(ctx context.Context, to []wire.ConnID, frame wire.Frame) pubsub.Posted {
	var done pubsub.Posted
	err := x.f.do("Poster.Post", func() error { done = x.p.Post(ctx, to, frame); return nil }, to, frame)
	if err != nil {
		return pubsub.Posted{Failed: slices.Clone(to)}
	}
	return done
}

func (x faultyPoster) Close(ctx context.Context, id wire.ConnID, code wire.Code, reason string) error {
	return x.f.do("Poster.Close", func() error { return x.p.Close(ctx, id, code, reason) }, id, code, reason)
}

type faultyRecorder struct {
	f *Faults
	p pubsub.Recorder
}

func (x faultyRecorder) Record(ctx context.Context, r telemetry.Record, durable bool) error {
	return x.f.do("Recorder.Record", func() error { return x.p.Record(ctx, r, durable) }, r, durable)
}

type faultyRates struct {
	f *Faults
	p pubsub.Rates
}

func (x faultyRates) Take(ctx context.Context, id wire.ConnID, perSecond int, now time.Time) (time.Duration, error) {
	return result(x.f, "Rates.Take", func() (time.Duration, error) { return x.p.Take(ctx, id, perSecond, now) }, id, perSecond, now)
}

// Tell has no error: one that fails tells nothing of it.
func (x faultyRates) Tell(id wire.ConnID, perSecond int, now time.Time) bool {
	return x.p.Tell(id, perSecond, now)
}

type faultySecrets struct {
	f *Faults
	p privacy.DaySecrets
}

func (x faultySecrets) Secret(ctx context.Context, day privacy.Day) (privacy.Secret, error) {
	return result(x.f, "DaySecrets.Secret", func() (privacy.Secret, error) { return x.p.Secret(ctx, day) }, day)
}
