package dynamo_test

import (
	"testing"
	"time"

	"tacet/core/seal"
	"tacet/core/seal/sealtest"
	"tacet/infra/dynamo"
	"tacet/infra/vault"
)

func TestDataKeysAreKeptAsTheirContractsSay(t *testing.T) {
	master := vault.Ephemeral()
	options := func(t *testing.T) vault.Options {
		d := dynamo.NewDirectory(client(local.Endpoint, nil), local.Create(t)["vault"], time.Now)
		return vault.Options{Directory: d, Master: master, Now: time.Now}
	}
	t.Run("vault", func(t *testing.T) {
		sealtest.TestVault(t, func(t *testing.T) seal.Vault { return vault.New(options(t)) })
	})
	t.Run("deployment", func(t *testing.T) {
		sealtest.TestDeployment(t, func(t *testing.T) seal.Deployment { return vault.NewDeployment(options(t)) })
	})
	t.Run("every key is found", func(t *testing.T) {
		o := options(t)
		v, d := vault.New(o), vault.NewDeployment(o)
		for _, owner := range []string{"one", "two", "three"} {
			if err := v.Create(t.Context(), owner); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := d.Signer(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := master.Add(); err != nil {
			t.Fatal(err)
		}
		for _, want := range []int{4, 0} {
			if n, err := v.Rewrap(t.Context()); n != want || err != nil {
				t.Errorf("%d keys were wrapped again, %v, want %d", n, err, want)
			}
		}
	})
}
