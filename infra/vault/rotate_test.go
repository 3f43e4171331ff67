package vault_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tacet/core/seal"
	"tacet/infra/vault"
)

func TestAfterARotationOldValuesOpenAndCanBeMovedAndTheirKeyRetired(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	v, other := w.vault(), w.vault()
	must(t, v.Create(t.Context(), alice))
	old := sealed(t, other, alice, "old")
	w.advance(time.Hour)
	must(t, v.Rotate(t.Context(), alice, w.now()))

	fresh := sealed(t, v, alice, "fresh")
	for _, v := range []*vault.Vault{v, other} {
		must(t, opens(t.Context(), v, alice, old, "old"))
		must(t, opens(t.Context(), v, alice, fresh, "fresh"))
	}
	s, err := v.Sealer(t.Context(), alice)
	must(t, err)
	if _, changed, err := vault.Reseal(s, fresh, spot); changed || err != nil {
		t.Errorf("a fresh value was sealed again: %v", err)
	}
	moved, changed, err := vault.Reseal(s, old, spot)
	if !changed || err != nil {
		t.Fatalf("an old value was not sealed again: %v", err)
	}
	if _, _, err := vault.Reseal(s, old, "elsewhere"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("an old value from elsewhere: %v", err)
	}

	must(t, v.Retire(t.Context(), alice))
	must(t, v.Retire(t.Context(), alice))
	must(t, opens(t.Context(), other, alice, moved, "old"))
	must(t, opens(t.Context(), other, alice, fresh, "fresh"))
	if err := opens(t.Context(), other, alice, old, "old"); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a value of a retired key: %v", err)
	}
}

func TestARotationThatIsRepeatedHappensOnce(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	v := w.vault()
	for _, owner := range []string{alice, bob} {
		must(t, v.Create(t.Context(), owner))
	}
	w.advance(time.Hour)
	since := w.now()
	w.advance(time.Minute)
	must(t, v.Rotate(t.Context(), alice, since))
	for i, want := range []int{1, 0} { // bob's only
		if n, err := v.RotateAll(t.Context(), since); n != want || err != nil {
			t.Errorf("the %d. time: %d, %v, want %d", i+1, n, err, want)
		}
	}
	for _, owner := range []string{alice, bob} {
		if n, err := vault.KeysOf(t.Context(), v, owner); n != 2 || err != nil {
			t.Errorf("there are %d keys, %v", n, err)
		}
	}
}

func TestARotationThatWouldMakeTooManyKeysSaysSo(t *testing.T) {
	for _, m := range masters {
		t.Run(m.name, func(t *testing.T) {
			master, _ := m.make(t)
			w := newWorld(master)
			v := w.vault()
			must(t, v.Create(t.Context(), alice))
			first := sealed(t, v, alice, "hello")
			for range vault.MaxKeys - 1 {
				w.advance(time.Hour)
				must(t, v.Rotate(t.Context(), alice, w.now()))
			}
			w.advance(time.Hour)
			if err := v.Rotate(t.Context(), alice, w.now()); err == nil {
				t.Error("there is no limit")
			}
			must(t, opens(t.Context(), v, alice, first, "hello"))
		})
	}
}

func TestNobodyRotatesAKeyThatIsNotThere(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	v := w.vault()
	for _, err := range []error{v.Rotate(t.Context(), alice, w.now()), v.Retire(t.Context(), alice)} {
		if !errors.Is(err, seal.ErrNoKey) {
			t.Errorf("got %v", err)
		}
	}
	if n := len(w.memory.All()); n != 0 {
		t.Errorf("%d records were made", n)
	}
}

func TestTheDeploymentsKeyIsRotatedAndTheRestStays(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	d, other := w.deployment(), w.deployment()
	hash, err := d.Hash(t.Context(), "x", []byte("y"))
	must(t, err)
	key, err := d.Signer(t.Context())
	must(t, err)
	must(t, d.Rotate(t.Context(), w.now())) // makes one
	old, err := other.Sealer(t.Context())
	must(t, err)
	value, err := old.Seal([]byte("old"), spot)
	must(t, err)
	w.advance(time.Hour)
	must(t, d.Rotate(t.Context(), w.now()))

	s, err := other.Sealer(t.Context())
	must(t, err)
	if _, err := s.Open(value, spot); err != nil {
		t.Errorf("an old value: %v", err)
	}
	if _, changed, err := vault.Reseal(s, value, spot); !changed || err != nil {
		t.Errorf("nothing was rotated: %v", err)
	}
	must(t, d.Retire(t.Context()))
	s, err = other.Sealer(t.Context())
	must(t, err)
	if _, err := s.Open(value, spot); !errors.Is(err, seal.ErrSealed) {
		t.Errorf("a value of a retired key: %v", err)
	}
	again, err := w.deployment().Hash(t.Context(), "x", []byte("y"))
	must(t, err)
	signer, err := w.deployment().Signer(t.Context())
	must(t, err)
	if string(again) != string(hash) || !signer.Equal(key) {
		t.Error("what must stay has changed")
	}
}

func TestTheMasterIsChangedWhileEverybodyReads(t *testing.T) {
	for _, m := range masters {
		t.Run(m.name, func(t *testing.T) {
			master, change := m.make(t)
			w := newWorld(master)
			values := map[string][]byte{}
			for i := range 5 {
				owner := fmt.Sprintf("%032d", i)
				must(t, w.vault().Create(t.Context(), owner))
				values[owner] = sealed(t, w.vault(), owner, owner)
			}
			d := w.deployment()
			hash, err := d.Hash(t.Context(), "x", nil)
			must(t, err)

			w.master = change()
			stop := readers(t, w, values)
			for _, want := range []int{len(values) + 1, 0} {
				if n, err := w.vault().Rewrap(t.Context()); n != want || err != nil {
					t.Errorf("Rewrap: %d, %v, want %d", n, err, want)
				}
			}
			stop()

			if f, ok := w.master.(*vault.KeyFile); ok {
				must(t, f.Drop())
			}
			for owner, value := range values {
				must(t, opens(t.Context(), w.vault(), owner, value, owner))
			}
			again, err := w.deployment().Hash(t.Context(), "x", nil)
			must(t, err)
			if string(again) != string(hash) {
				t.Error("hashes have changed")
			}
		})
	}
}

// readers opens values, by processes that remember and by new ones, until stop
// is called, and reports every error.
func readers(t *testing.T, w *world, values map[string][]byte) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	begun := make(chan struct{}, 2)
	long := w.vault()
	for i, process := range []func() *vault.Vault{func() *vault.Vault { return long }, w.vault} {
		all.Go(func() {
			defer func() { begun <- struct{}{} }()
			for n := 0; ctx.Err() == nil; n++ {
				for owner, value := range values {
					if err := opens(t.Context(), process(), owner, value, owner); err != nil {
						t.Errorf("reader %d: %v", i, err)
						return
					}
				}
				if n == 0 {
					begun <- struct{}{}
				}
			}
		})
	}
	<-begun
	<-begun
	return func() { cancel(); all.Wait() }
}

func TestKeysAreRotatedRewrappedAndRetiredUnderUse(t *testing.T) {
	file := newKeyFile(t)
	w := newWorld(file)
	must(t, w.vault().Create(t.Context(), alice))
	values := map[string][]byte{alice: sealed(t, w.vault(), alice, alice)}
	stop := readers(t, w, values)
	v := w.vault()
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 4 {
				w.advance(time.Second)
				if err := v.Rotate(t.Context(), alice, w.now()); err != nil {
					t.Errorf("Rotate: %v", err)
				}
				s, err := v.Sealer(t.Context(), alice)
				if err != nil {
					t.Errorf("Sealer: %v", err)
					return
				}
				if value, err := s.Seal([]byte("x"), spot); err != nil {
					t.Errorf("Seal: %v", err)
				} else if err := opens(t.Context(), w.vault(), alice, value, "x"); err != nil {
					t.Errorf("what was just sealed: %v", err)
				}
			}
		})
	}
	all.Go(func() {
		for range 4 {
			if err := file.Add(); err != nil {
				t.Errorf("Add: %v", err)
			}
			if _, err := v.Rewrap(t.Context()); err != nil {
				t.Errorf("Rewrap: %v", err)
			}
		}
	})
	all.Wait()
	stop()
}
