package privacy_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/jedisct1/go-ipcrypt"
	"pgregory.net/rapid"

	"tacet/core/fault"
	"tacet/core/privacy"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// secrets gives each day a secret of its own.
type secrets struct{}

func (secrets) Secret(_ context.Context, day privacy.Day) (privacy.Secret, error) {
	return privacy.NewSecret(sha256.Sum256([]byte(day.String()))), nil
}

// forgetful has no secret for anybody.
type forgetful struct{ err error }

func (f forgetful) Secret(context.Context, privacy.Day) (privacy.Secret, error) {
	return privacy.Secret{}, f.err
}

func anonymise(t interface{ Fatal(...any) }, text, app string, m privacy.Method, at time.Time) privacy.Anonymised {
	a, err := privacy.Anonymiser{Secrets: secrets{}}.Anonymise(context.Background(), privacy.ParseAddr(text), app, m, at)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestAnAddressIsAnonymisedByItsNetwork(t *testing.T) {
	for text, want := range map[string]string{
		"203.0.113.77":              "203.0.113.0/24",
		"203.0.113.77:443":          "203.0.113.0/24",
		" 203.0.113.77 ":            "203.0.113.0/24",
		"::ffff:203.0.113.77":       "203.0.113.0/24",
		"[::ffff:203.0.113.77]:443": "203.0.113.0/24",
		"::ffff:203.0.113.77%eth0":  "203.0.113.0/24",
		"2001:db8:1:2:3:4:5:6":      "2001:db8:1::/48",
		"[2001:db8:1:2::1]":         "2001:db8:1::/48",
		"[2001:db8:1:2::1]:8080":    "2001:db8:1::/48",
		"2001:db8:1::%en0":          "2001:db8:1::/48",
		"[fe80::1%en0]:80":          "fe80::/48",
		"::1":                       "::/48",
		"0.0.0.0":                   "0.0.0.0/24",
		"2002:cb00:714d:1::1":       "2002:cb00:7100::/40", // 6to4 of 203.0.113.77
		"64:ff9b::203.0.113.77":     "64:ff9b::/48",        // NAT64 of it
		"::203.0.113.77":            "::/48",
		"2001:0:cb00:714d:8000::1":  "2001:0:cb00::/48", // Teredo, by way of a server there
		"nonsense":                  "unknown",
		"":                          "unknown",
	} {
		if got := anonymise(t, text, "app", privacy.Truncate, noon).Value(); got != want {
			t.Errorf("%q is kept as %q, want %q", text, got, want)
		}
	}
}

// address draws any address, in any spelling, and returns its network too.
func address() *rapid.Generator[[2]string] {
	return rapid.Custom(func(t *rapid.T) [2]string {
		var a netip.Addr
		bits := 24
		if rapid.Bool().Draw(t, "v4") {
			a = netip.AddrFrom4([4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "bytes")))
		} else {
			b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "bytes"))
			b[0] |= 0x40 // neither mapped nor 6to4
			a, bits = netip.AddrFrom16(b), 48
		}
		p, _ := a.Prefix(bits)
		text := a.String()
		switch rapid.IntRange(0, 3).Draw(t, "spelling") {
		case 1:
			text = netip.AddrPortFrom(a, 443).String()
		case 2:
			text = "[" + netip.AddrFrom16(a.As16()).WithZone("eth0").String() + "]" // mapped, if v4
		case 3:
			text = a.StringExpanded()
		}
		return [2]string{text, p.String()}
	})
}

func TestOneNetworkHasOneValueADay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x, y := address().Draw(t, "x"), address().Draw(t, "y")
		at := noon.Add(time.Duration(rapid.Int64Range(-43200, 43199).Draw(t, "second")) * time.Second)
		for _, m := range []privacy.Method{privacy.Ipcrypt, privacy.Truncate} {
			a, b := anonymise(t, x[0], "app", m, noon), anonymise(t, y[0], "app", m, at)
			if (a == b) != (x[1] == y[1]) {
				t.Fatalf("%s and %s: %v and %v", x[1], y[1], a, b)
			}
			if again := anonymise(t, x[0], "app", m, at); a != again {
				t.Fatalf("%s gives %v, then %v", x[0], a, again)
			}
		}
	})
}

func TestDaysAndApplicationsCannotBeLinked(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := address().Draw(t, "x")[0]
		days := rapid.IntRange(1, 1000).Draw(t, "days")
		a := anonymise(t, x, "app", privacy.Ipcrypt, noon)
		if b := anonymise(t, x, "app", privacy.Ipcrypt, noon.AddDate(0, 0, days)); a == b {
			t.Fatalf("%v on both days", a)
		}
		if b := anonymise(t, x, "another", privacy.Ipcrypt, noon); a == b {
			t.Fatalf("%v in both applications", a)
		}
	})
}

func TestNothingOfTheAddressIsInWhatIpcryptKeeps(t *testing.T) {
	for i := range 256 {
		raw := fmt.Sprintf("203.0.113.%d", i)
		a := anonymise(t, raw, "app", privacy.Ipcrypt, noon)
		text, err := a.MarshalText()
		if out := fmt.Sprintf("%v %+v %#v %s", a, a, a, text); err != nil || strings.Contains(out, "203.0") || strings.Contains(out, "cb00:71") {
			t.Fatalf("%s is kept as %s, %v", raw, out, err)
		}
	}
}

// What is encrypted must be the network and nothing finer, also for the one
// who has the key: this test has it.
func TestTheKeyOfTheDayOpensTheNetworkOnly(t *testing.T) {
	day := privacy.DayOf(noon)
	secret, _ := secrets{}.Secret(context.Background(), day)
	key, ok := privacy.KeyOf(secret, day, "app")
	if !ok {
		t.Fatal("no key")
	}
	for raw, want := range map[string]string{"203.0.113.77": "203.0.113.0", "2001:db8:1:2:3::4": "2001:db8:1::"} {
		sealed := netip.MustParseAddr(anonymise(t, raw, "app", privacy.Ipcrypt, noon).Value()).As16()
		opened, err := ipcrypt.DecryptIP(key[:16], sealed[:])
		if err != nil || opened.String() != want {
			t.Errorf("%s opens as %v, %v, want %s", raw, opened, err, want)
		}
	}
}

func TestMethodAndVersionAreKept(t *testing.T) {
	for _, c := range []struct {
		method privacy.Method
		addr   string
		text   string
	}{
		{privacy.Truncate, "203.0.113.7", "truncate/1/203.0.113.0/24"},
		{privacy.Truncate, "x", "truncate/1/unknown"},
		{privacy.Ipcrypt, "x", "ipcrypt/1/unknown"},
		{"", "x", "ipcrypt/1/unknown"},
		{privacy.None, "203.0.113.7", "none/1/"},
		{"typing error", "203.0.113.7", "none/1/"},
	} {
		text, err := anonymise(t, c.addr, "app", c.method, noon).MarshalText()
		if err != nil || string(text) != c.text {
			t.Errorf("%q by %q is kept as %s, %v, want %s", c.addr, c.method, text, err, c.text)
		}
	}
	if got := anonymise(t, "203.0.113.7", "app", "", noon); got.Method() != privacy.Ipcrypt || got.Version() != 1 || got.String() != got.Value() {
		t.Errorf("the default is %s, version %d", got.Method(), got.Version())
	}
	var zero privacy.Anonymised
	if zero.Method() != privacy.None || zero.Value() != "" {
		t.Errorf("the zero value is %v by %s", zero, zero.Method())
	}
}

func TestWhatIsKeptSurvivesAStore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]privacy.Method{privacy.Ipcrypt, privacy.Truncate, privacy.None}).Draw(t, "method")
		before := struct{ A, B privacy.Anonymised }{anonymise(t, address().Draw(t, "x")[0], "app", m, noon), anonymise(t, "", "app", m, noon)}
		data, err := json.Marshal(before)
		if err != nil {
			t.Fatal(err)
		}
		after := before
		after.A, after.B = privacy.Anonymised{}, privacy.Anonymised{}
		if err := json.Unmarshal(data, &after); err != nil || after != before {
			t.Fatalf("%s came back as %v: %v", data, after, err)
		}
	})
}

func TestNoRawAddressIsReadAsAnonymised(t *testing.T) {
	for _, text := range []string{
		"", "203.0.113.7", "2001:db8::1", "//", "ipcrypt", "ipcrypt/1", "ipcrypt/1/", "ipcrypt/1/203.0.113.7", "ipcrypt/1/::ffff:203.0.113.7", "ipcrypt/1/fe80::1%eth0",
		"ipcrypt/0/::1", "ipcrypt/x/::1", "ipcrypt/256/::1", "truncate/1/203.0.113.7", "truncate/1/203.0.113.7/24", "truncate/1/203.0.113.7/32", "truncate/1/203.0.0.0/16",
		"truncate/1/2001:db8:1:2::/64", "truncate/1/2002:cb00:714d::/48", "truncate/1/::ffff:203.0.113.0/120", "none/1/203.0.113.7", "other/1/x",
	} {
		var a privacy.Anonymised
		err := a.UnmarshalText([]byte(text))
		if err == nil {
			t.Errorf("%q was read as %v", text, a)
		} else if text != "" && strings.Contains(err.Error(), text) {
			t.Errorf("the error repeats the text: %v", err)
		}
	}
}

func TestWithoutASecretNothingIsKept(t *testing.T) {
	broken := errors.New("broken")
	addr := privacy.ParseAddr("203.0.113.7")
	for name, c := range map[string]struct {
		secrets privacy.DaySecrets
		want    error
	}{
		"no store": {nil, privacy.ErrNoSecret}, "destroyed": {forgetful{privacy.ErrNoSecret}, privacy.ErrNoSecret}, "broken": {forgetful{broken}, broken},
		"a store that forgot its error": {forgetful{nil}, privacy.ErrNoSecret},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := privacy.Anonymiser{Secrets: c.secrets}.Anonymise(context.Background(), addr, "app", privacy.Ipcrypt, noon)
			if !errors.Is(err, c.want) || got.Value() != "" || got.Method() != privacy.None || strings.Contains(err.Error(), "203.0.113") {
				t.Errorf("got %v, %v", got, err)
			}
			if got, err := (privacy.Anonymiser{Secrets: c.secrets}).Anonymise(context.Background(), addr, "app", privacy.Truncate, noon); err != nil || got.Value() == "" {
				t.Errorf("truncating needs no secret, but: %v, %v", got, err)
			}
		})
	}
}

func TestMethodsAreChecked(t *testing.T) {
	for _, m := range []privacy.Method{"", privacy.Ipcrypt, privacy.Truncate, privacy.None} {
		if err := m.Check(); err != nil {
			t.Errorf("%q: %v", m, err)
		}
	}
	if err := privacy.Method("IPCRYPT").Check(); fault.KindOf(err) != fault.Invalid {
		t.Errorf("got %v", err)
	}
}

func TestDaysAreThoseOfUTC(t *testing.T) {
	east := time.FixedZone("east", 14*60*60)
	for at, want := range map[time.Time]string{
		time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC):            "2026-03-01",
		time.Date(2026, 3, 1, 23, 59, 59, 999999999, time.UTC): "2026-03-01",
		time.Date(2026, 3, 1, 13, 59, 59, 0, east):             "2026-02-28",
		time.Date(2026, 3, 1, 14, 0, 0, 0, east):               "2026-03-01",
		time.Date(1969, 12, 31, 23, 59, 59, 0, time.UTC):       "1969-12-31",
		time.Date(1969, 12, 31, 0, 0, 0, 0, time.UTC):          "1969-12-31",
		time.Unix(0, 0): "1970-01-01",
	} {
		if d := privacy.DayOf(at); d.String() != want || privacy.DayOf(d.Start()) != d {
			t.Errorf("%v lies on %v, want %s", at, d, want)
		}
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	random := [privacy.SecretSize]byte([]byte("marker-marker-marker-marker-mark"))
	secret, blind := privacy.NewSecret(random), privacy.NewBlindKey(random)
	hidden := struct {
		s privacy.Secret
		b privacy.BlindKey
		p *privacy.BlindKey
	}{secret, blind, &blind}
	for _, v := range []any{secret, blind, &blind, hidden, &hidden, secret.LogValue(), blind.LogValue()} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d", "%q"} {
			out := fmt.Sprintf(verb, v)
			for _, spelling := range []string{"marker", fmt.Sprintf("%x", "marker"), "109 97 114 107", "0x6d, 0x61"} {
				if strings.Contains(out, spelling) {
					t.Errorf("%s of %T prints the secret: %s", verb, v, out)
				}
			}
		}
	}
	if data, err := json.Marshal(struct{ S privacy.Secret }{secret}); err != nil || string(data) != `{"S":{}}` {
		t.Errorf("JSON holds %s of a day's secret, %v", data, err)
	}
}
