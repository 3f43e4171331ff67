package account_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/core/job"
)

const public = `-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----`

func TestAGeneratedKeyIsShownOnceAndVerifies(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	a, err := c.MakeApp(t.Context(), account.NewApplication{Name: "shop"}, "")
	w.must(err)
	k, secret, err := c.MakeKey(t.Context(), string(a.ID), account.NewKey{Kind: grant.Admin}, "once")
	w.must(err)
	if raw, err := base64.RawURLEncoding.DecodeString(secret.Reveal()); err != nil || len(raw) != 32 {
		t.Errorf("the secret has %d bytes, %v", len(raw), err)
	}
	if len(k.ID) != 16 || k.Kind != grant.Admin || k.Algorithm != grant.HS256 || k.Created.IsZero() || !k.Until.IsZero() {
		t.Errorf("made %+v", k)
	}
	if !p.admits(t, w, a.ID, grant.Admin, secret) || p.admits(t, w, a.ID, grant.Client, secret) {
		t.Error("it verifies what it should not, or not what it should")
	}
	again, none, err := c.MakeKey(t.Context(), string(a.ID), account.NewKey{Kind: grant.Admin}, "once")
	w.must(err)
	if *again != *k || !none.IsZero() {
		t.Errorf("made %+v, and then %+v, with the secret: %v", k, again, !none.IsZero())
	}
	_, _, err = c.MakeKey(t.Context(), string(a.ID), account.NewKey{}, "once")
	w.want(fault.Conflict, err)
	if keys, err := c.Keys(t.Context(), string(a.ID)); err != nil || len(keys) != 1 || keys[0] != *k {
		t.Errorf("the keys are %+v, %v", keys, err)
	}
	w.soundApps()
}

func TestKeysThatAreGiven(t *testing.T) {
	long := strings.Repeat("a secret that is long enough ", 2)
	for name, x := range map[string]struct {
		key  account.NewKey
		want fault.Kind
	}{
		"a secret":                  {account.NewKey{Text: grant.NewSecret(long)}, 0},
		"a secret for HS512":        {account.NewKey{Algorithm: grant.HS512, Text: grant.NewSecret(long + long)}, 0},
		"a public key":              {account.NewKey{Algorithm: grant.EdDSA, Text: grant.NewSecret(public)}, 0},
		"a key set":                 {account.NewKey{JWKSURL: "https://login.example.org/keys"}, 0},
		"a short secret":            {account.NewKey{Text: grant.NewSecret("short")}, fault.Invalid},
		"a public key as a secret":  {account.NewKey{Text: grant.NewSecret(public)}, fault.Invalid},
		"a key set of secrets":      {account.NewKey{JWKSURL: "https://login.example.org/keys", Algorithm: grant.HS256}, fault.Invalid},
		"a key set that is open":    {account.NewKey{JWKSURL: "http://login.example.org/keys"}, fault.Invalid},
		"a key and a key set":       {account.NewKey{JWKSURL: "https://login.example.org/keys", Text: grant.NewSecret(long)}, fault.Invalid},
		"what is not generated":     {account.NewKey{Algorithm: grant.ES256}, fault.Invalid},
		"another kind":              {account.NewKey{Kind: 7}, fault.Invalid},
		"an overlap of a century":   {account.NewKey{Replaces: "0123456789abcdef", Overlap: 100 * 365 * 24 * time.Hour}, fault.Invalid},
		"an overlap of nothing":     {account.NewKey{Overlap: time.Hour}, fault.Invalid},
		"in the place of no key":    {account.NewKey{Replaces: "0123456789abcdef", Overlap: time.Hour}, fault.NotFound},
		"as long as a book":         {account.NewKey{Text: grant.NewSecret(strings.Repeat("x", 20_000))}, fault.Invalid},
		"an address like a book":    {account.NewKey{JWKSURL: "https://" + strings.Repeat("x", 3_000)}, fault.Invalid},
		"a secret that is there":    {account.NewKey{Text: grant.NewSecret(there)}, fault.Conflict},
		"the secret of the others":  {account.NewKey{Text: grant.NewSecret(theirs)}, fault.Invalid},
		"a secret of a third slot":  {account.NewKey{Kind: grant.Admin, Text: grant.NewSecret(long)}, fault.Conflict},
		"a secret over another key": {account.NewKey{Text: grant.NewSecret(long), Replaces: "admin", Overlap: time.Hour}, fault.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p, c := w.plane(), w.found("ann")
			a, err := c.MakeApp(t.Context(), account.NewApplication{Name: "shop"}, "")
			w.must(err)
			for kind, text := range map[grant.Kind]string{grant.Client: there, grant.Admin: theirs} {
				_, _, err = c.MakeKey(t.Context(), string(a.ID), account.NewKey{Kind: kind, Text: grant.NewSecret(text)}, "")
				w.must(err)
			}
			second, _, err := c.MakeKey(t.Context(), string(a.ID), account.NewKey{Kind: grant.Admin}, "")
			w.must(err)
			if x.key.Replaces == "admin" {
				x.key.Replaces = second.ID
			}
			_, shown, err := c.MakeKey(t.Context(), string(a.ID), x.key, "")
			if x.want == 0 {
				w.must(err)
			} else {
				w.want(x.want, err)
			}
			if !shown.IsZero() {
				t.Error("what was given is shown")
			}
			if !p.admits(t, w, a.ID, grant.Client, grant.NewSecret(there)) {
				t.Error("the key that was there is not any more")
			}
			w.soundApps()
		})
	}
}

// Keys of tests: one for clients and one for admins.
const (
	there  = "a secret that clients sign their tokens with"
	theirs = "a secret that admins sign their tokens with."
)

func TestAKeyIsRotatedWithAnOverlap(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	a, old, first := w.makeApp(c, "shop")
	id := string(a.ID)
	k, second, err := c.MakeKey(t.Context(), id, account.NewKey{Replaces: old.ID, Overlap: 24 * time.Hour}, "")
	w.must(err)
	w.soundApps()
	both := func(one, two bool) {
		t.Helper()
		if a, b := p.admits(t, w, a.ID, grant.Client, first), p.admits(t, w, a.ID, grant.Client, second); a != one || b != two {
			t.Errorf("the old key verifies: %v, the new one: %v; want %v, %v", a, b, one, two)
		}
	}
	both(true, true)
	keys, err := c.Keys(t.Context(), id)
	w.must(err)
	if len(keys) != 2 || keys[0].ID != old.ID || keys[0].Until.IsZero() || keys[1] != *k {
		t.Errorf("the keys are %+v", keys)
	}
	if len(w.jobs()) != 0 || p.ended[a.ID] != 0 {
		t.Error("connections were ended")
	}
	_, _, err = c.MakeKey(t.Context(), id, account.NewKey{}, "")
	w.want(fault.Conflict, err)

	// The end does not come later for another rotation.
	until := keys[0].Until
	_, _, err = c.MakeKey(t.Context(), id, account.NewKey{Replaces: old.ID, Overlap: 48 * time.Hour}, "")
	w.want(fault.Conflict, err)
	w.advance(24*time.Hour + time.Second)
	both(false, true)
	if keys, err := c.Keys(t.Context(), id); err != nil || len(keys) != 1 || until.After(w.time()) {
		t.Errorf("the keys are %+v, %v", keys, err)
	}
	_, third, err := c.MakeKey(t.Context(), id, account.NewKey{}, "")
	w.must(err)
	if both(false, true); !p.admits(t, w, a.ID, grant.Client, third) {
		t.Error("the key in the slot that became free does not verify")
	}
	w.want(fault.NotFound, c.RevokeKey(t.Context(), id, old.ID))
	w.soundApps()
}

func TestAKeyThatIsReplacedWithoutAnOverlapIsRevoked(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	a, old, first := w.makeApp(c, "shop")
	_, other, err := c.MakeKey(t.Context(), string(a.ID), account.NewKey{}, "")
	w.must(err)
	_, second, err := c.MakeKey(t.Context(), string(a.ID), account.NewKey{Replaces: old.ID}, "")
	w.must(err)
	if p.admits(t, w, a.ID, grant.Client, first) || !p.admits(t, w, a.ID, grant.Client, second) || !p.admits(t, w, a.ID, grant.Client, other) {
		t.Error("the wrong keys verify")
	}
	if jobs := w.jobs(); len(jobs) != 1 || jobs[0].Kind != job.EndConnections || p.ended[a.ID] != 2 {
		t.Errorf("left to be done: %+v; Disconnect was called %d times", jobs, p.ended[a.ID])
	}
	w.soundApps()
}

func TestARevokedKeyVerifiesNothingFromThenOn(t *testing.T) {
	w := newWorld(t)
	p, c := w.plane(), w.found("ann")
	a, k, secret := w.makeApp(c, "shop")
	_, other, err := c.MakeKey(t.Context(), string(a.ID), account.NewKey{}, "")
	w.must(err)
	w.Changed = nil // the keys are looked at each time
	w.must(c.RevokeKey(t.Context(), string(a.ID), k.ID))
	if p.admits(t, w, a.ID, grant.Client, secret) || !p.admits(t, w, a.ID, grant.Client, other) {
		t.Error("the wrong keys verify")
	}
	if jobs := w.jobs(); len(jobs) != 1 || jobs[0].Kind != job.EndConnections || p.ended[a.ID] != 2 || len(p.begun) != 1 {
		t.Errorf("left to be done: %+v; Disconnect was called %d times", jobs, p.ended[a.ID])
	}
	w.want(fault.NotFound, c.RevokeKey(t.Context(), string(a.ID), k.ID))
	w.soundApps()
}

func TestNoKeyLiesAnywhereInClear(t *testing.T) {
	w := newWorld(t)
	c := w.found("ann")
	a, _, generated := w.makeApp(c, "a name that nobody reads")
	for i, k := range []account.NewKey{
		{Text: grant.NewSecret(there)},
		{Kind: grant.Admin, Text: grant.NewSecret(theirs)},
		{Kind: grant.Admin, JWKSURL: "https://login.private.example/keys"},
	} {
		_, _, err := c.MakeKey(t.Context(), string(a.ID), k, fmt.Sprint("an idempotency key of somebody ", i))
		w.must(err)
	}
	for _, r := range w.memory.Raw() {
		for _, m := range []string{generated.Reveal(), there, theirs, "private.example", "nobody reads", "idempotency"} {
			for _, text := range []string{m, base64.StdEncoding.EncodeToString([]byte(m))[:8], base64.RawURLEncoding.EncodeToString([]byte(m))[:8]} {
				if strings.Contains(string(r.Value), text) || strings.Contains(r.Key.String(), text) {
					t.Errorf("%s holds %q in clear", r.Key, m)
				}
			}
		}
	}
}
