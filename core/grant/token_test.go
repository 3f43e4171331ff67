package grant_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
)

// kindOf says which kind of fault carries each reason.
var kindOf = map[grant.Reason]fault.Kind{
	grant.TooLong: fault.Unauthenticated, grant.Malformed: fault.Unauthenticated, grant.BadClaims: fault.Unauthenticated,
	grant.Expired: fault.Unauthenticated, grant.NotYetValid: fault.Unauthenticated, grant.TooManyPermissions: fault.Unauthenticated,
	grant.NoKey: fault.Forbidden, grant.BadSignature: fault.Forbidden,
}

// wantRefusal fails unless the token is refused for the reason, with nothing
// of the token in the error.
func wantRefusal(t *testing.T, keys []grant.Key, token string, want grant.Reason) {
	t.Helper()
	got, err := grant.Verify(keys, token, now)
	if err == nil {
		t.Fatalf("accepted as %v, want %q", got, want)
	}
	if grant.ReasonOf(err) != want || fault.KindOf(err) != kindOf[want] {
		t.Errorf("refused as %q (%v), want %q (%v): %v", grant.ReasonOf(err), fault.KindOf(err), want, kindOf[want], err)
	}
	if got != (grant.Token{}) {
		t.Errorf("a refused token still says %v", got)
	}
	for part := range strings.SplitSeq(token, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part[:8]) {
			t.Errorf("the error repeats the token: %v", err)
		}
	}
}

func TestEachAlgorithmVerifiesItsOwnTokensOnly(t *testing.T) {
	for _, alg := range grant.Algorithms {
		t.Run(string(alg), func(t *testing.T) {
			p := pairFor(alg)
			token := mustSign(t, alg, p.private, grant.Claims{Subject: "alice", Permissions: []string{"realtime:publisher:write:topic:*"}})
			for form, text := range map[string]string{"text": p.public, "JWK": p.jwk} {
				got, err := grant.Verify([]grant.Key{mustKey(t, alg, text)}, token, now)
				if err != nil {
					t.Fatalf("key as %s: %v", form, err)
				}
				if got.Subject != "alice" || !got.Grants.MayPublish("main") || !got.Expires.Equal(now.Add(time.Hour)) {
					t.Errorf("key as %s: got %v", form, got)
				}
			}

			key := []grant.Key{mustKey(t, alg, p.public)}
			foreign := mustSign(t, alg, otherPairFor(alg).private, grant.Claims{Subject: "alice"})
			wantRefusal(t, key, foreign, grant.BadSignature)

			signed, signature := token[:strings.LastIndex(token, ".")], token[strings.LastIndex(token, ".")+1:]
			raw, err := base64.RawURLEncoding.DecodeString(signature)
			if err != nil {
				t.Fatal(err)
			}
			for what, changed := range map[string][]byte{
				"one bit": append([]byte{raw[0] ^ 1}, raw[1:]...), "cut": raw[:len(raw)-1], "longer": append(raw[:len(raw):len(raw)], 0),
				"zeros": make([]byte, len(raw)), "one byte": {1},
			} {
				t.Run(what, func(t *testing.T) { wantRefusal(t, key, signed+"."+b64(changed), grant.BadSignature) })
			}
			header, _, _ := strings.Cut(signed, ".")
			wantRefusal(t, key, header+"."+b64([]byte(`{"sub":"mallory","exp":1e11}`))+"."+signature, grant.BadSignature)

			for _, other := range grant.Algorithms {
				if other != alg {
					wantRefusal(t, []grant.Key{mustKey(t, other, pairFor(other).public)}, token, grant.NoKey)
				}
			}
		})
	}
}

// The RFC's own tokens were made by neither this code nor its library. They have no sub, so past the signature they are refused.
func TestTokensOfRFC7515Verify(t *testing.T) {
	const payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ"
	for _, c := range []struct {
		alg        grant.Algorithm
		jwk, token string
	}{
		{
			grant.HS256, // appendix A.1
			`{"kty":"oct","k":"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}`,
			"eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + payload + ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
		},
		{
			grant.ES256, // appendix A.3
			`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`,
			"eyJhbGciOiJFUzI1NiJ9." + payload + ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q",
		},
	} {
		keys := []grant.Key{mustKey(t, c.alg, c.jwk)}
		wantRefusal(t, keys, c.token, grant.Expired)
		if _, err := grant.Verify(keys, c.token, time.Unix(1300819379, 0)); grant.ReasonOf(err) != grant.BadClaims {
			t.Errorf("%s, a second before it expires: %v, want the missing sub to be all that is wrong", c.alg, err)
		}
	}
}

func TestATokenChoosesNothing(t *testing.T) {
	hs := []grant.Key{mustKey(t, grant.HS256, secret)}
	rs := []grant.Key{mustKey(t, grant.RS256, newRSA().public)}
	const good = `{"sub":"alice","exp":1900000000}`
	unsigned := func(header string) string { return b64([]byte(header)) + "." + b64([]byte(good)) + "." }

	for _, none := range []string{"none", "None", "NONE", "nOnE", "none ", " none", "", "null", "no\\u006ee"} {
		header := fmt.Sprintf(`{"alg":"%s"}`, none)
		t.Run("alg "+none, func(t *testing.T) {
			wantRefusal(t, hs, unsigned(header), grant.Malformed)
			wantRefusal(t, hs, unsigned(header)+"AA", grant.Malformed)
			wantRefusal(t, hs, craft(grant.HS256, secret, header, good), grant.Malformed)
			wantRefusal(t, nil, unsigned(header)+"AA", grant.Malformed)
		})
	}
	for _, header := range []string{
		`{"typ":"JWT"}`, `{"alg":null}`, `{"alg":["HS256"]}`, `{"alg":{"HS256":1}}`, `{"alg":1}`, `{"alg":"hs256"}`, `{"alg":"HS256 "}`,
		`{"Alg":"HS256"}`, `{"alg":"HS256","alg":"HS256"}`, `{"alg":"none","alg":"HS256"}`, `{"alg":"HS256","kid":7}`, `{"alg":"HS256","kid":null}`,
		`{"alg":"HS256","crit":["exp"]}`, `{"alg":"HS256","crit":[]}`, `{"alg":"HS256","b64":false,"crit":["b64"]}`,
		`["HS256"]`, `"HS256"`, `null`, `{}`, `{"alg":"HS256"`, `{"alg":"HS256"}{}`, `{"alg":"HS256"} x`, ``, "\ufeff{\"alg\":\"HS256\"}",
	} {
		t.Run("header "+header, func(t *testing.T) {
			wantRefusal(t, hs, craft(grant.HS256, secret, header, good), grant.Malformed)
		})
	}

	t.Run("a public key is not a secret", func(t *testing.T) {
		// The classic: everybody has the public key, so sign with it as an HS secret.
		for _, alg := range []grant.Algorithm{grant.HS256, grant.HS384, grant.HS512} {
			for _, text := range []string{newRSA().public, strings.TrimSpace(newRSA().public), newRSA().jwk} {
				wantRefusal(t, rs, craft(alg, text, fmt.Sprintf(`{"alg":%q}`, alg), good), grant.NoKey)
				wantRefusal(t, rs, craft(alg, text, `{"alg":"RS256"}`, good), grant.BadSignature)
			}
		}
	})
	t.Run("a key inside the token is not looked at", func(t *testing.T) {
		header := fmt.Sprintf(`{"alg":"HS256","jwk":{"kty":"oct","k":%q},"jku":"https://example.org/keys"}`, b64([]byte("mine")))
		wantRefusal(t, hs, craft(grant.HS256, "mine", header, good), grant.BadSignature)
	})
	t.Run("an algorithm of the right family but not of the key", func(t *testing.T) {
		wantRefusal(t, hs, craft(grant.HS512, secret, `{"alg":"HS512"}`, good), grant.NoKey)
		wantRefusal(t, rs, mustSign(t, grant.PS256, newRSA().private, grant.Claims{Subject: "alice"}), grant.NoKey)
	})
	t.Run("no keys", func(t *testing.T) {
		wantRefusal(t, nil, claim(good), grant.NoKey)
		wantRefusal(t, []grant.Key{{}}, claim(good), grant.NoKey)
	})
}

func TestOnlyTheCompactFormIsAToken(t *testing.T) {
	keys := []grant.Key{mustKey(t, grant.HS256, secret)}
	good := claim(`{"sub":"alice","exp":1900000000}`)
	if _, err := grant.Verify(keys, good, now); err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(good, ".")
	for name, token := range map[string]string{
		"empty": "", "dot": ".", "two dots": "..", "three dots": "...", "one part": parts[0], "two parts": parts[0] + "." + parts[1],
		"no signature": parts[0] + "." + parts[1] + ".", "no header": "." + parts[1] + "." + parts[2], "no claims": parts[0] + ".." + parts[2],
		"four parts": good + "." + parts[2], "dot behind": good + ".", "dot before": "." + good,
		"space before": " " + good, "space behind": good + " ", "new line behind": good + "\n", "new line inside": good[:10] + "\n" + good[10:],
		"return inside": parts[0] + "." + parts[1] + "." + parts[2][:5] + "\r" + parts[2][5:], "tab": good + "\t", "NUL": good + "\x00",
		"padded": good + "=", "standard alphabet": parts[0] + "." + parts[1] + ".+/+/", "Bearer": "Bearer " + good,
		"not text": "\xff\xfe.\xff.\xff", "JSON form": `{"protected":"e30","payload":"e30","signature":"AA"}`,
	} {
		t.Run(name, func(t *testing.T) { wantRefusal(t, keys, token, grant.Malformed) })
	}
	t.Run("stray bits behind the signature", func(t *testing.T) {
		// 32 bytes leave two bits unused in the last character: four spellings, of which one is right.
		last := strings.IndexByte(alphabet, good[len(good)-1])
		for i := 1; i < 4; i++ {
			wantRefusal(t, keys, good[:len(good)-1]+string(alphabet[last^i]), grant.Malformed)
		}
	})
	t.Run("too long", func(t *testing.T) {
		wantRefusal(t, keys, good+strings.Repeat("A", grant.MaxTokenLength-len(good)+1), grant.TooLong)
		wantRefusal(t, keys, strings.Repeat("A.", 1<<19), grant.TooLong)
		wantRefusal(t, keys, claim(`{"sub":"alice","exp":1900000000,"x":"`+strings.Repeat("x", 1<<20)+`"}`), grant.TooLong)
	})
	t.Run("as long as allowed", func(t *testing.T) {
		long := claim(`{"sub":"alice","exp":1900000000,"x":"` + strings.Repeat("x", 6040) + `"}`)
		if len(long) > grant.MaxTokenLength || len(long) < grant.MaxTokenLength-100 {
			t.Fatalf("the test's token has %d bytes", len(long))
		}
		if _, err := grant.Verify(keys, long, now); err != nil {
			t.Error(err)
		}
	})
}

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func TestAKeyIDOnlyPicksAmongKeysOfASet(t *testing.T) {
	set := func(id, text string) grant.Key {
		return mustKey(t, grant.HS256, fmt.Sprintf(`{"kty":"oct","kid":%q,"k":%q}`, id, b64([]byte(text))))
	}
	other := strings.Repeat("another secret! ", 4)
	keys := []grant.Key{set("a", secret), set("b", other)}
	for _, c := range []struct {
		name, kid, secret string
		keys              []grant.Key
		want              grant.Reason
	}{
		{"the right id", "b", other, keys, ""},
		{"another key's id", "a", other, keys, grant.BadSignature},
		{"an id that no key has", "c", other, keys, grant.NoKey},
		{"no id: all are tried", "", other, keys, ""},
		{"pasted keys have no id", "anything", secret, []grant.Key{mustKey(t, grant.HS256, secret)}, ""},
		{"an id like a path", "../../dev/null", "", keys, grant.NoKey},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := fmt.Sprintf(`{"alg":"HS256","kid":%q}`, c.kid)
			if c.kid == "" {
				header = `{"alg":"HS256"}`
			}
			_, err := grant.Verify(c.keys, craft(grant.HS256, c.secret, header, `{"sub":"alice","exp":1900000000}`), now)
			if grant.ReasonOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestBothSlotsVerifyDuringRotation(t *testing.T) {
	old, fresh := mustKey(t, grant.HS256, secret), mustKey(t, grant.ES256, pairFor(grant.ES256).public)
	for _, alg := range []grant.Algorithm{grant.HS256, grant.ES256} {
		if _, err := grant.Verify([]grant.Key{old, fresh}, mustSign(t, alg, pairFor(alg).private, grant.Claims{Subject: "alice"}), now); err != nil {
			t.Errorf("%s: %v", alg, err)
		}
	}
}
