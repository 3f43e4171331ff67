package pubsubtest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/privacy"
	"tacet/core/pubsub"
	"tacet/core/seal"
)

// Tenant is an application and its keys.
type Tenant struct {
	App  *app.App
	Keys grant.Slots
}

// Keep writes it where accounts keep applications, sealed with the key of its
// account, which is made if there is none.
func (x Tenant) Keep(t testing.TB, d directory.Directory, v seal.Vault) {
	t.Helper()
	if err := x.keep(t.Context(), d, v); err != nil {
		t.Fatal(err)
	}
}

func (x Tenant) keep(ctx context.Context, d directory.Directory, v seal.Vault) error {
	if err := v.Create(ctx, x.App.Account); err != nil {
		return err
	}
	sealer, err := v.Sealer(ctx, x.App.Account)
	if err != nil {
		return err
	}
	record, err := x.App.Put(directory.Always)
	if err != nil {
		return err
	}
	slots, err := app.PutSlots(x.App.ID, x.Keys, sealer, directory.Always)
	if err != nil {
		return err
	}
	_, err = d.Apply(ctx, record, slots)
	return err
}

// OpenApps returns a store that holds these applications, for one test.
type OpenApps func(t *testing.T, all ...Tenant) pubsub.Apps

// Secrets of tests, one for each kind of token and one more.
const (
	ClientSecret = "the secret that signs client tokens in tests"
	AdminSecret  = "the secret that signs admin tokens in tests."
	OtherSecret  = "another secret that also signs client tokens"
)

func pasted(secret string) grant.Slot {
	return grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}
}

// TestApps holds a store against the contract of pubsub.Apps.
func TestApps(t *testing.T, open OpenApps) {
	var blind [privacy.SecretSize]byte
	blind[0] = 7
	full := Tenant{
		&app.App{
			ID: AppA, Account: Account, Plan: "team", Blind: privacy.NewBlindKey(blind), Suspended: true,
			Settings: app.Settings{Expiry: app.ExpiryEnforce, Violations: app.ViolationsError, Addresses: privacy.Truncate, BlindTopics: true},
		},
		grant.Slots{
			Client: [2]grant.Slot{pasted(ClientSecret), {JWKSURL: "https://keys.example", Algorithm: grant.ES256}},
			Admin:  [2]grant.Slot{{}, pasted(AdminSecret)},
		},
	}
	bare := Tenant{App: NewApp(AppB, app.Settings{})}

	t.Run("an application is read as it was written", func(t *testing.T) {
		apps, want := open(t, full, bare), full.App
		for range 2 { // the second time from a cache
			got, err := apps.App(t.Context(), AppA)
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != want.ID || got.Account != want.Account || got.Plan != want.Plan || got.Settings != want.Settings || got.Suspended != want.Suspended ||
				privacy.RecordTopic("x", &got.Blind) != privacy.RecordTopic("x", &want.Blind) {
				t.Errorf("got %+v, want %+v", got, want)
			}
			if other, err := apps.App(t.Context(), AppB); err != nil || other.ID != AppB || other.Suspended {
				t.Errorf("the other application: %v, %v", other, err)
			}
		}
	})
	t.Run("what is absent is said to be", func(t *testing.T) {
		apps := open(t, full)
		for _, id := range []app.ID{NoSuch, "", "not an id", app.ID(strings.ToUpper(string(AppA)))} {
			if a, err := apps.App(t.Context(), id); !errors.Is(err, pubsub.ErrNoApp) {
				t.Errorf("App(%q) = %v, %v", id, a, err)
			}
		}
	})
	t.Run("each application has its own keys", func(t *testing.T) {
		apps := open(t, full, bare)
		now := NewClock().Now()
		for _, x := range []struct {
			of            *app.App
			client, admin int
			set           bool
		}{{full.App, 1, 1, true}, {bare.App, 0, 0, false}, {full.App, 1, 1, true}} {
			ring, err := apps.Ring(t.Context(), x.of)
			if err != nil {
				t.Fatal(err)
			}
			for kind, want := range map[grant.Kind]int{grant.Client: x.client, grant.Admin: x.admin} {
				keys, err := ring.Keys(t.Context(), kind, now, nil, false)
				if err != nil || len(keys) != want {
					t.Errorf("%s has %d pasted %s keys, %v; want %d", x.of.ID, len(keys), kind, err, want)
				}
			}
			if ring.Fetched(grant.Client, now) != x.set || ring.Fetched(grant.Admin, now) {
				t.Errorf("%s has a key set that it should not have, or lacks its own", x.of.ID)
			}
		}
	})
	t.Run("an application that is gone has no keys", func(t *testing.T) {
		apps := open(t, full)
		ring, err := apps.Ring(t.Context(), NewApp(NoSuch, app.Settings{}))
		if err != nil {
			t.Fatal(err)
		}
		if keys, err := ring.Keys(t.Context(), grant.Client, NewClock().Now(), nil, false); err != nil || len(keys) != 0 {
			t.Errorf("it has %d, %v", len(keys), err)
		}
	})
}
