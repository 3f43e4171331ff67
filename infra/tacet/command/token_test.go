package command_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/grant"
	"tacet/core/topic"
	"tacet/infra/tacet/command"
)

// must runs the command in this process and returns what it printed.
func must(t *testing.T, args ...string) string {
	t.Helper()
	var out, err bytes.Buffer
	if status := command.Main(append([]string{"tacet"}, args...), strings.NewReader(""), &out, &err); status != 0 {
		t.Fatalf("%v: exit status %d: %s", args, status, err.String())
	}
	return strings.TrimSuffix(out.String(), "\n")
}

func mustPEM(t *testing.T, kind string, der []byte, err error) string {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func TestTokensOfEveryAlgorithmAreAccepted(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ec := func(c elliptic.Curve) crypto.Signer {
		k, err := ecdsa.GenerateKey(c, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	keys := map[grant.Algorithm]crypto.Signer{
		grant.RS256: rsaKey, grant.PS512: rsaKey, grant.EdDSA: edKey,
		grant.ES256: ec(elliptic.P256()), grant.ES384: ec(elliptic.P384()), grant.ES512: ec(elliptic.P521()),
	}
	for algorithm, signer := range keys {
		der, err := x509.MarshalPKCS8PrivateKey(signer)
		file := filepath.Join(t.TempDir(), "key.pem")
		if err := os.WriteFile(file, []byte(mustPEM(t, "PRIVATE KEY", der, err)), 0o600); err != nil {
			t.Fatal(err)
		}
		der, err = x509.MarshalPKIXPublicKey(signer.Public())
		key, err := grant.ParseKey(algorithm, mustPEM(t, "PUBLIC KEY", der, err))
		if err != nil {
			t.Fatal(err)
		}
		args := []string{"token", "--key", file, "--subject", "alice"}
		if algorithm == grant.PS512 { // any other is the first that the key can be used for
			args = append(args, "--algorithm", string(algorithm))
		}
		token, err := grant.Verify([]grant.Key{key}, must(t, args...), time.Now())
		if err != nil || token.Subject != "alice" {
			t.Errorf("%s: %+v %v", algorithm, token, err)
		}
	}
}

func TestATokenAllowsWhatWasSaid(t *testing.T) {
	const secret = "0123456789abcdef0123456789abcdef"
	key, err := grant.ParseKey(grant.HS256, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		want []string
	}{
		{nil, []string{"realtime:publisher:write:topic:*", "realtime:subscriber:read:topic:*"}},
		{[]string{"-p", "none"}, []string{}},
		{[]string{"-p", "publish:a/*", "-p", "subscribe:secure/b,c"}, []string{"realtime:publisher:write:topic:a/*", "realtime:subscriber:read:topic:secure/b,c"}},
		{[]string{"-p", "realtime:publisher:write:topic:x"}, []string{"realtime:publisher:write:topic:x"}},
		{[]string{"--admin", "-p", "manage:connections"}, []string{"realtime:admin:manage:connections"}},
	} {
		var made struct {
			Token, Kind, Subject string
			Permissions          []string
			Expires              time.Time
		}
		if err := json.Unmarshal([]byte(must(t, append([]string{"token", "--secret", secret, "--json", "--expires", "2h"}, c.args...)...)), &made); err != nil {
			t.Fatal(err)
		}
		token, err := grant.Verify([]grant.Key{key}, made.Token, time.Now())
		if err != nil || !slices.Equal(token.Grants.Permissions(), c.want) || !slices.Equal(made.Permissions, c.want) {
			t.Errorf("%v: %v %+v %v", c.args, token.Grants.Permissions(), made, err)
		}
		if !token.Expires.Equal(made.Expires) || time.Until(made.Expires) < time.Hour || time.Until(made.Expires) > 2*time.Hour {
			t.Errorf("%v: expires %s, %s", c.args, token.Expires, made.Expires)
		}
		if n := topic.Name("a/x"); len(c.want) == 0 && token.Grants.MayPublish(n) {
			t.Errorf("%v may publish", c.args)
		}
	}
}
