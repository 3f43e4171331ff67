package manage

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

// sample returns an example of what a schema describes, as JSON for people.
func sample(schemas huma.Registry, s *huma.Schema) []byte {
	b, err := json.Marshal(sampleOf(schemas, s, 0))
	if err != nil {
		return nil // cannot happen: examples are constants
	}
	return indent(b)
}

func indent(b []byte) []byte {
	var out bytes.Buffer
	if json.Indent(&out, b, "", "  ") != nil {
		return b
	}
	return out.Bytes()
}

// inOrder is an object whose members are written in their order.
type inOrder []pair

type pair struct {
	name  string
	value any
}

// MarshalJSON writes the members.
func (o inOrder) MarshalJSON() ([]byte, error) {
	b := []byte{'{'}
	for i, m := range o {
		name, err := json.Marshal(m.name)
		if err != nil {
			return nil, err
		}
		value, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, name...), ':'), value...)
	}
	return append(b, '}'), nil
}

func sampleOf(schemas huma.Registry, s *huma.Schema, depth int) any {
	if s.Ref != "" {
		s = schemas.SchemaFromRef(s.Ref)
	}
	switch {
	case depth > 6:
		return nil
	case len(s.Examples) > 0:
		return s.Examples[0]
	case len(s.Enum) > 0:
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		object := inOrder{}
		for _, name := range properties(s) {
			object = append(object, pair{name, sampleOf(schemas, s.Properties[name], depth+1)})
		}
		return object
	case huma.TypeArray:
		return []any{sampleOf(schemas, s.Items, depth+1)}
	case huma.TypeBoolean:
		return false
	case huma.TypeInteger, huma.TypeNumber:
		return 1
	case huma.TypeString:
		if s.Format == "date-time" {
			return "2030-01-31T12:00:00Z"
		}
		return "…"
	}
	return nil
}

// properties returns the names of an object's members: what it is called by
// first.
func properties(s *huma.Schema) []string {
	rank := func(name string) int {
		return cmp.Or(slices.Index([]string{"type", "state", "name", "id"}, name), 0)
	}
	return slices.SortedFunc(maps.Keys(s.Properties), func(a, b string) int {
		return cmp.Or(rank(b)-rank(a), cmp.Compare(a, b))
	})
}
