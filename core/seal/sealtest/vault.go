package sealtest

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"tacet/core/seal"
)

const (
	one   = "11111111111111111111111111111111"
	two   = "22222222222222222222222222222222"
	three = "33333333333333333333333333333333"
)

// TestVault holds a vault against the contract of seal.Vault. open returns one
// without keys, for one test.
func TestVault(t *testing.T, open func(t *testing.T) seal.Vault) {
	for _, c := range []struct {
		name string
		test func(*testing.T, seal.Vault)
	}{
		{"what is sealed opens in its place only", func(t *testing.T, v seal.Vault) {
			mustCreate(t, v, one)
			testSealer(t, mustSealer(t, v, one), mustSealer(t, v, one))
		}},
		{"there is no key before it is made", func(t *testing.T, v seal.Vault) {
			wantNoKey(t, v, one)
			mustCreate(t, v, one)
			wantNoKey(t, v, two)
		}},
		{"a key that is there stays when it is made again", keyStays},
		{"nobody opens what another owner has sealed", keysApart},
		{"a destroyed key opens nothing again", keyDestroyed},
		{"of those who make a key at once all get the same", keyRace},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, open(t)) })
	}
}

func mustCreate(t *testing.T, v seal.Vault, owner string) {
	t.Helper()
	if err := v.Create(t.Context(), owner); err != nil {
		t.Fatalf("Create: %v", err)
	}
}

func mustSealer(t *testing.T, v seal.Vault, owner string) seal.Sealer {
	t.Helper()
	s, err := v.Sealer(t.Context(), owner)
	if err != nil {
		t.Fatalf("Sealer: %v", err)
	}
	return s
}

func mustDestroy(t *testing.T, v seal.Vault, owner string) {
	t.Helper()
	if err := v.Destroy(t.Context(), owner); err != nil {
		t.Fatalf("Destroy: %v", err)
	}
}

func wantNoKey(t *testing.T, v seal.Vault, owner string) {
	t.Helper()
	if s, err := v.Sealer(t.Context(), owner); !errors.Is(err, seal.ErrNoKey) || s != nil {
		t.Errorf("Sealer: %v, want no key", err)
	}
}

func wantOpens(t *testing.T, s seal.Sealer, sealed []byte, want string) {
	t.Helper()
	if got, err := s.Open(sealed, places[0]); err != nil || !bytes.Equal(got, []byte(want)) {
		t.Errorf("Open: %v", err)
	}
}

func keyStays(t *testing.T, v seal.Vault) {
	mustCreate(t, v, one)
	sealed := mustSeal(t, mustSealer(t, v, one), []byte("plain"), places[0])
	mustCreate(t, v, one)
	wantOpens(t, mustSealer(t, v, one), sealed, "plain")
}

func keysApart(t *testing.T, v seal.Vault) {
	mustCreate(t, v, one)
	mustCreate(t, v, two)
	sealed := mustSeal(t, mustSealer(t, v, one), []byte("plain"), places[0])
	wantSealed(t, mustSealer(t, v, two), sealed, places[0])
}

func keyDestroyed(t *testing.T, v seal.Vault) {
	for _, owner := range []string{one, two} {
		mustCreate(t, v, owner)
	}
	sealed := mustSeal(t, mustSealer(t, v, one), []byte("plain"), places[0])
	others := mustSeal(t, mustSealer(t, v, two), []byte("plain"), places[0])
	mustDestroy(t, v, one)
	wantNoKey(t, v, one)
	mustDestroy(t, v, one)   // is no error
	mustDestroy(t, v, three) // neither, without a key
	wantNoKey(t, v, one)
	wantOpens(t, mustSealer(t, v, two), others, "plain")
	// Whether the owner can have a key again is the vault's to say. It is not
	// the one that was destroyed.
	if err := v.Create(t.Context(), one); err != nil {
		return
	}
	s, err := v.Sealer(t.Context(), one)
	if errors.Is(err, seal.ErrNoKey) {
		return
	}
	if err != nil {
		t.Fatalf("Sealer: %v", err)
	}
	wantSealed(t, s, sealed, places[0])
}

func keyRace(t *testing.T, v seal.Vault) {
	var mu sync.Mutex
	var sealed [][]byte
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if err := v.Create(t.Context(), one); err != nil {
				t.Errorf("Create: %v", err)
				return
			}
			s, err := v.Sealer(t.Context(), one)
			if err != nil {
				t.Errorf("Sealer: %v", err)
				return
			}
			value, err := s.Seal([]byte("plain"), places[0])
			if err != nil {
				t.Errorf("Seal: %v", err)
			}
			mu.Lock()
			defer mu.Unlock()
			sealed = append(sealed, value)
		})
	}
	all.Wait()
	for _, value := range sealed {
		wantOpens(t, mustSealer(t, v, one), value, "plain")
	}
}
