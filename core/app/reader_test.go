package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/fault/faulttest"
	"tacet/core/grant"
	"tacet/core/plan"
	"tacet/core/pubsub"
	"tacet/core/pubsub/pubsubtest"
	"tacet/core/seal/sealtest"
)

// world is where applications are kept, and one who reads them there.
type world struct {
	t      *testing.T
	clock  *pubsubtest.Clock
	store  *directorytest.Memory
	vault  *sealtest.Vault
	calls  []string
	during func() // happens once, while a record is on its way
	*app.Reader
}

func newWorld(t *testing.T, remember time.Duration) *world {
	t.Helper()
	w := &world{t: t, clock: pubsubtest.NewClock(), vault: sealtest.NewVault(sealtest.Random(1))}
	w.store = directorytest.NewMemory(w.clock.Now)
	w.Reader = &app.Reader{Directory: watched{w}, Vault: w.vault, Remember: remember, Now: w.clock.Now}
	return w
}

// watched is a directory that notes what is read.
type watched struct{ w *world }

func (d watched) Get(ctx context.Context, k directory.Key) (directory.Record, error) {
	d.w.calls = append(d.w.calls, k.String()[:1])
	r, err := d.w.store.Get(ctx, k)
	if f := d.w.during; f != nil {
		d.w.during = nil
		f()
	}
	return r, err
}

func (d watched) List(context.Context, directory.Part, string, string, int) ([]directory.Record, string, error) {
	panic("nobody lists")
}

func (d watched) Remains(context.Context, directory.Part, string, int) ([]directory.Record, string, error) {
	panic("nobody sweeps")
}

func (d watched) Apply(context.Context, ...directory.Change) (directory.Version, error) {
	panic("nobody writes")
}

func (w *world) put(a *app.App, keys grant.Slots) {
	w.t.Helper()
	pubsubtest.Tenant{App: a, Keys: keys}.Keep(w.t, w.store, w.vault)
}

// on returns an application on a plan.
func on(p plan.Name) *app.App {
	a := pubsubtest.NewApp(pubsubtest.AppA, app.Settings{})
	a.Plan = p
	return a
}

func (w *world) wantPlan(want plan.Name) {
	w.t.Helper()
	if a, err := w.App(w.t.Context(), pubsubtest.AppA); err != nil || a.Plan != want {
		w.t.Errorf("got %v, %v; want that on %s", a, err, want)
	}
}

// keys returns how many client keys there are.
func (w *world) keys(of *app.App) int {
	w.t.Helper()
	ring, err := w.Ring(w.t.Context(), of)
	if err != nil {
		w.t.Fatal(err)
	}
	keys, err := ring.Keys(w.t.Context(), grant.Client, w.clock.Now(), nil, false)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(keys)
}

func TestTheReaderKeepsTheContract(t *testing.T) {
	for name, remember := range map[string]time.Duration{"for seconds": 5 * time.Second, "until it changes": 0} {
		t.Run(name, func(t *testing.T) {
			pubsubtest.TestApps(t, func(t *testing.T, all ...pubsubtest.Tenant) pubsub.Apps {
				w := newWorld(t, remember)
				for _, x := range all {
					w.put(x.App, x.Keys)
				}
				return w.Reader
			})
		})
	}
}

func TestAnApplicationIsRememberedForAWhile(t *testing.T) {
	w := newWorld(t, 5*time.Second)
	w.put(on(plan.Free), grant.Slots{})
	w.wantPlan(plan.Free)
	w.put(on(plan.Team), grant.Slots{})
	w.clock.Advance(5*time.Second - 1)
	w.wantPlan(plan.Free)
	if len(w.calls) != 1 {
		t.Errorf("read %d times within seconds", len(w.calls))
	}
	w.clock.Advance(1)
	w.wantPlan(plan.Team)
	w.put(on(plan.Business), grant.Slots{})
	w.Changed(pubsubtest.AppA)
	w.wantPlan(plan.Business)
	mustApply(t, w, directory.Delete(pubsubtest.AppA.Key(), directory.Always))
	w.clock.Advance(5 * time.Second)
	if _, err := w.App(t.Context(), pubsubtest.AppA); !errors.Is(err, app.ErrNone) {
		t.Errorf("one that was deleted: %v", err)
	}
}

func TestAnApplicationIsRememberedUntilItChanges(t *testing.T) {
	w := newWorld(t, 0)
	w.put(on(plan.Free), grant.Slots{})
	w.wantPlan(plan.Free)
	w.clock.Advance(24 * time.Hour)
	w.wantPlan(plan.Free)
	if len(w.calls) != 1 {
		t.Errorf("read %d times", len(w.calls))
	}
	w.put(on(plan.Team), grant.Slots{})
	w.Changed(pubsubtest.AppA)
	w.wantPlan(plan.Team)
}

// It would be remembered for ever.
func TestWhatWasReadBeforeAChangeIsNotRememberedAfterIt(t *testing.T) {
	w := newWorld(t, 0)
	w.put(on(plan.Free), grant.Slots{})
	w.during = func() {
		w.put(on(plan.Team), grant.Slots{})
		w.Changed(pubsubtest.AppA)
	}
	w.wantPlan(plan.Free)
	w.wantPlan(plan.Team)
}

// Anybody can ask for ids that do not exist; those who do must not keep others
// from being remembered, nor fill the memory.
func TestIDsThatDoNotExistAreNotRemembered(t *testing.T) {
	w := newWorld(t, 0)
	w.put(on(plan.Free), grant.Slots{})
	w.during = func() {
		if _, err := w.App(t.Context(), pubsubtest.NoSuch); !errors.Is(err, app.ErrNone) {
			t.Error(err)
		}
	}
	w.wantPlan(plan.Free)
	w.calls = nil
	w.wantPlan(plan.Free)
	if len(w.calls) != 0 {
		t.Errorf("it was read again: %v", w.calls)
	}
	other := on(plan.Free)
	other.ID = pubsubtest.NoSuch
	w.put(other, grant.Slots{})
	if _, err := w.App(t.Context(), pubsubtest.NoSuch); err != nil {
		t.Errorf("one that exists by now: %v", err)
	}
}

func TestKeysAreLookedAtEachTimeAndParsedOnce(t *testing.T) {
	w := newWorld(t, 0)
	a := on(plan.Free)
	w.put(a, pubsubtest.Keys())
	first, err := w.Ring(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	w.calls = nil
	if again, err := w.Ring(t.Context(), a); err != nil || again != first || strings.Join(w.calls, "") != "v" {
		t.Errorf("parsed again: %v, %v; read %v", again != first, err, w.calls)
	}
	w.put(a, grant.Slots{}) // without a word
	if n := w.keys(a); n != 0 {
		t.Errorf("%d keys verify after they were revoked", n)
	}
}

func TestADestroyedAccountsApplicationsVerifyNothing(t *testing.T) {
	w := newWorld(t, 0)
	a := on(plan.Free)
	w.put(a, pubsubtest.Keys())
	if n := w.keys(a); n != 1 {
		t.Fatalf("%d keys", n)
	}
	if err := w.vault.Destroy(t.Context(), pubsubtest.Account); err != nil {
		t.Fatal(err)
	}
	if n := w.keys(a); n != 0 {
		t.Errorf("%d keys verify without the account's key", n)
	}
}

func TestAFailureIsNotAbsence(t *testing.T) {
	w := newWorld(t, 0)
	a := on(plan.Free)
	w.put(a, pubsubtest.Keys())
	var f faulttest.Faults
	r := &app.Reader{Directory: directorytest.WithFaults(w.store, &f), Vault: sealtest.VaultWithFaults(w.vault, &f)}
	for name, c := range map[string]struct {
		nth int
		do  func() error
	}{
		"the application": {1, func() error { _, err := r.App(t.Context(), a.ID); return err }},
		"its keys":        {1, func() error { _, err := r.Ring(t.Context(), a); return err }},
		"the vault":       {2, func() error { _, err := r.Ring(t.Context(), a); return err }},
	} {
		f.Fail(c.nth, faulttest.NotApplied)
		if err := c.do(); !errors.Is(err, faulttest.ErrInjected) || errors.Is(err, app.ErrNone) {
			t.Errorf("%s: got %v", name, err)
		}
		f.Fail(0, faulttest.NotApplied)
		if err := c.do(); err != nil {
			t.Errorf("%s, afterwards: %v", name, err)
		}
	}
}

func TestADamagedRecordSaysNothingOfWhatItHolds(t *testing.T) {
	for name, c := range map[string]struct {
		key   directory.Key
		value string
	}{
		"no JSON":                  {pubsubtest.AppA.Key(), `{"id":"MARKER`},
		"another application":      {pubsubtest.AppA.Key(), string(`{"id":"` + pubsubtest.AppB + `","account":"MARKER"}`)},
		"keys that nobody sealed":  {pubsubtest.AppA.SlotsKey(), `{"client":[{"text":"MARKER"},{}]}`},
		"keys of another's record": {pubsubtest.AppA.SlotsKey(), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			a, other := on(plan.Free), pubsubtest.NewApp(pubsubtest.AppB, app.Settings{})
			w.put(a, grant.Slots{})
			w.put(other, pubsubtest.Keys())
			value := []byte(c.value)
			if c.value == "" {
				moved, err := w.store.Get(t.Context(), other.ID.SlotsKey())
				if err != nil {
					t.Fatal(err)
				}
				value = moved.Value
			}
			mustApply(t, w, directory.Put(c.key, value, time.Time{}, directory.Always))
			_, err := w.App(t.Context(), a.ID)
			if err == nil {
				_, err = w.Ring(t.Context(), a)
			}
			if err == nil || errors.Is(err, app.ErrNone) || strings.Contains(err.Error(), "MARKER") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestOnlySoManyAreRemembered(t *testing.T) {
	w := newWorld(t, 0)
	const many = 10_100
	for i := range many {
		a := on(plan.Free)
		a.ID = app.ID(fmt.Sprintf("%032x", i))
		record, err := a.Put(directory.IfAbsent)
		if err != nil {
			t.Fatal(err)
		}
		mustApply(t, w, record)
		if _, err := w.App(t.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
	}
	w.calls = nil
	for i := range many {
		if _, err := w.App(t.Context(), app.ID(fmt.Sprintf("%032x", i))); err != nil {
			t.Fatal(err)
		}
	}
	if n := len(w.calls); n < 100 || n > many/2 {
		t.Errorf("%d of %d were read again", n, many)
	}
}

func mustApply(t *testing.T, w *world, changes ...directory.Change) {
	t.Helper()
	if _, err := w.store.Apply(t.Context(), changes...); err != nil {
		t.Fatal(err)
	}
}
