package template

import "go.yaml.in/yaml/v3"

// maxDepth bounds how deep a template may be nested, functions included.
const maxDepth = 200

// follow returns what a node stands for: an alias stands for another node.
func follow(n *yaml.Node) *yaml.Node {
	for range maxDepth {
		if n == nil || n.Kind != yaml.AliasNode {
			return n
		}
		n = n.Alias
	}
	return nil
}

// member returns a member of a mapping, or nil.
func member(n *yaml.Node, name string) *yaml.Node {
	n = follow(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return follow(n.Content[i+1])
		}
	}
	return nil
}

// members calls do for each member of a mapping.
func members(n *yaml.Node, do func(name *yaml.Node, v *yaml.Node)) {
	n = follow(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		do(n.Content[i], follow(n.Content[i+1]))
	}
}

func nodeText(n *yaml.Node) string {
	if n = follow(n); n == nil || n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		return ""
	}
	return n.Value
}

// merged returns local with what global adds, as SAM merges its Globals:
// mappings member by member, lists one after the other, else local wins
// (https://github.com/aws/serverless-application-model, docs/globals.rst).
func (e *evaluator) merged(global, local *yaml.Node, depth int) *yaml.Node {
	global, local = follow(global), follow(local)
	switch {
	case local == nil || depth > maxDepth || !e.spend(nodeWork):
		return global
	case global == nil || global.Kind != local.Kind || isFunction(global) || isFunction(local):
		return local
	case local.Kind == yaml.SequenceNode:
		both := *local
		both.Content = append(append([]*yaml.Node{}, global.Content...), local.Content...)
		return &both
	case local.Kind != yaml.MappingNode:
		return local
	}
	both := *local
	both.Content = nil
	members(global, func(name, v *yaml.Node) {
		if own := member(local, name.Value); own != nil {
			v = e.merged(v, own, depth+1)
		}
		both.Content = append(both.Content, name, v)
	})
	members(local, func(name, v *yaml.Node) {
		if member(global, name.Value) == nil {
			both.Content = append(both.Content, name, v)
		}
	})
	return &both
}
