package sealtest

import (
	"crypto/ed25519"
	"testing"

	"tacet/core/seal"
)

// TestDeployment holds a deployment's secrets against the contract of
// seal.Deployment. open returns those of a new deployment each time.
func TestDeployment(t *testing.T, open func(t *testing.T) seal.Deployment) {
	t.Run("a hash is that of its purpose and value", func(t *testing.T) { hashes(t, open(t), open(t)) })
	t.Run("what is sealed opens in its place only", func(t *testing.T) {
		d := open(t)
		s, again := deploymentSealer(t, d), deploymentSealer(t, d)
		testSealer(t, s, again)
		wantSealed(t, deploymentSealer(t, open(t)), mustSeal(t, s, []byte("plain"), places[0]), places[0])
	})
	t.Run("the key for certificates stays", func(t *testing.T) {
		d := open(t)
		message := []byte("certificate")
		signature := ed25519.Sign(signer(t, d), message)
		for from, want := range map[seal.Deployment]bool{d: true, open(t): false} {
			if got := ed25519.Verify(signer(t, from).Public().(ed25519.PublicKey), message, signature); got != want {
				t.Errorf("the signature verifies: %v, want %v", got, want)
			}
		}
	})
}

func deploymentSealer(t *testing.T, d seal.Deployment) seal.Sealer {
	t.Helper()
	s, err := d.Sealer(t.Context())
	if err != nil {
		t.Fatalf("Sealer: %v", err)
	}
	return s
}

func signer(t *testing.T, d seal.Deployment) ed25519.PrivateKey {
	t.Helper()
	key, err := d.Signer(t.Context())
	if err != nil || len(key) != ed25519.PrivateKeySize {
		t.Fatalf("Signer: %d bytes, %v", len(key), err)
	}
	return key
}

func hashes(t *testing.T, deployments ...seal.Deployment) {
	seen := map[string]string{}
	for _, d := range deployments {
		for _, purpose := range []string{"", "a", "ab", "email", "person"} {
			for _, value := range []string{"", "a", "b", "ab", "bc", "c", "\x00", "a\x00", "person", string(make([]byte, 1000))} {
				h := hash(t, d, purpose, value)
				name := purpose + "/" + value
				if other, ok := seen[h]; ok {
					t.Errorf("%q and %q have the same hash", other, name)
				}
				seen[h] = name
				if hash(t, d, purpose, value) != h {
					t.Errorf("%q has another hash the second time", name)
				}
			}
		}
	}
}

func hash(t *testing.T, d seal.Deployment, purpose, value string) string {
	t.Helper()
	h, err := d.Hash(t.Context(), purpose, []byte(value))
	if err != nil || len(h) != 32 {
		t.Fatalf("Hash: %d bytes, %v", len(h), err)
	}
	return string(h)
}
