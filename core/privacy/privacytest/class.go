package privacytest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"tacet/core/privacy"
)

// Form says that records of a class hold what a type can hold.
type Form struct {
	Of reflect.Type
	// At is the path below which they do; "" for the whole record.
	At string
	// Sealed says that all of it is encrypted as a whole.
	Sealed bool
	// Lower says that it is not stored as JSON, and that the manifest calls its
	// fields as Go does, but in lower case.
	Lower bool
	// Inside says what is in the bytes at a path: they are sealed, or are JSON
	// that is stored as it was handed out.
	Inside map[string]reflect.Type
	// Opaque are paths of bytes that are no more than they seem: signatures,
	// hashes, certificates.
	Opaque []string
	// Leaves are types that are not looked into any further, and what has been
	// done to what they hold. Those that are Sketched or Hashed must be made of
	// numbers.
	Leaves map[reflect.Type]privacy.Transform
	// Unsaid are fields that are stored nowhere.
	Unsaid []string
}

// Class fails the test unless the forms, together, hold exactly what the
// manifest lists under a class. What the class says of keys is not in forms.
func Class(t testing.TB, name string, forms ...Form) {
	t.Helper()
	for _, p := range Problems(privacy.Telemetry, name, forms...) {
		t.Error(p)
	}
}

// Problems returns what Class would fail with, for any manifest.
func Problems(m privacy.Manifest, name string, forms ...Form) []string {
	c, ok := m.Class(name)
	if !ok {
		return []string{fmt.Sprintf("there is no class %q in the manifest", name)}
	}
	w := &walk{class: c, found: map[string]bool{}}
	for _, f := range forms {
		w.form = f
		w.look(f.Of, f.At, f.Sealed)
	}
	for _, a := range c.Attributes {
		if !w.found[a.Field] && !strings.HasPrefix(a.Field, "key.") {
			w.problem("the manifest lists %q under %q, and there is no such field", a.Field, name)
		}
	}
	return w.problems
}

// walk is one call of Problems.
type walk struct {
	class    privacy.Class
	form     Form
	found    map[string]bool
	problems []string
	depth    int
}

func (w *walk) problem(format string, a ...any) {
	w.problems = append(w.problems, fmt.Sprintf(format, a...))
}

// Types that are what a transform leaves behind.
var made = map[reflect.Type]privacy.Transform{
	reflect.TypeFor[privacy.Anonymised]():    privacy.Anonymise,
	reflect.TypeFor[privacy.RecordedTopic](): privacy.HideTopics,
	reflect.TypeFor[privacy.BlindKey]():      privacy.Random,
	reflect.TypeFor[privacy.Secret]():        privacy.Random,
}

// look notes what a value of type t can hold that lies at a path.
func (w *walk) look(t reflect.Type, path string, sealed bool) {
	if w.depth++; w.depth > 20 {
		w.problem("%s: %v is made of itself", path, t)
		return
	}
	defer func() { w.depth-- }()
	if leaf, ok := w.form.Leaves[t]; ok {
		if (leaf == privacy.Sketched || leaf == privacy.Hashed) && !numbers(t, 0) {
			w.problem("%s: %v is not made of numbers", path, t)
		}
		w.note(path, t, leaf)
		return
	}
	if done, ok := made[t]; ok {
		w.note(path, t, done)
		return
	}
	switch k := t.Kind(); {
	case t == reflect.TypeFor[time.Time](), k >= reflect.Bool && k <= reflect.Float64, k == reflect.String:
		w.plain(path, t, sealed)
	case k == reflect.Pointer:
		w.look(t.Elem(), path, sealed)
	case (k == reflect.Slice || k == reflect.Array) && t.Elem().Kind() == reflect.Uint8:
		w.bytes(path, t, sealed)
	case k == reflect.Slice, k == reflect.Array:
		w.look(t.Elem(), path, sealed)
	case k == reflect.Map:
		w.look(t.Key(), path, sealed)
		w.look(t.Elem(), path, sealed)
	case k == reflect.Struct:
		w.fields(t, path, sealed)
	default:
		w.problem("%s: %v can hold anything", path, t)
	}
}

func (w *walk) fields(t reflect.Type, path string, sealed bool) {
	if path != "" {
		path += "."
	}
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Anonymous && f.Type.Kind() == reflect.Pointer {
			f.Type = f.Type.Elem()
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case slices.Contains(w.form.Unsaid, f.Name):
		case f.Anonymous && name == "" && f.Type.Kind() == reflect.Struct && w.form.Leaves[f.Type] == "" && made[f.Type] == "":
			w.look(f.Type, strings.TrimSuffix(path, "."), sealed)
		case name == "" && w.form.Lower:
			w.look(f.Type, path+lower(f.Name), sealed)
		case name == "":
			w.look(f.Type, path+f.Name, sealed)
		default:
			w.look(f.Type, path+name, sealed)
		}
	}
}

// lower returns the name of a field as JSON mostly has it: ID is id.
func lower(name string) string {
	if strings.ToUpper(name) == name {
		return strings.ToLower(name)
	}
	return strings.ToLower(name[:1]) + name[1:]
}

func (w *walk) plain(path string, t reflect.Type, sealed bool) {
	if sealed {
		w.note(path, t, privacy.Sealed)
		return
	}
	w.note(path, t, privacy.AsIs, privacy.KeyedHash, privacy.Hashed, privacy.Protected)
}

func (w *walk) bytes(path string, t reflect.Type, sealed bool) {
	switch inside, ok := w.form.Inside[path]; {
	case ok:
		w.look(inside, path, t != rawJSON)
	case slices.Contains(w.form.Opaque, path):
		w.plain(path, t, sealed)
	default: // an attribute that is AsIs cannot be bytes
		w.note(path, t, privacy.Shared, privacy.Wrapped, privacy.Random, privacy.Elsewhere)
	}
}

// note notes that a field holds something to which one of the transforms was
// applied.
func (w *walk) note(path string, t reflect.Type, could ...privacy.Transform) {
	w.found[path] = true
	for _, a := range w.class.Attributes {
		if a.Field != path {
			continue
		}
		if !slices.Contains(could, a.Transform) {
			w.problem("%q: %v is no type for what is stored %s", path, t, a.Transform)
		}
		return
	}
	w.problem("%q (%v) is not in the manifest, under %q", path, t, w.class.Name)
}
