package pubsub_test

import (
	"context"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/grant"
	"tacet/core/pubsub/pubsubtest"
)

// withKeySet returns a host whose application verifies client tokens by a key
// set of which an old key is known, and by nothing else, and counts how often it
// is read anew: its owner has just changed the key to ClientSecret.
func withKeySet(t *testing.T, until time.Time) (h *pubsubtest.Host, anew *int) {
	t.Helper()
	h, anew = host(t, app.Settings{}), new(int)
	set := grant.Slot{JWKSURL: "https://issuer.example/keys", NotAfter: until}
	h.Model.Put(pubsubtest.NewApp(pubsubtest.AppA, app.Settings{}), grant.Slots{Client: [2]grant.Slot{{}, set}})
	h.FetchKeys = func(_ context.Context, _ string, _ grant.Algorithm, fresh bool) ([]grant.Key, error) {
		secret := pubsubtest.OtherSecret
		if fresh {
			*anew++
			secret = pubsubtest.ClientSecret
		}
		key, err := grant.ParseKey(grant.HS256, secret)
		return []grant.Key{key}, err
	}
	return h, anew
}

func TestATokenOfARotatedKeyIsAcceptedAtOnce(t *testing.T) {
	h, anew := withKeySet(t, time.Time{})
	if err := h.Connect(t.Context(), arrival(h, "c", pubsubtest.AppA, h.Token(pubsubtest.ClientSecret, "ann", time.Minute))); err != nil {
		t.Errorf("refused: %v", err)
	}
	if err := h.Connect(t.Context(), arrival(h, "d", pubsubtest.AppA, h.Token(pubsubtest.OtherSecret, "ann", -time.Minute))); err == nil {
		t.Error("an expired token was accepted")
	}
	if *anew != 1 {
		t.Errorf("the set was read anew %d times, want once: an expired token needs no other key", *anew)
	}
}

func TestAKeySetIsOverAtItsEnd(t *testing.T) {
	h, anew := withKeySet(t, pubsubtest.NewClock().Now().Add(time.Minute))
	token := h.Token(pubsubtest.OtherSecret, "ann", time.Hour)
	if err := h.Connect(t.Context(), arrival(h, "c", pubsubtest.AppA, token)); err != nil {
		t.Errorf("refused: %v", err)
	}
	h.Clock.Advance(time.Minute)
	if err := h.Connect(t.Context(), arrival(h, "d", pubsubtest.AppA, token)); err == nil || *anew != 0 {
		t.Errorf("a token of a key that has ended: %v; the set was read anew %d times", err, *anew)
	}
}
