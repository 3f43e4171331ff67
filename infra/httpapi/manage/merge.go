package manage

import (
	"encoding/json"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
)

// nullable is a type that reads null as something of its own.
type nullable interface{ of() reflect.Type }

// change is a member of a merge patch (RFC 7396): it is left out, or null, or
// has a value.
type change[T any] struct {
	there bool
	value *T // nil for null
}

func (change[T]) of() reflect.Type { return reflect.TypeFor[T]() }

// IsZero reports whether the member was left out.
func (c change[T]) IsZero() bool { return !c.there }

// UnmarshalJSON reads null, or a value.
func (c *change[T]) UnmarshalJSON(data []byte) error {
	c.there = true
	return json.Unmarshal(data, &c.value)
}

// MarshalJSON writes null, or the value, for examples.
func (c change[T]) MarshalJSON() ([]byte, error) { return json.Marshal(c.value) }

// Schema describes the value, or null.
func (change[T]) Schema(r huma.Registry) *huma.Schema {
	s := *r.Schema(reflect.TypeFor[T](), false, "")
	s.Nullable = true
	return &s
}

// to changes what a member of the same meaning was.
func (c change[T]) to(was *T) {
	if !c.there {
		return
	}
	var zero T
	if c.value != nil {
		zero = *c.value
	}
	*was = zero
}
