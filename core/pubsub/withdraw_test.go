package pubsub_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/fault/faulttest"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/telemetry"
	"tacet/core/wire"
)

// enterMany connects n clients and returns their ids.
func enterMany(h *pubsubtest.Host, n int) []wire.ConnID {
	var ids []wire.ConnID
	for i := range n {
		id := wire.ConnID(fmt.Sprintf("c%05d", i))
		c := pubsub.Connection{ID: id, App: pubsubtest.AppA, Subject: "many", ConnectedAt: h.Clock.Now(), Expires: h.Clock.Now().Add(pubsub.MaxLifetime)}
		if err := h.Stores.Connections.Add(context.Background(), &c, pubsub.Quota{}); err != nil {
			h.T.Fatal(err)
		}
		ids = append(ids, id)
	}
	return ids
}

func ofApp(t *testing.T, h *pubsubtest.Host, of app.ID) []wire.ConnID {
	t.Helper()
	var ids []wire.ConnID
	for from := pubsub.Cursor(""); ; {
		page, err := h.Stores.Audience.OfApp(t.Context(), of, from)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, page.IDs...)
		if from = page.Next; from == "" {
			return ids
		}
	}
}

func TestAnApplicationsConnectionsEndSomeAtATime(t *testing.T) {
	h := host(t, app.Settings{})
	ids := enterMany(h, 1100)
	other := pubsub.Connection{ID: "other", App: pubsubtest.AppB, Subject: "ann", Expires: h.Clock.Now().Add(pubsub.MaxLifetime)}
	if err := h.Stores.Connections.Add(t.Context(), &other, pubsub.Quota{}); err != nil {
		t.Fatal(err)
	}
	calls, sum, more := 0, 0, true
	for ; more && calls < 10; calls++ {
		ended, again, err := h.EndApp(t.Context(), pubsubtest.AppA, wire.CloseDeleted, "gone")
		if err != nil || ended > 1050 {
			t.Fatalf("ended %d, %v", ended, err)
		}
		sum, more = sum+ended, again
	}
	if sum != len(ids) || calls != 2 || more {
		t.Errorf("ended %d in %d calls, more: %v; want %d in 2", sum, calls, more, len(ids))
	}
	for _, id := range ids {
		if end, ended := h.Poster.Ended(id); !ended || end != (pubsubtest.Closing{Code: wire.CloseDeleted, Reason: "gone"}) {
			t.Fatalf("%s ended with %+v, %v", id, end, ended)
		}
	}
	if _, ended := h.Poster.Ended("other"); ended || len(ofApp(t, h, pubsubtest.AppB)) != 1 {
		t.Error("another application's connection ended")
	}
	if left := ofApp(t, h, pubsubtest.AppA); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

func TestEndingTellsClientsWhetherToComeBack(t *testing.T) {
	for _, c := range []struct {
		name    string
		prepare func(*pubsubtest.Host)
		want    wire.Code
		back    bool
	}{
		{"a key was revoked", func(*pubsubtest.Host) {}, wire.CloseRevoked, true},
		{"the application was deleted", func(h *pubsubtest.Host) { h.Apps = noApps{h.Model} }, wire.CloseDeleted, false},
		{"the application was suspended", func(h *pubsubtest.Host) { suspend(h, true) }, wire.CodeSuspended, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := host(t, app.Settings{})
			h.Enter("a", "ann")
			c.prepare(h)
			ended, more, err := h.Withdraw(t.Context(), pubsubtest.AppA)
			if err != nil || ended != 1 || more {
				t.Fatalf("ended %d, more: %v, %v", ended, more, err)
			}
			end, _ := h.Poster.Ended("a")
			i := slices.IndexFunc(wire.Catalogue, func(e wire.Entry) bool { return e.Code == end.Code })
			if end.Code != c.want || i < 0 || wire.Catalogue[i].Reconnect != c.back {
				t.Errorf("ended with %+v", end)
			}
		})
	}
}

// noApps has no application any more.
type noApps struct{ pubsub.Apps }

func (noApps) App(context.Context, app.ID) (*app.App, error) { return nil, pubsub.ErrNoApp }

// What is recorded of a connection that ends after its application was deleted
// would outlive the deletion.
func TestNothingIsRecordedOfADeletedApplication(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *pubsubtest.Host) error{
		"ended by us": func(t *testing.T, h *pubsubtest.Host) error {
			_, _, err := h.Withdraw(t.Context(), pubsubtest.AppA)
			return err
		},
		"ended by itself": func(t *testing.T, h *pubsubtest.Host) error { return h.Disconnect(t.Context(), "a") },
	} {
		for _, deleted := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, deleted: %v", name, deleted), func(t *testing.T) {
				h := host(t, app.Settings{})
				h.Enter("a", "ann")
				seen := 0
				h.Events(&seen)
				if deleted {
					h.Apps = noApps{h.Model}
				}
				if err := end(t, h); err != nil {
					t.Fatal(err)
				}
				events := h.Events(&seen)
				if recorded := len(events) == 1 && events[0].Topic == telemetry.TopicDisconnect; recorded == deleted || len(events) > 1 {
					t.Errorf("recorded %+v", events)
				}
				if left := ofApp(t, h, pubsubtest.AppA); len(left) > 0 {
					t.Errorf("%v are left", left)
				}
			})
		}
	}
}

func TestConnectionsThatCannotBeEndedKeepNobodyElseOpen(t *testing.T) {
	h := host(t, app.Settings{})
	ids := enterMany(h, 40)
	failing := &refusing{Poster: h.Poster, id: ids[0]}
	h.Service.Poster = failing
	ended, more, err := h.EndApp(t.Context(), pubsubtest.AppA, wire.CloseDeleted, "gone")
	if err == nil || !more || ended != len(ids)-1 {
		t.Errorf("ended %d, more: %v, %v", ended, more, err)
	}
	if left := ofApp(t, h, pubsubtest.AppA); !slices.Equal(left, ids[:1]) {
		t.Errorf("%v are left, want the one that could not be reached", left)
	}
	failing.id = ""
	if ended, more, err := h.EndApp(t.Context(), pubsubtest.AppA, wire.CloseDeleted, "gone"); err != nil || more || ended != 1 {
		t.Errorf("ended %d, more: %v, %v", ended, more, err)
	}
}

// refusing is a poster that cannot end one of the connections.
type refusing struct {
	*pubsubtest.Poster
	id wire.ConnID
}

func (r *refusing) Close(ctx context.Context, id wire.ConnID, code wire.Code, reason string) error {
	if id == r.id {
		return faulttest.ErrInjected
	}
	return r.Poster.Close(ctx, id, code, reason)
}

// returning is clients that come back at once, under another id.
type returning struct {
	pubsub.Poster
	h *pubsubtest.Host
	n atomic.Int64
}

func (r *returning) Close(ctx context.Context, id wire.ConnID, code wire.Code, reason string) error {
	c := pubsub.Connection{
		ID: wire.ConnID(fmt.Sprintf("again%05d", r.n.Add(1))), App: pubsubtest.AppA, Subject: "many",
		ConnectedAt: r.h.Clock.Now(), Expires: r.h.Clock.Now().Add(pubsub.MaxLifetime),
	}
	return errors.Join(r.Poster.Close(ctx, id, code, reason), r.h.Stores.Connections.Add(ctx, &c, pubsub.Quota{}))
}

// Whoever ended a thousand and began anew would end those that have come back,
// for ever, and some of the others never.
func TestClientsThatComeBackDoNotKeepAnEndFromEnding(t *testing.T) {
	h := host(t, app.Settings{})
	ids := enterMany(h, 1100)
	h.Service.Poster = &returning{Poster: h.Poster, h: h}
	ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
	defer cancel()
	ended, more, err := h.Withdraw(ctx, pubsubtest.AppA)
	if err != nil || more || ended != len(ids) {
		t.Errorf("ended %d of %d, more: %v, %v", ended, len(ids), more, err)
	}
	for _, id := range ids {
		if _, gone := h.Poster.Ended(id); !gone {
			t.Fatalf("%s goes on", id)
		}
	}
}
