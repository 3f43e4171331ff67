package grant_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
)

// What is in a store may be damaged, or older than what is checked today.
func TestASlotThatCannotBeReadIsLeftOutIfAnotherCan(t *testing.T) {
	good := grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret("a secret that is long enough for HS256")}
	bad := grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret("short")}
	set := grant.Slot{Algorithm: grant.ES256, JWKSURL: "https://keys.example"}
	fetched, err := good.Key()
	if err != nil {
		t.Fatal(err)
	}
	down := errors.New("down")
	for name, c := range map[string]struct {
		slots [2]grant.Slot
		fetch grant.FetchKeys
		keys  int
		fails bool
	}{
		"none":                   {[2]grant.Slot{}, nil, 0, false},
		"one":                    {[2]grant.Slot{{}, good}, nil, 1, false},
		"one of two":             {[2]grant.Slot{bad, good}, nil, 1, false},
		"none of one":            {[2]grant.Slot{bad}, nil, 0, true},
		"none of two":            {[2]grant.Slot{bad, set}, nil, 0, true},
		"a set and nobody to":    {[2]grant.Slot{set}, nil, 0, true},
		"a set that is down":     {[2]grant.Slot{set}, fetching(nil, down), 0, true},
		"a set that is down too": {[2]grant.Slot{set, good}, fetching(nil, down), 1, false},
		"a set of two":           {[2]grant.Slot{set, good}, fetching([]grant.Key{fetched, fetched}, nil), 3, false},
	} {
		slots := grant.Slots{Client: c.slots}
		keys, err := slots.Ring().Keys(t.Context(), grant.Client, now, c.fetch, true)
		if len(keys) != c.keys || (err != nil) != c.fails || err != nil && fault.KindOf(err) != fault.Internal {
			t.Errorf("%s: %d keys, %v", name, len(keys), err)
		}
		if keys, err := slots.Ring().Keys(t.Context(), grant.Admin, now, c.fetch, true); len(keys) != 0 || err != nil {
			t.Errorf("%s: for admins %d keys, %v", name, len(keys), err)
		}
	}
}

func fetching(keys []grant.Key, err error) grant.FetchKeys {
	return func(_ context.Context, url string, alg grant.Algorithm, fresh bool) ([]grant.Key, error) {
		if url != "https://keys.example" || alg != grant.ES256 || !fresh {
			return nil, errors.New("asked for something else")
		}
		return keys, err
	}
}

func TestAKeyVerifiesNothingFromItsEndOn(t *testing.T) {
	stays := grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret("a secret that is long enough for HS256")}
	ends := grant.Slot{Algorithm: grant.ES256, JWKSURL: "https://keys.example", NotAfter: now}
	key, err := stays.Key()
	if err != nil {
		t.Fatal(err)
	}
	ring := grant.Slots{Client: [2]grant.Slot{ends, stays}, Admin: [2]grant.Slot{{}, ends}}.Ring()
	for _, c := range []struct {
		at            time.Time
		client, admin int
	}{{now.Add(-time.Nanosecond), 2, 1}, {now, 1, 0}, {now.Add(time.Hour), 1, 0}} {
		for kind, want := range map[grant.Kind]int{grant.Client: c.client, grant.Admin: c.admin} {
			keys, err := ring.Keys(t.Context(), kind, c.at, fetching([]grant.Key{key}, nil), true)
			if err != nil || len(keys) != want {
				t.Errorf("at %v there are %d %s keys, %v; want %d", c.at, len(keys), kind, err, want)
			}
			if got := ring.Fetched(kind, c.at); got != c.at.Before(now) {
				t.Errorf("at %v a key set is asked for: %v", c.at, got)
			}
		}
	}
	if !ends.Free(now) || ends.Free(now.Add(-time.Nanosecond)) || stays.Free(now) || !(grant.Slot{}).Free(now) {
		t.Error("a slot is free when it is empty, or its key is over")
	}
}
