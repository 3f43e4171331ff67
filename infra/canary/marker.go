package canary

import (
	"crypto/rand"
	"math/big"
	"net/netip"
)

// Role is what a marker was sent as.
type Role string

// The roles.
const (
	Payload    Role = "payload"
	Claim      Role = "claim of a token"
	Subject    Role = "subject of a token"
	Signature  Role = "signature of a token"
	BlindTopic Role = "topic whose name is blinded"
	PrivTopic  Role = "name below priv/"
	Address4   Role = "IPv4 address"
	Address6   Role = "IPv6 address"
	Forged     Role = "forged IP address"
	UserAgent  Role = "User-Agent"
	Header     Role = "header"
	Query      Role = "query parameter"
	Path       Role = "path"
	Email      Role = "e-mail address"
	Invited    Role = "invited e-mail address"
	Name       Role = "full name"
	Label      Role = "name of an application or a token"
	FileName   Role = "name of a file"
	Kind       Role = "message type"
	MessageID  Role = "message id"
	ClientID   Role = "id that a client gives its connection"
	Reason     Role = "reason of a close frame"
	Rubbish    Role = "bytes that are no protocol"
	Planted    Role = "planted marker"
)

// Marker is what is sent, and looked for. It is made at random, so that it
// means nothing, and may be told to anybody.
type Marker struct {
	Role Role
	// Text is what is sent, if it is text, and no address.
	Text string
	// Addr is what is sent, if it is an address.
	Addr netip.Addr
	// Raw is what is sent, if it is bytes; text that is made of them is found.
	Raw []byte
	// Guessable says that somebody who has its hash could find it out.
	Guessable bool
}

// String returns what is sent as text.
func (m Marker) String() string {
	if m.Addr.IsValid() {
		return m.Addr.String()
	}
	return m.Text
}

const letters = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"

// textSize is how many random characters a marker has: half of them are still
// more than anything that could stand somewhere by chance.
const textSize = 24

// NewText returns a marker that is text, the same in JSON and in a URL.
func NewText(r Role) Marker {
	text := make([]byte, textSize)
	for i := range text {
		text[i] = letters[number(len(letters))]
	}
	return Marker{Role: r, Text: string(text)}
}

// NewAddr4 returns a marker that is an IPv4 address, with three digits in each
// number and of no network that is special.
func NewAddr4(r Role) Marker {
	first := byte(130 + number(30)) // not 127, 169, 172, 192, 198, 203
	return Marker{Role: r, Addr: netip.AddrFrom4([4]byte{first, threeDigits(), threeDigits(), threeDigits()}), Guessable: true}
}

func threeDigits() byte { return byte(101 + number(154)) }

// NewAddr6 returns a marker that is an IPv6 address of a public network.
func NewAddr6(r Role) Marker {
	var a [16]byte
	rand.Read(a[:]) // crypto/rand ends the program rather than fail
	a[0], a[1] = 0x2a, a[1]|0x10
	for i := 2; i < len(a); i += 2 {
		a[i] |= 0x10 // no group is short, so that there is nothing to leave out
	}
	return Marker{Role: r, Addr: netip.AddrFrom16(a), Guessable: true}
}

// NewRaw returns a marker that is bytes which somebody else has made.
func NewRaw(r Role, raw []byte) Marker { return Marker{Role: r, Raw: raw} }

func number(below int) int {
	n, err := rand.Int(rand.Reader, big.NewInt(int64(below)))
	if err != nil {
		panic(err) // crypto/rand ends the program before
	}
	return int(n.Int64())
}

// Set is one marker for each role that is sent.
type Set map[Role]Marker

// NewSet returns fresh markers for all roles but Signature and Planted, which
// are made by what is sent.
func NewSet() Set {
	s := Set{}
	for _, r := range []Role{
		Payload, Claim, Subject, BlindTopic, PrivTopic, UserAgent, Header, Query, Path, Name, Label, FileName, Kind, MessageID, ClientID, Reason, Rubbish,
	} {
		s[r] = NewText(r)
	}
	for _, r := range []Role{Email, Invited} {
		m := NewText(r)
		// In lower case, as mail addresses are kept; a hash is that of the whole.
		m.Text, m.Guessable = lower(m.Text)+"@"+lower(NewText(r).Text[:8])+".example", true
		s[r] = m
	}
	s[Address4], s[Address6], s[Forged] = NewAddr4(Address4), NewAddr6(Address6), NewAddr4(Forged)
	return s
}

func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		b[i] = fold[c]
	}
	return string(b)
}

// All returns the markers, in no order.
func (s Set) All() []Marker {
	all := make([]Marker, 0, len(s))
	for _, m := range s {
		all = append(all, m)
	}
	return all
}
