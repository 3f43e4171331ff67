package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Parameter is a parameter of the template.
type Parameter struct {
	Name, Type, Description string
	Line                    int
	Default                 string
	HasDefault              bool
	NoEcho                  bool // its value is a secret
	Allowed                 []string
}

type parameter struct {
	Parameter
	value value
}

func (e *evaluator) readParameters() error {
	e.parameters = map[string]*parameter{}
	members(member(e.root, "Parameters"), func(name, v *yaml.Node) {
		p := &parameter{Parameter: Parameter{
			Name: name.Value, Line: name.Line, Type: nodeText(member(v, "Type")), Description: nodeText(member(v, "Description")),
			NoEcho: nodeText(member(v, "NoEcho")) == "true",
		}}
		preset := member(v, "Default")
		p.Default, p.HasDefault = nodeText(preset), preset != nil
		if allowed := member(v, "AllowedValues"); allowed != nil && allowed.Kind == yaml.SequenceNode {
			for _, one := range allowed.Content {
				p.Allowed = append(p.Allowed, nodeText(one))
			}
		}
		if e.parameters[p.Name] == nil {
			e.order = append(e.order, p.Name)
		}
		e.parameters[p.Name] = p
	})
	for _, name := range slices.Sorted(maps.Keys(e.overrides)) {
		if p := e.parameters[name]; p == nil && !strings.Contains(name, ".") {
			return fmt.Errorf("the template has no parameter %s; it has %s", name, e.parameterNames())
		} else if p != nil && len(p.Allowed) > 0 && !slices.Contains(p.Allowed, e.overrides[name]) {
			return fmt.Errorf("line %d: the parameter %s can be %s, and nothing else", p.Line, name, strings.Join(p.Allowed, ", "))
		}
	}
	for _, p := range e.parameters {
		p.value = p.resolve(e.overrides)
	}
	return nil
}

func (e *evaluator) parameterNames() string {
	if len(e.order) == 0 {
		return "none"
	}
	return strings.Join(e.order, ", ")
}

func (e *evaluator) parameterList() []Parameter {
	var all []Parameter
	for _, name := range e.order {
		all = append(all, e.parameters[name].Parameter)
	}
	return all
}

func (p *parameter) resolve(overrides map[string]string) value {
	s, given := overrides[p.Name]
	switch {
	case given:
	case strings.HasPrefix(p.Type, "AWS::SSM::Parameter::Value"):
		return unknownValue(p.Line, fmt.Sprintf("the parameter %s is kept in Systems Manager: say --parameter %[1]s=VALUE", p.Name))
	case !p.HasDefault:
		return unknownValue(p.Line, fmt.Sprintf("the parameter %s has no default: say --parameter %[1]s=VALUE", p.Name))
	default:
		s = p.Default
	}
	if p.Type != "CommaDelimitedList" && !strings.Contains(p.Type, "List<") {
		return text(p.Line, s)
	}
	v := value{kind: list, line: p.Line}
	for part := range strings.SplitSeq(s, ",") {
		v.items = append(v.items, text(p.Line, strings.TrimSpace(part)))
	}
	return v
}
