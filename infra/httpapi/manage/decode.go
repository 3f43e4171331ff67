package manage

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tacet/core/fault"
	"tacet/core/wire"
	"tacet/infra/httpapi/door"
)

const (
	maxBody  = 64 << 10 // bytes
	maxDepth = 16       // levels of arrays and objects
)

// decode reads a body into v, and refuses whatever would be overlooked: members
// that v does not have, or that occur twice, or in another case, and anything
// after the end. What it says begins with the member.
func decode(data []byte, v any) error {
	r := reader{json.NewDecoder(bytes.NewReader(data))}
	r.UseNumber()
	if err := r.value("", reflect.TypeOf(v).Elem(), "", 0); err != nil {
		return err
	}
	if _, err := r.Token(); !errors.Is(err, io.EOF) {
		return door.Invalid("the body must be one JSON object and nothing after it")
	}
	if err := json.Unmarshal(data, v); err != nil {
		// What gets here has the shape of v; a type of ours has refused it.
		return door.Invalid("the body holds a value that cannot be read: " + fault.Public(err).Text)
	}
	return nil
}

// reader walks through JSON beside the type that it is to be read into.
type reader struct{ *json.Decoder }

var (
	errNotJSON = &fault.Error{Kind: fault.Invalid, Text: "the body must be a JSON object"}
	timeType   = reflect.TypeFor[time.Time]()
)

// value reads the value that is next; at is its name, "" for the whole. The tag
// is that of its field, with what the document says of it.
func (r reader) value(at string, t reflect.Type, tag reflect.StructTag, depth int) error {
	token, err := r.Token()
	if err != nil {
		return errNotJSON
	}
	if depth > maxDepth {
		return &fault.Error{Kind: fault.Invalid, Code: wire.CodeTooDeep, Text: "arrays and objects are nested more than " + strconv.Itoa(maxDepth) + " levels deep"}
	}
	if n, ok := reflect.Zero(t).Interface().(nullable); ok {
		if token == nil {
			return nil
		}
		t = n.of()
	}
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if token == json.Delim('{') && t.Kind() == reflect.Struct && t != timeType {
		return r.object(at, t, depth)
	}
	if token == json.Delim('[') && t.Kind() == reflect.Slice {
		for r.More() {
			if err := r.value(at, t.Elem(), "", depth+1); err != nil {
				return err
			}
		}
		_, err := r.Token()
		return notJSON(err)
	}
	if err := scalar(at, token, t); err != nil {
		return err
	}
	return bounded(at, token, tag)
}

func (r reader) object(at string, t reflect.Type, depth int) error {
	members := membersOf(t)
	seen := map[string]bool{}
	for r.More() {
		token, err := r.Token()
		if err != nil {
			return errNotJSON
		}
		name := token.(string) // the decoder refuses others
		f, ok := members[name]
		switch full := join(at, name); {
		case !ok:
			return door.Invalid(quote(full) + " is not known here; there are " + strings.Join(namesOf(t), ", "))
		case seen[name]:
			return door.Invalid(full + " occurs twice")
		default:
			if err := r.value(full, f.Type, f.Tag, depth+1); err != nil {
				return err
			}
		}
		seen[name] = true
	}
	if _, err := r.Token(); err != nil {
		return errNotJSON
	}
	for _, name := range namesOf(t) {
		if !seen[name] && !optional(members[name]) {
			return door.Invalid(join(at, name) + " is missing")
		}
	}
	return nil
}

// scalar says what is wrong with a value that is neither the object nor the
// array that t is.
func scalar(at string, token json.Token, t reflect.Type) error {
	want := ""
	switch t.Kind() {
	case reflect.String:
		if _, ok := token.(string); !ok {
			want = "a string"
		}
	case reflect.Bool:
		if _, ok := token.(bool); !ok {
			want = "true or false"
		}
	case reflect.Int, reflect.Int64:
		n, ok := token.(json.Number)
		if _, err := n.Int64(); !ok || err != nil {
			want = "a whole number"
		}
	case reflect.Slice:
		want = "an array"
	case reflect.Struct:
		text, ok := token.(string)
		if _, err := time.Parse(time.RFC3339, text); t == timeType && (!ok || err != nil) {
			want = "a time such as 2030-01-31T12:00:00Z"
		} else if t != timeType {
			want = "an object"
		}
	}
	switch {
	case want == "":
		return nil
	case at == "":
		return errNotJSON
	}
	return door.Invalid(at + " must be " + want)
}

// bounded says what is wrong with a value that has the right type: what the
// document says of it is what is asked for.
func bounded(at string, token json.Token, tag reflect.StructTag) error {
	switch v := token.(type) {
	case string:
		n := utf8.RuneCountInString(v)
		if all := tag.Get("enum"); all != "" && !slices.Contains(strings.Split(all, ","), v) {
			return door.Invalid(at + " must be one of " + strings.ReplaceAll(all, ",", ", "))
		}
		if least, ok := number(tag, "minLength"); ok && n < least {
			return door.Invalid(at + " is too short")
		}
		if most, ok := number(tag, "maxLength"); ok && n > most {
			return door.Invalid(at + " is longer than " + strconv.Itoa(most) + " characters")
		}
		if form := tag.Get("pattern"); form != "" && !compiled(form).MatchString(v) {
			return door.Invalid(at + " does not look like " + form)
		}
	case json.Number:
		n, err := v.Int64()
		least, _ := number(tag, "minimum")
		if most, ok := number(tag, "maximum"); err != nil || n < int64(least) || ok && n > int64(most) {
			return door.Invalid(at + " must be " + strconv.Itoa(least) + " to " + strconv.Itoa(most))
		}
	}
	return nil
}

func number(tag reflect.StructTag, name string) (int, bool) {
	n, err := strconv.Atoi(tag.Get(name))
	return n, err == nil
}

var compiled = lazy(regexp.MustCompile)

func notJSON(err error) error {
	if err != nil {
		return errNotJSON
	}
	return nil
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// quote returns a name that a client has made up, short enough for a sentence.
func quote(name string) string {
	const most = 64
	if len(name) > most {
		name = strings.ToValidUTF8(name[:most], "") + "…"
	}
	return strconv.Quote(name)
}

// membersOf returns the fields of a struct by their names in JSON.
func membersOf(t reflect.Type) map[string]reflect.StructField {
	members := map[string]reflect.StructField{}
	for f := range fields(t) {
		members[nameOf(f)] = f
	}
	return members
}

func namesOf(t reflect.Type) (names []string) {
	for f := range fields(t) {
		names = append(names, nameOf(f))
	}
	return names
}

func fields(t reflect.Type) func(yield func(reflect.StructField) bool) {
	return func(yield func(reflect.StructField) bool) {
		for i := range t.NumField() {
			if !yield(t.Field(i)) {
				return
			}
		}
	}
}

func nameOf(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}

func optional(f reflect.StructField) bool {
	return strings.Contains(f.Tag.Get("json"), ",omit")
}
