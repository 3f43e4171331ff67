package vault_test

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"tacet/core/directory"
	"tacet/core/seal"
	"tacet/core/seal/sealtest"
	"tacet/infra/vault"
)

func TestVaultAndDeploymentKeepTheContracts(t *testing.T) {
	for _, m := range masters {
		t.Run(m.name, func(t *testing.T) {
			master, _ := m.make(t)
			t.Run("vault", func(t *testing.T) {
				sealtest.TestVault(t, func(*testing.T) seal.Vault { return newWorld(master).vault() })
			})
			t.Run("deployment", func(t *testing.T) {
				sealtest.TestDeployment(t, func(*testing.T) seal.Deployment { return newWorld(master).deployment() })
			})
		})
	}
}

func TestADestroyedKeyIsRefusedAtOnceByAProcessThatHasItInMemory(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	here, there := w.vault(), w.vault()
	must(t, here.Create(t.Context(), alice))
	value := sealed(t, here, alice, "hello")
	must(t, opens(t.Context(), there, alice, value, "hello"))

	must(t, here.Destroy(t.Context(), alice))
	wantNoKey(t, there, alice)
	if n := vault.Remembered(here) + vault.Remembered(there); n != 0 {
		t.Errorf("%d destroyed keys are remembered", n)
	}
	must(t, here.Create(t.Context(), alice))
	if err := opens(t.Context(), there, alice, value, "hello"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a value of a key that was destroyed: %v", err)
	}
}

func TestTheMasterIsAskedOnceInAFewMinutes(t *testing.T) {
	m := &counting{Master: vault.Ephemeral()}
	w := newWorld(m)
	v := w.vault()
	must(t, v.Create(t.Context(), alice))
	for _, c := range []struct {
		after time.Duration
		want  int64
	}{{0, 1}, {vault.MaxAge - 1, 1}, {1, 2}, {1, 2}} {
		w.advance(c.after)
		sealed(t, v, alice, "hello")
		if got := m.unwrapped.Load(); got != c.want {
			t.Errorf("%v later the master was asked %d times, want %d", c.after, got, c.want)
		}
	}
}

func TestMemoryIsBoundedAndForgetsTheOldest(t *testing.T) {
	m := &counting{Master: vault.Ephemeral()}
	w := newWorld(m)
	v := w.vault()
	for i := range vault.MaxMemory + 1 {
		owner := fmt.Sprintf("%032d", i)
		must(t, v.Create(t.Context(), owner))
		sealed(t, v, owner, "hello")
		w.advance(time.Millisecond)
	}
	if n := vault.Remembered(v); n != vault.MaxMemory {
		t.Errorf("%d keys are remembered, want %d", n, vault.MaxMemory)
	}
	before := m.unwrapped.Load()
	sealed(t, v, fmt.Sprintf("%032d", vault.MaxMemory), "hello")
	sealed(t, v, fmt.Sprintf("%032d", 1), "hello")
	if got := m.unwrapped.Load(); got != before {
		t.Error("a key that came late was forgotten")
	}
	w.advance(vault.MaxAge)
	sealed(t, v, fmt.Sprintf("%032d", 0), "hello")
	if n := vault.Remembered(v); n != 1 {
		t.Errorf("%d keys are remembered after all but one were due", n)
	}
}

func TestAWrappedKeyThatWasMovedOrChangedOpensNothing(t *testing.T) {
	for _, m := range masters {
		t.Run(m.name, func(t *testing.T) {
			master, _ := m.make(t)
			w := newWorld(master)
			v := w.vault()
			must(t, v.Create(t.Context(), alice))
			must(t, v.Create(t.Context(), bob))
			records := map[string]directory.Record{}
			for _, r := range w.memory.All() {
				records[r.Name] = r
			}
			for name, value := range map[string][]byte{
				"moved": records[alice].Value, "damaged": []byte("{}"), "no JSON": []byte("MARKER"),
				"nothing wrapped": []byte(`{"master":"` + masterOf(t, master) + `"}`),
			} {
				_, err := w.memory.Apply(t.Context(), directory.Put(records[bob].Key, value, time.Time{}, directory.Always))
				must(t, err)
				_, err = v.Sealer(t.Context(), bob)
				if err == nil || errors.Is(err, seal.ErrNoKey) || name == "moved" && !errors.Is(err, seal.ErrSealed) {
					t.Errorf("%s: %v", name, err)
				}
			}
		})
	}
}

func masterOf(t *testing.T, m vault.Master) string {
	t.Helper()
	name, err := m.Current(t.Context())
	must(t, err)
	return name
}

func TestAKeyOfAnotherMasterIsNotTakenForADestroyedOne(t *testing.T) {
	for _, m := range masters {
		t.Run(m.name, func(t *testing.T) {
			master, _ := m.make(t)
			other, _ := m.make(t)
			w := newWorld(master)
			must(t, w.vault().Create(t.Context(), alice))
			w.master = other
			_, err := w.vault().Sealer(t.Context(), alice)
			if !errors.Is(err, vault.ErrNoMaster) || errors.Is(err, seal.ErrNoKey) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAKMSThatDoesNotAnswerIsNotTakenForADestroyedKey(t *testing.T) {
	refuses := httptest.NewServer(http.NotFoundHandler())
	refuses.Close()
	fails := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-amz-json-1.1")
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, `{"__type":"AccessDeniedException","message":"MARKER may not"}`)
	}))
	t.Cleanup(fails.Close)
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or the server does not see that the client has left
		<-r.Context().Done()
	}))
	t.Cleanup(hangs.Close)

	good := newWorld(vault.Ephemeral())
	must(t, good.vault().Create(t.Context(), alice))
	for name, server := range map[string]*httptest.Server{"refuses": refuses, "fails": fails, "hangs": hangs} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(vault.NewKMS(vault.KMSOptions{Region: "eu-central-1", Endpoint: server.URL, Keys: []string{"key"}, Timeout: 50 * time.Millisecond}))
			v := w.vault()
			record, err := good.memory.Get(t.Context(), good.memory.All()[0].Key)
			must(t, err)
			_, err = w.memory.Apply(t.Context(), directory.Put(record.Key, []byte(`{"master":"kms:key","key":"AAAA"}`), time.Time{}, directory.Always))
			must(t, err)
			_, read := v.Sealer(t.Context(), alice)
			for what, err := range map[string]error{"Sealer": read, "Create": v.Create(t.Context(), bob)} {
				if err == nil || errors.Is(err, seal.ErrNoKey) || errors.Is(err, seal.ErrSealed) {
					t.Errorf("%s: %v", what, err)
				} else if leaks(err.Error(), "MARKER") {
					t.Errorf("%s tells what KMS said: %v", what, err)
				}
			}
			wantNoKey(t, v, bob)
		})
	}
}

func TestAnOwnerIsAnID(t *testing.T) {
	v := newWorld(vault.Ephemeral()).vault()
	for _, owner := range []string{"", "a b", "deployment/root", "a\x00", "ä", fmt.Sprintf("%129d", 1)} {
		_, err := v.Sealer(t.Context(), owner)
		for _, err := range []error{err, v.Create(t.Context(), owner), v.Destroy(t.Context(), owner), v.Rotate(t.Context(), owner, time.Time{}), v.Retire(t.Context(), owner)} {
			if err == nil || errors.Is(err, seal.ErrNoKey) {
				t.Errorf("%q: %v", owner, err)
			}
		}
	}
}
