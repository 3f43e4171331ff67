package grant_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
)

func TestKeysThatDoNotFitAreRefused(t *testing.T) {
	rsa, ec, ed := newRSA(), pairFor(grant.ES256), newEd()
	with := func(jwk, member string) string { return strings.TrimSuffix(jwk, "}") + "," + member + "}" }
	for _, c := range []struct {
		name string
		alg  grant.Algorithm
		text string
		want string // in the text for strangers
	}{
		{"no algorithm", "", secret, "algorithm must be one of"},
		{"none", "none", secret, "algorithm must be one of"},
		{"wrong case", "hs256", secret, "algorithm must be one of"},
		{"empty secret", grant.HS256, "", "empty"},
		{"empty PEM", grant.RS256, "", "empty"},
		{"short secret", grant.HS256, secret[:31], "32 bytes"},
		{"short for 384", grant.HS384, secret[:47], "48 bytes"},
		{"short for 512", grant.HS512, secret[:63], "64 bytes"},
		{"RSA PEM as a secret", grant.HS256, rsa.public, "not a secret"},
		{"RSA PEM behind something as a secret", grant.HS256, "\n  # key\n" + rsa.public, "not a secret"},
		{"private PEM as a secret", grant.HS512, rsa.private, "not a secret"},
		{"RSA JWK as a secret", grant.HS256, rsa.jwk, "cannot be used with HS256"},
		{"EC JWK as a secret", grant.HS256, "\n" + ec.jwk, "cannot be used with HS256"},
		{"Ed25519 JWK as a secret", grant.HS256, ed.jwk, "cannot be used with HS256"},
		{"a secret for RS", grant.RS256, secret, "not a public key"},
		{"an oct JWK for RS", grant.RS256, pairFor(grant.HS256).jwk, "cannot be used with RS256"},
		{"EC PEM for RS", grant.RS256, ec.public, "not a public key"},
		{"RSA PEM for ES", grant.ES256, rsa.public, "not a public key"},
		{"Ed25519 PEM for ES", grant.ES256, ed.public, "not a public key"},
		{"RSA PEM for EdDSA", grant.EdDSA, rsa.public, "not a public key"},
		{"P-256 for ES384", grant.ES384, ec.public, "P-384"},
		{"P-256 JWK for ES512", grant.ES512, ec.jwk, "P-521"},
		{"P-521 for ES256", grant.ES256, pairFor(grant.ES512).public, "P-256"},
		{"RSA of 1024 bits", grant.PS256, rsaJWK(1024), "2048"},
		{"RSA of 2047 bits", grant.PS256, rsaJWK(2047), "2048"},
		{"RSA of 8193 bits", grant.RS256, rsaJWK(8193), "8192"},
		{"RSA of a million bits", grant.RS256, rsaJWK(1 << 20), "incomplete"},
		{"private RSA PEM", grant.RS256, rsa.private, "private key"},
		{"private EC PEM", grant.ES256, ec.private, "private key"},
		{"private JWK", grant.ES256, with(ec.jwk, `"d":"AAAA"`), "private key"},
		{"JWK for encryption", grant.ES256, with(ec.jwk, `"use":"enc"`), "not meant for verifying"},
		{"JWK for signing only", grant.ES256, with(ec.jwk, `"key_ops":["sign"]`), "not meant for verifying"},
		{"JWK for another algorithm", grant.PS256, with(rsa.jwk, `"alg":"RS256"`), "another algorithm"},
		{"JWK of an unknown type", grant.ES256, `{"kty":"AKP"}`, "incomplete"},
		{"JWK without members", grant.RS256, `{"kty":"RSA"}`, "incomplete"},
		{"JWK with an even exponent", grant.RS256, strings.Replace(rsa.jwk, `"AQAB"`, `"Ag"`, 1), "incomplete"},
		{"JWK with exponent one", grant.RS256, strings.Replace(rsa.jwk, `"AQAB"`, `"AQ"`, 1), "incomplete"},
		{"JWK with a huge exponent", grant.RS256, strings.Replace(rsa.jwk, `"AQAB"`, `"AQAAAAAAAAAB"`, 1), "incomplete"},
		{"JWK off its curve", grant.ES256, `{"kty":"EC","crv":"P-256","x":"` + b64(make([]byte, 32)) + `","y":"` + b64(make([]byte, 32)) + `"}`, "incomplete"},
		{"JWK of a point too short", grant.ES256, `{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ"}`, "incomplete"},
		{"JWK on an unknown curve", grant.ES256, strings.Replace(ec.jwk, "P-256", "secp256k1", 1), "incomplete"},
		{"X25519", grant.EdDSA, strings.Replace(ed.jwk, "Ed25519", "X25519", 1), "incomplete"},
		{"oct JWK without a key", grant.HS256, `{"kty":"oct","k":""}`, "incomplete"},
		{"oct JWK too short", grant.HS256, `{"kty":"oct","k":"AAAA"}`, "32 bytes"},
		{"oct JWK with padding", grant.HS256, `{"kty":"oct","k":"` + b64([]byte(secret)) + `=="}`, "incomplete"},
		{"two lines of nonsense", grant.RS256, "-----BEGIN PUBLIC KEY-----\nxxxx\n-----END PUBLIC KEY-----", "not a public key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			k, err := grant.ParseKey(c.alg, c.text)
			if err == nil {
				t.Fatalf("accepted as %v", k)
			}
			if public := fault.Public(err); public.Kind != fault.Invalid || !strings.Contains(public.Text, c.want) {
				t.Errorf("%v: %q, want %q in it", public.Kind, public.Text, c.want)
			}
			if middle := len(c.text) / 2; middle > 8 && strings.Contains(err.Error(), c.text[middle:middle+8]) {
				t.Errorf("the refusal repeats the key: %v", err)
			}
			if _, err := grant.Verify([]grant.Key{k}, claim(`{"sub":"alice","exp":1900000000}`), now); err == nil {
				t.Error("the refused key verifies")
			}
		})
	}
}

// rsaJWK returns a public key with a modulus of so many bits, which need not
// have factors that anybody knows.
func rsaJWK(bits int) string {
	n := new(big.Int).Lsh(big.NewInt(1), uint(bits-1))
	return fmt.Sprintf(`{"kty":"RSA","n":%q,"e":"AQAB"}`, b64(n.Add(n, big.NewInt(1)).Bytes()))
}

func TestAShortSecretCanBeToldFromOtherFaults(t *testing.T) {
	if _, err := grant.ParseKey(grant.HS256, "short"); !errors.Is(err, grant.ErrShortSecret) {
		t.Errorf("got %v", err)
	}
	if _, err := grant.ParseKey(grant.HS256, ""); errors.Is(err, grant.ErrShortSecret) {
		t.Errorf("an empty secret is called short: %v", err)
	}
}

func TestASecretIsItsTextAsItStands(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("QUJD", 8) + "====", strings.Repeat("ab", 32), "  " + secret + "\n", `{"not":"a key set, forty characters long"}`, strings.Repeat("ä€", 16),
	} {
		token := craft(grant.HS256, text, `{"alg":"HS256"}`, `{"sub":"alice","exp":1900000000}`)
		if _, err := grant.Verify([]grant.Key{mustKey(t, grant.HS256, text)}, token, now); err != nil {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestACertificateWillDo(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "x"}, NotBefore: now, NotAfter: now.Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	certificate := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	token := mustSign(t, grant.ES256, inPEM(key, &key.PublicKey).private, grant.Claims{Subject: "alice"})
	if _, err := grant.Verify([]grant.Key{mustKey(t, grant.ES256, certificate)}, token, now); err != nil {
		t.Error(err)
	}
}

func TestKeySetsKeepWhatCanBeUsed(t *testing.T) {
	rsa, ec, ed := newRSA(), pairFor(grant.ES256), newEd()
	with := func(jwk, members string) string { return strings.TrimSuffix(jwk, "}") + "," + members + "}" }
	set := `{"keys":[` + strings.Join([]string{
		with(rsa.jwk, `"kid":"own","alg":"PS512","use":"sig","x5c":["MII"]`),
		with(rsa.jwk, `"kid":"slot"`),
		with(ec.jwk, `"kid":"fits no RS"`),
		with(ec.jwk, `"kid":"ec","alg":"ES256"`),
		with(ed.jwk, `"kid":"ed","alg":"EdDSA"`),
		with(rsa.jwk, `"kid":"confused","alg":"HS256"`),
		with(rsa.jwk, `"kid":"none","alg":"none"`),
		with(rsa.jwk, `"kid":"RSA-OAEP","alg":"RSA-OAEP"`),
		with(rsa.jwk, `"kid":"enc","use":"enc"`),
		with(rsa.jwk, `"kid":"private","d":"AQ"`),
		with(pairFor(grant.HS256).jwk, `"kid":"oct","alg":"HS256"`),
		`{"kty":"PQ"}`, `{}`, `null`, `7`, `"x"`, `{"kty":7}`,
	}, ",") + `],"more":true}`
	keys, err := grant.ParseJWKS([]byte(set), grant.RS256)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, k := range keys {
		got = append(got, k.ID()+" "+string(k.Algorithm()))
	}
	if want := "own PS512, slot RS256, ec ES256, ed EdDSA"; strings.Join(got, ", ") != want {
		t.Errorf("kept %q, want %q", strings.Join(got, ", "), want)
	}
	token := mustSign(t, grant.PS512, rsa.private, grant.Claims{Subject: "alice", KeyID: "own"})
	if _, err := grant.Verify(keys, token, now); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNoKeySetIsSaidToBeNone(t *testing.T) {
	for _, text := range []string{"", "null", "[]", "{}", `{"keys":null}`, `{"keys":{}}`, `{"keys":"x"}`, "<html>", `{"keys":[]} x`} {
		if keys, err := grant.ParseJWKS([]byte(text), grant.RS256); err == nil || keys != nil {
			t.Errorf("%q: %v, %v", text, keys, err)
		}
	}
	if keys, err := grant.ParseJWKS([]byte(`{"keys":[]}`), ""); err != nil || len(keys) != 0 {
		t.Errorf("empty set: %v, %v", keys, err)
	}
}

func TestLargeKeySetsAreCut(t *testing.T) {
	one := newEd().jwk
	set := `{"keys":[` + strings.Repeat(one+",", 500) + one + `]}`
	if keys, err := grant.ParseJWKS([]byte(set), grant.EdDSA); err != nil || len(keys) != grant.MaxSetKeys {
		t.Errorf("%d keys, %v", len(keys), err)
	}
}

func TestSigningNeedsAFittingKey(t *testing.T) {
	for name, c := range map[string]struct {
		alg  grant.Algorithm
		text string
	}{
		"no algorithm": {"", secret}, "none": {"none", secret}, "short": {grant.HS256, "short"}, "public": {grant.RS256, newRSA().public},
		"family": {grant.ES256, newRSA().private}, "curve": {grant.ES384, pairFor(grant.ES256).private},
	} {
		key, err := grant.ParseSigningKey(c.alg, c.text)
		if err == nil {
			_, err = grant.Sign(key, grant.Claims{Subject: "alice", Expires: now})
		}
		if err == nil {
			t.Errorf("%s: signed", name)
		}
	}
	if _, err := grant.Sign(grant.SigningKey{}, grant.Claims{}); err == nil {
		t.Error("the zero key signs")
	}
}
