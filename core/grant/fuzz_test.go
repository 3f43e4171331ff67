package grant_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"tacet/core/grant"
)

// FuzzVerify gives Verify a token as it is, and a header and claims that are
// signed for it, so that what lies behind the signature is reached too. What
// is accepted must be what golang-jwt's own parser accepts and reads.
func FuzzVerify(f *testing.F) {
	key := mustKey(f, grant.HS256, secret)
	const header, claims = `{"alg":"HS256"}`, `{"sub":"alice","exp":1900000000,"nbf":1,"iat":1,"permissions":["realtime:publisher:write:topic:a*"]}`
	f.Add(craft(grant.HS256, secret, header, claims), header, claims)
	f.Add("a.b.c", `{"alg":"none"}`, `{"sub":"alice","exp":"1900000000","scope":"a b"}`)
	f.Add("..", `{"alg":"HS256","kid":"x","typ":"JWT"}`, `{"sub":"a\u002fb","exp":1.9e9,"exp":1}`)
	f.Add(strings.Repeat("A", 9000), `{"alg":"HS256","crit":["exp"]}`, `{"sub":"alice","exp":1900000000.5,"x":[[[[{}]]]]}`)
	f.Add("eyJhbGciOiJIUzI1NiJ9.e30.AA", "\xff{}", `{"permissions":[null,"",{"a":1}]}`)
	reference := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithStrictDecoding(), jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(func() time.Time { return now }))

	f.Fuzz(func(t *testing.T, token, header, claims string) {
		for _, token := range []string{token, craft(grant.HS256, secret, header, claims)} {
			got, err := grant.Verify([]grant.Key{key}, token, now)
			if err != nil {
				if _, known := kindOf[grant.ReasonOf(err)]; !known || got != (grant.Token{}) {
					t.Fatalf("refused with %v (%q), saying %v", err, grant.ReasonOf(err), got)
				}
				continue
			}
			var want struct {
				jwt.MapClaims
			}
			if _, err := reference.ParseWithClaims(token, &want.MapClaims, func(*jwt.Token) (any, error) { return []byte(secret), nil }); err != nil {
				t.Fatalf("accepted, but golang-jwt says: %v", err)
			}
			if sub, _ := want.GetSubject(); string(got.Subject) != sub {
				t.Fatalf("subject %q, golang-jwt reads %q", got.Subject, sub)
			}
			if _, err := grant.ParseSubject(string(got.Subject)); err != nil {
				t.Fatalf("subject %q is none: %v", got.Subject, err)
			}
			if !got.Expires.After(now) || got.Expires.Year() > 9999 {
				t.Fatalf("valid until %v", got.Expires)
			}
			list := got.Grants.Permissions()
			if data, err := json.Marshal(list); err != nil || len(data) > grant.MaxPermissionBytes || len(list) > grant.MaxPermissions {
				t.Fatalf("%d permissions, %d bytes, %v", len(list), len(data), err)
			}
			if again, err := grant.NewGrants(list); err != nil || again != got.Grants || slices.Contains(list, "") {
				t.Fatalf("permissions %q do not survive a store: %v", list, err)
			}
		}
	})
}
