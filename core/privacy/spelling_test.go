package privacy_test

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tacet/core/privacy"
)

// around draws what people and programs put around an address.
func around(t *rapid.T, text string, v6 bool) string {
	zone := rapid.SampledFrom([]string{"", "%eth0", "%1", "%EN0-3"}).Draw(t, "zone")
	if v6 {
		text += zone
	}
	switch rapid.IntRange(0, 3).Draw(t, "around") {
	case 1:
		if v6 {
			text = "[" + text + "]"
		}
		text += fmt.Sprintf(":%d", rapid.Uint16().Draw(t, "port"))
	case 2:
		text = "[" + text + "]"
	}
	if rapid.Bool().Draw(t, "upper") {
		address, zone, _ := strings.Cut(text, "%")
		if text = strings.ToUpper(address); zone != "" {
			text += "%" + zone
		}
	}
	blank := rapid.SampledFrom([]string{"", " ", "\t", "  ", "\u00a0"})
	return blank.Draw(t, "before") + text + blank.Draw(t, "after")
}

func kept(t interface{ Fatal(...any) }, text string) string {
	return anonymise(t, text, "app", privacy.Truncate, noon).Value()
}

// However an address of IPv4 is written, also inside IPv6, what is kept is its
// first 24 bits, or fewer.
func TestOfIPv4NoMoreThanItsNetworkIsKeptHoweverItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		other := b
		other[3] = rapid.Byte().Draw(t, "another of its network")
		a := netip.AddrFrom4(b)
		network := netip.PrefixFrom(netip.AddrFrom4([4]byte{b[0], b[1], b[2]}), 24).String()
		write := func(b [4]byte, how int) (text string, v6 bool) {
			a := netip.AddrFrom4(b)
			hex := fmt.Sprintf("%02x%02x:%02x%02x", b[0], b[1], b[2], b[3])
			flipped := fmt.Sprintf("%02x%02x:%02x%02x", ^b[0], ^b[1], ^b[2], ^b[3])
			return []string{
				a.String(), "::ffff:" + a.String(), "::ffff:" + hex, "0:0:0:0:0:ffff:" + hex, "0000:0000:0000:0000:0000:ffff:" + a.String(),
				"2002:" + hex + "::1", "2002:" + hex + ":1:2:3:4:5", // 6to4
				"64:ff9b::" + a.String(), "64:ff9b:1::" + a.String(), // NAT64
				"2001:0:c000:201:8000:1234:" + flipped, "::" + a.String(), "2001:db8::5efe:" + a.String(), // Teredo, compatible, ISATAP
			}[how], how > 0
		}
		how := rapid.IntRange(0, 11).Draw(t, "how")
		text, v6 := write(b, how)
		got := kept(t, around(t, text, v6))
		switch {
		case how <= 4 && got != network:
			t.Fatalf("%q is kept as %s, want %s", text, got, network)
		case how >= 5 && how <= 6 && got != fmt.Sprintf("%s/40", netip.AddrFrom16([16]byte{0x20, 0x02, b[0], b[1], b[2]})):
			t.Fatalf("6to4 of %v is kept as %s", a, got)
		case got == "unknown":
			t.Fatalf("%q is not known", text)
		}
		if again, v6 := write(other, how); kept(t, around(t, again, v6)) != got {
			t.Fatalf("%q and %q are told apart", text, again)
		}
	})
}

// Of IPv6 what is behind the first 48 bits tells nothing apart.
func TestOfIPv6NoMoreThanItsSiteIsKeptHoweverItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := [16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "address"))
		b[0] |= 0x40 // neither IPv4 nor 6to4
		other := b
		copy(other[6:], rapid.SliceOfN(rapid.Byte(), 10, 10).Draw(t, "another of its site"))
		x, y := netip.AddrFrom16(b), netip.AddrFrom16(other)
		p, _ := x.Prefix(48)
		for _, text := range []string{x.String(), x.StringExpanded(), y.String(), y.StringExpanded()} {
			if got := kept(t, around(t, text, true)); got != p.String() {
				t.Fatalf("%q is kept as %s, want %v", text, got, p)
			}
		}
	})
}

// What some programs take for an address and others do not is none: an address
// that is read in two ways is one that can be forged.
func TestWhatCanBeReadInTwoWaysIsNoAddress(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := [4]byte(rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "address"))
		text := rapid.SampledFrom([]string{
			fmt.Sprintf("%03d.%d.%d.0%d", b[0]%100, b[1], b[2], b[3]), fmt.Sprintf("0x%x.%d.%d.%d", b[0], b[1], b[2], b[3]), fmt.Sprintf("0%o.%d.%d.%d", b[0], b[1], b[2], b[3]),
			fmt.Sprint(uint32(b[0])<<24 | uint32(b[3])), fmt.Sprintf("%d.%d.%d", b[0], b[1], b[2]), fmt.Sprintf("%d.%d.%d.%d.", b[0], b[1], b[2], b[3]),
			fmt.Sprintf("%d.%d.%d.%d/24", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d. %d.%d.%d", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d。%d。%d。%d", b[0], b[1], b[2], b[3]),
			fmt.Sprintf("::ffff:0%d.%d.%d.%d", b[0], b[1], b[2], b[3]), fmt.Sprintf("2001:0db80::%x", b[0]), fmt.Sprintf("::%x::%x", b[0], b[1]),
			fmt.Sprintf("[%d.%d.%d.%d", b[0], b[1], b[2], b[3]), fmt.Sprintf("%d.%d.%d.%d:99999", b[0], b[1], b[2], b[3]), fmt.Sprintf(`"%d.%d.%d.%d"`, b[0], b[1], b[2], b[3]),
		}).Draw(t, "text")
		if got := kept(t, text); got != "unknown" {
			t.Fatalf("%q is kept as %s", text, got)
		}
	})
}

// Whatever the text, what is kept is a network or nothing: never the text.
func TestOfAnyTextANetworkIsKeptOrNothing(t *testing.T) {
	letters := rapid.SampledFrom([]rune("0123456789abcdefABCDEF.:[]%/ ,;=\"for\x00é"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOf(letters)).Draw(t, "text")
		for _, m := range []privacy.Method{privacy.Ipcrypt, privacy.Truncate, privacy.None} {
			a := anonymise(t, text, "app", m, noon)
			form, err := a.MarshalText()
			if err != nil || new(privacy.Anonymised).UnmarshalText(form) != nil {
				t.Fatalf("%q is kept as %s, which is not what %s leaves behind: %v", text, form, m, err)
			}
			if p, err := netip.ParsePrefix(a.Value()); m == privacy.Truncate && a.Known() && (err != nil || p.Masked() != p || p.Bits() > 48) {
				t.Fatalf("%q is kept as %s", text, form)
			}
		}
	})
}
