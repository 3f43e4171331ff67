package stream

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Filter is a pattern of a FilterCriteria. See
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html.
type Filter struct{ pattern map[string]any }

// operators are what can stand in the place of a value, besides a value.
var operators = map[string]func(operand, value any, present bool) bool{
	"prefix": func(operand, value any, present bool) bool {
		return present && textual(strings.HasPrefix, value, operand)
	},
	"suffix": func(operand, value any, present bool) bool {
		return present && textual(strings.HasSuffix, value, operand)
	},
	"equals-ignore-case": func(operand, value any, present bool) bool {
		return present && textual(strings.EqualFold, value, operand)
	},
	"exists": func(operand, _ any, present bool) bool { return operand == present },
	"anything-but": func(operand, value any, present bool) bool {
		all, ok := operand.([]any)
		if !ok {
			all = []any{operand}
		}
		return present && !slices.ContainsFunc(all, func(x any) bool { return reflect.DeepEqual(x, value) })
	},
}

func textual(is func(a, b string) bool, a, b any) bool {
	x, ok := a.(string)
	y, too := b.(string)
	return ok && too && is(x, y)
}

// ParseFilter returns the filter of a pattern. It is an error to use what is
// not known here: numeric ranges, for one.
func ParseFilter(pattern string) (Filter, error) {
	var f Filter
	if err := json.Unmarshal([]byte(pattern), &f.pattern); err != nil {
		return f, fmt.Errorf("a filter is no JSON object: %w", err)
	}
	return f, check(f.pattern)
}

func check(pattern map[string]any) error {
	for name, x := range pattern {
		switch x := x.(type) {
		case map[string]any:
			if err := check(x); err != nil {
				return err
			}
		case []any:
			for _, alternative := range x {
				o, ok := alternative.(map[string]any)
				for operator := range o {
					if operators[operator] == nil || len(o) != 1 {
						return fmt.Errorf("a filter for %s uses the operator %s, which is not known here", name, operator)
					}
				}
				if ok && len(o) == 0 {
					return fmt.Errorf("a filter for %s names no operator", name)
				}
			}
		default:
			return fmt.Errorf("a filter for %s is neither a list nor an object", name)
		}
	}
	return nil
}

// Match reports whether a record, in JSON, is as the filter wants it.
func (f Filter) Match(record []byte) bool {
	var value map[string]any
	return json.Unmarshal(record, &value) == nil && matches(f.pattern, value)
}

func matches(pattern, value map[string]any) bool {
	for name, want := range pattern {
		got, present := value[name]
		switch want := want.(type) {
		case map[string]any:
			inner, _ := got.(map[string]any)
			if !matches(want, inner) {
				return false
			}
		case []any:
			if !slices.ContainsFunc(want, func(alternative any) bool { return fits(alternative, got, present) }) {
				return false
			}
		}
	}
	return true
}

func fits(alternative, value any, present bool) bool {
	o, ok := alternative.(map[string]any)
	if !ok {
		return present && reflect.DeepEqual(alternative, value)
	}
	for operator, operand := range o {
		return operators[operator](operand, value, present)
	}
	return false
}
