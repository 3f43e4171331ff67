package privacy

import (
	"errors"
	"net/netip"
	"strconv"
	"strings"

	"tacet/core/fault"
)

// Method is how addresses are anonymised: a setting of the application.
type Method string

// The methods.
const (
	// Ipcrypt keeps the network (/24 or /48) and encrypts it under a key that
	// lives for one UTC day and one application. The default.
	Ipcrypt Method = "ipcrypt"
	// Truncate keeps the network in clear.
	Truncate Method = "truncate"
	// None keeps nothing.
	None Method = "none"
)

// Check returns nil when m is one of the methods or empty, which means
// Ipcrypt; else a fault of kind Invalid.
func (m Method) Check() error {
	switch m {
	case "", Ipcrypt, Truncate, None:
		return nil
	}
	return &fault.Error{Kind: fault.Invalid, Text: "addresses must be anonymised by ipcrypt, truncate or none"}
}

// version counts the changes to what a method does, for all methods together.
// Records keep the version that they were made with (RFC 6235 §8).
const version = 1

// unknown stands in for the value of an address that was none.
const unknown = "unknown"

// Anonymised is what is kept of an address: a value, and how it was made
// (RFC 6235). Made by an Anonymiser, or read back with UnmarshalText. It is
// comparable: within one day, application and method, two values are equal
// exactly when the networks are. The zero value is that of None.
type Anonymised struct {
	method  Method
	version uint8
	value   string
}

// Method returns how the value was made.
func (a Anonymised) Method() Method {
	if a.method == "" {
		return None
	}
	return a.method
}

// Version returns which version of the method made the value, from 1.
func (a Anonymised) Version() int { return max(int(a.version), 1) }

// Value returns what is kept: for Ipcrypt the encrypted network, written as an
// IPv6 address that it is not; for Truncate a network such as 203.0.113.0/24;
// "unknown" when there was no address; "" for None.
func (a Anonymised) Value() string { return a.value }

// Known reports whether there was an address of which something is kept.
func (a Anonymised) Known() bool { return a.value != "" && a.value != unknown }

// String returns Value: it is safe to show.
func (a Anonymised) String() string { return a.value }

// MarshalText returns method, version and value, as in
// "truncate/1/203.0.113.0/24". It is the form in stores and JSON.
func (a Anonymised) MarshalText() ([]byte, error) {
	return []byte(string(a.Method()) + "/" + strconv.Itoa(a.Version()) + "/" + a.value), nil
}

var errAnonymised = errors.New("not an anonymised address")

// UnmarshalText reads what MarshalText wrote. It refuses what no Anonymiser
// makes, above all an address that stands there in clear.
func (a *Anonymised) UnmarshalText(text []byte) error {
	method, rest, ok := strings.Cut(string(text), "/")
	number, value, ok2 := strings.Cut(rest, "/")
	v, err := strconv.ParseUint(number, 10, 8)
	if !ok || !ok2 || err != nil || v == 0 || !plausible(Method(method), value) {
		return errAnonymised
	}
	*a = Anonymised{Method(method), uint8(v), value}
	return nil
}

// plausible reports whether method can have made value.
func plausible(method Method, value string) bool {
	switch method {
	case None:
		return value == ""
	case Truncate:
		p, err := netip.ParsePrefix(value)
		return value == unknown || err == nil && p == network(p.Addr())
	case Ipcrypt:
		a, err := netip.ParseAddr(value)
		return value == unknown || err == nil && a.Is6() && !a.Is4In6() && a.Zone() == ""
	}
	return false
}
