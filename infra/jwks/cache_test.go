package jwks_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/infra/jwks"
)

const address = "https://issuer.example/keys"

// issuer serves key sets to a cache without a network.
type issuer struct {
	mu      sync.Mutex
	set     string
	err     error
	fetches int
	gate    chan struct{} // if not nil, a fetch ends when this is closed
}

func (i *issuer) fetch(ctx context.Context, _ string) ([]byte, error) {
	i.mu.Lock()
	i.fetches++
	gate := i.gate
	i.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	return []byte(i.set), i.err
}

func (i *issuer) serve(set string, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.set, i.err = set, err
}

func (i *issuer) wantFetches(t *testing.T, want int) {
	t.Helper()
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.fetches != want {
		t.Errorf("fetched %d times, want %d", i.fetches, want)
	}
}

// wantKey fails unless get returns one key, of that id.
func wantKey(t *testing.T, get func(context.Context, string, grant.Algorithm) ([]grant.Key, error), want string) {
	t.Helper()
	keys, err := get(t.Context(), address, grant.EdDSA)
	if err != nil || len(keys) != 1 || keys[0].ID() != want {
		t.Errorf("got %d keys, %v, want %s", len(keys), err, want)
	}
}

func wantUnavailable(t *testing.T, get func(context.Context, string, grant.Algorithm) ([]grant.Key, error), cause error) {
	t.Helper()
	keys, err := get(t.Context(), address, grant.EdDSA)
	if f := fault.Public(err); keys != nil || f == nil || f.Kind != fault.Unavailable || f.RetryAfter <= 0 || !errors.Is(err, cause) {
		t.Errorf("got %d keys, %v, want them unavailable for %v", len(keys), err, cause)
	}
}

// keySet returns a set of one key with that id.
func keySet(id string) string {
	return fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":%q,"x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}`, id)
}

func TestASetIsFetchedWhenItIsOld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first")}
		c := jwks.NewWith(i.fetch)
		wantKey(t, known(c), "first")
		i.serve(keySet("second"), nil)
		time.Sleep(jwks.MaxAge - time.Second)
		wantKey(t, known(c), "first")
		i.wantFetches(t, 1)
		time.Sleep(time.Second)
		wantKey(t, known(c), "second")
		i.wantFetches(t, 2)
	})
}

func TestManyCallersShareOneFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first"), gate: make(chan struct{})}
		c := jwks.NewWith(i.fetch)
		var callers sync.WaitGroup
		for n := range 50 {
			callers.Go(func() {
				if n%2 == 0 {
					wantKey(t, known(c), "first")
				} else {
					wantKey(t, fresh(c), "first")
				}
			})
		}
		synctest.Wait()
		i.wantFetches(t, 1)
		time.Sleep(jwks.MinInterval) // however long it takes
		callers.Go(func() { wantKey(t, known(c), "first") })
		synctest.Wait()
		close(i.gate)
		callers.Wait()
		i.wantFetches(t, 1)
	})
}

func TestACallerWhoLeavesSpoilsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first"), gate: make(chan struct{})}
		c := jwks.NewWith(i.fetch)
		ctx, leave := context.WithCancel(t.Context())
		var callers sync.WaitGroup
		callers.Go(func() {
			if _, err := c.Keys(ctx, address, grant.EdDSA, false); !errors.Is(err, context.Canceled) {
				t.Errorf("the one who left got %v", err)
			}
		})
		synctest.Wait()
		callers.Go(func() { wantKey(t, known(c), "first") })
		synctest.Wait()
		leave()
		synctest.Wait()
		close(i.gate)
		callers.Wait()
		i.wantFetches(t, 1)
	})
}

func TestOnlyOneWaitsWhileThereIsAnOldSet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first")}
		c := jwks.NewWith(i.fetch)
		wantKey(t, known(c), "first")
		time.Sleep(jwks.MaxAge)
		i.gate = make(chan struct{})
		i.serve(keySet("second"), nil)
		var waits sync.WaitGroup
		var done atomic.Bool
		waits.Go(func() { wantKey(t, known(c), "second"); done.Store(true) })
		synctest.Wait()
		wantKey(t, known(c), "first") // returns although nothing has arrived
		if done.Load() {
			t.Error("the one who began did not wait")
		}
		close(i.gate)
		waits.Wait()
		wantKey(t, known(c), "second")
		i.wantFetches(t, 2)
	})
}

func TestOldKeysAreUsedWhileTheServerFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		i := &issuer{set: keySet("first")}
		c := jwks.NewWith(i.fetch)
		wantKey(t, known(c), "first")
		i.serve("", broken)
		time.Sleep(jwks.MaxAge)
		wantKey(t, known(c), "first")
		wantKey(t, known(c), "first")
		i.wantFetches(t, 2) // a failing server is left alone
		time.Sleep(jwks.MinInterval)
		wantKey(t, known(c), "first")
		i.wantFetches(t, 3)
		i.serve("<html>", nil) // an answer that is no key set is a failure too
		time.Sleep(jwks.MaxStale - jwks.MaxAge - jwks.MinInterval - time.Second)
		wantKey(t, known(c), "first")
		i.serve("", broken)
		time.Sleep(jwks.MinInterval)
		wantUnavailable(t, known(c), broken)
		i.serve(keySet("second"), nil)
		time.Sleep(jwks.MinInterval)
		wantKey(t, known(c), "second")
	})
}

func TestAFirstFailureIsRememberedForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		i := &issuer{err: broken}
		c := jwks.NewWith(i.fetch)
		for range 10 {
			wantUnavailable(t, known(c), broken)
			wantUnavailable(t, fresh(c), broken)
		}
		i.wantFetches(t, 1)
		i.serve(keySet("first"), nil)
		time.Sleep(jwks.MinInterval)
		wantKey(t, known(c), "first")
	})
}

func TestRefreshIsLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first")}
		c := jwks.NewWith(i.fetch)
		wantKey(t, known(c), "first")
		i.serve(keySet("second"), nil)
		for range 100 {
			wantKey(t, fresh(c), "first")
		}
		i.wantFetches(t, 1)
		time.Sleep(jwks.MinInterval)
		for range 100 {
			wantKey(t, fresh(c), "second")
		}
		i.wantFetches(t, 2)
		wantKey(t, known(c), "second")
	})
}

func TestAWithdrawnKeyIsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first")}
		c := jwks.NewWith(i.fetch)
		wantKey(t, known(c), "first")
		i.serve(`{"keys":[]}`, nil)
		time.Sleep(jwks.MaxAge)
		if keys, err := c.Keys(t.Context(), address, grant.EdDSA, false); err != nil || len(keys) != 0 {
			t.Errorf("got %d keys, %v", len(keys), err)
		}
	})
}

func TestSetsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		i := &issuer{set: keySet("first")}
		c := jwks.NewWith(i.fetch)
		get := func(n int) {
			if _, err := c.Keys(t.Context(), fmt.Sprintf("%s/%d", address, n), grant.EdDSA, false); err != nil {
				t.Fatal(err)
			}
		}
		for n := range jwks.MaxSets + 10 {
			get(n)
			time.Sleep(time.Millisecond)
		}
		if c.Len() != jwks.MaxSets {
			t.Errorf("%d sets are kept", c.Len())
		}
		get(jwks.MaxSets + 9)
		i.wantFetches(t, jwks.MaxSets+10) // the youngest is there
		get(0)
		i.wantFetches(t, jwks.MaxSets+11) // the oldest went
	})
}

type read = func(context.Context, string, grant.Algorithm) ([]grant.Key, error)

func known(c *jwks.Cache) read { return asking(c, false) }
func fresh(c *jwks.Cache) read { return asking(c, true) }

func asking(c *jwks.Cache, fresh bool) read {
	return func(ctx context.Context, address string, alg grant.Algorithm) ([]grant.Key, error) {
		return c.Keys(ctx, address, alg, fresh)
	}
}
