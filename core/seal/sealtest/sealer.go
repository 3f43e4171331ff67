package sealtest

import (
	"bytes"
	"errors"
	"sync"
	"testing"

	"tacet/core/seal"
)

// places are different, though some look alike when they are put together with
// something.
var places = []string{"o#1#account", "o#1#payment", "o#1#account ", "o#1#accoun", "o#1", "o#1#", "#o#1#account", "O#1#account", "", "\x00"}

// testSealer holds a sealer against the contract of seal.Sealer. again is
// another one with the same key.
func testSealer(t *testing.T, s, again seal.Sealer) {
	t.Helper()
	plains := [][]byte{nil, {0}, []byte("x"), []byte(`{"email":"a@example.org"}`), bytes.Repeat([]byte("0123456789abcdef"), 16<<10)}
	for _, plain := range plains {
		sealed := mustSeal(t, s, plain, places[0])
		if len(plain) > 8 && bytes.Contains(sealed, plain[:8]) {
			t.Error("what is sealed can be read")
		}
		if bytes.Equal(sealed, mustSeal(t, s, plain, places[0])) {
			t.Error("the same value sealed twice is the same: one can tell that it has not changed")
		}
		for _, opener := range []seal.Sealer{s, again} {
			if got, err := opener.Open(sealed, places[0]); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("a value of %d bytes opens as one of %d: %v", len(plain), len(got), err)
			}
		}
		for _, place := range places[1:] {
			wantSealed(t, s, sealed, place)
		}
	}
	damaged(t, s)
	concurrent(t, s, again)
}

func mustSeal(t *testing.T, s seal.Sealer, plain []byte, place string) []byte {
	t.Helper()
	before := bytes.Clone(plain)
	sealed, err := s.Seal(plain, place)
	if err != nil {
		t.Fatalf("Seal: %v", err)
	}
	if !bytes.Equal(before, plain) {
		t.Fatal("Seal has changed what it was given")
	}
	return sealed
}

func wantSealed(t *testing.T, s seal.Sealer, sealed []byte, place string) {
	t.Helper()
	if plain, err := s.Open(sealed, place); !errors.Is(err, seal.ErrSealed) || plain != nil {
		t.Errorf("Open at %q: %d bytes, %v, want it to stay sealed", place, len(plain), err)
	}
}

// damaged changes each byte of a sealed value, and cuts it at each.
func damaged(t *testing.T, s seal.Sealer) {
	t.Helper()
	sealed := mustSeal(t, s, []byte("plain text"), places[0])
	for i := range sealed {
		for _, bit := range []byte{1, 0x80} {
			bad := bytes.Clone(sealed)
			bad[i] ^= bit
			wantSealed(t, s, bad, places[0])
		}
		wantSealed(t, s, sealed[:i], places[0])
		wantSealed(t, s, sealed[i+1:], places[0])
	}
	wantSealed(t, s, append(bytes.Clone(sealed), 0), places[0])
	wantSealed(t, s, nil, places[0])
	wantSealed(t, s, make([]byte, 100), places[0])
}

func concurrent(t *testing.T, s, again seal.Sealer) {
	t.Helper()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			plain := bytes.Repeat([]byte{byte(i)}, 100)
			sealed, err := s.Seal(plain, places[i])
			if err != nil {
				t.Errorf("Seal: %v", err)
			} else if got, err := again.Open(sealed, places[i]); err != nil || !bytes.Equal(got, plain) {
				t.Errorf("Open: %v", err)
			}
		})
	}
	all.Wait()
}
