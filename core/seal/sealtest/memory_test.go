package sealtest_test

import (
	"testing"

	"tacet/core/fault/faulttest"
	"tacet/core/seal"
	"tacet/core/seal/sealtest"
)

func TestTheModelsKeepTheContracts(t *testing.T) {
	random := sealtest.Random(1)
	t.Run("vault", func(t *testing.T) {
		sealtest.TestVault(t, func(*testing.T) seal.Vault { return sealtest.NewVault(random) })
	})
	t.Run("vault behind faults that do not come", func(t *testing.T) {
		sealtest.TestVault(t, func(*testing.T) seal.Vault {
			return sealtest.VaultWithFaults(sealtest.NewVault(random), new(faulttest.Faults))
		})
	})
	t.Run("deployment", func(t *testing.T) {
		sealtest.TestDeployment(t, func(*testing.T) seal.Deployment { return sealtest.NewDeployment(random) })
	})
	t.Run("deployment behind faults that do not come", func(t *testing.T) {
		sealtest.TestDeployment(t, func(*testing.T) seal.Deployment {
			return sealtest.DeploymentWithFaults(sealtest.NewDeployment(random), new(faulttest.Faults))
		})
	})
}
