package template

import (
	"strconv"
	"strings"
)

// kind is what a value is.
type kind int

const (
	absent kind = iota // not there, null, or AWS::NoValue
	scalar
	list
	mapping
	unknown
)

// value is a part of a template whose functions have been evaluated. Scalars
// are text: CloudFormation makes no difference between 3 and "3".
type value struct {
	kind  kind
	line  int
	text  string   // of a scalar
	why   string   // it is unknown
	names []string // of a mapping, in the template's order
	items []value  // of a list or a mapping
}

func text(line int, s string) value { return value{kind: scalar, line: line, text: s} }

func unknownValue(line int, why string) value { return value{kind: unknown, line: line, why: why} }

// get returns a member of a mapping. It is absent if there is none, and
// unknown if the mapping is.
func (v value) get(name string) value {
	if v.kind == unknown {
		return v
	}
	for i, n := range v.names {
		if n == name {
			return v.items[i]
		}
	}
	return value{line: v.line}
}

// each returns the items of a list; of anything else but nothing, itself.
func (v value) each() []value {
	switch v.kind {
	case list:
		return v.items
	case absent:
		return nil
	}
	return []value{v}
}

// plain returns the value as encoding/json would, but scalars as text, and
// Unknown for what is unknown.
func plain(v value) any {
	switch v.kind {
	case scalar:
		return v.text
	case unknown:
		return Unknown{v.line, v.why}
	case list:
		all := make([]any, len(v.items))
		for i, item := range v.items {
			all[i] = plain(item)
		}
		return all
	case mapping:
		all := make(map[string]any, len(v.items))
		for i, item := range v.items {
			all[v.names[i]] = plain(item)
		}
		return all
	}
	return nil
}

// taker takes values out of a resource's properties, and notes what is wrong
// with them as problems of the resource.
type taker struct{ problems *Findings }

func (t taker) problem(line int, text string) {
	*t.problems = append(*t.problems, Finding{line, text})
}

// text returns a scalar; "" if there is none.
func (t taker) text(v value, name string) string {
	switch v.kind {
	case scalar:
		return v.text
	case unknown:
		t.problem(v.line, name+": "+v.why)
	case list, mapping:
		t.problem(v.line, name+" must be a text")
	}
	return ""
}

func (t taker) number(v value, name string) float64 {
	s := t.text(v, name)
	if s == "" {
		return 0
	}
	n, err := strconv.ParseFloat(s, 64)
	if err != nil || n < 0 || n > 1e12 {
		t.problem(v.line, name+" must be a number")
		return 0
	}
	return n
}

func (t taker) count(v value, name string) int { return int(t.number(v, name)) }

func (t taker) boolean(v value, name string) bool {
	s := t.text(v, name)
	on, err := strconv.ParseBool(strings.ToLower(s))
	if s != "" && err != nil {
		t.problem(v.line, name+" must be true or false")
	}
	return on
}

// texts returns a list of scalars, of which one may stand alone.
func (t taker) texts(v value, name string) []string {
	var all []string
	for _, item := range v.each() {
		if s := t.text(item, name); s != "" {
			all = append(all, s)
		}
	}
	return all
}
