package iam

import (
	"fmt"
	"slices"
	"strings"
)

// Condition is one key of one operator: all values of a statement's conditions
// must hold.
type Condition struct {
	Operator string // "ForAllValues:StringLike"
	Key      string // "dynamodb:LeadingKeys"
	Values   []string

	of       quantifier
	ifExists bool
	not      bool
	same     func(pattern, value string) bool // nil: the operator Null
}

type quantifier int

const (
	one       quantifier = iota // the key has one value
	allValues                   // every value of the request matches; also if there is none
	anyValue                    // some value of the request matches
)

var operators = map[string]struct {
	not  bool
	same func(pattern, value string) bool
}{
	"StringEquals":    {same: equal},
	"StringNotEquals": {same: equal, not: true},
	"StringLike":      {same: like},
	"StringNotLike":   {same: like, not: true},
	"ArnEquals":       {same: like}, // the guide: "ArnEquals and ArnLike behave identically"
	"ArnLike":         {same: like},
	"Bool":            {same: strings.EqualFold},
	"Null":            {},
}

func equal(a, b string) bool { return a == b }

// newCondition understands an operator. The error is a finding.
func newCondition(operator, key string, values []string) (Condition, error) {
	c := Condition{Operator: operator, Key: key, Values: values}
	name := operator
	if rest, ok := strings.CutPrefix(name, "ForAllValues:"); ok {
		c.of, name = allValues, rest
	} else if rest, ok := strings.CutPrefix(name, "ForAnyValue:"); ok {
		c.of, name = anyValue, rest
	}
	name, c.ifExists = strings.CutSuffix(name, "IfExists")
	known, ok := operators[name]
	if !ok {
		return c, fmt.Errorf("the condition operator %s is not known here", operator)
	}
	c.not, c.same = known.not, known.same
	return c, nil
}

// key returns the condition's key as the context spells it: names of keys match
// in any case.
func (c Condition) key(context map[string][]string) string {
	for name := range context {
		if strings.EqualFold(name, c.Key) {
			return name
		}
	}
	return c.Key
}

// met reports whether one value of the condition matches something in the
// context.
func (c Condition) met(value string, context map[string][]string) bool {
	return c.same == nil || slices.ContainsFunc(context[c.key(context)], func(v string) bool { return c.same(value, v) != c.not })
}

// holds reports whether the condition holds of the values that a request has.
func (c Condition) holds(values []string) bool {
	if c.same == nil {
		return slices.Contains(c.Values, fmt.Sprint(len(values) == 0))
	}
	if len(values) == 0 {
		// The guide, of a key that is absent: ForAllValues is true, ForAnyValue
		// false, a negated operator true, IfExists true, any other false.
		return c.of == allValues || c.of != anyValue && (c.not || c.ifExists)
	}
	matches := func(value string) bool {
		return c.not != slices.ContainsFunc(c.Values, func(pattern string) bool { return c.same(pattern, value) })
	}
	if c.of == anyValue {
		return slices.ContainsFunc(values, matches)
	}
	// A key of several values without a quantifier is a mistake; the stricter
	// reading grants less.
	return !slices.ContainsFunc(values, func(v string) bool { return !matches(v) })
}
