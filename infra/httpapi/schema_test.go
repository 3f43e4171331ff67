package httpapi_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// mismatches returns what is wrong with v under a schema of the document. It is
// stricter than JSON Schema: a member that the schema does not name is wrong,
// and so is a keyword that nobody here checks.
func (d asyncDoc) mismatches(at string, schema map[string]any, v any) (wrong []string) {
	say := func(format string, args ...any) { wrong = append(wrong, at+": "+fmt.Sprintf(format, args...)) }
	if to, ok := schema["$ref"].(string); ok {
		return d.mismatches(at, d.at(to), v)
	}
	members, isObject := v.(map[string]any)
	items, _ := v.([]any)
	text, isText := v.(string)
	for keyword, arg := range schema {
		switch keyword {
		case "description", "examples", "format":
		case "type":
			if types := list(arg); !slices.ContainsFunc(types, func(t any) bool { return is(t.(string), v) }) {
				say("%v is none of %v", v, types)
			}
		case "const":
			if v != arg {
				say("%v is not %v", v, arg)
			}
		case "enum":
			if !slices.Contains(list(arg), v) {
				say("%v is none of %v", v, arg)
			}
		case "required":
			for _, name := range list(arg) {
				if _, ok := members[name.(string)]; isObject && !ok {
					say("%v is missing", name)
				}
			}
		case "properties":
			for name, member := range members {
				if s, ok := arg.(map[string]any)[name]; ok {
					wrong = append(wrong, d.mismatches(at+"/"+name, s.(map[string]any), member)...)
				} else {
					say("%s is not described", name)
				}
			}
		case "items":
			for _, item := range items {
				wrong = append(wrong, d.mismatches(at+"[]", arg.(map[string]any), item)...)
			}
		case "pattern":
			if isText && !regexp.MustCompile(arg.(string)).MatchString(text) {
				say("%q does not look like %s", text, arg)
			}
		case "not":
			if len(d.mismatches(at, arg.(map[string]any), v)) == 0 {
				say("%v is excluded", v)
			}
		case "minLength", "maxLength":
			if n, most := float64(utf8.RuneCountInString(text)), arg.(float64); isText && (n > most) == strings.HasPrefix(keyword, "max") && n != most {
				say("%v characters break %s %v", n, keyword, most)
			}
		case "minimum":
			if n, ok := v.(float64); ok && n < arg.(float64) {
				say("%v is less than %v", n, arg)
			}
		default:
			say("nobody checks the keyword %s", keyword)
		}
	}
	return wrong
}

func list(v any) []any {
	if l, ok := v.([]any); ok {
		return l
	}
	return []any{v}
}

func is(kind string, v any) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case bool:
		return kind == "boolean"
	case string:
		return kind == "string"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	case []any:
		return kind == "array"
	}
	return kind == "object"
}
