// Package canonical writes JSON in the one form of RFC 8785, so that whoever
// hashes or signs a document and whoever checks it later, in another language
// perhaps, have the same bytes before them.
//
// Numbers must be integers that every reader of JSON holds exactly: documents
// that are signed hold no others.
package canonical

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"
)

// maxInteger is the largest integer n for which a double holds n and n+1.
const maxInteger = 1<<53 - 1

var errNumber = errors.New("a canonical document holds integers between -(2^53-1) and 2^53-1, and no other numbers")

// JSON returns v, as encoding/json writes it, in canonical form.
func JSON(v any) ([]byte, error) {
	loose, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("this cannot be written as JSON: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(loose))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("this cannot be read as JSON: %w", err)
	}
	return appendValue(nil, tree)
}

func appendValue(to []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case nil:
		return append(to, "null"...), nil
	case bool:
		return strconv.AppendBool(to, v), nil
	case string:
		return appendString(to, v), nil
	case json.Number:
		return appendNumber(to, v)
	case []any:
		return appendArray(to, v)
	case map[string]any:
		return appendObject(to, v)
	}
	return nil, fmt.Errorf("JSON has no %T", v)
}

func appendNumber(to []byte, n json.Number) ([]byte, error) {
	i, err := n.Int64()
	if err != nil || i > maxInteger || i < -maxInteger {
		return nil, errNumber
	}
	return strconv.AppendInt(to, i, 10), nil
}

func appendArray(to []byte, all []any) (_ []byte, err error) {
	to = append(to, '[')
	for i, v := range all {
		if i > 0 {
			to = append(to, ',')
		}
		if to, err = appendValue(to, v); err != nil {
			return nil, err
		}
	}
	return append(to, ']'), nil
}

// appendObject sorts names by their UTF-16 code units, as RFC 8785 §3.2.3 wants:
// by bytes some of the rarer characters would come elsewhere.
func appendObject(to []byte, object map[string]any) (_ []byte, err error) {
	names := slices.SortedFunc(maps.Keys(object), func(a, b string) int {
		return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b)))
	})
	to = append(to, '{')
	for i, name := range names {
		if i > 0 {
			to = append(to, ',')
		}
		to = append(appendString(to, name), ':')
		if to, err = appendValue(to, object[name]); err != nil {
			return nil, err
		}
	}
	return append(to, '}'), nil
}

// short are the characters that have an escape of their own.
var short = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// appendString escapes what must be and nothing else, where encoding/json
// escapes what HTML would read as well.
func appendString(to []byte, s string) []byte {
	to = append(to, '"')
	for _, c := range s {
		if escape, ok := short[c]; ok {
			to = append(to, escape...)
		} else if c < ' ' {
			to = fmt.Appendf(to, `\u%04x`, c)
		} else {
			to = append(to, string(c)...)
		}
	}
	return append(to, '"')
}
