package template

import (
	"fmt"
	"strings"
)

// permission is an AWS::Lambda::Permission: that somebody may invoke a function.
type permission struct {
	function string // logical id
	source   string // a pattern of ARNs; "" if it is unknown, or for everybody
}

const gatewayPrincipal = "apigateway.amazonaws.com"

// permission reads an AWS::Lambda::Permission.
func (b *builder) permission(r *resource) {
	p := r.properties
	if p.get("Principal").text == gatewayPrincipal {
		b.permissions = append(b.permissions, permission{b.functionID(p.get("FunctionName").text), p.get("SourceArn").text})
	}
}

// checkPermission warns if API Gateway may not invoke a function of the
// template for what stands at the end of an ARN. Routes and permissions may
// stand in any order, so it is called when all have been read.
func (b *builder) checkPermission(a *WebSocketAPI, line int, function, end string) {
	if b.functions[function] == nil {
		return // whoever has it says who may invoke it
	}
	stage := "*"
	if s := a.Stage(""); s != nil && !strings.HasPrefix(end, "authorizers/") {
		stage = s.Name
	}
	arn := fmt.Sprintf("arn:%s:execute-api:%s:%s:%s/%s/%s", b.e.partition, b.e.region, b.e.account, a.ID, stage, end)
	if strings.HasPrefix(end, "authorizers/") {
		arn = fmt.Sprintf("arn:%s:execute-api:%s:%s:%s/%s", b.e.partition, b.e.region, b.e.account, a.ID, end)
	}
	for _, p := range b.permissions {
		if p.function == function && (p.source == "" || matches(p.source, arn)) {
			return
		}
	}
	a.Warnings = append(a.Warnings, Finding{line, fmt.Sprintf(
		"no AWS::Lambda::Permission lets API Gateway invoke %s for %s: on AWS that would be a status of 500, or an error frame", function, end)})
}

// matches reports whether a pattern, in which a star stands for anything,
// matches a text.
func matches(pattern, s string) bool {
	first, rest, star := strings.Cut(pattern, "*")
	if !star {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	parts := strings.Split(rest, "*")
	for _, part := range parts[:len(parts)-1] {
		i := strings.Index(s, part)
		if i < 0 {
			return false
		}
		s = s[i+len(part):]
	}
	return strings.HasSuffix(s, parts[len(parts)-1])
}
