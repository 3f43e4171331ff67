package jwks_test

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tacet/core/fault"
	"tacet/core/grant"
	"tacet/infra/jwks"
)

const secret = "0123456789abcdef0123456789abcdef"

// newKey returns a key in a set of its own, and a token signed with it.
func newKey(t *testing.T, id string) (set, token string) {
	t.Helper()
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	set = fmt.Sprintf(`{"keys":[{"kty":"OKP","crv":"Ed25519","kid":%q,"x":%q}]}`, id, base64.RawURLEncoding.EncodeToString(public))
	return set, sign(t, grant.EdDSA, text, id, time.Now().Add(time.Hour))
}

func sign(t *testing.T, alg grant.Algorithm, text, id string, expires time.Time) string {
	t.Helper()
	key, err := grant.ParseSigningKey(alg, text)
	if err != nil {
		t.Fatal(err)
	}
	token, err := grant.Sign(key, grant.Claims{Subject: "alice", KeyID: id, Expires: expires})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

var (
	bySet    = grant.Slot{Algorithm: grant.EdDSA, JWKSURL: address}
	bySecret = grant.Slot{Algorithm: grant.HS256, Text: grant.NewSecret(secret)}
)

// wantReason fails unless token is refused for the reason; "" means accepted.
func wantReason(t *testing.T, c *jwks.Cache, slots [2]grant.Slot, token string, want grant.Reason) {
	t.Helper()
	got, err := c.Verify(t.Context(), slots, token, time.Now())
	if grant.ReasonOf(err) != want || (err == nil) != (want == "") || (err == nil) != (got.Subject == "alice") {
		t.Errorf("got %v, %v, want %q", got, err, want)
	}
}

func TestASetIsFetchedForTokensThatNeedItOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, token := newKey(t, "a")
		i := &issuer{set: set}
		c := jwks.NewWith(i.fetch)
		both := [2]grant.Slot{bySet, bySecret}
		wantReason(t, c, both, "garbage", grant.Malformed)
		wantReason(t, c, both, strings.Repeat("a", 1<<20), grant.TooLong)
		wantReason(t, c, both, sign(t, grant.HS256, secret, "", time.Now().Add(time.Hour)), "")
		wantReason(t, c, both, sign(t, grant.HS256, secret, "", time.Now()), grant.Expired)
		wantReason(t, c, [2]grant.Slot{bySecret}, token, grant.NoKey)
		wantReason(t, c, [2]grant.Slot{}, token, grant.NoKey)
		i.wantFetches(t, 0)
		wantReason(t, c, both, token, "")
		wantReason(t, c, [2]grant.Slot{{}, bySet}, token, "")
		i.wantFetches(t, 1)
	})
}

func TestARotatedKeyIsFound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, id := range map[string]string{"under a new id": "b", "under the old id": "a"} {
			set, token := newKey(t, "a")
			fresh, freshToken := newKey(t, id)
			i := &issuer{set: set}
			c := jwks.NewWith(i.fetch)
			slots := [2]grant.Slot{bySet}
			wantReason(t, c, slots, token, "")
			i.serve(fresh, nil)
			time.Sleep(jwks.MinInterval)
			if got, err := c.Verify(t.Context(), slots, freshToken, time.Now()); err != nil || got.Subject != "alice" {
				t.Errorf("%s: %v", name, err)
			}
			i.wantFetches(t, 2)
		}
	})
}

func TestForgedKeyIDsDoNotMakeUsFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newKey(t, "a")
		i := &issuer{set: set}
		c := jwks.NewWith(i.fetch)
		for n := range 100 {
			_, forged := newKey(t, fmt.Sprint(n))
			wantReason(t, c, [2]grant.Slot{bySet, bySecret}, forged, grant.NoKey)
		}
		i.wantFetches(t, 1)
	})
}

func TestAFailingSetDoesNotStandInTheWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		broken := errors.New("broken")
		_, token := newKey(t, "a")
		c := jwks.NewWith((&issuer{err: broken}).fetch)
		useless := grant.Slot{Algorithm: grant.RS256, Text: grant.NewSecret("not a key")}
		wantReason(t, c, [2]grant.Slot{bySet, bySecret}, sign(t, grant.HS256, secret, "", time.Now().Add(time.Hour)), "")
		wantReason(t, c, [2]grant.Slot{useless, bySecret}, sign(t, grant.HS256, secret, "", time.Now().Add(time.Hour)), "")
		if _, err := c.Verify(t.Context(), [2]grant.Slot{bySet, bySecret}, token, time.Now()); fault.KindOf(err) != fault.Unavailable || !errors.Is(err, broken) {
			t.Errorf("a token that only the set could verify: %v", err)
		}
	})
}

func TestAnExpiredTokenIsExpiredWhateverFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, token := newKey(t, "a")
		fetch := (&issuer{set: set}).fetch
		other := grant.Slot{Algorithm: grant.EdDSA, JWKSURL: "https://broken.example/"}
		c := jwks.NewWith(func(ctx context.Context, address string) ([]byte, error) {
			if address == other.JWKSURL {
				return nil, errors.New("broken")
			}
			return fetch(ctx, address)
		})
		time.Sleep(2 * time.Hour)
		wantReason(t, c, [2]grant.Slot{other, bySet}, token, grant.Expired)
	})
}
