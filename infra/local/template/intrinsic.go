package template

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// intrinsics are the functions that are evaluated, and those that are known and
// are not (nil).
var intrinsics map[string]func(*evaluator, *yaml.Node, int) value

func init() {
	intrinsics = map[string]func(*evaluator, *yaml.Node, int) value{
		"Ref":             (*evaluator).ref,
		"Condition":       (*evaluator).conditionRef,
		"Fn::GetAtt":      (*evaluator).getAtt,
		"Fn::Sub":         (*evaluator).sub,
		"Fn::Join":        (*evaluator).join,
		"Fn::If":          (*evaluator).choose,
		"Fn::Equals":      (*evaluator).equals,
		"Fn::And":         (*evaluator).and,
		"Fn::Or":          (*evaluator).or,
		"Fn::Not":         (*evaluator).not,
		"Fn::FindInMap":   (*evaluator).findInMap,
		"Fn::Select":      (*evaluator).pick,
		"Fn::Split":       (*evaluator).split,
		"Fn::Base64":      (*evaluator).base64,
		"Fn::ImportValue": (*evaluator).imported,
		"Fn::GetAZs":      nil, "Fn::Cidr": nil, "Fn::Transform": nil,
		"Fn::Length": nil, "Fn::ToJsonString": nil, "Fn::GetStackOutput": nil,
	}
}

// function returns the name of the function that a node calls, and its
// argument; "" if it calls none. A Condition is a function in its short form
// and among conditions only: elsewhere it is a property.
func function(n *yaml.Node) (string, *yaml.Node) {
	if tag, ok := strings.CutPrefix(n.Tag, "!"); ok && !strings.HasPrefix(tag, "!") && tag != "" {
		bare := *n
		bare.Tag = "" // what is left is the argument
		if tag != "Ref" && tag != "Condition" {
			tag = "Fn::" + tag
		}
		return tag, &bare
	}
	if n.Kind != yaml.MappingNode || len(n.Content) != 2 {
		return "", nil
	}
	name := n.Content[0].Value
	if name == "Ref" || strings.HasPrefix(name, "Fn::") {
		return name, follow(n.Content[1])
	}
	return "", nil
}

func isFunction(n *yaml.Node) bool {
	name, _ := function(n)
	return name != ""
}

// call calls a function.
func (e *evaluator) call(name string, argument *yaml.Node, line int) value {
	do, known := intrinsics[name]
	switch {
	case !known:
		return unknownValue(line, name+" is no function of CloudFormation")
	case do == nil:
		return unknownValue(line, name+" is not evaluated here: put a parameter in its place")
	case argument == nil:
		return unknownValue(line, name+" has no argument")
	}
	v := do(e, argument, line)
	if !e.spend(len(v.text)) {
		return unknownValue(line, "it is too long")
	}
	return v
}

// arguments returns the argument of a function as a list of nodes, at least n.
func arguments(argument *yaml.Node, n int) []*yaml.Node {
	if argument.Kind == yaml.SequenceNode && len(argument.Content) >= n {
		return argument.Content
	}
	return nil
}

func wants(line int, name, what string) value { return unknownValue(line, name+" wants "+what) }

func (e *evaluator) join(argument *yaml.Node, line int) value {
	a := arguments(argument, 2)
	if a == nil {
		return wants(line, "Fn::Join", "a delimiter and a list")
	}
	between, items := e.value(a[0]), e.value(a[1])
	for _, v := range []value{between, items} {
		if v.kind == unknown {
			return v
		}
	}
	var parts []string
	for _, item := range items.each() {
		if item.kind != scalar {
			return notText(item, line, "Fn::Join")
		}
		parts = append(parts, item.text)
	}
	if len(between.text)*len(parts) > maxTemplate {
		return unknownValue(line, "it is too long")
	}
	return text(line, strings.Join(parts, between.text))
}

func notText(v value, line int, name string) value {
	if v.kind == unknown {
		return v
	}
	return wants(line, name, "texts")
}

func (e *evaluator) pick(argument *yaml.Node, line int) value {
	a := arguments(argument, 2)
	if a == nil {
		return wants(line, "Fn::Select", "an index and a list")
	}
	index, items := e.value(a[0]), e.value(a[1])
	for _, v := range []value{index, items} {
		if v.kind == unknown {
			return v
		}
	}
	i, err := strconv.Atoi(index.text)
	if all := items.each(); err == nil && i >= 0 && i < len(all) {
		return all[i]
	}
	return unknownValue(line, "Fn::Select: the list has no such item")
}

func (e *evaluator) split(argument *yaml.Node, line int) value {
	a := arguments(argument, 2)
	if a == nil {
		return wants(line, "Fn::Split", "a delimiter and a text")
	}
	at, s := e.value(a[0]), e.value(a[1])
	if s.kind != scalar || at.text == "" {
		return notText(s, line, "Fn::Split")
	}
	v := value{kind: list, line: line}
	if !e.spend(nodeWork * strings.Count(s.text, at.text)) {
		return unknownValue(line, "it is too long")
	}
	for part := range strings.SplitSeq(s.text, at.text) {
		v.items = append(v.items, text(line, part))
	}
	return v
}

// imported is what another stack exports, if the caller says what that is.
func (e *evaluator) imported(argument *yaml.Node, line int) value {
	v := e.value(argument)
	if v.kind != scalar {
		return notText(v, line, "Fn::ImportValue")
	}
	if s, ok := e.overrides["ImportValue."+v.text]; ok {
		return text(line, s)
	}
	return unknownValue(line, fmt.Sprintf("another stack exports %s: say --parameter ImportValue.%[1]s=VALUE", v.text))
}

func (e *evaluator) base64(argument *yaml.Node, line int) value {
	v := e.value(argument)
	if v.kind != scalar {
		return notText(v, line, "Fn::Base64")
	}
	return text(line, base64.StdEncoding.EncodeToString([]byte(v.text)))
}

func (e *evaluator) findInMap(argument *yaml.Node, line int) value {
	a := arguments(argument, 3)
	if a == nil {
		return wants(line, "Fn::FindInMap", "a map and two keys")
	}
	at := member(e.root, "Mappings")
	for _, n := range a[:3] {
		key := e.value(n)
		if key.kind != scalar {
			return notText(key, line, "Fn::FindInMap")
		}
		if at = member(at, key.text); at == nil {
			if len(a) > 3 {
				if preset := member(a[3], "DefaultValue"); preset != nil {
					return e.value(preset)
				}
			}
			return unknownValue(line, fmt.Sprintf("the Mappings have no %s", key.text))
		}
	}
	return e.value(at)
}
