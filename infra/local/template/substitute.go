package template

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// sub evaluates Fn::Sub, of a text, or of a text and a mapping of names that
// stand for more than the template's own.
func (e *evaluator) sub(argument *yaml.Node, line int) value {
	var own value
	pattern := argument
	if a := arguments(argument, 1); a != nil {
		pattern = follow(a[0])
		if len(a) > 1 {
			own = e.value(a[1])
		}
	}
	if pattern == nil || pattern.Kind != yaml.ScalarNode {
		return wants(line, "Fn::Sub", "a text")
	}
	var out strings.Builder
	for rest := pattern.Value; ; {
		before, after, found := strings.Cut(rest, "${")
		out.WriteString(before)
		if !found {
			return dynamic(text(line, out.String()))
		}
		name, behind, closed := strings.Cut(after, "}")
		if !closed {
			return wants(line, "Fn::Sub", "a closing brace for each ${")
		}
		rest = behind
		if literal, ok := strings.CutPrefix(name, "!"); ok {
			out.WriteString("${" + literal + "}")
			continue
		}
		v := e.named(own, strings.TrimSpace(name), line)
		if v.kind != scalar {
			return notText(v, line, "Fn::Sub")
		}
		if !e.spend(len(v.text)) {
			return unknownValue(line, "it is too long")
		}
		out.WriteString(v.text)
	}
}

// named returns what a name in Fn::Sub stands for.
func (e *evaluator) named(own value, name string, line int) value {
	if v := own.get(name); v.kind != absent {
		return v
	}
	if id, attribute, ok := strings.Cut(name, "."); ok {
		return e.attribute(id, attribute, line)
	}
	return e.reference(name, line)
}
