package gateway

import (
	"bytes"
	"encoding/json"
)

// lookup returns, as text, the value at the end of a path in a JSON document
// that is UTF-8; nothing when it is not JSON or the path finds nothing. The
// result may be a part of doc.
//
// Checking with encoding/json and then walking by hand takes half the time of
// decoding into a struct of the one key, and allocates nothing.
//
// A string's text is what it says, a number's and a boolean's what is written,
// an array's "[item1, item2]", an object's its compact JSON; null is nothing.
// The last two are guesses. Of members with the same name the last one counts,
// as with encoding/json.
func lookup(doc []byte, steps []step) []byte {
	if !json.Valid(doc) {
		return nil
	}
	value := doc
	for i := range steps {
		s := scanner{doc: value}
		if value = s.find(steps[i]); value == nil {
			return nil
		}
	}
	return text(value)
}

// text turns a JSON value into what a route key is compared with.
func text(value []byte) []byte {
	value = bytes.TrimSpace(value)
	if value[0] != '[' {
		return itemText(value)
	}
	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return nil
	}
	out := []byte{'['}
	for i, item := range items {
		if i > 0 {
			out = append(out, ", "...)
		}
		out = append(out, itemText(item)...)
	}
	return append(out, ']')
}

// itemText is text, but for arrays within arrays, which it leaves as JSON: to
// go into them would cost the square of their depth.
func itemText(value []byte) []byte {
	switch value[0] {
	case 'n':
		return nil
	case '"':
		return unquote(value)
	case '[', '{':
		var out bytes.Buffer
		if json.Compact(&out, value) != nil {
			return nil
		}
		return out.Bytes()
	}
	return value
}

// unquote returns what a valid JSON string says: a part of it when nothing in
// it is escaped.
func unquote(quoted []byte) []byte {
	inner := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(inner, '\\') < 0 {
		return inner
	}
	var s string
	if json.Unmarshal(quoted, &s) != nil {
		return nil
	}
	return []byte(s)
}

// scanner walks the top level of a document that is known to be valid.
type scanner struct {
	doc []byte
	pos int
}

// find returns the raw value that a step leads to, or nil.
func (s *scanner) find(to step) (found []byte) {
	s.space()
	open := byte('{')
	if to.index >= 0 {
		open = '['
	}
	if s.doc[s.pos] != open {
		return nil
	}
	s.pos++
	for i := 0; ; i++ {
		s.space()
		switch s.doc[s.pos] {
		case '}', ']':
			return found
		case ',':
			s.pos++
			s.space()
		}
		if open == '[' {
			if v := s.value(); i == to.index {
				return v
			}
			continue
		}
		name := s.value()
		s.space()
		s.pos++ // the colon
		s.space()
		v := s.value()
		if string(unquote(name)) == to.name {
			found = v
		}
	}
}

func (s *scanner) space() {
	for s.pos < len(s.doc) {
		switch s.doc[s.pos] {
		case ' ', '\t', '\r', '\n':
			s.pos++
		default:
			return
		}
	}
}

// value steps over one value and returns it.
func (s *scanner) value() []byte {
	start := s.pos
	depth := 0
	for {
		switch c := s.doc[s.pos]; c {
		case '"':
			s.str()
		case '{', '[':
			depth++
			s.pos++
		case '}', ']':
			depth--
			s.pos++
		case ',', ':', ' ', '\t', '\r', '\n':
			s.pos++
			continue
		default:
			s.literal()
		}
		if depth == 0 {
			return s.doc[start:s.pos]
		}
	}
}

// str steps over a string: its end is the first quotation mark behind an even
// number of backslashes.
func (s *scanner) str() {
	s.pos++
	for {
		s.pos += bytes.IndexByte(s.doc[s.pos:], '"') + 1
		escapes := 0
		for s.doc[s.pos-2-escapes] == '\\' {
			escapes++
		}
		if escapes%2 == 0 {
			return
		}
	}
}

// literal steps over a number, true, false or null.
func (s *scanner) literal() {
	for s.pos < len(s.doc) {
		switch s.doc[s.pos] {
		case ',', '}', ']', ' ', '\t', '\r', '\n':
			return
		}
		s.pos++
	}
}
