package template

import (
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxWork bounds what evaluating may cost, in bytes of text and in nodes at
// nodeWork each: aliases within aliases unfold exponentially.
const (
	maxWork  = 16 << 20
	nodeWork = 16
)

// evaluator gives the values of a template's nodes.
type evaluator struct {
	root                              *yaml.Node
	region, account, stack, partition string
	overrides                         map[string]string
	parameters                        map[string]*parameter
	order                             []string // of parameters
	resources                         []*resource
	byID                              map[string]*resource
	conditions                        map[string]value
	deciding                          map[string]bool
	findings                          []Finding
	budget                            int
	depth                             int
}

// resource is a resource whose condition is not false.
type resource struct {
	id, kind   string
	line       int
	node       *yaml.Node // its properties, with the Globals
	metadata   *yaml.Node
	properties value
	naming     bool // its name is being found out
}

func newEvaluator(root *yaml.Node, o Options) (*evaluator, error) {
	e := &evaluator{
		root: root, region: o.Region, account: o.AccountID, stack: o.StackName, overrides: o.Parameters,
		byID: map[string]*resource{}, conditions: map[string]value{}, deciding: map[string]bool{}, budget: maxWork,
	}
	for at, preset := range map[*string]string{&e.region: "us-east-1", &e.account: "000000000000", &e.stack: "local"} {
		if *at == "" {
			*at = preset
		}
	}
	e.partition = partition(e.region)
	all := member(root, "Resources")
	if all == nil || all.Kind != yaml.MappingNode {
		return nil, errors.New("there is no Resources section: is this a SAM or CloudFormation template?")
	}
	if err := e.readParameters(); err != nil {
		return nil, err
	}
	members(all, func(name, v *yaml.Node) {
		if present, ok := e.present(v, name.Value); ok && present {
			r := &resource{
				id: name.Value, kind: nodeText(member(v, "Type")), line: name.Line,
				node: member(v, "Properties"), metadata: member(v, "Metadata"),
			}
			e.globals(r, member(v, "IgnoreGlobals"))
			e.resources = append(e.resources, r)
			e.byID[r.id] = r
		}
	})
	for _, r := range e.resources {
		r.properties = e.value(r.node)
	}
	if e.budget <= 0 {
		return nil, errTooMuch
	}
	return e, nil
}

func partition(region string) string {
	switch {
	case strings.HasPrefix(region, "cn-"):
		return "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		return "aws-us-gov"
	}
	return "aws"
}

// present reports whether a resource is there. What cannot be decided is there,
// and a finding.
func (e *evaluator) present(n *yaml.Node, id string) (present, ok bool) {
	if n == nil || n.Kind != yaml.MappingNode {
		return false, false
	}
	c := member(n, "Condition")
	if c == nil {
		return true, true
	}
	decided := e.condition(nodeText(c), c.Line)
	if decided.kind == unknown {
		e.findings = append(e.findings, Finding{c.Line, fmt.Sprintf("whether %s is there is unknown, so it is taken as there: %s", id, decided.why)})
	}
	return !isFalse(decided), true
}

// globals merges the Globals section of SAM into a resource.
func (e *evaluator) globals(r *resource, ignored *yaml.Node) {
	kind, ok := strings.CutPrefix(r.kind, "AWS::Serverless::")
	if !ok || nodeText(ignored) == "*" {
		return
	}
	global := member(member(e.root, "Globals"), kind)
	if global == nil {
		return
	}
	if ignored != nil && ignored.Kind == yaml.SequenceNode {
		kept := *global
		kept.Content = nil
		members(global, func(name, v *yaml.Node) {
			for _, i := range ignored.Content {
				if nodeText(i) == name.Value {
					return
				}
			}
			kept.Content = append(kept.Content, name, v)
		})
		global = &kept
	}
	r.node = e.merged(global, r.node, 0)
}

// section evaluates a section of the template.
func (e *evaluator) section(name string) value { return e.value(member(e.root, name)) }

// spend takes from the budget and reports whether there was enough.
func (e *evaluator) spend(n int) bool {
	e.budget -= n
	return e.budget > 0
}

// value evaluates a node.
func (e *evaluator) value(n *yaml.Node) value {
	n = follow(n)
	if n == nil {
		return value{}
	}
	e.depth++
	defer func() { e.depth-- }()
	if e.depth > maxDepth || !e.spend(nodeWork+len(n.Value)) {
		return unknownValue(n.Line, "it is nested too deeply")
	}
	if name, argument := function(n); name != "" {
		return e.call(name, argument, n.Line)
	}
	switch n.Kind {
	case yaml.ScalarNode:
		if n.ShortTag() == "!!null" {
			return value{line: n.Line}
		}
		return dynamic(text(n.Line, n.Value))
	case yaml.SequenceNode:
		return e.list(n)
	case yaml.MappingNode:
		return e.mapping(n)
	}
	return value{line: n.Line}
}

func (e *evaluator) list(n *yaml.Node) value {
	v := value{kind: list, line: n.Line}
	for _, c := range n.Content {
		if item := e.value(c); item.kind != absent {
			v.items = append(v.items, item)
		}
	}
	return v
}

func (e *evaluator) mapping(n *yaml.Node) value {
	v := value{kind: mapping, line: n.Line}
	members(n, func(name, c *yaml.Node) {
		item := e.value(c)
		if name.Value == "<<" && name.Tag == "!!merge" {
			for _, from := range item.each() {
				for i, name := range from.names {
					if v.get(name).kind == absent {
						v.names, v.items = append(v.names, name), append(v.items, from.items[i])
					}
				}
			}
			return
		}
		if item.kind == absent {
			return
		}
		for i := range v.names {
			if v.names[i] == name.Value {
				v.items[i] = item
				return
			}
		}
		v.names, v.items = append(v.names, name.Value), append(v.items, item)
	})
	return v
}

// dynamic makes what refers to a parameter store or a secret unknown.
func dynamic(v value) value {
	if strings.Contains(v.text, "{{resolve:") {
		return unknownValue(v.line, "dynamic references are resolved by CloudFormation only: put a parameter in its place")
	}
	return v
}
