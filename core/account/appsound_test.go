package account_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/grant"
	"tacet/core/job"
)

// plane is what the data plane sees of a world: through its own reader, which
// remembers until it is told to read again.
type plane struct {
	*app.Reader
	ended map[app.ID]int // calls of Disconnect
	begun []string
}

// plane connects a world to a data plane in which each application has
// connections for two calls of Disconnect.
func (w *world) plane() *plane {
	p := &plane{Reader: w.reader, ended: map[app.ID]int{}}
	w.Disconnect = func(_ context.Context, of app.ID) (int, bool, error) {
		p.ended[of]++
		return 1, p.ended[of] < 2, nil
	}
	w.Begin = func(_ context.Context, id string) error { p.begun = append(p.begun, id); return nil }
	return p
}

// admits reports whether a token that a secret signs would be accepted.
func (p *plane) admits(t *testing.T, w *world, of app.ID, kind grant.Kind, secret grant.Secret) bool {
	t.Helper()
	a, err := p.App(t.Context(), of)
	if errors.Is(err, app.ErrNone) {
		return false
	}
	w.must(err)
	ring, err := p.Ring(t.Context(), a)
	w.must(err)
	now := w.time()
	keys, err := ring.Keys(t.Context(), kind, now, nil, false)
	w.must(err)
	signing, err := grant.ParseSigningKey(grant.HS256, secret.Reveal())
	w.must(err)
	token, err := grant.Sign(signing, grant.Claims{Subject: "ann", Expires: now.Add(1e10)})
	w.must(err)
	_, err = grant.Verify(keys, token, now)
	return err == nil
}

// jobs returns what is left to be done.
func (w *world) jobs() []job.Job {
	var all []job.Job
	for _, r := range w.memory.All() {
		if r.Part == job.Part {
			var j job.Job
			w.must(json.Unmarshal(r.Value, &j))
			all = append(all, j)
		}
	}
	return all
}

// soundApps makes sure that the records of each application are there or not,
// all of them, that they say the same, and that they are counted.
func (w *world) soundApps() {
	w.Helper()
	records := map[string]directory.Record{}
	for _, r := range w.memory.All() {
		records[r.Key.String()] = r
	}
	counted, there := map[string]int{}, map[string]int{}
	for _, r := range records {
		kind, id, _ := strings.Cut(r.Name, "/")
		switch {
		case r.Part.Kind == 'o' && r.Name == "tally":
			var tally struct{ Apps int }
			w.must(json.Unmarshal(r.Value, &tally))
			counted[r.Part.ID] = tally.Apps
		case r.Part.Kind == 'o' && kind == "app":
			there[r.Part.ID]++
			w.soundApp(r, app.ID(id), records)
		case r.Part.Kind == 'o' && kind == "keys":
			if _, ok := records[r.Part.String()+"#app/"+id]; !ok {
				w.Errorf("%s is of no application", r.Key)
			}
		case r.Part.Kind == 'a', r.Part.Kind == 'v':
			w.seen[app.ID(r.Part.ID)] = true
			if !w.owned(app.ID(r.Part.ID), records) {
				w.Errorf("%s is of no account", r.Key)
			}
		}
	}
	for id := range w.seen {
		w.soundMemory(id, records)
	}
	for of, n := range counted {
		if there[of] != n {
			w.Errorf("account %s has %d applications, and counts %d", of, there[of], n)
		}
	}
}

// soundMemory makes sure that the data plane remembers what is true.
func (w *world) soundMemory(id app.ID, records map[string]directory.Record) {
	w.Helper()
	remembered, err := w.reader.App(w.Context(), id)
	r, there := records[id.Key().String()]
	switch {
	case !there && !errors.Is(err, app.ErrNone):
		w.Errorf("%s is remembered, and gone: %v", id, err)
	case there:
		w.must(err)
		a, err := app.Read(r)
		w.must(err)
		if a.Plan != remembered.Plan || a.Settings != remembered.Settings || a.Suspended != remembered.Suspended {
			w.Errorf("%s is %+v, and remembered as %+v", id, a, remembered)
		}
	}
}

func (w *world) owned(id app.ID, records map[string]directory.Record) bool {
	for _, r := range records {
		if r.Part.Kind == 'o' && r.Name == "app/"+string(id) {
			return true
		}
	}
	return false
}

// soundApp looks at the four records of one application.
func (w *world) soundApp(r directory.Record, id app.ID, records map[string]directory.Record) {
	w.Helper()
	plane, ok := records[id.Key().String()]
	if !ok {
		w.Errorf("%s has no record in the data plane", r.Key)
		return
	}
	a, err := app.Read(plane)
	w.must(err)
	var seen struct {
		Plan      string
		Settings  app.Settings
		Suspended bool
	}
	w.must(json.Unmarshal(r.Value, &seen))
	if a.Account != r.Part.ID || string(a.Plan) != seen.Plan || a.Settings != seen.Settings || a.Suspended != seen.Suspended || plane.Version != r.Version || a.Blind.IsZero() {
		w.Errorf("%s says %+v, and the data plane has %+v", r.Key, seen, a)
	}
	known, ok := records[r.Part.String()+"#keys/"+string(id)]
	kept, too := records[id.SlotsKey().String()]
	if !ok || !too || known.Version != kept.Version {
		w.Errorf("%s has no keys, or halves of them", r.Key)
		return
	}
	w.soundKeys(a, known, kept)
}

// soundKeys makes sure that what is known of keys is what they are.
func (w *world) soundKeys(a *app.App, known, kept directory.Record) {
	w.Helper()
	sealer, err := w.vault.Sealer(w.Context(), a.Account)
	w.must(err)
	slots, err := app.ReadSlots(kept, sealer)
	w.must(err)
	w.must(slots.Check())
	var record struct{ Keys []byte }
	w.must(json.Unmarshal(known.Value, &record))
	plain, err := sealer.Open(record.Keys, known.Key.String())
	w.must(err)
	var held []struct {
		account.Key
		Slot int
	}
	w.must(json.Unmarshal(plain, &held))
	for _, k := range held {
		s := slots.Of(k.Kind)[k.Slot]
		if s.Empty() || s.Algorithm != k.Algorithm || s.JWKSURL != k.JWKSURL || !s.NotAfter.Equal(k.Until) {
			w.Errorf("%s says %+v, and the slot has %v until %v", known.Key, k, s, s.NotAfter)
		}
	}
	full := 0
	for _, kind := range []grant.Kind{grant.Client, grant.Admin} {
		for _, s := range slots.Of(kind) {
			if !s.Empty() {
				full++
			}
		}
	}
	if full != len(held) {
		w.Errorf("%s knows %d keys, and there are %d", known.Key, len(held), full)
	}
}
