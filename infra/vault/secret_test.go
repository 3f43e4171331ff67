package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"tacet/infra/sigv4"
	"tacet/infra/vault"
)

// leaks reports whether a text has a secret in it, in any of the ways in which
// bytes are written.
func leaks(text, secret string) bool {
	decimal := strings.Trim(fmt.Sprint([]byte(secret)), "[]")
	return strings.Contains(text, secret) || strings.Contains(text, decimal) ||
		strings.Contains(text, strings.ReplaceAll(fmt.Sprintf("% #x", secret), " ", ", ")) ||
		strings.Contains(strings.ToLower(text), hex.EncodeToString([]byte(secret))) ||
		strings.Contains(text, base64.RawStdEncoding.EncodeToString([]byte(secret)))
}

func TestNothingPrintsAKey(t *testing.T) {
	file := newKeyFile(t)
	w := newWorld(file)
	v, d := w.vault(), w.deployment()
	must(t, v.Create(t.Context(), alice))
	s, err := v.Sealer(t.Context(), alice)
	must(t, err)
	common, err := d.Sealer(t.Context())
	must(t, err)
	_, err = d.Hash(t.Context(), "x", nil)
	must(t, err)
	_, err = d.Signer(t.Context())
	must(t, err)

	secrets, err := vault.Secrets(t.Context(), d)
	must(t, err)
	key, err := vault.KeyOf(t.Context(), v, alice)
	must(t, err)
	secrets = append(secrets, vault.MasterKeys(file)[0], key)
	hidden := struct {
		file   *vault.KeyFile
		vault  vault.Vault
		inside any
	}{file, *v, s}
	credentials := sigv4.Credentials{ID: "id", Secret: "a secret access key"}
	secrets = append(secrets, []byte(credentials.Secret))
	kms := vault.NewKMS(vault.KMSOptions{Region: "eu-central-1", Keys: []string{"key"}, Credentials: credentials})

	for _, x := range []any{file, v, *v, d, s, common, hidden, &hidden, w, kms, *kms, []any{s, file}, map[string]any{"s": s}} {
		var log bytes.Buffer
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", x)
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", x)
		if data, err := json.Marshal(x); err == nil {
			log.Write(data)
		}
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
			fmt.Fprintf(&log, verb+"\n", x)
		}
		for i, secret := range secrets {
			if leaks(log.String(), string(secret[max(0, len(secret)-16):])) {
				t.Errorf("%T prints secret %d", x, i)
			}
		}
	}
}

// The test above can fail.
func TestAKeyInAFieldWouldBePrinted(t *testing.T) {
	const secret = "0123456789abcdef"
	x := struct{ key []byte }{[]byte(secret)}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if text := fmt.Sprintf(verb, x); !leaks(text, secret) {
			t.Errorf("%s: not seen in %s", verb, text)
		}
	}
}

func TestNoKeyRestsInClear(t *testing.T) {
	w := newWorld(vault.Ephemeral())
	v, d := w.vault(), w.deployment()
	must(t, v.Create(t.Context(), alice))
	key, err := vault.KeyOf(t.Context(), v, alice)
	must(t, err)
	_, err = d.Sealer(t.Context())
	must(t, err)
	_, err = d.Hash(t.Context(), "x", nil)
	must(t, err)
	_, err = d.Signer(t.Context())
	must(t, err)
	secrets, err := vault.Secrets(t.Context(), d)
	must(t, err)
	for _, secret := range append(secrets, key) {
		for _, r := range w.memory.Raw() {
			var held struct{ Key []byte }
			must(t, json.Unmarshal(r.Value, &held))
			if leaks(string(r.Value), string(secret)) || bytes.Contains(held.Key, secret[:16]) {
				t.Errorf("%s holds a key in clear", r.Key)
			}
		}
	}
}
