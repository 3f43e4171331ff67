package lifetest

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// Traces are what must not be found, by what it is.
type Traces map[string][]byte

// Found returns what of the traces stands in data, in whatever encoding, by what
// it is, in order.
func (t Traces) Found(data []byte) []string {
	var found []string
	for _, name := range slices.Sorted(maps.Keys(t)) {
		for encoding, text := range encodings(t[name]) {
			if bytes.Contains(data, text) {
				found = append(found, name+" ("+encoding+")")
				break
			}
		}
	}
	return found
}

// encodings returns what bytes may stand as, among others.
func encodings(raw []byte) map[string][]byte {
	text, _ := json.Marshal(string(raw)) // a string has JSON
	all := map[string][]byte{
		"as it is": raw, "JSON": bytes.Trim(text, `"`), "URL": []byte(url.QueryEscape(string(raw))), "path": []byte(url.PathEscape(string(raw))),
		"hex": []byte(hex.EncodeToString(raw)), "HEX": []byte(strings.ToUpper(hex.EncodeToString(raw))),
	}
	// Where the bytes begin in what was encoded decides which text they become:
	// the characters at both ends hold bits of others, too.
	for shift := range 3 {
		shifted := base64.StdEncoding.EncodeToString(append(make([]byte, shift), raw...))
		inner := shifted[(shift*8+5)/6 : (shift+len(raw))*8/6]
		all["base64 "+string(rune('0'+shift))] = []byte(inner)
		all["base64url "+string(rune('0'+shift))] = []byte(strings.NewReplacer("+", "-", "/", "_").Replace(inner))
	}
	return all
}
