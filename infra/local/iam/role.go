package iam

import (
	"fmt"
	"strings"
)

// Role is who asks: a name, and what its policies say.
type Role struct {
	Name       string
	Statements []Statement
}

// Statement is one of a policy.
type Statement struct {
	Deny       bool
	Actions    []string // patterns, as in "dynamodb:Get*"
	Resources  []string // patterns of ARNs
	Conditions []Condition
	// Findings are what of the statement is not understood. With any, it never
	// allows, and denies always if it is a Deny.
	Findings []string
}

// Request is what somebody asks to do.
type Request struct {
	Action   string // "dynamodb:GetItem"
	Resource string // its ARN
	// Context are the values of condition keys, by name. A name with no values
	// is a key that is known and absent; a name that is not there is unknown.
	Context map[string][]string
}

// Grant is what allows a request: one action of one statement, on one resource,
// for one value of its condition, as they are written.
type Grant struct {
	Statement        int // its place in Role.Statements
	Action, Resource string
	// Value is "" where there is no condition, or more than one.
	Value string
}

// Decision is the answer to a request.
type Decision struct {
	Allowed bool
	// Grants are those that allow it, if it is allowed.
	Grants []Grant
	// Denied is set when a statement says no, rather than none says yes.
	Denied bool
	// Findings are what was not understood of statements about the request.
	Findings []string
}

// Decide answers a request.
func (r Role) Decide(q Request) Decision {
	var d Decision
	for i, s := range r.Statements {
		grants := s.about(i, q)
		if len(grants) == 0 {
			continue
		}
		holds, findings := s.holds(q.Context)
		d.Findings = append(d.Findings, findings...)
		switch {
		case s.Deny && (holds || len(findings) > 0):
			d.Denied = true
		case !s.Deny && holds && len(findings) == 0:
			d.Grants = append(d.Grants, s.each(grants, func(value string) bool { return s.Conditions[0].met(value, q.Context) })...)
		}
	}
	d.Allowed = len(d.Grants) > 0 && !d.Denied
	if !d.Allowed {
		d.Grants = nil
	}
	return d
}

// about returns which of the statement's actions and resources the request is.
func (s Statement) about(i int, q Request) []Grant {
	var found []Grant
	for _, action := range s.Actions {
		if !like(strings.ToLower(action), strings.ToLower(q.Action)) {
			continue
		}
		for _, resource := range s.Resources {
			if like(resource, q.Resource) {
				found = append(found, Grant{i, action, resource, ""})
			}
		}
	}
	return found
}

// holds reports whether all conditions hold, and what of the statement was not
// understood.
func (s Statement) holds(context map[string][]string) (bool, []string) {
	all, findings := true, s.Findings
	for _, c := range s.Conditions {
		values, known := context[c.key(context)]
		if !known {
			findings = append(findings[:len(findings):len(findings)], fmt.Sprintf("the condition key %s is not known here", c.Key))
			continue
		}
		all = all && c.holds(values)
	}
	return all, findings
}

// Granted lists what the role's Allow statements say, action by action and
// resource by resource.
func (r Role) Granted() []Grant {
	var all []Grant
	for i, s := range r.Statements {
		if s.Deny {
			continue
		}
		for _, action := range s.Actions {
			for _, resource := range s.Resources {
				all = append(all, s.each([]Grant{{i, action, resource, ""}}, func(string) bool { return true })...)
			}
		}
	}
	return all
}

// each returns the grants for each value of the statement's condition that is
// wanted, if it has one.
func (s Statement) each(grants []Grant, wanted func(value string) bool) []Grant {
	if len(s.Conditions) != 1 {
		return grants
	}
	var all []Grant
	for _, g := range grants {
		for _, g.Value = range s.Conditions[0].Values {
			if wanted(g.Value) {
				all = append(all, g)
			}
		}
	}
	if all == nil {
		return grants // the condition holds of what is absent
	}
	return all
}

// like reports whether a pattern matches the whole of s: '*' stands for any run
// of characters, '?' for any one. It goes back to the last '*' only, so it
// takes len(pattern) × len(s) steps at most.
func like(pattern, s string) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == s[i]):
			p++
			i++
		case star >= 0:
			from++
			p, i = star+1, from
		default:
			return false
		}
	}
	return strings.Trim(pattern[p:], "*") == ""
}
