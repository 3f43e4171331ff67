package privacy

import (
	"fmt"
	"reflect"
	"strings"
	"time"
)

// CheckType returns nil when a value of struct type t can hold nothing that m
// does not list, else an error that names the first field that it could. A
// field goes by its name in JSON. Its type must be the one that the attribute's
// transform leaves behind; nothing may be of a type that can hold anything
// (interfaces, maps, slices, functions, other structs). Embedded structs are
// walked into.
func CheckType(t reflect.Type, m Manifest) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return fmt.Errorf("%v is not a struct", t)
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous {
			if err := CheckType(f.Type, m); err != nil {
				return err
			}
			continue
		}
		if err := m.checkField(f); err != nil {
			return fmt.Errorf("%v.%s: %w", t, f.Name, err)
		}
	}
	return nil
}

func (m Manifest) checkField(f reflect.StructField) error {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	if name == "" {
		name = f.Name
	}
	for _, a := range m.Attributes {
		if a.Field == name {
			return a.checkType(f.Type)
		}
	}
	return fmt.Errorf("%q is not in the manifest", name)
}

func (a Attribute) checkType(t reflect.Type) error {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	var ok bool
	switch a.Transform {
	case Anonymise:
		ok = t == reflect.TypeFor[Anonymised]()
	case HideTopics:
		ok = t == reflect.TypeFor[RecordedTopic]()
	case AsIs:
		ok = plain(t)
	}
	if !ok {
		return fmt.Errorf("%v is no type for an attribute that is stored %s", t, a.Transform)
	}
	return nil
}

// plain reports whether t holds one number, string or time.
func plain(t reflect.Type) bool {
	if t == reflect.TypeFor[time.Time]() {
		return true
	}
	k := t.Kind()
	return k >= reflect.Bool && k <= reflect.Float64 || k == reflect.String
}
