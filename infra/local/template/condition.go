package template

import (
	"fmt"

	"go.yaml.in/yaml/v3"
)

// Conditions are scalars, "true" and "false", or unknown.

func boolean(line int, b bool) value { return text(line, fmt.Sprint(b)) }

func isFalse(v value) bool { return v.kind == scalar && v.text == "false" }

func isTrue(v value) bool { return v.kind == scalar && v.text == "true" }

// condition decides a condition of the template, once.
func (e *evaluator) condition(name string, line int) value {
	if v, ok := e.conditions[name]; ok {
		return v
	}
	n := member(member(e.root, "Conditions"), name)
	if n == nil {
		return unknownValue(line, fmt.Sprintf("there is no condition %s", name))
	}
	if e.deciding[name] {
		return unknownValue(line, fmt.Sprintf("the condition %s depends on itself", name))
	}
	e.deciding[name] = true
	v := e.decide(n)
	delete(e.deciding, name)
	e.conditions[name] = v
	return v
}

// decide decides an operand: a function, or {"Condition": NAME}.
func (e *evaluator) decide(n *yaml.Node) value {
	n = follow(n)
	if n == nil {
		return value{}
	}
	if c := member(n, "Condition"); c != nil && len(n.Content) == 2 {
		return e.condition(nodeText(c), n.Line)
	}
	v := e.value(n)
	if v.kind != unknown && !isTrue(v) && !isFalse(v) {
		return wants(n.Line, "a condition", "true or false")
	}
	return v
}

func (e *evaluator) conditionRef(argument *yaml.Node, line int) value {
	return e.condition(argument.Value, line)
}

func (e *evaluator) choose(argument *yaml.Node, line int) value {
	a := arguments(argument, 3)
	if a == nil {
		return wants(line, "Fn::If", "a condition and two values")
	}
	switch c := e.condition(nodeText(a[0]), line); {
	case isTrue(c):
		return e.value(a[1])
	case isFalse(c):
		return e.value(a[2])
	default:
		return c
	}
}

func (e *evaluator) equals(argument *yaml.Node, line int) value {
	a := arguments(argument, 2)
	if a == nil {
		return wants(line, "Fn::Equals", "two values")
	}
	one, other := e.value(a[0]), e.value(a[1])
	for _, v := range []value{one, other} {
		if v.kind == unknown {
			return v
		}
	}
	return boolean(line, one.text == other.text)
}

func (e *evaluator) not(argument *yaml.Node, line int) value {
	a := arguments(argument, 1)
	if a == nil {
		return wants(line, "Fn::Not", "a condition")
	}
	v := e.decide(a[0])
	if v.kind == unknown {
		return v
	}
	return boolean(line, !isTrue(v))
}

func (e *evaluator) and(argument *yaml.Node, line int) value { return e.many(argument, line, false) }

func (e *evaluator) or(argument *yaml.Node, line int) value { return e.many(argument, line, true) }

// many decides a list of operands, of which one that is enough decides alone.
func (e *evaluator) many(argument *yaml.Node, line int, enough bool) value {
	result := boolean(line, !enough)
	for _, n := range arguments(argument, 1) {
		switch v := e.decide(n); {
		case v.kind == unknown:
			result = v
		case isTrue(v) == enough:
			return boolean(line, enough)
		}
	}
	return result
}
