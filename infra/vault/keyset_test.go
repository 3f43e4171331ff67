package vault_test

import (
	"bytes"
	"encoding/hex"
	"strings"
	"testing"

	"tacet/infra/vault"
)

// Two keys: the newest is all 0x11, with the number 1, the other all 0x22, with
// the number 2.
var twoKeys = mustHex("00000001" + strings.Repeat("11", 32) + "00000002" + strings.Repeat("22", 32))

func mustHex(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return b
}

// What rests in a store was sealed by older versions of this program.
func TestWhatWasSealedLongAgoOpens(t *testing.T) {
	for name, sealed := range map[string]string{
		"by the newest key": "0100000001" + newestSealed,
		"by the older one":  "0100000002" + olderSealed,
	} {
		if plain, ok := vault.Unsealed(twoKeys, mustHex(sealed), "a place"); !ok || string(plain) != "a value" {
			t.Errorf("%s: %q, %v", name, plain, ok)
		}
		if _, ok := vault.Unsealed(twoKeys, mustHex(sealed), "another place"); ok {
			t.Errorf("%s: it opens elsewhere", name)
		}
	}
}

func TestTheNewestKeySealsAndNoByteCanBeChanged(t *testing.T) {
	sealed, err := vault.Sealed(twoKeys, []byte("a value"), "a place")
	must(t, err)
	if !bytes.HasPrefix(sealed, mustHex("0100000001")) {
		t.Errorf("sealed as %x", sealed)
	}
	for i := range sealed {
		changed := bytes.Clone(sealed)
		changed[i] ^= 3 // of the number, too: the other key's is one that is there
		if _, ok := vault.Unsealed(twoKeys, changed, "a place"); ok {
			t.Errorf("it opens with another byte %d", i)
		}
		if _, ok := vault.Unsealed(twoKeys, sealed[:i], "a place"); ok {
			t.Errorf("%d bytes of it open", i)
		}
	}
	for _, damaged := range [][]byte{nil, twoKeys[1:], twoKeys[:35]} {
		if _, err := vault.Sealed(damaged, nil, ""); err == nil {
			t.Errorf("%x is taken for a keyset", damaged)
		}
	}
}

// Made with the standard library's AES-GCM: a nonce of twelve bytes, the value, a
// tag of sixteen.
const (
	newestSealed = "b11623373576dbd8c81e75b38dc3ca8cd4f0e137e8bd0ce8f5c2a43e5d7ffa5ed7cb10"
	olderSealed  = "20bd54d1363b341e2593b3243c04b512bf597708c6914d1709647c995be1fad194930d"
)
