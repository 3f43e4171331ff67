package privacytest

import (
	"encoding/json"
	"reflect"
)

var rawJSON = reflect.TypeFor[json.RawMessage]()

// numbers reports whether t is made of numbers only, however many.
func numbers(t reflect.Type, depth int) bool {
	if depth > 20 {
		return false
	}
	switch k := t.Kind(); {
	case k >= reflect.Bool && k <= reflect.Float64:
		return true
	case k == reflect.Slice, k == reflect.Array, k == reflect.Pointer:
		return numbers(t.Elem(), depth+1)
	case k == reflect.Map:
		return numbers(t.Key(), depth+1) && numbers(t.Elem(), depth+1)
	case k == reflect.Struct:
		for i := range t.NumField() {
			if !numbers(t.Field(i).Type, depth+1) {
				return false
			}
		}
		return true
	}
	return false
}
