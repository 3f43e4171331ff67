package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
)

// matches returns nil if the JSON text got has the structure of want, where
// "$any" stands for any value, and ... at the end of an object for any further
// members. Numbers are compared as they are written.
func matches(want, got string) error {
	// A member of its own, because JSON has no dots.
	want = strings.ReplaceAll(strings.ReplaceAll(want, ", ...}", `,"...":0}`), "{...}", `{"...":0}`)
	w, err := decode(want)
	if err != nil {
		return fmt.Errorf("%s: %w", want, err)
	}
	g, err := decode(got)
	if err != nil {
		return fmt.Errorf("%s: %w", got, err)
	}
	if where := differ(w, g, "."); where != "" {
		return fmt.Errorf("want %s\n\tgot  %s\n\tthey differ at %s", want, got, where)
	}
	return nil
}

func decode(text string) (any, error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// differ returns where the two differ, or "".
func differ(want, got any, at string) string {
	switch w := want.(type) {
	case map[string]any:
		g, ok := got.(map[string]any)
		if !ok {
			return at
		}
		_, open := w["..."]
		for name := range g {
			if _, ok := w[name]; !ok && !open {
				return at + name
			}
		}
		for name, value := range w {
			if name == "..." {
				continue
			}
			if _, ok := g[name]; !ok {
				return at + name
			}
			if where := differ(value, g[name], at+name+"."); where != "" {
				return where
			}
		}
		return ""
	case []any:
		g, ok := got.([]any)
		if !ok || len(g) != len(w) {
			return at
		}
		for i := range w {
			if where := differ(w[i], g[i], fmt.Sprintf("%s%d.", at, i)); where != "" {
				return where
			}
		}
		return ""
	}
	if want == "$any" || reflect.DeepEqual(want, got) {
		return ""
	}
	return at
}
