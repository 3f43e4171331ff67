package canary

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"unicode/utf16"
)

// form is one way in which a marker can stand somewhere.
type form struct {
	name string
	text []byte
	// short says that random bytes may look like it.
	short bool
}

// whole is the form of a marker that was not changed.
const whole = "as it is"

// forms returns all ways in which a marker is looked for. Case does not matter
// to who looks.
func (m Marker) forms() []form {
	var all []form
	switch {
	case m.Addr.IsValid():
		all = addressForms(m.Addr)
	case m.Raw != nil:
		all = append(all, form{whole, m.Raw, false})
		all = append(all, encoded("", m.Raw)...)
	default:
		all = textForms(m.Text)
	}
	if m.Guessable {
		all = append(all, hashed(m.String())...)
	}
	return all
}

// textForms returns the forms of a text.
func textForms(s string) []form {
	half := textSize / 2 // an e-mail address is longer, and begins with as much
	all := []form{
		{"first half", []byte(s[:half]), false},
		{"second half", []byte(s[half:textSize]), false},
		{"backwards", backwards([]byte(s)), false},
		{"escaped as in JSON", perByte(s, `\u%04x`), false},
		{"escaped as in a URL", perByte(s, "%%%02x"), false},
		{"escaped as in C", perByte(s, `\x%02x`), false},
		{"bytes in decimal", joined(s, "%d", " "), false},
		{"bytes in decimal, with commas", joined(s, "%d", ","), false},
		{"bytes in hex, apart", joined(s, "%02x", " "), false},
		{"bytes in hex, as Go writes them", joined(s, "%#x", ", "), false},
		{"UTF-16LE", utf16Of(s, binary.LittleEndian), false},
		{"UTF-16BE", utf16Of(s, binary.BigEndian), false},
		{whole, []byte(s), false},
	}
	if escaped := url.QueryEscape(s); escaped != s {
		all = append(all, form{"in a URL", []byte(escaped), false})
	}
	return append(all, encoded("", []byte(s))...)
}

// encoded returns the forms that bytes have in hex and base64.
func encoded(of string, raw []byte) []form {
	all := []form{{of + "hex", []byte(hex.EncodeToString(raw)), false}}
	// Where the bytes begin in what was encoded decides which text they become:
	// the characters at both ends hold bits of others, too.
	for offset := range 3 {
		text := base64.StdEncoding.EncodeToString(append(make([]byte, offset), raw...))
		middle := text[(offset*8+5)/6 : (offset+len(raw))*8/6]
		all = append(all, form{of + "base64", []byte(middle), false})
		if other := strings.NewReplacer("+", "-", "/", "_").Replace(middle); other != middle {
			all = append(all, form{of + "base64 of URLs", []byte(other), false})
		}
		if escaped := strings.ReplaceAll(middle, "/", `\/`); escaped != middle {
			all = append(all, form{of + "base64 in JSON", []byte(escaped), false})
		}
	}
	return all
}

// addressForms returns how an address can be written.
func addressForms(a netip.Addr) []form {
	raw := a.AsSlice()
	texts := map[string]string{whole: a.String(), "expanded": a.StringExpanded()}
	if a.Is4() {
		mapped := netip.AddrFrom16(a.As16())
		texts["mapped to IPv6"], texts["mapped to IPv6, in hex"] = mapped.String(), fmt.Sprintf("ffff:%x:%x", binary.BigEndian.Uint16(raw), binary.BigEndian.Uint16(raw[2:]))
		texts["a number"] = fmt.Sprint(binary.BigEndian.Uint32(raw))
		texts["dots and dashes"] = strings.ReplaceAll(a.String(), ".", "-")
		texts["in octal"] = fmt.Sprintf("0%o.0%o.0%o.0%o", raw[0], raw[1], raw[2], raw[3])
	} else {
		texts["the network"] = strings.Join(strings.SplitAfter(a.StringExpanded(), ":")[:5], "") // more than is ever kept
	}
	var all []form
	for name, text := range texts {
		all = append(all, form{name, []byte(text), false}, form{name + ", backwards", backwards([]byte(text)), false})
		all = append(all, encoded(name+", ", []byte(text))...)
	}
	all = append(all, form{"bits", raw, a.Is4()}, form{"hex", []byte(hex.EncodeToString(raw)), a.Is4()}, form{"bits, backwards", backwards(raw), a.Is4()})
	if a.Is4() {
		sixteen := a.As16()
		all = append(all, form{"bits, mapped to IPv6", sixteen[10:], false})
		return append(all, form{"bytes in decimal", joined(string(raw), "%d", " "), false}, form{"bytes in decimal, with commas", joined(string(raw), "%d", ","), false})
	}
	return append(all, encoded("bits, ", raw)...)
}

// hashed returns the hashes of what could be guessed that need no key.
func hashed(s string) []form {
	md, one, two := md5.Sum([]byte(s)), sha1.Sum([]byte(s)), sha256.Sum256([]byte(s))
	var all []form
	for name, sum := range map[string][]byte{"MD5": md[:], "SHA-1": one[:], "SHA-256": two[:]} {
		all = append(all, form{name, sum, false})
		all = append(all, encoded(name+" in ", sum)...)
	}
	return all
}

func backwards(b []byte) []byte {
	b = slices.Clone(b)
	slices.Reverse(b)
	return b
}

func perByte(s, format string) []byte { return joined(s, format, "") }

func joined(s, format, between string) []byte {
	parts := make([]string, len(s))
	for i := range len(s) {
		parts[i] = fmt.Sprintf(format, s[i])
	}
	return []byte(strings.Join(parts, between))
}

func utf16Of(s string, order binary.AppendByteOrder) (b []byte) {
	for _, u := range utf16.Encode([]rune(s)) {
		b = order.AppendUint16(b, u)
	}
	return b
}
