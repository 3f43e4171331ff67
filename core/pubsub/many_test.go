package pubsub_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/topic"
	"tacet/core/wire"
)

// far is a table and a Management API as they are on AWS: every call takes its
// time, which goes by in a bubble. Connections called gone… are gone, those
// called slow… keep a post waiting.
type far struct {
	pubsub.Connections
	pubsub.Audience
	pages           [][]wire.ConnID
	removed, ended  atomic.Int64
	delivered, reco atomic.Int64
	looks, refused  atomic.Int64
}

const (
	trip  = 5 * time.Millisecond
	crowd = 10_000 // tokens that end at once
)

func (f *far) Get(_ context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	time.Sleep(trip)
	c := &pubsub.Connection{ID: id, App: pubsubtest.AppA, Subject: "ann", ConnectedAt: time.Now().Add(-time.Hour)}
	c.Grants, _ = grant.NewGrants([]string{everything})
	return c, nil
}

func (f *far) Remove(ctx context.Context, id wire.ConnID) (*pubsub.Connection, error) {
	time.Sleep(3 * trip)
	f.removed.Add(1)
	return f.Get(ctx, id)
}

func (f *far) Due(_ context.Context, after, until time.Time) ([]*pubsub.Connection, error) {
	time.Sleep(trip)
	var due []*pubsub.Connection
	for i := range crowd {
		due = append(due, &pubsub.Connection{ID: wire.ConnID(fmt.Sprint("due", i)), Deadline: time.Now().Add(-time.Second)})
	}
	return due, nil
}

func (f *far) Subscribers(_ context.Context, _ app.ID, n topic.Name, from pubsub.Cursor) (pubsub.Page, error) {
	time.Sleep(trip)
	if n == topic.Inbound {
		return pubsub.Page{}, nil
	}
	f.looks.Add(1)
	at := len(from)
	p := pubsub.Page{IDs: f.pages[at]}
	if at+1 < len(f.pages) {
		p.Next = from + "."
	}
	return p, nil
}

// Post takes as long as the slowest receiver, and ends in time.
func (f *far) Post(ctx context.Context, to []wire.ConnID, _ wire.Frame) pubsub.Posted {
	var p pubsub.Posted
	wait := trip
	for _, id := range to {
		switch {
		case strings.HasPrefix(string(id), "gone"):
			p.Gone = append(p.Gone, id)
		case strings.HasPrefix(string(id), "slow"):
			wait = 5 * time.Second
			p.Failed = append(p.Failed, id)
		default:
			p.Delivered++
		}
	}
	if end, ok := ctx.Deadline(); ok && time.Until(end) < wait {
		time.Sleep(max(0, time.Until(end)-100*time.Millisecond))
		return pubsub.Posted{Failed: to}
	}
	time.Sleep(wait)
	f.delivered.Add(int64(p.Delivered))
	return p
}

func (f *far) Close(context.Context, wire.ConnID, wire.Code, string) error {
	time.Sleep(trip)
	f.ended.Add(1)
	return nil
}

func (f *far) Record(ctx context.Context, r telemetry.Record, _ bool) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	time.Sleep(trip)
	if r.Topic == telemetry.TopicError {
		f.refused.Add(1)
		return nil
	}
	f.reco.Add(1)
	return nil
}

// distant is a service whose ports are far.
func distant(t *testing.T, pages ...[]wire.ConnID) (*pubsub.Service, *far) {
	clock := pubsubtest.NewClock()
	apps := pubsubtest.NewMemory(t, clock)
	apps.Put(pubsubtest.NewApp(pubsubtest.AppA, app.Settings{Addresses: privacy.None}), pubsubtest.Keys())
	f := &far{pages: pages}
	return &pubsub.Service{Apps: apps, Connections: f, Audience: f, Poster: f, Recorder: f, Rates: apps, Now: time.Now}, f
}

func ids(kind string, n int) []wire.ConnID {
	all := make([]wire.ConnID, n)
	for i := range all {
		all[i] = wire.ConnID(fmt.Sprint(kind, i))
	}
	return all
}

// A network that broke takes everybody's connections along, and nobody says so:
// a publisher used to wait for each of them to be forgotten, and those on later
// pages with it, until its function was ended.
func TestThoseWhoAreGoneKeepNobodyWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := distant(t, ids("gone", 10_000), ids("open", 100))
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 28*time.Second)
		defer cancel()
		wantAck(t, string(s.Answer(ctx, "me", []byte(publish("news", ""))).JSON), 10_100, 100, 10_000)
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("the ack came after %v", took)
		}
		if n := f.removed.Load(); n < 100 || n == 10_000 {
			t.Errorf("%d were forgotten", n)
		}
	})
}

// Receivers that take nothing kept a page waiting, and all pages behind it.
func TestAReceiverThatTakesNothingKeepsNoOtherPageWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pages [][]wire.ConnID
		for i := range 8 {
			pages = append(pages, append(ids(fmt.Sprint("open", i, "-"), 10), wire.ConnID(fmt.Sprint("slow", i))))
		}
		s, _ := distant(t, pages...)
		ctx, cancel := context.WithTimeout(t.Context(), 28*time.Second)
		defer cancel()
		begun := time.Now()
		wantAck(t, string(s.Answer(ctx, "me", []byte(publish("news", ""))).JSON), 88, 80, 0)
		if took := time.Since(begun); took > 11*time.Second {
			t.Errorf("the ack came after %v", took)
		}
	})
}

// When there is no time for all pages, there is still time to record what
// happened, and to say that it was not all.
func TestWhoPublishesToMoreThanThereIsTimeForIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := distant(t, slices.Repeat([][]wire.ConnID{{"open", "slow"}}, 100)...)
		ctx, cancel := context.WithTimeout(t.Context(), 28*time.Second)
		defer cancel()
		answer := string(s.Answer(ctx, "me", []byte(publish("news", ""))).JSON)
		wantError(t, answer, wire.CodeUnavailable)
		if !strings.Contains(answer, " connections got the message") || strings.Contains(answer, "retryAfterMs") {
			t.Errorf("who sends again sends it to some twice, and is not told: %s", answer)
		}
		if ctx.Err() != nil || f.reco.Load() != 1 || f.refused.Load() != 1 {
			t.Errorf("it is too late (%v), and %d messages and %d refusals were recorded", ctx.Err(), f.reco.Load(), f.refused.Load())
		}
	})
}

// As many tokens may end at once as began at once. One after the other they took
// longer than the function has, and those that were overdue for two minutes were
// never ended.
func TestManyTokensEndInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, f := distant(t)
		ctx, cancel := context.WithTimeout(t.Context(), 75*time.Second)
		defer cancel()
		if _, err := s.EndExpired(ctx, time.Now()); err != nil || f.ended.Load() != crowd {
			t.Errorf("%d were ended: %v", f.ended.Load(), err)
		}
		short, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		done := time.Now()
		if again, err := s.EndExpired(short, done); fault.KindOf(err) != fault.Unavailable || !again.Equal(done) || short.Err() != nil {
			t.Errorf("without time for all: %v, %v", again, err)
		}
	})
}

// throws panics with the frame that it is to post, on the first page.
type throws struct{ pubsub.Poster }

func (throws) Post(_ context.Context, to []wire.ConnID, f wire.Frame) pubsub.Posted {
	if to[0] == "a0" {
		panic(string(f.JSON))
	}
	return pubsub.Posted{Delivered: len(to)}
}

// Pages are posted beside one another. A panic in one of them ended the process,
// which prints what was thrown; who calls knows how to keep it from a log.
func TestAPanicBesideOthersIsTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := distant(t, ids("a", 2), ids("b", 2), ids("c", 2))
		s.Poster = throws{}
		defer func() {
			if v := recover(); v == nil || !strings.Contains(fmt.Sprint(v), "MARKER") {
				t.Errorf("the caller recovered %v", v)
			}
		}()
		s.Answer(t.Context(), "me", []byte(`{"type":"publish","data":{"topic":"news","payload":"MARKER"}}`))
	})
}
