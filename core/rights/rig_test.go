package rights_test

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory/directorytest"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/job"
	"tacet/core/ledger/ledgertest"
	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
	"tacet/core/rights"
	"tacet/core/seal/sealtest"
	"tacet/core/telemetry"
)

// settle is how long deletions wait here.
const settle = 10 * time.Minute

// world is all of it over models, which fail when they are told to.
type world struct {
	*testing.T
	*rights.Service
	people *account.Service
	runner *job.Runner

	memory *directorytest.Memory
	vault  *sealtest.Vault
	ledger *ledgertest.Memory
	events *events
	faults *faulttest.Faults
	begun  []string
	open   map[app.ID]int // how many connections an application has

	mu  sync.Mutex
	now time.Time
}

var begin = time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)

func newWorld(t *testing.T) *world {
	w := &world{T: t, faults: new(faulttest.Faults), now: begin, open: map[app.ID]int{}}
	random := sealtest.Random(1)
	w.memory, w.vault = directorytest.NewMemory(w.time), sealtest.NewVault(random)
	w.ledger, w.events = &ledgertest.Memory{Now: w.time}, &events{}
	w.people = &account.Service{
		Directory:  directorytest.WithFaults(w.memory, w.faults),
		Vault:      sealtest.VaultWithFaults(w.vault, w.faults),
		Deployment: sealtest.DeploymentWithFaults(sealtest.NewDeployment(random), w.faults),
		Anonymiser: privacy.Anonymiser{Secrets: privacytest.OneSecret([privacy.SecretSize]byte{1})},
		Disconnect: w.disconnect,
		Begin: func(_ context.Context, id string) error {
			return w.faults.Do("Begin", nil, func() error { w.begun = append(w.begun, id); return nil })
		},
		Now: w.time, Random: random,
	}
	w.Service = &rights.Service{
		Accounts: w.people, Ledger: ledgertest.WithFaults(w.ledger, w.faults), Settle: settle,
		Lifetime: lifetime{w.events, w.faults}, Events: faulty{w.events, w.faults},
	}
	w.runner = w.Runner()
	return w
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// disconnect ends two connections at a time.
func (w *world) disconnect(_ context.Context, of app.ID) (ended int, more bool, err error) {
	err = w.faults.Do("Disconnect", text(of), func() error {
		ended = min(2, w.open[of])
		w.open[of] -= ended
		more = w.open[of] > 0
		return nil
	})
	return ended, more, err
}

// text is what a call is about.
type text string

func (t text) String() string { return string(t) }

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// want makes sure that an error is a fault of a kind.
func (w *world) want(kind fault.Kind, err error) {
	w.Helper()
	if err == nil || fault.KindOf(err) != kind {
		w.Errorf("%v is of kind %s, want %s", err, fault.KindOf(err), kind)
	}
}

func (w *world) signIn(name string) *account.Principal {
	w.Helper()
	token, _, err := w.people.SignIn(w.Context(), account.Identity{Issuer: "https://issuer.example", Subject: name, Email: name + "@example.org"})
	w.must(err)
	p, err := w.people.Authenticate(w.Context(), token, privacy.ParseAddr("203.0.113.7"))
	w.must(err)
	return p
}

func (w *world) in(p *account.Principal, of account.ID) *account.Caller {
	w.Helper()
	c, err := w.people.In(w.Context(), p, string(of))
	w.must(err)
	return c
}

// join makes a person a member of the owner's account.
func (w *world) join(owner *account.Caller, name string, r account.Role) *account.Caller {
	w.Helper()
	i, err := owner.Invite(w.Context(), name+"@example.org", r, "")
	w.must(err)
	p := w.signIn(name)
	_, err = w.people.Accept(w.Context(), p, i.ID)
	w.must(err)
	return w.in(p, owner.Account)
}

// events is the telemetry of all applications, in memory.
type events struct {
	mu      sync.Mutex
	records []telemetry.Record
}

func (e *events) add(of app.ID, at time.Time, marker string, keep time.Duration) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.records = append(e.records, telemetry.Record{
		Event: telemetry.Event{Node: "node", App: of, Topic: privacy.RecordedTopic(marker), Size: 1, At: at}, Expires: at.Add(keep),
	})
}

func (e *events) of(id app.ID) (found []telemetry.Record) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, r := range e.records {
		if r.App == id {
			found = append(found, r)
		}
	}
	return found
}

// Each implements telemetry.Events.
func (e *events) Each(_ context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	var found []telemetry.Event
	e.mu.Lock()
	for i := range e.records {
		if r := &e.records[i]; r.App == of && !r.At.Before(from) && r.At.Before(to) && r.Readable(now) {
			found = append(found, r.Event)
		}
	}
	e.mu.Unlock()
	for _, one := range found {
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// faulty is events with faults in between.
type faulty struct {
	e telemetry.Events
	f *faulttest.Faults
}

func (x faulty) Each(ctx context.Context, of app.ID, from, to, now time.Time, f func(telemetry.Event) error) error {
	return x.f.Do("Each", text(of), func() error { return x.e.Each(ctx, of, from, to, now, f) })
}

// lifetime erases and stamps them, two at a time, with faults in between.
type lifetime struct {
	e *events
	f *faulttest.Faults
}

func (l lifetime) Erase(_ context.Context, of app.ID, from string) (n int64, next string, err error) {
	err = l.f.Do("Erase", text(of), func() error {
		l.e.mu.Lock()
		defer l.e.mu.Unlock()
		next = ""
		l.e.records = slices.DeleteFunc(l.e.records, func(r telemetry.Record) bool {
			switch {
			case r.App != of:
				return false
			case n == 2:
				next = "more"
				return false
			}
			n++
			return true
		})
		return nil
	})
	return n, next, err
}

func (l lifetime) Restamp(_ context.Context, of app.ID, retention time.Duration, now time.Time, from string) (n int64, next string, err error) {
	err = l.f.Do("Restamp", text(of), func() error {
		l.e.mu.Lock()
		defer l.e.mu.Unlock()
		start, _ := strconv.Atoi(from)
		for i := start; i < len(l.e.records); i++ {
			r := &l.e.records[i]
			switch {
			case r.App != of || !r.Readable(now):
				continue
			case n == 2:
				next = strconv.Itoa(i)
				return nil
			}
			r.Expires = r.At.Add(retention)
			n++
		}
		return nil
	})
	return n, next, err
}

// work does the jobs that there are until none is left, waiting when they wait.
func (w *world) work() {
	w.Helper()
	for range 200 {
		due, next, err := w.runner.Pending(w.Context())
		w.must(err)
		for _, id := range due {
			_, err := w.runner.Run(w.Context(), id)
			w.must(err)
		}
		if len(due) == 0 {
			if next.IsZero() {
				return
			}
			w.advance(next.Sub(w.time()))
		}
	}
	w.Fatal("the jobs are never done")
}
