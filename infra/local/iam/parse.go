package iam

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Parse reads a policy's document, or its Statement alone, as a decoder of JSON
// or YAML returns it: maps, slices, strings, booleans. What it does not
// understand becomes a finding of the statement.
func Parse(document any) []Statement {
	if m, ok := document.(map[string]any); ok {
		if inside, ok := m["PolicyDocument"]; ok {
			return Parse(inside)
		}
		if inside, ok := m["Statement"]; ok {
			return Parse(inside)
		}
		return []Statement{parse(m)}
	}
	list, ok := document.([]any)
	if !ok {
		return []Statement{{Findings: []string{"that is no statement of a policy"}}}
	}
	var all []Statement
	for _, one := range list {
		all = append(all, Parse(one)...)
	}
	return all
}

func parse(m map[string]any) Statement {
	var s Statement
	find := func(format string, about ...any) { s.Findings = append(s.Findings, fmt.Sprintf(format, about...)) }
	for _, name := range slices.Sorted(maps.Keys(m)) {
		value := m[name]
		switch name {
		case "Sid":
		case "Effect":
			if s.Deny = value == "Deny"; !s.Deny && value != "Allow" {
				find("the effect %v is neither Allow nor Deny", value)
			}
		case "Action":
			s.Actions = texts(value, find)
		case "Resource":
			s.Resources = texts(value, find)
		case "Condition":
			s.Conditions = conditions(value, find)
		default:
			find("the element %s is not known here", name)
		}
	}
	if m["Effect"] == nil {
		find("there is no Effect")
	}
	return s
}

func conditions(value any, find func(string, ...any)) []Condition {
	var all []Condition
	operators, ok := value.(map[string]any)
	if !ok {
		find("a Condition is a map of operators")
	}
	for _, operator := range slices.Sorted(maps.Keys(operators)) {
		keys, ok := operators[operator].(map[string]any)
		if !ok {
			find("the operator %s has no keys", operator)
		}
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			c, err := newCondition(operator, key, texts(keys[key], find))
			if err != nil {
				find("%v", err)
			}
			all = append(all, c)
		}
	}
	return all
}

// texts reads one text or a list of them. A policy variable, as in
// "${aws:username}", is a finding: nobody says here what it stands for.
func texts(value any, find func(string, ...any)) []string {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	var all []string
	for _, v := range list {
		switch v := v.(type) {
		case string:
			if strings.Contains(v, "${") {
				find("the policy variable in %q is not known here", v)
			}
			all = append(all, v)
		case bool:
			all = append(all, fmt.Sprint(v))
		default:
			find("%v is no text", v)
		}
	}
	return all
}
