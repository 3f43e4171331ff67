package privacytest

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"tacet/core/privacy"
)

// Find returns the class that lists what lies under a key of a table, and
// whether there is one.
func Find(m privacy.Manifest, table, partition, sort string) (privacy.Class, bool) {
	for _, c := range m.Classes {
		for _, p := range c.Tables {
			if p.Table == table && matches(p.Partition, partition) && matches(p.Sort, sort) {
				return c, true
			}
		}
	}
	return privacy.Class{}, false
}

var stands = strings.NewReplacer(
	regexp.QuoteMeta("{id}"), "[0-9a-f]{32}", regexp.QuoteMeta("{hash}"), "[0-9a-f]{64}",
	regexp.QuoteMeta("{n}"), "[0-9]+", regexp.QuoteMeta("{any}"), "(?s:.+)",
)

func matches(pattern, text string) bool {
	return regexp.MustCompile("^" + stands.Replace(regexp.QuoteMeta(pattern)) + "$").MatchString(text)
}

// Columns returns what items of DynamoDB may have besides their keys that are of
// a class: those of a record, where the class is one of records.
func Columns(m privacy.Manifest, c privacy.Class) map[string]privacy.Attribute {
	columns := map[string]privacy.Attribute{}
	if slices.ContainsFunc(c.Tables, func(p privacy.Place) bool { return p.Table == "directory" || p.Table == "vault" }) {
		c, _ = m.Class("record")
	}
	for _, a := range c.Attributes {
		names := a.Columns
		if names == nil && !strings.ContainsAny(a.Field, ".") {
			names = []string{a.Field}
		}
		for _, name := range names {
			if name != "pk" && name != "sk" {
				columns[name] = a
			}
		}
	}
	return columns
}

// Value returns what is in a record's value that its class does not list, or
// that is not what its transform leaves behind. Open opens what is sealed.
func Value(c privacy.Class, value []byte, open func([]byte) ([]byte, error)) []string {
	v := &values{class: c, open: open}
	if c.Sealed {
		v.sealed(value, "")
	} else {
		v.json(value, "", false)
	}
	return v.problems
}

// values is one call of Value.
type values struct {
	class    privacy.Class
	open     func([]byte) ([]byte, error)
	problems []string
}

func (v *values) problem(format string, a ...any) {
	v.problems = append(v.problems, v.class.Name+": "+fmt.Sprintf(format, a...))
}

func (v *values) sealed(sealed []byte, path string) {
	plain, err := v.open(sealed)
	if err != nil {
		v.problem("%q cannot be opened: %v", path, err)
		return
	}
	v.json(plain, path, true)
}

func (v *values) json(text []byte, path string, opened bool) {
	var value any
	if json.Unmarshal(text, &value) != nil {
		v.problem("%q is no JSON", path)
		return
	}
	v.look(value, path, opened)
}

// listed returns what is listed at a path, and reports whether something is
// below it.
func (v *values) listed(path string) (at privacy.Attribute, here, below bool) {
	for _, a := range v.class.Attributes {
		if a.Field == path {
			at, here = a, true
		}
		below = below || path == "" || strings.HasPrefix(a.Field, path+".")
	}
	return at, here, below
}

func (v *values) look(value any, path string, opened bool) {
	at, here, below := v.listed(path)
	switch x := value.(type) {
	case nil:
	case []any:
		for _, one := range x {
			v.look(one, path, opened)
		}
	case map[string]any:
		if here { // what its members are called is data
			return
		}
		for name, one := range x {
			v.look(one, strings.TrimPrefix(path+"."+name, "."), opened)
		}
	default:
		text := fmt.Sprint(x)
		bytes, err := base64.StdEncoding.DecodeString(text)
		switch {
		case !here && !below:
			v.problem("%q is not in the manifest", path)
		case !opened && (!here || at.Transform == privacy.Sealed):
			if err != nil {
				v.problem("%q is in clear", path)
				return
			}
			v.sealed(bytes, path)
		case !Fits(at.Transform, text):
			v.problem("%q is not %s", path, at.Transform)
		}
	}
}

var (
	hash    = regexp.MustCompile(`^([a-z]#)?[0-9a-f]{64}(#.*)?$`)
	encoded = regexp.MustCompile(`^[A-Za-z0-9+/_-]{40,}=*$`)
)

// Fits reports whether a text can be what a transform leaves behind. Of most
// of them nobody can tell.
func Fits(t privacy.Transform, text string) bool {
	switch t {
	case privacy.Anonymise:
		return new(privacy.Anonymised).UnmarshalText([]byte(text)) == nil
	case privacy.HideTopics:
		return !strings.HasPrefix(text, "priv/") || text == string(privacy.PrivateTopics)
	case privacy.KeyedHash, privacy.Hashed:
		return hash.MatchString(text)
	case privacy.Wrapped, privacy.Shared:
		return encoded.MatchString(text)
	}
	return true
}
