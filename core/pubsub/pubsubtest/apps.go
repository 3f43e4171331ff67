package pubsubtest

import (
	"errors"
	"strings"
	"testing"

	"tacet/core/app"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
)

// OpenApps returns a store that holds these applications and reads key sets by
// fetch, for one test.
type OpenApps func(t *testing.T, fetch func(url string) ([]grant.Key, error), apps ...*app.App) pubsub.Apps

// Secrets of tests, one for each kind of token and one more.
const (
	ClientSecret = "the secret that signs client tokens in tests"
	AdminSecret  = "the secret that signs admin tokens in tests."
	OtherSecret  = "another secret that also signs client tokens"
)

func pasted(secret string) grant.Slot {
	return grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}
}

const (
	goodSet = "https://keys.example/good"
	badSet  = "https://keys.example/bad"
)

var errFetch = errors.New("the key set cannot be fetched")

// keySet is what fetch finds at the two addresses.
func keySet(url string) ([]grant.Key, error) {
	if url != goodSet {
		return nil, errFetch
	}
	key, err := pasted(OtherSecret).Key()
	return []grant.Key{key, key}, err
}

// TestApps holds a store against the contract of pubsub.Apps.
func TestApps(t *testing.T, open OpenApps) {
	var blind [privacy.SecretSize]byte
	blind[0] = 7
	full := &app.App{
		ID: AppA, Name: "an application", Plan: "team", Blind: privacy.NewBlindKey(blind),
		Settings: app.Settings{Expiry: app.ExpiryEnforce, Violations: app.ViolationsError, Addresses: privacy.Truncate, BlindTopics: true},
		Keys: grant.Slots{
			Client: [2]grant.Slot{pasted(ClientSecret), {JWKSURL: goodSet, Algorithm: grant.ES256}},
			Admin:  [2]grant.Slot{{}, pasted(AdminSecret)},
		},
	}

	t.Run("an application is read as it was written", func(t *testing.T) {
		apps := open(t, keySet, full, &app.App{ID: AppB, Plan: "free"})
		got, err := apps.App(t.Context(), AppA)
		if err != nil {
			t.Fatal(err)
		}
		if got.ID != full.ID || got.Name != full.Name || got.Plan != full.Plan || got.Settings != full.Settings ||
			privacy.RecordTopic("x", &got.Blind) != privacy.RecordTopic("x", &full.Blind) {
			t.Errorf("got %+v, want %+v", got, full)
		}
		for _, kind := range []grant.Kind{grant.Client, grant.Admin} {
			for i, slot := range got.Keys.Of(kind) {
				if want := full.Keys.Of(kind)[i]; slot.Algorithm != want.Algorithm || slot.JWKSURL != want.JWKSURL || !slot.Text.Equal(want.Text) {
					t.Errorf("the %s slot %d is another", kind, i)
				}
			}
		}
		if other, err := apps.App(t.Context(), AppB); err != nil || other.ID != AppB {
			t.Errorf("the other application: %v, %v", other, err)
		}
	})
	t.Run("what is absent is said to be", func(t *testing.T) {
		apps := open(t, keySet, full)
		for _, id := range []app.ID{NoSuch, "", "not an id", app.ID(strings.ToUpper(string(AppA)))} {
			if a, err := apps.App(t.Context(), id); !errors.Is(err, pubsub.ErrNoApp) {
				t.Errorf("App(%q) = %v, %v", id, a, err)
			}
		}
	})
	for _, c := range []struct {
		name  string
		slots grant.Slots
		kind  grant.Kind
		keys  int
		fails bool
	}{
		{"both slots, a key set fetched", full.Keys, grant.Client, 3, false},
		{"the keys of one kind are not those of the other", full.Keys, grant.Admin, 1, false},
		{"no keys are no error", grant.Slots{}, grant.Client, 0, false},
		{"a slot that cannot be read is left out", grant.Slots{Client: [2]grant.Slot{{JWKSURL: badSet}, pasted(ClientSecret)}}, grant.Client, 1, false},
		{"an error when no slot can be read", grant.Slots{Client: [2]grant.Slot{{}, {JWKSURL: badSet}}}, grant.Client, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			apps := open(t, keySet, &app.App{ID: AppA, Plan: "free", Keys: c.slots})
			a, err := apps.App(t.Context(), AppA)
			if err != nil {
				t.Fatal(err)
			}
			for _, fresh := range []bool{false, false, true} { // the second time from a cache
				keys, err := apps.Keys(t.Context(), a, c.kind, fresh)
				if len(keys) != c.keys || (err != nil) != c.fails {
					t.Errorf("%d keys, %v; want %d, an error: %v", len(keys), err, c.keys, c.fails)
				}
				if kind := fault.KindOf(err); err != nil && kind != fault.Internal && kind != fault.Unavailable {
					t.Errorf("a store's failure looks like one of the client: %v", kind)
				}
			}
		})
	}
}
