package pubsub_test

import (
	"context"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
)

// rotating is an application's key set just after its owner has changed the
// key: what is known of it is the old one.
type rotating struct {
	pubsub.Apps
	t     *testing.T
	asked int
}

func (r *rotating) Keys(_ context.Context, _ *app.App, _ grant.Kind, fresh bool) ([]grant.Key, error) {
	secret := pubsubtest.OtherSecret
	if fresh {
		r.asked++
		secret = pubsubtest.ClientSecret
	}
	key, err := grant.ParseKey(grant.HS256, secret)
	if err != nil {
		r.t.Fatal(err)
	}
	return []grant.Key{key}, nil
}

func TestATokenOfARotatedKeyIsAcceptedAtOnce(t *testing.T) {
	a := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
	a.Keys.Client[1] = grant.Slot{JWKSURL: "https://issuer.example/keys"}
	h := pubsubtest.NewHost(t, nil, a)
	set := &rotating{Apps: h.Apps, t: t}
	h.Apps = set
	if err := h.Connect(t.Context(), arrival(h, "c", a.ID, h.Token(pubsubtest.ClientSecret, "ann", time.Minute))); err != nil {
		t.Errorf("refused: %v", err)
	}
	if err := h.Connect(t.Context(), arrival(h, "d", a.ID, h.Token(pubsubtest.OtherSecret, "ann", -time.Minute))); err == nil {
		t.Error("an expired token was accepted")
	}
	if set.asked != 1 {
		t.Errorf("the set was read anew %d times, want once: an expired token needs no other key", set.asked)
	}
}
