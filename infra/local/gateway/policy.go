package gateway

import (
	"strings"

	"tacet/infra/apigw"
)

// allows reports whether an authorizer's policy lets execute-api:Invoke happen
// on a resource: a statement allows it and none denies it.
func allows(p apigw.Policy, resource string) bool {
	allowed := false
	for _, s := range p.Statement {
		if !anyMatches(s.Action, "execute-api:Invoke", strings.EqualFold) || !anyMatches(s.Resource, resource, equal) {
			continue
		}
		if s.Effect == "Deny" {
			return false
		}
		allowed = true
	}
	return allowed
}

func equal(a, b string) bool { return a == b }

func anyMatches(patterns []string, s string, same func(a, b string) bool) bool {
	for _, p := range patterns {
		if wildcard(p, s, same) {
			return true
		}
	}
	return false
}

// wildcard reports whether a pattern matches the whole of s: '*' stands for
// any run of characters, '?' for any one. It backtracks to the last '*' only,
// so a hostile pattern costs at most len(pattern) × len(s).
func wildcard(pattern, s string, same func(a, b string) bool) bool {
	p, i, star, from := 0, 0, -1, 0
	for i < len(s) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, i
			p++
		case p < len(pattern) && (pattern[p] == '?' || same(pattern[p:p+1], s[i:i+1])):
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
