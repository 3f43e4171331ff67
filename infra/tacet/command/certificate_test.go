package command_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"tacet/core/canonical"
	"tacet/core/rights"
	"tacet/infra/tacet/command"
)

// certified returns a certificate as a platform with this key hands it out.
func certified(t *testing.T, key ed25519.PrivateKey) []byte {
	t.Helper()
	c := rights.Certificate{
		Version: 1, Request: "d1", Who: "w1", Started: time.Unix(1e9, 0).UTC(), Finished: time.Unix(1e9+60, 0).UTC(),
		Stores: []rights.Store{{Name: "directory", Removed: 7, At: time.Unix(1e9, 0).UTC()}}, Statement: "Everything is gone.",
		PublicKey: key.Public().(ed25519.PublicKey),
	}
	text, err := canonical.JSON(c)
	if err == nil {
		c.Signature = ed25519.Sign(key, text)
		text, err = canonical.JSON(c)
	}
	if err != nil {
		t.Fatal(err)
	}
	return append(text, '\n')
}

func TestACertificateIsCheckedWithoutAskingAnybody(t *testing.T) {
	key, other := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, 32)), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, 32))
	public, fingerprint := key.Public().(ed25519.PublicKey), rights.Fingerprint(key.Public().(ed25519.PublicKey))
	server := func(key ed25519.PrivateKey) string {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"publicKey":%q}`, base64.StdEncoding.EncodeToString(key.Public().(ed25519.PublicKey)))
		}))
		t.Cleanup(s.Close)
		return s.URL
	}
	t.Chdir(t.TempDir())
	os.Unsetenv("TACET_URL")
	good := certified(t, key)
	for name, text := range map[string][]byte{
		"good": good, "changed": bytes.Replace(good, []byte(`"removed":7`), []byte(`"removed":8`), 1), "none": []byte(`{"version":1}`),
		"more": bytes.Replace(good, []byte(`{`), []byte(`{"note":"x",`), 1), "forged": bytes.Replace(certified(t, other), []byte("d1"), []byte("d2"), 1),
	} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		args      []string
		status    int
		out, said string
	}{
		{[]string{"good"}, 0, "Everything is gone.\n\nThe signature holds", "compare it"},
		{[]string{"good", "--key", fingerprint}, 0, "directory  7", ""},
		{[]string{"good", "--key", hex.EncodeToString(public)}, 0, "signed it", ""},
		{[]string{"good", "--key", base64.StdEncoding.EncodeToString(public), "--json"}, 0, `{"valid":true,"fingerprint":"` + fingerprint + `","compared":true,"certificate":{"version":1`, ""},
		{[]string{"good", "--url", server(key)}, 0, "signed it", ""},
		{[]string{"good", "--url", server(other)}, 1, "", "made by another key"},
		{[]string{"good", "--key", rights.Fingerprint(other.Public().(ed25519.PublicKey))}, 1, "", "names the key " + fingerprint},
		{[]string{"good", "--key", "x"}, 2, "", "--key must be"},
		{[]string{"good", "--key", fingerprint, "--url", "http://127.0.0.1:1"}, 0, "signed it", ""},
		{[]string{"changed"}, 1, "", "changed proves nothing: the certificate was changed"},
		{[]string{"forged"}, 1, "", "signature does not fit"},
		{[]string{"more"}, 1, "", "not a certificate"},
		{[]string{"none"}, 1, "", "no certificate"},
		{[]string{"nowhere"}, 1, "", "there is no file"},
	} {
		var stdout, stderr bytes.Buffer
		status := command.Main(append([]string{"tacet", "account", "verify-deletion"}, c.args...), nil, &stdout, &stderr)
		if status != c.status || !strings.Contains(stdout.String(), c.out) || c.out == "" && stdout.Len() > 0 || !strings.Contains(stderr.String(), c.said) {
			t.Errorf("%v: exit status %d\n%s\n%s", c.args, status, &stdout, &stderr)
		}
	}
}
