package grant

import (
	"encoding/json"
	"strings"
)

// members returns the members of a JSON object, each undecoded, and reports
// whether data is one object whose names differ. RFC 7519 §4 lets a reader
// refuse names that occur twice; two readers that choose differently can be
// told two things by one token.
//
// encoding/json decides what is JSON. To take apart what it has found valid
// needs no judgement, and its decoder would take most of the time of a token.
func members(data []byte) (map[string]string, bool) {
	if !json.Valid(data) {
		return nil, false
	}
	rest, ok := strings.CutPrefix(strings.Trim(string(data), blank), "{")
	if !ok {
		return nil, false
	}
	fields := map[string]string{}
	for {
		if rest = strings.TrimLeft(rest, blank+","); rest[0] == '}' {
			return fields, true
		}
		var raw string
		raw, rest = cutValue(rest)
		name, ok := decodeText(raw)
		if _, twice := fields[name]; twice || !ok {
			return nil, false
		}
		fields[name], rest = cutValue(strings.TrimLeft(rest, blank+":"))
	}
}

// elements returns the elements of a JSON array that is known to be valid, each
// undecoded.
func elements(array string) (all []string) {
	for rest := array[1:]; ; {
		if rest = strings.TrimLeft(rest, blank+","); rest[0] == ']' {
			return all
		}
		var raw string
		raw, rest = cutValue(rest)
		all = append(all, raw)
	}
}

// blank is JSON's white space (RFC 8259 §2).
const blank = " \t\r\n"

// cutValue splits what begins with a value, and is known to be valid.
func cutValue(s string) (value, rest string) {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if end := i + 1; depth == 0 && end < len(s) && strings.IndexByte(",]}"+blank, s[end]) < 0 {
				continue // within a number or a word
			}
		}
		if depth == 0 {
			return s[:i+1], s[i+1:]
		}
	}
	return s, ""
}

// decodeText returns the text of a JSON string, and whether raw is one.
func decodeText(raw string) (text string, ok bool) {
	if raw[0] != '"' {
		return "", false
	}
	if inner := raw[1 : len(raw)-1]; plain(inner) {
		return inner, true
	}
	return unescape(raw)
}

// unescape is a function of its own because its text is an allocation.
func unescape(raw string) (text string, ok bool) {
	ok = json.Unmarshal([]byte(raw), &text) == nil
	return text, ok
}

// plain reports whether text stands in JSON as it is, whoever has written it:
// printable ASCII that needs no escape, not even within HTML.
func plain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || strings.IndexByte(`"\<>&`, c) >= 0 {
			return false
		}
	}
	return true
}

// text sets *s to the string that a member holds, and reports whether the
// member is absent or a string. null is neither.
func text(fields map[string]string, name string, s *string) bool {
	raw, ok := fields[name]
	if !ok {
		return true
	}
	*s, ok = decodeText(raw)
	return ok
}
