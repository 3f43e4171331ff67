package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"strconv"
	"time"
)

// Alike is what the requests of a series have in common.
type Alike struct {
	Method string
	Host   string // without the port, if that is the scheme's own
	// Path is what all paths begin with, escaped as it is to be sent:
	// "/prod/@connections/".
	Path string
	// ContentType may be "", which leaves the header out.
	ContentType string
	Body        []byte
}

// Series are signed HTTP/1.1 requests that differ in the end of their paths. It
// is not safe for concurrent use; At makes others that are alike.
type Series struct {
	signer *Signer
	alike  Alike
	hash   string // of the body

	canonical headed
	request   headed
	signature int    // where it stands in the rest of request
	toSign    []byte // ends in the hash of the canonical request
	mac       hash.Hash
	escaped   []byte
	sum       []byte
}

// Series returns requests that are signed for a time. Services take them for
// five minutes.
func (s *Signer) Series(a Alike, at time.Time) *Series {
	return (&Series{signer: s, alike: a, hash: hexOfHash(a.Body)}).At(at)
}

// At returns a series like s that is signed for another time. It does not hash
// the body again. Several goroutines may call it at once, as long as none calls
// Request of the same series.
func (s *Series) At(at time.Time) *Series {
	a, at := &s.alike, at.UTC()
	day, date := at.Format(dayFormat), at.Format(timeFormat)
	scope := s.signer.scope(day)
	canonical, rest, names := s.headers(date)
	canonical = append(canonical, "\n"+names+"\n"+s.hash...)
	rest = append(rest, "authorization: "+algorithm+" Credential="+s.signer.secrets().ID+"/"+scope+
		", SignedHeaders="+names+", Signature="...)
	signature := len(rest)
	rest = append(rest, room...)
	rest = append(rest, "\r\n\r\n"...)
	rest = append(rest, a.Body...)
	return &Series{
		signer: s.signer, alike: *a, hash: s.hash,
		canonical: newHeaded(a.Method+"\n"+string(appendEscaped(nil, a.Path, '/')), "\n", canonical),
		request:   newHeaded(a.Method+" "+a.Path, " HTTP/1.1\r\n", rest),
		signature: signature,
		toSign:    []byte(algorithm + "\n" + date + "\n" + scope + "\n" + room),
		mac:       hmac.New(sha256.New, s.signer.derived(day)),
		sum:       make([]byte, 0, sha256.Size),
	}
}

// room is where a hash will be written, in hexadecimal.
const room = "0000000000000000000000000000000000000000000000000000000000000000"

// headers returns the headers that are signed, in the order of their names, as
// they are signed (after a query, which is empty) and as they are sent, and
// their names.
func (s *Series) headers(date string) (canonical, sent []byte, names string) {
	canonical = append(canonical, '\n')
	add := func(name, value string) {
		if value == "" {
			return
		}
		canonical = append(canonical, name+":"+value+"\n"...)
		sent = append(sent, name+": "+value+"\r\n"...)
		if names != "" {
			names += ";"
		}
		names += name
	}
	switch length := len(s.alike.Body); {
	case length > 0:
		add("content-length", strconv.Itoa(length))
	case s.alike.Method == "POST": // the SDK does not sign this one
		sent = append(sent, "content-length: 0\r\n"...)
	}
	add("content-type", s.alike.ContentType)
	add("host", s.alike.Host)
	add("x-amz-date", date)
	add("x-amz-security-token", s.signer.secrets().Session)
	return canonical, sent, names
}

// Request returns the request whose path ends in name, escaped, as it is to be
// sent, body included. It is valid until the next call.
func (s *Series) Request(name string) []byte {
	s.escaped = appendEscaped(s.escaped[:0], name, 0)
	request, rest := s.request.with(s.escaped)
	// A canonical path is escaped once more than the one that is sent.
	twice := len(s.escaped)
	s.escaped = appendEscaped(s.escaped, string(s.escaped), 0)
	canonical, _ := s.canonical.with(s.escaped[twice:])

	hash := sha256.Sum256(canonical)
	hex.Encode(s.toSign[len(s.toSign)-len(room):], hash[:])
	s.mac.Reset()
	s.mac.Write(s.toSign)
	s.sum = s.mac.Sum(s.sum[:0])
	hex.Encode(request[rest+s.signature:], s.sum)
	return request
}

// headed is a text of which only the middle of the beginning changes, kept so
// that what follows need not be moved.
type headed struct {
	before, after string
	text          []byte // ends in what follows
	rest          int    // where that begins
}

func newHeaded(before, after string, rest []byte) headed {
	const usual = 64 // bytes, of what changes
	h := headed{before: before, after: after, rest: len(before) + usual + len(after)}
	h.text = make([]byte, h.rest+len(rest))
	copy(h.text[h.rest:], rest)
	return h
}

// with returns the text with that middle, and where what follows begins in it.
func (h *headed) with(middle []byte) (text []byte, rest int) {
	length := len(h.before) + len(middle) + len(h.after)
	if length > h.rest {
		longer := make([]byte, length+len(h.text)-h.rest)
		copy(longer[length:], h.text[h.rest:])
		h.text, h.rest = longer, length
	}
	text = h.text[h.rest-length:]
	n := copy(text, h.before)
	n += copy(text[n:], middle)
	copy(text[n:], h.after)
	return text, length
}

const hexDigits = "0123456789ABCDEF"

// appendEscaped appends s with every byte that is not unreserved (RFC 3986) as
// %XX, but for one.
func appendEscaped(b []byte, s string, except byte) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_', c == '.', c == '~', c == except && c != 0:
			b = append(b, c)
		default:
			b = append(b, '%', hexDigits[c>>4], hexDigits[c&15])
		}
	}
	return b
}
