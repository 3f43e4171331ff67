package sealtest

import (
	"context"
	"crypto/ed25519"

	"tacet/core/fault/faulttest"
	"tacet/core/seal"
)

// text is what a call is about.
type text string

func (t text) String() string { return string(t) }

// VaultWithFaults returns v with f in between. Calls are counted by name and
// owner.
func VaultWithFaults(v seal.Vault, f *faulttest.Faults) seal.Vault { return faultyVault{f, v} }

type faultyVault struct {
	f *faulttest.Faults
	v seal.Vault
}

func (x faultyVault) Create(ctx context.Context, owner string) error {
	return x.f.Do("Create", text(owner), func() error { return x.v.Create(ctx, owner) })
}

func (x faultyVault) Sealer(ctx context.Context, owner string) (seal.Sealer, error) {
	return faulttest.Result(x.f, "Sealer", text(owner), func() (seal.Sealer, error) { return x.v.Sealer(ctx, owner) })
}

func (x faultyVault) Destroy(ctx context.Context, owner string) error {
	return x.f.Do("Destroy", text(owner), func() error { return x.v.Destroy(ctx, owner) })
}

// DeploymentWithFaults returns d with f in between. Calls are counted by name,
// those of Hash with their purpose.
func DeploymentWithFaults(d seal.Deployment, f *faulttest.Faults) seal.Deployment {
	return faultyDeployment{f, d}
}

type faultyDeployment struct {
	f *faulttest.Faults
	d seal.Deployment
}

func (x faultyDeployment) Hash(ctx context.Context, purpose string, value []byte) ([]byte, error) {
	return faulttest.Result(x.f, "Hash", text(purpose), func() ([]byte, error) { return x.d.Hash(ctx, purpose, value) })
}

func (x faultyDeployment) Sealer(ctx context.Context) (seal.Sealer, error) {
	return faulttest.Result(x.f, "Sealer", text("deployment"), func() (seal.Sealer, error) { return x.d.Sealer(ctx) })
}

func (x faultyDeployment) Signer(ctx context.Context) (ed25519.PrivateKey, error) {
	return faulttest.Result(x.f, "Signer", nil, func() (ed25519.PrivateKey, error) { return x.d.Signer(ctx) })
}
