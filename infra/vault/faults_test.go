package vault_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tacet/core/directory/directorytest"
	"tacet/core/fault/faulttest"
	"tacet/core/seal"
	"tacet/infra/vault"
)

// verb is what is done to a world in which alice has a key, and how to see that
// it was done.
type verb struct {
	do   func(ctx context.Context, w *world, v *vault.Vault, d *vault.Deployment) error
	done func(t *testing.T, w *world)
	gone bool // alice's key
}

var since = newClock().now().Add(time.Minute)

var verbs = map[string]verb{
	"Create": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			return v.Create(ctx, bob)
		},
		done: func(t *testing.T, w *world) { sealed(t, w.vault(), bob, "x") },
	},
	"Create again": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			return v.Create(ctx, alice)
		},
		done: func(t *testing.T, w *world) { wantKeys(t, w, 1) },
	},
	"Sealer": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			_, err := v.Sealer(ctx, alice)
			return err
		},
		done: func(t *testing.T, w *world) { wantKeys(t, w, 1) },
	},
	"Destroy": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			return v.Destroy(ctx, alice)
		},
		done: func(t *testing.T, w *world) { wantNoKey(t, w.vault(), alice) },
		gone: true,
	},
	"Rotate": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			return v.Rotate(ctx, alice, since)
		},
		done: func(t *testing.T, w *world) { wantKeys(t, w, 2) },
	},
	"RotateAll": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			_, err := v.RotateAll(ctx, since)
			return err
		},
		done: func(t *testing.T, w *world) { wantKeys(t, w, 2) },
	},
	"Retire": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			return v.Retire(ctx, alice)
		},
		done: func(t *testing.T, w *world) { wantKeys(t, w, 1) },
	},
	"Rewrap": {
		do: func(ctx context.Context, _ *world, v *vault.Vault, _ *vault.Deployment) error {
			_, err := v.Rewrap(ctx)
			return err
		},
		done: func(t *testing.T, w *world) { must(t, w.master.(*vault.KeyFile).Drop()) },
	},
	"Hash": {
		do: func(ctx context.Context, _ *world, _ *vault.Vault, d *vault.Deployment) error {
			_, err := d.Hash(ctx, "x", nil)
			return err
		},
		done: wantSecrets,
	},
	"deployment's Sealer": {
		do: func(ctx context.Context, _ *world, _ *vault.Vault, d *vault.Deployment) error {
			_, err := d.Sealer(ctx)
			return err
		},
		done: wantSecrets,
	},
	"Signer": {
		do: func(ctx context.Context, _ *world, _ *vault.Vault, d *vault.Deployment) error {
			_, err := d.Signer(ctx)
			return err
		},
		done: wantSecrets,
	},
	"deployment's Rotate": {
		do: func(ctx context.Context, _ *world, _ *vault.Vault, d *vault.Deployment) error {
			return d.Rotate(ctx, since)
		},
		done: wantSecrets,
	},
}

func wantKeys(t *testing.T, w *world, want int) {
	t.Helper()
	if n, err := vault.KeysOf(t.Context(), w.vault(), alice); n != want || err != nil {
		t.Errorf("there are %d keys, %v, want %d", n, err, want)
	}
}

// wantSecrets says that two processes have the same secrets.
func wantSecrets(t *testing.T, w *world) {
	t.Helper()
	one, other := w.deployment(), w.deployment()
	a, err := one.Hash(t.Context(), "x", nil)
	must(t, err)
	b, err := other.Hash(t.Context(), "x", nil)
	must(t, err)
	s, err := one.Sealer(t.Context())
	must(t, err)
	value, err := s.Seal([]byte("x"), spot)
	must(t, err)
	s, err = other.Sealer(t.Context())
	must(t, err)
	_, err = s.Open(value, spot)
	must(t, err)
	k, err := one.Signer(t.Context())
	must(t, err)
	l, err := other.Signer(t.Context())
	must(t, err)
	if string(a) != string(b) || !k.Equal(l) {
		t.Error("two processes have different secrets")
	}
}

// Every call of the store fails in both ways, for every verb: the error is told,
// and is none that says that a key is gone; the verb can be repeated; and what
// was sealed before opens, unless its key was destroyed on purpose.
func TestEveryVerbIsSafeToRepeatWhicheverCallFailed(t *testing.T) {
	for name, verb := range verbs {
		t.Run(name, func(t *testing.T) {
			for _, how := range faulttest.Ways {
				for nth := 1; try(t, name, verb, nth, how); nth++ {
				}
			}
		})
	}
}

// try makes one call fail, and reports whether there was such a call.
func try(t *testing.T, name string, verb verb, nth int, how faulttest.How) bool {
	t.Helper()
	master := vault.Ephemeral()
	w := newWorld(master)
	must(t, w.vault().Create(t.Context(), alice))
	value := sealed(t, w.vault(), alice, "hello")
	must(t, func() error { _, err := w.deployment().Sealer(t.Context()); return err }())
	if name == "Rewrap" {
		must(t, master.Add())
	}
	w.advance(time.Hour)
	if name == "Retire" {
		must(t, w.vault().Rotate(t.Context(), alice, since))
		s, err := w.vault().Sealer(t.Context(), alice)
		must(t, err)
		value, _, err = vault.Reseal(s, value, spot)
		must(t, err)
	}

	var faults faulttest.Faults
	o := w.options(directorytest.WithFaults(w.memory, &faults))
	v, d := vault.New(o), vault.NewDeployment(o)
	faults.Fail(nth, how)
	err := verb.do(t.Context(), w, v, d)
	if len(faults.Stop()) < nth {
		must(t, err)
		verb.done(t, w)
		return false
	}
	if !errors.Is(err, faulttest.ErrInjected) || errors.Is(err, seal.ErrNoKey) || errors.Is(err, seal.ErrSealed) {
		t.Errorf("call %d %v: %v", nth, how, err)
	}
	if !verb.gone {
		must(t, opens(t.Context(), v, alice, value, "hello"))
	}
	if err := verb.do(t.Context(), w, v, d); err != nil {
		t.Errorf("call %d %v: repeated: %v", nth, how, err)
	}
	verb.done(t, w)
	if !verb.gone {
		must(t, opens(t.Context(), w.vault(), alice, value, "hello"))
	}
	return true
}

// Somebody is faster: between the reading and the writing of a change.
func TestAChangeThatIsOvertakenBeginsAgain(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	must(t, w.vault().Create(t.Context(), alice))
	value := sealed(t, w.vault(), alice, "hello")
	w.advance(time.Hour)
	var faults faulttest.Faults
	v := vault.New(w.options(directorytest.WithFaults(w.memory, &faults)))

	faults.Fail(0, 0)
	faults.Hook(func(n int, _ string) {
		if n == 2 { // the Apply
			w.advance(time.Hour)
			must(t, w.vault().Rotate(t.Context(), alice, w.now()))
		}
	})
	must(t, v.Rotate(t.Context(), alice, w.now().Add(2*time.Hour)))
	faults.Stop()
	wantKeys(t, w, 3)
	must(t, opens(t.Context(), w.vault(), alice, value, "hello"))

	faults.Fail(0, 0)
	faults.Hook(func(n int, _ string) {
		if n == 2 {
			must(t, w.vault().Destroy(t.Context(), alice))
		}
	})
	if err := v.Rotate(t.Context(), alice, w.now().Add(3*time.Hour)); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("of a key that was destroyed meanwhile: %v", err)
	}
	faults.Stop()
	wantNoKey(t, w.vault(), alice)
}
