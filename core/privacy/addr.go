package privacy

import (
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
)

// Redacted is what is printed instead of an address.
const Redacted = "(address)"

// Addr is a raw IP address: the only type that one may have. Printed, logged
// or marshalled it is Redacted, and encodings that cannot be redacted fail.
// Only an Anonymiser reads it. The zero value is unknown. Safe for concurrent
// use.
//
// The bits live in a closure and not in a field. fmt calls no methods on what
// it finds in unexported fields: it walks the bits by reflection, and %+v of a
// struct somewhere above would print the address. So do other printers and
// encoders by reflection, and panics print arguments. None of them sees what
// a closure holds.
type Addr struct{ reveal func() netip.Addr }

// maxAddrText is longer than any address with brackets, zone and port.
const maxAddrText = 128

// ParseAddr returns the address that text is: IPv4 or IPv6, with or without
// port, brackets and zone. IPv4 mapped into IPv6 is the IPv4 address. What is no address is the unknown Addr: there is no error,
// because an error would carry the text.
func ParseAddr(text string) Addr {
	if len(text) > maxAddrText {
		return Addr{}
	}
	text = strings.TrimSpace(text)
	if a, err := netip.ParseAddrPort(text); err == nil {
		return addrOf(a.Addr())
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		if inner, ok = strings.CutSuffix(inner, "]"); ok {
			text = inner
		}
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return Addr{}
	}
	return addrOf(a)
}

func addrOf(a netip.Addr) Addr {
	a = a.Unmap()
	return Addr{func() netip.Addr { return a }}
}

// raw returns the address itself, or the zero netip.Addr when it is unknown.
// Nothing outside the anonymiser calls it.
func (a Addr) raw() netip.Addr {
	if a.reveal == nil {
		return netip.Addr{}
	}
	return a.reveal()
}

// Known reports whether there is an address at all.
func (a Addr) Known() bool { return a.reveal != nil }

// String returns Redacted.
func (a Addr) String() string { return Redacted }

// GoString returns Redacted.
func (a Addr) GoString() string { return Redacted }

// Format prints Redacted for every verb.
func (a Addr) Format(f fmt.State, _ rune) { fmt.Fprint(f, Redacted) }

// LogValue returns Redacted.
func (a Addr) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalText returns Redacted; JSON and XML use it.
func (a Addr) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// MarshalJSON returns Redacted as a JSON string.
func (a Addr) MarshalJSON() ([]byte, error) { return []byte(`"` + Redacted + `"`), nil }

// errAddr is all that an encoding of an Addr that cannot be redacted says.
var errAddr = errors.New("a raw address must not be stored or sent: anonymise it")

// MarshalBinary fails: a binary form is for storing.
func (a Addr) MarshalBinary() ([]byte, error) { return nil, errAddr }

// GobEncode fails: gob is for storing.
func (a Addr) GobEncode() ([]byte, error) { return nil, errAddr }
