package privacy_test

import (
	"testing"

	"tacet/core/privacy"
)

func TestForwardedForBelievesOwnProxiesOnly(t *testing.T) {
	for _, c := range []struct {
		name    string
		header  []string
		trusted int
		want    string // network; the peer is 192.0.2.1
	}{
		{"no header", nil, 0, "192.0.2.0/24"},
		{"no proxy of ours: forged", []string{"203.0.113.7"}, 0, "192.0.2.0/24"},
		{"a negative number of proxies", []string{"203.0.113.7"}, -1, "192.0.2.0/24"},
		{"one proxy", []string{"203.0.113.7"}, 1, "203.0.113.0/24"},
		{"one proxy, forged in front", []string{"198.51.100.1, 203.0.113.7"}, 1, "203.0.113.0/24"},
		{"one proxy, many forged in front", []string{"1.1.1.1,2.2.2.2,3.3.3.3 , 203.0.113.7"}, 1, "203.0.113.0/24"},
		{"one proxy, forged line in front", []string{"198.51.100.1", "203.0.113.7"}, 1, "203.0.113.0/24"},
		{"two proxies", []string{"198.51.100.1, 203.0.113.7, 192.0.2.2"}, 2, "203.0.113.0/24"},
		{"two proxies, each with a line", []string{"198.51.100.1", "203.0.113.7", "192.0.2.2"}, 2, "203.0.113.0/24"},
		{"two proxies, lines and commas", []string{"198.51.100.1,203.0.113.7", "192.0.2.2"}, 2, "203.0.113.0/24"},
		{"fewer entries than proxies", []string{"198.51.100.1"}, 2, "192.0.2.0/24"},
		{"proxies but no header", nil, 1, "192.0.2.0/24"},
		{"with a port", []string{"203.0.113.7:1234"}, 1, "203.0.113.0/24"},
		{"IPv6", []string{"x, [2001:db8:1::2]:443"}, 1, "2001:db8:1::/48"},
		{"garbage where the client stands", []string{"203.0.113.7, unknown"}, 1, "unknown"},
		{"nothing where the client stands", []string{"203.0.113.7,"}, 1, "unknown"},
		{"empty entries count", []string{"198.51.100.1,,192.0.2.2"}, 2, "unknown"},
		{"empty lines count", []string{"198.51.100.1", "", "192.0.2.2"}, 2, "unknown"},
		{"a line of commas", []string{",,,,,203.0.113.7"}, 1, "203.0.113.0/24"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := privacy.Anonymiser{}.Anonymise(t.Context(), privacy.ForwardedFor(c.header, "192.0.2.1:5555", c.trusted), "app", privacy.Truncate, noon)
			if err != nil || got.Value() != c.want {
				t.Errorf("got %v, %v, want %s", got, err, c.want)
			}
		})
	}
}
