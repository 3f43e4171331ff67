package grant_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/grant"
)

func TestClaimsDecideWhetherATokenIsValid(t *testing.T) {
	keys := []grant.Key{mustKey(t, grant.HS256, secret)}
	at := now.Unix()
	for _, c := range []struct {
		name, claims string
		want         grant.Reason
	}{
		{"all well", fmt.Sprintf(`{"sub":"alice","exp":%d,"nbf":%d,"iat":%d,"iss":"x","aud":["y"],"jti":1}`, at+5, at, at), ""},
		{"a second left", fmt.Sprintf(`{"sub":"alice","exp":%d}`, at+1), ""},
		{"exp is now", fmt.Sprintf(`{"sub":"alice","exp":%d}`, at), grant.Expired},
		{"exp has passed", fmt.Sprintf(`{"sub":"alice","exp":%d}`, at-1), grant.Expired},
		{"exp 1970", `{"sub":"alice","exp":0}`, grant.Expired},
		{"exp half a second ahead", fmt.Sprintf(`{"sub":"alice","exp":%d.5}`, at), ""},
		{"exp with exponent", `{"sub":"alice","exp":1.9e9}`, ""},
		{"no exp", `{"sub":"alice"}`, grant.BadClaims},
		{"Exp is not exp", `{"sub":"alice","Exp":1900000000}`, grant.BadClaims},
		{"exp null", `{"sub":"alice","exp":null}`, grant.BadClaims},
		{"exp a string", `{"sub":"alice","exp":"1900000000"}`, grant.BadClaims},
		{"exp true", `{"sub":"alice","exp":true}`, grant.BadClaims},
		{"exp an array", `{"sub":"alice","exp":[1900000000]}`, grant.BadClaims},
		{"exp negative", `{"sub":"alice","exp":-1}`, grant.BadClaims},
		{"exp in milliseconds", `{"sub":"alice","exp":1900000000000}`, grant.BadClaims},
		{"exp huge", `{"sub":"alice","exp":1e300}`, grant.BadClaims},
		{"exp beyond a float", `{"sub":"alice","exp":1e999}`, grant.BadClaims},
		{"exp of int64 overflow", `{"sub":"alice","exp":9223372036854775808}`, grant.BadClaims},
		{"exp twice", `{"sub":"alice","exp":1900000000,"exp":1900000000}`, grant.BadClaims},
		{"exp twice by escape", `{"sub":"alice","exp":1,"e\u0078p":1900000000}`, grant.BadClaims},
		{"nbf within leeway", fmt.Sprintf(`{"sub":"alice","exp":1900000000,"nbf":%d}`, at+30), ""},
		{"nbf beyond leeway", fmt.Sprintf(`{"sub":"alice","exp":1900000000,"nbf":%d}`, at+31), grant.NotYetValid},
		{"iat within leeway", fmt.Sprintf(`{"sub":"alice","exp":1900000000,"iat":%d}`, at+30), ""},
		{"iat beyond leeway", fmt.Sprintf(`{"sub":"alice","exp":1900000000,"iat":%d}`, at+31), grant.NotYetValid},
		{"nbf a string", `{"sub":"alice","exp":1900000000,"nbf":"0"}`, grant.BadClaims},
		{"iat null", `{"sub":"alice","exp":1900000000,"iat":null}`, grant.BadClaims},
		{"no sub", `{"exp":1900000000}`, grant.BadClaims},
		{"sub empty", `{"sub":"","exp":1900000000}`, grant.BadClaims},
		{"sub null", `{"sub":null,"exp":1900000000}`, grant.BadClaims},
		{"sub a number", `{"sub":7,"exp":1900000000}`, grant.BadClaims},
		{"sub twice", `{"sub":"alice","sub":"bob","exp":1900000000}`, grant.BadClaims},
		{"permissions null", `{"sub":"alice","exp":1900000000,"permissions":null}`, grant.BadClaims},
		{"permissions a string", `{"sub":"alice","exp":1900000000,"permissions":"realtime:publisher:write:topic:*"}`, grant.BadClaims},
		{"permissions of numbers", `{"sub":"alice","exp":1900000000,"permissions":[1]}`, grant.BadClaims},
		{"permissions of null", `{"sub":"alice","exp":1900000000,"permissions":[null]}`, grant.BadClaims},
		{"permissions with two in one", `{"sub":"alice","exp":1900000000,"permissions":["x\nrealtime:publisher:write:topic:*"]}`, grant.BadClaims},
		{"permissions empty", `{"sub":"alice","exp":1900000000,"permissions":[]}`, ""},
		{"scope an array", `{"sub":"alice","exp":1900000000,"scope":["x"]}`, grant.BadClaims},
		{"scope null", `{"sub":"alice","exp":1900000000,"scope":null}`, grant.BadClaims},
		{"scope with a new line", `{"sub":"alice","exp":1900000000,"scope":"x\ny"}`, grant.BadClaims},
		{"not an object", `["alice"]`, grant.BadClaims},
		{"not JSON", `sub=alice`, grant.BadClaims},
		{"null", `null`, grant.BadClaims},
		{"two objects", `{"sub":"alice","exp":1900000000}{}`, grant.BadClaims},
		{"cut", `{"sub":"alice","exp":1900000000`, grant.BadClaims},
		{"NaN", `{"sub":"alice","exp":NaN}`, grant.BadClaims},
		{"deep arrays", `{"sub":"alice","exp":1900000000,"x":` + strings.Repeat("[", 2900) + strings.Repeat("]", 2900) + `}`, ""},
		{"deep arrays left open", `{"sub":"alice","exp":1900000000,"x":` + strings.Repeat("[", 5900) + `}`, grant.BadClaims},
		{"deep objects", `{"sub":"alice","exp":1900000000,"x":` + strings.Repeat(`{"":`, 1000) + "1" + strings.Repeat("}", 1000) + `}`, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.want != "" {
				wantRefusal(t, keys, claim(c.claims), c.want)
			} else if got, err := grant.Verify(keys, claim(c.claims), now); err != nil || got.Subject != "alice" {
				t.Errorf("got %v, %v, want it accepted", got, err)
			}
		})
	}
}

func TestExpiryIsKeptToTheFraction(t *testing.T) {
	got, err := grant.Verify([]grant.Key{mustKey(t, grant.HS256, secret)}, claim(`{"sub":"alice","exp":1900000000.25}`), now)
	if want := time.Unix(1900000000, 25e7).UTC(); err != nil || got.Expires != want {
		t.Errorf("got %v, %v, want %v", got.Expires, err, want)
	}
}

func TestSubjectsArePrintable(t *testing.T) {
	for _, s := range []string{"a", "alice@example.org", "auth0|5f7c", "spiffe://example.org/a", "0b3f2c1e-7d1f-4c11-8a57-2d3c1e0f9b7a", "a b", "*", "ä", strings.Repeat("x", 128), "acks2"} {
		if got, err := grant.ParseSubject(s); err != nil || string(got) != s {
			t.Errorf("ParseSubject(%q) = %q, %v", s, got, err)
		}
	}
	for _, s := range []string{"", "a\n", "a\x00", "a\u202eb", "\xff", "acks", "errors", "session", strings.Repeat("x", 129)} {
		_, err := grant.ParseSubject(s)
		if grant.ReasonOf(err) != grant.BadClaims {
			t.Errorf("ParseSubject(%q): %v, want a refusal", s, err)
		} else if len(s) > 3 && s != "acks" && s != "errors" && s != "session" && strings.Contains(err.Error(), s) {
			t.Errorf("the refusal repeats the subject: %v", err)
		}
	}
}

func TestPermissionsComeFromEitherClaim(t *testing.T) {
	keys := []grant.Key{mustKey(t, grant.HS256, secret)}
	for claims, want := range map[string][]string{
		`"permissions":["a","b c"]`:            {"a", "b c"},
		`"scope":"a b"`:                        {"a", "b"},
		`"scope":"  a   b  "`:                  {"a", "b"},
		`"scope":""`:                           {},
		`"permissions":["a"],"scope":"b"`:      {"a"},
		`"permissions":[],"scope":"b"`:         {},
		`"x":1`:                                {},
		`"Permissions":["a"],"SCOPE":"b"`:      {},
		`"permissions":["a","a"],"x":{"y":[]}`: {"a", "a"},
	} {
		got, err := grant.Verify(keys, claim(`{"sub":"alice","exp":1900000000,`+claims+`}`), now)
		if list := got.Grants.Permissions(); err != nil || list == nil || !slices.Equal(list, want) {
			t.Errorf("%s: %q, %v, want %q", claims, list, err, want)
		}
	}
}
