package wire

import "errors"

var (
	errSyntax = errors.New("not well-formed JSON")
	errDepth  = errors.New("nested too deeply")
)

// scanner walks over JSON text (RFC 8259) without building anything from it.
// It exists because a payload may only be looked at as far as it takes to
// find its end: encoding/json finds it too, but walks the payload twice and
// allocates (BenchmarkDecode runs both; FuzzScan holds them against each
// other). The caller has checked that the text is valid UTF-8.
type scanner struct {
	text []byte
	at   int
}

// space skips white space.
func (s *scanner) space() {
	for s.at < len(s.text) {
		switch s.text[s.at] {
		case ' ', '\t', '\n', '\r':
			s.at++
		default:
			return
		}
	}
}

// next returns the next character that is not white space without taking
// it, or 0 at the end.
func (s *scanner) next() byte {
	s.space()
	if s.at == len(s.text) {
		return 0
	}
	return s.text[s.at]
}

// take takes c, after white space, and reports whether it was there.
func (s *scanner) take(c byte) bool {
	if s.next() != c {
		return false
	}
	s.at++
	return true
}

// end reports whether nothing but white space is left.
func (s *scanner) end() bool {
	s.space()
	return s.at == len(s.text)
}

// value takes one value of any kind and returns its text.
func (s *scanner) value() ([]byte, error) {
	s.space()
	start := s.at
	var open nest
	for {
		if err := s.step(&open); err != nil {
			return nil, err
		}
		if open.depth == 0 {
			return s.text[start:s.at], nil
		}
	}
}

// step takes the next piece of a value: a scalar, an opening bracket, or,
// where something is open, what may follow a finished element.
func (s *scanner) step(open *nest) error {
	switch c := s.next(); c {
	case '{', '[':
		s.at++
		if err := open.push(c == '{'); err != nil {
			return err
		}
		if s.take(closer(c)) {
			open.pop()
			return s.finish(open)
		}
		return s.element(open)
	default:
		if err := s.scalar(c); err != nil {
			return err
		}
		return s.finish(open)
	}
}

// finish follows a finished element: closing brackets as far as they go, then
// a comma and what comes before the next element.
func (s *scanner) finish(open *nest) error {
	for open.depth > 0 {
		object := open.object()
		if s.take(',') {
			return s.element(open)
		}
		if object && !s.take('}') || !object && !s.take(']') {
			return errSyntax
		}
		open.pop()
	}
	return nil
}

// element takes the key and colon that precede an object's value.
func (s *scanner) element(open *nest) error {
	if !open.object() {
		return nil
	}
	s.space()
	if err := s.str(); err != nil {
		return err
	}
	if !s.take(':') {
		return errSyntax
	}
	return nil
}

func (s *scanner) scalar(c byte) error {
	switch {
	case c == '"':
		return s.str()
	case c == 't':
		return s.literal("true")
	case c == 'f':
		return s.literal("false")
	case c == 'n':
		return s.literal("null")
	default:
		return s.number()
	}
}

func (s *scanner) literal(word string) error {
	if len(s.text)-s.at < len(word) || string(s.text[s.at:s.at+len(word)]) != word {
		return errSyntax
	}
	s.at += len(word)
	return nil
}

// str takes a string with its quotes.
func (s *scanner) str() error {
	if s.at == len(s.text) || s.text[s.at] != '"' {
		return errSyntax
	}
	for i := s.at + 1; i < len(s.text); i++ {
		switch c := s.text[i]; {
		case c == '"':
			s.at = i + 1
			return nil
		case c < ' ':
			return errSyntax
		case c == '\\':
			n := escape(s.text[i+1:])
			if n == 0 {
				return errSyntax
			}
			i += n
		}
	}
	return errSyntax
}

// escape returns the length of what follows a backslash, or 0.
func escape(rest []byte) int {
	if len(rest) == 0 {
		return 0
	}
	switch rest[0] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 1
	case 'u':
		if len(rest) < 5 {
			return 0
		}
		for _, c := range rest[1:5] {
			if !('0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f') {
				return 0
			}
		}
		return 5
	}
	return 0
}

// number takes a number: -? int frac? exp? (RFC 8259 §6).
func (s *scanner) number() error {
	i := s.at
	if i < len(s.text) && s.text[i] == '-' {
		i++
	}
	whole := digits(s.text, i)
	if whole == i || s.text[i] == '0' && whole > i+1 {
		return errSyntax
	}
	i = whole
	if i < len(s.text) && s.text[i] == '.' {
		fraction := digits(s.text, i+1)
		if fraction == i+1 {
			return errSyntax
		}
		i = fraction
	}
	if i < len(s.text) && s.text[i]|0x20 == 'e' {
		i++
		if i < len(s.text) && (s.text[i] == '+' || s.text[i] == '-') {
			i++
		}
		exponent := digits(s.text, i)
		if exponent == i {
			return errSyntax
		}
		i = exponent
	}
	s.at = i
	return nil
}

// digits returns where the run of digits that begins at i ends.
func digits(text []byte, i int) int {
	for i < len(text) && '0' <= text[i] && text[i] <= '9' {
		i++
	}
	return i
}

// nest remembers, one bit a level, whether an object or an array is open.
type nest struct {
	bits  [MaxDepth / 64]uint64
	depth int
}

func (n *nest) push(object bool) error {
	if n.depth == MaxDepth {
		return errDepth
	}
	word, bit := n.depth/64, uint64(1)<<(n.depth%64)
	n.bits[word] &^= bit
	if object {
		n.bits[word] |= bit
	}
	n.depth++
	return nil
}

func (n *nest) pop() { n.depth-- }

// object reports whether the innermost open bracket is an object's.
func (n *nest) object() bool {
	top := n.depth - 1
	return n.bits[top/64]&(1<<(top%64)) != 0
}

func closer(c byte) byte {
	if c == '{' {
		return '}'
	}
	return ']'
}
