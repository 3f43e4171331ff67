package account_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tacet/core/account"
	"tacet/core/app"
	"tacet/core/directory"
	"tacet/core/directory/directorytest"
	"tacet/core/fault"
	"tacet/core/fault/faulttest"
	"tacet/core/privacy"
	"tacet/core/seal/sealtest"
)

// world is a service over models of everything that it needs, which fail when
// they are told to.
type world struct {
	*testing.T
	*account.Service
	memory *directorytest.Memory
	vault  *sealtest.Vault
	faults *faulttest.Faults
	// reader is the data plane: it remembers applications until it is told that
	// they have changed. seen is those that it was asked for.
	reader *app.Reader
	seen   map[app.ID]bool

	mu  sync.Mutex
	now time.Time
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, faults: new(faulttest.Faults), now: time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)}
	random := sealtest.Random(1)
	w.memory = directorytest.NewMemory(w.time)
	w.vault = sealtest.NewVault(random)
	w.reader, w.seen = &app.Reader{Directory: w.memory, Vault: w.vault}, map[app.ID]bool{}
	w.Service = &account.Service{
		Directory:  directorytest.WithFaults(w.memory, w.faults),
		Vault:      sealtest.VaultWithFaults(w.vault, w.faults),
		Deployment: sealtest.DeploymentWithFaults(sealtest.NewDeployment(random), w.faults),
		Anonymiser: privacy.Anonymiser{Secrets: oneSecret{}},
		Disconnect: func(context.Context, app.ID) (int, bool, error) {
			return 0, false, w.faults.Do("Disconnect", nil, func() error { return nil })
		},
		Changed: w.reader.Changed,
		Begin:   func(context.Context, string) error { return w.faults.Do("Begin", nil, func() error { return nil }) },
		Now:     w.time, Random: random,
	}
	return w
}

// oneSecret is the secret of every day.
type oneSecret struct{}

func (oneSecret) Secret(context.Context, privacy.Day) (privacy.Secret, error) {
	return privacy.NewSecret([privacy.SecretSize]byte{1}), nil
}

// time returns a time that is later each time.
func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(time.Microsecond)
	return w.now
}

// set sets the clock.
func (w *world) set(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = now.Add(-time.Microsecond)
}

func (w *world) advance(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func who(name string) account.Identity {
	return account.Identity{Issuer: "https://issuer.example", Subject: name, Email: name + "@example.org"}
}

// signIn returns the principal of a person with a new session.
func (w *world) signIn(name string) *account.Principal {
	w.Helper()
	token, _, err := w.SignIn(w.Context(), who(name))
	w.must(err)
	return w.authenticate(token)
}

func (w *world) authenticate(token string) *account.Principal {
	w.Helper()
	p, err := w.Authenticate(w.Context(), token, privacy.ParseAddr("203.0.113.7"))
	w.must(err)
	return p
}

// found makes an account, and returns its owner in it.
func (w *world) found(owner string) *account.Caller {
	w.Helper()
	p := w.signIn(owner)
	a, err := w.Create(w.Context(), p, account.Profile{}, "")
	w.must(err)
	return w.in(p, a.ID)
}

func (w *world) in(p *account.Principal, of account.ID) *account.Caller {
	w.Helper()
	c, err := w.In(w.Context(), p, string(of))
	w.must(err)
	return c
}

// join makes a person a member of the owner's account.
func (w *world) join(owner *account.Caller, name string, r account.Role) *account.Caller {
	w.Helper()
	i, err := owner.Invite(w.Context(), name+"@example.org", r, "")
	w.must(err)
	p := w.signIn(name)
	_, err = w.Accept(w.Context(), p, i.ID)
	w.must(err)
	return w.in(p, owner.Account)
}

// token returns the owner of an access token in the account.
func (w *world) token(c *account.Caller, t account.NewToken) *account.Caller {
	w.Helper()
	t.Name = "token"
	_, secret, err := c.MakeToken(w.Context(), t, "")
	w.must(err)
	return w.in(w.authenticate(secret), c.Account)
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// want makes sure that an error is a fault of a kind, and tells of it.
func (w *world) want(kind fault.Kind, err error) {
	w.Helper()
	if err == nil {
		w.Fatalf("no error, want a fault: %s", kind)
	}
	if f := fault.Public(err); f.Kind != kind || f.Text == "" || strings.Contains(f.Text, "injected") {
		w.Fatalf("%v is of kind %s, want %s", err, f.Kind, kind)
	}
}

// lines returns how many records of an account have names that begin so.
func (w *world) lines(of account.ID, prefix string) int {
	n := 0
	for _, r := range w.memory.All() {
		if r.Part == of.Part() && strings.HasPrefix(r.Name, prefix) {
			n++
		}
	}
	return n
}

// noAddr is the address of a request from nowhere.
var noAddr privacy.Addr

func same(a, b []directory.Record) bool {
	return slices.EqualFunc(a, b, func(a, b directory.Record) bool { return a.Key == b.Key && a.Version == b.Version })
}
