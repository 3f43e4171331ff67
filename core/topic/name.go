// Package topic knows what a topic may be called, which kind it is, and which
// names a pattern stands for.
//
// A Name or Pattern that exists has been checked: both are made by Parse and
// ParsePattern only, once, at the door. Matching takes time proportional to
// the product of the lengths at worst (256 × 256), never exponential.
package topic

import (
	"strings"

	"tacet/core/fault"
)

// MaxLength is how long a name or a pattern may be, in bytes. Every legal
// character is one byte.
const MaxLength = 256

// Name is a topic's name, checked. The zero value is no name.
type Name string

// Main is the topic that every connection is subscribed to for life.
const Main Name = "main"

// Inbound is where messages for the application's backends go, and presence.
const Inbound Name = "secure/inbound"

// Kind says who may subscribe and publish.
type Kind uint8

// The kinds of topics.
const (
	Open   Kind = iota // anybody may subscribe; publishing needs a grant
	Secure             // secure/…: both need a grant
	Priv               // priv/…: an address of one connection or subject
)

const (
	securePrefix = "secure/"
	privPrefix   = "priv/"
)

// Parse returns s as a name, or a fault of kind Invalid that says what is
// wrong with it. The fault does not repeat s, which may be somebody's data.
func Parse(s string) (Name, error) {
	if err := check(s, false); err != nil {
		return "", err
	}
	switch whole := s + "/"; {
	case strings.HasPrefix(whole, "tacet/"):
		return "", invalid("a topic must not be tacet or begin with tacet/: these are reserved for the platform")
	case whole == securePrefix, whole == privPrefix:
		return "", invalid("a topic must not be called " + s + " alone: name something below it, such as " + s + "/example")
	}
	return Name(s), nil
}

// Kind returns the kind that the name's first segment says.
func (n Name) Kind() Kind {
	switch {
	case strings.HasPrefix(string(n), securePrefix):
		return Secure
	case strings.HasPrefix(string(n), privPrefix):
		return Priv
	default:
		return Open
	}
}

// Address returns what a priv/… name addresses, a connection's id or a
// subject, and reports whether n addresses anybody: priv/a/b does not, lest the
// topic of one subject lie below that of another.
func (n Name) Address() (string, bool) {
	address, ok := strings.CutPrefix(string(n), privPrefix)
	if !ok || strings.Contains(address, "/") {
		return "", false
	}
	return address, true
}

// ServerOnly reports whether only the platform itself speaks on n: its acks,
// errors and session notices. A client that could publish there could forge
// an ack.
func (n Name) ServerOnly() bool {
	switch n {
	case "priv/acks", "priv/errors", "priv/session":
		return true
	}
	return false
}

// PrivOf returns the private topic of a connection or subject. If the address
// is not one legal segment, that is a name which Parse lets nobody say.
func PrivOf(address string) Name { return Name(privPrefix + address) }

// check applies the rules that names and patterns share.
func check(s string, stars bool) error {
	switch {
	case s == "":
		return invalid("a topic must not be empty")
	case len(s) > MaxLength:
		return invalid("a topic must not be longer than 256 characters")
	}
	for i := range len(s) {
		if !legal(s[i]) && (!stars || s[i] != '*') {
			return invalid("a topic is made of the characters A-Z a-z 0-9 _ - = @ , . ; : / only")
		}
	}
	if s[0] == '/' || s[len(s)-1] == '/' || strings.Contains(s, "//") {
		return invalid("a topic must not have an empty segment: no / at the start, at the end, or twice in a row")
	}
	return nil
}

func legal(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	return strings.IndexByte("_-=@,.;:/", c) >= 0
}

func invalid(text string) error { return &fault.Error{Kind: fault.Invalid, Text: text} }
