package privacytest_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"tacet/core/privacy"
	"tacet/core/privacy/privacytest"
)

const id, hash = "0123456789abcdef0123456789abcdef", "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func TestWhatLiesSomewhereIsFoundByItsKey(t *testing.T) {
	for _, c := range []struct{ table, pk, sk, want string }{
		{"telemetry", "e#" + id + "#3", "2026-01-01T00:00:00Z#X", "event"},
		{"telemetry", "r#" + id + "#3", "h#2026-01-01T00:00Z", "rollup"},
		{"realtime", "m#" + id + "#0", "somebody\nL0SM9cOFvHcCIhw=", "connection"},
		{"directory", "o#" + id, "account", "account"},
		{"directory", "o#" + id, "once/" + hash, "idempotency"},
		{"directory", "p#" + hash, id, "membership lookup"},
		{"directory", "p#" + id, id, ""},
		{"directory", "p#ann@example.org", id, ""},
		{"directory", "o#" + id, "member/ann@example.org", ""},
		{"directory", "o#" + id, "accounts", ""},
		{"vault", "o#" + id, "account", ""},
	} {
		got, ok := privacytest.Find(privacy.Telemetry, c.table, c.pk, c.sk)
		if got.Name != c.want || ok != (c.want != "") {
			t.Errorf("%s %s %s is found as %q, want %q", c.table, c.pk, c.sk, got.Name, c.want)
		}
	}
}

func TestColumnsAreThoseOfTheClassOrOfARecord(t *testing.T) {
	for class, want := range map[string]string{
		"day secret": "exp secret", "member": "exp val ver", "subscription": "exp",
		"connection": "addr app dead due ends exp may n since v who",
	} {
		c, _ := privacy.Telemetry.Class(class)
		columns := privacytest.Columns(privacy.Telemetry, c)
		for name := range strings.SplitSeq(want, " ") {
			if _, ok := columns[name]; !ok {
				t.Errorf("%s has no column %s", class, name)
			}
		}
		if class != "connection" && len(columns) != strings.Count(want, " ")+1 {
			t.Errorf("%s has %d columns, want %s", class, len(columns), want)
		}
	}
}

func sealed(plain string) string { return base64.StdEncoding.EncodeToString([]byte("sealed:" + plain)) }

func open(b []byte) ([]byte, error) {
	plain, ok := strings.CutPrefix(string(b), "sealed:")
	if !ok {
		return nil, errors.New("it does not open")
	}
	return []byte(plain), nil
}

func TestAValueHoldsWhatItsClassLists(t *testing.T) {
	for class, value := range map[string]string{
		"account":           `{"state":"active","created":"2026-01-01T00:00:00Z","profile":"` + sealed(`{"fullName":"Ann","email":"ann@example.org"}`) + `"}`,
		"member":            `{"lookups":["p#` + hash + `#` + id + `"],"role":"owner","tokens":[{"id":"` + id + `","hash":"` + hash + `"}],"email":"` + sealed(`"ann@example.org"`) + `"}`,
		"activity":          `{"entry":"` + sealed(`{"At":"2026-01-01T00:00:00Z","Member":"`+id+`","Address":"truncate/1/192.0.2.0/24"}`) + `"}`,
		"job":               `{"id":"` + id + `","counts":{"records":7},"times":{"close":"2026-01-01T00:00:00Z"}}`,
		"key facts":         `{"keys":"` + sealed(`[{"ID":"1","Slot":0}]`) + `"}`,
		"verification keys": `sealed:{"client":[{"text":"s"},{}],"admin":[{},{}]}`,
	} {
		c, _ := privacy.Telemetry.Class(class)
		for _, p := range privacytest.Value(c, []byte(value), open) {
			t.Error(p)
		}
	}
}

func TestAValueHoldsNothingElse(t *testing.T) {
	for what, c := range map[string]struct{ class, value string }{
		"a member that nobody lists":      {"account figures", `{"members":1,"agent":"x"}`},
		"one below":                       {"tenant", `{"settings":{"agent":"x"}}`},
		"in clear what should be sealed":  {"account", `{"profile":{"email":"ann@example.org"}}`},
		"text that should be sealed":      {"member", `{"email":"ann@example.org"}`},
		"what does not open":              {"member", `{"email":"` + base64.StdEncoding.EncodeToString([]byte("ann@example.org")) + `"}`},
		"something else that is sealed":   {"account", `{"profile":"` + sealed(`{"phone":"1"}`) + `"}`},
		"an address in clear":             {"activity", `{"entry":"` + sealed(`{"Address":"192.0.2.7"}`) + `"}`},
		"a lookup by the address itself":  {"invitation", `{"lookups":["i#ann@example.org#x"]}`},
		"a token where its hash should":   {"member", `{"tokens":[{"hash":"tacet_t_abc"}]}`},
		"keys in clear":                   {"verification keys", `{"client":[{"text":"s"},{}]}`},
		"a key that is not wrapped":       {"data key", `{"master":"m","key":"secret"}`},
		"no JSON":                         {"job", `x`},
		"a list of what nobody lists":     {"job", `{"people":["ann"]}`},
		"an object instead of a bare key": {"data key", `{"master":{"name":"m","user":"ann"},"owner":"ann"}`},
	} {
		class, ok := privacy.Telemetry.Class(c.class)
		if got := privacytest.Value(class, []byte(c.value), open); !ok || got == nil {
			t.Errorf("%s passes", what)
		}
	}
}
