package privacy_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/privacy"
)

// joined draws lines of a header in which these entries stand, in their order:
// each proxy appends to the last line, with blanks or without, or writes one of
// its own.
func joined(t *rapid.T, lines, entries []string) []string {
	lines = append([]string(nil), lines...)
	for _, e := range entries {
		comma := rapid.SampledFrom([]string{"", ",", ", ", " , ", ",\t"}).Draw(t, "comma")
		if comma == "" || len(lines) == 0 {
			lines = append(lines, e)
			continue
		}
		lines[len(lines)-1] += comma + e
	}
	return lines
}

// forged draws lines that a client has sent: addresses that are not his, and
// whatever else.
func forged(t *rapid.T) []string {
	entry := rapid.OneOf(
		rapid.SampledFrom([]string{
			"198.51.100.66", "198.51.100.66:80", "[2001:db8:bad::1]:443", "::ffff:198.51.100.66", `"198.51.100.66"`, "for=198.51.100.66", `for="[2001:db8:bad::1]"; proto=https`,
			"unknown", "_hidden", "", " ", "198.51.100.66;", "１９８.51.100.66", "\u202e66.001.15.891", strings.Repeat("198.51.100.66 ", 1000), strings.Repeat("9", 5000),
		}),
		rapid.StringMatching(`[ -~]{0,40}`),
	)
	lines := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return strings.Join(rapid.SliceOfN(entry, 0, 5).Draw(t, "entries"), ",") }), 0, 4)
	return lines.Draw(t, "forged")
}

func TestWhateverAClientForgesItsAddressIsWhatOurProxySaw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trusted := rapid.IntRange(1, 4).Draw(t, "proxies")
		last := rapid.IntRange(1, 255).Draw(t, "address")
		seen, want := fmt.Sprintf("203.0.113.%d", last), "203.0.113.0/24"
		if rapid.Bool().Draw(t, "v6") {
			seen, want = fmt.Sprintf("2001:db8:1:%x::1", last), "2001:db8:1::/48"
		}
		entries := []string{around(t, seen, strings.Contains(seen, ":"))}
		for i := 1; i < trusted; i++ {
			entries = append(entries, fmt.Sprintf("10.0.0.%d", i))
		}
		header := joined(t, forged(t), entries)
		if got := keptOf(t, header, trusted); got != want {
			t.Fatalf("%q behind %d proxies is kept as %s, want %s", header, trusted, got, want)
		}
		if got := keptOf(t, header, 0); got != "192.0.2.0/24" {
			t.Fatalf("without proxies of our own the header is believed: %s", got)
		}
	})
}

// What stands where our own proxy writes, and is no address, is unknown: nobody
// looks further to the left, where the client writes.
func TestGarbageFromAProxyIsUnknownAndNothingElse(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trusted := rapid.IntRange(1, 4).Draw(t, "proxies")
		garbage := rapid.SampledFrom([]string{
			"", " ", "unknown", "_hidden", `"203.0.113.7"`, "for=203.0.113.7", `for="[2001:db8::1]:80"`, "203.0.113.7;proto=https", "203.0.113.07", "203.0.113", "localhost",
			"２０３.0.113.7", strings.Repeat("203.0.113.7", 2000), "203.0.113.7 198.51.100.66", "\x00", "é",
		}).Draw(t, "garbage")
		entries := []string{garbage}
		for i := 1; i < trusted; i++ {
			entries = append(entries, fmt.Sprintf("10.0.0.%d", i))
		}
		header := joined(t, forged(t), entries)
		if got := keptOf(t, header, trusted); got != "unknown" {
			t.Fatalf("%q behind %d proxies is kept as %s", header, trusted, got)
		}
	})
}

// With fewer entries than we have proxies, one of them was gone around: then
// none is believed.
func TestFewerEntriesThanProxiesProveNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trusted := rapid.IntRange(1, 5).Draw(t, "proxies")
		var entries []string
		for i := range rapid.IntRange(0, trusted-1).Draw(t, "entries") {
			entries = append(entries, fmt.Sprintf("198.51.100.%d", i+1))
		}
		if got := keptOf(t, joined(t, nil, entries), trusted); got != "192.0.2.0/24" {
			t.Fatalf("%q behind %d proxies is kept as %s", entries, trusted, got)
		}
	})
}

// keptOf returns what is kept of a request whose connection came from 192.0.2.1.
func keptOf(t interface{ Fatal(...any) }, header []string, trusted int) string {
	a, err := privacy.Anonymiser{}.Anonymise(context.Background(), privacy.ForwardedFor(header, "192.0.2.1:5555", trusted), "app", privacy.Truncate, noon)
	if err != nil {
		t.Fatal(err)
	}
	return a.Value()
}
